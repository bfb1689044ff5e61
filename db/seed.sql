-- Reference data. Written to be run again: Evolv does so whenever this file changes.

-- The seed's formula in exact arithmetic: floor(200 × 1.5^(n − 1)) XP from level n to n + 1.
with recursive steps as (
    select 1 as level, 0::numeric as xp_required, 200::numeric as xp_to_next, 1::numeric as factor
    union all
    select level + 1, xp_required + xp_to_next, floor(200 * factor * 1.5), factor * 1.5
    from steps
    where level < 90
)
insert into public.level_definitions (level, xp_required, xp_to_next)
select level, xp_required::bigint, xp_to_next::bigint
from steps
on conflict (level) do update
set xp_required = excluded.xp_required, xp_to_next = excluded.xp_to_next;

-- The seed's seven badges with requirement types that say what is counted, and four for levels, which add-xp awards.
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
on conflict (slug) do update
set name = excluded.name,
    description = excluded.description,
    rarity = excluded.rarity,
    category = excluded.category,
    requirement_type = excluded.requirement_type,
    requirement_value = excluded.requirement_value,
    points = excluded.points;

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
