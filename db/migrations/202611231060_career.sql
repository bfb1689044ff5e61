-- What the guidance has told a person. Nobody else reads it. The rows are its cache as well: who asks the same again within a day is told
-- the same (`request_hash` is what was asked, `context_hash` what Evolv knew of the person at that time).

create table public.career_assessments (
    id                     uuid primary key default gen_random_uuid(),
    user_id                uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    user_profile           jsonb not null check (jsonb_typeof(user_profile) = 'object'),
    analysis_depth         text not null check (analysis_depth in ('quick', 'standard', 'comprehensive')),
    career_paths           jsonb not null check (jsonb_typeof(career_paths) = 'array'),
    strengths              text[] not null default '{}',
    areas_for_improvement  text[] not null default '{}',
    recommended_next_steps jsonb not null default '[]',
    market_insights        jsonb not null default '{}',
    ai_provider            text not null default 'builtin',
    ai_model_version       text,
    ai_fallback            text, -- why another provider than the configured one answered
    schema_version         int not null default 1, -- of the JSON columns
    request_hash           text,
    context_hash           text,
    created_at             timestamptz not null default now()
);

create index career_assessments_user_id_idx on public.career_assessments (user_id, created_at desc);

create function evolv.record_assessment()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'career.assessed',
        object_type => 'career_assessment',
        object_id => new.id,
        metadata => jsonb_build_object('depth', new.analysis_depth),
        dedupe_key => 'career.assessed ' || new.id,
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger career_assessments_event
    after insert on public.career_assessments
    for each row execute function evolv.record_assessment();

create table public.skill_recommendations (
    id               uuid primary key default gen_random_uuid(),
    user_id          uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    current_skills   jsonb not null,
    target_role      text check (length(target_role) <= 200),
    recommendations  jsonb not null,
    learning_roadmap jsonb,
    confidence_score numeric(4, 3) check (confidence_score between 0 and 1),
    ai_provider      text not null default 'builtin',
    ai_model_version text,
    ai_fallback      text,
    schema_version   int not null default 1,
    request_hash     text,
    context_hash     text,
    created_at       timestamptz not null default now()
);

create index skill_recommendations_user_id_idx on public.skill_recommendations (user_id, created_at desc);

create table public.ai_generated_paths (
    id               uuid primary key default gen_random_uuid(),
    user_id          uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    goal             text not null check (btrim(goal) <> '' and length(goal) <= 1000),
    current_level    text not null check (current_level in ('beginner', 'intermediate', 'advanced', 'expert')),
    path_data        jsonb not null,
    linked_path_id   uuid references public.learning_paths (id) on delete set null,
    ai_provider      text not null default 'builtin',
    ai_model_version text,
    ai_fallback      text,
    schema_version   int not null default 1,
    request_hash     text,
    context_hash     text,
    created_at       timestamptz not null default now()
);

create index ai_generated_paths_user_id_idx on public.ai_generated_paths (user_id, created_at desc);
create index ai_generated_paths_linked_path_id_idx on public.ai_generated_paths (linked_path_id);

do $$
declare
    name text;
begin
    foreach name in array array['career_assessments', 'skill_recommendations', 'ai_generated_paths']
    loop
        execute format('alter table public.%I enable row level security', name);
        execute format('grant select, delete on public.%I to authenticated', name);
        execute format('grant select, insert, update, delete on public.%I to service_role', name);
        execute format('create policy %I on public.%I for select to authenticated using (user_id = (select auth.uid()))',
            name || '_select_own', name);
        -- A token outlives its account, and so does a question that a provider is still answering.
        execute format(
            'create policy %I on public.%I for insert to authenticated with check (user_id = (select auth.uid()) '
            'and exists (select from public.profiles p where p.id = user_id and p.deactivated_at is null))',
            name || '_insert_own', name);
        execute format('create policy %I on public.%I for delete to authenticated using (user_id = (select auth.uid()))',
            name || '_delete_own', name);
    end loop;
end
$$;

-- Not id, created_at and linked_path_id: those are the server's.
grant insert (user_id, user_profile, analysis_depth, career_paths, strengths, areas_for_improvement,
    recommended_next_steps, market_insights, ai_provider, ai_model_version, ai_fallback, schema_version, request_hash, context_hash)
    on public.career_assessments to authenticated;
grant insert (user_id, current_skills, target_role, recommendations, learning_roadmap, confidence_score, ai_provider,
    ai_model_version, ai_fallback, schema_version, request_hash, context_hash) on public.skill_recommendations to authenticated;
grant insert (user_id, goal, current_level, path_data, ai_provider, ai_model_version, ai_fallback, schema_version, request_hash,
    context_hash) on public.ai_generated_paths to authenticated;

create function evolv.forget_career()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    delete from public.career_assessments where user_id = old.id;
    delete from public.skill_recommendations where user_id = old.id;
    delete from public.ai_generated_paths where user_id = old.id;
    delete from public.ai_consents where user_id = old.id;
    delete from public.ai_requests where user_id = old.id;
    delete from evolv.ai_spending where user_id = old.id;
    return null;
end
$$;

create trigger users_forget_career
    after delete on auth.users
    for each row execute function evolv.forget_career();
