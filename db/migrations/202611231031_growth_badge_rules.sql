-- The language of badge rules and its evaluation: pure functions of a rule, what is remembered, and one event.

-- What rules look at. Conditions and paths are SQL/JSON paths on this document: $.metadata.score >= 80, $.actor_id != $.user_id,
-- $.weekday >= 6, $.hour < 8, $.month == 12.
create function evolv.event_document(event public.activity_events)
    returns jsonb
    language sql
    stable
    set search_path = ''
as $$
    select jsonb_build_object(
        'type', event.type,
        'user_id', event.user_id,
        'actor_id', coalesce(event.actor_id, event.user_id),
        'object_type', event.object_type,
        'object_id', event.object_id,
        'metadata', event.metadata,
        'occurred_at', event.occurred_at,
        'date', event.local_date,
        'month', extract(month from event.local_date)::int,
        'weekday', extract(isodow from event.local_date)::int,
        'hour', extract(hour from event.occurred_at at time zone event.time_zone)::int)
$$;

-- What is wrong with a rule, beginning with where; null when nothing is. The language:
--
--   {"all": [criterion, …]} or {"any": [criterion, …]}; a criterion that was reached stays reached
--   "tiers": [{"name": "bronze", "target": 10, "points": 50}, …]   several levels of one badge, for a rule of one criterion
--   "repeat": true                                                 earned again and again, for a rule of one criterion
--
--   criterion:
--   "event": "step.completed" or several types
--   "where": "$.metadata.step_type == \"quiz\""    which of them count
--   "measure": "count" (if none is given), "sum", "distinct", "max", "last", "streak" (those in a row: one that is not meant by
--              `where` ends it)
--   "value": "$.metadata.minutes"                  what is summed, compared or told apart
--   "within_hours": 24                             of a streak: how long it may take
--   "per": "day", "week", "month", "year"          begins anew in each calendar period of the person
--   "at_least": 3                                  with per: so much makes a period count, and target is a number of them in a row
--   "target": 10
create function evolv.badge_rule_problem(rule jsonb)
    returns text
    language plpgsql
    immutable
    set search_path = ''
as $$
declare
    groups constant text[] := array(select k from jsonb_object_keys(case jsonb_typeof(rule) when 'object' then rule else '{}' end) k where k in ('all', 'any'));
    criterion jsonb;
    tier jsonb;
    place text;
    key text;
    least numeric := 0;
begin
    if jsonb_typeof(rule) is distinct from 'object' then
        return 'rule must be an object';
    end if;
    select k into key from jsonb_object_keys(rule) k where k not in ('all', 'any', 'tiers', 'repeat') limit 1;
    if found then
        return format('rule.%s is not known', key);
    end if;
    if cardinality(groups) <> 1 then
        return 'rule must have either all or any';
    end if;
    if jsonb_typeof(rule -> groups[1]) <> 'array' or jsonb_array_length(rule -> groups[1]) not between 1 and 10 then
        return format('rule.%s must be a list of 1 to 10 criteria', groups[1]);
    end if;
    if rule ? 'repeat' and jsonb_typeof(rule -> 'repeat') <> 'boolean' then
        return 'rule.repeat must be true or false';
    end if;
    if (rule ? 'tiers' or (rule -> 'repeat')::boolean) and jsonb_array_length(rule -> groups[1]) > 1 then
        return 'rule.tiers and rule.repeat are for rules of one criterion';
    end if;
    if rule ? 'tiers' and (rule -> 'repeat')::boolean then
        return 'rule.tiers and rule.repeat exclude each other';
    end if;

    for i in 0 .. jsonb_array_length(rule -> groups[1]) - 1 loop
        criterion := rule -> groups[1] -> i;
        place := format('rule.%s[%s]', groups[1], i);
        if jsonb_typeof(criterion) <> 'object' then
            return place || ' must be an object';
        end if;
        select k into key
        from jsonb_object_keys(criterion) k
        where k not in ('event', 'where', 'measure', 'value', 'within_hours', 'per', 'at_least', 'target')
        limit 1;
        if found then
            return format('%s.%s is not known', place, key);
        end if;
        if not coalesce(case jsonb_typeof(criterion -> 'event')
                when 'string' then criterion ->> 'event' ~ '^[a-z_]+(\.[a-z_]+)+$'
                when 'array' then jsonb_array_length(criterion -> 'event') between 1 and 20
                    and not jsonb_path_exists(criterion, '$.event[*] ? (@.type() != "string" || !(@ like_regex "^[a-z_]+([.][a-z_]+)+$"))')
            end, false) then
            return place || '.event must be a type of event such as post.created, or a list of them';
        end if;
        if (rule -> 'repeat')::boolean and jsonb_path_exists(criterion, '$.event[*] ? (@ == "badge.awarded")') then
            return place || '.event badge.awarded is not for a repeated badge, which would cause itself';
        end if;
        if criterion ? 'where' and not (jsonb_typeof(criterion -> 'where') = 'string' and evolv.is_condition(criterion ->> 'where')) then
            return place || '.where must be a condition in SQL/JSON path, such as $.metadata.score >= 80';
        end if;
        if criterion ? 'measure' and criterion -> 'measure' not in ('"count"', '"sum"', '"distinct"', '"max"', '"last"', '"streak"') then
            return place || '.measure must be one of count, sum, distinct, max, last, streak';
        end if;
        if (coalesce(criterion ->> 'measure', 'count') in ('sum', 'distinct', 'max', 'last')) <> (criterion ? 'value') then
            return place || '.value is for the measures sum, distinct, max and last, which need it';
        end if;
        if criterion ? 'value' and not (jsonb_typeof(criterion -> 'value') = 'string' and evolv.is_path(criterion ->> 'value')) then
            return place || '.value must be a SQL/JSON path, such as $.metadata.minutes';
        end if;
        if criterion ? 'per' and criterion -> 'per' not in ('"day"', '"week"', '"month"', '"year"') then
            return place || '.per must be one of day, week, month, year';
        end if;
        if criterion ->> 'measure' = 'streak' and criterion ? 'per' then
            return place || '.per is not for the measure streak; use at_least for periods in a row';
        end if;
        if criterion ? 'within_hours' and criterion ->> 'measure' is distinct from 'streak' then
            return place || '.within_hours is for the measure streak';
        end if;
        if criterion ? 'at_least' and not criterion ? 'per' then
            return place || '.at_least needs per';
        end if;
        foreach key in array array['within_hours', 'at_least'] loop
            if criterion ? key and not coalesce(jsonb_typeof(criterion -> key) = 'number' and (criterion ->> key)::numeric between 0.001 and 1e12, false) then
                return format('%s.%s must be a positive number', place, key);
            end if;
        end loop;
        if rule ? 'tiers' then
            if criterion ? 'target' then
                return place || '.target is said by the tiers';
            end if;
        elsif not coalesce(jsonb_typeof(criterion -> 'target') = 'number' and (criterion ->> 'target')::numeric between 0.001 and 1e12, false) then
            return place || '.target must be a positive number';
        end if;
        if (criterion ->> 'measure' in ('distinct', 'streak') and not criterion ? 'at_least' and (criterion ->> 'target')::numeric > 1000)
            or (criterion ->> 'measure' = 'distinct' and (criterion ->> 'at_least')::numeric > 1000) then
            return place || ' counts up to 1000';
        end if;
    end loop;

    if rule ? 'tiers' then
        if jsonb_typeof(rule -> 'tiers') <> 'array' or jsonb_array_length(rule -> 'tiers') not between 1 and 10 then
            return 'rule.tiers must be a list of 1 to 10 tiers';
        end if;
        for i in 0 .. jsonb_array_length(rule -> 'tiers') - 1 loop
            tier := rule -> 'tiers' -> i;
            place := format('rule.tiers[%s]', i);
            if jsonb_typeof(tier) <> 'object'
                or exists (select from jsonb_object_keys(tier) k where k not in ('name', 'target', 'points')) then
                return place || ' must be an object of name, target and points';
            end if;
            if tier ? 'name' and not (jsonb_typeof(tier -> 'name') = 'string' and length(tier ->> 'name') between 1 and 40) then
                return place || '.name must be text of 1 to 40 characters';
            end if;
            if not coalesce(jsonb_typeof(tier -> 'target') = 'number' and (tier ->> 'target')::numeric > least
                and (tier ->> 'target')::numeric <= case criterion ->> 'measure' when 'distinct' then 1000 when 'streak' then 1000 else 1e12 end, false) then
                return place || '.target must be a number above that of the tier before';
            end if;
            if tier ? 'points' and not coalesce(
                jsonb_typeof(tier -> 'points') = 'number' and (tier ->> 'points')::numeric between 0 and 100000
                and (tier ->> 'points')::numeric % 1 = 0, false) then
                return place || '.points must be an integer from 0 to 100000';
            end if;
            least := (tier ->> 'target')::numeric;
        end loop;
    end if;
    return null;
end
$$;

create function evolv.rule_criteria(rule jsonb)
    returns jsonb
    language sql
    immutable
    parallel safe
    return coalesce(rule -> 'all', rule -> 'any');

create function evolv.rule_event_types(rule jsonb)
    returns text[]
    language sql
    immutable
    set search_path = ''
as $$
    select array_agg(distinct t order by t)
    from jsonb_array_elements(evolv.rule_criteria(rule)) c
    cross join lateral jsonb_path_query(c, '$.event[*]') e
    cross join lateral (select e #>> '{}') n (t)
$$;

-- A tier of the rule as {name, target, points}, whether it is written as tiers or as the target of its one criterion.
create function evolv.rule_tier(rule jsonb, tier int)
    returns jsonb
    language sql
    immutable
    parallel safe
    return case
        when rule ? 'tiers' then rule -> 'tiers' -> (tier - 1)
        when tier = 1 then jsonb_build_object('target', case
            when jsonb_array_length(evolv.rule_criteria(rule)) = 1 then evolv.rule_criteria(rule) -> 0 -> 'target'
            when rule ? 'all' then to_jsonb(jsonb_array_length(rule -> 'all'))
            else '1'
        end)
    end;

-- One criterion, one event. Remembered are `progress` (what is compared with targets), and as far as needed: `value` of the
-- running `period`, `keys` that were told apart, `times` of a timed streak, the last period that was `reached`, and the period
-- that a repeated award has `spent`.
create function evolv.criterion_step(criterion jsonb, state jsonb, document jsonb)
    returns jsonb
    language plpgsql
    immutable
    set search_path = ''
as $$
declare
    measure constant text := coalesce(criterion ->> 'measure', 'count');
    per constant text := criterion ->> 'per';
    matches constant boolean := not criterion ? 'where' or coalesce(document @@ (criterion ->> 'where')::jsonpath, false);
    item jsonb;
    value numeric := coalesce((state ->> 'value')::numeric, 0);
    period text;
    times jsonb;
    run numeric;
begin
    if not (case jsonb_typeof(criterion -> 'event')
        when 'array' then criterion -> 'event' ? (document ->> 'type')
        else criterion -> 'event' = document -> 'type'
    end) then
        return state;
    end if;

    if measure = 'streak' then
        if not matches then
            return '{"progress": 0}';
        end if;
        if not criterion ? 'within_hours' then
            return jsonb_build_object('progress', coalesce((state ->> 'progress')::numeric, 0) + 1);
        end if;
        select jsonb_agg(t order by t) into times
        from (
            select t
            from (
                select t::timestamptz from jsonb_array_elements_text(coalesce(state -> 'times', '[]')) t
                union all
                select (document ->> 'occurred_at')::timestamptz
            ) a (t)
            where t >= (document ->> 'occurred_at')::timestamptz - make_interval(secs => (criterion ->> 'within_hours')::float8 * 3600)
            order by t desc
            limit 1000
        ) b;
        return jsonb_build_object('progress', jsonb_array_length(times), 'times', times);
    end if;

    if not matches then
        return state;
    end if;
    if criterion ? 'value' then
        item := jsonb_path_query_first(document, (criterion ->> 'value')::jsonpath, '{}', true);
        if item is null or item = 'null' or (measure <> 'distinct' and jsonb_typeof(item) <> 'number') then
            return state;
        end if;
    end if;

    if per is not null then
        -- A traveller's day may be one that has been; what happens then belongs to the period that runs.
        period := greatest(date_trunc(per, (document ->> 'date')::timestamp)::date::text, state ->> 'period');
        if state ->> 'spent' = period then
            return state;
        end if;
        if period is distinct from state ->> 'period' then
            value := 0;
            state := (state - array['keys', 'value']) || jsonb_build_object('period', period);
        end if;
    end if;

    if measure = 'distinct' then
        if not coalesce(state -> 'keys' ? (item #>> '{}'), false) and value < 1000 then
            value := value + 1;
            state := state || jsonb_build_object('keys', coalesce(state -> 'keys', '{}') || jsonb_build_object(item #>> '{}', 1));
        end if;
    else
        value := case measure
            when 'count' then value + 1
            when 'sum' then value + (item #>> '{}')::numeric
            when 'max' then greatest(case when state ? 'value' then value end, (item #>> '{}')::numeric)
            else (item #>> '{}')::numeric
        end;
    end if;

    if not criterion ? 'at_least' then
        return state || jsonb_build_object('value', value, 'progress', value);
    end if;
    run := coalesce((state ->> 'run')::numeric, 0);
    if state ->> 'reached' is distinct from period then
        if state ->> 'reached' is distinct from (period::date - ('1 ' || per)::interval)::date::text then
            run := 0; -- a period without enough ended it
        end if;
        if value >= (criterion ->> 'at_least')::numeric then
            run := run + 1;
            state := state || jsonb_build_object('reached', period);
        end if;
    end if;
    return state || jsonb_build_object('value', value, 'run', run, 'progress', run);
end
$$;

-- What is remembered of a criterion after a repeated award: it starts again, and what was too much counts for the next one.
create function evolv.criterion_restart(criterion jsonb, state jsonb)
    returns jsonb
    language sql
    immutable
    set search_path = ''
as $$
    select case
        when criterion ? 'at_least' then state || '{"run": 0, "progress": 0}'
        when criterion ? 'per' then (state - 'keys') || jsonb_build_object('value', 0, 'progress', 0, 'spent', state -> 'period')
        when coalesce(criterion ->> 'measure', 'count') in ('count', 'sum')
            then state || jsonb_build_object('value', r.rest, 'progress', r.rest)
        else '{"progress": 0}'
    end
    from (select (state ->> 'value')::numeric - (criterion ->> 'target')::numeric) r (rest)
$$;

-- A rule, one event: state is {"criteria": [memory of each], "met": [whether each was ever reached]}.
create function evolv.rule_step(rule jsonb, state jsonb, document jsonb)
    returns jsonb
    language plpgsql
    immutable
    set search_path = ''
as $$
declare
    criteria constant jsonb := evolv.rule_criteria(rule);
    memory jsonb;
    remembered jsonb := '[]';
    met jsonb := '[]';
begin
    for i in 0 .. jsonb_array_length(criteria) - 1 loop
        memory := evolv.criterion_step(criteria -> i, coalesce(state -> 'criteria' -> i, '{}'), document);
        remembered := remembered || jsonb_build_array(memory);
        met := met || to_jsonb(
            coalesce((state -> 'met' -> i)::boolean, false)
            or coalesce((memory ->> 'progress')::numeric >= (criteria -> i ->> 'target')::numeric, false));
    end loop;
    return state || jsonb_build_object('criteria', remembered, 'met', met);
end
$$;

-- How far that is: progress, and how many tiers are reached.
create function evolv.rule_progress(rule jsonb, state jsonb, out current numeric, out reached int)
    language plpgsql
    immutable
    set search_path = ''
as $$
declare
    criteria constant jsonb := evolv.rule_criteria(rule);
begin
    if jsonb_array_length(criteria) = 1 then
        current := coalesce((state -> 'criteria' -> 0 ->> 'progress')::numeric, 0);
        if rule ? 'tiers' then
            select count(*) into reached from jsonb_array_elements(rule -> 'tiers') t where (t ->> 'target')::numeric <= current;
        else
            reached := (current >= (criteria -> 0 ->> 'target')::numeric)::int;
        end if;
    elsif rule ? 'all' then
        select count(*) into current from jsonb_array_elements(coalesce(state -> 'met', '[]')) m where m = 'true';
        reached := (current >= jsonb_array_length(criteria))::int;
    else
        -- Of alternatives the nearest.
        select coalesce(max(least(1, (state -> 'criteria' -> (c.n - 1)::int ->> 'progress')::numeric / (c.criterion ->> 'target')::numeric)), 0)
        into current
        from jsonb_array_elements(criteria) with ordinality c (criterion, n);
        reached := (coalesce(state -> 'met', '[]') @> 'true')::int;
        current := greatest(current, reached);
    end if;
end
$$;
