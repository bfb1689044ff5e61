-- trips 2 times
create table evolv.readers (id int primary key, points int);
create view evolv.ranking as select id, rank() over (order by points desc) from evolv.readers;
create table evolv.scores (reader int primary key, total int not null);
create materialized view evolv.standing as
select r.id, row_number() over (partition by r.points order by s.total desc, r.id) as place
from evolv.readers r
left join evolv.scores s on s.reader = r.id;
create unique index on evolv.standing (id);

-- does not trip
create table evolv.readers (id int primary key, points int);
create table evolv.scores (reader int primary key, total int not null);
create view evolv.ranking as
select
    r.id,
    rank() over (order by s.total desc) as by_total,
    rank() over (order by r.points desc nulls last) as by_points,
    rank() over (order by coalesce(r.points, 0) desc) as by_points_or_none,
    rank() over (order by r.points) as worst_first
from evolv.readers r
join evolv.scores s on s.reader = r.id
order by r.points desc;
