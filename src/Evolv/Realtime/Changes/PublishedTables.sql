-- A published table as a role may see it: a row for each column. $1 role, $2 schema, $3 table; null for any.
select
    n.nspname,
    c.relname,
    a.attname,
    t.typname,
    quote_ident(tn.nspname) || '.' || quote_ident(t.typname),
    coalesce(base.typname, t.typname),
    coalesce(element.typname, ''),
    coalesce(array_position(k.conkey, a.attnum), 0),
    has_column_privilege(r.oid, c.oid, a.attnum, 'select'),
    coalesce(co.collisdeterministic, true),
    coalesce(base.typtype, t.typtype) = 'e',
    c.relrowsecurity,
    r.rolbypassrls or r.rolsuper
from pg_catalog.pg_publication_tables p
join pg_catalog.pg_namespace n on n.nspname = p.schemaname
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attname = any (p.attnames)
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
join pg_catalog.pg_roles r on r.rolname = $1
left join pg_catalog.pg_type base on base.oid = nullif(t.typbasetype, 0)
left join pg_catalog.pg_type element on element.oid = nullif(coalesce(base.typelem, t.typelem), 0) and coalesce(base.typcategory, t.typcategory) = 'A'
left join pg_catalog.pg_collation co on co.oid = nullif(a.attcollation, 0)
left join pg_catalog.pg_constraint k on k.conrelid = c.oid and k.contype = 'p'
where p.pubname = 'supabase_realtime'
    and ($2 is null or p.schemaname = $2)
    and ($3 is null or p.tablename = $3)
order by n.nspname, c.relname, a.attnum
