-- The demo community: learning paths, and how far everybody has come.

-- Each step is 'type:minutes:title'.
create temp table demo_paths (
    number     int primary key,
    title      text not null,
    difficulty text not null,
    hours      int not null,
    instructor int not null,
    skills     text[] not null,
    about      text not null,
    steps      text[] not null
) on commit drop;

insert into demo_paths
values
    (1, 'SQL from the First Query', 'beginner', 12, 2, '{SQL}',
        'Ask a database your first question, and end with reports that answer real ones. No experience needed.',
        array[
            'lesson:40:Tables, rows and questions', 'lesson:50:Filtering and sorting', 'quiz:15:Check: select',
            'lesson:60:Joining tables', 'lesson:45:Grouping and counting', 'quiz:20:Check: joins and groups',
            'project:180:Report on a library''s loans'
        ]),
    (2, 'Data Analysis with Python', 'intermediate', 20, 2, '{Python,"Data Analysis","Data Visualization"}',
        'Load, clean, question and draw data with Python. For people who can already write a loop.',
        array[
            'reading:30:How to ask data a question', 'lesson:60:Tables in memory',
            'lesson:70:Cleaning what people typed', 'quiz:20:Check: cleaning', 'lesson:60:Drawing honest charts',
            'project:240:A year of bicycle counters', 'assessment:60:Explain your findings'
        ]),
    (3, 'Statistics for the Curious', 'beginner', 10, 2, '{Statistics,Mathematics}',
        'Averages, spread, chance and doubt, with dice before formulas.',
        array[
            'lesson:40:What an average hides', 'lesson:45:Spread', 'lesson:50:Chance', 'quiz:20:Check: chance',
            'reading:40:How studies go wrong', 'assessment:45:Read a study critically'
        ]),
    (4, 'Build for the Web', 'beginner', 16, 4, '{"HTML and CSS",JavaScript}',
        'From an empty file to a page that works on every device.',
        array[
            'lesson:40:A page is a document', 'lesson:60:Style and layout', 'quiz:15:Check: layout',
            'lesson:60:Making it react', 'project:200:Your own page', 'assessment:30:Show and explain'
        ]),
    (5, 'React in Practice', 'intermediate', 18, 4, '{React,TypeScript}',
        'Components, state and data for applications that grow.',
        array[
            'lesson:50:Thinking in components', 'lesson:60:State', 'quiz:20:Check: state', 'lesson:60:Fetching data',
            'lesson:45:Types that help', 'project:240:A board for your guild'
        ]),
    (6, 'Accessibility for Everybody', 'intermediate', 8, 4, '{"Web Accessibility"}',
        'What it takes so that everybody can use what you build, tested with keyboard and screen reader.',
        array[
            'reading:30:Who is left out', 'lesson:45:Structure and names', 'lesson:45:Keyboard first',
            'quiz:20:Check: names and roles', 'project:120:Repair a shop'
        ]),
    (7, 'Linux from the Inside', 'beginner', 14, 5, '{Linux}',
        'Processes, files and the shell, on a machine that you are allowed to break.',
        array[
            'lesson:45:The shell', 'lesson:50:Files and permissions', 'quiz:15:Check: permissions',
            'lesson:50:Processes', 'lesson:45:Services and logs', 'project:150:Rescue a broken server',
            'assessment:40:Explain the rescue'
        ]),
    (8, 'Networks Without Fear', 'intermediate', 12, 5, '{Networking}',
        'Follow a packet from your browser around the world and back.',
        array[
            'lesson:45:Addresses', 'lesson:50:Routes', 'quiz:20:Check: subnets', 'lesson:50:Names',
            'lesson:60:Encryption on the way', 'project:150:Draw your own network'
        ]),
    (9, 'Information Security Basics', 'advanced', 22, 5, '{"Information Security",Linux}',
        'Think like an attacker, act like a defender, write it down like a professional.',
        array[
            'reading:45:Famous failures', 'lesson:60:Threat models', 'lesson:70:The web, attacked',
            'quiz:25:Check: attacks', 'lesson:60:Secrets and keys', 'lesson:60:Detecting and answering',
            'project:300:Secure a small service', 'assessment:90:Write the report'
        ]),
    (10, 'Speak So That People Listen', 'beginner', 6, 6, '{"Public Speaking",Writing}',
        'Five minutes in front of people, without notes and without fear.',
        array[
            'lesson:30:One thought', 'lesson:30:Beginnings and endings', 'project:60:Two minutes on video',
            'lesson:30:Answering questions', 'project:90:Five minutes for your guild'
        ]),
    (11, 'How to Teach What You Know', 'expert', 15, 6, '{Teaching,Writing}',
        'For people who know their field and want others to know it, too.',
        array[
            'reading:40:How people learn', 'lesson:50:Goals before content', 'lesson:50:Examples that carry',
            'quiz:20:Check: goals', 'project:240:Teach one lesson', 'assessment:60:Reflect on it'
        ]),
    (12, 'Web Design of Yesterday', 'beginner', 9, 4, '{"HTML and CSS"}',
        'Replaced by Build for the Web. Kept for those who are still on it.',
        array[
            'lesson:40:Tables for layout', 'lesson:40:Floats', 'quiz:15:Check: floats', 'lesson:40:Frames',
            'project:120:A page from 2004'
        ]);

insert into public.learning_paths (
    id, title, description, difficulty_level, duration_hours, instructor_id, skills_covered, is_active, created_at, updated_at)
select
    pg_temp.demo_id('path', d.number), d.title, d.about, d.difficulty, d.hours, pg_temp.demo_id('person', d.instructor),
    d.skills, d.number <> 12, pg_temp.demo_time(100 - d.number, d.title), pg_temp.demo_time(100 - d.number, d.title)
from demo_paths d;

insert into public.learning_path_steps (
    id, path_id, order_num, title, description, step_type, estimated_minutes, resources, created_at)
select
    pg_temp.demo_id('step', d.number * 100 + s.place),
    pg_temp.demo_id('path', d.number),
    s.place,
    s.parts[3],
    case s.parts[1]
        when 'quiz' then 'Five questions. You may try as often as you like.'
        when 'project' then 'Do it alone or with somebody from your guild, and show the result.'
        when 'assessment' then 'Your instructor reads it and answers within a week.'
        else 'Part ' || s.place || ' of ' || d.title || '.'
    end,
    s.parts[1],
    s.parts[2]::int,
    case when s.parts[1] in ('lesson', 'reading') then jsonb_build_array(jsonb_build_object(
        'type', 'link', 'url', format('https://example.com/paths/%s/%s', d.number, s.place), 'title', s.parts[3])) else '[]' end,
    pg_temp.demo_time(100 - d.number, d.title)
from demo_paths d
cross join lateral (
    select regexp_match(step, '^(\w+):(\d+):(.+)$'), place::int
    from unnest(d.steps) with ordinality u (step, place)
) s (parts, place);

-- Who is on which path, since when, and how many steps are done. The learner shows every state.
create temp table demo_enrollments on commit drop as
select
    row_number() over (order by p.number, d.number) as number,
    p.number as person,
    p.id as user_id,
    p.handle,
    d.number as path,
    l.id as path_id,
    l.total_steps,
    e.since,
    least(l.total_steps, e.done, 1 + e.since / 3) as done -- three days for a step at least
from demo_people p
cross join demo_paths d
join public.learning_paths l on l.id = pg_temp.demo_id('path', d.number) and l.instructor_id <> p.id
cross join lateral (
    select
        least(
            p.joined,
            1 + pg_temp.demo_pick('since ' || p.handle || d.title, p.joined) + case d.number when 12 then 50 else 0 end) as since,
        case pg_temp.demo_pick('state ' || p.handle || d.title, 8)
            when 0 then 0
            when 1 then 1
            when 2 then 2
            when 3 then l.total_steps - 1
            when 4 then l.total_steps / 2
            when 5 then l.total_steps / 2 + 1
            else l.total_steps
        end as done
    where p.number <> 3
    union all
    select learner.since, learner.done
    from (values (1, 88, 99), (2, 55, 4), (3, 70, 99), (7, 20, 1), (10, 6, 0)) learner (path, since, done)
    where p.number = 3 and learner.path = d.number
) e
where p.number = 3 or pg_temp.demo_pick('enrols ' || p.handle || d.title, 100) < 16 + p.activity / 3;

insert into public.learning_path_enrollments (
    id, user_id, path_id, enrolled_at, last_accessed, estimated_completion_date, goals, notifications_enabled)
select
    pg_temp.demo_id('enrollment', e.number),
    e.user_id,
    e.path_id,
    t.at,
    t.at,
    case when e.number % 3 = 0 then (t.at + interval '60 days')::date end,
    case when e.number % 4 = 1 then '["Finish before the end of the term"]' else '[]'::jsonb end,
    e.number % 7 <> 0
from demo_enrollments e
cross join lateral (select pg_temp.demo_time(e.since, e.handle || e.path) as at) t
order by e.number;

-- The trigger sets the times to now and knows no past, so the rows say for themselves what it would fill in.
alter table public.learning_path_step_progress disable trigger learning_path_step_progress_check;

insert into public.learning_path_step_progress (
    enrollment_id, path_id, step_id, status, completion_percentage, time_spent_minutes, notes, last_accessed, completed_at)
select
    e.id,
    e.path_id,
    s.id,
    r.status,
    case r.status when 'completed' then 100 when 'in_progress' then 20 + d.number % 60 else 0 end,
    case r.status
        when 'completed' then s.estimated_minutes * (70 + pg_temp.demo_pick('spent ' || d.number || s.order_num, 80)) / 100
        when 'in_progress' then s.estimated_minutes / 3
        else 0
    end,
    case when r.status = 'completed' and (d.number + s.order_num) % 11 = 0 then 'Repeat this before the project.' end,
    case when r.status <> 'not_started' then r.at end,
    case when r.status in ('completed', 'skipped') then r.at end
from demo_enrollments d
join public.learning_path_enrollments e on e.id = pg_temp.demo_id('enrollment', d.number)
join public.learning_path_steps s on s.path_id = e.path_id and d.done > 0 and s.order_num <= d.done + 2
cross join lateral (
    select
        case
            when s.order_num <= d.done and s.step_type = 'reading' and d.number % 4 = 0 then 'skipped'
            when s.order_num <= d.done then 'completed'
            when s.order_num = d.done + 1 and d.number % 3 <> 0 then 'in_progress'
            else 'not_started'
        end as status,
        -- One after the other, at a pace of one's own.
        e.enrolled_at + (date_trunc('day', now(), 'UTC') - e.enrolled_at)
            * ((40 + pg_temp.demo_pick('pace ' || d.number, 60)) / 100.0) * (s.order_num / (d.done + 1.0)) as at
) r
where r.at < now()
order by d.number, s.order_num;

alter table public.learning_path_step_progress enable trigger learning_path_step_progress_check;

update public.learning_path_enrollments e
set last_accessed = coalesce(
        (select max(p.last_accessed) from public.learning_path_step_progress p where p.enrollment_id = e.id), e.enrolled_at)
from demo_enrollments d
where e.id = pg_temp.demo_id('enrollment', d.number);

insert into public.path_reviews (path_id, user_id, rating, body, created_at, updated_at)
select
    e.path_id,
    e.user_id,
    (array[5, 5, 4, 5, 4, 3, 5, 4, 5, 2])[1 + d.number % 10],
    (array[
        'Clear, with the right amount of practice.',
        'The project made everything fit together.',
        'Good, but the quizzes could go deeper.',
        'The best explanation that I have found anywhere.',
        'I would have liked more examples.',
        'A little fast for me in the middle.',
        '',
        'Recommended to everybody in my guild.',
        'Exactly what I needed for my job.',
        'Too easy if you have done this before.'
    ])[1 + d.number % 10],
    coalesce(e.completed_at, e.last_accessed),
    coalesce(e.completed_at, e.last_accessed)
from demo_enrollments d
join public.learning_path_enrollments e on e.id = pg_temp.demo_id('enrollment', d.number)
where e.completion_percentage > 40 and pg_temp.demo_pick('reviews ' || d.handle || d.path, 100) < 45
order by d.number;
