-- Requests for certification, their review, and the certificates.

create table public.certification_requests (
    id              uuid primary key default gen_random_uuid(),
    user_id         uuid not null default auth.uid() references public.profiles (id) on delete cascade,
    skill_id        uuid not null references public.skills (id),
    requested_level text not null check (requested_level in ('beginner', 'intermediate', 'advanced', 'expert')),
    evidence_type   text not null check (evidence_type in ('project', 'portfolio', 'exam', 'work_experience', 'certificate', 'other')),
    evidence_urls   text[] not null default '{}' check (cardinality(evidence_urls) <= 20),
    description     text not null default '' check (length(description) <= 5000),
    status          text not null default 'pending' check (status in ('pending', 'under_review', 'approved', 'rejected')),
    reviewed_by     uuid references public.profiles (id) on delete set null,
    reviewed_at     timestamptz,
    review_notes    text check (length(review_notes) <= 5000),
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    check (reviewed_by <> user_id)
);

create index certification_requests_user_id_idx on public.certification_requests (user_id);
create index certification_requests_skill_id_idx on public.certification_requests (skill_id);
create index certification_requests_reviewed_by_idx on public.certification_requests (reviewed_by);
create index certification_requests_status_idx on public.certification_requests (status, created_at);
-- One open request for a skill is enough.
create unique index certification_requests_open_idx on public.certification_requests (user_id, skill_id)
    where status in ('pending', 'under_review');

create trigger certification_requests_touch_updated_at
    before update on public.certification_requests
    for each row execute function evolv.touch_updated_at();

create function evolv.check_evidence_urls()
    returns trigger
    language plpgsql
    set search_path = ''
as $$
declare
    url text;
begin
    foreach url in array new.evidence_urls
    loop
        if not coalesce(evolv.is_web_url(url), false) then
            raise exception 'evidence_urls: "%" is not an http(s) address', left(url, 100) using errcode = 'check_violation';
        end if;
    end loop;
    return new;
end
$$;

create trigger certification_requests_check_evidence_urls
    before insert or update of evidence_urls on public.certification_requests
    for each row execute function evolv.check_evidence_urls();

-- 96 random bits: the first 12 digits of a version 4 UUID are random, so two of them are taken.
create function evolv.generate_certificate_number()
    returns text
    language sql
    volatile
    set search_path = ''
as $$
    select 'EVOLV-' || upper(left(replace(gen_random_uuid()::text, '-', ''), 12) || left(replace(gen_random_uuid()::text, '-', ''), 12))
$$;

grant execute on function evolv.generate_certificate_number to service_role;

-- A certificate outlives the account of its holder.
create table public.certifications (
    id                 uuid primary key default gen_random_uuid(),
    request_id         uuid unique references public.certification_requests (id) on delete set null,
    user_id            uuid not null references public.profiles (id),
    skill_id           uuid not null references public.skills (id),
    level              text not null check (level in ('beginner', 'intermediate', 'advanced', 'expert')),
    certificate_number text not null unique default evolv.generate_certificate_number(),
    verification_url   text not null generated always as ('/verify/' || certificate_number) stored,
    issued_at          timestamptz not null default now(),
    expires_at         timestamptz check (expires_at > issued_at),
    verified_by        uuid references public.profiles (id) on delete set null,
    evidence           jsonb not null default '[]',
    is_revoked         boolean not null default false,
    revoked_at         timestamptz,
    revocation_reason  text,
    check (is_revoked = (revoked_at is not null and revocation_reason is not null))
);

create index certifications_user_id_idx on public.certifications (user_id);
create index certifications_skill_id_idx on public.certifications (skill_id);
create index certifications_verified_by_idx on public.certifications (verified_by);
create index certifications_issued_at_idx on public.certifications (issued_at desc);

-- A reviewer decides, never about themselves, and only along pending → under_review → approved | rejected.
create function evolv.review_certification_request(request_id uuid, decision text, notes text)
    returns public.certification_requests
    language plpgsql
    security definer
    set search_path = ''
as $$
declare
    request public.certification_requests;
    certificate uuid;
begin
    if not evolv.has_role('reviewer', 'teacher', 'admin') then
        raise exception 'only reviewers and teachers review requests' using errcode = 'insufficient_privilege';
    end if;
    select * into request from public.certification_requests r where r.id = request_id for update;
    if not found then
        raise exception 'this request does not exist' using errcode = 'PT404', hint = 'request_not_found';
    end if;
    if request.user_id = auth.uid() then
        raise exception 'nobody reviews their own request' using errcode = 'insufficient_privilege';
    end if;
    if (
        (request.status = 'pending' and decision in ('under_review', 'approved', 'rejected'))
        or (request.status = 'under_review' and decision in ('approved', 'rejected'))
    ) is not true then -- a decision may be null
        raise exception 'a request that is % cannot become %', request.status, decision
            using errcode = 'PT409', hint = 'invalid_transition';
    end if;

    update public.certification_requests r
    set status = decision, reviewed_by = auth.uid(), reviewed_at = now(), review_notes = notes
    where r.id = request.id
    returning * into request;

    if decision = 'approved' then
        insert into public.certifications (request_id, user_id, skill_id, level, verified_by, evidence)
        values (request.id, request.user_id, request.skill_id, request.requested_level, auth.uid(), to_jsonb(request.evidence_urls))
        returning id into certificate;
        insert into public.user_skills (user_id, skill_id, claimed_level, verified, verified_level, verified_at, verified_by)
        values (request.user_id, request.skill_id, request.requested_level, true, request.requested_level, now(), auth.uid())
        on conflict (user_id, skill_id) do update
        set verified = true,
            verified_level = excluded.verified_level,
            verified_at = excluded.verified_at,
            verified_by = excluded.verified_by;
        perform evolv.publish_activity(request.user_id, 'certification', jsonb_build_object('certification_id', certificate));
    end if;
    return request;
end
$$;

grant execute on function evolv.review_certification_request to authenticated;

-- For supabase.rpc('review_certification_request', …).
create function public.review_certification_request(request_id uuid, decision text, notes text default null)
    returns public.certification_requests
    language sql
    set search_path = ''
as $$
    select * from evolv.review_certification_request(request_id, decision, notes)
$$;

grant execute on function public.review_certification_request to authenticated;

-- Whether a certificate holds, for anybody who has its number. A revoked or expired one is named as such.
create function evolv.verify_certificate(certificate_number text)
    returns table (
        certificate_number text, status text, holder_name text, skill text, level text,
        issued_at timestamptz, expires_at timestamptz, revoked_at timestamptz, revocation_reason text)
    language sql
    stable
    security definer
    set search_path = ''
as $$
    select
        c.certificate_number,
        case when c.is_revoked then 'revoked' when c.expires_at <= now() then 'expired' else 'valid' end,
        p.full_name, s.name, c.level, c.issued_at, c.expires_at, c.revoked_at, c.revocation_reason
    from public.certifications c
    join public.profiles p on p.id = c.user_id
    join public.skills s on s.id = c.skill_id
    where c.certificate_number = upper(btrim(verify_certificate.certificate_number))
$$;

grant execute on function evolv.verify_certificate to anon, authenticated, service_role;

create function public.verify_certificate(certificate_number text)
    returns table (
        certificate_number text, status text, holder_name text, skill text, level text,
        issued_at timestamptz, expires_at timestamptz, revoked_at timestamptz, revocation_reason text)
    language sql
    stable
    set search_path = ''
as $$
    select * from evolv.verify_certificate(verify_certificate.certificate_number)
$$;

grant execute on function public.verify_certificate to anon, authenticated, service_role;

-- Tells the person what was decided. Nothing of the notes: the request itself has them.
create function evolv.tell_decision()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.notify_person(
        new.user_id, 'certification_' || new.status, jsonb_build_object('request_id', new.id, 'skill_id', new.skill_id));
    return null;
end
$$;

create trigger certification_requests_tell_decision
    after update of status on public.certification_requests
    for each row when (new.status in ('approved', 'rejected') and old.status <> new.status) execute function evolv.tell_decision();

create function evolv.record_certification_request()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'certification.requested',
        object_type => 'certification_request',
        object_id => new.id,
        metadata => jsonb_build_object('skill_id', new.skill_id, 'level', new.requested_level),
        dedupe_key => 'certification.requested ' || new.id,
        occurred_at => new.created_at);
    return null;
end
$$;

create trigger certification_requests_event
    after insert on public.certification_requests
    for each row execute function evolv.record_certification_request();

create function evolv.record_certification()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    perform evolv.record_event(
        user_id => new.user_id,
        type => 'certification.issued',
        object_type => 'certification',
        object_id => new.id,
        actor_id => new.verified_by,
        metadata => jsonb_build_object('skill_id', new.skill_id, 'level', new.level),
        dedupe_key => 'certification.issued ' || new.id,
        occurred_at => new.issued_at);
    return null;
end
$$;

create trigger certifications_event
    after insert on public.certifications
    for each row execute function evolv.record_certification();

create trigger certification_requests_audit
    after update of status on public.certification_requests
    for each row when (old.status <> new.status)
    execute function audit.record('certification.decided', 'certification_request', 'id', 'status', 'requested_level');

create trigger certifications_audit_issued
    after insert on public.certifications
    for each row execute function audit.record('certificate.issued', 'certificate', 'id', 'request_id', 'skill_id', 'level');

create trigger certifications_audit_revoked
    after update of is_revoked on public.certifications
    for each row when (old.is_revoked <> new.is_revoked)
    execute function audit.record('certificate.revocation_changed', 'certificate', 'id', 'is_revoked');

create trigger certifications_audit_changed
    after update of user_id, skill_id, level, certificate_number, issued_at, expires_at on public.certifications
    for each row when (
        (old.user_id, old.skill_id, old.level, old.certificate_number, old.issued_at, old.expires_at)
        is distinct from (new.user_id, new.skill_id, new.level, new.certificate_number, new.issued_at, new.expires_at))
    execute function audit.record('certificate.changed', 'certificate', 'id', 'user_id', 'skill_id', 'level', 'expires_at');

create trigger certifications_audit_removed
    after delete on public.certifications
    for each row execute function audit.record('certificate.removed', 'certificate', 'id', 'skill_id', 'level');

select evolv.publish_changes('public.certification_requests', 'public.certifications');

alter table public.certification_requests enable row level security;
alter table public.certifications enable row level security;

grant select on public.certification_requests to authenticated;
grant insert (user_id, skill_id, requested_level, evidence_type, evidence_urls, description)
    on public.certification_requests to authenticated;
grant select, insert, update, delete on public.certification_requests to service_role;

create policy certification_requests_select_own_or_reviewer on public.certification_requests
    for select to authenticated
    using (user_id = (select auth.uid()) or (select evolv.has_role('reviewer', 'teacher', 'admin')));

create policy certification_requests_insert_own on public.certification_requests
    for insert to authenticated
    with check (user_id = (select auth.uid()));

grant select on public.certifications to anon, authenticated;
grant select, insert, update on public.certifications to service_role;

-- Others see certificates that hold. What became of the rest, verify_certificate says to who has the number.
create policy certifications_select_anon on public.certifications
    for select to anon
    using (not is_revoked and (expires_at is null or expires_at > now()));

create policy certifications_select_authenticated on public.certifications
    for select to authenticated
    using (
        user_id = (select auth.uid())
        or (not is_revoked and (expires_at is null or expires_at > now()))
        or (select evolv.has_role('reviewer', 'teacher', 'admin'))
    );

-- When the account goes, so does what the person wrote to the reviewers; the certificates stay.
create function evolv.forget_certification_requests()
    returns trigger
    language plpgsql
    security definer
    set search_path = ''
as $$
begin
    delete from public.certification_requests where user_id = old.id;
    return null;
end
$$;

create trigger users_forget_certification_requests
    after delete on auth.users
    for each row execute function evolv.forget_certification_requests();
