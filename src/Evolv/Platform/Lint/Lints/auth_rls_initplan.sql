-- title: Policy evaluates auth functions for each row
-- level: WARN
-- category: PERFORMANCE
-- description: auth.uid(), auth.jwt(), auth.role(), auth.email() or current_setting() in a policy without a subselect
--   around it is evaluated again for each row.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0003_auth_rls_initplan

-- `(select auth.uid())` is evaluated once for a statement. What is left after removing each subselect without FROM runs for
-- each row.
select
    format(
        'Policy `%s` of table `%s.%s` evaluates auth.<function>() or current_setting() for each row; write `(select …)` around it.',
        p.name, p.schema, p.table_name),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'policy', p.name),
    format('%s_%s_%s', p.schema, p.table_name, p.name)
from policies p
where p.has_rls
    and regexp_replace(
            concat_ws(' ', p.using_text, p.check_text),
            '\(\s*SELECT\s(?:(?!\mFROM\M)[^()]|\((?:(?!\mFROM\M)[^()]|\((?:[^()]|\([^()]*\))*\))*\))*\)', '', 'g')
        ~ '\mauth\.(uid|jwt|role|email)\(\)|\mcurrent_setting\('
