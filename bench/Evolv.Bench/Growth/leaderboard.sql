-- People of boards, in addition to those of the world, and questions about them as statements.
create function bench.person(n bigint) returns uuid
    language sql
    immutable
    return ('bbbbbbbb-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid;

-- A number from 0 to 1 that is always the same for n and salt.
create function bench.lot(n bigint, salt int) returns double precision
    language sql
    immutable
    return (hashint8(n * 31 + salt) & 2147483647) / 2147483648.0;

-- People number `first` to `last`, with what a board keeps of them. Their scores are a power law with ties.
create function bench.add_people(first bigint, last bigint) returns void
    language plpgsql
    set session_replication_role = replica
as $$
begin
    insert into public.profiles (id, full_name) select bench.person(n), 'Person ' || n from generate_series(first, last) n;
    insert into public.user_settings (user_id) select bench.person(n) from generate_series(first, last) n;
    insert into public.user_levels (user_id) select bench.person(n) from generate_series(first, last) n;
    insert into evolv.leaderboard_entries (board_id, period_start, user_id, score, is_listed)
    select b.id, evolv.leaderboard_start(b.period, now(), 'UTC'), bench.person(n), 1 + floor(s.most * power(bench.lot(n, b.id), 3)), true
    from (values ('xp', 'all', 100000), ('xp', 'week', 3000), ('badges', 'all', 60), ('streak', 'all', 400)) s (metric, period, most)
    join evolv.leaderboards b on b.scope = 'global' and b.metric = s.metric and b.period = s.period
    cross join generate_series(first, last) n;
end
$$;

create function bench.recount() returns void
    language sql
as $$
    select evolv.recount_leaderboard(id, evolv.leaderboard_start(period, now(), 'UTC')) from evolv.leaderboards where scope = 'global'
$$;

create function bench.become(n bigint) returns void
    language sql
as $$
    select
        set_config('request.jwt.claims', json_build_object('sub', bench.person(n), 'role', 'authenticated')::text, true),
        set_config('request.jwt.claim.sub', bench.person(n)::text, true)
$$;

create function bench.around(n bigint, metric text) returns json
    language plpgsql
as $$
begin
    perform bench.become(n);
    return evolv.get_leaderboard('global', null, metric, 'all', null, 21, null, null, null, true);
end
$$;

create function bench.page(n bigint, rank bigint) returns json
    language plpgsql
as $$
begin
    perform bench.become(n);
    return evolv.get_leaderboard('global', null, 'xp', 'all', null, 20, null, null, rank, false);
end
$$;

-- What everybody writes first: counting who is before, and ranking all.
create function bench.naive_rank(n bigint) returns bigint
    language sql
    security definer
as $$
    select 1 + count(*)
    from evolv.leaderboard_entries e
    where e.board_id = (select id from evolv.leaderboards where scope = 'global' and metric = 'xp' and period = 'all')
        and e.period_start = '-infinity'
        and e.is_listed
        and e.score > (
            select m.score
            from evolv.leaderboard_entries m
            where m.board_id = (select id from evolv.leaderboards where scope = 'global' and metric = 'xp' and period = 'all')
                and m.period_start = '-infinity'
                and m.user_id = bench.person(n)
        )
$$;

create function bench.naive_around(n bigint) returns json
    language sql
    security definer
as $$
    with ranked as (
        select e.user_id, e.score, rank() over (order by e.score desc), row_number() over (order by e.score desc, e.tie) as place
        from evolv.leaderboard_entries e
        where e.board_id = (select id from evolv.leaderboards where scope = 'global' and metric = 'xp' and period = 'all')
            and e.period_start = '-infinity'
            and e.is_listed
    )
    select json_agg(r)
    from ranked r
    where abs(r.place - (select m.place from ranked m where m.user_id = bench.person(n))) <= 10
$$;

grant execute on all functions in schema bench to authenticated;
