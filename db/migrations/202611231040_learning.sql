-- Learning paths, their steps, enrolments, progress and reviews.

create table public.learning_paths (
    id               uuid primary key default gen_random_uuid(),
    title            text not null check (btrim(title) <> '' and length(title) <= 200),
    description      text not null default '' check (length(description) <= 10000),
    thumbnail_url    text check (evolv.is_web_url(thumbnail_url)),
    difficulty_level text not null check (difficulty_level in ('beginner', 'intermediate', 'advanced', 'expert')),
    duration_hours   int check (duration_hours between 1 and 10000),
    instructor_id    uuid default auth.uid() references public.profiles (id) on delete set null,
    skills_covered   text[] not null default '{}',
    total_steps      int not null default 0 check (total_steps >= 0),
    enrollment_count int not null default 0 check (enrollment_count >= 0),
    rating           numeric(3, 2) not null default 0 check (rating between 0 and 5),
    reviews_count    int not null default 0 check (reviews_count >= 0),
    is_active        boolean not null default true,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now()
);

create index learning_paths_difficulty_idx on public.learning_paths (difficulty_level);
create index learning_paths_rating_idx on public.learning_paths (rating desc);
create index learning_paths_instructor_id_idx on public.learning_paths (instructor_id);

create trigger learning_paths_touch_updated_at
    before update of title, description, thumbnail_url, difficulty_level, duration_hours, skills_covered, is_active
    on public.learning_paths
    for each row execute function evolv.touch_updated_at();

-- Anybody may have a path of their own (the slice career makes them from drafts); only teachers show one to all.
create function evolv.check_path_activation()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    if auth.role() = 'authenticated' and not evolv.has_role('teacher', 'admin') then
        raise exception 'a path for everybody is a teacher''s' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;

create trigger learning_paths_check_activation
    before update of is_active on public.learning_paths
    for each row when (new.is_active and not old.is_active) execute function evolv.check_path_activation();

create table public.learning_path_steps (
    id                uuid primary key default gen_random_uuid(),
    path_id           uuid not null references public.learning_paths (id) on delete cascade,
    order_num         int not null check (order_num > 0),
    title             text not null check (btrim(title) <> '' and length(title) <= 200),
    description       text not null default '' check (length(description) <= 10000),
    step_type         text not null check (step_type in ('lesson', 'quiz', 'project', 'assessment', 'reading')),
    estimated_minutes int check (estimated_minutes > 0),
    resources         jsonb not null default '[]' check (evolv.are_attachments(resources)),
    prerequisites     text[] not null default '{}',
    linked_path       uuid, -- a whole path that teaches this step; a second foreign key to paths would make every embed of steps ambiguous
    created_at        timestamptz not null default now(),
    unique (path_id, order_num) deferrable initially immediate, -- so that steps can change places in one transaction
    unique (path_id, id)
);

create index learning_path_steps_linked_path_idx on public.learning_path_steps (linked_path) where linked_path is not null;

create function evolv.forget_linked_path()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update public.learning_path_steps set linked_path = null where linked_path = old.id;
    return null;
end
$$;

create trigger learning_paths_forget_links
    after delete on public.learning_paths
    for each row execute function evolv.forget_linked_path();

create table public.learning_path_enrollments (
    id                        uuid primary key default gen_random_uuid(),
    user_id                   uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    path_id                   uuid not null references public.learning_paths (id) on delete cascade,
    enrolled_at               timestamptz not null default now(),
    last_accessed             timestamptz,
    completion_percentage     numeric(5, 2) not null default 0 check (completion_percentage between 0 and 100),
    time_spent_minutes        int not null default 0 check (time_spent_minutes >= 0),
    estimated_completion_date date,
    completed_at              timestamptz,
    goals                     jsonb not null default '[]' check (jsonb_typeof(goals) = 'array'),
    notifications_enabled     boolean not null default true,
    unique (user_id, path_id),
    unique (id, path_id)
);

create index learning_path_enrollments_path_id_idx on public.learning_path_enrollments (path_id);

create table public.learning_path_step_progress (
    id                    uuid primary key default gen_random_uuid(),
    enrollment_id         uuid not null,
    path_id               uuid not null, -- filled from the enrolment
    step_id               uuid not null,
    status                text not null default 'not_started' check (status in ('not_started', 'in_progress', 'completed', 'skipped')),
    completion_percentage int not null default 0 check (completion_percentage between 0 and 100),
    time_spent_minutes    int not null default 0 check (time_spent_minutes >= 0),
    notes                 text check (length(notes) <= 20000),
    last_accessed         timestamptz,
    completed_at          timestamptz,
    unique (enrollment_id, step_id),
    -- The step belongs to the path of the enrolment.
    foreign key (enrollment_id, path_id) references public.learning_path_enrollments (id, path_id) on delete cascade,
    foreign key (path_id, step_id) references public.learning_path_steps (path_id, id) on delete cascade
);

create index learning_path_step_progress_enrollment_idx on public.learning_path_step_progress (enrollment_id, path_id);
create index learning_path_step_progress_step_idx on public.learning_path_step_progress (path_id, step_id);

create table public.path_reviews (
    id         uuid primary key default gen_random_uuid(),
    path_id    uuid not null references public.learning_paths (id) on delete cascade,
    user_id    uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    rating     int not null check (rating between 1 and 5),
    body       text not null default '' check (length(body) <= 5000),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (path_id, user_id)
);

create index path_reviews_user_id_idx on public.path_reviews (user_id);

create trigger path_reviews_touch_updated_at
    before update on public.path_reviews
    for each row execute function evolv.touch_updated_at();

-- Relations that policies ask about. Definer: the policies of paths and enrolments would otherwise ask each other.

create function evolv.my_enrolled_path_ids()
    returns setof uuid
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select path_id from public.learning_path_enrollments where user_id = auth.uid()
$$;

create function evolv.my_taught_path_ids()
    returns setof uuid
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select id from public.learning_paths where instructor_id = auth.uid()
$$;

create function evolv.my_enrollment_ids()
    returns setof uuid
    language sql
    stable
    security definer
    parallel safe
    set search_path = ''
as $$
    select id from public.learning_path_enrollments where user_id = auth.uid()
$$;

grant execute on function evolv.my_enrolled_path_ids, evolv.my_taught_path_ids, evolv.my_enrollment_ids
    to authenticated, service_role;

-- Progress ------------------------------------------------------------------------------------------------------------

-- Fills what the system owns. Completing a quiz, a project or an assessment is the outcome of its evidence: the person
-- cannot say so, nor skip it on the way to a completed path.
create function evolv.check_step_progress()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    type text;
begin
    if tg_op = 'INSERT' then
        select path_id into new.path_id from public.learning_path_enrollments where id = new.enrollment_id;
    end if;
    select step_type into type from public.learning_path_steps where path_id = new.path_id and id = new.step_id;

    if new.status in ('completed', 'skipped') and (tg_op = 'INSERT' or new.status <> old.status)
        and type in ('quiz', 'project', 'assessment') and auth.role() = 'authenticated' then
        raise exception 'a % is decided by its result, not by the learner', type using errcode = 'insufficient_privilege';
    end if;

    new.last_accessed := now();
    if new.status in ('completed', 'skipped') then
        new.completed_at := coalesce(case when tg_op = 'UPDATE' then old.completed_at end, now());
    elsif tg_op = 'UPDATE' then
        new.completed_at := old.completed_at; -- written once
    end if;
    if new.status = 'completed' then
        new.completion_percentage := 100;
    end if;
    return new;
end
$$;

create trigger learning_path_step_progress_check
    before insert or update on public.learning_path_step_progress
    for each row execute function evolv.check_step_progress();

-- Brings an enrolment in step with its progress. Locks first and counts afterwards: two steps that are completed at the
-- same time are both counted. A completion, once reached, stays; it was at `at` or, without that, when the last step was done.
create function evolv.recompute_enrollment(enrollment_id uuid, at timestamptz default null)
    returns void
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    enrollment public.learning_path_enrollments;
    steps int;
    done int;
    minutes int;
    last_done timestamptz;
begin
    select * into enrollment
    from public.learning_path_enrollments e
    where e.id = recompute_enrollment.enrollment_id
    for no key update;
    if not found then
        return;
    end if;

    select count(*) into steps from public.learning_path_steps s where s.path_id = enrollment.path_id;
    select count(*) filter (where p.status in ('completed', 'skipped')), coalesce(sum(p.time_spent_minutes), 0), max(p.completed_at)
    into done, minutes, last_done
    from public.learning_path_step_progress p
    where p.enrollment_id = enrollment.id;

    update public.learning_path_enrollments e
    set completion_percentage = case
            when e.completed_at is not null then 100
            when steps = 0 then 0
            else round(100.0 * done / steps, 2)
        end,
        completed_at = case
            when steps > 0 and done >= steps then coalesce(e.completed_at, recompute_enrollment.at, last_done, now())
            else e.completed_at
        end,
        time_spent_minutes = minutes,
        last_accessed = now()
    where e.id = enrollment.id;
end
$$;

create function evolv.follow_step_progress()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.recompute_enrollment(coalesce(new.enrollment_id, old.enrollment_id));
    return null;
end
$$;

create trigger learning_path_step_progress_follow
    after insert or delete or update of status, time_spent_minutes on public.learning_path_step_progress
    for each row execute function evolv.follow_step_progress();

-- Changes of the steps of one path queue here, and whoever enrols waits for them: no enrolment is missed by the recount.
create function evolv.lock_steps()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
declare
    path constant bigint := hashtextextended('evolv.lock_steps ' || coalesce(new.path_id, old.path_id), 0);
begin
    if tg_table_name = 'learning_path_steps' then
        perform pg_advisory_xact_lock(path);
    else
        perform pg_advisory_xact_lock_shared(path);
    end if;
    return coalesce(new, old);
end
$$;

create trigger learning_path_steps_lock
    before insert or delete on public.learning_path_steps
    for each row execute function evolv.lock_steps();

create trigger learning_path_enrollments_lock_steps
    before insert on public.learning_path_enrollments
    for each row execute function evolv.lock_steps();

-- The enrolments first and the path last, which is the order of those who leave the path: the other way round, both wait
-- for each other for ever.
create function evolv.follow_steps()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    path uuid := coalesce(new.path_id, old.path_id);
begin
    perform evolv.recompute_enrollment(e.id, now())
    from public.learning_path_enrollments e
    where e.path_id = path and e.completed_at is null
    order by e.id;
    update public.learning_paths
    set total_steps = total_steps + case tg_op when 'INSERT' then 1 else -1 end
    where id = path;
    return null;
end
$$;

create trigger learning_path_steps_follow
    after insert or delete on public.learning_path_steps
    for each row execute function evolv.follow_steps();

create function evolv.count_enrollments()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    update public.learning_paths
    set enrollment_count = enrollment_count + case tg_op when 'INSERT' then 1 else -1 end
    where id = coalesce(new.path_id, old.path_id);
    return null;
end
$$;

create trigger learning_path_enrollments_count
    after insert or delete on public.learning_path_enrollments
    for each row execute function evolv.count_enrollments();

create function evolv.rate_path()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    path uuid := coalesce(new.path_id, old.path_id);
begin
    perform from public.learning_paths where id = path for no key update; -- lock, then count
    update public.learning_paths p
    set (rating, reviews_count) = (
            select coalesce(round(avg(r.rating), 2), 0), count(*) from public.path_reviews r where r.path_id = path
        )
    where p.id = path;
    return null;
end
$$;

create trigger path_reviews_rate
    after insert or delete or update of rating on public.path_reviews
    for each row execute function evolv.rate_path();

-- What the history is told --------------------------------------------------------------------------------------------

create function evolv.record_enrollment()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    path public.learning_paths;
begin
    select * into path from public.learning_paths p where p.id = new.path_id;
    if tg_op = 'INSERT' then
        perform evolv.record_event(
            user_id => new.user_id,
            type => 'path.enrolled',
            object_type => 'path',
            object_id => new.path_id,
            metadata => jsonb_strip_nulls(jsonb_build_object(
                'difficulty', path.difficulty_level, 'is_own', nullif(new.user_id = path.instructor_id, false))),
            dedupe_key => format('path.enrolled %s %s', new.path_id, new.user_id),
            occurred_at => new.enrolled_at);
    end if;
    if new.completed_at is not null then
        perform evolv.record_event(
            user_id => new.user_id,
            type => 'path.completed',
            object_type => 'path',
            object_id => new.path_id,
            metadata => jsonb_strip_nulls(jsonb_build_object(
                'difficulty', path.difficulty_level, 'duration_hours', path.duration_hours,
                'is_own', nullif(new.user_id = path.instructor_id, false))), -- whoever teaches a path learns nothing by it
            dedupe_key => format('path.completed %s %s', new.path_id, new.user_id),
            occurred_at => new.completed_at);
    end if;
    return null;
end
$$;

create trigger learning_path_enrollments_event
    after insert on public.learning_path_enrollments
    for each row execute function evolv.record_enrollment();

create trigger learning_path_enrollments_event_completed
    after update of completed_at on public.learning_path_enrollments
    for each row when (old.completed_at is null and new.completed_at is not null) execute function evolv.record_enrollment();

-- Before learning_path_step_progress_follow: the last step is completed before the path is. The minutes are those that the step
-- takes, not those that the learner claims, unless the path is their own (is_own).
create function evolv.record_step()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => e.user_id,
        type => 'step.completed',
        object_type => 'step',
        object_id => s.id,
        metadata => jsonb_strip_nulls(jsonb_build_object(
            'step_type', s.step_type, 'path_id', s.path_id, 'minutes', s.estimated_minutes,
            'is_own', nullif(e.user_id = p.instructor_id, false))),
        dedupe_key => format('step.completed %s %s', s.id, e.user_id),
        occurred_at => new.completed_at)
    from public.learning_path_enrollments e
    join public.learning_paths p on p.id = e.path_id
    cross join public.learning_path_steps s
    where e.id = new.enrollment_id and s.path_id = new.path_id and s.id = new.step_id;
    return null;
end
$$;

create trigger learning_path_step_progress_event
    after insert on public.learning_path_step_progress
    for each row when (new.status = 'completed') execute function evolv.record_step();

create trigger learning_path_step_progress_event_completed
    after update of status on public.learning_path_step_progress
    for each row when (new.status = 'completed' and old.status <> 'completed') execute function evolv.record_step();

create function evolv.record_review()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'path.reviewed',
        object_type => 'path',
        object_id => new.path_id,
        metadata => jsonb_build_object('rating', new.rating),
        dedupe_key => format('path.reviewed %s %s', new.path_id, new.user_id),
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger path_reviews_event
    after insert on public.path_reviews
    for each row execute function evolv.record_review();

-- Access --------------------------------------------------------------------------------------------------------------

select evolv.publish_changes('public.learning_path_enrollments', 'public.learning_path_step_progress');

create trigger learning_paths_announce
    after update or delete on public.learning_paths
    for each row execute function evolv.announce_row('path');

create function evolv.announce_step()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.announce('path:' || coalesce(new.path_id, old.path_id));
    return null;
end
$$;

create trigger learning_path_steps_announce
    after insert or update or delete on public.learning_path_steps
    for each row execute function evolv.announce_step();

-- Who is on a path sees it when it is retired.
create trigger learning_path_enrollments_announce
    after insert or delete on public.learning_path_enrollments
    for each row execute function evolv.announce_person('sight');

alter table public.learning_paths enable row level security;
alter table public.learning_path_steps enable row level security;
alter table public.learning_path_enrollments enable row level security;
alter table public.learning_path_step_progress enable row level security;
alter table public.path_reviews enable row level security;

grant select on public.learning_paths to anon;
grant select, delete on public.learning_paths to authenticated;
grant insert (title, description, thumbnail_url, difficulty_level, duration_hours, instructor_id, skills_covered, is_active),
    update (title, description, thumbnail_url, difficulty_level, duration_hours, skills_covered, is_active)
    on public.learning_paths to authenticated;
grant select, insert, update, delete on public.learning_paths to service_role;

create policy learning_paths_select_anon on public.learning_paths
    for select to anon
    using (is_active);

-- The instructor keeps seeing an inactive path, and so do those who are on it.
create policy learning_paths_select_authenticated on public.learning_paths
    for select to authenticated
    using (
        is_active
        or instructor_id = (select auth.uid())
        or id in (select evolv.my_enrolled_path_ids())
        or (select evolv.has_role('admin'))
    );

create policy learning_paths_insert_teacher on public.learning_paths
    for insert to authenticated
    with check (instructor_id = (select auth.uid()) and (select evolv.has_role('teacher', 'admin')));

create policy learning_paths_update_instructor on public.learning_paths
    for update to authenticated
    using (instructor_id = (select auth.uid()) or (select evolv.has_role('admin')))
    with check (instructor_id = (select auth.uid()) or (select evolv.has_role('admin')));

-- A path that people are on is retired (is_active), not deleted.
create policy learning_paths_delete_instructor on public.learning_paths
    for delete to authenticated
    using (instructor_id = (select auth.uid()) and enrollment_count = 0);

grant select on public.learning_path_steps to anon;
grant select, delete on public.learning_path_steps to authenticated;
grant insert (path_id, order_num, title, description, step_type, estimated_minutes, resources, prerequisites, linked_path),
    update (order_num, title, description, step_type, estimated_minutes, resources, prerequisites, linked_path)
    on public.learning_path_steps to authenticated;
grant select, insert, update, delete on public.learning_path_steps to service_role;

create policy learning_path_steps_select_visible on public.learning_path_steps
    for select to anon, authenticated
    using (exists (select from public.learning_paths p where p.id = learning_path_steps.path_id));

create policy learning_path_steps_insert_instructor on public.learning_path_steps
    for insert to authenticated
    with check (path_id in (select evolv.my_taught_path_ids()) or (select evolv.has_role('admin')));

create policy learning_path_steps_update_instructor on public.learning_path_steps
    for update to authenticated
    using (path_id in (select evolv.my_taught_path_ids()) or (select evolv.has_role('admin')))
    with check (path_id in (select evolv.my_taught_path_ids()) or (select evolv.has_role('admin')));

create policy learning_path_steps_delete_instructor on public.learning_path_steps
    for delete to authenticated
    using (path_id in (select evolv.my_taught_path_ids()) or (select evolv.has_role('admin')));

grant select, delete on public.learning_path_enrollments to authenticated;
grant insert (user_id, path_id, estimated_completion_date, goals, notifications_enabled),
    update (estimated_completion_date, goals, notifications_enabled)
    on public.learning_path_enrollments to authenticated;
grant select, insert, update, delete on public.learning_path_enrollments to service_role;

create policy learning_path_enrollments_select_own_or_instructor on public.learning_path_enrollments
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or path_id in (select evolv.my_taught_path_ids())
        or (select evolv.has_role('admin'))
    );

create policy learning_path_enrollments_insert_own on public.learning_path_enrollments
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and exists (select from public.learning_paths p where p.id = learning_path_enrollments.path_id and p.is_active)
    );

create policy learning_path_enrollments_update_own on public.learning_path_enrollments
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

-- A completed path is a record and stays.
create policy learning_path_enrollments_delete_own on public.learning_path_enrollments
    for delete to authenticated
    using (user_id = (select auth.uid()) and completed_at is null);

grant select on public.learning_path_step_progress to authenticated;
grant insert (enrollment_id, step_id, status, completion_percentage, time_spent_minutes, notes),
    update (status, completion_percentage, time_spent_minutes, notes)
    on public.learning_path_step_progress to authenticated;
grant select, insert, update, delete on public.learning_path_step_progress to service_role;

create policy learning_path_step_progress_select_own_or_instructor on public.learning_path_step_progress
    for select to authenticated
    using (
        enrollment_id in (select evolv.my_enrollment_ids())
        or path_id in (select evolv.my_taught_path_ids())
        or (select evolv.has_role('admin'))
    );

create policy learning_path_step_progress_insert_own on public.learning_path_step_progress
    for insert to authenticated
    with check (enrollment_id in (select evolv.my_enrollment_ids()));

create policy learning_path_step_progress_update_own on public.learning_path_step_progress
    for update to authenticated
    using (enrollment_id in (select evolv.my_enrollment_ids()))
    with check (enrollment_id in (select evolv.my_enrollment_ids()));

-- GET /functions/v1/get-learning-path: a path and its steps in their order, as the caller may see them. Null when there is none.
create function evolv.get_learning_path(path uuid)
    returns json
    language sql
    stable
    set search_path = ''
as $$
    select row_to_json(l)
    from (
        select
            p.id, p.title, p.description, p.thumbnail_url, p.difficulty_level, p.duration_hours, p.instructor_id, p.skills_covered,
            p.total_steps, p.enrollment_count, p.rating, p.is_active, p.created_at, p.updated_at,
            coalesce((
                select json_agg(
                    json_build_object(
                        'id', s.id, 'order_num', s.order_num, 'title', s.title, 'description', s.description, 'step_type', s.step_type,
                        'estimated_minutes', s.estimated_minutes, 'resources', s.resources, 'prerequisites', s.prerequisites,
                        'linked_path', s.linked_path)
                    order by s.order_num)
                from public.learning_path_steps s
                where s.path_id = p.id
            ), '[]') as steps
        from public.learning_paths p
        where p.id = path
    ) l
$$;

grant execute on function evolv.get_learning_path to anon, authenticated, service_role;

grant select on public.path_reviews to anon;
grant select, delete on public.path_reviews to authenticated;
grant insert (path_id, user_id, rating, body), update (rating, body) on public.path_reviews to authenticated;
grant select, insert, update, delete on public.path_reviews to service_role;

create policy path_reviews_select_visible on public.path_reviews
    for select to anon, authenticated
    using (exists (select from public.learning_paths p where p.id = path_reviews.path_id));

-- Who has done something on a path may review it; the instructor may not.
create policy path_reviews_insert_learner on public.path_reviews
    for insert to authenticated
    with check (
        user_id = (select auth.uid())
        and path_id not in (select evolv.my_taught_path_ids())
        and exists (
            select
            from public.learning_path_enrollments e
            where e.path_id = path_reviews.path_id and e.user_id = (select auth.uid()) and e.completion_percentage > 0
        )
    );

create policy path_reviews_update_own on public.path_reviews
    for update to authenticated
    using (user_id = (select auth.uid()))
    with check (user_id = (select auth.uid()));

create policy path_reviews_delete_own on public.path_reviews
    for delete to authenticated
    using (user_id = (select auth.uid()));

-- When the account goes, so do its notes, goals and opinions. What was earned is in the ledger and the certificates.
create function evolv.forget_learning()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    delete from public.learning_path_enrollments where user_id = old.id;
    delete from public.path_reviews where user_id = old.id;
    delete from public.learning_paths where instructor_id = old.id and not is_active and enrollment_count = 0; -- of their own
    return null;
end
$$;

create trigger users_forget_learning
    after delete on auth.users
    for each row execute function evolv.forget_learning();
