// SPDX-License-Identifier: PostgreSQL
module example.com/fixtures

go 1.26.0

require (
	github.com/jackc/pgx/v5 v5.13.0
	github.com/testcontainers/testcontainers-go v0.45.0
	github.com/testcontainers/testcontainers-go/modules/postgres v0.45.0
)
