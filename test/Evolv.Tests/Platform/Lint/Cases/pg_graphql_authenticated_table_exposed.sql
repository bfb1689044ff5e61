-- trips
-- Nothing stands in the schema without pg_graphql; with it, all that the role may read. Our own tables are hidden from it here.
revoke select on all tables in schema public from anon, authenticated;
create schema graphql;
create function graphql.resolve(query text) returns jsonb language sql return null::jsonb;
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (title <> '');
grant select (title) on public.books to authenticated;

-- does not trip
revoke select on all tables in schema public from anon, authenticated;
create schema graphql;
create function graphql.resolve(query text) returns jsonb language sql return null::jsonb;
create table public.books (id uuid primary key, title text);
alter table public.books enable row level security;
create policy books_select on public.books for select to authenticated using (title <> '');
