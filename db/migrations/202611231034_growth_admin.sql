-- What admins and the service do: publish rules, see beforehand what they would do, give, take back and decide.

-- POST /functions/v1/publish-xp-rule: a new rule, or a new version of one. It holds from now on; what was paid stays paid.
create function evolv.publish_xp_rule(slug text, rule jsonb)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    asked constant public.xp_rule_versions := jsonb_populate_record(null::public.xp_rule_versions, rule);
    target public.xp_rules;
    published public.xp_rule_versions;
begin
    perform evolv.require_admin();
    perform pg_advisory_xact_lock(evolv.rules_lock());
    if asked.valid_from < clock_timestamp() then
        raise exception 'valid_from must not be in the past: what was paid stays paid' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if asked.valid_until <= coalesce(asked.valid_from, clock_timestamp()) then
        raise exception 'valid_until must be after valid_from' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if asked.condition is not null and not evolv.is_condition(asked.condition) then
        raise exception 'condition must be a condition in SQL/JSON path, such as $.metadata.score >= 80' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if asked.amount_path is not null and not evolv.is_path(asked.amount_path) then
        raise exception 'amount_path must be a SQL/JSON path, such as $.metadata.minutes' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    insert into public.xp_rules as r (slug, name, description, source)
    values (publish_xp_rule.slug, coalesce(rule ->> 'name', publish_xp_rule.slug), coalesce(rule ->> 'description', ''), rule ->> 'source')
    on conflict on constraint xp_rules_slug_key do update
    set name = coalesce(rule ->> 'name', r.name),
        description = coalesce(rule ->> 'description', r.description)
    returning * into target;
    if rule ? 'source' and target.source is distinct from rule ->> 'source' then
        raise exception 'source of a rule stays: it is %; publish another rule', target.source using errcode = 'PT409', hint = 'source_fixed';
    end if;
    insert into public.xp_rule_versions (
        rule_id, version, is_active, event_type, condition, amount, amount_path, distinct_by, cap_per_day, cap_per_week,
        cooldown_seconds, alarm_count, alarm_minutes, valid_from, valid_until, published_by)
    values (
        target.id,
        1 + coalesce((select max(v.version) from public.xp_rule_versions v where v.rule_id = target.id), 0),
        coalesce(asked.is_active, true), asked.event_type, asked.condition, asked.amount, asked.amount_path,
        coalesce(asked.distinct_by, '{}'), asked.cap_per_day, asked.cap_per_week, asked.cooldown_seconds, asked.alarm_count,
        asked.alarm_minutes, coalesce(asked.valid_from, clock_timestamp()), asked.valid_until, auth.uid())
    returning * into published;
    return jsonb_build_object('rule_id', target.id, 'slug', target.slug, 'name', target.name, 'source', target.source)
        || (to_jsonb(published) - array['id', 'rule_id', 'published_by']);
end
$$;

grant execute on function evolv.publish_xp_rule to authenticated, service_role;

-- Brings a version to those to whom it may matter: who did before what it looks at, and who holds the badge.
create function evolv.backfill_badge(rule_version public.badge_rule_versions, silent boolean)
    returns int
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    people int;
begin
    insert into public.activity_events (user_id, type, actor_id, object_type, object_id, metadata, dedupe_key, occurred_at)
    select
        p.user_id, 'badge.rule_published', rule_version.published_by, 'badge', rule_version.badge_id,
        jsonb_build_object('rule_version_id', rule_version.id, 'version', rule_version.version, 'silent', silent),
        'badge.rule_published ' || rule_version.id || ' ' || p.user_id, rule_version.published_at
    from (
        select e.user_id from public.activity_events e where e.type = any (rule_version.event_types) and e.occurred_at < rule_version.published_at
        union
        select d.user_id from evolv.derived_events d where d.type = any (rule_version.event_types) and d.at < rule_version.published_at
        union
        select b.user_id from public.user_badges b where b.badge_id = rule_version.badge_id and b.revoked_at is null and b.earned_at < rule_version.published_at
    ) p
    on conflict (dedupe_key) do nothing;
    get diagnostics people = row_count;
    return people;
end
$$;

-- An act that was not committed when a rule was published counts as past, too. Called by the upkeep of the server.
create function evolv.complete_backfills(after interval default '10 seconds')
    returns int
    language sql
    security definer
    set search_path = ''
as $$
    select coalesce(sum(evolv.backfill_badge(v, true)), 0)::int
    from public.badge_rule_versions v
    where v.backfill and v.is_active and v.published_at > clock_timestamp() - interval '1 day' and v.published_at < clock_timestamp() - after
$$;

grant execute on function evolv.complete_backfills to service_role;

-- POST /functions/v1/publish-badge: a new badge, or a new version of its rule. With backfill, those who have earned it get it in a
-- moment, dated when they did; silently, unless asked otherwise.
create function evolv.publish_badge(slug text, badge jsonb, backfill boolean, silent boolean)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    asked constant public.badges := jsonb_populate_record(null::public.badges, badge);
    rule constant jsonb := badge -> 'rule';
    problem constant text := evolv.badge_rule_problem(rule);
    is_offered constant boolean := coalesce((badge -> 'is_active')::boolean, true);
    target public.badges;
    published public.badge_rule_versions;
    people int := 0;
begin
    perform evolv.require_admin();
    if problem is not null then
        raise exception '%', problem using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if asked.name is null and not exists (select from public.badges b where b.slug = publish_badge.slug) then
        raise exception 'name is needed for a new badge' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if (badge ->> 'valid_until')::timestamptz <= coalesce((badge ->> 'valid_from')::timestamptz, '-infinity') then
        raise exception 'valid_until must be after valid_from' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    perform pg_advisory_xact_lock(evolv.rules_lock());
    insert into public.badges as b (
        slug, name, description, icon_url, rarity, category, requirement_type, requirement_value, points, skill_id, is_secret, is_active)
    values (
        publish_badge.slug, coalesce(asked.name, (select b.name from public.badges b where b.slug = publish_badge.slug)),
        asked.description, asked.icon_url, coalesce(asked.rarity, 'common'),
        coalesce(asked.category, 'achievement'), 'rule', greatest(ceil((evolv.rule_tier(rule, 1) ->> 'target')::numeric), 1),
        coalesce(asked.points, 0), asked.skill_id, coalesce(asked.is_secret, false), is_offered)
    on conflict on constraint badges_slug_key do update
    set name = coalesce(asked.name, b.name),
        description = coalesce(asked.description, b.description),
        icon_url = coalesce(asked.icon_url, b.icon_url),
        rarity = coalesce(asked.rarity, b.rarity),
        category = coalesce(asked.category, b.category),
        requirement_value = excluded.requirement_value,
        points = coalesce(asked.points, b.points),
        skill_id = coalesce(asked.skill_id, b.skill_id),
        is_secret = coalesce(asked.is_secret, b.is_secret),
        is_active = excluded.is_active
    returning * into target;
    if target.requirement_type = 'manual' then
        raise exception 'this badge is given by hand; publish another one' using errcode = 'PT409', hint = 'badge_is_manual';
    end if;
    insert into public.badge_rule_versions (
        badge_id, version, is_active, rule, event_types, points, valid_from, valid_until, policy, backfill, published_by)
    values (
        target.id, 1 + coalesce((select max(v.version) from public.badge_rule_versions v where v.badge_id = target.id), 0),
        is_offered, rule, evolv.rule_event_types(rule), target.points, coalesce((badge ->> 'valid_from')::timestamptz, '-infinity'),
        coalesce((badge ->> 'valid_until')::timestamptz, 'infinity'), coalesce(badge ->> 'policy', 'keep'), publish_badge.backfill, auth.uid())
    returning * into published;
    if publish_badge.backfill and is_offered then
        people := evolv.backfill_badge(published, silent);
    end if;
    return jsonb_build_object(
        'badge_id', target.id, 'slug', target.slug, 'rule_version_id', published.id, 'version', published.version, 'policy', published.policy,
        'people_to_judge', people);
end
$$;

grant execute on function evolv.publish_badge to authenticated, service_role;

-- POST /functions/v1/backfill-badge: lets the newest version of the rule count what happened before it, after all.
create function evolv.backfill_badge_now(badge_id uuid, silent boolean)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    newest public.badge_rule_versions;
begin
    perform evolv.require_admin();
    select * into newest from evolv.current_badge_rules() v where v.badge_id = backfill_badge_now.badge_id;
    if newest.id is null then
        raise exception 'badge_id names no badge with a rule' using errcode = 'PT404', hint = 'badge_not_found';
    end if;
    newest.published_at := clock_timestamp(); -- the moment from which on these people are judged
    return jsonb_build_object('badge_id', newest.badge_id, 'version', newest.version, 'people_to_judge', evolv.backfill_badge(newest, silent));
end
$$;

grant execute on function evolv.backfill_badge_now to authenticated, service_role;

-- POST /functions/v1/preview-badge: who would have a badge by this rule, with ten of those each whom it would bring or cost it. Nothing
-- is written. The history is judged as it will be when the rule is published.
create function evolv.preview_badge(badge_id uuid, rule jsonb, valid_from timestamptz, valid_until timestamptz)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
    set timezone = 'UTC'
    set datestyle = 'ISO'
as $$
declare
    problem constant text := evolv.badge_rule_problem(rule);
    started constant timestamptz := clock_timestamp();
    types text[];
    person uuid;
    is_held boolean;
    is_held_by_rule boolean;
    is_earned boolean;
    judged record;
    people int := 0;
    earned int := 0;
    gained int := 0;
    lost int := 0;
    gaining jsonb := '[]';
    losing jsonb := '[]';
    sample jsonb;
    plan json;
begin
    perform evolv.require_admin();
    if problem is not null then
        raise exception '%', problem using errcode = 'PT400', hint = 'invalid_field';
    end if;
    if preview_badge.badge_id is not null and not exists (select from public.badges b where b.id = preview_badge.badge_id) then
        raise exception 'badge_id names no badge' using errcode = 'PT404', hint = 'badge_not_found';
    end if;
    types := evolv.rule_event_types(rule);
    for person, is_held, is_held_by_rule in
        select p.user_id, bool_or(p.is_held), bool_or(p.is_held_by_rule)
        from (
            select distinct e.user_id, false as is_held, false as is_held_by_rule from public.activity_events e where e.type = any (types)
            union all
            select distinct d.user_id, false, false from evolv.derived_events d where d.type = any (types)
            union all
            select b.user_id, true, b.rule_version_id is not null
            from public.user_badges b
            where b.badge_id = preview_badge.badge_id and b.revoked_at is null
        ) p
        group by p.user_id
        order by p.user_id
    loop
        judged := evolv.judge(
            person, person, rule, coalesce(preview_badge.valid_from, '-infinity'), coalesce(preview_badge.valid_until, 'infinity'), 'infinity');
        is_earned := cardinality(judged.crossings) > 0 and not evolv.is_barred(person, preview_badge.badge_id, 'infinity');
        people := people + 1;
        earned := earned + is_earned::int;
        continue when is_earned and is_held or not is_earned and not is_held_by_rule; -- given by hand stays
        gained := gained + is_earned::int;
        lost := lost + (not is_earned)::int;
        continue when (case when is_earned then gained else lost end) > 10;
        select jsonb_build_object(
            'user_id', person, 'full_name', p.full_name,
            'current', (evolv.rule_progress(rule, judged.state)).current,
            'earned_at', case when is_earned then (judged.crossings[1]).occurred_at end) into sample
        from public.profiles p
        where p.id = person;
        if is_earned then
            gaining := gaining || sample;
        else
            losing := losing || sample;
        end if;
    end loop;
    execute 'explain (format json) select from public.activity_events e where e.type = any ($1)' into plan using types;
    return jsonb_build_object(
        'people', people,
        'would_have', earned,
        'would_gain', gained,
        'would_lose', lost,
        'gain_samples', gaining,
        'lose_samples', losing,
        'cost', jsonb_build_object(
            'milliseconds', round(extract(epoch from clock_timestamp() - started)::numeric * 1000, 1),
            'plan_rows', plan -> 0 -> 'Plan' -> 'Plan Rows',
            'plan_cost', plan -> 0 -> 'Plan' -> 'Total Cost'));
end
$$;

grant execute on function evolv.preview_badge to authenticated, service_role;

-- POST /functions/v1/award-badge: by hand, with a reason.
create function evolv.award_badge(user_id uuid, badge_id uuid, tier int, reason text)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    badge public.badges;
    rule_version public.badge_rule_versions;
    granting bigint;
begin
    perform evolv.require_admin();
    perform evolv.person_asked_for(award_badge.user_id);
    select * into badge from public.badges b where b.id = award_badge.badge_id;
    if not found then
        raise exception 'badge_id names no badge' using errcode = 'PT404', hint = 'badge_not_found';
    end if;
    select * into rule_version from evolv.current_badge_rules() v where v.badge_id = badge.id;
    if award_badge.tier > 1 and evolv.rule_tier(rule_version.rule, award_badge.tier) is null then
        raise exception 'tier: this badge has no tier %', award_badge.tier using errcode = 'PT400', hint = 'invalid_field';
    end if;
    perform from public.user_levels l where l.user_id = award_badge.user_id for no key update;
    if exists (
        select
        from public.user_badges b
        where b.user_id = award_badge.user_id and b.badge_id = badge.id and b.tier = award_badge.tier and b.revoked_at is null
    ) then
        raise exception 'the person has this badge' using errcode = 'PT409', hint = 'badge_already_awarded';
    end if;
    granting := evolv.record_event(
        award_badge.user_id, 'badge.granted', 'badge', badge.id, auth.uid(),
        jsonb_build_object(
            'tier', award_badge.tier, 'reason', reason,
            'points', coalesce(evolv.badge_points(rule_version, award_badge.tier), badge.points)));
    perform evolv.settle_now(award_badge.user_id);
    return (select to_jsonb(b) from public.user_badges b where b.user_id = award_badge.user_id and b.event_id = granting and b.badge_id = badge.id);
end
$$;

grant execute on function evolv.award_badge to authenticated, service_role;

-- POST /functions/v1/revoke-badge: takes a badge back with its reward; the row stays and says who and why. The rule does not give it
-- again; an admin may.
create function evolv.revoke_badge(user_badge_id uuid, reason text)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    badge public.user_badges;
begin
    perform evolv.require_admin();
    select * into badge from public.user_badges b where b.id = user_badge_id;
    if not found then
        raise exception 'user_badge_id names no badge of anybody' using errcode = 'PT404', hint = 'user_badge_not_found';
    end if;
    perform from public.user_levels l where l.user_id = badge.user_id for no key update;
    if (select b.revoked_at from public.user_badges b where b.id = user_badge_id) is not null then
        raise exception 'this badge was revoked before' using errcode = 'PT409', hint = 'badge_already_revoked';
    end if;
    perform evolv.record_event(
        badge.user_id, 'badge.revoked', 'badge', badge.badge_id, auth.uid(), jsonb_build_object('tier', badge.tier, 'reason', reason));
    perform evolv.settle_now(badge.user_id);
    return (select to_jsonb(b) from public.user_badges b where b.id = user_badge_id);
end
$$;

grant execute on function evolv.revoke_badge to authenticated, service_role;

-- POST /functions/v1/void-xp and ./evolv xp void: an entry against an entry, with a reason.
create function evolv.void_xp(xp_transaction_id uuid, reason text)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    entry public.xp_transactions;
begin
    perform evolv.require_admin();
    select * into entry from public.xp_transactions x where x.id = xp_transaction_id;
    if not found then
        raise exception 'xp_transaction_id names no entry' using errcode = 'PT404', hint = 'xp_transaction_not_found';
    end if;
    perform from public.user_levels l where l.user_id = entry.user_id for no key update;
    if entry.reversal_of is not null or exists (select from public.xp_transactions x where x.reversal_of = entry.id) then
        raise exception 'this entry is a reversal or was reversed before' using errcode = 'PT409', hint = 'xp_already_voided';
    end if;
    perform evolv.record_event(
        entry.user_id, 'xp.voided', 'xp_rule', entry.rule_id, auth.uid(),
        jsonb_build_object('award_key', entry.award_key, 'xp_transaction_id', entry.id, 'reason', reason));
    perform evolv.settle_now(entry.user_id);
    return (
        select jsonb_build_object(
            'reversal_id', x.id, 'amount', x.amount, 'user_id', l.user_id, 'total_xp', l.total_xp, 'current_level', l.current_level)
        from public.user_levels l
        join public.xp_transactions x on x.reversal_of = entry.id
        where l.user_id = entry.user_id
    );
end
$$;

grant execute on function evolv.void_xp to authenticated, service_role;

-- POST /functions/v1/hold-xp: what the rule pays to this person waits until somebody has decided.
create function evolv.hold_xp(user_id uuid, rule text, reason text)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    held uuid;
begin
    perform evolv.require_admin();
    perform evolv.person_asked_for(hold_xp.user_id);
    select r.id into held from public.xp_rules r where r.slug = hold_xp.rule;
    if not found then
        raise exception 'rule names no rule' using errcode = 'PT404', hint = 'xp_rule_not_found';
    end if;
    perform evolv.record_event(
        hold_xp.user_id, 'integrity.held', 'xp_rule', held, auth.uid(), jsonb_build_object('reason', reason));
    perform evolv.settle_now(hold_xp.user_id);
    return (
        select to_jsonb(f) from public.integrity_flags f where f.user_id = hold_xp.user_id and f.rule_id = held and f.status = 'open'
    );
end
$$;

grant execute on function evolv.hold_xp to authenticated, service_role;

-- POST /functions/v1/review-flag: what was held is paid, or never will be.
create function evolv.review_flag(flag_id uuid, decision text, note text)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    flag public.integrity_flags;
begin
    perform evolv.require_admin();
    select * into flag from public.integrity_flags f where f.id = flag_id;
    if not found then
        raise exception 'flag_id names no flag' using errcode = 'PT404', hint = 'flag_not_found';
    end if;
    perform from public.user_levels l where l.user_id = flag.user_id for no key update;
    if (select f.status from public.integrity_flags f where f.id = flag_id) <> 'open' then
        raise exception 'this flag was decided before' using errcode = 'PT409', hint = 'flag_already_decided';
    end if;
    if flag.user_id = auth.uid() then
        raise exception 'nobody decides about themselves' using errcode = 'insufficient_privilege';
    end if;
    perform evolv.record_event(
        flag.user_id, case decision when 'release' then 'integrity.released' else 'integrity.upheld' end, 'xp_rule', flag.rule_id,
        auth.uid(), jsonb_strip_nulls(jsonb_build_object('flag_id', flag.id, 'note', note)));
    perform evolv.settle_now(flag.user_id);
    return (
        select to_jsonb(f) || jsonb_build_object('paid', (
            select coalesce(sum(x.amount), 0)
            from public.xp_transactions x
            join public.xp_refusals r on r.user_id = x.user_id and r.event_id = x.event_id and r.rule_id = x.rule_id and r.reason = 'released'
            where x.user_id = flag.user_id and x.rule_id = flag.rule_id and x.reversal_of is null
        ))
        from public.integrity_flags f
        where f.id = flag_id
    );
end
$$;

grant execute on function evolv.review_flag to authenticated, service_role;

-- POST /functions/v1/publish-levels: a new table of levels, given as the XP at which each begins. Everybody's level follows.
create function evolv.publish_levels(xp_required bigint[], note text)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    published public.level_tables;
    people int;
begin
    perform evolv.require_admin();
    if xp_required[1] <> 0 or exists (
        select
        from unnest(xp_required) with ordinality a (xp, level)
        join unnest(xp_required) with ordinality b (xp, level) on b.level = a.level + 1
        where b.xp <= a.xp
    ) then
        raise exception 'xp_required must begin with 0 and rise' using errcode = 'PT400', hint = 'invalid_field';
    end if;
    perform pg_advisory_xact_lock(evolv.rules_lock());
    insert into public.level_tables (version, note, published_by, published_at)
    select max(t.version) + 1, coalesce(publish_levels.note, ''), auth.uid(), clock_timestamp() from public.level_tables t
    returning * into published;
    insert into public.level_definitions (version, level, xp_required, xp_to_next)
    select
        published.version, a.level, a.xp,
        coalesce(publish_levels.xp_required[a.level + 1] - a.xp, greatest(a.xp - publish_levels.xp_required[a.level - 1], 1))
    from unnest(publish_levels.xp_required) with ordinality a (xp, level);
    insert into public.activity_events (user_id, type, actor_id, metadata, occurred_at)
    select l.user_id, 'levels.published', published.published_by, jsonb_build_object('version', published.version), published.published_at
    from public.user_levels l
    where l.total_xp > 0;
    get diagnostics people = row_count;
    return jsonb_build_object('version', published.version, 'levels', cardinality(publish_levels.xp_required), 'people', people);
end
$$;

grant execute on function evolv.publish_levels to authenticated, service_role;

-- ./evolv xp verify: whether what a person has is what their events give, from nothing.
create function evolv.verify_xp(person uuid)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    had jsonb;
    wanted jsonb;
begin
    perform evolv.settle_now(person);
    had := evolv.outcome(person);
    wanted := evolv.replay(person);
    return (
        select jsonb_object_agg(k, jsonb_build_object('has', had -> k, 'should_have', wanted -> k))
        from jsonb_object_keys(had) k
        where had -> k is distinct from wanted -> k
    );
end
$$;

-- ./evolv xp recompute.
create function evolv.recompute_xp(person uuid)
    returns boolean
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.settle_now(person);
    return evolv.reconcile(person);
end
$$;

grant execute on function evolv.verify_xp, evolv.recompute_xp to service_role;
