-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY t_kept ON t (kept);
