-- trips 2 times
create table public.books (id uuid primary key, reader_id uuid references auth.users, shelf_id uuid);
create index on public.books (reader_id);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (shelf_id is null);

-- does not trip
create table public.books (
    id uuid primary key, reader_id uuid references public.profiles, object_id uuid, object_type text, external_id text);
create index on public.books (reader_id);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (reader_id is null);
create table evolv.books (id uuid primary key, shelf_id uuid);
create table public.readings (id uuid primary key, reader_id uuid);
create trigger readings_append_only before update or delete or truncate on public.readings
    for each statement execute function evolv.refuse_change();
alter table public.readings enable row level security;
create policy readings_select on public.readings for select to authenticated using (reader_id is null);
