-- Leaderboards: who stands where in a scope (global, guild, path, skill, friends), by a metric (xp, badges, skills, streak), in
-- a period (all, month, week, day). Standings are kept by small steps and never computed from all people: triggers queue what
-- changed, one updater applies it, and a rank is a sum over a few counts, however many people there are.

-- Boards --------------------------------------------------------------------------------------------------------------

-- In whose zone the boards' days begin; the server sets it from Growth:LeaderboardTimeZone.
create table evolv.leaderboard_settings (
    is_only   boolean primary key default true check (is_only),
    time_zone text not null default 'UTC'
);

insert into evolv.leaderboard_settings default values;

-- The global boards exist from the start, and all others are parts of them: the same scores, of fewer people. Such a part is
-- kept when somebody has asked for it, so nobody pays for boards that nobody looks at. Friends are no board but a selection
-- from the global one.
create table evolv.leaderboards (
    id            int generated always as identity primary key,
    scope         text not null check (scope in ('global', 'guild', 'path', 'skill')),
    scope_id      uuid,
    metric        text not null check (metric in ('xp', 'badges', 'skills', 'streak')),
    period        text not null check (period in ('all', 'month', 'week', 'day')),
    state         text not null default 'asked' check (state in ('asked', 'kept', 'asleep')), -- asked: the updater begins to fill it
    filled_by     bigint not null default 0, -- the last of the queued changes that fill it
    last_asked_at timestamptz not null default now(),
    unique nulls not distinct (scope, scope_id, metric, period),
    check ((scope = 'global') = (scope_id is null))
);

create index leaderboards_asked_idx on evolv.leaderboards (id) where state = 'asked';

insert into evolv.leaderboards (scope, metric, period, state)
select 'global', metric, period, 'kept'
from unnest(array['xp', 'badges', 'skills', 'streak']) metric
cross join unnest(array['all', 'month', 'week', 'day']) period;

-- The score of a person in a period of a board. No foreign keys: the updater alone writes here, and cascades would leave the
-- counts behind. Among equals the order is that of a number drawn by lot, not of user_id, so that neither order nor cursors tell
-- who an anonymous person is.
create table evolv.leaderboard_entries (
    board_id     int not null,
    period_start date not null, -- '-infinity' where the period is all time
    user_id      uuid not null,
    score        bigint not null,
    is_listed    boolean not null, -- has a score, and neither is a guest, nor hides, nor has left
    tie          uuid not null default gen_random_uuid(),
    primary key (board_id, period_start, user_id)
);

create index leaderboard_entries_order_idx on evolv.leaderboard_entries (board_id, period_start, score desc, tie) where is_listed;

-- The updater enters many scores with one statement.
create trigger leaderboard_entries_announce
    after insert or update or delete or truncate on evolv.leaderboard_entries
    for each statement execute function evolv.announce_topic('leaderboards');

create trigger leaderboards_announce
    after update of state, filled_by or delete on evolv.leaderboards
    for each statement execute function evolv.announce_topic('leaderboards');

create trigger leaderboard_settings_announce
    after update on evolv.leaderboard_settings
    for each statement execute function evolv.announce_topic('leaderboards');

-- How many listed people of a period have a score that begins with `prefix`, when its last `shift` bits are cut off. In each
-- shift at most 32 prefixes have the same parent in the next one: the number of people before a score is the sum of at most
-- 31 rows in each of 8 shifts.
create table evolv.leaderboard_counts (
    board_id     int not null,
    period_start date not null,
    shift        int not null check (shift in (0, 5, 10, 15, 20, 25, 30, 35)),
    prefix       bigint not null,
    people       bigint not null check (people > 0),
    primary key (board_id, period_start, shift, prefix)
) with (fillfactor = 70); -- Room for updates in place.

-- What has happened and is not in the standings yet. Only inserted into, so that awards to different people never wait for
-- each other; the updater takes the rows away.
create table evolv.leaderboard_changes (
    id       bigint generated always as identity primary key,
    user_id  uuid not null,
    kind     text not null check (kind in ('xp', 'badges', 'skills', 'streak', 'again', 'listing', 'membership', 'gone')),
    amount   bigint, -- to add to the score; of a streak, the length that was reached
    at       timestamptz, -- in which periods it counts
    scope    text, -- of which membership
    scope_id uuid
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

create index leaderboard_changes_user_id_idx on evolv.leaderboard_changes (user_id);

alter table evolv.leaderboard_settings enable row level security;
alter table evolv.leaderboards enable row level security;
alter table evolv.leaderboard_entries enable row level security;
alter table evolv.leaderboard_counts enable row level security;
alter table evolv.leaderboard_changes enable row level security;

-- Periods -------------------------------------------------------------------------------------------------------------

-- The first day of the period in which `at` lies. Weeks are those of ISO 8601.
create function evolv.leaderboard_start(period text, at timestamptz, time_zone text)
    returns date
    language sql
    stable
    parallel safe
    return case period when 'all' then '-infinity'::date else date_trunc(period, at at time zone time_zone)::date end;

-- When it ends.
create function evolv.leaderboard_end(period text, period_start date, time_zone text)
    returns timestamptz
    language sql
    stable
    parallel safe
    return case period
        when 'all' then 'infinity'
        else (period_start + case period when 'month' then interval '1 month' when 'week' then interval '1 week' else interval '1 day' end)
            at time zone time_zone
    end;

-- The first days of the periods that still change: the present one and, for an hour, the one before it, because awards may be
-- settled a little later than they were earned. What arrives after that changes nothing: the result is final.
create function evolv.leaderboard_open(period text, at timestamptz, time_zone text)
    returns date[]
    language sql
    stable
    parallel safe
    return case
        when evolv.leaderboard_start(period, at - interval '1 hour', time_zone) = evolv.leaderboard_start(period, at, time_zone)
            then array[evolv.leaderboard_start(period, at, time_zone)]
        else array[evolv.leaderboard_start(period, at - interval '1 hour', time_zone), evolv.leaderboard_start(period, at, time_zone)]
    end;

-- Members -------------------------------------------------------------------------------------------------------------

-- On the board of a skill are those who have proved it, on that of a path those who are or were on it.
create function evolv.leaderboard_members(scope text, scope_id uuid)
    returns setof uuid
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select m.user_id
    from public.guild_members m
    where leaderboard_members.scope = 'guild' and m.guild_id = leaderboard_members.scope_id and m.state = 'active'
    union all
    select e.user_id
    from public.learning_path_enrollments e
    where leaderboard_members.scope = 'path' and e.path_id = leaderboard_members.scope_id
    union all
    select s.user_id
    from public.user_skills s
    where leaderboard_members.scope = 'skill' and s.skill_id = leaderboard_members.scope_id and s.verified
$$;

create function evolv.is_leaderboard_member(scope text, scope_id uuid, person uuid)
    returns boolean
    language sql
    stable
    parallel safe
    return case scope
        when 'guild' then exists (
            select from public.guild_members m where m.guild_id = scope_id and m.user_id = person and m.state = 'active')
        when 'path' then exists (
            select from public.learning_path_enrollments e where e.path_id = scope_id and e.user_id = person)
        when 'skill' then exists (
            select from public.user_skills s where s.skill_id = scope_id and s.user_id = person and s.verified)
        else true
    end;

-- Whether a person may be listed; null when there is none.
create function evolv.may_be_listed(person uuid)
    returns boolean
    language sql
    stable
    parallel safe
    return (
        select not p.is_guest and p.deactivated_at is null and coalesce(s.leaderboard_mode <> 'hidden', false)
        from public.profiles p
        left join public.user_settings s on s.user_id = p.id
        where p.id = person
    );

-- What changes ----------------------------------------------------------------------------------------------------------

create function evolv.queue_xp()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.leaderboard_changes (user_id, kind, amount, at) values (new.user_id, 'xp', new.amount, new.awarded_at);
    return null;
end
$$;

create trigger xp_transactions_queue_leaderboard
    after insert on public.xp_transactions
    for each row execute function evolv.queue_xp();

-- Only for those who mend the ledger and disable what guards it.
create function evolv.queue_xp_mended()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.leaderboard_changes (user_id, kind, amount, at) values (old.user_id, 'xp', -old.amount, old.awarded_at);
    if tg_op = 'UPDATE' then
        insert into evolv.leaderboard_changes (user_id, kind, amount, at) values (new.user_id, 'xp', new.amount, new.awarded_at);
    end if;
    return null;
end
$$;

create trigger xp_transactions_queue_leaderboard_mended
    after delete or update of user_id, amount, awarded_at on public.xp_transactions
    for each row execute function evolv.queue_xp_mended();

-- A badge counts when it was earned, and no more when it is revoked.
create function evolv.queue_badge()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op <> 'INSERT' and old.revoked_at is null then
        insert into evolv.leaderboard_changes (user_id, kind, amount, at) values (old.user_id, 'badges', -1, old.earned_at);
    end if;
    if tg_op <> 'DELETE' and new.revoked_at is null then
        insert into evolv.leaderboard_changes (user_id, kind, amount, at) values (new.user_id, 'badges', 1, new.earned_at);
    end if;
    return null;
end
$$;

create trigger user_badges_queue_leaderboard
    after insert or delete or update of user_id, revoked_at, earned_at on public.user_badges
    for each row execute function evolv.queue_badge();

create function evolv.queue_skill()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op <> 'INSERT' and old.verified then
        insert into evolv.leaderboard_changes (user_id, kind, amount, at, scope, scope_id)
        values
            (old.user_id, 'skills', -1, old.verified_at, null, null),
            (old.user_id, 'membership', null, null, 'skill', old.skill_id);
    end if;
    if tg_op <> 'DELETE' and new.verified then
        insert into evolv.leaderboard_changes (user_id, kind, amount, at, scope, scope_id)
        values
            (new.user_id, 'skills', 1, new.verified_at, null, null),
            (new.user_id, 'membership', null, null, 'skill', new.skill_id);
    end if;
    return null;
end
$$;

create trigger user_skills_queue_leaderboard
    after insert or delete or update of user_id, skill_id, verified, verified_at on public.user_skills
    for each row execute function evolv.queue_skill();

-- Of a streak counts the greatest length that it reached in the period.
create function evolv.queue_streak()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.leaderboard_changes (user_id, kind, amount, at)
    select new.user_id, 'streak', (new.metadata ->> 'length')::bigint, e.occurred_at
    from public.activity_events e
    where e.id = new.event_id;
    return null;
end
$$;

create trigger derived_events_queue_leaderboard
    after insert on evolv.derived_events
    for each row when (new.type = 'streak.extended') execute function evolv.queue_streak();

-- A maximum cannot be taken back: where a history is recomputed, the person's scores are, too.
create function evolv.queue_streak_again()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.leaderboard_changes (user_id, kind)
    select distinct r.user_id, 'again'
    from removed r
    where r.type = 'streak.extended';
    return null;
end
$$;

create trigger derived_events_queue_leaderboard_again
    after delete on evolv.derived_events
    referencing old table as removed
    for each statement execute function evolv.queue_streak_again();

-- The score of a person from what it is made of.
create function evolv.leaderboard_score(metric text, person uuid, from_time timestamptz, until_time timestamptz)
    returns bigint
    language sql
    stable
    parallel safe
    return coalesce(case metric
        when 'xp' then (
            select sum(x.amount)::bigint
            from public.xp_transactions x
            where x.user_id = person and x.awarded_at >= from_time and x.awarded_at < until_time)
        when 'badges' then (
            select count(*)
            from public.user_badges b
            where b.user_id = person and b.revoked_at is null and b.earned_at >= from_time and b.earned_at < until_time)
        when 'skills' then (
            select count(*)
            from public.user_skills s
            where s.user_id = person and s.verified and s.verified_at >= from_time and s.verified_at < until_time)
        else (
            select max((d.metadata ->> 'length')::bigint)
            from evolv.derived_events d
            join public.activity_events e on e.id = d.event_id
            where d.user_id = person and d.type = 'streak.extended' and e.occurred_at >= from_time and e.occurred_at < until_time)
    end, 0);

-- The arguments: what to queue, and where the person's id is.
create function evolv.queue_listing()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.leaderboard_changes (user_id, kind)
    values ((to_jsonb(case tg_op when 'DELETE' then old else new end) ->> tg_argv[1])::uuid, tg_argv[0]);
    return null;
end
$$;

create trigger profiles_queue_leaderboard
    after update of is_guest, deactivated_at on public.profiles
    for each row when (
        old.is_guest <> new.is_guest or (old.deactivated_at is null) <> (new.deactivated_at is null)
    ) execute function evolv.queue_listing('listing', 'id');

create trigger profiles_queue_leaderboard_gone
    after delete on public.profiles
    for each row execute function evolv.queue_listing('gone', 'id');

-- Whether somebody is anonymous is looked up by those who read.
create trigger user_settings_queue_leaderboard
    after update of leaderboard_mode on public.user_settings
    for each row when ((old.leaderboard_mode = 'hidden') <> (new.leaderboard_mode = 'hidden')) execute function evolv.queue_listing('listing', 'user_id');

create trigger user_settings_queue_leaderboard_gone
    after insert or delete on public.user_settings
    for each row execute function evolv.queue_listing('listing', 'user_id');

create function evolv.queue_guild_member()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if tg_op <> 'INSERT' and old.state = 'active' then
        insert into evolv.leaderboard_changes (user_id, kind, scope, scope_id) values (old.user_id, 'membership', 'guild', old.guild_id);
    end if;
    if tg_op <> 'DELETE' and new.state = 'active' then
        insert into evolv.leaderboard_changes (user_id, kind, scope, scope_id) values (new.user_id, 'membership', 'guild', new.guild_id);
    end if;
    return null;
end
$$;

create trigger guild_members_queue_leaderboard
    after insert or delete or update of guild_id, user_id, state on public.guild_members
    for each row execute function evolv.queue_guild_member();

create function evolv.queue_enrollment()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into evolv.leaderboard_changes (user_id, kind, scope, scope_id)
    values (coalesce(new.user_id, old.user_id), 'membership', 'path', coalesce(new.path_id, old.path_id));
    return null;
end
$$;

create trigger learning_path_enrollments_queue_leaderboard
    after insert or delete on public.learning_path_enrollments
    for each row execute function evolv.queue_enrollment();

-- The updater ---------------------------------------------------------------------------------------------------------

-- Who writes standings holds this lock to the end of the transaction.
create function evolv.lock_leaderboards()
    returns void
    language sql
    set search_path = ''
as $$
    select pg_advisory_xact_lock(hashtextextended('evolv.leaderboards', 0))
$$;

-- Counts the listed people of a period of a board anew.
create function evolv.recount_leaderboard(board int, start date)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    delete from evolv.leaderboard_counts c where c.board_id = board and c.period_start = start;
    insert into evolv.leaderboard_counts (board_id, period_start, shift, prefix, people)
    select board, start, 0, e.score, count(*)
    from evolv.leaderboard_entries e
    where e.board_id = board and e.period_start = start and e.is_listed
    group by e.score;
    for bits in 5..35 by 5 loop
        insert into evolv.leaderboard_counts (board_id, period_start, shift, prefix, people)
        select board, start, bits, c.prefix >> 5, sum(c.people)
        from evolv.leaderboard_counts c
        where c.board_id = board and c.period_start = start and c.shift = bits - 5
        group by c.prefix >> 5;
    end loop;
end
$$;

-- Makes a part of a global board from it at once, in all periods that still change, and in the one before them when nothing is known
-- of it. The caller holds the lock.
create function evolv.fill_leaderboard(board int)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    zone constant text := (select time_zone from evolv.leaderboard_settings);
    part evolv.leaderboards;
    whole int;
    starts date[];
    start date;
    before date;
begin
    select * into strict part from evolv.leaderboards b where b.id = board;
    select b.id into strict whole
    from evolv.leaderboards b
    where b.scope = 'global' and b.metric = part.metric and b.period = part.period;

    starts := evolv.leaderboard_open(part.period, clock_timestamp(), zone);
    if part.period <> 'all' then
        before := evolv.leaderboard_start(part.period, starts[1]::timestamp at time zone zone - interval '1 second', zone);
        if not exists (select from evolv.leaderboard_entries e where e.board_id = board and e.period_start = before) then
            starts := before || starts;
        end if;
    end if;

    foreach start in array starts loop
        delete from evolv.leaderboard_entries e
        where e.board_id = board
            and e.period_start = start
            and not (
                e.user_id in (select evolv.leaderboard_members(part.scope, part.scope_id))
                and exists (
                    select
                    from evolv.leaderboard_entries w
                    where w.board_id = whole and w.period_start = start and w.user_id = e.user_id));
        insert into evolv.leaderboard_entries (board_id, period_start, user_id, score, is_listed)
        select board, start, e.user_id, e.score, e.is_listed
        from evolv.leaderboard_members(part.scope, part.scope_id) m (user_id)
        join evolv.leaderboard_entries e on e.board_id = whole and e.period_start = start and e.user_id = m.user_id
        on conflict (board_id, period_start, user_id) do update
        set score = excluded.score, is_listed = excluded.is_listed;
        perform evolv.recount_leaderboard(board, start);
    end loop;
    update evolv.leaderboards b set state = 'kept' where b.id = board;
end
$$;

-- Takes out, from all periods, those of whom nothing is left.
create function evolv.drop_from_leaderboards(people uuid[])
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    touched record;
begin
    for touched in
        with gone as (
            delete from evolv.leaderboard_entries e where e.user_id = any (people) returning e.board_id, e.period_start
        )
        select distinct g.board_id, g.period_start from gone g
    loop
        perform evolv.recount_leaderboard(touched.board_id, touched.period_start);
    end loop;
end
$$;

-- Applies some of what has changed and returns how much; 0 when there is nothing left, or another server is at it. One statement
-- takes the changes away and enters them: they are in the standings exactly once.
--
-- Rows of big tables are looked up by `limit 1`; everything else is a batch without statistics, for which nested loops
-- would be a gamble.
create function evolv.apply_leaderboard_changes(most int default 2000)
    returns int
    language plpgsql
    security definer
    set search_path = ''
    set enable_nestloop = off
    set jit = off
as $$
declare
    moment constant timestamptz := clock_timestamp();
    zone text;
    asked evolv.leaderboards;
    applied int;
    gone uuid[];
begin
    if not exists (select from evolv.leaderboard_changes) and not exists (select from evolv.leaderboards where state = 'asked') then
        return 0;
    end if;
    if not pg_try_advisory_xact_lock(hashtextextended('evolv.leaderboards', 0)) then
        return 0;
    end if;
    zone := (select s.time_zone from evolv.leaderboard_settings s);

    -- A board with many members is filled as if they all came now, in as many turns as it takes.
    for asked in select * from evolv.leaderboards b where b.state = 'asked' loop
        insert into evolv.leaderboard_changes (user_id, kind, scope, scope_id)
        select m.user_id, 'membership', asked.scope, asked.scope_id
        from evolv.leaderboard_members(asked.scope, asked.scope_id) m (user_id);
        update evolv.leaderboards b
        set state = 'kept', filled_by = coalesce((select max(c.id) from evolv.leaderboard_changes c), 0)
        where b.id = asked.id;
    end loop;

    with picked as materialized (
        select c.ctid as row, c.user_id, c.kind
        from evolv.leaderboard_changes c
        order by c.id
        limit most
    ),
    -- Of those whose scores are computed anew everything that is queued: it is in what they are computed from.
    changed as materialized (
        delete from evolv.leaderboard_changes c
        where c.ctid = any (array(
            select p.row from picked p
            union
            select c.row
            from (select distinct p.user_id from picked p where p.kind = 'again') p
            cross join lateral (
                select c.ctid as row
                from evolv.leaderboard_changes c
                where c.user_id = p.user_id
                offset 0
            ) c
        ))
        returning c.user_id, c.kind, c.amount, c.at, c.scope, c.scope_id
    ),
    wholes as materialized (
        select b.id, b.metric, b.period, evolv.leaderboard_open(b.period, moment, zone) as open
        from evolv.leaderboards b
        where b.scope = 'global'
    ),
    -- Whose entry on which global board, and what is added to it.
    touched as (
        select w.id as board_id, w.metric, w.period, s.start, c.user_id,
            case w.metric when 'streak' then max(c.amount) else sum(c.amount)::bigint end as amount
        from changed c
        join wholes w on w.metric = c.kind
        cross join lateral (select evolv.leaderboard_start(w.period, c.at, zone) as start offset 0) s
        where s.start >= w.open[1]
        group by w.id, w.metric, w.period, s.start, c.user_id

        union all
        select w.id, w.metric, w.period, o.start, c.user_id, null
        from (select distinct user_id from changed where kind in ('listing', 'again')) c
        cross join wholes w
        cross join lateral unnest(w.open) o (start)
    ),
    again as (
        select distinct user_id from changed where kind = 'again'
    ),
    standings as materialized (
        select t.board_id, t.metric, t.period, t.start, t.user_id, e.score as old_score, coalesce(e.is_listed, false) as was_listed,
            n.score, p.is_eligible and n.score > 0 as is_listed
        from (
            select board_id, metric, period, start, user_id, max(amount) as amount
            from touched
            group by board_id, metric, period, start, user_id
        ) t
        left join again a using (user_id)
        left join lateral (
            select e.score, e.is_listed
            from evolv.leaderboard_entries e
            where e.board_id = t.board_id and e.period_start = t.start and e.user_id = t.user_id
            limit 1
        ) e on true
        cross join lateral (
            select case
                when a.user_id is not null then evolv.leaderboard_score(
                    t.metric,
                    t.user_id,
                    case t.period when 'all' then '-infinity' else t.start::timestamp at time zone zone end,
                    evolv.leaderboard_end(t.period, t.start, zone))
                when t.metric = 'streak' then greatest(e.score, t.amount)
                else coalesce(e.score, 0) + coalesce(t.amount, 0)
            end as score
            offset 0
        ) n
        cross join lateral (select evolv.may_be_listed(t.user_id) as is_eligible offset 0) p
        where (e.score is not null or t.amount is not null or n.score <> 0) and p.is_eligible is not null
    ),
    -- Whose entry on which part: of those whose score or listing changed, on the parts where they are; and where they came or went.
    scoped as (
        select b.id as board_id, s.start, s.user_id
        from (select distinct user_id from standings) p
        cross join lateral (
            select 'guild' as scope, m.guild_id as scope_id
            from public.guild_members m
            where m.user_id = p.user_id and m.state = 'active'
            union all
            select 'path', e.path_id from public.learning_path_enrollments e where e.user_id = p.user_id
            union all
            select 'skill', k.skill_id from public.user_skills k where k.user_id = p.user_id and k.verified
            offset 0
        ) m
        join evolv.leaderboards b on b.scope = m.scope and b.scope_id = m.scope_id and b.state = 'kept'
        join standings s on s.user_id = p.user_id and s.metric = b.metric and s.period = b.period

        union
        select b.id, o.start, c.user_id
        from changed c
        join evolv.leaderboards b on b.scope = c.scope and b.scope_id = c.scope_id and b.state = 'kept'
        join wholes w on w.metric = b.metric and w.period = b.period
        cross join lateral unnest(w.open) o (start)
        where c.kind = 'membership'
    ),
    scoped_standings as materialized (
        select d.board_id, d.start, d.user_id, e.row, e.score as old_score, coalesce(e.is_listed, false) as was_listed,
            n.score, coalesce(n.is_listed, false) as is_listed
        from (
            select c.board_id, c.start, c.user_id, b.scope, b.scope_id, w.id as whole_id, s.score, s.is_listed
            from scoped c
            join evolv.leaderboards b on b.id = c.board_id
            join wholes w on w.metric = b.metric and w.period = b.period
            left join standings s on s.board_id = w.id and s.start = c.start and s.user_id = c.user_id
        ) d
        left join lateral (
            select e.ctid as row, e.score, e.is_listed
            from evolv.leaderboard_entries e
            where e.board_id = d.board_id and e.period_start = d.start and e.user_id = d.user_id
            limit 1
        ) e on true
        left join lateral (
            select e.score, e.is_listed
            from evolv.leaderboard_entries e
            where e.board_id = d.whole_id and e.period_start = d.start and e.user_id = d.user_id
            limit 1
        ) g on true
        -- Nothing, for those who are no members.
        left join lateral (
            select coalesce(d.score, g.score) as score, coalesce(d.is_listed, g.is_listed) as is_listed
            where evolv.is_leaderboard_member(d.scope, d.scope_id, d.user_id)
            offset 0
        ) n on true
    ),
    entered as (
        insert into evolv.leaderboard_entries (board_id, period_start, user_id, score, is_listed)
        select s.board_id, s.start, s.user_id, s.score, s.is_listed
        from standings s
        where (s.score, s.is_listed) is distinct from (s.old_score, s.was_listed)
        union all
        select s.board_id, s.start, s.user_id, s.score, s.is_listed
        from scoped_standings s
        where s.score is not null and (s.score, s.is_listed) is distinct from (s.old_score, s.was_listed)
        on conflict (board_id, period_start, user_id) do update
        set score = excluded.score, is_listed = excluded.is_listed
    ),
    removed as (
        delete from evolv.leaderboard_entries e
        where e.ctid = any (array(select s.row from scoped_standings s where s.row is not null and s.score is null))
    ),
    moves as (
        select s.board_id, s.start, s.old_score, s.was_listed, s.score, s.is_listed
        from standings s
        union all
        select s.board_id, s.start, s.old_score, s.was_listed, s.score, s.is_listed
        from scoped_standings s
    ),
    tallies as materialized (
        select d.board_id, d.start, d.shift, d.prefix, k.row, coalesce(k.people, 0) + d.people as people
        from (
            select m.board_id, m.start, bits.shift, v.score >> bits.shift as prefix, sum(v.people)::bigint as people
            from moves m
            cross join lateral (values (m.was_listed, m.old_score, -1), (m.is_listed, m.score, 1)) v (counts, score, people)
            cross join generate_series(0, 35, 5) bits (shift)
            where v.counts
            group by m.board_id, m.start, bits.shift, v.score >> bits.shift
            having sum(v.people) <> 0
        ) d
        left join lateral (
            select k.ctid as row, k.people
            from evolv.leaderboard_counts k
            where k.board_id = d.board_id and k.period_start = d.start and k.shift = d.shift and k.prefix = d.prefix
            limit 1
        ) k on true
    ),
    counted as (
        insert into evolv.leaderboard_counts (board_id, period_start, shift, prefix, people)
        select t.board_id, t.start, t.shift, t.prefix, t.people
        from tallies t
        where t.people > 0
        on conflict (board_id, period_start, shift, prefix) do update
        set people = excluded.people
    ),
    emptied as (
        delete from evolv.leaderboard_counts k
        where k.ctid = any (array(select t.row from tallies t where t.people <= 0))
    )
    select count(*), array_agg(distinct c.user_id) filter (where c.kind = 'gone')
    into applied, gone
    from changed c;

    if gone is not null then
        perform evolv.drop_from_leaderboards(gone);
    end if;
    return applied;
end
$$;

grant execute on function evolv.apply_leaderboard_changes to service_role;

-- Upkeep --------------------------------------------------------------------------------------------------------------

-- What the global boards must say, from what they are made of.
create function evolv.leaderboard_truth(with_closed boolean)
    returns table (board_id int, period_start date, user_id uuid, score bigint, is_listed boolean)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    with facts (user_id, metric, amount, at) as (
        select x.user_id, 'xp', x.amount, x.awarded_at from public.xp_transactions x
        union all
        select b.user_id, 'badges', 1, b.earned_at from public.user_badges b where b.revoked_at is null
        union all
        select s.user_id, 'skills', 1, s.verified_at from public.user_skills s where s.verified
        union all
        select d.user_id, 'streak', (d.metadata ->> 'length')::bigint, e.occurred_at
        from evolv.derived_events d
        join public.activity_events e on e.id = d.event_id
        where d.type = 'streak.extended'
    ),
    boards as (
        select b.id, b.metric, b.period, z.time_zone, (evolv.leaderboard_open(b.period, clock_timestamp(), z.time_zone))[1] as oldest
        from evolv.leaderboards b
        cross join evolv.leaderboard_settings z
        where b.scope = 'global'
    )
    select t.board_id, t.start, t.user_id, t.score, evolv.may_be_listed(t.user_id) and t.score > 0
    from (
        select b.id as board_id, s.start, f.user_id, case b.metric when 'streak' then max(f.amount) else sum(f.amount)::bigint end as score
        from facts f
        join boards b on b.metric = f.metric
        cross join lateral (select evolv.leaderboard_start(b.period, f.at, b.time_zone) as start) s
        where with_closed or s.start >= b.oldest
        group by b.id, b.metric, s.start, f.user_id
    ) t
$$;

-- Computes all standings anew, the final ones only when asked to: they hold what was known when the period closed.
create function evolv.rebuild_leaderboards(with_closed boolean default false)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    zone constant text := (select s.time_zone from evolv.leaderboard_settings s);
    part int;
    touched record;
begin
    perform evolv.lock_leaderboards();
    -- One statement: what it takes from the queue is in what it computes.
    with queued as (
        delete from evolv.leaderboard_changes
    ),
    truth as materialized (
        select * from evolv.leaderboard_truth(with_closed)
    ),
    entered as (
        insert into evolv.leaderboard_entries (board_id, period_start, user_id, score, is_listed)
        select t.board_id, t.period_start, t.user_id, t.score, t.is_listed
        from truth t
        on conflict (board_id, period_start, user_id) do update
        set score = excluded.score, is_listed = excluded.is_listed
    )
    delete from evolv.leaderboard_entries e
    using evolv.leaderboards b
    where b.id = e.board_id
        and b.scope = 'global'
        and (with_closed or e.period_start >= (evolv.leaderboard_open(b.period, clock_timestamp(), zone))[1])
        and not exists (
            select
            from truth t
            where t.board_id = e.board_id and t.period_start = e.period_start and t.user_id = e.user_id
        );

    for part in select b.id from evolv.leaderboards b where b.scope <> 'global' and b.state = 'kept' loop
        perform evolv.fill_leaderboard(part);
    end loop;
    delete from evolv.leaderboard_counts;
    for touched in select distinct e.board_id, e.period_start from evolv.leaderboard_entries e loop
        perform evolv.recount_leaderboard(touched.board_id, touched.period_start);
    end loop;
end
$$;

-- Where the standings are not what they should be; no row is good. People of whom something is queued are passed over. One
-- snapshot decides, so it may be asked at any moment.
create function evolv.leaderboard_problems()
    returns table (problem text, example text)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    with zone as (
        select time_zone from evolv.leaderboard_settings
    ),
    changing as (
        select b.*, o.start
        from evolv.leaderboards b
        cross join zone z
        cross join lateral unnest(evolv.leaderboard_open(b.period, clock_timestamp(), z.time_zone)) o (start)
        where b.state = 'kept'
    ),
    kept as (
        select e.*
        from changing c
        join evolv.leaderboard_entries e on e.board_id = c.id and e.period_start = c.start
        where c.scope = 'global' and e.score <> 0
    ),
    parts as (
        select c.id as board_id, c.start as period_start, e.user_id, e.score, e.is_listed
        from changing c
        join evolv.leaderboards w on w.scope = 'global' and w.metric = c.metric and w.period = c.period
        cross join lateral evolv.leaderboard_members(c.scope, c.scope_id) m (user_id)
        join evolv.leaderboard_entries e on e.board_id = w.id and e.period_start = c.start and e.user_id = m.user_id
        where c.scope <> 'global'
    ),
    kept_parts as (
        select e.*
        from changing c
        join evolv.leaderboard_entries e on e.board_id = c.id and e.period_start = c.start
        where c.scope <> 'global'
    ),
    found (problem, user_id, example) as (
        select 'a score is not what it is made of', coalesce(t.user_id, k.user_id),
            format('board %s %s person %s: %s, not %s', coalesce(t.board_id, k.board_id), coalesce(t.period_start, k.period_start),
                coalesce(t.user_id, k.user_id), k.score, t.score)
        from (select * from evolv.leaderboard_truth(false) where score <> 0) t
        full join kept k using (board_id, period_start, user_id)
        where (t.score, t.is_listed) is distinct from (k.score, k.is_listed)

        union all
        select 'a board differs from its whole', coalesce(p.user_id, k.user_id),
            format('board %s %s person %s: %s, not %s', coalesce(p.board_id, k.board_id), coalesce(p.period_start, k.period_start),
                coalesce(p.user_id, k.user_id), k.score, p.score)
        from parts p
        full join kept_parts k using (board_id, period_start, user_id)
        where (p.score, p.is_listed) is distinct from (k.score, k.is_listed)

        union all
        select 'a count is not the number of people', null, format('board %s %s, scores that begin with %s >> %s: %s, not %s',
            board_id, period_start, prefix, shift, c.people, t.people)
        from evolv.leaderboard_counts c
        full join (
            select e.board_id, e.period_start, bits.shift, e.score >> bits.shift as prefix, count(*) as people
            from evolv.leaderboard_entries e
            cross join generate_series(0, 35, 5) bits (shift)
            where e.is_listed
            group by e.board_id, e.period_start, bits.shift, e.score >> bits.shift
        ) t using (board_id, period_start, shift, prefix)
        where c.people is distinct from t.people
    )
    select f.problem, f.example
    from found f
    where not exists (select from evolv.leaderboard_changes c where c.user_id = f.user_id)
$$;

grant execute on function evolv.leaderboard_problems to service_role;

-- Other days begin: everybody's scores in the periods that still change are computed anew, in as many turns as it takes.
create function evolv.set_leaderboard_zone(zone text)
    returns boolean
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform now() at time zone zone; -- raises when there is no such zone
    if zone = (select s.time_zone from evolv.leaderboard_settings s) then
        return false;
    end if;
    perform evolv.lock_leaderboards();
    update evolv.leaderboard_settings s set time_zone = zone where s.time_zone <> zone;
    if not found then
        return false; -- another server was faster
    end if;
    -- To the west the last day has not begun yet.
    delete from evolv.leaderboard_entries e
    using evolv.leaderboards b
    where b.id = e.board_id and e.period_start > evolv.leaderboard_start(b.period, clock_timestamp(), zone);
    delete from evolv.leaderboard_counts c
    using evolv.leaderboards b
    where b.id = c.board_id and c.period_start > evolv.leaderboard_start(b.period, clock_timestamp(), zone);
    insert into evolv.leaderboard_changes (user_id, kind)
    select distinct e.user_id, 'again'
    from evolv.leaderboard_entries e
    join evolv.leaderboards b on b.id = e.board_id and b.scope = 'global' and b.period = 'all'
    where e.period_start = '-infinity';
    return true;
end
$$;

grant execute on function evolv.set_leaderboard_zone to service_role;

-- Boards for which nobody has asked for 30 days are kept no longer, except for their final results; boards of what no
-- longer exists are deleted. The server calls this every hour.
create function evolv.forget_leaderboards()
    returns int
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    zone constant text := (select s.time_zone from evolv.leaderboard_settings s);
    asleep int[];
    orphaned int[];
begin
    asleep := array(
        select b.id
        from evolv.leaderboards b
        where b.scope <> 'global' and b.state = 'kept' and b.last_asked_at < now() - interval '30 days');
    orphaned := array(
        select b.id
        from evolv.leaderboards b
        where not case b.scope
            when 'guild' then exists (select from public.guilds g where g.id = b.scope_id)
            when 'path' then exists (select from public.learning_paths p where p.id = b.scope_id)
            when 'skill' then exists (select from public.skills s where s.id = b.scope_id)
            else true
        end);
    if cardinality(asleep) + cardinality(orphaned) = 0 then
        return 0;
    end if;

    perform evolv.lock_leaderboards();
    delete from evolv.leaderboard_entries e where e.board_id = any (orphaned);
    delete from evolv.leaderboard_counts c where c.board_id = any (orphaned);
    delete from evolv.leaderboards b where b.id = any (orphaned);
    update evolv.leaderboards b set state = 'asleep' where b.id = any (asleep);
    delete from evolv.leaderboard_entries e
    using evolv.leaderboards b
    where b.id = any (asleep) and e.board_id = b.id and e.period_start = any (evolv.leaderboard_open(b.period, clock_timestamp(), zone));
    delete from evolv.leaderboard_counts c
    using evolv.leaderboards b
    where b.id = any (asleep) and c.board_id = b.id and c.period_start = any (evolv.leaderboard_open(b.period, clock_timestamp(), zone));
    return cardinality(asleep) + cardinality(orphaned);
end
$$;

grant execute on function evolv.forget_leaderboards to service_role;
