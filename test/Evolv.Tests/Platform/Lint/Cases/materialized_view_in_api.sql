-- trips
create materialized view public.titles as select id, name from public.skills;
create unique index on public.titles (id);
grant select on public.titles to anon;

-- does not trip
create materialized view public.titles as select id, name from public.skills;
create unique index on public.titles (id);
