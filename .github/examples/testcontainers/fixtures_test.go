// SPDX-License-Identifier: PostgreSQL
package fixtures

import (
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

func TestFixtures(t *testing.T) {
	ctx := t.Context()
	// Once before: go mod tidy. File by file: of a folder, Testcontainers would make /fixtures.
	scripts, _ := filepath.Glob("fixtures/*.sql*")
	db, err := postgres.Run(ctx, "postgres:16-alpine",
		postgres.WithInitScripts(scripts...), postgres.BasicWaitStrategies())
	testcontainers.CleanupContainer(t, db)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(ctx, db.MustConnectionString(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var orders int
	if err := conn.QueryRow(ctx, "SELECT count(*) FROM orders").Scan(&orders); err != nil || orders == 0 {
		t.Fatal(orders, err)
	}
	t.Log("orders:", orders)
}
