-- The demo community: who was here when, and what all of it has earned.

-- Whoever did something was here before; on other days people only looked in, some of them every day of late. In the hours of
-- their own zone, so that their days are days of a streak.
select evolv.record_event(
    user_id => l.id,
    type => 'person.active',
    dedupe_key => format('person.active %s %s', l.id, date_bin('6 hours', l.at, '2000-01-01 00:00:00+00')),
    occurred_at => l.at)
from (
    select
        p.id,
        (current_day - day + make_interval(mins => 420 + pg_temp.demo_pick('login ' || p.handle || day, 840)))
            at time zone p.time_zone
    from demo_people p
    cross join lateral generate_series(1, least(p.joined, 90)) day
    cross join lateral (select (now() at time zone 'UTC')::date) today (current_day)
    where pg_temp.demo_pick('active ' || p.handle || ' ' || day, 100) < p.activity
        or day <= case when p.number = 3 then 40 when p.activity >= 30 then pg_temp.demo_pick('of late ' || p.handle, 16) end

    union all
    select p.id, min(e.occurred_at) - make_interval(mins => 1 + pg_temp.demo_pick('before ' || p.handle || e.local_date, 12))
    from public.activity_events e
    join demo_people p on p.id = coalesce(e.actor_id, e.user_id)
    group by p.id, p.handle, e.local_date
) l (id, at)
join public.profiles p on p.id = l.id
where l.at between p.created_at and date_trunc('day', now(), 'UTC')
order by l.at, l.id;

-- From here on it is as with everybody: what waits is turned into XP, levels, badges, streaks and news in the feed, at the time
-- of what earned them. Only that nobody is told.
select set_config('evolv.quiet', 'people', true);

do $$
begin
    while evolv.settle_pending(1000) > 0 loop
    end loop;
end
$$;

update public.user_levels l
set created_at = p.created_at,
    updated_at = greatest(p.created_at, (select max(x.awarded_at) from public.xp_transactions x where x.user_id = l.user_id))
from public.profiles p
join demo_people d on d.id = p.id
where l.user_id = p.id;

update auth.users u
set last_sign_in_at = (
        select max(e.occurred_at) from public.activity_events e where e.user_id = u.id and e.type = 'person.active'
    )
from demo_people p
where u.id = p.id;

select evolv.rebuild_leaderboards(true);
