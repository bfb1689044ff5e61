-- trips
create table evolv.books (id int primary key, translator regproc);

-- does not trip
create table evolv.books (id int primary key, stored_in regclass, kept_by regrole, kind regtype);
