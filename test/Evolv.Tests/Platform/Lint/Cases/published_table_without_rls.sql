-- trips
create table evolv.books (id int primary key);
create publication supabase_realtime_test for table evolv.books;

-- does not trip
create table evolv.books (id int primary key);
alter table evolv.books enable row level security;
create table evolv.shelves (id int primary key);
create publication supabase_realtime_test for table evolv.books;
create publication replica for table evolv.shelves;
