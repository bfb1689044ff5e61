-- title: Realtime table without row-level security
-- level: ERROR
-- category: SECURITY
-- description: The table is in the publication of realtime, and without row-level security each subscriber receives
--   every change.
-- remediation: Enable row-level security, or take the table out of the publication.

select
    format('Table `%s.%s` is published by `%s` and has no row-level security.', r.schema, r.name, min(p.pubname)),
    jsonb_build_object('schema', r.schema, 'name', r.name, 'type', 'table', 'publication', min(p.pubname)),
    format('%s_%s', r.schema, r.name)
from pg_catalog.pg_publication_tables p
join relations r on r.schema = p.schemaname and r.name = p.tablename and r.is_table and not r.has_rls
where p.pubname ~ '^supabase_realtime'
group by r.schema, r.name
