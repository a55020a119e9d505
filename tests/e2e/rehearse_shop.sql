-- SPDX-License-Identifier: PostgreSQL
create table parent(id int primary key, name text);
insert into parent select g, 'p'||g from generate_series(1,1000) g;
create table t(id bigint primary key, p int references parent, email varchar(50), amount numeric(10,2), at timestamp default now(), note text, kept int);
create index t_email on t(email); create index t_at on t(at);
insert into t select g, 1+g%1000, 'u'||g||'@example.com', g/3.0, now(), case when g%100=0 then null else 'n'||g end, g from generate_series(1,20000) g;
create view v as select id, email from t;
vacuum analyze;
