-- Takes the demo community away again, with what others said to it and what it entered into the ledger. What real people
-- did elsewhere stays. Its people are known by their ids (01_profiles.sql), so this also finds whose account was deleted.
create temp table demo_people on commit drop as
select id
from public.profiles
where id between 'de300000-0001-4000-8000-000000000001' and 'de300000-0001-4000-8000-999999999999';

-- Their history. It is append-only for the owner, too: who mends it disables the triggers.
alter table public.activity_events disable trigger activity_events_append_only;
alter table public.xp_transactions disable trigger xp_transactions_append_only;

delete from public.xp_transactions where user_id in (select id from demo_people) and reversal_of is not null;
delete from public.xp_transactions where user_id in (select id from demo_people);
delete from public.user_badges where user_id in (select id from demo_people);
delete from public.activity_events where user_id in (select id from demo_people);
delete from public.user_levels where user_id in (select id from demo_people);

alter table public.activity_events enable trigger activity_events_append_only;
alter table public.xp_transactions enable trigger xp_transactions_append_only;

-- What outlives an account.
delete from public.certifications where user_id in (select id from demo_people);
delete from public.learning_paths where instructor_id in (select id from demo_people);
delete from public.guilds where owner_id in (select id from demo_people);

-- Their accounts, with posts, follows and all else that goes with an account; then what is left of the people.
delete from evolv.idempotency_keys where scope in (select id::text from demo_people);
delete from auth.audit_log_entries where payload ->> 'actor_id' in (select id::text from demo_people);
delete from auth.users where id in (select id from demo_people);
delete from public.profiles where id in (select id from demo_people);

do $$
begin
    loop
        exit when evolv.apply_leaderboard_changes() = 0;
    end loop;
end
$$;
