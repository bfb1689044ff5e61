-- trips
create extension citext version '1.4' schema evolv;

-- does not trip
create extension citext schema evolv;
