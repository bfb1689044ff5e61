-- trips
create table public.books (id uuid primary key, title text, deleted_at timestamptz);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (title <> '');

-- does not trip
create table public.books (id uuid primary key, title text, deleted_at timestamptz);
alter table public.books enable row level security;
create policy books_select on public.books for select to anon using (title <> '' and deleted_at is null);
create policy books_select_authenticated on public.books for select to authenticated using (title <> '');
create policy books_hide_deleted on public.books as restrictive for select to authenticated using (deleted_at is null);
