-- trips
create extension citext schema public;

-- does not trip
create extension citext schema evolv;
