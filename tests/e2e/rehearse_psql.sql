\set VERBOSITY verbose
select 1; select 2 as x, null as y;
select 1 \; select 2 \; select 3;
create table a(i int primary key, b text); insert into a values (1,'x'),(2,'y') returning *;
insert into a values (1,'z');
create table c(i int references a deferrable initially deferred) \; insert into c values (9) \; select 5;
create table c(i int references a deferrable initially deferred);
insert into c values (9);
begin; insert into c values (9); commit;
select 1/0;
selec 1;
select 1 \; selec 2 \; select 3;
select 1 \; select foo from bar \; select 3;
select $1;
copy a from stdin;
3	q
4	r
\.
copy a to stdout;
copy a from stdin;
3	q
x	r
\.
do $$ begin raise notice 'hi'; end $$;
do $$ begin raise warning 'hi'; commit; perform 1; end $$;
create procedure pp() language plpgsql as $$ begin insert into a values (77,'t'); commit; insert into a values(78,'u'); rollback; end $$;
call pp();
begin; select * from a; savepoint s; select 1/0; rollback to s; select count(*) from a; commit;
begin; set local lock_timeout='1s'; show lock_timeout; commit; show lock_timeout;
set local lock_timeout='1s';
set lock_timeout='1s' \; create table d(i int) \; set local lock_timeout='2s' \; show lock_timeout;
show lock_timeout;
vacuum a;
create index concurrently ai on a(b);
begin; create index concurrently ai2 on a(b); commit;
select 1 \; create index concurrently ai2 on a(b);
explain (costs off) select * from a;
prepare z(int) as select $1; execute z(3); deallocate z;
declare cc cursor for select 1;
begin; declare cc cursor for select generate_series(1,5); fetch 2 from cc; fetch all from cc; commit;
;
-- only a comment
begin \; create table e(i int) \; insert into e values(1) \; commit;
begin \; create table e(i int) \; insert into e values(1) \; commit;
select 1;
rollback;
lock table a;
begin; lock table a in share mode; set transaction isolation level serializable; select 1; commit;
create view vv as select * from a; drop table a; drop table a cascade;
select generate_series(1,3) \gdesc
select 1 as one, 2 as two \gset
\echo :one :two
truncate c; refresh materialized view nope; 
create type mood as enum('a','b'); alter type mood add value 'c'; 
create function f() returns int language sql begin atomic; select 1; select 2; end; select f();
select f() \bind \g
select pg_typeof($1) \bind 3 \g
set standard_conforming_strings = off; select 'a\\;b' ; reset standard_conforming_strings;
discard all;
select count(*) from generate_series(1,100000);
