create role bench login inherit password 'bench';

grant anon, authenticated, service_role, supabase_auth_admin to bench;

-- People, follows and feed items. As the owner and without triggers: the counters are set at the end.
set session_replication_role = replica;

create temporary table people as
select n, ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id
from generate_series(1, :people) n;

insert into auth.users (id, email)
select id, 'person-' || n || '@example.com'
from people;

insert into public.profiles (id, full_name)
select id, 'Person ' || n
from people;

insert into public.user_settings (user_id)
select id
from people;

insert into public.user_levels (user_id)
select id
from people;

-- A power law: person n has about people / n followers in the head and few in the tail, and follows about ten.
insert into public.user_follows (follower_id, following_id, status)
select distinct on (f.id, t.id) f.id, t.id, 'accepted'
from (
    select
        1 + (hashint8(i) & 2147483647) % :people as follower,
        1 + floor(:people * power(((hashint8(i + 1000000007) & 2147483647) / 2147483648.0), 3))::int as followed
    from generate_series(1, :people * 10) i
) edge
join people f on f.n = edge.follower
join people t on t.n = edge.followed
where f.n <> t.n;

-- Items over half a year; a few people write most. One in five is a post; most are public.
create temporary table drafts as
select
    gen_random_uuid() as id,
    p.id as user_id,
    case when i % 5 = 0 then gen_random_uuid() end as post_id,
    case when i % 20 < 16 then 'public' when i % 20 < 19 then 'followers' else 'private' end as visibility,
    now() - interval '180 days' * ((hashint8(i + 77) & 2147483647) / 2147483648.0) as created_at,
    i
from generate_series(1, :items) i
join people p on p.n = 1 + floor(:people * power(((hashint8(i + 99) & 2147483647) / 2147483648.0), 2))::int;

insert into public.posts (id, user_id, content, visibility, created_at, updated_at)
select post_id, user_id, 'Something learned today, number ' || i, visibility, created_at, created_at
from drafts
where post_id is not null;

insert into public.feed_items (id, user_id, activity_type, content, visibility, post_id, created_at)
select
    id, user_id,
    case when post_id is not null then 'post' else 'course_completion' end,
    case when post_id is not null then jsonb_build_object('post_id', post_id) else jsonb_build_object('source', 'course_completion', 'xp_added', 50) end,
    visibility, post_id, created_at
from drafts
order by created_at;

update public.profiles p
set followers_count = (select count(*) from public.user_follows f where f.following_id = p.id),
    following_count = (select count(*) from public.user_follows f where f.follower_id = p.id);

set session_replication_role = origin;

-- For /rest/v1: three levels, and tables to write to. Everybody who is signed in may do everything.
create schema bench;

create table bench.courses (
    id    int primary key,
    title text not null
);

create table bench.lessons (
    id        int primary key,
    course_id int not null references bench.courses,
    title     text not null,
    minutes   int not null
);

create table bench.answers (
    id        bigint primary key generated always as identity,
    lesson_id int not null references bench.lessons,
    author    text not null,
    content   text not null
);

create table bench.notes (
    id      bigint primary key generated always as identity,
    title   text not null,
    stars   int not null,
    made_at timestamptz not null default now()
);

insert into bench.courses (id, title)
select n, 'Course ' || n
from generate_series(1, 1000) n;

insert into bench.lessons (id, course_id, title, minutes)
select n, 1 + n % 1000, 'Lesson ' || n, n % 90
from generate_series(1, 10000) n;

insert into bench.answers (lesson_id, author, content)
select 1 + n % 10000, 'Person ' || n % 500, 'Answer number ' || n
from generate_series(1, 100000) n;

create index lessons_course_id_idx on bench.lessons (course_id);

create index answers_lesson_id_idx on bench.answers (lesson_id);

create function bench.minutes_of(course int) returns table (lessons bigint, minutes bigint)
    language sql
    stable
as $$
    select count(*), sum(l.minutes)
    from bench.lessons l
    where l.course_id = course
$$;

grant usage on schema bench to authenticated;

grant all on all tables in schema bench to authenticated;

grant execute on function bench.minutes_of to authenticated;

alter table bench.courses enable row level security;

alter table bench.lessons enable row level security;

alter table bench.answers enable row level security;

alter table bench.notes enable row level security;

create policy courses_all on bench.courses to authenticated using (true) with check (true);

create policy lessons_all on bench.lessons to authenticated using (true) with check (true);

create policy answers_all on bench.answers to authenticated using (true) with check (true);

create policy notes_all on bench.notes to authenticated using (true) with check (true);

analyze;

vacuum (analyze) public.feed_items, public.user_follows, public.profiles, public.posts, public.user_levels;

checkpoint;
