-- trips
alter default privileges in schema public grant select on tables to anon;

-- does not trip
alter default privileges in schema public grant select on tables to service_role;
alter default privileges in schema evolv grant select on tables to anon;
