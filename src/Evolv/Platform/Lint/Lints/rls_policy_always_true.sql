-- title: Policy that is always true
-- level: WARN
-- category: SECURITY
-- description: A policy for INSERT, UPDATE or DELETE lets everybody of its role pass for every row, so that row-level
--   security guards nothing.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0024_rls_policy_always_true

-- Reading for everybody is a choice that people make on purpose; writing hardly ever is.
select
    format('Policy `%s` of table `%s.%s` lets %s write every row (%s).', p.name, p.schema, p.table_name,
        string_agg(distinct format('`%s`', p.role_name), ', '), p.command),
    jsonb_build_object(
        'schema', p.schema, 'name', p.table_name, 'type', 'table', 'policy', p.name, 'command', p.command,
        'roles', jsonb_agg(distinct p.role_name)),
    format('%s_%s_%s', p.schema, p.table_name, p.name)
from applied_policies p
where p.permissive
    and p.has_rls
    and (
        (p.covered in ('INSERT', 'UPDATE') and p.check_text = 'true')
        or (p.covered in ('UPDATE', 'DELETE') and p.using_text = 'true'))
group by p.schema, p.table_name, p.name, p.command
