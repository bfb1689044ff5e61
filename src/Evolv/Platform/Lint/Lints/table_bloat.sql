-- title: Table bloat
-- level: INFO
-- category: PERFORMANCE
-- description: Most of the table is the space of rows that are gone; it is read with every scan. VACUUM FULL or a lower
--   autovacuum threshold helps.
-- remediation: https://supabase.com/docs/guides/database/database-linter?lint=0020_table_bloat

-- An estimate: the pages that the known rows would fill, at the average width of their columns, against the pages there are.
-- 28 bytes are a row's header and pointer, 8168 a page without its header. Under 20 MB nobody notices.
with estimates as (
    select
        r.schema, r.name, r.pages::bigint * 8192 as size,
        ceil(r.rows * (28 + sum(s.avg_width * (1 - s.null_frac))) / 8168)::bigint * 8192 * 100 / coalesce((
            select o.option_value::int from pg_catalog.pg_options_to_table(r.options) o where o.option_name = 'fillfactor'
        ), 100) as needed
    from relations r
    join pg_catalog.pg_stats s on s.schemaname = r.schema and s.tablename = r.name and not s.inherited
    where r.kind in ('r', 'm') and r.rows >= 0
    group by r.oid, r.schema, r.name, r.pages, r.rows, r.options
)
select
    format('Table `%s.%s` takes %s and would need about %s.', schema, name, pg_size_pretty(size), pg_size_pretty(needed)),
    jsonb_build_object('schema', schema, 'name', name, 'type', 'table', 'bytes', size, 'bytes_needed', needed),
    format('%s_%s', schema, name)
from estimates
where size - needed > 20 * 1024 * 1024 and needed < size / 2
