-- trips
create function evolv.answer() returns int language sql as 'select 42';

-- does not trip
-- The names of a standard body are resolved when it is created.
create function evolv.answer() returns int language sql return 42;
create function evolv.question() returns int language sql set search_path = '' as 'select 42';
