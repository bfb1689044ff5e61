-- XP, levels and badges. The ledger is the truth; totals and levels are its sum, kept in the same transaction.

-- activity_events -----------------------------------------------------------------------------------------------------

-- What happened, in the words of the slice where it happened; never changed. Everything that a person earns follows from their
-- events and from the published rules, in this order: occurred_at, id.
create table public.activity_events (
    id           bigint generated always as identity primary key,
    user_id      uuid not null references public.profiles (id), -- in whose history it is
    type         text not null check (type ~ '^[a-z_]+(\.[a-z_]+)+$'),
    actor_id     uuid, -- who did it, if not that person; no foreign key: history outlives the actor, and replays need to know them
    object_type  text,
    object_id    uuid,
    metadata     jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    time_zone    text not null default 'UTC',
    local_date   date not null, -- the personal day, and
    lenient_date date not null, -- the earliest one that a traveller may call it; see evolv.personal_day
    dedupe_key   text unique,
    occurred_at  timestamptz not null default clock_timestamp()
);

create index activity_events_user_id_idx on public.activity_events (user_id, id desc);
create index activity_events_type_idx on public.activity_events (type, user_id);

-- For the owner of the tables too: who must mend history disables the trigger and is seen doing it.
create function evolv.refuse_change()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    raise exception '% is append-only: % is refused', tg_table_name, lower(tg_op)
        using errcode = 'insufficient_privilege', hint = 'Correct by a new entry that reverses the old one.';
end
$$;

create trigger activity_events_append_only
    before update or delete or truncate on public.activity_events
    for each statement execute function evolv.refuse_change();

-- The earliest date among the zones in which a person was in the time up to a moment.
create function evolv.earliest_date(person uuid, at timestamptz, during interval)
    returns date
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select min((earliest_date.at at time zone z.time_zone)::date)
    from public.profile_zone_history z
    where z.user_id = person and z.since <= earliest_date.at and z.until > earliest_date.at - during
$$;

-- The zone and the day of a person at a moment. A personal day is the earliest date among the zones in which the person has been
-- for the last 24 hours, and never an earlier one than it was before: who changes zones has no day twice, gains none, and a
-- new one begins when it has begun in all of them. 48 hours are for streaks: where a date was skipped by travelling, the
-- day before has not ended in the zone that was left.
create function evolv.personal_day(person uuid, at timestamptz, out time_zone text, out local_date date, out lenient_date date)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        coalesce((array_agg(z.time_zone order by z.since desc))[1], 'UTC'),
        coalesce(
            greatest(
                min((personal_day.at at time zone z.time_zone)::date) filter (where z.until > personal_day.at - interval '24 hours'),
                max(evolv.earliest_date(person, z.since - interval '1 microsecond', '24 hours'))
                    filter (where z.since > personal_day.at - interval '48 hours')),
            (personal_day.at at time zone 'UTC')::date),
        coalesce(min((personal_day.at at time zone z.time_zone)::date), (personal_day.at at time zone 'UTC')::date)
    from public.profile_zone_history z
    where z.user_id = person and z.since <= personal_day.at and z.until > personal_day.at - interval '48 hours'
$$;

create function evolv.date_event()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
    set enable_seqscan = off
as $$
begin
    new.occurred_at := least(new.occurred_at, clock_timestamp());
    select d.time_zone, d.local_date, d.lenient_date into new.time_zone, new.local_date, new.lenient_date
    from evolv.personal_day(new.user_id, new.occurred_at) d;
    return new;
end
$$;

create trigger activity_events_date
    before insert on public.activity_events
    for each row execute function evolv.date_event();

-- What people decide comes in by functions that check it; the table API is for what happened.
create function evolv.refuse_reserved_event()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
begin
    if current_user in ('authenticated', 'service_role') then
        raise exception 'events of type % are written by functions, such as add-xp and award-badge', new.type
            using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;

create trigger activity_events_refuse_reserved
    before insert on public.activity_events
    for each row when (new.type ~ '^(badge|xp|integrity|streak|levels?)\.') execute function evolv.refuse_reserved_event();

-- What waits to be turned into awards, and what has been: `at` is the event's place in the history of the person, unique there.
create table evolv.pending_events (
    event_id    bigint primary key,
    user_id     uuid not null,
    occurred_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create index pending_events_user_id_idx on evolv.pending_events (user_id, occurred_at, event_id);

create table evolv.settled_events (
    event_id bigint primary key,
    user_id  uuid not null,
    at       timestamptz not null
);

create index settled_events_user_id_idx on evolv.settled_events (user_id, at desc, event_id desc);

alter table evolv.pending_events enable row level security;
alter table evolv.settled_events enable row level security;

-- Whoever inserts: the table API, a function, a trigger of a slice, SQL. The notification wakes the workers at the commit; who
-- settles in the same transaction says set_config('evolv.settles', 'on', true) and wakes nobody.
create function evolv.queue_events()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.pending_events (event_id, user_id, occurred_at) select e.id, e.user_id, e.occurred_at from added e;
    if found and current_setting('evolv.settles', true) is distinct from 'on' then
        perform pg_notify('evolv_activity', '');
    end if;
    return null;
end
$$;

create trigger activity_events_queue
    after insert on public.activity_events
    referencing new table as added
    for each statement execute function evolv.queue_events();

-- What was decided, by whatever function. The reasons are words and stay in the event. An award is a decision when a person or
-- somebody in SQL makes it; those of the service are its daily work.
create function evolv.audit_event()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform audit.append(
        case when new.type = 'xp.awarded' then 'xp.awarded_by_hand' else new.type end, new.user_id, coalesce(new.object_type, 'event'),
        coalesce(new.object_id::text, new.id::text),
        jsonb_build_object(
            'event_id', new.id, 'tier', new.metadata -> 'tier', 'points', new.metadata -> 'points', 'amount', new.metadata -> 'amount',
            'source', new.metadata -> 'source', 'xp_transaction_id', new.metadata -> 'xp_transaction_id', 'flag_id', new.metadata -> 'flag_id'));
    return null;
end
$$;

create trigger activity_events_audit
    after insert on public.activity_events
    for each row when (new.type in ('badge.granted', 'badge.revoked', 'xp.voided', 'integrity.held', 'integrity.released', 'integrity.upheld'))
    execute function evolv.audit_event();

create trigger activity_events_audit_award
    after insert on public.activity_events
    for each row when (new.type = 'xp.awarded' and auth.role() is distinct from 'service_role') execute function evolv.audit_event();

-- How the triggers of the slices append. With a dedupe key the same act is one event, however often it is done and undone. Not
-- granted to anybody.
create function evolv.record_event(
    user_id uuid, type text, object_type text default null, object_id uuid default null, actor_id uuid default null,
    metadata jsonb default '{}', dedupe_key text default null, occurred_at timestamptz default null)
    returns bigint
    language sql
    security definer
    set search_path = ''
as $$
    insert into public.activity_events (user_id, type, object_type, object_id, actor_id, metadata, dedupe_key, occurred_at)
    values (
        record_event.user_id, record_event.type, record_event.object_type, record_event.object_id,
        nullif(record_event.actor_id, record_event.user_id), record_event.metadata, record_event.dedupe_key,
        coalesce(record_event.occurred_at, clock_timestamp()))
    on conflict (dedupe_key) do nothing
    returning id
$$;

alter table public.activity_events enable row level security;
grant select on public.activity_events to authenticated;
grant select, insert on public.activity_events to service_role;

create policy activity_events_select_own on public.activity_events
    for select to authenticated
    using (user_id = (select auth.uid()));

-- idempotency_keys ----------------------------------------------------------------------------------------------------

-- The answer to a request that carried a key, for whoever repeats it.
create table evolv.idempotency_keys (
    scope      text not null, -- who asked: a user's id or the role of a key
    route      text not null,
    key        text not null check (length(key) between 1 and 255),
    request    jsonb not null,
    response   jsonb,
    created_at timestamptz not null default now(),
    primary key (scope, route, key)
);

create index idempotency_keys_created_at_idx on evolv.idempotency_keys (created_at);
alter table evolv.idempotency_keys enable row level security;

-- Keys are kept for a day at least; the server calls this every hour.
create function evolv.forget_idempotency_keys()
    returns bigint
    language sql
    security definer
    set search_path = ''
as $$
    with gone as (
        delete from evolv.idempotency_keys where created_at < now() - interval '48 hours' returning 1
    )
    select count(*) from gone
$$;

grant execute on function evolv.forget_idempotency_keys to service_role;

-- Levels --------------------------------------------------------------------------------------------------------------

-- The published tables of levels; the newest one is in force. Version 1 comes from seed.sql by the seed's formula: from level n
-- to n + 1 it takes floor(200 × 1.5^(n − 1)).
create table public.level_tables (
    version      int primary key check (version >= 1),
    note         text not null default '' check (length(note) <= 500),
    published_by uuid references public.profiles (id) on delete set null,
    published_at timestamptz not null default now()
);

create index level_tables_published_by_idx on public.level_tables (published_by);

create table public.level_definitions (
    version     int not null default 1 references public.level_tables (version),
    level       int not null check (level >= 1),
    xp_required bigint not null check (xp_required >= 0), -- total XP at which the level begins
    xp_to_next  bigint not null check (xp_to_next > 0),
    primary key (version, level),
    unique (version, xp_required)
);

create trigger level_tables_audit
    after insert on public.level_tables
    for each row execute function audit.record('levels.published', 'level_table', 'version');

create trigger level_tables_audit_changed
    after update or delete on public.level_tables
    for each row execute function audit.record('levels.changed', 'level_table', 'version');

create trigger level_definitions_audit_changed
    after update or delete on public.level_definitions
    for each row execute function audit.record('levels.changed', 'level_table', 'version', 'level', 'xp_required');

alter table public.level_tables enable row level security;
alter table public.level_definitions enable row level security;
grant select on public.level_tables, public.level_definitions to anon, authenticated, service_role;

create trigger level_tables_announce
    after insert or update or delete or truncate on public.level_tables
    for each statement execute function evolv.announce_topic('levels');

create trigger level_definitions_announce
    after insert or update or delete or truncate on public.level_definitions
    for each statement execute function evolv.announce_topic('levels');

create policy level_tables_select_all on public.level_tables
    for select to anon, authenticated
    using (true);

create policy level_definitions_select_all on public.level_definitions
    for select to anon, authenticated
    using (true);

create function evolv.level_for(total_xp bigint, at timestamptz default 'infinity')
    returns int
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select d.level
    from public.level_definitions d
    where d.version = (select max(t.version) from public.level_tables t where t.published_at <= level_for.at)
        and d.xp_required <= level_for.total_xp
    order by d.xp_required desc
    limit 1
$$;

-- Rules of XP ---------------------------------------------------------------------------------------------------------

-- For which acts there is XP. The rule is a name; what it says is in its versions, which are never changed: a new version takes
-- over from its valid_from on, and every entry of the ledger names the version that it follows.
create table public.xp_rules (
    id          uuid primary key default gen_random_uuid(),
    slug        text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name        text not null check (btrim(name) <> '' and length(name) <= 120),
    description text not null default '' check (length(description) <= 1000),
    -- The seed's sources; null takes the one that the event names.
    source      text check (source in (
        'course_completion', 'skill_mastery', 'social_interaction', 'quiz_completion', 'project_submission',
        'daily_login', 'achievement_unlock')),
    created_at  timestamptz not null default now()
);

-- A condition on an event is PostgreSQL's own SQL/JSON path, on the document of evolv.event_document.
create function evolv.is_condition(condition text)
    returns boolean
    language plpgsql
    immutable
    parallel safe
    set search_path = ''
as $$
begin
    -- A predicate says true, false or unknown of anything; a path that only selects raises.
    perform pg_catalog.jsonb_path_match('{}', condition::jsonpath);
    return length(condition) <= 1000;
exception
    when others then
        return false;
end
$$;

create function evolv.is_path(path text)
    returns boolean
    language plpgsql
    immutable
    parallel safe
    set search_path = ''
as $$
begin
    perform path::jsonpath;
    return length(path) <= 200;
exception
    when others then
        return false;
end
$$;

create table public.xp_rule_versions (
    id               uuid primary key default gen_random_uuid(),
    rule_id          uuid not null references public.xp_rules (id),
    version          int not null check (version >= 1),
    is_active        boolean not null default true, -- false ends the rule
    event_type       text not null check (event_type ~ '^[a-z_]+(\.[a-z_]+)+$'),
    condition        text check (evolv.is_condition(condition)),
    amount           int not null check (amount > 0),
    amount_path      text check (evolv.is_path(amount_path)), -- takes the amount from the event, and at most `amount`
    -- What is paid once: nothing (each event), each actor, each object, each pair of them, and that a day or a week.
    distinct_by      text[] not null default '{}' check (distinct_by <@ array['actor', 'object', 'day', 'week']),
    cap_per_day      int check (cap_per_day > 0),  -- awards in a personal day
    cap_per_week     int check (cap_per_week > 0), -- awards in an ISO week of personal days
    cooldown_seconds int check (cooldown_seconds > 0),
    -- So many events in so many minutes are no human pace: the rest is held until somebody has looked.
    alarm_count      int check (alarm_count > 0),
    alarm_minutes    int check (alarm_minutes between 1 and 10080),
    valid_from       timestamptz not null default clock_timestamp(),
    valid_until      timestamptz check (valid_until > valid_from),
    published_by     uuid references public.profiles (id),
    published_at     timestamptz not null default clock_timestamp(),
    unique (rule_id, version),
    unique (id, rule_id),
    check ((alarm_count is null) = (alarm_minutes is null))
);

create index xp_rule_versions_event_type_idx on public.xp_rule_versions (event_type);
create index xp_rule_versions_published_by_idx on public.xp_rule_versions (published_by);

create trigger xp_rule_versions_append_only
    before update or delete or truncate on public.xp_rule_versions
    for each statement execute function evolv.refuse_change();

create trigger xp_rule_versions_audit
    after insert on public.xp_rule_versions
    for each row execute function audit.record('xp_rule.published', 'xp_rule', 'rule_id', 'version', 'is_active', 'event_type', 'amount');

alter table public.xp_rules enable row level security;
alter table public.xp_rule_versions enable row level security;
grant select on public.xp_rules, public.xp_rule_versions to anon, authenticated, service_role;

-- Everybody may know for what there is XP.
create policy xp_rules_select_all on public.xp_rules
    for select to anon, authenticated
    using (true);

create policy xp_rule_versions_select_all on public.xp_rule_versions
    for select to anon, authenticated
    using (true);

-- Badges --------------------------------------------------------------------------------------------------------------

create table public.badges (
    id                uuid primary key default gen_random_uuid(),
    slug              text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name              text not null unique check (btrim(name) <> '' and length(name) <= 120),
    description       text check (length(description) <= 1000),
    icon_url          text check (evolv.is_web_url(icon_url)),
    rarity            text not null check (rarity in ('common', 'rare', 'epic', 'legendary')),
    category          text not null check (category in ('learning', 'social', 'achievement', 'skill', 'milestone')),
    -- In one word what is counted, for display: what decides is the rule in badge_rule_versions. `manual` has none.
    requirement_type  text not null check (requirement_type in (
        'level', 'skill_mastery', 'followers', 'post_likes', 'path_enrollment', 'path_completion', 'login_streak', 'rule', 'manual')),
    requirement_value int not null check (requirement_value > 0),
    requirement_score int not null default 0 check (requirement_score >= 0),
    points            int not null default 0 check (points between 0 and 100000),
    skill_id          uuid references public.skills (id) on delete set null,
    is_secret         boolean not null default false, -- shown to those alone who have it
    is_active         boolean not null default true,
    created_at        timestamptz not null default now()
);

create trigger badges_audit_created
    after insert on public.badges
    for each row execute function audit.record('badge.created', 'badge', 'id', 'is_active', 'points');

create trigger badges_audit_changed
    after update on public.badges
    for each row when (old.* is distinct from new.*) execute function audit.record('badge.changed', 'badge', 'id', 'is_active', 'points');

create trigger badges_audit_removed
    after delete on public.badges
    for each row execute function audit.record('badge.removed', 'badge', 'id');

create index badges_requirement_idx on public.badges (requirement_type, requirement_value) where is_active;
create index badges_skill_id_idx on public.badges (skill_id);

-- The rule of a badge, never changed; the newest version is in force. The language is described at evolv.badge_rule_problem.
create table public.badge_rule_versions (
    id           uuid primary key default gen_random_uuid(),
    badge_id     uuid not null references public.badges (id),
    version      int not null check (version >= 1),
    is_active    boolean not null default true, -- false retires the badge: who has it keeps it
    rule         jsonb not null,
    event_types  text[] not null, -- those that the rule looks at
    points       int not null default 0 check (points between 0 and 100000), -- the reward, where a tier does not say its own
    valid_from   timestamptz not null default '-infinity', -- what happened before or after does not count
    valid_until  timestamptz not null default 'infinity' check (valid_until > valid_from),
    -- What becomes of those who hold the badge or now would: keep what they have, be judged anew, or only be told.
    policy       text not null default 'keep' check (policy in ('keep', 're_evaluate', 'notify')),
    backfill     boolean not null default true, -- whether what happened before the publication counts
    published_by uuid references public.profiles (id),
    published_at timestamptz not null default clock_timestamp(),
    unique (badge_id, version)
);

create index badge_rule_versions_event_types_idx on public.badge_rule_versions using gin (event_types);
create index badge_rule_versions_published_by_idx on public.badge_rule_versions (published_by);

create trigger badge_rule_versions_append_only
    before update or delete or truncate on public.badge_rule_versions
    for each statement execute function evolv.refuse_change();

create trigger badge_rule_versions_audit
    after insert on public.badge_rule_versions
    for each row execute function audit.record('badge_rule.published', 'badge', 'badge_id', 'version', 'is_active', 'points', 'policy', 'backfill');

-- A badge that a person has or had. A revoked one stays as a row.
create table public.user_badges (
    id                uuid primary key default gen_random_uuid(),
    user_id           uuid not null references public.profiles (id),
    badge_id          uuid not null references public.badges (id),
    tier              int not null default 1 check (tier >= 1),
    seq               int not null default 1 check (seq >= 1), -- how many times the person got it, this time included
    rule_version_id   uuid references public.badge_rule_versions (id), -- null: given by hand
    event_id          bigint references public.activity_events (id), -- what crossed the threshold
    metadata          jsonb not null default '{}',
    earned_at         timestamptz not null default now(), -- when it was crossed
    awarded_by        uuid references public.profiles (id) on delete set null,
    revoked_at        timestamptz,
    revoked_by        uuid references public.profiles (id) on delete set null,
    revocation_reason text check (length(revocation_reason) <= 1000),
    unique (user_id, badge_id, tier, seq),
    check ((revoked_at is null) = (revocation_reason is null))
);

create index user_badges_badge_id_idx on public.user_badges (badge_id);
create index user_badges_event_id_idx on public.user_badges (event_id);
create index user_badges_rule_version_id_idx on public.user_badges (rule_version_id);
create index user_badges_awarded_by_idx on public.user_badges (awarded_by) where awarded_by is not null;
create index user_badges_revoked_by_idx on public.user_badges (revoked_by) where revoked_by is not null;

-- How far a person is with a badge that counts. `state` is the evaluator's memory, see evolv.badge_step.
create table public.badge_progress (
    id              uuid primary key default gen_random_uuid(),
    user_id         uuid not null references public.profiles (id),
    badge_id        uuid not null references public.badges (id),
    rule_version_id uuid not null references public.badge_rule_versions (id),
    state           jsonb not null,
    current         numeric not null default 0,
    target          numeric not null,
    next_tier       int, -- null: there is nothing left to earn
    updated_at      timestamptz not null default now(),
    unique (user_id, badge_id)
) with (fillfactor = 80);

create index badge_progress_badge_id_idx on public.badge_progress (badge_id);
create index badge_progress_rule_version_id_idx on public.badge_progress (rule_version_id);

create function evolv.tell_badge()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.notify_person(
        new.user_id, case when new.revoked_at is null then 'badge_awarded' else 'badge_revoked' end,
        jsonb_build_object('user_badge_id', new.id, 'badge_id', new.badge_id));
    return null;
end
$$;

create trigger user_badges_tell
    after insert on public.user_badges
    for each row execute function evolv.tell_badge();

create trigger user_badges_tell_revoked
    after update of revoked_at on public.user_badges
    for each row when ((old.revoked_at is null) <> (new.revoked_at is null)) execute function evolv.tell_badge();

-- Which secret badges the caller may know of. Definer: the policies of badges and user_badges would otherwise ask each other.
create function evolv.my_badge_ids()
    returns setof uuid
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select badge_id from public.user_badges where user_id = auth.uid() and revoked_at is null
$$;

grant execute on function evolv.my_badge_ids to authenticated, service_role;

alter table public.badges enable row level security;
alter table public.badge_rule_versions enable row level security;
alter table public.user_badges enable row level security;
alter table public.badge_progress enable row level security;

grant select on public.badges, public.badge_rule_versions, public.user_badges to anon, authenticated;
grant select on public.badge_progress to authenticated;
grant select, insert, update, delete on public.badges to service_role;
-- Not more: an award without an event could not be explained.
grant select on public.badge_rule_versions, public.user_badges, public.badge_progress to service_role;

create policy badges_select_anon on public.badges
    for select to anon
    using (not is_secret);

create policy badges_select_authenticated on public.badges
    for select to authenticated
    using (not is_secret or id in (select evolv.my_badge_ids()) or (select evolv.has_role('admin')));

create trigger badges_announce
    after insert or update or delete or truncate on public.badges
    for each statement execute function evolv.announce_topic('badges');

-- Whoever has a secret badge sees it.
create trigger user_badges_announce
    after insert or update or delete on public.user_badges
    for each row execute function evolv.announce_person('sight');

-- What hangs on a badge is visible where the badge is.
create policy badge_rule_versions_select_visible on public.badge_rule_versions
    for select to anon, authenticated
    using (exists (select from public.badges b where b.id = badge_rule_versions.badge_id));

create policy user_badges_select_anon on public.user_badges
    for select to anon
    using (revoked_at is null);

create policy user_badges_select_authenticated on public.user_badges
    for select to authenticated
    using (revoked_at is null or user_id = (select auth.uid()) or (select evolv.has_role('admin')));

create policy badge_progress_select_own on public.badge_progress
    for select to authenticated
    using (user_id = (select auth.uid()) and exists (select from public.badges b where b.id = badge_progress.badge_id));

-- The standing and the ledger -----------------------------------------------------------------------------------------

-- The standing of each person. Written only by evolv.apply_xp. The row is also the lock of the person's history: whoever turns
-- their events into awards holds it.
create table public.user_levels (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid not null unique references public.profiles (id),
    current_level int not null default 1 check (current_level >= 1),
    peak_level    int not null default 1 check (peak_level >= current_level),
    total_xp      bigint not null default 0 check (total_xp >= 0),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
) with (fillfactor = 80); -- Room for updates in place: every award rewrites the row.

create trigger user_levels_announce
    after insert or update of total_xp, current_level on public.user_levels
    for each row execute function evolv.announce_person('level');

-- Leaderboards show levels beside any score.
create trigger user_levels_announce_level
    after update of current_level on public.user_levels
    for each row when (old.current_level <> new.current_level) execute function evolv.announce_topic('leaderboards');

create function evolv.tell_level()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.notify_person(new.user_id, 'level_up', jsonb_build_object('level', new.current_level));
    return null;
end
$$;

-- Every award updates the row; only the few that lift the person come here.
create trigger user_levels_tell
    after update of current_level on public.user_levels
    for each row when (new.current_level > old.current_level) execute function evolv.tell_level();

create table public.xp_transactions (
    id              uuid primary key default gen_random_uuid(),
    user_id         uuid not null references public.profiles (id),
    amount          bigint not null check (amount <> 0),
    source          text not null check (source in (
        'course_completion', 'skill_mastery', 'social_interaction', 'quiz_completion', 'project_submission',
        'daily_login', 'achievement_unlock')),
    metadata        jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    event_id        bigint not null references public.activity_events (id),
    rule_version_id uuid not null,
    rule_id         uuid not null,
    award_key       text not null, -- for what: a rule pays once for each key
    revision        int not null default 1, -- a corrected award is entered anew
    badge_id        uuid references public.badges (id), -- the badge whose reward this is
    reversal_of     uuid unique references public.xp_transactions (id),
    awarded_at      timestamptz not null default now(), -- when it was earned; created_at says when it was entered
    local_date      date not null,
    created_at      timestamptz not null default now(),
    foreign key (rule_version_id, rule_id) references public.xp_rule_versions (id, rule_id),
    check ((amount > 0) = (reversal_of is null))
);

-- Exactly once, whatever was killed; and the index by which caps are counted.
create unique index xp_transactions_award_idx on public.xp_transactions (user_id, rule_id, award_key, revision) where reversal_of is null;
create index xp_transactions_rule_idx on public.xp_transactions (user_id, rule_id, awarded_at) include (local_date) where reversal_of is null;
create index xp_transactions_user_id_idx on public.xp_transactions (user_id, created_at desc);
create index xp_transactions_event_id_idx on public.xp_transactions (event_id);
create index xp_transactions_badge_id_idx on public.xp_transactions (badge_id) where badge_id is not null;
create index xp_transactions_rule_version_id_idx on public.xp_transactions (rule_version_id, rule_id);

create trigger xp_transactions_append_only
    before update or delete or truncate on public.xp_transactions
    for each statement execute function evolv.refuse_change();

-- Every correction, whether somebody decided it or a rule or a replay did.
create trigger xp_transactions_audit
    after insert on public.xp_transactions
    for each row when (new.reversal_of is not null)
    execute function audit.record('xp.reversed', 'xp_transaction', 'reversal_of', 'amount', 'event_id');

-- What an event would have paid, and why it did not: caps and the rest are no secret to whom they hit. What is held waits here.
create table public.xp_refusals (
    id              uuid primary key default gen_random_uuid(),
    user_id         uuid not null references public.profiles (id),
    event_id        bigint not null references public.activity_events (id),
    rule_version_id uuid not null,
    rule_id         uuid not null,
    award_key       text not null,
    amount          bigint not null check (amount > 0),
    reason          text not null check (reason in ('repeated', 'cooldown', 'capped_day', 'capped_week', 'held', 'upheld', 'released')),
    local_date      date not null,
    refused_at      timestamptz not null default now(),
    foreign key (rule_version_id, rule_id) references public.xp_rule_versions (id, rule_id)
);

create index xp_refusals_user_id_idx on public.xp_refusals (user_id, rule_id, refused_at desc);
create index xp_refusals_event_id_idx on public.xp_refusals (event_id);
create index xp_refusals_rule_version_id_idx on public.xp_refusals (rule_version_id, rule_id);

-- Streaks -------------------------------------------------------------------------------------------------------------

-- Personal days in a row on which the person was here. Written only by evolv.streak_step.
create table public.streaks (
    id             uuid primary key default gen_random_uuid(),
    user_id        uuid not null unique references public.profiles (id),
    current_length int not null default 0 check (current_length >= 0), -- on last_day; whether it still lives, evolv.streak_status says
    longest_length int not null default 0 check (longest_length >= current_length),
    started_on     date,
    last_day       date,
    weekdays       int[] not null default '{1,2,3,4,5,6,7}' check (weekdays <@ array[1, 2, 3, 4, 5, 6, 7] and cardinality(weekdays) > 0),
    freezes        int not null default 0 check (freezes between 0 and 2), -- each saves a missed day by itself
    paused_from    date,
    paused_until   date check (paused_until >= paused_from), -- inclusive
    settled_until  date, -- by which earlier plan the missed days before this one were paid for already
    broken_length  int, -- of the streak before this one, while it can be repaired
    broken_on      date, -- the day on which this one began instead
    repaired_on    date,
    updated_at     timestamptz not null default now()
) with (fillfactor = 80);

-- Fairness ------------------------------------------------------------------------------------------------------------

-- Something looks wrong: from here on the rule pays nothing to the person until somebody has looked.
create table public.integrity_flags (
    id          uuid primary key default gen_random_uuid(),
    user_id     uuid not null references public.profiles (id),
    rule_id     uuid not null references public.xp_rules (id),
    event_id    bigint not null references public.activity_events (id),
    reason      text not null check (length(reason) between 1 and 1000),
    status      text not null default 'open' check (status in ('open', 'released', 'upheld')),
    raised_by   uuid references public.profiles (id) on delete set null, -- null: the alarm of the rule
    raised_at   timestamptz not null default now(),
    decided_by  uuid references public.profiles (id) on delete set null,
    decided_at  timestamptz,
    note        text check (length(note) <= 1000),
    check ((status = 'open') = (decided_at is null))
);

create unique index integrity_flags_open_idx on public.integrity_flags (user_id, rule_id) where status = 'open';
create index integrity_flags_user_id_idx on public.integrity_flags (user_id, raised_at desc);
create index integrity_flags_queue_idx on public.integrity_flags (status, raised_at);
create index integrity_flags_rule_id_idx on public.integrity_flags (rule_id);
create index integrity_flags_event_id_idx on public.integrity_flags (event_id);
create index integrity_flags_raised_by_idx on public.integrity_flags (raised_by) where raised_by is not null;
create index integrity_flags_decided_by_idx on public.integrity_flags (decided_by) where decided_by is not null;

-- What the person says to it. One for each flag, while it is open or after it was upheld.
create table public.integrity_appeals (
    id         uuid primary key default gen_random_uuid(),
    flag_id    uuid not null unique references public.integrity_flags (id),
    user_id    uuid not null default auth.uid() references public.profiles (id),
    body       text not null check (btrim(body) <> '' and length(body) <= 2000),
    created_at timestamptz not null default now()
);

create index integrity_appeals_user_id_idx on public.integrity_appeals (user_id);

-- What follows from events and is itself looked at by rules: levels reached, days of a streak, badges awarded.
create table evolv.derived_events (
    id          bigint generated always as identity primary key,
    user_id     uuid not null,
    event_id    bigint not null, -- the cause
    at          timestamptz not null, -- the place of the cause in the history
    type        text not null,
    object_id   uuid,
    metadata    jsonb not null
);

create index derived_events_user_id_idx on evolv.derived_events (user_id, type, id);

-- Access --------------------------------------------------------------------------------------------------------------

select evolv.publish_changes('public.user_badges', 'public.badge_progress', 'public.user_levels', 'public.streaks');

alter table public.user_levels enable row level security;
alter table public.xp_transactions enable row level security;
alter table public.xp_refusals enable row level security;
alter table public.streaks enable row level security;
alter table public.integrity_flags enable row level security;
alter table public.integrity_appeals enable row level security;
alter table evolv.derived_events enable row level security;

grant select on public.user_levels to anon, authenticated, service_role;
grant select on public.xp_transactions, public.xp_refusals, public.streaks, public.integrity_flags, public.integrity_appeals
    to authenticated, service_role;
grant insert (flag_id, user_id, body) on public.integrity_appeals to authenticated;

create policy user_levels_select_all on public.user_levels
    for select to anon, authenticated
    using (true);

create policy xp_transactions_select_own on public.xp_transactions
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy xp_refusals_select_own on public.xp_refusals
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy streaks_select_own on public.streaks
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy integrity_flags_select_own_or_admin on public.integrity_flags
    for select to authenticated
    using (user_id = (select auth.uid()) or (select evolv.has_role('admin')));

create policy integrity_appeals_select_own_or_admin on public.integrity_appeals
    for select to authenticated
    using (user_id = (select auth.uid()) or (select evolv.has_role('admin')));

create policy integrity_appeals_insert_own on public.integrity_appeals
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and exists (
            select
            from public.integrity_flags f
            where f.id = integrity_appeals.flag_id and f.user_id = (select auth.uid()) and f.status <> 'released'
        )
    );

-- The standing exists from the first day: a subscription to its UPDATE then sees the first award, too.
create function evolv.create_user_level()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into public.user_levels (user_id) values (new.id);
    return null;
end
$$;

create trigger profiles_create_user_level
    after insert on public.profiles
    for each row execute function evolv.create_user_level();

-- Being here ----------------------------------------------------------------------------------------------------------

-- That the person is here, at most once in six hours of a personal day; the function check-in says so.
create function evolv.record_presence(person uuid)
    returns bigint
    language sql
    security definer
    set search_path = ''
as $$
    select evolv.record_event(
        person, 'person.active',
        dedupe_key => format('person.active %s %s %s', person, d.local_date, date_bin('6 hours', clock_timestamp(), '2000-01-01 00:00:00+00')))
    from evolv.personal_day(person, clock_timestamp()) d
$$;
