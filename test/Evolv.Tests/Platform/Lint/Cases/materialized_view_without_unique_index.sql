-- trips
create materialized view evolv.titles as select id, name from public.skills;
create index on evolv.titles (id);
create unique index on evolv.titles (id) where name <> '';
create unique index on evolv.titles (lower(name));

-- does not trip
create materialized view evolv.titles as select id, name from public.skills;
create unique index on evolv.titles (id);
