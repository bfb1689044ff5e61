-- title: Policy exists, row-level security disabled
-- level: ERROR
-- category: SECURITY
-- description: The table has policies, but row-level security is off, so that they do nothing.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0007_policy_exists_rls_disabled

select
    format('Table `%s.%s` has policies, but row-level security is off: %s.',
        p.schema, p.table_name, string_agg(format('`%s`', p.name), ', ' order by p.name)),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'policies', jsonb_agg(p.name order by p.name)),
    format('%s_%s', p.schema, p.table_name)
from policies p
where not p.has_rls
group by p.schema, p.table_name
