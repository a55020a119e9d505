#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""SQL of a schema of many small tables, each of which refers to one before: tests/bench/many.py N"""
import sys

for t in range(int(sys.argv[1])):
    parent = f"t{t // 3:05d}" if t > 0 else None
    print(f"CREATE TABLE t{t:05d} (id bigint PRIMARY KEY,",
          f"parent_id bigint REFERENCES {parent}," if parent else "parent_id bigint,",
          "email text NOT NULL, name text, status text CHECK (status IN ('new', 'done')),"
          " amount numeric(10,2), made timestamptz DEFAULT now());")
    print(f"INSERT INTO t{t:05d} SELECT i, {'1 + i % 10' if parent else 'NULL'},"
          f" 'u' || i || '.{t}@example.org', 'Name ' || i,"
          " CASE i % 2 WHEN 0 THEN 'new' ELSE 'done' END, i * 1.5,"
          " '2024-01-01'::timestamptz + i * interval '1 day' FROM generate_series(1, 10) i;")
    print(f"CREATE INDEX ON t{t:05d} (parent_id);")
