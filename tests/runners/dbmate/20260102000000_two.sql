-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY t_kept ON t (kept);

-- migrate:down
DROP INDEX t_kept;
