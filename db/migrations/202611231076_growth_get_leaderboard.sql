-- GET /functions/v1/get-leaderboard and the seed's leaderboard_all_time: ranks and pages of boards, each at a cost that does not depend on
-- how many people there are.

-- The rank of a score: 1 and the number of people with a greater one. At most 8 short ranges of the counts.
create function evolv.leaderboard_rank(board int, start date, score bigint)
    returns bigint
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select 1 + coalesce(sum(c.people)::bigint, 0)
    from generate_series(0, 35, 5) bits (shift)
    cross join lateral (
        select sum(k.people) as people
        from evolv.leaderboard_counts k
        where k.board_id = leaderboard_rank.board
            and k.period_start = leaderboard_rank.start
            and k.shift = bits.shift
            and k.prefix > leaderboard_rank.score >> bits.shift
            and k.prefix <= case bits.shift
                when 35 then 9223372036854775807
                else (leaderboard_rank.score >> (bits.shift + 5) << 5) + 31
            end
    ) c
$$;

-- The score at a place: that of the greatest rank up to it. Null when nobody is listed.
create function evolv.leaderboard_score_at(board int, start date, place bigint)
    returns bigint
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    least_prefix bigint := 0;
    greatest_prefix bigint := 9223372036854775807;
    before bigint := 0; -- people with a greater score than any below the prefix in hand
    step record;
begin
    for bits in reverse 35..0 by 5 loop
        select s.prefix, s.reached, s.people into step
        from (
            select k.prefix, k.people, sum(k.people) over (order by k.prefix desc) as reached
            from evolv.leaderboard_counts k
            where k.board_id = leaderboard_score_at.board
                and k.period_start = leaderboard_score_at.start
                and k.shift = bits
                and k.prefix between least_prefix and greatest_prefix
        ) s
        order by before + s.reached >= place desc, case when before + s.reached >= place then -s.prefix else s.prefix end
        limit 1;
        if not found then
            return null;
        end if;
        before := before + step.reached - step.people;
        least_prefix := step.prefix << 5;
        greatest_prefix := (step.prefix << 5) + 31;
    end loop;
    return step.prefix;
end
$$;

-- The people next after a place in the order of a board, or next before it. A list stands for the board of friends.
create function evolv.leaderboard_slice(
    board int, start date, friends evolv.leaderboard_entries[], of_score bigint, of_tie uuid, backwards boolean, most int)
    returns evolv.leaderboard_entries[]
    language plpgsql
    stable
    security definer
    set search_path = ''
    set plan_cache_mode = force_generic_plan
as $$
begin
    if friends is not null and backwards then
        return array(
            select s.f
            from (
                select f::evolv.leaderboard_entries as f, f.score, f.tie
                from unnest(friends) f
                where f.score > of_score or (f.score = of_score and f.tie < of_tie)
                order by f.score, f.tie desc
                limit most
            ) s
            order by s.score desc, s.tie);
    elsif friends is not null then
        return array(
            select f::evolv.leaderboard_entries
            from unnest(friends) f
            where f.score < of_score or (f.score = of_score and f.tie > of_tie)
            order by f.score desc, f.tie
            limit most);
    elsif backwards then
        -- Among equals and then among those with more, each by the index; `or` would read more than it returns.
        return array(
            select n.e
            from (
                select s.e, s.score, s.tie
                from (
                    (
                        select e as e, e.score, e.tie
                        from evolv.leaderboard_entries e
                        where e.board_id = board and e.period_start = start and e.is_listed and e.score = of_score and e.tie < of_tie
                        order by e.score, e.tie desc
                        limit most
                    )
                    union all
                    (
                        select e, e.score, e.tie
                        from evolv.leaderboard_entries e
                        where e.board_id = board and e.period_start = start and e.is_listed and e.score > of_score
                        order by e.score, e.tie desc
                        limit most
                    )
                ) s
                order by s.score, s.tie desc
                limit most
            ) n
            order by n.score desc, n.tie);
    else
        return array(
            select s.e
            from (
                (
                    select e as e, e.score, e.tie
                    from evolv.leaderboard_entries e
                    where e.board_id = board and e.period_start = start and e.is_listed and e.score = of_score and e.tie > of_tie
                    order by e.score desc, e.tie
                    limit most
                )
                union all
                (
                    select e, e.score, e.tie
                    from evolv.leaderboard_entries e
                    where e.board_id = board and e.period_start = start and e.is_listed and e.score < of_score
                    order by e.score desc, e.tie
                    limit most
                )
            ) s
            order by s.score desc, s.tie
            limit most);
    end if;
end
$$;

-- A page of a board as JSON. Stable, so that all of it is of one snapshot. Who is anonymous, has left, became a guest or hid
-- after the end of the period, or has a block between them and the caller, has neither id nor name here.
create function evolv.leaderboard_page(
    board evolv.leaderboards, start date, zone text, friends evolv.leaderboard_entries[],
    page_limit int, after_score bigint, after_tie uuid, from_rank bigint, around_me boolean)
    returns json
    language plpgsql
    stable
    security definer
    set search_path = ''
    set plan_cache_mode = force_generic_plan
as $$
declare
    last_tie constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    me constant uuid := auth.uid();
    hidden constant uuid[] := evolv.hidden_people();
    ends_at constant timestamptz := evolv.leaderboard_end(board.period, start, zone);
    mine evolv.leaderboard_entries;
    my_rank bigint;
    my_status text;
    total bigint;
    first_rank bigint;
    entries evolv.leaderboard_entries[] := '{}';
    has_next boolean;
begin
    if friends is null then
        select * into mine
        from evolv.leaderboard_entries e
        where e.board_id = board.id and e.period_start = start and e.user_id = me and e.is_listed;
        total := coalesce((
            select sum(c.people)::bigint
            from evolv.leaderboard_counts c
            where c.board_id = board.id and c.period_start = start and c.shift = 35), 0);
    else
        select * into mine from unnest(friends) f where f.user_id = me;
        total := cardinality(friends);
    end if;

    if mine.user_id is not null then
        my_status := 'ranked';
        my_rank := case
            when friends is null then evolv.leaderboard_rank(board.id, start, mine.score)
            else (select 1 + count(*) from unnest(friends) f where f.score > mine.score)
        end;
    elsif me is not null then
        my_status := (
            select case
                when p.is_guest then 'guest'
                when s.leaderboard_mode = 'hidden' then 'hidden'
                when not evolv.is_leaderboard_member(board.scope, board.scope_id, me) then 'not_a_member'
                else 'unranked'
            end
            from public.profiles p
            left join public.user_settings s on s.user_id = p.id
            where p.id = me);
    end if;

    if around_me and mine.user_id is not null then
        entries := evolv.leaderboard_slice(board.id, start, friends, mine.score, mine.tie, true, page_limit / 2) || mine;
        after_score := mine.score;
        after_tie := mine.tie;
    elsif from_rank is not null then
        after_score := 1 + case
            when friends is null then evolv.leaderboard_score_at(board.id, start, from_rank)
            else (
                select f.score
                from unnest(friends) f
                order by f.score desc
                limit 1
                offset least(from_rank, total) - 1)
        end;
        after_tie := last_tie;
    end if;

    -- One more tells whether there is a next page.
    entries := entries || evolv.leaderboard_slice(
        board.id, start, friends, coalesce(after_score, 9223372036854775807), coalesce(after_tie, last_tie), false,
        page_limit + 1 - cardinality(entries));
    has_next := cardinality(entries) > page_limit;
    entries := entries[:page_limit];
    if cardinality(entries) > 0 then
        first_rank := case
            when friends is null then evolv.leaderboard_rank(board.id, start, entries[1].score)
            else (select 1 + count(*) from unnest(friends) f where f.score > entries[1].score)
        end;
    end if;

    return (
        with page as (
            select e.user_id, e.score, e.position
            from unnest(entries) with ordinality e (board_id, period_start, user_id, score, is_listed, tie, position)
        ),
        -- The page has no gaps, so the people of each score lead to the rank of the next one.
        ranks as (
            select s.score, first_rank + coalesce(
                sum(s.people) over (order by s.score desc rows between unbounded preceding and 1 preceding), 0)::bigint as rank
            from (
                select d.score, case
                    when friends is null then (
                        select c.people
                        from evolv.leaderboard_counts c
                        where c.board_id = board.id and c.period_start = start and c.shift = 0 and c.prefix = d.score)
                    else (select count(*) from unnest(friends) f where f.score = d.score)
                end as people
                from (select distinct score from page) d
            ) s
        )
        select json_build_object(
            'scope', board.scope,
            'scope_id', board.scope_id,
            'metric', board.metric,
            'period', board.period,
            'period_start', case when board.period <> 'all' then start end,
            'period_end', case when board.period <> 'all' then (ends_at at time zone zone)::date - 1 end, -- its last day
            'time_zone', zone,
            'closed', ends_at + interval '1 hour' <= now(),
            'preparing', board.state = 'asked' or board.filled_by > 0 and coalesce((
                select c.id
                from evolv.leaderboard_changes c
                order by c.id
                limit 1) <= board.filled_by, false),
            'total_people', total,
            'leaderboard', coalesce(json_agg(
                json_build_object(
                    'rank', r.rank,
                    'user_id', case when w.is_shown then g.user_id end,
                    'full_name', case when w.is_shown then p.full_name end,
                    'avatar_url', case when w.is_shown then p.avatar_url end,
                    'user_type', p.user_type,
                    'current_level', l.current_level,
                    'score', g.score,
                    'is_me', coalesce(g.user_id = me, false))
                order by g.position), '[]'),
            'me', case when my_rank is not null then json_build_object('rank', my_rank, 'score', mine.score) end,
            'me_status', my_status,
            'pagination', json_build_object(
                'limit', page_limit,
                'has_next', has_next,
                'next_cursor', case when has_next then entries[page_limit].score || '_' || entries[page_limit].tie end))
        from page g
        join ranks r on r.score = g.score
        left join public.profiles p on p.id = g.user_id
        left join public.user_settings s on s.user_id = g.user_id
        left join public.user_levels l on l.user_id = g.user_id
        cross join lateral (
            select coalesce(g.user_id = me, false) or (
                p.id is not null and p.deactivated_at is null and not p.is_guest and coalesce(s.leaderboard_mode = 'public', false)
                and g.user_id <> all (hidden)) as is_shown
        ) w
    );
end
$$;

-- GET /functions/v1/get-leaderboard. A page of the board that was asked for, made first if need be: at once if it is
-- small, and otherwise by the updater. Definer: the standings know people who chose not to be shown, so who may see a board is
-- asked here, in the words of the policies of guilds and learning_paths.
create function evolv.get_leaderboard(
    scope text, scope_id uuid, metric text, period text, on_date date,
    page_limit int, after_score bigint, after_tie uuid, from_rank bigint, around_me boolean)
    returns json
    language plpgsql
    security definer
    set search_path = ''
    set plan_cache_mode = force_generic_plan
as $$
declare
    is_service constant boolean := auth.role() = 'service_role';
    me constant uuid := auth.uid();
    zone constant text := (select s.time_zone from evolv.leaderboard_settings s);
    start constant date := evolv.leaderboard_start(
        period, coalesce(on_date::timestamp at time zone zone, clock_timestamp()), zone);
    board evolv.leaderboards;
    members bigint;
    friends evolv.leaderboard_entries[];
begin
    if scope in ('global', 'friends') then
        select * into strict board
        from evolv.leaderboards b
        where b.scope = 'global' and b.scope_id is null and b.metric = get_leaderboard.metric and b.period = get_leaderboard.period;
        if scope = 'friends' then
            -- Among so few, anonymous would be none: here are those alone who show themselves.
            friends := array(
                select f.e
                from unnest(evolv.my_followees() || me) p (id)
                cross join lateral (
                    select e as e
                    from evolv.leaderboard_entries e
                    where e.board_id = board.id and e.period_start = start and e.user_id = p.id and e.is_listed
                    limit 1
                ) f
                where p.id = me or exists (
                    select
                    from public.profiles q
                    join public.user_settings s on s.user_id = q.id
                    where q.id = p.id
                        and q.deactivated_at is null
                        and not q.is_guest
                        and s.leaderboard_mode = 'public'
                        and q.id <> all (evolv.hidden_people())
                ));
            board.scope := 'friends';
        end if;
        return evolv.leaderboard_page(
            board, start, zone, friends, page_limit, after_score, after_tie, from_rank, around_me);
    end if;

    members := case scope
        when 'guild' then (
            select g.members_count
            from public.guilds g
            where g.id = get_leaderboard.scope_id
                and (is_service or g.visibility = 'public' or g.owner_id = me or g.id in (select evolv.my_guild_ids())))
        when 'path' then (
            select p.enrollment_count
            from public.learning_paths p
            where p.id = get_leaderboard.scope_id
                and (is_service or p.is_active or p.instructor_id = me or p.id in (select evolv.my_enrolled_path_ids()) or evolv.has_role('admin')))
        else (
            select (select count(*) from (select from public.user_skills u where u.skill_id = k.id and u.verified limit 20001) u)
            from public.skills k
            where k.id = get_leaderboard.scope_id)
    end;
    if members is null then
        raise exception 'there is no such board' using errcode = 'PT404', hint = 'board_not_found';
    end if;

    select * into board
    from evolv.leaderboards b
    where b.scope = get_leaderboard.scope and b.scope_id = get_leaderboard.scope_id
        and b.metric = get_leaderboard.metric and b.period = get_leaderboard.period;
    if not found or board.state <> 'kept' then
        if members <= 20000 then
            perform evolv.lock_leaderboards();
        end if;
        insert into evolv.leaderboards as b (scope, scope_id, metric, period)
        values (get_leaderboard.scope, get_leaderboard.scope_id, get_leaderboard.metric, get_leaderboard.period)
        on conflict on constraint leaderboards_scope_scope_id_metric_period_key do update
        set last_asked_at = now(), state = case b.state when 'asleep' then 'asked' else b.state end
        returning * into board;
        if members <= 20000 and board.state <> 'kept' then
            perform evolv.fill_leaderboard(board.id);
            board.state := 'kept';
        end if;
    elsif board.last_asked_at < now() - interval '1 day' then
        update evolv.leaderboards b set last_asked_at = now() where b.id = board.id;
    end if;
    return evolv.leaderboard_page(board, start, zone, null, page_limit, after_score, after_tie, from_rank, around_me);
end
$$;

grant execute on function evolv.get_leaderboard to authenticated, service_role;

-- The seed's leaderboard. Its clients ask for all of it, which is nothing to ask for: it has the first 1000 and the caller's own
-- row; whoever wants other places asks get-leaderboard. Who is anonymous has no id and no name here, except for themselves.
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
    with boards as (
        select
            max(b.id) filter (where b.metric = 'xp') as xp,
            max(b.id) filter (where b.metric = 'badges') as badges,
            max(b.id) filter (where b.metric = 'skills') as skills
        from evolv.leaderboards b
        where b.scope = 'global' and b.scope_id is null and b.period = 'all'
    ),
    top as (
        select e.user_id, e.score, e.tie, rank() over (order by e.score desc) as rank
        from (
            select e.user_id, e.score, e.tie
            from evolv.leaderboard_entries e
            where e.board_id = (select xp from boards) and e.period_start = '-infinity' and e.is_listed
            order by e.score desc, e.tie
            limit 1000
        ) e
    ),
    places as (
        select * from top
        union all
        select e.user_id, e.score, e.tie, evolv.leaderboard_rank(e.board_id, e.period_start, e.score)
        from evolv.leaderboard_entries e
        where e.board_id = (select xp from boards)
            and e.period_start = '-infinity'
            and e.user_id = (select auth.uid())
            and e.is_listed
            and not exists (select from top where top.user_id = e.user_id)
    )
    select
        case when w.is_shown then p.id end, case when w.is_shown then p.full_name end, case when w.is_shown then p.avatar_url end,
        p.user_type, l.current_level, t.score,
        coalesce((
            select e.score
            from evolv.leaderboard_entries e
            where e.board_id = b.badges and e.period_start = '-infinity' and e.user_id = t.user_id), 0),
        coalesce((
            select e.score
            from evolv.leaderboard_entries e
            where e.board_id = b.skills and e.period_start = '-infinity' and e.user_id = t.user_id), 0),
        t.rank
    from places t
    cross join boards b
    join public.profiles p on p.id = t.user_id
    join public.user_settings s on s.user_id = t.user_id
    join public.user_levels l on l.user_id = t.user_id
    cross join lateral (
        select coalesce(t.user_id = (select auth.uid()), false)
            or (s.leaderboard_mode = 'public' and t.user_id <> all ((select evolv.hidden_people())::uuid[])) as is_shown
    ) w
    order by t.score desc, t.tie
$$;

grant execute on function evolv.leaderboard_all_time to anon, authenticated, service_role;

-- The name that the seed's clients ask for.
create view public.leaderboard_all_time with (security_invoker = true) as
select * from evolv.leaderboard_all_time();

grant select on public.leaderboard_all_time to anon, authenticated, service_role;
