-- From events to awards. Everything a person has earned is a fold over their events in order (evolv.settled_events.at): the same
-- events and the same published rules give the same awards, which evolv.replay proves. Nothing here is granted to anybody but
-- the entries at the end.
--
-- Who calls evolv.settle_person holds the row of user_levels: one history is settled by one transaction at a time, and many by
-- many. `person` is who gets what the event brings; only in a replay this is not the event's own user_id.

-- Whoever publishes a rule waits for the settling that runs, and what is settled afterwards sees the rule.
create function evolv.rules_lock()
    returns bigint
    language sql
    immutable
    parallel safe
    return hashtextextended('evolv.rules', 0);

-- Nobody is told of what is loaded, replayed or silent.
create function evolv.is_quiet()
    returns boolean
    language sql
    stable
    parallel safe
    return coalesce(current_setting('evolv.quiet', true), '') = 'on';

-- An event that follows from another one: rules see it as they see every other.
create function evolv.derive_event(
    person uuid, cause public.activity_events, at timestamptz, type text, object_type text, object_id uuid, metadata jsonb, key text)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    derived public.activity_events := cause;
begin
    insert into evolv.derived_events (user_id, event_id, at, type, object_id, metadata)
    values (person, cause.id, derive_event.at, derive_event.type, derive_event.object_id, derive_event.metadata);
    derived.type := derive_event.type;
    derived.actor_id := null;
    derived.object_type := derive_event.object_type;
    derived.object_id := derive_event.object_id;
    derived.metadata := derive_event.metadata;
    derived.dedupe_key := key;
    perform evolv.apply_rules(person, derived, derive_event.at);
end
$$;

-- Entries, badges and flags of which a recomputation has found that they do not follow from the events. They stay as what once
-- was said, with an entry against them, and count for nothing: no cap, no once, no number of a badge.
create table evolv.superseded (
    id uuid primary key
);

alter table evolv.superseded enable row level security;

-- XP ------------------------------------------------------------------------------------------------------------------

-- What was paid, also if it was voided later: what limits look at.
create view evolv.counted_entries with (security_invoker = on) as
    select x.*
    from public.xp_transactions x
    where x.reversal_of is null and not exists (select from evolv.superseded s where s.id = x.id);

-- An award that was superseded may come again, as the next revision; one that stands may not.
create function evolv.next_revision(person uuid, rule_id uuid, award_key text)
    returns int
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
begin
    if exists (
        select
        from evolv.counted_entries x
        where x.user_id = person and x.rule_id = next_revision.rule_id and x.award_key = next_revision.award_key
    ) then
        raise exception 'an award would be paid twice: % of rule % to %', award_key, rule_id, person using errcode = 'unique_violation';
    end if;
    return (
        select 1 + coalesce(max(x.revision), 0)
        from public.xp_transactions x
        where x.user_id = person and x.rule_id = next_revision.rule_id and x.award_key = next_revision.award_key and x.reversal_of is null
    );
end
$$;

-- Enters one amount into the ledger and the standing.
create function evolv.apply_xp(
    person uuid, event public.activity_events, at timestamptz, rule_version public.xp_rule_versions, source text, amount bigint,
    award_key text, metadata jsonb default '{}', badge_id uuid default null)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    standing public.user_levels;
    level_after int;
    revision int := 1;
begin
    select * into strict standing from public.user_levels l where l.user_id = person;
    level_after := evolv.level_for(standing.total_xp + amount, at);
    update public.user_levels l
    set total_xp = standing.total_xp + apply_xp.amount,
        current_level = level_after,
        peak_level = greatest(l.peak_level, level_after),
        updated_at = now()
    where l.user_id = person;
    for attempt in 1 .. 2 loop
        insert into public.xp_transactions (
            user_id, amount, source, metadata, event_id, rule_version_id, rule_id, award_key, revision, badge_id, awarded_at, local_date)
        values (
            person, apply_xp.amount, apply_xp.source, apply_xp.metadata, event.id, rule_version.id, rule_version.rule_id,
            apply_xp.award_key, revision, apply_xp.badge_id, event.occurred_at, event.local_date)
        on conflict do nothing;
        exit when found;
        revision := evolv.next_revision(person, rule_version.rule_id, apply_xp.award_key);
    end loop;

    -- Deeds are news; routine is not, unless it lifted the person. A badge is news of its own.
    if not evolv.is_quiet()
        and (apply_xp.source not in ('daily_login', 'social_interaction', 'achievement_unlock') or level_after > standing.current_level) then
        perform evolv.publish_activity(
            person,
            case apply_xp.source when 'course_completion' then 'course_completion' when 'skill_mastery' then 'skill_update' else 'achievement' end,
            jsonb_strip_nulls(jsonb_build_object(
                'source', apply_xp.source,
                'xp_added', apply_xp.amount,
                'new_level', case when level_after > standing.current_level then level_after end)),
            event.occurred_at);
    end if;
    if level_after > standing.current_level then
        perform evolv.derive_event(
            person, event, apply_xp.at, 'level.reached', null, null, jsonb_build_object('level', level_after),
            format('level %s %s', level_after, event.id));
    end if;
end
$$;

-- The entry against an entry. Its period is the one of the award.
create function evolv.enter_reversal(entry public.xp_transactions, event_id bigint, reason text)
    returns void
    language sql
    security definer
    set search_path = ''
as $$
    insert into public.xp_transactions (
        user_id, amount, source, metadata, event_id, rule_version_id, rule_id, award_key, revision, badge_id, reversal_of, awarded_at, local_date)
    values (
        entry.user_id, -entry.amount, entry.source, jsonb_build_object('reason', reason), enter_reversal.event_id, entry.rule_version_id,
        entry.rule_id, entry.award_key, entry.revision, entry.badge_id, entry.id, entry.awarded_at, entry.local_date)
$$;

-- Takes an award back.
create function evolv.reverse_xp(person uuid, entry public.xp_transactions, event_id bigint, at timestamptz, reason text)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update public.user_levels l
    set total_xp = l.total_xp - entry.amount,
        current_level = evolv.level_for(l.total_xp - entry.amount, reverse_xp.at),
        updated_at = now()
    where l.user_id = person;
    perform evolv.enter_reversal(entry, reverse_xp.event_id, reason);
end
$$;

-- The entry that stands for an award, if it was not taken back.
create function evolv.standing_entry(person uuid, rule_id uuid, award_key text)
    returns public.xp_transactions
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select x
    from public.xp_transactions x
    where x.user_id = person and x.rule_id = standing_entry.rule_id and x.award_key = standing_entry.award_key and x.reversal_of is null
        and not exists (select from public.xp_transactions r where r.reversal_of = x.id)
$$;

-- What one rule pays for one event, or why it does not.
create function evolv.pay(
    person uuid, rule_version public.xp_rule_versions, source text, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    amount bigint := rule_version.amount;
    key text := coalesce(event.dedupe_key, event.id::text);
    week constant date := date_trunc('week', event.local_date::timestamp)::date;
    refusal text;
    today bigint;
    this_week bigint;
begin
    if rule_version.amount_path is not null then
        -- Not least alone: of nothing and the most that there is, that is the most.
        amount := floor(least(
            coalesce((jsonb_path_query_first(
                evolv.event_document(event), (rule_version.amount_path || ' ? (@.type() == "number")')::jsonpath, '{}', true) #>> '{}')::numeric, 0),
            amount));
        if amount < 1 then
            return;
        end if;
    end if;
    if cardinality(rule_version.distinct_by) > 0 then
        key := concat_ws(' ',
            case when 'actor' = any (rule_version.distinct_by) then coalesce(event.actor_id, event.user_id)::text end,
            case when 'object' = any (rule_version.distinct_by) then event.object_id::text end,
            case when 'day' = any (rule_version.distinct_by) then event.local_date::text end,
            case when 'week' = any (rule_version.distinct_by) then to_char(event.local_date, 'IYYY"-W"IW') end);
        if exists (
            select
            from evolv.counted_entries x
            where x.user_id = person and x.rule_id = rule_version.rule_id and x.award_key = key
        ) then
            refusal := 'repeated';
        end if;
    end if;
    if refusal is null and rule_version.cooldown_seconds is not null and exists (
        select
        from evolv.counted_entries x
        where x.user_id = person and x.rule_id = rule_version.rule_id
            and x.awarded_at > event.occurred_at - make_interval(secs => rule_version.cooldown_seconds)
    ) then
        refusal := 'cooldown';
    end if;
    if refusal is null and (rule_version.cap_per_day is not null or rule_version.cap_per_week is not null) then
        select count(*) filter (where x.local_date = event.local_date), count(*)
        into today, this_week
        from evolv.counted_entries x
        where x.user_id = person and x.rule_id = rule_version.rule_id
            and x.local_date between week and week + 6
            and x.awarded_at > event.occurred_at - interval '9 days'; -- by the index: more than a week of anybody's
        refusal := case
            when today >= rule_version.cap_per_day then 'capped_day'
            when this_week >= rule_version.cap_per_week then 'capped_week'
        end;
    end if;
    if refusal is null then
        if rule_version.alarm_count is not null and (
            select count(*)
            from (
                (
                    select
                    from evolv.counted_entries x
                    where x.user_id = person and x.rule_id = rule_version.rule_id
                        and x.awarded_at > event.occurred_at - make_interval(mins => rule_version.alarm_minutes)
                    limit rule_version.alarm_count
                )
                union all
                (
                    select
                    from public.xp_refusals r
                    where r.user_id = person and r.rule_id = rule_version.rule_id
                        and r.refused_at > event.occurred_at - make_interval(mins => rule_version.alarm_minutes)
                    limit rule_version.alarm_count
                )
            ) a
        ) >= rule_version.alarm_count then
            perform evolv.raise_flag(
                person, rule_version.rule_id, event, null,
                format('%s events in %s minutes', rule_version.alarm_count + 1, rule_version.alarm_minutes));
        end if;
        if exists (
            select from public.integrity_flags f where f.user_id = person and f.rule_id = rule_version.rule_id and f.status = 'open'
        ) then
            refusal := 'held';
        end if;
    end if;

    if refusal is not null then
        insert into public.xp_refusals (user_id, event_id, rule_version_id, rule_id, award_key, amount, reason, local_date, refused_at)
        values (person, event.id, rule_version.id, rule_version.rule_id, key, amount, refusal, event.local_date, event.occurred_at);
        return;
    end if;
    perform evolv.apply_xp(
        person, event, at, rule_version, coalesce(source, event.metadata ->> 'source'), amount, key, coalesce(event.metadata -> 'award', '{}'),
        case when event.type = 'badge.awarded' then event.object_id end);
end
$$;

-- Fairness ------------------------------------------------------------------------------------------------------------

create function evolv.raise_flag(person uuid, held_rule_id uuid, event public.activity_events, raised_by uuid, reason text)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    insert into public.integrity_flags (user_id, rule_id, event_id, reason, raised_by, raised_at)
    values (person, held_rule_id, event.id, raise_flag.reason, raise_flag.raised_by, event.occurred_at)
    on conflict (user_id, rule_id) where status = 'open' do nothing;
    if found then
        perform evolv.notify_person(person, 'xp_held', jsonb_build_object('rule_id', held_rule_id, 'reason', raise_flag.reason));
    end if;
end
$$;

-- Somebody has looked: what was held is paid now, or never.
create function evolv.decide_flag(person uuid, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    is_released constant boolean := event.type = 'integrity.released';
    flag public.integrity_flags;
    held public.xp_refusals;
    held_event public.activity_events;
    rule_version public.xp_rule_versions;
begin
    update public.integrity_flags f
    set status = case when is_released then 'released' else 'upheld' end,
        decided_by = event.actor_id,
        decided_at = event.occurred_at,
        note = event.metadata ->> 'note'
    where f.user_id = person and f.rule_id = event.object_id and f.status = 'open'
    returning * into flag;
    if not found then
        return;
    end if;
    for held in
        select * from public.xp_refusals r where r.user_id = person and r.rule_id = event.object_id and r.reason = 'held' order by r.refused_at, r.event_id
    loop
        if is_released and not exists (
            select
            from evolv.counted_entries x
            where x.user_id = person and x.rule_id = held.rule_id and x.award_key = held.award_key
        ) then
            select * into strict held_event from public.activity_events e where e.id = held.event_id;
            select * into strict rule_version from public.xp_rule_versions v where v.id = held.rule_version_id;
            perform evolv.apply_xp(
                person, held_event, at, rule_version,
                coalesce((select r.source from public.xp_rules r where r.id = held.rule_id), held_event.metadata ->> 'source'),
                held.amount, held.award_key);
        end if;
    end loop;
    update public.xp_refusals r
    set reason = case when is_released then 'released' else 'upheld' end
    where r.user_id = person and r.rule_id = event.object_id and r.reason = 'held';
    perform evolv.notify_person(
        person, case when is_released then 'xp_released' else 'xp_upheld' end, jsonb_build_object('rule_id', event.object_id, 'flag_id', flag.id));
end
$$;

-- Badges --------------------------------------------------------------------------------------------------------------

-- Gives a badge, unless the person has that tier of it; its reward follows by the rule badge-reward.
create function evolv.grant_badge(
    person uuid, badge_id uuid, tier int, points int, rule_version_id uuid, awarded_by uuid, crossing public.activity_events,
    event public.activity_events, at timestamptz, is_repeated boolean default false)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    granted public.user_badges;
begin
    if not is_repeated and exists (
        select
        from public.user_badges b
        where b.user_id = person and b.badge_id = grant_badge.badge_id and b.tier = grant_badge.tier and b.revoked_at is null
    ) then
        return;
    end if;
    insert into public.user_badges (user_id, badge_id, tier, seq, rule_version_id, event_id, metadata, earned_at, awarded_by)
    values (
        person, grant_badge.badge_id, grant_badge.tier,
        1 + coalesce((
            select max(b.seq) from public.user_badges b
            where b.user_id = person and b.badge_id = grant_badge.badge_id and b.tier = grant_badge.tier
                and not exists (select from evolv.superseded s where s.id = b.id)
        ), 0),
        grant_badge.rule_version_id, crossing.id,
        case when grant_badge.rule_version_id is null then jsonb_strip_nulls(jsonb_build_object('reason', event.metadata -> 'reason')) else '{}' end,
        crossing.occurred_at, grant_badge.awarded_by)
    on conflict on constraint user_badges_user_id_badge_id_tier_seq_key do update -- a superseded one
    set rule_version_id = excluded.rule_version_id, event_id = excluded.event_id, metadata = excluded.metadata,
        earned_at = excluded.earned_at, awarded_by = excluded.awarded_by, revoked_at = null, revoked_by = null, revocation_reason = null
    returning * into granted;
    delete from evolv.superseded s where s.id = granted.id;
    if not evolv.is_quiet() then
        perform evolv.publish_activity(
            person, 'achievement',
            jsonb_build_object('badge_id', grant_badge.badge_id) || case when grant_badge.tier > 1 then jsonb_build_object('tier', grant_badge.tier) else '{}' end,
            crossing.occurred_at);
    end if;
    perform evolv.derive_event(
        person, event, grant_badge.at, 'badge.awarded', 'badge', grant_badge.badge_id,
        jsonb_build_object('points', points, 'tier', grant_badge.tier, 'seq', granted.seq),
        format('%s %s %s', grant_badge.badge_id, grant_badge.tier, granted.seq));
end
$$;

-- Takes badges back, with their rewards. The rows stay.
create function evolv.revoke_badges(
    person uuid, badge_id uuid, least_tier int, event public.activity_events, at timestamptz, revoked_by uuid, reason text)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    badge public.user_badges;
    reward public.xp_transactions;
begin
    for badge in
        update public.user_badges b
        set revoked_at = event.occurred_at, revoked_by = revoke_badges.revoked_by, revocation_reason = reason
        where b.user_id = person and b.badge_id = revoke_badges.badge_id and b.tier >= least_tier and b.revoked_at is null
        returning b.*
    loop
        for reward in
            select (evolv.standing_entry(person, r.id, format('%s %s %s', badge.badge_id, badge.tier, badge.seq))).*
            from public.xp_rules r
            where r.slug = 'badge-reward'
        loop
            if reward.id is not null then
                perform evolv.reverse_xp(person, reward, event.id, at, reason);
            end if;
        end loop;
    end loop;
end
$$;

-- Of the version, not of the badge: what the reward is later changes nothing that was paid.
create function evolv.badge_points(rule_version public.badge_rule_versions, tier int)
    returns int
    language sql
    immutable
    parallel safe
    return coalesce((evolv.rule_tier((rule_version).rule, tier) ->> 'points')::int, (rule_version).points);

create function evolv.save_progress(person uuid, rule_version public.badge_rule_versions, state jsonb)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    now_at record;
    next int;
begin
    now_at := evolv.rule_progress(rule_version.rule, state);
    next := coalesce((state ->> 'tier')::int, 0) + 1;
    if evolv.rule_tier(rule_version.rule, next) is null then
        next := null;
    end if;
    insert into public.badge_progress as p (user_id, badge_id, rule_version_id, state, current, target, next_tier)
    values (
        person, rule_version.badge_id, rule_version.id, state, now_at.current,
        (evolv.rule_tier(rule_version.rule, coalesce(next, jsonb_array_length(rule_version.rule -> 'tiers'), 1)) ->> 'target')::numeric, next)
    on conflict (user_id, badge_id) do update
    set rule_version_id = excluded.rule_version_id, state = excluded.state, current = excluded.current, target = excluded.target,
        next_tier = excluded.next_tier, updated_at = now();
end
$$;

-- One event for one badge. `state` also remembers the highest `tier` that was given, and `barred`: somebody revoked the badge.
create function evolv.step_badge(
    person uuid, rule_version public.badge_rule_versions, event public.activity_events, document jsonb, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    rule constant jsonb := rule_version.rule;
    before jsonb := '{}';
    state jsonb;
    reached int;
    times int := 0;
begin
    if event.occurred_at < rule_version.valid_from or event.occurred_at >= rule_version.valid_until then
        return;
    end if;
    select p.state into before
    from public.badge_progress p
    where p.user_id = person and p.badge_id = rule_version.badge_id and p.rule_version_id = rule_version.id;
    before := coalesce(before, '{}');
    if (before ->> 'tier')::int >= 1 and not rule @> '{"repeat": true}' and evolv.rule_tier(rule, (before ->> 'tier')::int + 1) is null then
        return; -- nothing left to earn
    end if;
    state := evolv.rule_step(rule, before, document);
    if state = before then
        return;
    end if;
    if before = '{}' and evolv.is_barred(event.user_id, rule_version.badge_id, at) then
        state := state || '{"barred": true}';
    end if;
    reached := (evolv.rule_progress(rule, state)).reached;
    if rule @> '{"repeat": true}' then
        while reached > 0 and times < evolv.most_repeats() loop
            state := evolv.restart(rule, state);
            times := times + 1;
            reached := (evolv.rule_progress(rule, state)).reached;
        end loop;
    end if;
    -- Saved first: the reward may lead back here by way of a level.
    if not rule @> '{"repeat": true}' and reached > coalesce((state ->> 'tier')::int, 0) and not state @> '{"barred": true}' then
        state := state || jsonb_build_object('tier', reached);
    end if;
    perform evolv.save_progress(person, rule_version, state);
    if state @> '{"barred": true}' then
        return;
    end if;
    for i in 1 .. times loop
        perform evolv.grant_badge(
            person, rule_version.badge_id, 1, evolv.badge_points(rule_version, 1), rule_version.id, null, event, event, at, true);
    end loop;
    for tier in coalesce((before ->> 'tier')::int, 0) + 1 .. coalesce((state ->> 'tier')::int, 0) loop
        perform evolv.grant_badge(
            person, rule_version.badge_id, tier, evolv.badge_points(rule_version, tier), rule_version.id, null, event, event, at);
    end loop;
end
$$;

-- Whether somebody revoked the badge, and nobody gave it by hand since.
create function evolv.is_barred(history_of uuid, badge_id uuid, at timestamptz)
    returns boolean
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select coalesce((
        select e.type = 'badge.revoked'
        from public.activity_events e
        join evolv.settled_events s on s.event_id = e.id
        where e.user_id = history_of and e.type in ('badge.granted', 'badge.revoked') and e.object_id = is_barred.badge_id
            and s.at < is_barred.at
        order by s.at desc, s.event_id desc
        limit 1
    ), false)
$$;

-- How often one event gives a repeated badge; what is left counts for the next event. A sum far above its target is a slip of
-- whoever wrote the rule or the event, and must not keep a worker busy.
create function evolv.most_repeats()
    returns int
    language sql
    immutable
    parallel safe
    return 100;

create function evolv.restart(rule jsonb, state jsonb)
    returns jsonb
    language sql
    immutable
    set search_path = ''
as $$
    select state || jsonb_build_object(
        'criteria', jsonb_build_array(evolv.criterion_restart(evolv.rule_criteria(rule) -> 0, state -> 'criteria' -> 0)), 'met', '[false]'::jsonb)
$$;

-- The history of a person up to a moment, as rules see it, of some types.
create function evolv.event_history(history_of uuid, person uuid, types text[], until timestamptz)
    returns table (event public.activity_events, at timestamptz)
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    item record;
begin
    for item in
        select e as event, s.at, null::evolv.derived_events as derived, s.event_id, 0::bigint as n
        from evolv.settled_events s
        join public.activity_events e on e.id = s.event_id
        where s.user_id = history_of and s.at < until and e.type = any (types)
        union all
        select e, d.at, d, d.event_id, d.id
        from evolv.derived_events d
        join public.activity_events e on e.id = d.event_id
        where d.user_id = person and d.at < until and d.type = any (types)
        order by 2, 4, 5
    loop
        event := item.event;
        at := item.at;
        if item.n > 0 then
            event.type := (item.derived).type;
            event.actor_id := null;
            event.object_type := case event.type when 'badge.awarded' then 'badge' end;
            event.object_id := (item.derived).object_id;
            event.metadata := (item.derived).metadata;
        end if;
        return next;
    end loop;
end
$$;

-- What a rule makes of a whole history: the memory at its end, and the events that crossed a threshold, in order.
create function evolv.judge(
    history_of uuid, person uuid, rule jsonb, valid_from timestamptz, valid_until timestamptz, until timestamptz,
    out state jsonb, out tiers int[], out crossings public.activity_events[])
    language plpgsql
    stable
    security definer
    set search_path = ''
as $$
declare
    item public.activity_events;
    reached int;
    highest int := 0;
    times int;
begin
    state := '{}';
    tiers := '{}';
    crossings := '{}';
    for item in
        select (h.event).* from evolv.event_history(history_of, person, evolv.rule_event_types(rule), until) h
    loop
        continue when item.occurred_at < valid_from or item.occurred_at >= valid_until;
        state := evolv.rule_step(rule, state, evolv.event_document(item));
        reached := (evolv.rule_progress(rule, state)).reached;
        if rule @> '{"repeat": true}' then
            times := 0;
            while reached > 0 and times < evolv.most_repeats() loop
                times := times + 1;
                tiers := tiers || 1;
                crossings := array_append(crossings, item);
                state := evolv.restart(rule, state);
                reached := (evolv.rule_progress(rule, state)).reached;
            end loop;
        elsif reached > highest then
            for tier in highest + 1 .. reached loop
                tiers := tiers || tier;
                crossings := array_append(crossings, item);
            end loop;
            highest := reached;
            state := state || jsonb_build_object('tier', highest);
            exit when not rule ? 'tiers' or highest = jsonb_array_length(rule -> 'tiers');
        end if;
    end loop;
end
$$;

-- A new version of a badge's rule comes to a person: it counts what they did before, too. Who earned the badge gets it, dated
-- then; who has it and would not have earned it, by the policy of the version.
create function evolv.adopt_badge_rule(person uuid, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    rule_version public.badge_rule_versions;
    judged record;
    state jsonb;
    barred constant boolean := evolv.is_barred(event.user_id, event.object_id, at);
    held int;
    was_quiet constant text := coalesce(current_setting('evolv.quiet', true), '');
begin
    select * into strict rule_version from public.badge_rule_versions v where v.id = (event.metadata ->> 'rule_version_id')::uuid;
    if event.metadata @> '{"silent": true}' then
        perform set_config('evolv.quiet', 'on', true);
    end if;
    judged := evolv.judge(event.user_id, person, rule_version.rule, rule_version.valid_from, rule_version.valid_until, at);
    state := judged.state;
    select coalesce(max(b.tier), 0) into held
    from public.user_badges b
    where b.user_id = person and b.badge_id = event.object_id and b.revoked_at is null and b.rule_version_id is not null;

    if rule_version.policy <> 'keep' and not rule_version.rule @> '{"repeat": true}' and held > coalesce((state ->> 'tier')::int, 0) then
        if rule_version.policy = 're_evaluate' then
            perform evolv.revoke_badges(
                person, event.object_id, coalesce((state ->> 'tier')::int, 0) + 1, event, at, event.actor_id,
                format('The rule of this badge has changed (version %s).', rule_version.version));
        else
            perform set_config('evolv.quiet', was_quiet, true);
            perform evolv.notify_person(
                person, 'badge_rule_changed', jsonb_build_object('badge_id', event.object_id, 'version', rule_version.version));
        end if;
    end if;
    if barred then
        state := (state - 'tier') || '{"barred": true}';
    elsif rule_version.policy <> 're_evaluate' and not rule_version.rule @> '{"repeat": true}' and held > coalesce((state ->> 'tier')::int, 0) then
        state := state || jsonb_build_object('tier', held); -- kept
    end if;
    perform evolv.save_progress(person, rule_version, state);

    if not barred then
        if rule_version.rule @> '{"repeat": true}' then
            select count(*) into held
            from public.user_badges b
            where b.user_id = person and b.badge_id = event.object_id and b.revoked_at is null;
        else
            held := 0;
        end if;
        for i in held + 1 .. cardinality(judged.crossings) loop
            perform evolv.grant_badge(
                person, event.object_id, judged.tiers[i], evolv.badge_points(rule_version, judged.tiers[i]), rule_version.id, null,
                judged.crossings[i], event, at, rule_version.rule @> '{"repeat": true}');
        end loop;
    end if;
    perform set_config('evolv.quiet', was_quiet, true);
end
$$;

-- Streaks -------------------------------------------------------------------------------------------------------------

-- The days strictly between two that the schedule asks for and no pause excuses, and that were not settled before.
create function evolv.missed_days(streak public.streaks, after_day date, before_day date)
    returns int
    language sql
    immutable
    set search_path = ''
as $$
    select count(*)
    from generate_series(greatest(after_day + 1, streak.settled_until), before_day - 1, interval '1 day') d (day)
    where extract(isodow from d.day)::int = any (streak.weekdays)
        and not coalesce(d.day::date between streak.paused_from and streak.paused_until, false)
$$;

-- The person was here. A day counts once; missed days cost a freeze each, or the streak.
create function evolv.streak_step(person uuid, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    streak public.streaks;
    missed int;
begin
    insert into public.streaks (user_id) values (person) on conflict (user_id) do nothing;
    select * into strict streak from public.streaks s where s.user_id = person;
    if event.local_date <= streak.last_day then
        return;
    end if;
    missed := case when streak.last_day is not null then evolv.missed_days(streak, streak.last_day, event.lenient_date) end;
    if missed <= streak.freezes and streak.current_length > 0 then
        streak.current_length := streak.current_length + 1;
        streak.freezes := streak.freezes - missed;
    else
        if missed is not null then
            streak.broken_length := coalesce(nullif(streak.current_length, 0), streak.broken_length);
            streak.broken_on := event.local_date;
        end if;
        streak.current_length := 1;
        streak.started_on := event.local_date;
    end if;
    if streak.current_length % 7 = 0 then
        streak.freezes := least(streak.freezes + 1, 2);
    end if;
    update public.streaks s
    set current_length = streak.current_length,
        longest_length = greatest(streak.longest_length, streak.current_length),
        started_on = streak.started_on,
        last_day = event.local_date,
        freezes = streak.freezes,
        broken_length = streak.broken_length,
        broken_on = streak.broken_on,
        updated_at = now()
    where s.user_id = person;
    perform evolv.tell_streak(person, event, at, streak.current_length);
end
$$;

create function evolv.tell_streak(person uuid, event public.activity_events, at timestamptz, length int)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if length in (7, 30, 100) or length % 365 = 0 then
        perform evolv.notify_person(person, 'streak_milestone', jsonb_build_object('length', length));
        if not evolv.is_quiet() then
            perform evolv.publish_activity(person, 'achievement', jsonb_build_object('streak', length), event.occurred_at);
        end if;
    end if;
    perform evolv.derive_event(
        person, event, at, 'streak.extended', null, null, jsonb_build_object('length', length), format('streak %s %s', length, event.id));
end
$$;

-- A streak that broke at most this many days ago comes back, once in 30 days.
create function evolv.is_repairable(streak public.streaks, today date)
    returns boolean
    language sql
    immutable
    parallel safe
    return coalesce(
        streak.broken_length > 0 and today - streak.broken_on between 0 and 2
        and (streak.repaired_on is null or today - streak.repaired_on > 30), false);

-- What was missed under a plan is judged by it, before another one takes over: no later plan excuses it, and none forgets what
-- this one excused.
create function evolv.settle_plan(person uuid, event public.activity_events)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    streak public.streaks;
    missed int;
begin
    select * into strict streak from public.streaks s where s.user_id = person;
    if streak.last_day is null or streak.current_length = 0 then
        return;
    end if;
    missed := evolv.missed_days(streak, streak.last_day, event.lenient_date);
    if missed > streak.freezes then
        streak.broken_length := streak.current_length;
        streak.broken_on := null; -- the next one has not begun
        streak.current_length := 0;
    else
        streak.freezes := streak.freezes - missed;
    end if;
    update public.streaks s
    set current_length = streak.current_length,
        freezes = streak.freezes,
        broken_length = streak.broken_length,
        broken_on = streak.broken_on,
        settled_until = greatest(
            s.settled_until, event.lenient_date,
            -- The day that a pause excuses and that is too young to be judged: the next pause takes this one's place.
            case when s.paused_until between event.lenient_date and event.local_date - 2 then s.paused_until + 1 end)
    where s.user_id = person;
end
$$;

create function evolv.change_streak(person uuid, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    streak public.streaks;
begin
    insert into public.streaks (user_id) values (person) on conflict (user_id) do nothing;
    if event.type <> 'streak.repaired' then
        perform evolv.settle_plan(person, event);
    end if;
    select * into strict streak from public.streaks s where s.user_id = person;
    if event.type = 'streak.scheduled' then
        update public.streaks s
        set weekdays = array(select w::int from jsonb_array_elements_text(event.metadata -> 'weekdays') w order by 1), updated_at = now()
        where s.user_id = person;
    elsif event.type = 'streak.paused' then
        update public.streaks s
        set paused_from = case when s.paused_until >= event.local_date - 1 then s.paused_from else event.local_date end, -- or longer
            paused_until = (event.metadata ->> 'until')::date, updated_at = now()
        where s.user_id = person;
    elsif event.type = 'streak.resumed' then
        update public.streaks s
        set paused_until = greatest(event.local_date - 1, s.paused_from), updated_at = now()
        where s.user_id = person and s.paused_until >= event.local_date;
    elsif evolv.is_repairable(streak, event.local_date) then
        update public.streaks s
        set current_length = s.current_length + s.broken_length,
            longest_length = greatest(s.longest_length, s.current_length + s.broken_length),
            broken_length = null,
            broken_on = null,
            repaired_on = event.local_date,
            updated_at = now()
        where s.user_id = person
        returning * into streak;
        perform evolv.tell_streak(person, event, at, streak.current_length);
    end if;
end
$$;

-- Settling ------------------------------------------------------------------------------------------------------------

create function evolv.apply_rules(person uuid, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    document jsonb; -- made when it is needed
    xp_rule record;
    badge_rule public.badge_rule_versions;
begin
    for xp_rule in
        select v as rule_version, r.source
        from public.xp_rule_versions v
        join public.xp_rules r on r.id = v.rule_id
        where v.event_type = event.type and v.is_active and v.valid_from <= apply_rules.at
            and (v.valid_until is null or v.valid_until > apply_rules.at)
            and (v.condition is null or evolv.event_document(event) @@ v.condition::jsonpath)
            and not exists (
                select
                from public.xp_rule_versions n
                where n.rule_id = v.rule_id and n.version > v.version and n.valid_from <= apply_rules.at
            )
        order by v.rule_id
    loop
        perform evolv.pay(person, xp_rule.rule_version, xp_rule.source, event, apply_rules.at);
    end loop;
    for badge_rule in
        select v.*
        from public.badge_rule_versions v
        where v.event_types @> array[event.type] and v.is_active and v.published_at <= apply_rules.at
            and not exists (
                select
                from public.badge_rule_versions n
                where n.badge_id = v.badge_id and n.version > v.version and n.published_at <= apply_rules.at
            )
        order by v.badge_id
    loop
        document := coalesce(document, evolv.event_document(event));
        perform evolv.step_badge(person, badge_rule, event, document, apply_rules.at);
    end loop;
end
$$;

-- What one event means. Corrections and decisions of people are events, too: a replay makes them again.
create function evolv.apply_event(person uuid, event public.activity_events, at timestamptz)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    entry public.xp_transactions;
    level_before int;
    level_after int;
begin
    case event.type
        when 'person.active' then
            perform evolv.streak_step(person, event, at);
        when 'streak.scheduled', 'streak.paused', 'streak.resumed', 'streak.repaired' then
            perform evolv.change_streak(person, event, at);
        when 'badge.rule_published' then
            perform evolv.adopt_badge_rule(person, event, at);
        when 'badge.granted' then
            perform evolv.grant_badge(
                person, event.object_id, (event.metadata ->> 'tier')::int, (event.metadata ->> 'points')::int, null, event.actor_id, event,
                event, at);
            update public.badge_progress p set state = p.state - 'barred' where p.user_id = person and p.badge_id = event.object_id;
        when 'badge.revoked' then
            perform evolv.revoke_badges(
                person, event.object_id, (event.metadata ->> 'tier')::int, event, at, event.actor_id, event.metadata ->> 'reason');
            update public.badge_progress p
            set state = p.state || '{"barred": true}'
            where p.user_id = person and p.badge_id = event.object_id;
        when 'xp.voided' then
            entry := evolv.standing_entry(person, event.object_id, event.metadata ->> 'award_key');
            if entry.id is not null then
                perform evolv.reverse_xp(person, entry, event.id, at, event.metadata ->> 'reason');
                perform evolv.notify_person(
                    person, 'xp_voided', jsonb_build_object('amount', entry.amount, 'reason', event.metadata ->> 'reason'));
            end if;
        when 'integrity.held' then
            perform evolv.raise_flag(person, event.object_id, event, event.actor_id, event.metadata ->> 'reason');
        when 'integrity.released', 'integrity.upheld' then
            perform evolv.decide_flag(person, event, at);
        when 'levels.published' then
            select l.current_level into level_before from public.user_levels l where l.user_id = person;
            update public.user_levels l
            set current_level = evolv.level_for(l.total_xp, apply_event.at),
                peak_level = greatest(l.peak_level, evolv.level_for(l.total_xp, apply_event.at)),
                updated_at = now()
            where l.user_id = person
            returning l.current_level into level_after;
            if level_after > level_before then
                perform evolv.derive_event(
                    person, event, apply_event.at, 'level.reached', null, null, jsonb_build_object('level', level_after),
                    format('level %s %s', level_after, event.id));
            end if;
        else
    end case;
    perform evolv.apply_rules(person, event, at);
end
$$;

-- Judges a history anew for late events; those that are no news stay none.
create function evolv.reconcile_late(person uuid, is_news boolean)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    was_quiet constant text := coalesce(current_setting('evolv.quiet', true), '');
begin
    perform set_config('evolv.quiet', case when is_news then was_quiet else 'on' end, true);
    perform evolv.reconcile(person);
    perform set_config('evolv.quiet', was_quiet, true);
end
$$;

-- Settles up to 500 pending events of a person whose row of user_levels the caller has locked; returns how many. An event that
-- comes a little late, as of a transaction that took its time, takes the next place. One that is more than a minute late
-- takes its true place, and all that came after it is judged anew; those come first, and what follows them is news as ever.
-- Everything below is found by keys: a plan that was made while a table was empty must not scan it when it is large. Times
-- and dates within documents are written as in every session.
create function evolv.settle_person(person uuid)
    returns int
    language plpgsql
    security definer
    set search_path = ''
    set timezone = 'UTC'
    set datestyle = 'ISO'
    set enable_seqscan = off
as $$
declare
    last_at timestamptz;
    place timestamptz;
    is_late boolean := false;
    is_news boolean := false;
    event public.activity_events;
    events public.activity_events[];
begin
    perform pg_advisory_xact_lock_shared(evolv.rules_lock());
    with taken as (
        delete from evolv.pending_events p
        where p.event_id in (
            select f.event_id from evolv.pending_events f where f.user_id = person order by f.occurred_at, f.event_id limit 500)
        returning p.event_id
    )
    select array_agg(e order by e.occurred_at, e.id) into events
    from taken t
    join public.activity_events e on e.id = t.event_id;
    if events is null then
        return 0;
    end if;

    select s.at into last_at
    from evolv.settled_events s
    where s.user_id = person
    order by s.at desc, s.event_id desc
    limit 1;
    foreach event in array events loop
        place := event.occurred_at;
        if place < last_at - interval '1 minute' then
            is_late := true;
            is_news := is_news or not (event.type = 'badge.rule_published' and event.metadata @> '{"silent": true}');
        else
            if is_late then
                perform evolv.reconcile_late(person, is_news);
                is_late := false;
            end if;
            if place <= last_at then
                place := last_at + interval '1 microsecond';
            end if;
            last_at := place;
        end if;
        insert into evolv.settled_events (event_id, user_id, at) values (event.id, person, place);
        if not is_late then
            perform evolv.apply_event(person, event, place);
        end if;
    end loop;
    if is_late then
        perform evolv.reconcile_late(person, is_news);
    end if;
    return cardinality(events);
end
$$;

-- Whose history could not be settled, and when it is tried again.
create table evolv.settle_failures (
    user_id   uuid primary key,
    error     text not null,
    tries     int not null default 1,
    failed_at timestamptz not null default clock_timestamp(),
    retry_at  timestamptz not null
);

alter table evolv.settle_failures enable row level security;

-- One turn of a worker: up to so many people with pending events, those who have waited longest, passing over whom another worker
-- has in hand. It is one statement and one transaction: killed, it has done nothing, and its locks are gone. Returns the number
-- of events. A history that fails waits, longer each time, and holds up nobody else.
create function evolv.settle_pending(most_people int)
    returns int
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    ends_at constant timestamptz := clock_timestamp() + interval '250 milliseconds'; -- others wait for these people
    waiting uuid[];
    people uuid[];
    person uuid;
    settled int := 0;
begin
    waiting := array(
        select distinct p.user_id
        from (
            select e.user_id
            from evolv.pending_events e
            where not exists (
                select from evolv.settle_failures f where f.user_id = e.user_id and f.retry_at > clock_timestamp())
            order by e.event_id
            limit 1000
        ) p);
    select array_agg(l.user_id) into people
    from (
        select u.user_id from public.user_levels u where u.user_id = any (waiting) limit most_people for no key update skip locked
    ) l;
    foreach person in array coalesce(people, '{}') loop
        begin
            settled := settled + evolv.settle_person(person);
            delete from evolv.settle_failures f where f.user_id = person;
        exception
            when others then
                raise warning 'The history of % could not be settled: % (%)', person, sqlerrm, sqlstate;
                insert into evolv.settle_failures as f (user_id, error, retry_at)
                values (person, format('%s (%s)', sqlerrm, sqlstate), clock_timestamp() + interval '1 second')
                on conflict (user_id) do update
                set error = excluded.error,
                    tries = f.tries + 1,
                    failed_at = excluded.failed_at,
                    retry_at = clock_timestamp() + least(interval '1 second' * 2 ^ least(f.tries, 12), interval '1 hour');
        end;
        exit when clock_timestamp() > ends_at;
    end loop;
    return settled;
end
$$;

grant execute on function evolv.settle_pending to service_role;

-- For what must be answered at once: settles all that is pending of one person.
create function evolv.settle_now(person uuid)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform from public.user_levels l where l.user_id = person for no key update;
    while evolv.settle_person(person) = 500 loop
    end loop;
end
$$;

-- Proof ---------------------------------------------------------------------------------------------------------------

-- The first, second … time that a rule was held.
create function evolv.numbered_flags(person uuid)
    returns table (
        id uuid, rule_id uuid, number bigint, event_id bigint, reason text, status text, raised_by uuid, raised_at timestamptz,
        decided_by uuid, decided_at timestamptz, note text)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        f.id, f.rule_id, row_number() over (partition by f.rule_id order by f.raised_at, f.decided_at nulls last, f.event_id),
        f.event_id, f.reason, f.status, f.raised_by, f.raised_at, f.decided_by, f.decided_at, f.note
    from public.integrity_flags f
    where f.user_id = person and not exists (select from evolv.superseded s where s.id = f.id)
$$;

-- All that a person has from their events, in one value that is equal when it is equal.
create function evolv.outcome(person uuid)
    returns jsonb
    language sql
    stable
    security definer
    set search_path = ''
    set timezone = 'UTC'
    set datestyle = 'ISO'
as $$
    select jsonb_build_object(
        'standing', (
            select jsonb_build_object('total_xp', l.total_xp, 'current_level', l.current_level, 'peak_level', l.peak_level)
            from public.user_levels l
            where l.user_id = person
        ),
        'entries', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'event_id', x.event_id, 'rule_version_id', x.rule_version_id, 'rule_id', x.rule_id, 'award_key', x.award_key,
                    'amount', x.amount, 'source', x.source, 'metadata', x.metadata, 'badge_id', x.badge_id, 'awarded_at', x.awarded_at,
                    'local_date', x.local_date, 'voided', exists (select from public.xp_transactions r where r.reversal_of = x.id))
                order by x.rule_id, x.award_key collate "C")
            from evolv.counted_entries x
            where x.user_id = person
        ), '[]'),
        'badges', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'badge_id', b.badge_id, 'tier', b.tier, 'seq', b.seq, 'rule_version_id', b.rule_version_id, 'event_id', b.event_id,
                    'metadata', b.metadata, 'earned_at', b.earned_at, 'awarded_by', b.awarded_by, 'revoked_at', b.revoked_at,
                    'revoked_by', b.revoked_by, 'revocation_reason', b.revocation_reason)
                order by b.badge_id, b.tier, b.seq)
            from public.user_badges b
            where b.user_id = person and not exists (select from evolv.superseded s where s.id = b.id)
        ), '[]'),
        'progress', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'badge_id', p.badge_id, 'rule_version_id', p.rule_version_id, 'state', p.state, 'current', p.current,
                    'target', p.target, 'next_tier', p.next_tier)
                order by p.badge_id)
            from public.badge_progress p
            where p.user_id = person
        ), '[]'),
        'streak', (select to_jsonb(s) - array['id', 'user_id', 'updated_at'] from public.streaks s where s.user_id = person),
        'refusals', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'event_id', r.event_id, 'rule_version_id', r.rule_version_id, 'rule_id', r.rule_id, 'award_key', r.award_key,
                    'amount', r.amount, 'reason', r.reason, 'local_date', r.local_date, 'refused_at', r.refused_at)
                order by r.refused_at, r.event_id, r.rule_id, r.award_key collate "C")
            from public.xp_refusals r
            where r.user_id = person
        ), '[]'),
        'flags', coalesce((
            select jsonb_agg(
                jsonb_build_object(
                    'rule_id', f.rule_id, 'number', f.number, 'event_id', f.event_id, 'reason', f.reason, 'status', f.status,
                    'raised_by', f.raised_by, 'raised_at', f.raised_at, 'decided_by', f.decided_by, 'decided_at', f.decided_at,
                    'note', f.note)
                order by f.rule_id, f.number)
            from evolv.numbered_flags(person) f
        ), '[]'),
        'derived', coalesce((
            select jsonb_agg(
                jsonb_build_object('event_id', d.event_id, 'at', d.at, 'type', d.type, 'object_id', d.object_id, 'metadata', d.metadata)
                order by d.id)
            from evolv.derived_events d
            where d.user_id = person
        ), '[]'))
$$;

-- The outcome of a person's events from nothing, made by the rules above and by no other: the events are given to somebody who
-- does not exist yet, and then all of it is undone.
create function evolv.replay(person uuid)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
    set timezone = 'UTC'
    set datestyle = 'ISO'
    set enable_seqscan = off
as $$
declare
    ghost constant uuid := gen_random_uuid();
    item record;
    result jsonb;
begin
    begin
        perform set_config('evolv.quiet', 'on', true);
        insert into public.profiles (id) values (ghost);
        for item in
            select e as event, s.at
            from evolv.settled_events s
            join public.activity_events e on e.id = s.event_id
            where s.user_id = person
            order by s.at, s.event_id
        loop
            perform evolv.apply_event(ghost, item.event, item.at);
        end loop;
        result := evolv.outcome(ghost);
        raise exception using errcode = 'EV001', message = 'undone';
    exception
        when sqlstate 'EV001' then
            return result;
    end;
end
$$;

-- Brings what a person has to what their events say: the ledger by entries against what is wrong and new ones for what is
-- right, the rest by replacement. The caller holds the row of user_levels. Returns whether anything was different.
create function evolv.reconcile(person uuid)
    returns boolean
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    had constant jsonb := evolv.outcome(person);
    wanted constant jsonb := evolv.replay(person);
    recomputed constant text := 'Recomputed from the events.';
    stale uuid[];
    missing record;
    entry public.xp_transactions;
    last_event bigint;
begin
    if had = wanted then
        return false;
    end if;
    select s.event_id into last_event
    from evolv.settled_events s
    where s.user_id = person
    order by s.at desc, s.event_id desc
    limit 1;

    stale := array(
        select x.id
        from (
            select jsonb_array_elements(had -> 'entries') except select jsonb_array_elements(wanted -> 'entries')
        ) surplus (e)
        join evolv.counted_entries x
            on x.user_id = person and x.rule_id = (e ->> 'rule_id')::uuid and x.award_key = e ->> 'award_key');
    insert into evolv.superseded (id) select unnest(stale);
    for missing in
        select w.*, (e ->> 'voided')::boolean as is_voided
        from (
            select jsonb_array_elements(wanted -> 'entries') except select jsonb_array_elements(had -> 'entries')
        ) m (e)
        cross join lateral jsonb_populate_record(null::public.xp_transactions, e) w
        order by w.awarded_at, w.rule_id, w.award_key collate "C"
    loop
        insert into public.xp_transactions (
            user_id, amount, source, metadata, event_id, rule_version_id, rule_id, award_key, revision, badge_id, awarded_at, local_date)
        values (
            person, missing.amount, missing.source, missing.metadata, missing.event_id, missing.rule_version_id, missing.rule_id,
            missing.award_key, evolv.next_revision(person, missing.rule_id, missing.award_key), missing.badge_id, missing.awarded_at,
            missing.local_date)
        returning * into entry;
        if missing.is_voided then
            perform evolv.enter_reversal(entry, last_event, recomputed);
        end if;
    end loop;
    for entry in
        select x.*
        from public.xp_transactions x
        where x.id = any (stale) and not exists (select from public.xp_transactions r where r.reversal_of = x.id)
    loop
        perform evolv.enter_reversal(entry, last_event, recomputed);
    end loop;
    update public.user_levels l
    set (total_xp, current_level, peak_level) = (
            select w.total_xp, w.current_level, w.peak_level
            from jsonb_populate_record(null::public.user_levels, wanted -> 'standing') w
        ),
        updated_at = now()
    where l.user_id = person;

    with gone as (
        update public.user_badges b
        set revoked_at = coalesce(b.revoked_at, now()), revocation_reason = coalesce(b.revocation_reason, recomputed)
        where b.user_id = person
            and not exists (select from evolv.superseded s where s.id = b.id)
            and not exists (
                select
                from jsonb_populate_recordset(null::public.user_badges, wanted -> 'badges') w
                where w.badge_id = b.badge_id and w.tier = b.tier and w.seq = b.seq
            )
        returning b.id
    )
    insert into evolv.superseded (id) select g.id from gone g;
    with back as (
        insert into public.user_badges as b (
            user_id, badge_id, tier, seq, rule_version_id, event_id, metadata, earned_at, awarded_by, revoked_at, revoked_by,
            revocation_reason)
        select
            person, w.badge_id, w.tier, w.seq, w.rule_version_id, w.event_id, w.metadata, w.earned_at, w.awarded_by, w.revoked_at,
            w.revoked_by, w.revocation_reason
        from (
            select jsonb_array_elements(wanted -> 'badges') except select jsonb_array_elements(had -> 'badges')
        ) m (e)
        cross join lateral jsonb_populate_record(null::public.user_badges, e) w
        on conflict (user_id, badge_id, tier, seq) do update
        set rule_version_id = excluded.rule_version_id, event_id = excluded.event_id, metadata = excluded.metadata,
            earned_at = excluded.earned_at, awarded_by = excluded.awarded_by, revoked_at = excluded.revoked_at,
            revoked_by = excluded.revoked_by, revocation_reason = excluded.revocation_reason
        returning b.id
    )
    delete from evolv.superseded s where s.id in (select b.id from back b);

    -- Whose flag it is and what was said to it stays; the others are closed before, because one of a rule can be open.
    with gone as (
        update public.integrity_flags f
        set status = case f.status when 'open' then 'released' else f.status end,
            decided_at = coalesce(f.decided_at, now()),
            note = coalesce(f.note, recomputed)
        from evolv.numbered_flags(person) n
        where f.id = n.id
            and not exists (
                select
                from jsonb_to_recordset(wanted -> 'flags') w (rule_id uuid, number bigint)
                where w.rule_id = n.rule_id and w.number = n.number
            )
        returning f.id
    )
    insert into evolv.superseded (id) select g.id from gone g;
    update public.integrity_flags f
    set event_id = w.event_id, reason = w.reason, status = w.status, raised_by = w.raised_by, raised_at = w.raised_at,
        decided_by = w.decided_by, decided_at = w.decided_at, note = w.note
    from evolv.numbered_flags(person) n
    join jsonb_to_recordset(wanted -> 'flags') w (
        rule_id uuid, number bigint, event_id bigint, reason text, status text, raised_by uuid, raised_at timestamptz, decided_by uuid,
        decided_at timestamptz, note text) using (rule_id, number)
    where f.id = n.id;
    insert into public.integrity_flags (user_id, rule_id, event_id, reason, status, raised_by, raised_at, decided_by, decided_at, note)
    select person, w.rule_id, w.event_id, w.reason, w.status, w.raised_by, w.raised_at, w.decided_by, w.decided_at, w.note
    from jsonb_to_recordset(wanted -> 'flags') w (
        rule_id uuid, number bigint, event_id bigint, reason text, status text, raised_by uuid, raised_at timestamptz, decided_by uuid,
        decided_at timestamptz, note text)
    where not exists (select from evolv.numbered_flags(person) n where n.rule_id = w.rule_id and n.number = w.number);

    delete from public.badge_progress p where p.user_id = person;
    insert into public.badge_progress (user_id, badge_id, rule_version_id, state, current, target, next_tier)
    select person, w.badge_id, w.rule_version_id, w.state, w.current, w.target, w.next_tier
    from jsonb_populate_recordset(null::public.badge_progress, wanted -> 'progress') w;

    delete from public.streaks s where s.user_id = person;
    insert into public.streaks
    select (jsonb_populate_record(null::public.streaks, wanted -> 'streak'
        || jsonb_build_object('id', gen_random_uuid(), 'user_id', person, 'updated_at', now()))).*
    where wanted -> 'streak' <> 'null';

    delete from public.xp_refusals r where r.user_id = person;
    insert into public.xp_refusals (user_id, event_id, rule_version_id, rule_id, award_key, amount, reason, local_date, refused_at)
    select person, w.event_id, w.rule_version_id, w.rule_id, w.award_key, w.amount, w.reason, w.local_date, w.refused_at
    from jsonb_populate_recordset(null::public.xp_refusals, wanted -> 'refusals') w;

    delete from evolv.derived_events d where d.user_id = person;
    insert into evolv.derived_events (user_id, event_id, at, type, object_id, metadata)
    select person, w.event_id, w.at, w.type, w.object_id, w.metadata
    from jsonb_array_elements(wanted -> 'derived') with ordinality e (item, n)
    cross join lateral jsonb_populate_record(null::evolv.derived_events, e.item) w
    order by e.n;
    return true;
end
$$;
