-- title: Multiple permissive policies
-- level: WARN
-- category: PERFORMANCE
-- description: More than one permissive policy for the same table, role and command: every one of them is evaluated for
--   each row.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0006_multiple_permissive_policies

select
    format(
        'Table `%s.%s` has several permissive policies for role `%s` and %s: %s.',
        p.schema, p.table_name, p.role_name, p.covered, string_agg(format('`%s`', p.name), ', ' order by p.name)),
    jsonb_build_object(
        'schema', p.schema, 'name', p.table_name, 'type', 'table', 'role', p.role_name, 'command', p.covered,
        'policies', jsonb_agg(p.name order by p.name)),
    format('%s_%s_%s_%s', p.schema, p.table_name, p.role_name, p.covered)
from applied_policies p
where p.permissive and p.has_rls
group by p.schema, p.table_name, p.role_name, p.covered
having count(*) > 1
