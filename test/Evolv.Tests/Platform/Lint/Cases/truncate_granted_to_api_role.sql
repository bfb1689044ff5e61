-- trips
create table evolv.books (id int primary key);
grant select, truncate on evolv.books to authenticated;

-- does not trip
create table evolv.books (id int primary key);
grant select, insert, update, delete on evolv.books to authenticated;
grant all on evolv.books to service_role;
