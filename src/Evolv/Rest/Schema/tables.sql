-- Tables and views of the exposed schemas ($1); partitions belong to their parents. The primary key of a view comes from
-- view_keys.sql. "events" is pg_relation_is_updatable's mask: 4 update, 8 insert, 16 delete.
select
    n.nspname::text,
    c.relname::text,
    d.description,
    c.relkind in ('v', 'm') as is_view,
    case
        when c.relkind in ('r', 'p') then 4 + 8 + 16
        when c.relkind in ('v', 'f') then pg_relation_is_updatable(c.oid, true)
        else 0
    end as events,
    array(
        select a.attname::text
        from pg_constraint k
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
        where k.conrelid = c.oid and k.contype = 'p'
        order by a.attname
    ) as primary_key
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
where c.relkind in ('r', 'p', 'f', 'v', 'm')
    and not c.relispartition
    and n.nspname = any ($1::text[])
order by n.nspname, c.relname
