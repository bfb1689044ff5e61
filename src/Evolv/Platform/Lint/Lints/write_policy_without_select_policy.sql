-- title: UPDATE or DELETE policy without a SELECT policy
-- level: WARN
-- category: SECURITY
-- description: A role may update or delete, but no policy lets it see a row. PostgreSQL then finds no row to change,
--   silently.
-- remediation: Add a SELECT policy for the same role that passes for the rows before and after the change.

-- Asks whether there is a SELECT policy, not whether it passes for the same rows: that is for tests.
select
    format('Role `%s` may %s rows of `%s.%s` by policy `%s`, but no SELECT policy shows it any.',
        p.role_name, p.covered, p.schema, p.table_name, min(p.name)),
    jsonb_build_object('schema', p.schema, 'name', p.table_name, 'type', 'table', 'role', p.role_name, 'command', p.covered),
    format('%s_%s_%s_%s', p.schema, p.table_name, p.role_name, p.covered)
from applied_policies p
where p.has_rls
    and p.permissive
    and ((p.covered = 'UPDATE' and has_any_column_privilege(p.role, p.relation, 'UPDATE'))
        or (p.covered = 'DELETE' and has_table_privilege(p.role, p.relation, 'DELETE')))
    and not exists (
        select
        from applied_policies s
        where s.relation = p.relation and s.role = p.role and s.covered = 'SELECT' and s.permissive)
group by p.schema, p.table_name, p.role_name, p.covered
