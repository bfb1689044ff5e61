-- Reference data. Written to be run again: Evolv does so whenever this file changes.

-- The seed's formula in exact arithmetic: floor(200 × 1.5^(n − 1)) XP from level n to n + 1.
insert into public.level_tables (version, note, published_at)
values (1, 'The formula of the seed', '-infinity')
on conflict (version) do nothing;

with recursive steps as (
    select 1 as level, 0::numeric as xp_required, 200::numeric as xp_to_next, 1::numeric as factor
    union all
    select level + 1, xp_required + xp_to_next, floor(200 * factor * 1.5), factor * 1.5
    from steps
    where level < 90
)
insert into public.level_definitions (version, level, xp_required, xp_to_next)
select 1, level, xp_required::bigint, xp_to_next::bigint
from steps
on conflict (version, level) do nothing;

-- What there is XP for. The seed names the sources; a version that was once published is never changed here, only followed by a
-- new one. Followers bring none: who follows back and forth would earn by it.
insert into public.xp_rules (slug, name, description, source)
values
    ('path-completed', 'Completing a learning path', 'Once for each path that somebody else teaches', 'course_completion'),
    ('skill-verified', 'A verified skill', 'Once for each skill', 'skill_mastery'),
    ('post-published', 'Publishing a post', 'Five a day, and not for private ones', 'social_interaction'),
    ('comment-written', 'Writing a comment', 'Ten a day', 'social_interaction'),
    ('like-received', 'A like for a post', 'From each person once a day, twenty a day', 'social_interaction'),
    ('quiz-passed', 'Passing a quiz or an assessment', 'Once for each', 'quiz_completion'),
    ('project-submitted', 'A finished project', 'Once for each', 'project_submission'),
    ('daily-login', 'Being here', 'Once in a personal day', 'daily_login'),
    ('badge-reward', 'The reward of a badge', 'Once for each badge, tier and time', 'achievement_unlock'),
    ('service-award', 'An award of the community', 'By its admins and its back end', null)
on conflict (slug) do nothing;

insert into public.xp_rule_versions (
    rule_id, version, event_type, condition, amount, amount_path, distinct_by, cap_per_day, cap_per_week, alarm_count, alarm_minutes,
    valid_from, published_at)
select r.id, 1, v.event_type, v.condition, v.amount, v.amount_path, v.distinct_by, v.per_day, v.per_week, v.alarm_count, v.alarm_minutes, '-infinity', '-infinity'
from (values
    ('path-completed', 'path.completed', '!($.metadata.is_own == true)', 500, null, '{object}'::text[], null::int, null::int, 10, 1440),
    ('skill-verified', 'skill.verified', null, 400, null, '{object}', null, null, null, null),
    ('post-published', 'post.created', '$.metadata.visibility != "private"', 15, null, '{object}', 5, null, 60, 60),
    ('comment-written', 'comment.created', null, 5, null, '{object}', 10, null, 120, 60),
    ('like-received', 'post.liked', '$.actor_id != $.user_id', 2, null, '{actor,day}', 20, 100, 200, 10),
    ('quiz-passed', 'step.completed', '$.metadata.step_type == "quiz" || $.metadata.step_type == "assessment"', 50, null, '{object}', null, null, 40, 60),
    ('project-submitted', 'step.completed', '$.metadata.step_type == "project"', 200, null, '{object}', null, null, 20, 60),
    ('daily-login', 'person.active', null, 10, null, '{day}', null, null, null, null),
    ('badge-reward', 'badge.awarded', null, 100000, '$.metadata.points', '{}', null, null, null, null),
    ('service-award', 'xp.awarded', null, 2147483647, '$.metadata.amount', '{}', null, null, null, null)
) v (slug, event_type, condition, amount, amount_path, distinct_by, per_day, per_week, alarm_count, alarm_minutes)
join public.xp_rules r on r.slug = v.slug
on conflict (rule_id, version) do nothing;

-- The seed's seven badges, and four for levels.
insert into public.badges (slug, name, description, rarity, category, requirement_type, requirement_value, points)
values
    ('first-steps', 'First Steps', 'Complete your first skill assessment', 'common', 'milestone', 'skill_mastery', 1, 50),
    ('social-butterfly', 'Social Butterfly', 'Get 10 followers', 'common', 'social', 'followers', 10, 50),
    ('knowledge-seeker', 'Knowledge Seeker', 'Enroll in your first learning path', 'common', 'learning', 'path_enrollment', 1, 50),
    ('skill-master', 'Skill Master', 'Master 5 skills', 'rare', 'skill', 'skill_mastery', 5, 200),
    ('dedicated-learner', 'Dedicated Learner', '30-day login streak', 'rare', 'achievement', 'login_streak', 30, 300),
    ('community-leader', 'Community Leader', 'Get 100 post likes', 'epic', 'social', 'post_likes', 100, 500),
    ('expert', 'Expert', 'Master 20 skills', 'legendary', 'skill', 'skill_mastery', 20, 1000),
    ('level-2', 'On the Way', 'Reach level 2', 'common', 'milestone', 'level', 2, 20),
    ('level-5', 'Rising Star', 'Reach level 5', 'rare', 'milestone', 'level', 5, 100),
    ('level-10', 'Trailblazer', 'Reach level 10', 'epic', 'milestone', 'level', 10, 500),
    ('level-20', 'Luminary', 'Reach level 20', 'legendary', 'milestone', 'level', 20, 2000)
on conflict (slug) do nothing;

-- Followers count if they followed first; following back does not, so that a ring of people has half of what it seems to have.
insert into public.badge_rule_versions (badge_id, version, rule, event_types, points, published_at)
select b.id, 1, v.rule::jsonb, evolv.rule_event_types(v.rule::jsonb), b.points, '-infinity'
from (values
    ('first-steps', '{"any": [
        {"event": "skill.verified", "target": 1},
        {"event": "step.completed", "where": "$.metadata.step_type == \"assessment\"", "target": 1}]}'),
    ('social-butterfly', '{"all": [
        {"event": "follow.received", "where": "$.metadata.is_mutual == false", "measure": "distinct", "value": "$.actor_id", "target": 10}]}'),
    ('knowledge-seeker', '{"all": [{"event": "path.enrolled", "target": 1}]}'),
    ('skill-master', '{"all": [{"event": "skill.verified", "measure": "distinct", "value": "$.object_id", "target": 5}]}'),
    ('dedicated-learner', '{"all": [{"event": "streak.extended", "measure": "last", "value": "$.metadata.length", "target": 30}]}'),
    ('community-leader', '{"all": [{"event": "post.liked", "where": "$.actor_id != $.user_id", "target": 100}]}'),
    ('expert', '{"all": [{"event": "skill.verified", "measure": "distinct", "value": "$.object_id", "target": 20}]}'),
    ('level-2', '{"all": [{"event": "level.reached", "measure": "max", "value": "$.metadata.level", "target": 2}]}'),
    ('level-5', '{"all": [{"event": "level.reached", "measure": "max", "value": "$.metadata.level", "target": 5}]}'),
    ('level-10', '{"all": [{"event": "level.reached", "measure": "max", "value": "$.metadata.level", "target": 10}]}'),
    ('level-20', '{"all": [{"event": "level.reached", "measure": "max", "value": "$.metadata.level", "target": 20}]}')
) v (slug, rule)
join public.badges b on b.slug = v.slug
on conflict (badge_id, version) do nothing;

insert into public.skills (slug, name, category)
values
    ('javascript', 'JavaScript', 'programming'),
    ('typescript', 'TypeScript', 'programming'),
    ('python', 'Python', 'programming'),
    ('csharp', 'C#', 'programming'),
    ('java', 'Java', 'programming'),
    ('go', 'Go', 'programming'),
    ('rust', 'Rust', 'programming'),
    ('sql', 'SQL', 'data'),
    ('data-analysis', 'Data Analysis', 'data'),
    ('statistics', 'Statistics', 'data'),
    ('machine-learning', 'Machine Learning', 'data'),
    ('data-visualization', 'Data Visualization', 'data'),
    ('html-css', 'HTML and CSS', 'web'),
    ('react', 'React', 'web'),
    ('accessibility', 'Web Accessibility', 'web'),
    ('api-design', 'API Design', 'web'),
    ('linux', 'Linux', 'operations'),
    ('networking', 'Networking', 'operations'),
    ('cloud-infrastructure', 'Cloud Infrastructure', 'operations'),
    ('security', 'Information Security', 'operations'),
    ('software-testing', 'Software Testing', 'engineering'),
    ('version-control', 'Version Control', 'engineering'),
    ('software-architecture', 'Software Architecture', 'engineering'),
    ('ux-design', 'UX Design', 'design'),
    ('graphic-design', 'Graphic Design', 'design'),
    ('project-management', 'Project Management', 'business'),
    ('marketing', 'Marketing', 'business'),
    ('accounting', 'Accounting', 'business'),
    ('entrepreneurship', 'Entrepreneurship', 'business'),
    ('writing', 'Writing', 'communication'),
    ('public-speaking', 'Public Speaking', 'communication'),
    ('teaching', 'Teaching', 'communication'),
    ('teamwork', 'Teamwork', 'communication'),
    ('critical-thinking', 'Critical Thinking', 'thinking'),
    ('problem-solving', 'Problem Solving', 'thinking'),
    ('mathematics', 'Mathematics', 'science'),
    ('physics', 'Physics', 'science'),
    ('biology', 'Biology', 'science'),
    ('english', 'English', 'languages'),
    ('spanish', 'Spanish', 'languages')
on conflict (slug) do update
set name = excluded.name, category = excluded.category;
