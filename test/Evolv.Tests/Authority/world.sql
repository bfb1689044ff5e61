-- A small world in which every table has a row of the person `owner`, and how everybody tries to read and write it.

create schema world;
grant usage on schema world to public;

-- The id of a thing by its name, so that rows can refer to each other and people can read them.
create function world.id(name text)
    returns uuid
    language sql
    immutable
    parallel safe
    return md5(name)::uuid;

grant execute on function world.id to public;

-- People: the actors of the matrix, `somebody` in whose name others try to write, `host` who owns what others react to,
-- and `stranger`, whom the owner has blocked.
insert into auth.users (id, email, raw_user_meta_data)
select world.id(name), name || '@example.com', jsonb_build_object('full_name', initcap(name))
from unnest(array['owner', 'other', 'teacher', 'admin', 'somebody', 'host', 'stranger']) name;

insert into public.user_roles (user_id, role)
values (world.id('owner'), 'moderator'), (world.id('teacher'), 'teacher'), (world.id('admin'), 'admin');

delete from public.user_settings where user_id = world.id('somebody'); -- so that there is one to add

insert into public.skills (id, slug, name, category)
values
    (world.id('skill'), 'juggling', 'Juggling', 'circus'),
    (world.id('another skill'), 'unicycling', 'Unicycling', 'circus'),
    (world.id('unused skill'), 'fire-eating', 'Fire eating', 'circus');

insert into public.user_skills (id, user_id, skill_id)
values (world.id('user skill'), world.id('owner'), world.id('skill'));

insert into public.guilds (id, slug, name, visibility, owner_id)
values
    (world.id('guild'), 'secret', 'Secret guild', 'private', world.id('owner')),
    (world.id('teacher guild'), 'teachers', 'Guild of the teacher', 'public', world.id('teacher')),
    (world.id('host guild'), 'hosts', 'Guild of the host', 'public', world.id('host'));

insert into public.guild_members (id, guild_id, user_id, state)
values (world.id('invitation'), world.id('teacher guild'), world.id('owner'), 'invited');

insert into public.user_blocks (blocker_id, blocked_id)
values (world.id('owner'), world.id('stranger'));

insert into public.user_follows (id, follower_id, following_id)
values (world.id('follow'), world.id('owner'), world.id('teacher'));

insert into public.posts (id, user_id, content, visibility)
values
    (world.id('post'), world.id('owner'), 'For followers', 'followers'),
    (world.id('host post'), world.id('host'), 'Hello', 'public'),
    (world.id('another host post'), world.id('host'), 'Hello again', 'public');

insert into public.post_likes (id, post_id, user_id)
values (world.id('post like'), world.id('host post'), world.id('owner'));

insert into public.post_shares (id, post_id, user_id)
values (world.id('post share'), world.id('host post'), world.id('owner'));

insert into public.comments (id, post_id, user_id, content)
values
    (world.id('comment'), world.id('host post'), world.id('owner'), 'Nice'),
    (world.id('host comment'), world.id('host post'), world.id('host'), 'Thanks'),
    (world.id('another host comment'), world.id('host post'), world.id('host'), 'Indeed');

insert into public.comment_likes (id, comment_id, user_id)
values (world.id('comment like'), world.id('host comment'), world.id('owner'));

insert into public.badges (id, slug, name, rarity, category, requirement_type, requirement_value)
values
    (world.id('badge'), 'brave', 'Brave', 'rare', 'achievement', 'manual', 1),
    (world.id('another badge'), 'bold', 'Bold', 'rare', 'achievement', 'manual', 1),
    (world.id('unused badge'), 'braver', 'Braver', 'rare', 'achievement', 'manual', 1);

insert into public.user_badges (id, user_id, badge_id)
values (world.id('user badge'), world.id('owner'), world.id('badge'));

insert into public.badge_rule_versions (id, badge_id, version, rule, event_types)
values (world.id('badge rule'), world.id('badge'), 1, '{"all": [{"event": "chess.won", "target": 2}]}', '{chess.won}');

-- An award writes the ledger, its event, the standing and a feed item.
set request.jwt.claims = '{"role": "service_role"}';
select evolv.add_xp(world.id('owner'), 150, 'project_submission', '{}', null);
-- A victory is progress to a badge; being here is a streak; a rule is held, which is something to appeal against.
insert into public.activity_events (user_id, type) values (world.id('owner'), 'chess.won');
select evolv.record_event(world.id('owner'), 'person.active');
select evolv.record_event(world.id('owner'), 'post.created', 'post', world.id('post'), metadata => '{"visibility": "public"}')
from generate_series(1, 2);
select evolv.settle_now(world.id('owner'));
select evolv.hold_xp(world.id(name), 'daily-login', 'A closer look')
from unnest(array['owner', 'other', 'teacher', 'admin', 'somebody']) name;
select evolv.hold_xp(world.id('owner'), 'comment-written', 'A closer look at comments');
insert into public.integrity_appeals (id, flag_id, user_id, body)
select world.id('appeal'), f.id, f.user_id, 'I was there.'
from public.integrity_flags f
join public.xp_rules r on r.id = f.rule_id and r.slug = 'comment-written';
set request.jwt.claims = '';
select evolv.apply_leaderboard_changes();

insert into public.learning_paths (id, title, difficulty_level, instructor_id)
values
    (world.id('path'), 'A path of the owner', 'beginner', world.id('owner')),
    (world.id('teacher path'), 'A path of the teacher', 'beginner', world.id('teacher')),
    (world.id('host path'), 'A path of the host', 'beginner', world.id('host')),
    (world.id('another host path'), 'Another path of the host', 'beginner', world.id('host'));

insert into public.learning_path_steps (id, path_id, order_num, title, step_type)
values
    (world.id('step'), world.id('path'), 1, 'A step of the owner', 'lesson'),
    (world.id('teacher step'), world.id('teacher path'), 1, 'A step of the teacher', 'lesson'),
    (world.id('host step'), world.id('host path'), 1, 'A step of the host', 'lesson'),
    (world.id('another host step'), world.id('host path'), 2, 'Another step of the host', 'lesson'),
    (world.id('last host step'), world.id('host path'), 3, 'The last step of the host', 'lesson');

insert into public.learning_path_enrollments (id, user_id, path_id)
select world.id('enrollment of ' || name), world.id(name), world.id('host path')
from unnest(array['owner', 'other', 'teacher', 'admin', 'somebody']) name;

insert into public.learning_path_step_progress (enrollment_id, step_id, status)
select world.id('enrollment of ' || name), world.id('host step'), 'completed'
from unnest(array['owner', 'other', 'teacher', 'admin', 'somebody']) name;

insert into public.learning_path_enrollments (id, user_id, path_id)
values (world.id('enrollment'), world.id('owner'), world.id('teacher path'));

insert into public.learning_path_step_progress (id, enrollment_id, step_id, notes)
values (world.id('progress'), world.id('enrollment'), world.id('teacher step'), 'Mine');

insert into public.path_reviews (id, path_id, user_id, rating)
values (world.id('review'), world.id('teacher path'), world.id('owner'), 4);

insert into public.certification_requests (id, user_id, skill_id, requested_level, evidence_type)
values (world.id('request'), world.id('owner'), world.id('skill'), 'expert', 'portfolio');

insert into public.certifications (id, user_id, skill_id, level)
values (world.id('certificate'), world.id('owner'), world.id('skill'), 'beginner');

insert into public.career_assessments (id, user_id, user_profile, analysis_depth, career_paths)
values (world.id('assessment'), world.id('owner'), '{}', 'quick', '[]');

insert into public.skill_recommendations (id, user_id, current_skills, recommendations)
values (world.id('recommendation'), world.id('owner'), '[]', '[]');

insert into public.ai_generated_paths (id, user_id, goal, current_level, path_data)
values (world.id('generated path'), world.id('owner'), 'Become a juggler', 'beginner', '{}');

insert into public.ai_consents (user_id)
values (world.id('owner'));

insert into public.ai_requests (id, user_id, purpose, input_hash, state, provider, reserved_ticks)
values (world.id('ai request'), world.id('owner'), 'learning_path', 'a', 'failed', 'grok', 1);

insert into public.occupation_sources (id, name, publisher, licence, year)
values ('circus', 'What jugglers say', 'The circus', 'none', 2026), ('unused', 'What clowns say', 'The circus', 'none', 2026);

insert into public.occupations (code, title, field, description, education, experience, training, source_id)
values
    ('juggler', 'Juggler', 'arts', 'Keeps things in the air.', 'none', 'none', 'long_term', 'circus'),
    ('clown', 'Clown', 'arts', 'Falls over things.', 'none', 'none', 'long_term', 'circus');

insert into public.occupation_skills (occupation_code, skill_id, importance, source_id)
values ('juggler', world.id('skill'), 5, 'circus');

insert into public.occupation_salaries (occupation_code, region, currency, median, source_id)
values ('juggler', 'US', 'USD', 100, 'circus');

insert into public.occupation_outlooks (occupation_code, region, from_year, to_year, change_percent, source_id)
values ('juggler', 'US', 2024, 2034, 1.5, 'circus');

-- Whatever the deeds above have earned is there, before anybody looks.
do $$
begin
    while evolv.settle_pending(1000) > 0 loop
    end loop;
    while evolv.apply_leaderboard_changes() > 0 loop
    end loop;
end
$$;

-- What each actor tries: `mine` finds the owner's row, `entry` is the end of an INSERT of a valid row of the person {me},
-- `change` the SET of an UPDATE. `entry_for` is the entry in another's name where that needs other columns.
create table world.attempts (
    name      text primary key,
    mine      text not null,
    entry     text not null,
    change    text not null,
    entry_for text
);

insert into world.attempts (name, mine, entry, change)
values
    ('activity_events', $$user_id = world.id('owner')$$,
        $$(user_id, type) values ({me}, 'chess.won')$$, $$metadata = '{"a": 1}'$$),
    ('ai_consents', $$user_id = world.id('owner')$$, $$(user_id) values ({me})$$, $$granted_at = now()$$),
    ('ai_generated_paths', $$id = world.id('generated path')$$,
        $$(user_id, goal, current_level, path_data) values ({me}, 'Win', 'beginner', '{}')$$, $$goal = 'Win'$$),
    ('ai_requests', $$id = world.id('ai request')$$,
        $$(user_id, purpose, input_hash, provider, reserved_ticks) values ({me}, 'learning_path', 'a', 'grok', 0)$$, $$cost_ticks = 0$$),
    ('badge_progress', $$user_id = world.id('owner')$$,
        $$(user_id, badge_id, rule_version_id, state, target) values ({me}, world.id('badge'), world.id('badge rule'), '{}', 1)$$,
        $$current = 1000$$),
    ('badge_rule_versions', $$id = world.id('badge rule')$$,
        $$(badge_id, version, rule, event_types) values (world.id('badge'), 2, '{"all": []}', '{a.b}')$$, $$rule = '{"all": []}'$$),
    ('badges', $$id = world.id('unused badge')$$,
        $$(slug, name, rarity, category, requirement_type, requirement_value)
            values ('mine', 'Mine', 'legendary', 'skill', 'manual', 1)$$, $$rarity = 'legendary'$$),
    ('career_assessments', $$id = world.id('assessment')$$,
        $$(user_id, user_profile, analysis_depth, career_paths) values ({me}, '{}', 'quick', '[]')$$,
        $$user_profile = '{"a": 1}'$$),
    ('certification_requests', $$id = world.id('request')$$,
        $$(user_id, skill_id, requested_level, evidence_type) values ({me}, world.id('another skill'), 'expert', 'exam')$$,
        $$description = 'Please'$$),
    ('certifications', $$id = world.id('certificate')$$,
        $$(user_id, skill_id, level) values ({me}, world.id('another skill'), 'expert')$$, $$level = 'expert'$$),
    ('comment_likes', $$id = world.id('comment like')$$,
        $$(comment_id, user_id) values (world.id('another host comment'), {me})$$, $$created_at = now()$$),
    ('comments', $$id = world.id('comment')$$,
        $$(post_id, user_id, content) values (world.id('host post'), {me}, 'Me too')$$, $$content = 'Nicer'$$),
    ('feed_items', $$user_id = world.id('owner') and activity_type <> 'post'$$,
        $$(user_id, activity_type) values ({me}, 'certification')$$, $$visibility = 'private'$$),
    ('guild_members', $$id = world.id('invitation')$$,
        $$(guild_id, user_id) values (world.id('host guild'), {me})$$, $$state = 'active'$$),
    ('integrity_appeals', $$id = world.id('appeal')$$,
        $$(flag_id, user_id, body) values (
            (select f.id from public.integrity_flags f where f.user_id = {me} and f.reason = 'A closer look'), {me}, 'Please')$$,
        $$body = 'Pretty please'$$),
    ('integrity_flags', $$user_id = world.id('owner')$$,
        $$(user_id, rule_id, event_id, reason) values ({me}, (select id from public.xp_rules where slug = 'post-published'),
            (select min(id) from public.activity_events), 'Envy')$$, $$status = 'released'$$),
    ('leaderboard_all_time', $$user_id = world.id('owner')$$,
        $$(user_id, total_xp) values ({me}, 1000000)$$, $$total_xp = 1000000$$),
    ('learning_path_enrollments', $$id = world.id('enrollment')$$,
        $$(user_id, path_id) values ({me}, world.id('another host path'))$$, $$notifications_enabled = false$$),
    ('learning_path_step_progress', $$id = world.id('progress')$$,
        $$(enrollment_id, step_id) values (world.id('enrollment of ' || {name}), world.id('last host step'))$$,
        $$notes = 'Still mine'$$),
    ('learning_path_steps', $$id = world.id('step')$$,
        $$(path_id, order_num, title, step_type) values (world.id('path'), 2, 'Next', 'quiz')$$, $$title = 'First'$$),
    ('learning_paths', $$id = world.id('path')$$,
        $$(title, difficulty_level, instructor_id) values ('A new path', 'expert', {me})$$, $$title = 'A better path'$$),
    ('level_definitions', $$level = 90$$,
        $$(level, xp_required, xp_to_next) values (91, 9000000000000000000, 1)$$, $$xp_to_next = 1$$),
    ('level_tables', $$version = 1$$, $$(version) values (2)$$, $$note = 'Mine'$$),
    ('occupation_outlooks', $$occupation_code = 'juggler'$$,
        $$(occupation_code, region, from_year, to_year, change_percent, source_id) values ('clown', 'US', 2024, 2034, 1000, 'circus')$$,
        $$change_percent = 1000$$),
    ('occupation_salaries', $$occupation_code = 'juggler'$$,
        $$(occupation_code, region, currency, median, source_id) values ('clown', 'US', 'USD', 1000000, 'circus')$$, $$median = 1000000$$),
    ('occupation_skills', $$occupation_code = 'juggler'$$,
        $$(occupation_code, skill_id, importance, source_id) values ('clown', world.id('skill'), 5, 'circus')$$, $$importance = 1$$),
    ('occupation_sources', $$id = 'unused'$$,
        $$(id, name, publisher, licence, year) values ('mine', 'Mine', 'Me', 'none', 2026)$$, $$year = 2025$$),
    ('occupations', $$code = 'juggler'$$,
        $$(code, title, field, description, education, experience, training, source_id)
            values ('mine', 'Mine', 'arts', 'Mine', 'none', 'none', 'none', 'circus')$$, $$title = 'Mine'$$),
    ('path_reviews', $$id = world.id('review')$$,
        $$(path_id, user_id, rating) values (world.id('host path'), {me}, 5)$$, $$rating = 5$$),
    ('post_likes', $$id = world.id('post like')$$,
        $$(post_id, user_id) values (world.id('another host post'), {me})$$, $$created_at = now()$$),
    ('post_shares', $$id = world.id('post share')$$,
        $$(post_id, user_id) values (world.id('another host post'), {me})$$, $$created_at = now()$$),
    ('posts', $$id = world.id('post')$$,
        $$(user_id, content) values ({me}, 'Hello')$$, $$content = 'Hello'$$),
    ('profiles', $$id = world.id('owner')$$,
        $$(id, full_name) values (gen_random_uuid(), 'Nobody')$$, $$bio = 'I am'$$),
    ('profile_zone_history', $$user_id = world.id('owner')$$,
        $$(user_id, time_zone) values ({me}, 'Pacific/Kiritimati')$$, $$time_zone = 'Pacific/Kiritimati'$$),
    ('skill_recommendations', $$id = world.id('recommendation')$$,
        $$(user_id, current_skills, recommendations) values ({me}, '[]', '[]')$$, $$target_role = 'Clown'$$),
    ('skills', $$id = world.id('unused skill')$$,
        $$(slug, name, category) values ('mine', 'Mine', 'circus')$$, $$category = 'art'$$),
    ('streaks', $$user_id = world.id('owner')$$,
        $$(user_id, current_length, longest_length) values ({me}, 365, 365)$$, $$current_length = 0$$),
    ('user_badges', $$id = world.id('user badge')$$,
        $$(user_id, badge_id) values ({me}, world.id('another badge'))$$, $$metadata = '{"a": 1}'$$),
    ('user_blocks', $$blocker_id = world.id('owner')$$,
        $$(blocker_id, blocked_id) values ({me}, world.id('host'))$$, $$created_at = now()$$),
    ('user_follows', $$id = world.id('follow')$$,
        $$(follower_id, following_id) values ({me}, world.id('host'))$$, $$status = 'accepted'$$),
    ('user_levels', $$user_id = world.id('owner')$$,
        $$(user_id, total_xp) values ({me}, 1000000)$$, $$total_xp = 1000000$$),
    ('user_roles', $$user_id = world.id('owner')$$,
        $$(user_id, role) values ({me}, 'reviewer')$$, $$role = 'admin'$$),
    ('user_settings', $$user_id = world.id('owner')$$,
        $$(user_id, locale) values ({me}, 'de')$$, $$locale = 'de'$$),
    ('user_skills', $$id = world.id('user skill')$$,
        $$(user_id, skill_id) values ({me}, world.id('another skill'))$$, $$claimed_level = 'expert'$$),
    ('xp_refusals', $$user_id = world.id('owner')$$,
        $$(user_id, event_id, rule_version_id, rule_id, award_key, amount, reason, local_date)
            select {me}, x.event_id, x.rule_version_id, x.rule_id, 'a', 1, 'held', current_date from public.xp_transactions x limit 1$$,
        $$reason = 'released'$$),
    ('xp_rule_versions', $$event_type = 'post.created'$$,
        $$(rule_id, version, event_type, amount) values ((select id from public.xp_rules where slug = 'daily-login'), 2, 'person.active', 1000)$$,
        $$amount = 1000$$),
    ('xp_rules', $$slug = 'daily-login'$$, $$(slug, name) values ('mine', 'Mine')$$, $$name = 'Mine'$$),
    ('xp_transactions', $$user_id = world.id('owner')$$,
        $$(user_id, amount, source, event_id, rule_version_id, rule_id, award_key, local_date)
            values ({me}, 1000000, 'daily_login', 1, world.id('badge rule'), world.id('badge rule'), 'a', current_date)$$, $$amount = 1000000$$);

-- Whoever founds a guild owns it: there is no column for that, unless one writes in another's name.
insert into world.attempts (name, mine, entry, change, entry_for)
values
    ('guilds', $$id = world.id('guild')$$,
        $$(slug, name) values ('mine', 'Mine')$$, $$name = 'Open secret'$$,
        $$(slug, name, owner_id) values ('theirs', 'Theirs', {me})$$);

grant select on world.attempts to public;
