-- Tables and views of the schema $1 that the caller may use in any way. Run as the caller: pg_class shows all of them to everybody.
select c.relname::text
from pg_catalog.pg_class c
where
    c.relnamespace = (select n.oid from pg_catalog.pg_namespace n where n.nspname = $1)
    and c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not c.relispartition
    and (
        pg_catalog.pg_has_role(c.relowner, 'usage')
        or pg_catalog.has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger')
        or pg_catalog.has_any_column_privilege(c.oid, 'select, insert, update, references')
    )
order by c.relname
