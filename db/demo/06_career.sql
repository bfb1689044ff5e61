-- The demo community: what the career guidance told two people.
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
        '[
            {
                "title": "Data Analyst",
                "match_score": 86,
                "required_skills": ["SQL", "Data Analysis", "Data Visualization", "Statistics"],
                "skill_gaps": ["Data Analysis", "Data Visualization"],
                "time_to_readiness": "6 months",
                "growth_outlook": "growing"
            },
            {
                "title": "Business Intelligence Developer",
                "match_score": 74,
                "required_skills": ["SQL", "Data Visualization", "API Design"],
                "skill_gaps": ["Data Visualization", "API Design"],
                "time_to_readiness": "9 months",
                "growth_outlook": "growing"
            },
            {
                "title": "Customer Insights Specialist",
                "match_score": 71,
                "required_skills": ["Statistics", "Writing", "Marketing"],
                "skill_gaps": ["Writing", "Marketing"],
                "time_to_readiness": "4 months",
                "growth_outlook": "stable"
            }
        ]',
        array['Knows customers from seven years of practice', 'Finishes what she starts', 'Explains clearly'],
        array['Programming beyond queries', 'Presenting findings in writing'],
        '[
            {"priority": "high", "action": "Finish Data Analysis with Python", "timeframe": "2 months"},
            {"priority": "medium", "action": "Publish one analysis of open data", "timeframe": "3 months"},
            {"priority": "low", "action": "Ask two analysts in Data Explorers about their week", "timeframe": "1 month"}
        ]',
        '{"trending_skills": ["SQL", "Python", "Data Visualization"], "emerging_tech": ["Assistants that write queries"]}',
        'builtin',
        null,
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
        '[
            {
                "title": "Data Engineer",
                "match_score": 78,
                "required_skills": ["SQL", "Python", "Cloud Infrastructure", "Software Testing"],
                "skill_gaps": ["Python", "Cloud Infrastructure", "Software Testing"],
                "time_to_readiness": "12 months",
                "growth_outlook": "growing"
            },
            {
                "title": "Analytics Engineer",
                "match_score": 84,
                "required_skills": ["SQL", "Version Control", "Data Analysis"],
                "skill_gaps": ["Version Control"],
                "time_to_readiness": "5 months",
                "growth_outlook": "growing"
            }
        ]',
        array['Deep knowledge of financial data', 'Precision', 'Runs projects to their end'],
        array['Programming in Python', 'Working with version control'],
        '[
            {"priority": "high", "action": "Learn version control with a small project", "timeframe": "1 month"},
            {"priority": "high", "action": "Write the monthly report as a tested script", "timeframe": "3 months"},
            {"priority": "medium", "action": "Follow Linux from the Inside", "timeframe": "4 months"}
        ]',
        '{"trending_skills": ["SQL", "Python", "Cloud Infrastructure"], "emerging_tech": ["Data contracts"]}',
        'builtin',
        null,
        pg_temp.demo_time(27, 'guidance 2')
    );

insert into public.skill_recommendations (
    id, user_id, current_skills, target_role, recommendations, learning_roadmap, confidence_score, created_at)
values (
    pg_temp.demo_id('guidance', 1),
    pg_temp.demo_id('person', 3),
    '["SQL", "Statistics"]',
    'Data Analyst',
    '[
        {"skill": "Python", "priority": "high", "reason": "Most analyst positions ask for it."},
        {"skill": "Data Visualization", "priority": "high", "reason": "Findings that nobody sees change nothing."},
        {"skill": "Writing", "priority": "medium", "reason": "Half of the work is explaining it."}
    ]',
    '[
        {"month": 1, "focus": "Python"},
        {"month": 2, "focus": "Data Visualization"},
        {"month": 3, "focus": "A project of your own"}
    ]',
    0.820,
    pg_temp.demo_time(11, 'recommendation 1')
);

insert into public.ai_generated_paths (id, user_id, goal, current_level, path_data, linked_path_id, created_at)
values (
    pg_temp.demo_id('guidance', 1),
    pg_temp.demo_id('person', 10),
    'Write the monthly report as a tested script',
    'beginner',
    '{
        "title": "From spreadsheet to script",
        "steps": [
            {"title": "Read the spreadsheet with Python", "hours": 6},
            {"title": "Check the figures with tests", "hours": 5},
            {"title": "Draw the charts", "hours": 4},
            {"title": "Run it every month", "hours": 3}
        ]
    }',
    pg_temp.demo_id('path', 2),
    pg_temp.demo_time(26, 'path 1')
);
