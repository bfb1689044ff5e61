-- trips
create schema storage;
create table storage.buckets (id text primary key, public boolean);
create table storage.objects (id uuid primary key, bucket_id text references storage.buckets, owner_id uuid);
alter table storage.objects enable row level security;
insert into storage.buckets values ('avatars', true), ('documents', false);

create policy objects_select_avatars on storage.objects for select to anon using (bucket_id = 'avatars');

-- does not trip
create schema storage;
create table storage.buckets (id text primary key, public boolean);
create table storage.objects (id uuid primary key, bucket_id text references storage.buckets, owner_id uuid);
alter table storage.objects enable row level security;
insert into storage.buckets values ('avatars', true), ('documents', false);

create policy objects_select_own on storage.objects for select to authenticated
    using (bucket_id = 'avatars' and owner_id = (select auth.uid()));
create policy objects_select_documents on storage.objects for select to authenticated using (bucket_id = 'documents');
