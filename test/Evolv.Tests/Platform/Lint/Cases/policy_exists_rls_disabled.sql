-- trips
create table evolv.books (id int primary key);
create policy books_select on evolv.books for select to authenticated using (id > 0);

-- does not trip
create table evolv.books (id int primary key);
create policy books_select on evolv.books for select to authenticated using (id > 0);
alter table evolv.books enable row level security;
