-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;

-- does not trip
create table evolv.books (id int primary key);
alter table evolv.books enable row level security;
