-- trips
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select using (title <> '');

-- does not trip
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to anon, authenticated using (title <> '');
