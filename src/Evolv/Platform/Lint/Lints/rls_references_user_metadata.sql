-- title: Policy reads user metadata
-- level: ERROR
-- category: SECURITY
-- description: A policy decides by user_metadata, which every user may write about themselves.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0015_rls_references_user_metadata

select
    format('Policy `%s` of table `%s.%s` reads user_metadata, which users write themselves; use app_metadata.',
        p.name, p.schema, p.table_name),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'policy', p.name),
    format('%s_%s_%s', p.schema, p.table_name, p.name)
from policies p
where concat_ws(' ', p.using_text, p.check_text) ~ '\m(user_metadata|raw_user_meta_data)\M'
