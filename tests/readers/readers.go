// SPDX-License-Identifier: PostgreSQL
// mattn/go-sqlite3 on its profile; TAP on stdout.
package main

import (
	"database/sql"
	"fmt"
	"os"
	"time"

	_ "github.com/mattn/go-sqlite3"
)

func fact(name string, ok bool, detail any) {
	word := "ok"
	if !ok {
		fmt.Println("#", detail)
		word = "not ok"
	}
	fmt.Println(word, "- mattn/go-sqlite3:", name)
}

func main() {
	db, _ := sql.Open("sqlite3", os.Args[1])
	whole := time.Date(2024, 5, 1, 10, 0, 0, 0, time.UTC)
	var at time.Time
	err := db.QueryRow("SELECT zoned FROM readers_rows WHERE id = 2").Scan(&at)
	fact("reads a fraction", err == nil && at.Equal(whole.Add(123*time.Millisecond)), fmt.Sprint(err, at))
	for _, s := range []struct {
		what, column string
		value        any
		wanted       int
	}{{"a whole second", "at", whole, 1}, {"a fraction", "zoned", whole.Add(123 * time.Millisecond), 2}, {"a uuid", "key", "00000000-0000-0000-0000-0000000000ab", 1}, {"a decimal", "amount", 10.10, 2}, {"a flag", "yes", true, 1}} {
		id := 0
		err := db.QueryRow(`SELECT id FROM readers_rows WHERE "`+s.column+`" = ?`, s.value).Scan(&id)
		fact("finds "+s.what, err == nil && id == s.wanted, fmt.Sprint(err, id))
	}
	n := 0
	err = db.QueryRow("SELECT count(*) FROM readers_rows WHERE at >= ?", whole).Scan(&n)
	fact("finds times from a second on", err == nil && n == 3, fmt.Sprint(err, n))
	shop, _ := sql.Open("sqlite3", os.Args[2])
	names, _ := shop.Query("SELECT name FROM sqlite_master WHERE type = 'table'")
	tables := []string{}
	for names.Next() {
		var name string
		names.Scan(&name)
		tables = append(tables, name)
	}
	var trouble error
	for _, name := range tables {
		rows, err := shop.Query(`SELECT * FROM "` + name + `"`)
		if err != nil {
			trouble = err
			continue
		}
		columns, _ := rows.Columns()
		cells := make([]any, len(columns))
		for i := range cells {
			cells[i] = new(any)
		}
		for rows.Next() {
			if err := rows.Scan(cells...); err != nil {
				trouble = err
			}
		}
		rows.Close()
	}
	fact("reads every table of the shop", trouble == nil && len(tables) > 10, trouble)
}
