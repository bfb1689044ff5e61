-- Columns of the tables of tables.sql, in their order.
with recursive
domains (oid, base) as (
    select t.oid, t.typbasetype
    from pg_type t
    where t.typtype = 'd'

    union all
    -- A domain may stand on another one.
    select d.oid, t.typbasetype
    from domains d
    join pg_type t on t.oid = d.base
    where t.typtype = 'd'
),

base_types as (
    select d.oid, t.oid as base, t.typnamespace
    from domains d
    join pg_type t on t.oid = d.base
    where t.typtype <> 'd'
)

select
    n.nspname::text,
    c.relname::text,
    a.attname::text,
    d.description,
    not (a.attnotnull or t.typnotnull) as is_nullable,
    -- Types of PostgreSQL itself are told without their length, whatever domains are above them.
    case
        when coalesce(b.typnamespace, t.typnamespace) = 'pg_catalog'::regnamespace then format_type(coalesce(b.base, t.oid), null)
        else format_type(a.atttypid, a.atttypmod)
    end as type,
    format_type(a.atttypid, a.atttypmod) as nominal_type,
    information_schema._pg_char_max_length(
        information_schema._pg_truetypid(a.*, t.*), information_schema._pg_truetypmod(a.*, t.*))::int as max_length,
    case
        when a.attgenerated <> '' then null
        when a.attidentity = 'd' then (
            select format('nextval(%L)', s.objid::regclass)
            from pg_depend s
            where s.classid = 'pg_class'::regclass
                and s.refclassid = 'pg_class'::regclass
                and s.refobjid = a.attrelid
                and s.refobjsubid = a.attnum
                and s.deptype = 'i'
            limit 1
        )
        else coalesce(pg_get_expr(e.adbin, e.adrelid), pg_get_expr(t.typdefaultbin, 0))
    end as "default",
    array(
        select l.enumlabel::text
        from pg_enum l
        where l.enumtypid = coalesce(b.base, t.oid)
        order by l.enumsortorder
    ) as labels
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_type t on t.oid = a.atttypid
left join base_types b on b.oid = t.oid
left join pg_attrdef e on e.adrelid = a.attrelid and e.adnum = a.attnum
left join pg_description d on d.classoid = 'pg_class'::regclass and d.objoid = c.oid and d.objsubid = a.attnum
where c.relkind in ('r', 'p', 'f', 'v', 'm')
    and not c.relispartition
    and n.nspname = any ($1::text[])
order by c.oid, a.attnum
