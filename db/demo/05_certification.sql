-- The demo community: requests for certification in every state, and certificates that hold, have expired or were revoked.
create temp table demo_requests on commit drop as
select
    r.*,
    p.id as user_id,
    s.id as skill_id,
    s.name as skill_name,
    case when r.reviewer is not null then pg_temp.demo_id('person', r.reviewer) end as reviewer_id,
    pg_temp.demo_time(r.asked, 'asked ' || r.number) as asked_at,
    pg_temp.demo_time(r.reviewed, 'reviewed ' || r.number) as reviewed_at
from (values
    (1, 3, 'sql', 'beginner', 'exam', 'approved', 2, 41, 36),
    (2, 3, 'python', 'beginner', 'project', 'under_review', 7, 6, 3),
    (3, 3, 'statistics', 'intermediate', 'project', 'rejected', 7, 30, 25),
    (4, 10, 'accounting', 'expert', 'work_experience', 'approved', 7, 38, 30),
    (5, 10, 'sql', 'intermediate', 'project', 'approved', 2, 20, 16),
    (6, 14, 'data-analysis', 'expert', 'portfolio', 'approved', 2, 37, 35),
    (7, 14, 'machine-learning', 'advanced', 'project', 'under_review', 7, 9, 4),
    (8, 20, 'software-testing', 'advanced', 'work_experience', 'approved', 7, 45, 40),
    (9, 9, 'csharp', 'beginner', 'project', 'pending', null, 4, null),
    (10, 11, 'rust', 'intermediate', 'project', 'approved', 7, 33, 28),
    (11, 15, 'statistics', 'intermediate', 'exam', 'approved', 2, 50, 44),
    (12, 16, 'html-css', 'beginner', 'portfolio', 'approved', 4, 22, 20),
    (13, 17, 'linux', 'advanced', 'work_experience', 'approved', 5, 34, 31),
    (14, 23, 'statistics', 'advanced', 'other', 'rejected', 2, 25, 21),
    (15, 29, 'java', 'expert', 'work_experience', 'approved', 7, 40, 33),
    (16, 30, 'machine-learning', 'beginner', 'project', 'pending', null, 3, null),
    (17, 34, 'project-management', 'intermediate', 'certificate', 'pending', null, 2, null),
    (18, 38, 'accessibility', 'expert', 'portfolio', 'approved', 4, 42, 37),
    (19, 41, 'cloud-infrastructure', 'advanced', 'work_experience', 'under_review', 7, 5, 2),
    (20, 45, 'problem-solving', 'advanced', 'certificate', 'rejected', 7, 12, 10),
    (21, 12, 'physics', 'advanced', 'exam', 'approved', 7, 52, 47),
    (22, 43, 'teaching', 'beginner', 'project', 'pending', null, 1, null)
) r (number, person, skill, level, evidence, status, reviewer, asked, reviewed)
join demo_people p on p.number = r.person
join public.skills s on s.slug = r.skill;

insert into public.certification_requests (
    id, user_id, skill_id, requested_level, evidence_type, evidence_urls, description, status, reviewed_by, reviewed_at,
    review_notes, created_at, updated_at)
select
    pg_temp.demo_id('request', number),
    user_id,
    skill_id,
    level,
    evidence,
    array[format('https://example.com/evidence/%s/%s', number, skill)],
    format('My evidence for %s: what it is, what I did myself, and what I would do differently today.', skill_name),
    status,
    reviewer_id,
    reviewed_at,
    case status
        when 'approved' then 'Convincing, and well explained.'
        when 'rejected' then 'Good work, but it does not show this level yet. Please add something that you did alone.'
    end,
    asked_at,
    coalesce(reviewed_at, asked_at)
from demo_requests
order by number;

-- The numbers of real certificates are random; these are made so that a link to one keeps working.
insert into public.certifications (
    id, request_id, user_id, skill_id, level, certificate_number, issued_at, expires_at, verified_by, evidence, is_revoked,
    revoked_at, revocation_reason)
select
    pg_temp.demo_id('certificate', number),
    pg_temp.demo_id('request', number),
    user_id,
    skill_id,
    level,
    'EVOLV-' || upper(left(md5('certificate ' || number), 24)),
    reviewed_at,
    case
        when number in (8, 11) then reviewed_at + interval '30 days'
        when number % 2 = 0 then reviewed_at + interval '2 years'
    end,
    reviewer_id,
    jsonb_build_array(format('https://example.com/evidence/%s/%s', number, skill)),
    number in (13, 21),
    case when number in (13, 21) then reviewed_at + interval '12 days' end,
    case number when 13 then 'The evidence was somebody else''s work.' when 21 then 'Withdrawn at the wish of the holder.' end
from demo_requests
where status = 'approved'
order by number;

-- What is certified is verified, as long as the certificate holds.
insert into public.user_skills (
    user_id, skill_id, claimed_level, verified, verified_level, verified_at, verified_by, valid_until, created_at)
select c.user_id, c.skill_id, c.level, true, c.level, c.issued_at, c.verified_by, c.expires_at, r.created_at
from public.certifications c
join public.certification_requests r on r.id = c.request_id
join demo_requests d on pg_temp.demo_id('certificate', d.number) = c.id
where not c.is_revoked
order by d.number
on conflict (user_id, skill_id) do update
set verified = true,
    verified_level = excluded.verified_level,
    verified_at = excluded.verified_at,
    verified_by = excluded.verified_by,
    valid_until = excluded.valid_until;

insert into public.feed_items (user_id, activity_type, content, visibility, created_at)
select c.user_id, 'certification', jsonb_build_object('certification_id', c.id), s.activity_visibility, c.issued_at
from public.certifications c
join public.user_settings s on s.user_id = c.user_id
join demo_requests d on pg_temp.demo_id('certificate', d.number) = c.id
order by d.number;
