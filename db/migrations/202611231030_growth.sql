-- XP, levels and badges. The ledger is the truth; totals and levels are its sum, kept in the same transaction.

-- activity_events -----------------------------------------------------------------------------------------------------

-- What happened, in the order of the database; never changed. Awards are explained by the event that caused them.
create table public.activity_events (
    id          bigint generated always as identity primary key,
    user_id     uuid not null references public.profiles (id),
    type        text not null check (type ~ '^[a-z_]+(\.[a-z_]+)+$'),
    object_type text,
    object_id   uuid,
    metadata    jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    time_zone   text not null default 'UTC',
    dedupe_key  text unique,
    occurred_at timestamptz not null default now()
);

create index activity_events_user_id_idx on public.activity_events (user_id, id desc);

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

-- The published table of levels. Filled by seed.sql from the seed's formula: from level n to n + 1 it takes
-- floor(200 × 1.5^(n − 1)).
create table public.level_definitions (
    level       int primary key check (level >= 1),
    xp_required bigint not null unique check (xp_required >= 0), -- total XP at which the level begins
    xp_to_next  bigint not null check (xp_to_next > 0)
);

alter table public.level_definitions enable row level security;
grant select on public.level_definitions to anon, authenticated;
grant select, insert, update, delete on public.level_definitions to service_role;

create policy level_definitions_select_all on public.level_definitions
    for select to anon, authenticated
    using (true);

create function evolv.level_for(total_xp bigint)
    returns int
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select d.level from public.level_definitions d where d.xp_required <= level_for.total_xp order by d.xp_required desc limit 1
$$;

-- Badges --------------------------------------------------------------------------------------------------------------

create table public.badges (
    id                uuid primary key default gen_random_uuid(),
    slug              text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
    name              text not null unique check (btrim(name) <> ''),
    description       text,
    icon_url          text check (evolv.is_web_url(icon_url)),
    rarity            text not null check (rarity in ('common', 'rare', 'epic', 'legendary')),
    category          text not null check (category in ('learning', 'social', 'achievement', 'skill', 'milestone')),
    -- What is counted; one word for one meaning, so that each can be evaluated.
    requirement_type  text not null check (requirement_type in
        ('level', 'skill_mastery', 'followers', 'post_likes', 'path_enrollment', 'path_completion', 'login_streak', 'manual')),
    requirement_value int not null check (requirement_value > 0),
    requirement_score int not null default 0 check (requirement_score >= 0),
    points            int not null default 0 check (points >= 0),
    skill_id          uuid references public.skills (id) on delete set null,
    is_active         boolean not null default true,
    created_at        timestamptz not null default now()
);

create index badges_requirement_idx on public.badges (requirement_type, requirement_value) where is_active;
create index badges_skill_id_idx on public.badges (skill_id);

create table public.user_badges (
    id         uuid primary key default gen_random_uuid(),
    user_id    uuid not null references public.profiles (id),
    badge_id   uuid not null references public.badges (id),
    event_id   bigint references public.activity_events (id), -- what crossed the threshold
    metadata   jsonb not null default '{}',
    earned_at  timestamptz not null default now(),
    unique (user_id, badge_id)
);

create index user_badges_badge_id_idx on public.user_badges (badge_id);
create index user_badges_event_id_idx on public.user_badges (event_id);

create function evolv.tell_badge()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.notify_person(
        new.user_id, 'badge_awarded', jsonb_build_object('user_badge_id', new.id, 'badge_id', new.badge_id));
    return null;
end
$$;

create trigger user_badges_tell
    after insert on public.user_badges
    for each row execute function evolv.tell_badge();

alter table public.badges enable row level security;
alter table public.user_badges enable row level security;

grant select on public.badges, public.user_badges to anon, authenticated;
grant select, insert, update, delete on public.badges, public.user_badges to service_role;

create policy badges_select_all on public.badges
    for select to anon, authenticated
    using (true);

create policy user_badges_select_all on public.user_badges
    for select to anon, authenticated
    using (true);

-- The standing and the ledger -----------------------------------------------------------------------------------------

-- The standing of each person. Written only by evolv.apply_xp.
create table public.user_levels (
    id            uuid primary key default gen_random_uuid(),
    user_id       uuid not null unique references public.profiles (id),
    current_level int not null default 1 check (current_level >= 1),
    peak_level    int not null default 1 check (peak_level >= current_level),
    total_xp      bigint not null default 0 check (total_xp >= 0),
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now()
) with (fillfactor = 80); -- Room for updates in place: every award rewrites the row.

create index user_levels_total_xp_idx on public.user_levels (total_xp desc, user_id) with (fillfactor = 80);

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

select evolv.publish_changes('public.user_badges', 'public.user_levels');

create table public.xp_transactions (
    id          uuid primary key default gen_random_uuid(),
    user_id     uuid not null references public.profiles (id),
    amount      bigint not null check (amount <> 0),
    source      text not null check (source in (
        'course_completion', 'skill_mastery', 'social_interaction', 'quiz_completion', 'project_submission',
        'daily_login', 'achievement_unlock')),
    metadata    jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
    event_id    bigint not null references public.activity_events (id),
    badge_id    uuid references public.badges (id), -- the badge whose reward this is
    reversal_of uuid unique references public.xp_transactions (id),
    created_at  timestamptz not null default now(),
    check (amount > 0 or reversal_of is not null)
);

create index xp_transactions_user_id_idx on public.xp_transactions (user_id, created_at desc);
create index xp_transactions_event_id_idx on public.xp_transactions (event_id);
create index xp_transactions_badge_id_idx on public.xp_transactions (badge_id) where badge_id is not null;
-- The reward of a badge is paid once, whatever happens.
create unique index xp_transactions_reward_idx on public.xp_transactions (user_id, badge_id)
    where badge_id is not null and reversal_of is null;

create trigger xp_transactions_append_only
    before update or delete or truncate on public.xp_transactions
    for each statement execute function evolv.refuse_change();

alter table public.user_levels enable row level security;
alter table public.xp_transactions enable row level security;

grant select on public.user_levels to anon, authenticated, service_role;
grant select on public.xp_transactions to authenticated, service_role;

create policy user_levels_select_all on public.user_levels
    for select to anon, authenticated
    using (true);

create policy xp_transactions_select_own on public.xp_transactions
    for select to authenticated
    using (user_id = (select auth.uid()));

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

-- Awards --------------------------------------------------------------------------------------------------------------

-- Enters one amount into the ledger and the standing. The row of user_levels is the lock: awards to one person queue here.
create function evolv.apply_xp(
    user_id uuid, amount bigint, source text, metadata jsonb, event_id bigint,
    badge_id uuid default null, reversal_of uuid default null)
    returns public.user_levels
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    standing public.user_levels;
begin
    update public.user_levels l
    set total_xp = l.total_xp + apply_xp.amount,
        current_level = evolv.level_for(l.total_xp + apply_xp.amount),
        peak_level = greatest(l.peak_level, evolv.level_for(l.total_xp + apply_xp.amount)),
        updated_at = now()
    where l.user_id = apply_xp.user_id
    returning * into strict standing;

    insert into public.xp_transactions (user_id, amount, source, metadata, event_id, badge_id, reversal_of)
    values (apply_xp.user_id, apply_xp.amount, apply_xp.source, apply_xp.metadata, apply_xp.event_id, apply_xp.badge_id, apply_xp.reversal_of);

    return standing;
end
$$;

-- Grants the level badges that are due and pays their rewards, which may lift the person to the next ones.
create function evolv.award_level_badges(user_id uuid, event_id bigint, inout standing public.user_levels, out rewards jsonb)
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    badge public.badges;
begin
    rewards := '[]';
    loop
        select b.* into badge
        from public.badges b
        where b.requirement_type = 'level'
            and b.is_active
            and b.requirement_value <= standing.current_level
            and not exists (
                select
                from public.user_badges ub
                where ub.user_id = award_level_badges.user_id and ub.badge_id = b.id
            )
        order by b.requirement_value, b.id
        limit 1;
        exit when not found;

        insert into public.user_badges (user_id, badge_id, event_id)
        values (award_level_badges.user_id, badge.id, award_level_badges.event_id);
        perform evolv.publish_activity(award_level_badges.user_id, 'achievement', jsonb_build_object('badge_id', badge.id));
        if badge.points > 0 then
            standing := evolv.apply_xp(
                award_level_badges.user_id, badge.points, 'achievement_unlock', '{}', award_level_badges.event_id, badge.id);
        end if;
        rewards := rewards || jsonb_build_object('type', 'achievement', 'id', badge.id, 'name', badge.name, 'xp', badge.points);
    end loop;
end
$$;

-- POST /functions/v1/add-xp. One transaction: event, ledger, standing, badges, feed. With a key, repeating is harmless:
-- the second call waits for the first and then gets its answer.
create function evolv.add_xp(
    user_id uuid, amount int, source text, metadata jsonb, idempotency_key text,
    out data jsonb, out replayed boolean)
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    asked constant jsonb := jsonb_build_object(
        'user_id', add_xp.user_id, 'amount', add_xp.amount, 'source', add_xp.source, 'metadata', add_xp.metadata);
    asker constant text := coalesce(auth.uid()::text, auth.role());
    known evolv.idempotency_keys;
    level_before int;
    standing public.user_levels;
    event_id bigint;
    due record;
    rewards jsonb := '[]';
begin
    if auth.role() is distinct from 'service_role' and not evolv.has_role('admin') then
        raise exception 'only admins and the service may award XP' using errcode = 'insufficient_privilege';
    end if;
    if add_xp.amount <= 0 then
        raise exception 'amount must be positive' using errcode = 'check_violation';
    end if;

    if idempotency_key is not null then
        insert into evolv.idempotency_keys (scope, route, key, request)
        values (asker, 'add-xp', idempotency_key, asked)
        on conflict do nothing;
        if not found then
            select * into strict known
            from evolv.idempotency_keys k
            where k.scope = asker and k.route = 'add-xp' and k.key = idempotency_key;
            if known.request <> asked then
                raise exception 'this idempotency key was used for another request'
                    using errcode = 'PT409', hint = 'idempotency_key_reused';
            end if;
            data := known.response;
            replayed := true;
            return;
        end if;
    end if;

    select l.current_level into level_before
    from public.user_levels l
    join public.profiles p on p.id = l.user_id
    where l.user_id = add_xp.user_id and p.deactivated_at is null
    for no key update of l;
    if not found then
        raise exception 'user_id names nobody' using errcode = 'PT404', hint = 'user_not_found';
    end if;

    insert into public.activity_events (user_id, type, metadata, time_zone)
    values (
        add_xp.user_id, 'xp.awarded', jsonb_build_object('source', add_xp.source, 'amount', add_xp.amount),
        coalesce((select s.time_zone from public.user_settings s where s.user_id = add_xp.user_id), 'UTC'))
    returning id into event_id;

    standing := evolv.apply_xp(add_xp.user_id, add_xp.amount, add_xp.source, add_xp.metadata, event_id);
    if standing.current_level > level_before then
        select * into due from evolv.award_level_badges(add_xp.user_id, event_id, standing);
        standing := due.standing;
        rewards := due.rewards;
    end if;

    -- Deeds are news; routine is not, unless it lifted the person.
    if add_xp.source not in ('daily_login', 'social_interaction') or standing.current_level > level_before then
        perform evolv.publish_activity(
            add_xp.user_id,
            case add_xp.source
                when 'course_completion' then 'course_completion'
                when 'skill_mastery' then 'skill_update'
                else 'achievement'
            end,
            jsonb_strip_nulls(jsonb_build_object(
                'source', add_xp.source,
                'xp_added', add_xp.amount,
                'new_level', case when standing.current_level > level_before then standing.current_level end)));
    end if;

    data := jsonb_build_object(
        'xp_added', add_xp.amount,
        'total_xp', standing.total_xp,
        'current_level', standing.current_level,
        'level_up', standing.current_level > level_before,
        'new_level', case when standing.current_level > level_before then standing.current_level end,
        'rewards', rewards);
    replayed := false;

    if idempotency_key is not null then
        update evolv.idempotency_keys k
        set response = data
        where k.scope = asker and k.route = 'add-xp' and k.key = idempotency_key;
    end if;
end
$$;

grant execute on function evolv.add_xp to authenticated, service_role;

-- The leaderboard -----------------------------------------------------------------------------------------------------

-- A snapshot in a schema that no API role reads: it knows people who chose not to be shown.
create materialized view evolv.leaderboard_all_time as
select
    p.id as user_id,
    case when s.leaderboard_mode = 'anonymous' then null else p.full_name end as full_name,
    case when s.leaderboard_mode = 'anonymous' then null else p.avatar_url end as avatar_url,
    p.user_type,
    l.current_level,
    l.total_xp,
    (select count(*) from public.user_badges ub where ub.user_id = p.id) as badge_count,
    (select count(*) from public.user_skills us where us.user_id = p.id and us.verified) as skill_count,
    rank() over (order by l.total_xp desc) as rank,
    s.leaderboard_mode = 'anonymous' as is_anonymous
from public.user_levels l
join public.profiles p on p.id = l.user_id
join public.user_settings s on s.user_id = p.id
where l.total_xp > 0
    and not p.is_guest
    and p.deactivated_at is null
    and s.leaderboard_mode <> 'hidden';

-- CONCURRENTLY needs a unique index without a condition.
create unique index leaderboard_all_time_user_id_idx on evolv.leaderboard_all_time (user_id);
create index leaderboard_all_time_rank_idx on evolv.leaderboard_all_time (rank, user_id);
revoke all on evolv.leaderboard_all_time from public, anon, authenticated, service_role;

-- Called by one server at a time; the others find the lock taken and leave it be.
create function evolv.refresh_leaderboard()
    returns boolean
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if not pg_try_advisory_xact_lock(hashtextextended('evolv.refresh_leaderboard', 0)) then
        return false;
    end if;
    refresh materialized view concurrently evolv.leaderboard_all_time;
    return true;
end
$$;

grant execute on function evolv.refresh_leaderboard to service_role;

-- Who chose to be anonymous has no id and no name here, except for themselves.
create function evolv.leaderboard_all_time()
    returns table (
        user_id uuid, full_name text, avatar_url text, user_type text, current_level int, total_xp bigint,
        badge_count bigint, skill_count bigint, rank bigint)
    language sql
    stable
    security definer
    set search_path = ''
    rows 1000
as $$
    select
        case when b.is_anonymous and b.user_id is distinct from (select auth.uid()) then null else b.user_id end,
        b.full_name, b.avatar_url, b.user_type, b.current_level, b.total_xp, b.badge_count, b.skill_count, b.rank
    from evolv.leaderboard_all_time b
    order by b.rank, b.user_id
$$;

grant execute on function evolv.leaderboard_all_time to anon, authenticated, service_role;

-- The name that the seed's clients ask for.
create view public.leaderboard_all_time with (security_invoker = true) as
select * from evolv.leaderboard_all_time();

grant select on public.leaderboard_all_time to anon, authenticated, service_role;
