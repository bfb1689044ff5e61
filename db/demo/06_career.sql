-- The demo community: what the career guidance told two people, in the shapes of the functions, with the figures of the tables.

create function pg_temp.demo_source(source text)
    returns jsonb
    language sql
as $$
    select jsonb_build_object('name', name, 'publisher', publisher, 'url', url, 'year', year) from public.occupation_sources where id = source
$$;

-- An element of career_paths: an occupation, how well it fits and why, what the person has and what is missing.
create function pg_temp.demo_career_path(code text, score int, reason text, has text[], misses text[], months int)
    returns jsonb
    language sql
as $$
    select jsonb_build_object(
        'occupation_code', o.code, 'title', o.title, 'field', o.field, 'description', o.description, 'match_score', score, 'reason', reason,
        'required_skills', has || misses, 'matched_skills', has, 'verified_skills', '[]'::jsonb, 'skill_gaps', misses,
        'time_to_readiness', format('about %s months of learning', months), 'months_to_readiness', months,
        'typical_education', case o.education when 'bachelor' then 'bachelor''s degree' else replace(o.education, '_', ' ') end,
        'experience_required', o.experience, 'education_source', pg_temp.demo_source(o.source_id),
        'salary_range', jsonb_build_object(
            'low', s.low, 'median', s.median, 'high', s.high, 'currency', s.currency, 'region', s.region, 'period', 'year',
            'source', pg_temp.demo_source(s.source_id)),
        'growth_outlook', jsonb_build_object(
            'label', case when l.change_percent >= 7 then 'much faster than average' when l.change_percent >= 3 then 'as fast as average' else 'little or no change' end,
            'change_percent', l.change_percent, 'from_year', l.from_year, 'to_year', l.to_year, 'openings_per_year', l.openings_per_year,
            'region', l.region, 'source', pg_temp.demo_source(l.source_id)),
        'learning_paths', '[]'::jsonb)
    from public.occupations o
    join public.occupation_salaries s on s.occupation_code = o.code and s.region = 'US'
    join public.occupation_outlooks l on l.occupation_code = o.code and l.region = 'US'
    where o.code = demo_career_path.code
$$;

create function pg_temp.demo_step(priority text, action text, timeframe text, skill text default null, path int default null)
    returns jsonb
    language sql
as $$
    select jsonb_build_object(
        'priority', priority, 'action', action, 'timeframe', timeframe, 'skill', skill, 'path_id', p.id, 'path_title', p.title)
    from (select 1) one
    left join public.learning_paths p on p.id = case when path is not null then pg_temp.demo_id('path', path) end
$$;

insert into public.career_assessments (
    id, user_id, user_profile, analysis_depth, career_paths, strengths, areas_for_improvement, recommended_next_steps,
    market_insights, ai_provider, ai_model_version, created_at)
values
    (
        pg_temp.demo_id('guidance', 1),
        pg_temp.demo_id('person', 3),
        '{
            "education_level": "vocational training",
            "major": "retail",
            "interests": ["data", "puzzles", "people"],
            "experience_years": 7,
            "current_skills": ["SQL", "Statistics", "Teamwork"],
            "career_goals": "A job in which I answer questions with data."
        }',
        'standard',
        jsonb_build_array(
            pg_temp.demo_career_path('15-2051', 52, 'You already bring SQL and Statistics; what is missing most is Python and Data Analysis.',
                '{SQL,Statistics}', '{Python,"Data Analysis","Machine Learning","Data Visualization"}', 48),
            pg_temp.demo_career_path('13-1161', 47, 'You already bring Statistics, and you know customers; what is missing most is Market Research.',
                '{Statistics}', '{"Market Research","Survey Design","Data Analysis"}', 48),
            pg_temp.demo_career_path('15-1242', 41, 'You already bring SQL; what is missing most is Databases and Information Security.',
                '{SQL}', '{Databases,"Information Security","System Administration"}', 48),
            pg_temp.demo_career_path('15-2031', 40, 'You already bring Statistics; what is missing most is Mathematics and Programming.',
                '{Statistics}', '{Mathematics,Programming,Algorithms}', 48),
            pg_temp.demo_career_path('13-1111', 37, 'You already bring Teamwork; what is missing most is Business Strategy.',
                '{Teamwork}', '{"Business Strategy","Data Analysis","Project Management"}', 48)),
        array['SQL: asked for in 2 of the 5 occupations that fit you best', 'Statistics: asked for in 3 of the 5 occupations that fit you best', '7 years of experience'],
        array['Data Analysis: asked for in 3 of the 5 occupations that fit you best', 'Python: asked for in 1 of the 5 occupations that fit you best'],
        jsonb_build_array(
            pg_temp.demo_step('high', 'Learn Python with the path “Data Analysis with Python”', '3 weeks', 'Python', 2),
            pg_temp.demo_step('medium', 'Have your SQL verified', '1 week', 'SQL'),
            pg_temp.demo_step('low', 'Talk to somebody who does this work (Data Scientist) about their week', '1 week')),
        '{"summary": null, "trending_skills": ["Python", "Machine Learning", "Data Analysis"], "emerging_tech": [], "growing_occupations": [], "alternatives": []}',
        'builtin',
        'builtin-1',
        pg_temp.demo_time(12, 'guidance 1')
    ),
    (
        pg_temp.demo_id('guidance', 2),
        pg_temp.demo_id('person', 10),
        '{
            "education_level": "bachelor",
            "major": "accounting",
            "interests": ["automation", "data", "order"],
            "experience_years": 9,
            "current_skills": ["Accounting", "SQL", "Project Management"],
            "career_goals": "Build the pipelines that my reports depend on."
        }',
        'comprehensive',
        jsonb_build_array(
            pg_temp.demo_career_path('13-2011', 61, 'You already bring Accounting; what is missing most is Auditing and Taxation.',
                '{Accounting}', '{Auditing,Taxation,Compliance}', 6),
            pg_temp.demo_career_path('13-2051', 52, 'You already bring Accounting; what is missing most is Financial Analysis.',
                '{Accounting}', '{"Financial Analysis",Investing,Spreadsheets}', 6),
            pg_temp.demo_career_path('13-1082', 49, 'You already bring Project Management; what is missing most is Budgeting.',
                '{"Project Management"}', '{Budgeting,"Risk Management"}', 4),
            pg_temp.demo_career_path('15-1242', 46, 'You already bring SQL; what is missing most is Databases and Information Security.',
                '{SQL}', '{Databases,"Information Security","System Administration"}', 8),
            pg_temp.demo_career_path('15-1211', 42, 'You already bring Project Management; what is missing most is Requirements Analysis.',
                '{"Project Management",SQL}', '{"Requirements Analysis","Systems Analysis",Databases}', 8)),
        array['Accounting: asked for in 2 of the 5 occupations that fit you best', 'SQL: asked for in 2 of the 5 occupations that fit you best', '9 years of experience'],
        array['Databases: asked for in 2 of the 5 occupations that fit you best', 'Auditing: asked for in 1 of the 5 occupations that fit you best'],
        jsonb_build_array(
            pg_temp.demo_step('high', 'Learn Databases', '2 months', 'Databases'),
            pg_temp.demo_step('medium', 'Learn Linux with the path “Linux from the Inside”', '2 weeks', 'Linux', 7),
            pg_temp.demo_step('medium', 'Have your SQL verified', '1 week', 'SQL')),
        '{"summary": null, "trending_skills": ["Financial Analysis", "Information Security"], "emerging_tech": [], "growing_occupations": [], "alternatives": []}',
        'builtin',
        'builtin-1',
        pg_temp.demo_time(27, 'guidance 2')
    );

insert into public.skill_recommendations (
    id, user_id, current_skills, target_role, recommendations, learning_roadmap, confidence_score, ai_model_version, created_at)
values (
    pg_temp.demo_id('guidance', 1),
    pg_temp.demo_id('person', 3),
    '["SQL", "Statistics"]',
    'Data Analyst',
    '[
        {"skill": "Python", "slug": "python", "priority": "high", "importance": 5, "reason": "Python is essential for this role: Data Scientist.", "estimated_hours": 80, "learning_paths": []},
        {"skill": "Data Visualization", "slug": "data-visualization", "priority": "medium", "importance": 4, "reason": "Data Visualization is important for this role: Data Scientist.", "estimated_hours": 40, "learning_paths": []}
    ]',
    '{
        "occupation": {"code": "15-2051", "title": "Data Scientist"},
        "summary": "What is missing most for this role (Data Scientist) comes first: Python and Data Visualization.",
        "hours_per_week": 8,
        "estimated_weeks": 15,
        "phases": [
            {"phase": 1, "estimated_hours": 80, "skills": ["Python"], "learning_paths": []},
            {"phase": 2, "estimated_hours": 40, "skills": ["Data Visualization"], "learning_paths": []}
        ]
    }',
    0.950,
    'builtin-1',
    pg_temp.demo_time(11, 'recommendation 1')
);

-- A draft that waits to be accepted.
insert into public.ai_generated_paths (id, user_id, goal, current_level, path_data, ai_model_version, created_at)
select
    pg_temp.demo_id('guidance', 1),
    pg_temp.demo_id('person', 10),
    'Write the monthly report as a tested script',
    'beginner',
    jsonb_build_object(
        'title', 'Write the monthly report as a tested script',
        'description', 'A path to your goal from the level beginner. It teaches Python and Software Testing.',
        'difficulty_level', 'beginner', 'duration_hours', 28, 'skills_covered', jsonb_build_array('Python', 'Software Testing'),
        'steps', jsonb_build_array(
            jsonb_build_object(
                'title', 'Python: ' || p.title, 'description', 'Take this path of the platform; it teaches what this step is about.',
                'step_type', 'lesson', 'estimated_minutes', 1200, 'skill', 'Python', 'linked_path_id', p.id, 'linked_path_title', p.title),
            jsonb_build_object(
                'title', 'Software Testing: practice', 'description', 'Work through exercises until they come easily; keep your solutions.',
                'step_type', 'lesson', 'estimated_minutes', 120, 'skill', 'Software Testing', 'linked_path_id', null, 'linked_path_title', null),
            jsonb_build_object(
                'title', 'Show what you can', 'description', 'Make one thing that needs all of it, show it to somebody and note what they say.',
                'step_type', 'lesson', 'estimated_minutes', 240, 'skill', null, 'linked_path_id', null, 'linked_path_title', null))),
    'builtin-1',
    pg_temp.demo_time(26, 'path 1')
from public.learning_paths p
where p.id = pg_temp.demo_id('path', 2);
