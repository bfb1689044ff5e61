-- trips
create schema pgmq;
create schema pgmq_public;
create table pgmq.q_orders (msg_id bigint primary key, message jsonb);
grant select, insert on pgmq.q_orders to authenticated;

-- does not trip
-- One with row-level security, one without grants, and the log of one, which is not a queue.
create schema pgmq;
create schema pgmq_public;
create table pgmq.q_orders (msg_id bigint primary key, message jsonb);
alter table pgmq.q_orders enable row level security;
grant select, insert on pgmq.q_orders to authenticated;
create table pgmq.q_returns (msg_id bigint primary key, message jsonb);
create table pgmq.meta (queue_name text primary key);
grant select on pgmq.meta to authenticated;
