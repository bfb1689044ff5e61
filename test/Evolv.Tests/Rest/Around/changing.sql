create schema api;
grant usage on schema api to anon, authenticated, service_role;
alter default privileges in schema api grant select on tables to anon;

create table api.steady (id int primary key, name text);
insert into api.steady select n, 'row ' || n from generate_series(1, 50) n;
create table api.shifting (id int primary key, name text);
insert into api.shifting select n, 'row ' || n from generate_series(1, 50) n;
create function api.shifted() returns setof api.shifting stable language sql as 'select * from api.shifting where id < 3';
grant all on api.shifting to anon;
grant execute on function api.shifted() to anon;
