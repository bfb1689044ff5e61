-- Takes the demo community away again, with what others said to it and what it entered into the ledger. What real people
-- did elsewhere stays. Its people are known by their ids (01_profiles.sql), so this also finds whose account was deleted.
create temp table demo_people on commit drop as
select id
from public.profiles
where id between 'de300000-0001-4000-8000-000000000001' and 'de300000-0001-4000-8000-999999999999';

-- What outlives an account.
delete from public.certifications where user_id in (select id from demo_people);
delete from public.learning_paths where instructor_id in (select id from demo_people);
delete from public.guilds where owner_id in (select id from demo_people);

-- Their accounts, with posts, follows and all else that goes with an account; then what is left of the people.
delete from evolv.idempotency_keys where scope in (select id::text from demo_people);
delete from auth.audit_log_entries where payload ->> 'actor_id' in (select id::text from demo_people);
delete from auth.users where id in (select id from demo_people);
delete from auth.revocations where subject in (select id from demo_people);

-- Their history, with what was made of it. It is append-only for the owner, too: who mends it disables the triggers. What others
-- earned by them stays with those: it was earned. So do rules that one of them published.
alter table public.activity_events disable trigger activity_events_append_only;
alter table public.xp_transactions disable trigger xp_transactions_append_only;
alter table public.xp_rule_versions disable trigger xp_rule_versions_append_only;
alter table public.badge_rule_versions disable trigger badge_rule_versions_append_only;

delete from public.integrity_appeals where user_id in (select id from demo_people);
delete from public.integrity_flags where user_id in (select id from demo_people);
delete from public.xp_refusals where user_id in (select id from demo_people);
delete from public.xp_transactions where user_id in (select id from demo_people); -- at once, with what reverses it
delete from public.user_badges where user_id in (select id from demo_people);
delete from public.badge_progress where user_id in (select id from demo_people);
delete from public.streaks where user_id in (select id from demo_people);
delete from evolv.derived_events where user_id in (select id from demo_people);
delete from evolv.settled_events where user_id in (select id from demo_people);
delete from evolv.pending_events where user_id in (select id from demo_people);
delete from evolv.settle_failures where user_id in (select id from demo_people);
delete from public.activity_events where user_id in (select id from demo_people);
delete from public.user_levels where user_id in (select id from demo_people);
update public.xp_rule_versions set published_by = null where published_by in (select id from demo_people);
update public.badge_rule_versions set published_by = null where published_by in (select id from demo_people);

alter table public.activity_events enable trigger activity_events_append_only;
alter table public.xp_transactions enable trigger xp_transactions_append_only;
alter table public.xp_rule_versions enable trigger xp_rule_versions_append_only;
alter table public.badge_rule_versions enable trigger badge_rule_versions_append_only;

delete from public.profiles where id in (select id from demo_people);

-- Last, because all of the above is news to the leaderboards.
delete from evolv.leaderboard_changes where user_id in (select id from demo_people);
delete from evolv.leaderboard_entries where user_id in (select id from demo_people);
select evolv.rebuild_leaderboards();
