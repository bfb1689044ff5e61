-- What /functions/v1 calls: one statement each.

-- What the events with these ids brought a person: {xp_added, total_xp, current_level, level_up, new_level, rewards}.
create function evolv.award_answer(person uuid, event_id bigint, level_before int, xp_added bigint)
    returns jsonb
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'xp_added', xp_added,
        'total_xp', l.total_xp,
        'current_level', l.current_level,
        'level_up', l.current_level > level_before,
        'new_level', case when l.current_level > level_before then l.current_level end,
        'rewards', coalesce((
            select jsonb_agg(
                jsonb_build_object('type', 'achievement', 'id', b.id, 'name', b.name, 'xp', coalesce(x.amount, 0))
                order by b.requirement_value, b.id)
            from public.user_badges ub
            join public.badges b on b.id = ub.badge_id
            left join public.xp_transactions x
                on x.user_id = person and x.event_id = award_answer.event_id and x.badge_id = b.id
                    and x.award_key = format('%s %s %s', ub.badge_id, ub.tier, ub.seq)
            where ub.user_id = person and ub.event_id = award_answer.event_id
        ), '[]'))
    from public.user_levels l
    where l.user_id = person
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
    event_id bigint;
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

    perform set_config('evolv.settles', 'on', true);
    event_id := evolv.record_event(
        add_xp.user_id, 'xp.awarded', actor_id => auth.uid(),
        metadata => jsonb_build_object('source', add_xp.source, 'amount', add_xp.amount, 'award', add_xp.metadata));
    perform evolv.settle_now(add_xp.user_id);
    data := evolv.award_answer(add_xp.user_id, event_id, level_before, add_xp.amount);
    replayed := false;

    if idempotency_key is not null then
        update evolv.idempotency_keys k
        set response = data
        where k.scope = asker and k.route = 'add-xp' and k.key = idempotency_key;
    end if;
end
$$;

grant execute on function evolv.add_xp to authenticated, service_role;

-- Streaks -------------------------------------------------------------------------------------------------------------

-- What a streak is worth at this moment. status: none, active (today counts already), open (today can still count), frozen (a
-- freeze will save it), paused, broken.
create function evolv.streak_status(person uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    streak public.streaks;
    today date;
    lenient_today date;
    missed int;
    status text;
begin
    select d.local_date, d.lenient_date into today, lenient_today from evolv.personal_day(person, clock_timestamp()) d;
    select * into streak from public.streaks s where s.user_id = person;
    missed := evolv.missed_days(streak, streak.last_day, lenient_today);
    status := case
        when streak.last_day is null then 'none'
        when streak.last_day >= today then 'active'
        when streak.current_length = 0 then 'broken'
        when missed > streak.freezes then 'broken'
        when today between streak.paused_from and streak.paused_until then 'paused'
        when missed > 0 then 'frozen'
        else 'open'
    end;
    return jsonb_build_object(
        'status', status,
        'current_length', case when status in ('none', 'broken') then 0 else streak.current_length end,
        'longest_length', coalesce(streak.longest_length, 0),
        'today', today,
        'last_day', streak.last_day,
        'freezes', coalesce(streak.freezes, 0) - case when status = 'frozen' then missed else 0 end,
        'weekdays', coalesce(streak.weekdays, '{1,2,3,4,5,6,7}'),
        'paused_until', case when streak.paused_until >= today then streak.paused_until end,
        'repairable_length', case when evolv.is_repairable(streak, today) then streak.broken_length end,
        'repairable_until', case when evolv.is_repairable(streak, today) then streak.broken_on + 2 end);
end
$$;

-- Whose history a caller may look into and act for: their own; the service and admins anybody's. Raises for the rest.
create function evolv.person_asked_for(asked uuid)
    returns uuid
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    person constant uuid := coalesce(asked, auth.uid());
begin
    if person is null then
        raise exception 'user_id says of whom' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if person is distinct from auth.uid() and auth.role() is distinct from 'service_role' and not evolv.has_role('admin') then
        raise exception 'this is for the person and for admins' using errcode = 'insufficient_privilege';
    end if;
    if not exists (select from public.profiles p where p.id = person) then
        raise exception 'user_id names nobody' using errcode = 'PT404', hint = 'user_not_found';
    end if;
    return person;
end
$$;

create function evolv.require_admin()
    returns void
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    if auth.role() is distinct from 'service_role' and not evolv.has_role('admin') then
        raise exception 'only admins and the service may do this' using errcode = 'insufficient_privilege';
    end if;
end
$$;

-- POST /functions/v1/check-in: the person is here today.
create function evolv.check_in(repair boolean)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    person constant uuid := evolv.person_asked_for(null);
    level_before int;
    day_before date;
    presence bigint;
    answer jsonb;
    streak public.streaks;
begin
    select l.current_level into level_before from public.user_levels l where l.user_id = person for no key update;
    select s.last_day into day_before from public.streaks s where s.user_id = person;
    perform set_config('evolv.settles', 'on', true);
    presence := evolv.record_presence(person);
    perform evolv.settle_now(person);
    if repair then
        select * into streak from public.streaks s where s.user_id = person;
        if not evolv.is_repairable(streak, (evolv.personal_day(person, clock_timestamp())).local_date) then
            raise exception 'there is no streak to repair'
                using errcode = 'PT409', hint = 'streak_not_repairable';
        end if;
        perform evolv.record_event(person, 'streak.repaired');
        perform evolv.settle_now(person);
    end if;
    answer := evolv.award_answer(person, presence, level_before, coalesce((
        select sum(x.amount)
        from public.xp_transactions x
        where x.user_id = person and x.event_id = presence and x.badge_id is null
    ), 0)::bigint);
    select * into streak from public.streaks s where s.user_id = person;
    return jsonb_build_object('checked_in', streak.last_day is distinct from day_before)
        || answer || jsonb_build_object('streak', evolv.streak_status(person));
end
$$;

grant execute on function evolv.check_in to authenticated;

-- POST /functions/v1/set-streak: on which weekdays the person means to be here, and for how long not.
create function evolv.set_streak(weekdays int[], pause_until date, resume boolean)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    person constant uuid := evolv.person_asked_for(null);
    today constant date := (evolv.personal_day(person, clock_timestamp())).local_date;
begin
    perform from public.user_levels l where l.user_id = person for no key update;
    if weekdays is not null then
        perform evolv.record_event(person, 'streak.scheduled', metadata => jsonb_build_object('weekdays', weekdays));
    end if;
    if pause_until is not null then
        if pause_until not between today and today + 30 then
            raise exception 'pause_until must be a day within the next 30 days' using errcode = 'PT400', hint = 'invalid_field';
        end if;
        perform evolv.record_event(person, 'streak.paused', metadata => jsonb_build_object('until', pause_until));
    elsif resume then
        perform evolv.record_event(person, 'streak.resumed');
    end if;
    perform evolv.settle_now(person);
    return jsonb_build_object('streak', evolv.streak_status(person));
end
$$;

grant execute on function evolv.set_streak to authenticated;

-- Progress ------------------------------------------------------------------------------------------------------------

-- The rules of badges that are in force now.
create function evolv.current_badge_rules()
    returns setof public.badge_rule_versions
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select v.*
    from public.badge_rule_versions v
    where v.is_active
        and not exists (select from public.badge_rule_versions n where n.badge_id = v.badge_id and n.version > v.version)
$$;

create function evolv.current_xp_rules()
    returns setof public.xp_rule_versions
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select v.*
    from public.xp_rule_versions v
    where v.is_active and v.valid_from <= clock_timestamp() and (v.valid_until is null or v.valid_until > clock_timestamp())
        and not exists (
            select from public.xp_rule_versions n where n.rule_id = v.rule_id and n.version > v.version and n.valid_from <= clock_timestamp())
$$;

-- GET /functions/v1/get-user-level, and a part of get-progress: where a person stands and what is missing to the next level. Null
-- when there is no such person. Everybody sees it, so it is the same for all who ask.
create function evolv.get_user_level(person uuid)
    returns jsonb
    language sql
    stable
    set search_path = ''
as $$
    select jsonb_build_object(
        'user_id', person,
        'total_xp', l.total_xp,
        'current_level', l.current_level,
        'peak_level', l.peak_level,
        'level_xp', l.total_xp - d.xp_required,
        'xp_to_next', greatest(d.xp_required + d.xp_to_next - l.total_xp, 0),
        'level_progress', least(round((l.total_xp - d.xp_required)::numeric / d.xp_to_next, 4), 1))
    from public.user_levels l
    join public.level_definitions d
        on d.level = l.current_level and d.version = (select max(t.version) from public.level_tables t where t.published_at <= clock_timestamp())
    where l.user_id = person
$$;

grant execute on function evolv.get_user_level to anon, authenticated, service_role;

-- GET /functions/v1/get-progress.
create function evolv.get_progress(user_id uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    person constant uuid := evolv.person_asked_for(get_progress.user_id);
    this_day constant date := (evolv.personal_day(person, clock_timestamp())).local_date;
    monday constant date := date_trunc('week', this_day::timestamp)::date;
begin
    return evolv.get_user_level(person) || jsonb_build_object(
        'streak', evolv.streak_status(person),
        'nearest_badges', coalesce((
            select jsonb_agg(to_jsonb(n) - 'ratio' order by n.ratio desc, n.target, n.badge_id)
            from (
                select
                    b.id as badge_id, b.slug, b.name, b.description, b.icon_url, b.rarity, b.category,
                    coalesce(p.next_tier, 1) as tier,
                    coalesce(p.current, 0) as current,
                    t.target,
                    coalesce(p.current, 0) / t.target as ratio
                from evolv.current_badge_rules() v
                join public.badges b on b.id = v.badge_id and not b.is_secret
                left join public.badge_progress p on p.user_id = person and p.badge_id = b.id and p.rule_version_id = v.id
                cross join lateral (
                    select coalesce(p.target, (evolv.rule_tier(v.rule, 1) ->> 'target')::numeric)
                ) t (target)
                where (p.id is null or p.next_tier is not null) and v.valid_until > clock_timestamp()
                    and not coalesce(p.state @> '{"barred": true}', false)
                order by ratio desc, t.target, b.id
                limit 3
            ) n
        ), '[]'),
        -- How much the rules with limits have paid, so that nobody wonders.
        'limits', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'rule', r.slug, 'name', r.name, 'amount', v.amount, 'distinct_by', v.distinct_by,
                    'today', u.today, 'cap_per_day', v.cap_per_day, 'this_week', u.this_week, 'cap_per_week', v.cap_per_week,
                    'cooldown_seconds', v.cooldown_seconds, 'refused_today', f.refused,
                    'held', exists (
                        select from public.integrity_flags g where g.user_id = person and g.rule_id = r.id and g.status = 'open'))
                order by r.slug)
            from evolv.current_xp_rules() v
            join public.xp_rules r on r.id = v.rule_id
            cross join lateral (
                select count(*) filter (where x.local_date = this_day) as today, count(*) as this_week
                from evolv.counted_entries x
                where x.user_id = person and x.rule_id = r.id and x.local_date between monday and monday + 6
            ) u
            cross join lateral (
                select coalesce(jsonb_object_agg(g.reason, g.times), '{}') as refused
                from (
                    select f.reason, count(*) as times
                    from public.xp_refusals f
                    where f.user_id = person and f.rule_id = r.id and f.local_date = this_day
                    group by f.reason
                ) g
            ) f
            where v.cap_per_day is not null or v.cap_per_week is not null or v.cooldown_seconds is not null
                or cardinality(v.distinct_by) > 0 or v.alarm_count is not null
        ), '[]'),
        'pending_events', (select count(*) from evolv.pending_events e where e.user_id = person));
end
$$;

grant execute on function evolv.get_progress to authenticated, service_role;

-- GET /functions/v1/get-achievements: every badge with what the person has of it. Of somebody else, what everybody may know: the
-- badges they have.
create function evolv.get_achievements(user_id uuid)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    person constant uuid := coalesce(get_achievements.user_id, evolv.person_asked_for(null));
    is_own constant boolean := coalesce(person = auth.uid(), false) or auth.role() = 'service_role' or evolv.has_role('admin');
    badges jsonb;
begin
    if not exists (
        select from public.profiles p where p.id = person and p.deactivated_at is null and (is_own or p.id <> all (evolv.hidden_people()))
    ) then
        raise exception 'user_id names nobody' using errcode = 'PT404', hint = 'user_not_found';
    end if;
    select coalesce(jsonb_agg(a.badge order by a.earned desc, a.category, a.points, a.id), '[]') into badges
    from (
        select
            b.id, b.category, b.points, h.earned is not null as earned,
            jsonb_build_object(
                'badge_id', b.id, 'slug', b.slug, 'name', b.name, 'description', b.description, 'icon_url', b.icon_url,
                'rarity', b.rarity, 'category', b.category, 'points', b.points, 'is_secret', b.is_secret,
                'earned', coalesce(h.earned, '[]'))
            || case when is_own then jsonb_build_object(
                'current', coalesce(p.current, 0),
                'target', coalesce(p.target, (evolv.rule_tier(v.rule, 1) ->> 'target')::numeric),
                'next_tier', case when p.id is null then case when v.id is not null then 1 end else p.next_tier end,
                'tiers', coalesce(v.rule -> 'tiers', '[]')) else '{}' end as badge
        from public.badges b
        left join evolv.current_badge_rules() v on v.badge_id = b.id
        left join public.badge_progress p on p.user_id = person and p.badge_id = b.id and p.rule_version_id = v.id
        left join lateral (
            select jsonb_agg(
                jsonb_build_object('user_badge_id', u.id, 'tier', u.tier, 'seq', u.seq, 'earned_at', u.earned_at)
                order by u.tier, u.seq) as earned
            from public.user_badges u
            where u.user_id = person and u.badge_id = b.id and u.revoked_at is null
        ) h on true
        where case
            when h.earned is null then is_own and b.is_active and not b.is_secret
            else is_own or not b.is_secret or b.id in (select evolv.my_badge_ids())
        end
    ) a;
    return jsonb_build_object(
        'user_id', person,
        'earned_count', (select count(*) from jsonb_array_elements(badges) b where b -> 'earned' <> '[]'),
        'badges', badges);
end
$$;

grant execute on function evolv.get_achievements to authenticated, service_role;

-- Why -----------------------------------------------------------------------------------------------------------------

create function evolv.event_json(event public.activity_events)
    returns jsonb
    language sql
    stable
    set search_path = ''
as $$
    select jsonb_build_object(
        'id', event.id, 'type', event.type, 'actor_id', event.actor_id, 'object_type', event.object_type, 'object_id', event.object_id,
        'metadata', event.metadata, 'local_date', event.local_date, 'time_zone', event.time_zone, 'occurred_at', event.occurred_at)
$$;

-- Why there is an entry of the ledger: event → version of the rule → entry, and what became of it.
create function evolv.explain_xp(transaction_id uuid)
    returns jsonb
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select jsonb_build_object(
        'kind', 'xp',
        'entry', jsonb_build_object(
            'id', x.id, 'amount', x.amount, 'source', x.source, 'metadata', x.metadata, 'award_key', x.award_key,
            'awarded_at', x.awarded_at, 'local_date', x.local_date, 'created_at', x.created_at),
        'events', jsonb_build_array(evolv.event_json(e)),
        'rule', jsonb_build_object('slug', r.slug, 'name', r.name, 'description', r.description)
            || (to_jsonb(v) - array['id', 'rule_id', 'published_by'])
            || jsonb_build_object('valid_from', nullif(v.valid_from, '-infinity'), 'published_at', nullif(v.published_at, '-infinity')),
        'badge', (select jsonb_build_object('id', b.id, 'slug', b.slug, 'name', b.name) from public.badges b where b.id = x.badge_id),
        'reverses', x.reversal_of,
        'reversed_by', (
            select jsonb_build_object('id', n.id, 'reason', n.metadata -> 'reason', 'created_at', n.created_at)
            from public.xp_transactions n
            where n.reversal_of = x.id
        ))
    from public.xp_transactions x
    join public.activity_events e on e.id = x.event_id
    join public.xp_rules r on r.id = x.rule_id
    join public.xp_rule_versions v on v.id = x.rule_version_id
    where x.id = transaction_id
$$;

-- Why a person has a badge, or not yet: the rule, how far each criterion is, and the newest events that counted.
create function evolv.explain_badge(person uuid, badge public.badges, held public.user_badges)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    rule_version public.badge_rule_versions;
    progress public.badge_progress;
    until timestamptz := 'infinity';
begin
    select * into rule_version
    from public.badge_rule_versions v
    where v.badge_id = badge.id and (held.rule_version_id is null or v.id = held.rule_version_id)
    order by v.version desc
    limit 1;
    if held.event_id is not null then
        select s.at + interval '1 microsecond' into until from evolv.settled_events s where s.event_id = held.event_id;
    end if;
    select * into progress
    from public.badge_progress p
    where p.user_id = person and p.badge_id = badge.id and p.rule_version_id = rule_version.id;
    return jsonb_build_object(
        'kind', 'badge',
        'badge', jsonb_build_object('id', badge.id, 'slug', badge.slug, 'name', badge.name, 'description', badge.description),
        'earned', held.id is not null and held.revoked_at is null,
        'user_badge', case when held.id is not null then to_jsonb(held) - 'user_id' end,
        'rule', case when rule_version.id is not null then jsonb_build_object(
            'version', rule_version.version, 'rule', rule_version.rule, 'policy', rule_version.policy, 'is_active', rule_version.is_active,
            'published_at', nullif(rule_version.published_at, '-infinity'), 'valid_from', nullif(rule_version.valid_from, '-infinity'),
            'valid_until', nullif(rule_version.valid_until, 'infinity')) end,
        'progress', case when rule_version.id is not null then jsonb_build_object(
            'current', coalesce(progress.current, 0),
            'target', coalesce(progress.target, (evolv.rule_tier(rule_version.rule, 1) ->> 'target')::numeric),
            'next_tier', case when progress.id is null then 1 else progress.next_tier end,
            'barred', coalesce(progress.state @> '{"barred": true}', false),
            'criteria', (
                select jsonb_agg(
                    c.criterion || jsonb_build_object(
                        'progress', coalesce((progress.state -> 'criteria' -> (c.n - 1)::int ->> 'progress')::numeric, 0),
                        'met', coalesce((progress.state -> 'met' -> (c.n - 1)::int)::boolean, false))
                    order by c.n)
                from jsonb_array_elements(evolv.rule_criteria(rule_version.rule)) with ordinality c (criterion, n)
            )) end,
        'events', coalesce((
            select jsonb_agg(evolv.event_json(n.event) order by n.at, (n.event).id)
            from (
                select h.event, h.at
                from evolv.event_history(person, person, rule_version.event_types, until) h
                where exists (
                    select
                    from jsonb_array_elements(evolv.rule_criteria(rule_version.rule)) c
                    where jsonb_path_exists(c, '$.event[*] ? (@ == $type)', jsonb_build_object('type', (h.event).type))
                        and (not c ? 'where' or coalesce(evolv.event_document(h.event) @@ (c ->> 'where')::jsonpath, false))
                )
                order by h.at desc, (h.event).id desc
                limit 20
            ) n
        ), (select jsonb_build_array(evolv.event_json(e)) from public.activity_events e where e.id = held.event_id), '[]'),
        'reward', (
            select jsonb_build_object('id', x.id, 'amount', x.amount, 'reversed', exists (
                select from public.xp_transactions n where n.reversal_of = x.id))
            from public.xp_transactions x
            where x.user_id = person and x.badge_id = badge.id and x.reversal_of is null
                and x.award_key = format('%s %s %s', badge.id, held.tier, held.seq)
            order by x.revision desc
            limit 1
        ));
end
$$;

-- POST /functions/v1/explain-award: of an entry of the ledger, a badge that somebody has, a badge (why not yet), or an event
-- (what it brought, and what it did not).
create function evolv.explain_award(user_id uuid, xp_transaction_id uuid, user_badge_id uuid, badge_id uuid, event_id bigint)
    returns jsonb
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    person uuid;
    badge public.badges;
    held public.user_badges;
begin
    select coalesce(
        (select x.user_id from public.xp_transactions x where x.id = xp_transaction_id),
        (select b.user_id from public.user_badges b where b.id = user_badge_id),
        (select e.user_id from public.activity_events e where e.id = explain_award.event_id),
        case when explain_award.badge_id is not null then coalesce(explain_award.user_id, auth.uid()) end) into person;
    -- Of what is somebody else's no more is said than of what does not exist.
    if person is null or (
        person is distinct from auth.uid() and auth.role() is distinct from 'service_role' and not evolv.has_role('admin')) then
        raise exception 'there is no such award' using errcode = 'PT404', hint = 'award_not_found';
    end if;
    if xp_transaction_id is not null then
        return evolv.explain_xp(xp_transaction_id);
    end if;
    if explain_award.event_id is not null then
        return (
            select jsonb_build_object(
                'kind', 'event',
                'events', jsonb_build_array(evolv.event_json(e)),
                'settled', exists (select from evolv.settled_events s where s.event_id = e.id),
                'entries', coalesce((
                    select jsonb_agg(evolv.explain_xp(x.id) order by x.created_at, x.id) from public.xp_transactions x where x.event_id = e.id
                ), '[]'),
                'refusals', coalesce((
                    select jsonb_agg(jsonb_build_object(
                        'rule', r.slug, 'version', v.version, 'reason', f.reason, 'amount', f.amount, 'award_key', f.award_key,
                        'cap_per_day', v.cap_per_day, 'cap_per_week', v.cap_per_week, 'cooldown_seconds', v.cooldown_seconds,
                        'distinct_by', v.distinct_by))
                    from public.xp_refusals f
                    join public.xp_rules r on r.id = f.rule_id
                    join public.xp_rule_versions v on v.id = f.rule_version_id
                    where f.event_id = e.id
                ), '[]'))
            from public.activity_events e
            where e.id = explain_award.event_id
        );
    end if;

    if user_badge_id is not null then
        select * into strict held from public.user_badges b where b.id = user_badge_id;
        select * into strict badge from public.badges b where b.id = held.badge_id;
    else
        select * into badge from public.badges b where b.id = explain_award.badge_id;
        select * into held
        from public.user_badges b
        where b.user_id = person and b.badge_id = badge.id
        order by b.revoked_at is not null, b.tier desc, b.seq desc
        limit 1;
        if badge.id is null or (badge.is_secret and held.id is null and auth.role() <> 'service_role' and not evolv.has_role('admin')) then
            raise exception 'there is no such award' using errcode = 'PT404', hint = 'award_not_found';
        end if;
    end if;
    return evolv.explain_badge(person, badge, held);
end
$$;

grant execute on function evolv.explain_award to authenticated, service_role;
