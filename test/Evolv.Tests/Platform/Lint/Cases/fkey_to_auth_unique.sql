-- trips
create table evolv.readers (id int primary key, token varchar references auth.refresh_tokens (token));
create index on evolv.readers (token);

-- does not trip
create table evolv.readers (id int primary key, user_id uuid references auth.users);
create index on evolv.readers (user_id);
