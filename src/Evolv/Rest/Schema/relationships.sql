-- Foreign keys of all schemas: a view of an exposed schema may show tables of another one. A partition's copy of its
-- parent's key is left out.
select
    k.oid,
    n.nspname::text,
    c.relname::text,
    fn.nspname::text,
    fc.relname::text,
    k.conname::text,
    array(
        select a.attname::text
        from unnest(k.conkey) with ordinality as key (attnum, position)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
        order by key.position
    ) as columns,
    array(
        select a.attname::text
        from unnest(k.confkey) with ordinality as key (attnum, position)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = key.attnum
        order by key.position
    ) as foreign_columns,
    -- The same set of columns is unique, so there is one row at most.
    exists (
        select
        from pg_constraint u
        where u.conrelid = k.conrelid and u.contype in ('p', 'u') and u.conkey @> k.conkey and u.conkey <@ k.conkey
    ) as is_one_to_one
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class fc on fc.oid = k.confrelid
join pg_namespace fn on fn.oid = fc.relnamespace
where k.contype = 'f' and k.conparentid = 0
