/* SPDX-License-Identifier: PostgreSQL */
/* For a terminal: at most forty lines, and the verdict first. */
#include <stdlib.h>
#include <string.h>

#include "rehearse/amount.h"
#include "rehearse/write.h"

enum {
    MOST_LINES = 40,
    MOST_KEYS = 5,
    WORTH_MS = 10, /* less is no time to speak of */
    WIDTH = 130
};

/* How many of each are shown: what fits mostly, and what always does. */
struct room {
    int findings, violations, felt, steps, left;
};
static const struct room usual = { 9, 3, 4, 8, 4 }, least = { 6, 3, 3, 5, 2 };

static void
put_line(struct buf *out, const struct buf *line)
{
    write_cut(buf_str(line), WIDTH, out);
    buf_putc(out, '\n');
}

static void
put_more(struct buf *out, int n)
{
    if (n > 0)
        buf_printf(out, "  … and %d more: --format json\n", n);
}

static void
put_finding(const struct rehearsal *rehearsal, const struct finding *finding, struct buf *out)
{
    struct buf line = { 0 };
    buf_printf(&line, "  %s ",
               write_is_open(finding)     ? "!"
               : finding->allowed != NULL ? "a"
               : finding->is_known        ? "k"
                                          : "·");
    if (finding->step >= 0) {
        write_place(rehearsal, finding->step, &line);
        buf_putc(&line, ' ');
    }
    buf_printf(&line, "%s", finding->code);
    if (finding->relation != NULL)
        buf_printf(&line, " %s", finding->relation);
    buf_printf(out, "%s: %s\n", buf_str(&line),
               finding->allowed != NULL ? finding->allowed : finding->text);
    buf_deinit(&line);
}

static void
put_findings(const struct rehearsal *rehearsal, int most, struct buf *out)
{
    int n = rehearsal->nfindings < most ? rehearsal->nfindings : most;
    for (int i = 0; i < n; i++)
        put_finding(rehearsal, &rehearsal->findings[i], out);
    put_more(out, rehearsal->nfindings - n);
}

static void
put_keys(const struct violation *v, struct buf *out)
{
    buf_printf(out, "  %s: ", v->key);
    for (int i = 0; i < v->nkeys && i < MOST_KEYS; i++)
        buf_printf(out, "%s%s", i > 0 ? "; " : "", v->keys[i]);
    buf_puts(out, v->rows > MOST_KEYS ? "; …\n" : "\n");
}

static void
put_violation(const struct rehearsal *rehearsal, const struct violation *v, struct buf *out)
{
    buf_puts(out, "violated at ");
    write_place(rehearsal, v->step, out);
    if (v->rows >= 0)
        buf_printf(out, ": %lld of %lld %s", (long long)v->rows, (long long)v->of, v->what);
    else
        buf_printf(out, ": %s; not counted: %s", v->what, v->why);
    if (v->there >= 0)
        buf_printf(out, "; at the source %lld", (long long)v->there);
    else if (v->high >= 0)
        buf_printf(out, "; there %.0f to %.0f", v->low, v->high);
    if (v->past != NULL)
        buf_printf(out, "; then %s", v->past);
    buf_putc(out, '\n');
    if (v->nkeys > 0)
        put_keys(v, out);
    if (v->sql != NULL)
        buf_printf(out, "  at the source: %s\n", v->sql);
}

/* Those of no step are findings of their own. */
static void
put_violations(const struct rehearsal *rehearsal, int most, struct buf *out)
{
    int n = 0;
    for (int i = 0; i < rehearsal->nviolations; i++)
        if (rehearsal->violations[i].step >= 0 && n++ < most)
            put_violation(rehearsal, &rehearsal->violations[i], out);
    put_more(out, n - most);
}

static int
by_length(const void *a, const void *b)
{
    const struct felt *x = a, *y = b;
    return (x->ms < y->ms) - (x->ms > y->ms);
}

static void
put_felt(const struct rehearsal *rehearsal, int most, struct buf *out)
{
    if (rehearsal->nfelt == 0)
        return;
    struct arena arena = { 0 };
    struct felt *felt = ARENA_ARRAY(&arena, struct felt, rehearsal->nfelt);
    for (int i = 0; i < rehearsal->nfelt; i++)
        felt[i] = rehearsal->felt[i];
    qsort(felt, (size_t)rehearsal->nfelt, sizeof *felt, by_length);
    buf_puts(out, "users would have waited, on this machine:\n");
    for (int i = 0; i < rehearsal->nfelt && i < most; i++) {
        buf_printf(out, "  %-7s of %s: %s, for ", felt[i].is_write ? "writers" : "readers",
                   felt[i].table, amount_ms(&arena, felt[i].ms));
        write_place(rehearsal, felt[i].step, out);
        buf_putc(out, '\n');
    }
    put_more(out, rehearsal->nfelt - most);
    arena_deinit(&arena);
}

struct weighed {
    int step;
    double weight;
};

static int
by_weight(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;
    return (x->weight < y->weight) - (x->weight > y->weight);
}

static int
by_step(const void *a, const void *b)
{
    return ((const struct weighed *)a)->step - ((const struct weighed *)b)->step;
}

static void
put_step(const struct rehearsal *rehearsal, int number, struct buf *out)
{
    struct arena arena = { 0 };
    struct buf line = { 0 };
    const struct step *step = &rehearsal->record.steps[number];
    const struct hold *hold = rehearsal_strongest(rehearsal, number);
    buf_puts(&line, "  ");
    write_place(rehearsal, number, &line);
    const struct record *full = &rehearsal->there.record;
    buf_printf(&line, " %s ", amount_ms(&arena, step->took_ms));
    if (number < full->nsteps)
        buf_printf(&line, "(%s there) ", amount_ms(&arena, full->steps[number].took_ms));
    write_cut(step->text, 44, &line);
    if (hold != NULL && hold->mode > LOCK_ROW_SHARE)
        buf_printf(&line, " | %s %s%s", lock_mode_name(hold->mode), hold->name,
                   step->is_exact ? "" : " (sampled)");
    size_t before = line.len;
    buf_puts(&line, " | ");
    write_doing(rehearsal, number, &line);
    if (line.len == before + 3)
        buf_cut(&line, before);
    struct forecast there;
    if (full->nsteps == 0 && step->took_ms >= WORTH_MS &&
        rehearsal_forecast(rehearsal, number, &there))
        buf_printf(&line, " | there %s to %s on this machine", amount_ms(&arena, there.from_ms),
                   amount_ms(&arena, there.to_ms));
    put_line(out, &line);
    buf_deinit(&line);
    arena_deinit(&arena);
}

/* The heaviest, in the order in which they ran. */
static void
put_steps(const struct rehearsal *rehearsal, int most, struct buf *out)
{
    const struct record *record = &rehearsal->record;
    struct arena arena = { 0 };
    struct weighed *steps = ARENA_ARRAY(&arena, struct weighed, record->nsteps + 1);
    for (int i = 0; i < record->nsteps; i++) {
        const struct hold *hold = rehearsal_strongest(rehearsal, i);
        steps[i] = (struct weighed){ i, record->steps[i].took_ms +
                                            (hold != NULL ? 10.0 * hold->mode : 0) };
    }
    if (record->nsteps > 0)
        qsort(steps, (size_t)record->nsteps, sizeof *steps, by_weight);
    int n = record->nsteps < most ? record->nsteps : most;
    if (n > 0)
        qsort(steps, (size_t)n, sizeof *steps, by_step);
    buf_printf(out, "statements%s:\n", n < record->nsteps ? ", the heaviest" : "");
    for (int i = 0; i < n; i++)
        put_step(rehearsal, steps[i].step, out);
    put_more(out, record->nsteps - n);
    arena_deinit(&arena);
}

static void
put_left(const struct rehearsal *rehearsal, int most, struct buf *out)
{
    int made = 0, gone = 0, other = 0;
    for (int i = 0; i < rehearsal->nchanges; i++) {
        const struct change *change = &rehearsal->changes[i];
        made += change->before == NULL;
        gone += change->after == NULL;
        other += change->before != NULL && change->after != NULL;
    }
    if (rehearsal->has_schema)
        buf_printf(out, "schema: %d objects made, %d dropped, %d changed\n", made, gone, other);
    for (int i = 0; i < rehearsal->nlosses && i < most; i++) {
        const struct loss *loss = &rehearsal->losses[i];
        buf_printf(out, "lost: %s%s%s %lld of %lld\n", loss->table, loss->column != NULL ? "." : "",
                   loss->column != NULL ? loss->column : "",
                   (long long)(loss->before - loss->after), (long long)loss->before);
    }
    put_more(out, rehearsal->nlosses - most);
}

static void
put_unknown(const struct rehearsal *rehearsal, struct buf *out)
{
    int sampled = 0;
    for (int i = 0; i < rehearsal->record.nsteps; i++)
        sampled += !rehearsal->record.steps[i].is_exact;
    if (sampled > 0)
        buf_printf(out, "sampled: %d statement%s by itself; its locks were seen every 5 ms\n",
                   sampled, sampled == 1 ? " commits" : "s commit");
    struct arena arena = { 0 };
    if (rehearsal->there.was_run)
        buf_printf(out, "there: on as many rows as production has, on this machine: %s in all\n",
                   amount_ms(&arena, rehearsal->there.record.took_ms));
    arena_deinit(&arena);
    if (rehearsal->kept != NULL)
        buf_printf(out, "kept: %s\n", rehearsal->kept);
    if (rehearsal->is_file)
        buf_puts(out, "not known: locks, rewrites and waits, of which SQLite says nothing\n");
    if (!rehearsal->has_manifest)
        buf_puts(
            out,
            "not known: production's sizes, of which no manifest tells: they are the copy's\n");
    if (rehearsal->plans_of != NULL && strcmp(rehearsal->plans_of, "copy") == 0)
        buf_puts(out, "not known: production's plans: these are the copy's\n");
    if (!rehearsal->has_schema)
        buf_puts(out, "not known: what it left of the schema, without pg_dump of this release\n");
    if (rehearsal->record.lost > 0)
        buf_printf(out, "not known: %d looks failed, and what they would have shown is missing\n",
                   rehearsal->record.lost);
}

static void
put_all(const struct rehearsal *rehearsal, const struct room *room, struct buf *out)
{
    write_verdict(rehearsal, out);
    buf_putc(out, '\n');
    put_findings(rehearsal, room->findings, out);
    put_violations(rehearsal, room->violations, out);
    put_felt(rehearsal, room->felt, out);
    put_steps(rehearsal, room->steps, out);
    put_left(rehearsal, room->left, out);
    put_unknown(rehearsal, out);
}

static int
count_lines(const char *text)
{
    int n = 0;
    for (; *text != '\0'; text++)
        n += *text == '\n';
    return n;
}

void
write_text(const struct rehearsal *rehearsal, struct buf *out)
{
    size_t begin = out->len;
    put_all(rehearsal, &usual, out);
    if (count_lines(buf_str(out) + begin) <= MOST_LINES)
        return;
    buf_cut(out, begin);
    put_all(rehearsal, &least, out);
}
