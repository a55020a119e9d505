#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# A copy does not act: queues come without rows, whatever refers to them, and addresses lead nowhere.
. "$(dirname "$0")/lib.sh"
cluster_make source
export XDG_CONFIG_HOME=$work/config
on source postgres "CREATE DATABASE app"
psql -X -q -v ON_ERROR_STOP=1 -h "$work/source" -U tester -d app <<'SQL'
CREATE TABLE delayed_jobs (id bigserial PRIMARY KEY, priority int, attempts int, handler text, run_at timestamp, locked_by varchar);
CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE, smtp_host text, job_id bigint REFERENCES delayed_jobs);
CREATE TABLE job_notes (id serial PRIMARY KEY, job bigint NOT NULL REFERENCES delayed_jobs, note text);
CREATE TABLE jobs (id serial PRIMARY KEY, title text, salary int);
CREATE TABLE webhook_endpoints (id serial PRIMARY KEY, url text, secret text, enabled boolean);
CREATE TABLE letters (id serial PRIMARY KEY, sent_at timestamp);
INSERT INTO delayed_jobs (priority, attempts, handler, run_at) SELECT 0, 0, '--- !ruby/object ada' || i || '@realcorp.example.org', now() FROM generate_series(1, 2000) i;
INSERT INTO users (email, smtp_host, job_id) SELECT 'user' || i || '@realcorp.example.org', 'smtp.realcorp.example.org', i % 2000 + 1 FROM generate_series(1, 3000) i;
INSERT INTO job_notes (job, note) SELECT i, 'n' FROM generate_series(1, 1500) i;
INSERT INTO jobs (title, salary) SELECT 'Job ' || i, i FROM generate_series(1, 2000) i;
INSERT INTO webhook_endpoints (url, secret, enabled) SELECT 'https://hooks.realcorp.example.org/' || i, 'whsec_' || md5(i::text), true FROM generate_series(1, 1500) i;
INSERT INTO letters (sent_at) SELECT now() FROM generate_series(1, 1500) i;
SQL
on source app "VACUUM ANALYZE"
src=$(url source app)
quiet() { "$@" >/dev/null 2>&1; }
cd "$work" || exit 1
"$DECANT" init -c rules.yaml "$src" >/dev/null
fact "init lists what it found" grep -qF '#   public.delayed_jobs  (Delayed Job: a queue)' rules.yaml
fact "the plan calls it quiet" grep -qE '^public.delayed_jobs +quiet ' <("$DECANT" plan -c rules.yaml "$src")
fact "explain says why" grep -q 'comes without rows, so that the copy does not act: Delayed Job' <("$DECANT" explain public.delayed_jobs -c rules.yaml "$src")
fact "a pull by rules that nobody touched" quiet "$DECANT" pull -c rules.yaml --to c.sqlite "$src"
fact "... has no jobs" same jobs 0 "$(lite c.sqlite 'SELECT count(*) FROM delayed_jobs')"
fact "... what refers to them refers to none" eval '[ "$(lite c.sqlite "SELECT count(*) > 100, count(job_id) FROM users")" = "1|0" ]'
fact "... or is left out, where it must" same notes 0 "$(lite c.sqlite 'SELECT count(*) FROM job_notes')"
fact "... a table of the same name that is no queue has its rows" [ "$(lite c.sqlite 'SELECT count(*) FROM jobs')" -gt 50 ]
fact "... mail goes to example.com" same hosts mail.example.com "$(lite c.sqlite 'SELECT DISTINCT smtp_host FROM users')"
fact "... so do webhooks" same urls 0 "$(lite c.sqlite "SELECT count(*) FROM webhook_endpoints WHERE url NOT LIKE 'https://%.example.com/%' AND url NOT LIKE 'https://example.com/%'")"
fact "... the report tells what is quiet" eval '"$DECANT" report c.sqlite | grep -q "table \[quiet\]"'
sed 's/^  rate: .*/&\n  whole: [public.delayed_jobs]/' rules.yaml >speaks.yaml
fact "an exact name lets it speak" quiet "$DECANT" pull -c speaks.yaml --to d.sqlite "$src"
fact "... with its rows" same jobs 2000 "$(lite d.sqlite 'SELECT count(*) FROM delayed_jobs')"
{ cat rules.yaml; printf 'quiet:\n  "letters that wait": {tables: ["*.letters"], has: [sent_at]}\n'; } >own.yaml
fact "rules have their own" quiet "$DECANT" pull -c own.yaml --to e.sqlite "$src"
fact "... which are quiet, too" same letters 0 "$(lite e.sqlite 'SELECT count(*) FROM letters')"
sed '/^sample:/,/^columns:/{/^columns:/!d}' rules.yaml >whole.yaml
fact "a copy of all rows says that it would act" fails_with 2 "would act in the copy" "$DECANT" pull -c whole.yaml --to f.sqlite "$src"
