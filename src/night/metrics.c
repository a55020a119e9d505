/* SPDX-License-Identifier: PostgreSQL */
#include "night/metrics.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* The value of a label: a backslash, a quote and a new line have escapes. */
static void
put_label(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            buf_puts(out, "\\n");
            continue;
        }
        if (*text == '\\' || *text == '"')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
}

struct writing {
    struct buf *out;
    const char *target;
};

static void
head(const struct writing *w, const char *name, const char *help)
{
    buf_printf(w->out, "# HELP decant_%s %s\n# TYPE decant_%s gauge\n", name, help, name);
}

static void
sample(const struct writing *w, const char *name, const char *label, const char *value, double n)
{
    buf_printf(w->out, "decant_%s{target=\"", name);
    put_label(w->out, w->target);
    if (label != NULL) {
        buf_printf(w->out, "\",%s=\"", label);
        put_label(w->out, value);
    }
    buf_printf(w->out, "\"} %.15g\n", n);
}

static void
one(const struct writing *w, const char *name, const char *help, double n)
{
    head(w, name, help);
    sample(w, name, NULL, NULL, n);
}

void
metrics_put(const struct journal *journal, const char *target, struct buf *out)
{
    assert(journal != NULL && target != NULL && out != NULL);
    const struct writing w = { out, target };
    const struct night *last = journal->nnights > 0 ? &journal->nights[journal->nnights - 1] : NULL;
    const struct night *good = journal_success(journal, 0);
    const struct night *there =
        journal->in_place != NULL ? journal_find(journal, journal->in_place) : NULL;
    if (last != NULL) {
        one(&w, "last_run_timestamp_seconds", "When the last run began.", (double)last->began_s);
        one(&w, "last_run_status", "The exit status of the last run: 0 is success.", last->status);
        one(&w, "last_run_duration_seconds", "How long the last run took.", last->seconds);
        one(&w, "last_run_warnings", "Warnings of the last run.", last->nwarnings);
    }
    one(&w, "last_success_timestamp_seconds",
        "When the last run that published a copy ended; 0: none has.",
        good != NULL ? (double)good->ended_s : 0);
    if (journal->max_age_s > 0)
        one(&w, "max_age_seconds", "How old the data of the copy may become.",
            (double)journal->max_age_s);
    if (there == NULL)
        return;
    one(&w, "data_timestamp_seconds", "When the source had the rows of the copy.",
        (double)there->data_s);
    one(&w, "copy_size_bytes", "Size of the copy.", (double)there->bytes);
    one(&w, "not_carried", "Things of the source that the copy does not have as they were.",
        (double)there->not_carried);
    head(&w, "table_rows", "Rows of the copy, by table.");
    for (int i = 0; i < there->ntables; i++)
        sample(&w, "table_rows", "table", there->tables[i].name, (double)there->tables[i].rows);
}

bool
metrics_write(const char *path, const struct journal *journal, const char *target,
              struct decant_error *err)
{
    struct buf text = { 0 }, new_path = { 0 };
    metrics_put(journal, target, &text);
    /* the exporter reads what ends in .prom */
    buf_printf(&new_path, "%s.%ld", path, (long)getpid());
    int fd = open(buf_str(&new_path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    bool ok = fd >= 0 && write(fd, buf_str(&text), text.len) == (ssize_t)text.len &&
              fsync(fd) == 0 && rename(buf_str(&new_path), path) == 0;
    if (!ok) {
        error_errno(err, "cannot write '%s'", path);
        unlink(buf_str(&new_path));
    }
    if (fd >= 0)
        close(fd);
    buf_deinit(&text);
    buf_deinit(&new_path);
    return ok;
}
