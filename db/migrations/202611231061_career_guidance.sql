-- What the functions of guidance need beside their answers: what is known of the person, the consent, the calls of another provider and
-- what they cost, and how a draft becomes a path.

-- Whether a person lets Evolv send what they say about themselves to a provider outside of the installation. No row: no.
create table public.ai_consents (
    user_id    uuid primary key default auth.uid() references public.profiles (id) on delete cascade,
    granted_at timestamptz not null default now()
);

create trigger ai_consents_audit_given
    after insert on public.ai_consents
    for each row execute function audit.record('ai_consent.given', 'account', 'user_id');

create trigger ai_consents_audit_withdrawn
    after delete on public.ai_consents
    for each row execute function audit.record('ai_consent.withdrawn', 'account', 'user_id');

-- A call of a provider outside of the installation. Prompt and answer by their hashes: enough to prove what was sent to whoever has the text.
create table public.ai_requests (
    id                uuid primary key default gen_random_uuid(),
    user_id           uuid not null references public.profiles (id) on delete cascade,
    purpose           text not null check (purpose in ('career_assessment', 'skill_recommendations', 'learning_path')),
    input_hash        text not null,
    state             text not null default 'running' check (state in ('running', 'answered', 'failed')),
    provider          text not null,
    model             text,
    prompt_sha256     text,
    answer_sha256     text,
    attempts          int not null default 0,
    prompt_tokens     int,
    cached_tokens     int,
    completion_tokens int,
    reasoning_tokens  int,
    reserved_ticks    bigint not null check (reserved_ticks >= 0), -- 10 000 000 000 ticks are one US dollar, as xAI counts
    cost_ticks        bigint check (cost_ticks >= 0),
    cost_is_estimated boolean, -- the provider did not say what it cost
    finish_reason     text,
    error             text,
    latency_ms        int,
    started_at        timestamptz not null default now(),
    finished_at       timestamptz
);

create index ai_requests_user_id_idx on public.ai_requests (user_id, started_at desc);

-- One call for the same question of the same person at a time, on whatever server.
create unique index ai_requests_running_idx on public.ai_requests (user_id, purpose, input_hash) where state = 'running';

create index ai_requests_started_at_idx on public.ai_requests (started_at) where state = 'running';

-- Money spent and reserved in a day (UTC): by a person, and by all together as the nil UUID. It stays when a person erases their requests.
create table evolv.ai_spending (
    day     date not null,
    user_id uuid not null,
    ticks   bigint not null check (ticks >= 0),
    primary key (user_id, day)
);

alter table evolv.ai_spending enable row level security;
alter table public.ai_consents enable row level security;
alter table public.ai_requests enable row level security;

grant select, delete, insert (user_id) on public.ai_consents to authenticated;
grant select, insert, update, delete on public.ai_consents to service_role;
grant select, delete on public.ai_requests to authenticated;
grant select, insert, update, delete on public.ai_requests to service_role;

create policy ai_consents_select_own on public.ai_consents
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy ai_consents_insert_own on public.ai_consents
    for insert to authenticated
    with check ( -- not guests, of whom anybody can make as many as they like: what is agreed to may cost the community money
        user_id = (select auth.uid())
        and exists (select from public.profiles p where p.id = user_id and p.deactivated_at is null and not p.is_guest)
    );

create policy ai_consents_delete_own on public.ai_consents
    for delete to authenticated
    using (user_id = (select auth.uid()));

create policy ai_requests_select_own on public.ai_requests
    for select to authenticated
    using (user_id = (select auth.uid()));

create policy ai_requests_delete_own on public.ai_requests
    for delete to authenticated
    using (user_id = (select auth.uid()) and state <> 'running');

-- Asking ----------------------------------------------------------------------------------------------------------------

-- What Evolv knows of the caller and may use. The same person with the same skills is the same document.
create function evolv.guidance_context()
    returns jsonb
    language sql
    stable
    set search_path = ''
as $$
    select jsonb_build_object(
        'catalog_version', evolv.occupation_catalog_version(),
        'has_consented', exists (select from public.ai_consents c where c.user_id = (select auth.uid())),
        'skills', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'slug', s.slug,
                'level', case when v.is_valid then u.verified_level else u.claimed_level end,
                'verified', v.is_valid) order by s.slug), '[]')
            from public.user_skills u
            join public.skills s on s.id = u.skill_id
            cross join lateral (select u.verified and coalesce(u.valid_until > now(), true) as is_valid) v
            where u.user_id = (select auth.uid())))
$$;

-- The paths that teach a skill, the best rated first: three for each slug. `skills_covered` is written by hand. Every path is looked at once,
-- however many skills are asked for.
create function evolv.paths_for_skills(slugs text[])
    returns jsonb
    language sql
    stable
    set search_path = ''
as $$
    with words as (
        select k.slug, word
        from public.skills k
        cross join unnest(k.aliases || array[lower(k.name), k.slug]) word
        where k.slug = any (slugs)
    ), ranked as (
        select w.slug, p.id, p.title, p.difficulty_level, p.duration_hours,
            row_number() over (partition by w.slug order by p.rating desc, p.enrollment_count desc, p.id) as place
        from public.learning_paths p
        cross join lateral (select distinct lower(covered) as word from unnest(p.skills_covered) covered) c
        join words w using (word)
        where p.is_active
        group by w.slug, p.id
    )
    select coalesce(jsonb_object_agg(slug, paths), '{}')
    from (
        select slug, jsonb_agg(jsonb_build_object(
            'id', id, 'title', title, 'difficulty_level', difficulty_level, 'duration_hours', duration_hours) order by place) as paths
        from ranked
        where place <= 3
        group by slug
    ) p
$$;

-- Why somebody else than the configured provider answered, in words.
create function evolv.fallback_answer(reason text)
    returns jsonb
    language sql
    immutable
    set search_path = ''
as $$
    select case when reason is null then null else jsonb_build_object('reason', reason, 'message', case reason
        when 'no_consent' then 'You have not agreed that what you say is sent to the AI provider, so Evolv''s own guidance answered.'
        when 'person_budget' then 'Your budget for AI answers is used up for now, so Evolv''s own guidance answered.'
        when 'installation_budget' then 'This community''s budget for AI answers is used up for now, so Evolv''s own guidance answered.'
        else 'The AI provider could not answer, so Evolv''s own guidance did.'
    end) end
$$;

create function evolv.assessment_answer(assessment public.career_assessments, cached boolean)
    returns jsonb
    language sql
    immutable
    set search_path = ''
as $$
    select jsonb_build_object(
        'assessment_id', assessment.id,
        'analysis_depth', assessment.analysis_depth,
        'career_paths', assessment.career_paths,
        'strengths', assessment.strengths,
        'areas_for_improvement', assessment.areas_for_improvement,
        'recommended_next_steps', assessment.recommended_next_steps,
        'market_insights', assessment.market_insights,
        'ai_provider', assessment.ai_provider,
        'ai_model_version', assessment.ai_model_version,
        'fallback', evolv.fallback_answer(assessment.ai_fallback),
        'cached', cached,
        'generated_at', assessment.created_at)
$$;

create function evolv.recommendation_answer(recommendation public.skill_recommendations, cached boolean)
    returns jsonb
    language sql
    immutable
    set search_path = ''
as $$
    select jsonb_build_object(
        'recommendation_id', recommendation.id,
        'target_role', recommendation.target_role,
        'recommendations', recommendation.recommendations,
        'learning_roadmap', recommendation.learning_roadmap,
        'confidence_score', recommendation.confidence_score,
        'ai_provider', recommendation.ai_provider,
        'ai_model_version', recommendation.ai_model_version,
        'fallback', evolv.fallback_answer(recommendation.ai_fallback),
        'cached', cached,
        'generated_at', recommendation.created_at)
$$;

create function evolv.generated_path_answer(draft public.ai_generated_paths, cached boolean)
    returns jsonb
    language sql
    immutable
    set search_path = ''
as $$
    select jsonb_build_object(
        'generated_path_id', draft.id,
        'goal', draft.goal,
        'current_level', draft.current_level,
        'path_data', draft.path_data,
        'linked_path_id', draft.linked_path_id,
        'ai_provider', draft.ai_provider,
        'ai_model_version', draft.ai_model_version,
        'fallback', evolv.fallback_answer(draft.ai_fallback),
        'cached', cached,
        'generated_at', draft.created_at)
$$;

grant execute on function evolv.guidance_context, evolv.paths_for_skills, evolv.fallback_answer, evolv.assessment_answer,
    evolv.recommendation_answer, evolv.generated_path_answer to authenticated, service_role;

-- Money -----------------------------------------------------------------------------------------------------------------

-- Begins a call that may cost up to `estimate` ticks. Reserves first and checks under the lock of the day, so calls at the same time never
-- spend more together than is left. It need not reach the disk: a call that is on its way when PostgreSQL itself crashes may be lost to the
-- budget, and nobody waits for the disk before every call. Answers the id of the request, or why there is none: running, person_budget, installation_budget.
create function evolv.reserve_ai_request(
    user_id uuid, purpose text, input_hash text, provider text, prompt_sha256 text, estimate bigint,
    person_day bigint, person_month bigint, installation_day bigint, installation_month bigint)
    returns table (id uuid, refusal text)
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    today constant date := (now() at time zone 'UTC')::date;
    all_together constant uuid := '00000000-0000-0000-0000-000000000000';
    lost record;
begin
    perform set_config('synchronous_commit', 'off', true);
    insert into evolv.ai_spending as s (day, user_id, ticks)
    values (today, all_together, 0)
    on conflict on constraint ai_spending_pkey do update set ticks = s.ticks; -- the lock

    -- Whose server has gone. It may have cost what was reserved.
    for lost in
        select r.id, r.reserved_ticks from public.ai_requests r where r.state = 'running' and r.started_at < now() - interval '2 minutes'
    loop
        perform evolv.settle_ai_request(lost.id, 'failed', lost.reserved_ticks, true, error => 'server_gone');
    end loop;

    if exists (
        select
        from public.ai_requests r
        where r.user_id = reserve_ai_request.user_id and r.purpose = reserve_ai_request.purpose
            and r.input_hash = reserve_ai_request.input_hash and r.state = 'running'
    ) then
        return query select null::uuid, 'running';
        return;
    end if;

    refusal := (
        select case
            when coalesce(sum(s.ticks) filter (where s.user_id <> all_together and s.day = today), 0) + estimate > person_day
                or coalesce(sum(s.ticks) filter (where s.user_id <> all_together), 0) + estimate > person_month then 'person_budget'
            when coalesce(sum(s.ticks) filter (where s.user_id = all_together and s.day = today), 0) + estimate > installation_day
                or coalesce(sum(s.ticks) filter (where s.user_id = all_together), 0) + estimate > installation_month then 'installation_budget'
        end
        from evolv.ai_spending s
        where s.day >= date_trunc('month', today)::date and s.user_id in (all_together, reserve_ai_request.user_id));
    if refusal is not null then
        return next;
        return;
    end if;

    perform evolv.spend(today, reserve_ai_request.user_id, estimate);
    return query
    insert into public.ai_requests (user_id, purpose, input_hash, provider, prompt_sha256, reserved_ticks)
    values (
        reserve_ai_request.user_id, reserve_ai_request.purpose, reserve_ai_request.input_hash, reserve_ai_request.provider,
        reserve_ai_request.prompt_sha256, estimate)
    returning ai_requests.id, null::text;
end
$$;

-- Adds to the day of a person and of all; less than nothing gives back.
create function evolv.spend(day date, user_id uuid, ticks bigint)
    returns void
    language sql
    set search_path = ''
as $$
    insert into evolv.ai_spending as s (day, user_id, ticks)
    values
        (spend.day, '00000000-0000-0000-0000-000000000000', greatest(spend.ticks, 0)),
        (spend.day, spend.user_id, greatest(spend.ticks, 0))
    on conflict on constraint ai_spending_pkey do update set ticks = greatest(s.ticks + spend.ticks, 0)
$$;

-- Ends a call with what it cost. Need not reach the disk before the answer: what a crash of PostgreSQL loses is settled later, as it was reserved.
create function evolv.settle_ai_request(
    id uuid, state text, cost bigint, cost_is_estimated boolean, model text default null, answer_sha256 text default null, attempts int default 0,
    prompt_tokens int default null, cached_tokens int default null, completion_tokens int default null, reasoning_tokens int default null,
    finish_reason text default null, error text default null)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    request public.ai_requests;
begin
    perform set_config('synchronous_commit', 'off', true);
    -- The day first, as reserve_ai_request locks.
    perform
    from evolv.ai_spending s
    join public.ai_requests r on r.id = settle_ai_request.id and s.day = (r.started_at at time zone 'UTC')::date
    where s.user_id = '00000000-0000-0000-0000-000000000000'
    for no key update of s;
    update public.ai_requests r
    set state = settle_ai_request.state,
        model = settle_ai_request.model,
        answer_sha256 = settle_ai_request.answer_sha256,
        attempts = settle_ai_request.attempts,
        prompt_tokens = settle_ai_request.prompt_tokens,
        cached_tokens = settle_ai_request.cached_tokens,
        completion_tokens = settle_ai_request.completion_tokens,
        reasoning_tokens = settle_ai_request.reasoning_tokens,
        cost_ticks = cost,
        cost_is_estimated = settle_ai_request.cost_is_estimated,
        finish_reason = settle_ai_request.finish_reason,
        error = settle_ai_request.error,
        latency_ms = least(extract(epoch from clock_timestamp() - r.started_at) * 1000, 2147483647)::int,
        finished_at = clock_timestamp()
    where r.id = settle_ai_request.id and r.state = 'running'
    returning r.* into request;
    if found then
        perform evolv.spend((request.started_at at time zone 'UTC')::date, request.user_id, cost - request.reserved_ticks);
    end if;
end
$$;

grant execute on function evolv.reserve_ai_request, evolv.settle_ai_request to service_role;

-- From a draft to a path ------------------------------------------------------------------------------------------------

-- Makes a draft of the caller a path of their own, which only they see, and enrols them. Again: the same path.
create function evolv.accept_generated_path(draft uuid)
    returns jsonb
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    accepted public.ai_generated_paths;
    path uuid;
    is_new boolean := false;
begin
    select * into accepted
    from public.ai_generated_paths g
    where g.id = draft and g.user_id = auth.uid()
    for update;
    if not found then
        raise exception 'there is no such draft of yours' using errcode = 'PT404', hint = 'draft_not_found';
    end if;

    path := accepted.linked_path_id;
    if path is null then
        is_new := true;
        if jsonb_typeof(accepted.path_data -> 'steps') is distinct from 'array' or jsonb_array_length(accepted.path_data -> 'steps') not between 1 and 50 then
            raise exception 'the draft has no steps' using errcode = 'PT422', hint = 'draft_unusable';
        end if;

        if (
            select count(*)
            from public.learning_paths p
            where p.instructor_id = accepted.user_id and not p.is_active
                and not exists (
                    select from public.learning_path_enrollments e
                    where e.path_id = p.id and e.user_id = accepted.user_id and e.completed_at is not null)
        ) >= 100 then
            raise exception 'you have a hundred paths of your own to complete; leave and delete one first' using errcode = 'PT409', hint = 'too_many_paths';
        end if;

        insert into public.learning_paths (title, description, difficulty_level, duration_hours, instructor_id, skills_covered, is_active)
        values (
            left(coalesce(nullif(btrim(accepted.path_data ->> 'title'), ''), btrim(accepted.goal)), 200),
            left(coalesce(accepted.path_data ->> 'description', ''), 10000),
            accepted.current_level,
            (
                select greatest(1, round(sum(evolv.draft_minutes(s)) / 60.0))::int
                from jsonb_array_elements(accepted.path_data -> 'steps') s
            ),
            accepted.user_id,
            array(select left(v, 120) from jsonb_array_elements_text(
                case jsonb_typeof(accepted.path_data -> 'skills_covered') when 'array' then accepted.path_data -> 'skills_covered' else '[]' end) v limit 20),
            false)
        returning id into path;

        insert into public.learning_path_steps (path_id, order_num, title, description, step_type, estimated_minutes, linked_path)
        select path, s.number, left(coalesce(nullif(btrim(s.step ->> 'title'), ''), 'Step ' || s.number), 200),
            left(coalesce(s.step ->> 'description', ''), 10000),
            case when s.step ->> 'step_type' = 'reading' then 'reading' else 'lesson' end, -- what the learner can complete without a judge
            evolv.draft_minutes(s.step),
            (select p.id from public.learning_paths p where p.id::text = s.step ->> 'linked_path_id' and p.is_active)
        from jsonb_array_elements(accepted.path_data -> 'steps') with ordinality s (step, number);

        update public.ai_generated_paths set linked_path_id = path where id = accepted.id;
    end if;

    insert into public.learning_path_enrollments (user_id, path_id) values (accepted.user_id, path) on conflict do nothing;
    return jsonb_build_object('generated_path_id', accepted.id, 'path_id', path, 'is_new', is_new);
end
$$;

create function evolv.draft_minutes(step jsonb)
    returns int
    language sql
    immutable
    set search_path = ''
as $$
    select case when step ->> 'estimated_minutes' ~ '^[0-9]{1,5}$' then greatest((step ->> 'estimated_minutes')::int, 1) else 60 end
$$;

grant execute on function evolv.accept_generated_path to authenticated;
