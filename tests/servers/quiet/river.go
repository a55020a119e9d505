// SPDX-License-Identifier: PostgreSQL
// River: the same.
package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

type Mail struct {
	To string `json:"to"`
}

func (Mail) Kind() string { return "mail" }

type worker struct {
	river.WorkerDefaults[Mail]
	n *atomic.Int64
}

func (w *worker) Work(ctx context.Context, job *river.Job[Mail]) error { w.n.Add(1); return nil }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	must(err)
	driver := riverpgxv5.New(pool)
	if os.Args[1] == "fill" {
		migrator, err := rivermigrate.New(driver, nil)
		must(err)
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		must(err)
		client, err := river.NewClient(driver, &river.Config{})
		must(err)
		jobs := []river.InsertManyParams{}
		for i := 0; i < 2000; i++ {
			jobs = append(jobs, river.InsertManyParams{Args: Mail{To: fmt.Sprintf("ada%d@realcorp.example.org", i)}})
		}
		_, err = client.InsertMany(ctx, jobs)
		must(err)
		return
	}
	var n atomic.Int64
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{n: &n})
	client, err := river.NewClient(driver, &river.Config{Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 50}}, Workers: workers})
	must(err)
	must(client.Start(ctx))
	time.Sleep(4 * time.Second)
	stop, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	client.Stop(stop)
	fmt.Println(n.Load())
}
