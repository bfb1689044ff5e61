-- trips
create table public.books (id uuid primary key);

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (true);
create table evolv.books (id uuid primary key);
