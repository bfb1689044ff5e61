-- Functions from a row of one table or view to rows of another, of all schemas.
with
row_types as (
    select c.reltype as oid, n.nspname::text as schema, c.relname::text as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'f', 'v', 'm')
)

select
    n.nspname::text,
    p.proname::text,
    argument.schema,
    argument.name,
    result.schema,
    result.name,
    not p.proretset or p.prorows = 1 as is_single_row
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join row_types argument on argument.oid = p.proargtypes[0]
join row_types result on result.oid = p.prorettype
where p.pronargs = 1
