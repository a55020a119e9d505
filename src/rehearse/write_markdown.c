/* SPDX-License-Identifier: PostgreSQL */
/* For a comment on a pull request, which a bot finds again by its first line. A comment of GitHub
 * has at most 65,536 characters; GitLab's more. */
#include "rehearse/amount.h"
#include "rehearse/write.h"

enum { MOST = 60000, MOST_TEXT = 120, MOST_KEYS = 5, WIDTH = 160 };

static const char marker[] = "<!-- decant rehearse -->\n";

/* In a table a bar would end the cell, and a line's end the row. */
static void
put_cell(const char *text, struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '\\' || *text == '`' || *text == '*' || *text == '_' ||
            *text == '<' || *text == '[')
            buf_putc(out, '\\');
        buf_putc(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    }
}

static void
put_findings(const struct rehearsal *rehearsal, struct buf *out)
{
    if (rehearsal->nfindings == 0)
        return;
    buf_puts(out, "| | where | finding | |\n|---|---|---|---|\n");
    for (int i = 0; i < rehearsal->nfindings && out->len < MOST / 2; i++) {
        const struct finding *finding = &rehearsal->findings[i];
        struct buf where = { 0 };
        if (finding->step >= 0)
            write_place(rehearsal, finding->step, &where);
        buf_printf(out, "| %s | ",
                   write_is_open(finding)     ? "❌"
                   : finding->allowed != NULL ? "✅ allowed"
                   : finding->is_known        ? "known"
                                              : "ℹ️");
        put_cell(buf_str(&where), out);
        buf_printf(out, " | %s | ", finding->code);
        put_cell(finding->relation != NULL ? finding->relation : "", out);
        buf_puts(out, finding->relation != NULL ? ": " : "");
        put_cell(finding->allowed != NULL ? finding->allowed : finding->text, out);
        buf_puts(out, " |\n");
        buf_deinit(&where);
    }
    buf_putc(out, '\n');
}

static void
put_violations(const struct rehearsal *rehearsal, struct buf *out)
{
    for (int i = 0; i < rehearsal->nviolations && out->len < MOST * 2 / 3; i++) {
        const struct violation *v = &rehearsal->violations[i];
        if (v->step < 0)
            continue; /* it is a finding of its own */
        if (v->rows >= 0)
            buf_printf(out, "**%lld of %lld** ", (long long)v->rows, (long long)v->of);
        put_cell(v->what, out);
        if (v->high >= 0)
            buf_printf(out, " (in production %.0f to %.0f)", v->low, v->high);
        for (int k = 0; k < v->nkeys && k < MOST_KEYS; k++) {
            buf_printf(out, "%s", k > 0 ? "; " : ", ");
            buf_puts(out, k == 0 ? v->key : "");
            buf_puts(out, k == 0 ? ": " : "");
            put_cell(v->keys[k], out);
        }
        buf_puts(out, v->nkeys > 0 && v->rows > MOST_KEYS ? "; …\n\n" : "\n\n");
        if (v->sql != NULL)
            buf_printf(out, "```sql\n%s\n```\n\n", v->sql);
    }
}

static void
put_felt(const struct rehearsal *rehearsal, struct buf *out)
{
    struct arena arena = { 0 };
    if (rehearsal->nfelt > 0)
        buf_puts(out, "| table | who waits | at most, on this machine |\n|---|---|---:|\n");
    for (int i = 0; i < rehearsal->nfelt && out->len < MOST * 3 / 4; i++) {
        const struct felt *felt = &rehearsal->felt[i];
        buf_puts(out, "| ");
        put_cell(felt->table, out);
        buf_printf(out, " | %s | %s |\n", felt->is_write ? "writers" : "readers",
                   amount_ms(&arena, felt->ms));
    }
    buf_putc(out, '\n');
    arena_deinit(&arena);
}

static void
put_step(const struct rehearsal *rehearsal, int number, struct arena *arena, struct buf *out)
{
    const struct step *step = &rehearsal->record.steps[number];
    const struct hold *hold = rehearsal_strongest(rehearsal, number);
    struct buf text = { 0 }, doing = { 0 };
    buf_puts(out, "| ");
    write_place(rehearsal, number, &text);
    put_cell(buf_str(&text), out);
    buf_reset(&text);
    write_cut(step->text, MOST_TEXT, &text);
    write_doing(rehearsal, number, &doing);
    buf_printf(out, " | %s | ", amount_ms(arena, step->took_ms));
    put_cell(buf_str(&text), out);
    buf_puts(out, " | ");
    if (hold != NULL) {
        buf_printf(out, "%s ", lock_mode_name(hold->mode));
        put_cell(hold->name, out);
        buf_puts(out, step->is_exact ? "" : " (sampled)");
    }
    buf_puts(out, " | ");
    put_cell(buf_str(&doing), out);
    buf_puts(out, " |\n");
    buf_deinit(&text);
    buf_deinit(&doing);
}

void
write_markdown(const struct rehearsal *rehearsal, struct buf *out)
{
    struct arena arena = { 0 };
    const struct record *record = &rehearsal->record;
    int i = 0;
    buf_puts(out, marker);
    buf_puts(out, "### Rehearsal: ");
    write_verdict(rehearsal, out);
    buf_puts(out, "\n\n");
    put_findings(rehearsal, out);
    put_violations(rehearsal, out);
    put_felt(rehearsal, out);
    buf_printf(out,
               "<details><summary>%d statements</summary>\n\n"
               "| where | time | statement | strongest lock | does |\n|---|---:|---|---|---|\n",
               record->nsteps);
    for (; i < record->nsteps && out->len < MOST - 1000; i++)
        put_step(rehearsal, i, &arena, out);
    buf_puts(out, "\n");
    if (i < record->nsteps)
        buf_printf(out, "… and %d more, in the JSON\n\n", record->nsteps - i);
    buf_puts(out, "</details>\n");
    arena_deinit(&arena);
}
