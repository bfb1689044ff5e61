-- trips, and with it rls_disabled_in_public
create table public.readers (id uuid primary key, name text, password_hash text, date_of_birth date);

-- does not trip
create table public.readers (id uuid primary key, name text, password_hash text);
alter table public.readers enable row level security;
create policy readers_select on public.readers for select to authenticated using (name = '');
create table evolv.readers (id uuid primary key, password_hash text);
create table evolv.pins (id uuid primary key, spinning boolean);
