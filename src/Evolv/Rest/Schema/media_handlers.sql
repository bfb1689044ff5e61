-- What of the exposed schemas ($1) makes a media type: aggregates over the rows of a table (or of any), and functions, whose
-- result is a domain named as the type. The domain */* stands for any type that the client asks for.
with recursive
media_types as (
    select
        t.oid,
        t.typbasetype as base,
        n.nspname::text as schema,
        t.typname::text as name,
        case t.typname when '*/*' then 'application/octet-stream' else t.typname::text end as sent
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
    where t.typbasetype <> 0
        and (t.typname = '*/*' or t.typname ~* '^[a-z0-9.-]+/[a-z0-9.+-]+$')
),

-- A domain may be over a domain.
below as (
    select oid, base
    from media_types
    union all
    select b.oid, t.typbasetype
    from below b
    join pg_type t on t.oid = b.base
    where t.typtype = 'd'
),

-- What is sent as it comes: all others have a binary form of their own, and one that was made a moment ago is unknown to Npgsql.
plain as (
    select distinct oid
    from below
    where base in (
        'bytea'::regtype, 'text'::regtype, 'varchar'::regtype, 'bpchar'::regtype, 'json'::regtype, 'jsonb'::regtype, 'xml'::regtype)
),

makers as (
    select p.*, n.nspname::text as schema
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = any ($1::text[])
)

select p.schema, p.proname::text, an.nspname::text, a.typname::text, lower(m.name), m.sent, m.oid not in (select oid from plain)
from makers p
join media_types m on m.oid = p.prorettype
join pg_type a on a.oid = p.proargtypes[0]
join pg_namespace an on an.oid = a.typnamespace
left join pg_class c on c.oid = a.typrelid
where p.prokind = 'a'
    and p.pronargs = 1
    and (c.relkind in ('r', 'p', 'f', 'v', 'm') or a.typname = 'anyelement')

union all
-- A function makes it alone: the domain stands where the aggregate would, and the function is what it is for.
select m.schema, m.name, p.schema, p.proname::text, lower(m.name), m.sent, m.oid not in (select oid from plain)
from makers p
join media_types m on m.oid = p.prorettype
where p.prokind = 'f' and not p.proretset
order by 1, 2, 3, 4, 5, 6
