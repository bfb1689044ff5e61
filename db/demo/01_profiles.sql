-- The demo community: people. The files are run in the order of their names in one transaction, once for a database
-- (DemoData.cs); remove.sql takes everything away again.
--
-- Nothing is random: what looks so comes from hashes of row numbers. Times are days before today, so that the community
-- is as lively whenever it is loaded. All ids begin with de300000. What is done is told to the history by the triggers of the
-- slices, with the time that the row carries; 07_growth.sql turns it into awards.

-- We are the service: triggers that restrict what people may do let us pass.
select set_config('request.jwt.claims', '{"role": "service_role"}', true);
-- Three months of history are no news to anybody.
select set_config('evolv.quiet', 'on', true);

create or replace function pg_temp.demo_id(kind text, number bigint)
    returns uuid
    language sql
    immutable
    return format(
        'de300000-%s-4000-8000-%s',
        lpad(array_position(
            array['person', 'guild', 'path', 'step', 'enrollment', 'post', 'comment', 'request', 'certificate', 'guidance'],
            kind)::text, 4, '0'),
        lpad(number::text, 12, '0'))::uuid;

-- A number from 0 up to choices − 1, always the same for the same seed.
create or replace function pg_temp.demo_pick(seed text, choices int)
    returns int
    language sql
    immutable
    return ('x' || left(md5(seed), 7))::bit(28)::int % choices;

-- A time of the waking hours of that day; with a day of 1 or more it is past.
create or replace function pg_temp.demo_time(days_ago int, seed text)
    returns timestamptz
    language sql
    stable
    return date_trunc('day', now(), 'UTC') - make_interval(days => days_ago)
        + make_interval(mins => 420 + pg_temp.demo_pick(seed, 840));

-- A time in the hours after something happened, and before today.
create or replace function pg_temp.demo_later(after timestamptz, within interval, seed text)
    returns timestamptz
    language sql
    stable
    return after + least(within, date_trunc('day', now(), 'UTC') - after) * ((1 + pg_temp.demo_pick(seed, 1000)) / 1001.0);

-- activity: on how many of 100 days the person does something. joined: how many days ago.
create temp table demo_people (
    number    int primary key,
    id        uuid not null,
    full_name text not null,
    handle    text not null,
    user_type text not null,
    time_zone text not null,
    bio       text not null,
    activity  int,
    joined    int
) on commit drop;

insert into demo_people (number, id, full_name, handle, user_type, time_zone, bio)
select p.number, pg_temp.demo_id('person', p.number), p.full_name, p.handle, p.user_type, p.time_zone, p.bio
from (values
    (1, 'Amara Okafor', 'amara', 'professional', 'Africa/Lagos', 'Looks after this community. Sings in a choir.'),
    (2, 'Mateo Fernández', 'mateo', 'teacher', 'America/Argentina/Buenos_Aires', 'Teaches databases and data analysis.'),
    (3, 'Lena Vogel', 'lena', 'student', 'Europe/Berlin', 'From retail to data, in the evenings.'),
    (4, 'Priya Raman', 'priya_raman', 'teacher', 'Asia/Kolkata', 'Front-end engineer who teaches React and accessibility.'),
    (5, 'Tomasz Kowalczyk', 'tomasz_k', 'teacher', 'Europe/Warsaw', 'Linux, networks and the odd soldering iron.'),
    (6, 'Naledi Dlamini', 'naledi', 'teacher', 'Africa/Johannesburg', 'Helps people to speak in public without fear.'),
    (7, 'Hiroshi Tanaka', 'hiroshi_t', 'professional', 'Asia/Tokyo', 'Software architect. Reviews certifications on Thursdays.'),
    (8, 'Sofia Rossi', 'sofia_rossi', 'professional', 'Europe/Rome', 'Designer. Keeps the guilds friendly.'),
    (9, 'Kwame Mensah', 'kwame_m', 'student', 'Africa/Accra', 'Computer science, second year.'),
    (10, 'Ingrid Haugen', 'ingrid_h', 'professional', 'Europe/Oslo', 'Accountant on her way to data engineering.'),
    (11, 'Yusuf Demir', 'yusuf_demir', 'student', 'Europe/Istanbul', 'Building small games in Rust.'),
    (12, 'Chloé Dubois', 'chloe_dubois', 'alumni', 'Europe/Paris', 'Product manager, former physics student.'),
    (13, 'Rashid Al-Amin', 'rashid_a', 'student', 'Asia/Dubai', 'Security enthusiast.'),
    (14, 'Mei-Ling Chen', 'meiling', 'professional', 'Asia/Taipei', 'Data scientist in healthcare.'),
    (15, 'Jonas Lindqvist', 'jonas_l', 'student', 'Europe/Stockholm', 'Statistics and long-distance skiing.'),
    (16, 'Aisha Bello', 'aisha_bello', 'student', 'Africa/Lagos', 'Web developer in the making.'),
    (17, 'Diego Castillo', 'diego_c', 'professional', 'America/Mexico_City', 'Operations engineer. Asks why five times.'),
    (18, 'Hannah Cohen', 'hannah_cohen', 'alumni', 'Asia/Jerusalem', 'Technical writer.'),
    (19, 'Nguyễn Minh Anh', 'minh_anh', 'student', 'Asia/Ho_Chi_Minh', 'Learning English and TypeScript at the same time.'),
    (20, 'Olena Shevchenko', 'olena_s', 'professional', 'Europe/Kyiv', 'QA engineer, cares about tests that tell the truth.'),
    (21, 'Samuel Wright', 'sam_wright', 'student', 'Europe/London', 'Maths student, amateur baker.'),
    (22, 'Fatima Zahra El Idrissi', 'fatima_z', 'professional', 'Africa/Casablanca', 'Project manager for public services.'),
    (23, 'Lucas Almeida', 'lucas_almeida', 'student', 'America/Sao_Paulo', 'Football statistics, seriously.'),
    (24, 'Grace Nakamura', 'grace_n', 'professional', 'America/Los_Angeles', 'UX researcher.'),
    (25, 'Piotr Nowak', 'piotr_nowak', 'student', 'Europe/Warsaw', 'From electrician to embedded programmer.'),
    (26, 'Zanele Khumalo', 'zanele_k', 'student', 'Africa/Johannesburg', 'Founder of a tutoring club.'),
    (27, 'Erik Johansson', 'erik_j', 'alumni', 'Europe/Stockholm', 'Go, coffee, mountains.'),
    (28, 'Leila Hosseini', 'leila_h', 'professional', 'Asia/Tehran', 'Biologist who learned to program.'),
    (29, 'Michael O''Connor', 'mike_oconnor', 'professional', 'Europe/Dublin', 'Twenty years of Java and still curious.'),
    (30, 'Anjali Sharma', 'anjali_s', 'student', 'Asia/Kolkata', 'Machine learning for agriculture.'),
    (31, 'Carlos Mendoza', 'carlos_m', 'student', 'America/Bogota', 'First in the family to study.'),
    (32, 'Freya Nielsen', 'freya_n', 'student', 'Europe/Copenhagen', 'Illustrator learning motion and code.'),
    (33, 'Ibrahim Touré', 'ibrahim_t', 'professional', 'Africa/Dakar', 'Runs networks in hard places.'),
    (34, 'Emily Carter', 'emily_carter', 'student', 'America/New_York', 'Nurse studying health informatics.'),
    (35, 'Wei Zhang', 'wei_zhang', 'professional', 'Asia/Shanghai', 'Compilers and calligraphy.'),
    (36, 'Marta Silva', 'marta_silva', 'alumni', 'Europe/Lisbon', 'Marine biologist, R and Python.'),
    (37, 'Kofi Asante', 'kofi_asante', 'student', 'Africa/Accra', 'Entrepreneurship and solar panels.'),
    (38, 'Nora Lahti', 'nora_lahti', 'professional', 'Europe/Helsinki', 'Accessibility specialist.'),
    (39, 'Daniel Kim', 'daniel_kim', 'student', 'Asia/Seoul', 'Wants to build a better bus timetable.'),
    (40, 'Valentina Popescu', 'valentina_p', 'student', 'Europe/Bucharest', 'Debating, law and logic.'),
    (41, 'Ravi Patel', 'ravi_patel', 'professional', 'Asia/Kolkata', 'Cloud infrastructure. Prefers to stay off leaderboards.'),
    (42, 'Elif Yılmaz', 'elif_y', 'student', 'Europe/Istanbul', 'Graphic design meets data.'),
    (43, 'Thabo Molefe', 'thabo_m', 'student', 'Africa/Johannesburg', 'Learning to teach.'),
    (44, 'Alice Martin', 'alice_martin', 'professional', 'Europe/Paris', 'Career change after ten years in logistics.'),
    (45, 'Bilal Ahmed', 'bilal_ahmed', 'student', 'Asia/Karachi', 'Competitive programmer.'),
    (46, 'Katarina Novak', 'katarina_n', 'student', 'Europe/Ljubljana', 'Physics, climbing, Linux.'),
    (47, 'Jack Thompson', 'jack_t', 'student', 'Australia/Sydney', 'Writes about what he learns.'),
    (48, 'Isabella Moreno', 'isa_moreno', 'student', 'America/Santiago', 'New here.'),
    (49, 'Sipho Ndlovu', 'sipho_n', 'student', 'Africa/Harare', 'Self-taught, one library book at a time.'),
    (50, 'Anna Petrova', 'anna_petrova', 'alumni', 'Europe/Sofia', 'Translator learning to automate the dull parts.')
) p (number, full_name, handle, user_type, time_zone, bio);

-- A few do much, most do a little. The founders came first; every week brings somebody new.
update demo_people
set activity = case number
        when 1 then 35
        when 2 then 60
        when 3 then 72
        else 4 + pg_temp.demo_pick('activity ' || handle, 100) * pg_temp.demo_pick('activity ' || handle, 100) / 130
    end,
    joined = case
        when number <= 8 then 110 - number
        when number >= 46 then 2 + (50 - number) * 4
        else 15 + pg_temp.demo_pick('joined ' || handle, 82)
    end;

-- Accounts that can sign in as soon as they have a password; DemoData.cs gives one to the first three. The trigger of
-- auth.users makes profile and settings.
insert into auth.users (
    instance_id, id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
select
    '00000000-0000-0000-0000-000000000000',
    p.id,
    'authenticated',
    'authenticated',
    a.email,
    pg_temp.demo_time(p.joined, p.handle),
    '{"provider": "email", "providers": ["email"]}',
    jsonb_build_object(
        'sub', p.id, 'email', a.email, 'email_verified', true, 'phone_verified', false, 'full_name', p.full_name),
    pg_temp.demo_time(p.joined, p.handle),
    pg_temp.demo_time(p.joined, p.handle)
from demo_people p
cross join lateral (
    select coalesce((array['admin', 'teacher', 'learner'])[p.number], replace(p.handle, '_', '.')) || '@demo.evolv.test'
) a (email)
order by p.number;

insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
select
    u.id::text,
    u.id,
    jsonb_build_object('sub', u.id, 'email', u.email, 'email_verified', true, 'phone_verified', false),
    'email',
    u.created_at,
    u.updated_at
from auth.users u
join demo_people p on p.id = u.id;

update public.profiles r
set handle = p.handle, user_type = p.user_type, bio = p.bio, created_at = pg_temp.demo_time(p.joined, p.handle)
from demo_people p
where r.id = p.id;

update public.user_settings s
set time_zone = p.time_zone,
    follow_approval = p.number % 4 = 0,
    activity_visibility = case when p.number % 9 = 4 then 'followers' when p.number % 23 = 5 then 'private' else 'public' end,
    leaderboard_mode = case when p.number = 41 then 'hidden' when p.number in (13, 28) then 'anonymous' else 'public' end,
    created_at = pg_temp.demo_time(p.joined, p.handle)
from demo_people p
where s.user_id = p.id;

-- They have always been where they are.
delete from public.profile_zone_history where user_id in (select id from demo_people) and until < 'infinity';
update public.profile_zone_history set since = '-infinity' where user_id in (select id from demo_people);

insert into public.user_roles (user_id, role)
select pg_temp.demo_id('person', r.number), r.role
from (values
    (1, 'admin'),
    (2, 'teacher'),
    (2, 'reviewer'),
    (4, 'teacher'),
    (5, 'teacher'),
    (6, 'teacher'),
    (7, 'reviewer'),
    (8, 'moderator')
) r (number, role);

-- What people say they can do; certificates will confirm some of it.
insert into public.user_skills (user_id, skill_id, claimed_level, created_at)
select
    p.id,
    s.id,
    (array['beginner', 'beginner', 'intermediate', 'intermediate', 'advanced', 'expert'])[
        1 + pg_temp.demo_pick('level ' || p.handle || s.slug, 6)],
    pg_temp.demo_time(1 + pg_temp.demo_pick('claimed ' || p.handle || s.slug, p.joined), s.slug)
from demo_people p
join public.skills s on pg_temp.demo_pick('skill ' || p.handle || s.slug, 100) < 10
order by p.number, s.slug;
