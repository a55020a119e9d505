/* SPDX-License-Identifier: PostgreSQL */
/* For programs: all of it. The version changes when a member changes its meaning or goes. */
#include "base/json.h"
#include "rehearse/write.h"

#include <string.h>

enum { VERSION = 1 };

static void
begin(struct buf *out, const char *name, char bracket)
{
    char last = out->len > 0 ? out->data[out->len - 1] : '{';
    if (last != '{' && last != '[')
        buf_putc(out, ',');
    if (name != NULL) {
        json_string(out, name, strlen(name));
        buf_putc(out, ':');
    }
    buf_putc(out, bracket);
}

static void
put_bool(struct buf *out, const char *name, bool value)
{
    begin(out, name, ' ');
    buf_puts(out, value ? "true" : "false");
}

static void
put_milliseconds(struct buf *out, const char *name, double value)
{
    begin(out, name, ' ');
    buf_printf(out, "%.3f", value);
}

static void
put_text(struct buf *out, const char *name, const char *value)
{
    if (value != NULL && value[0] != '\0')
        json_member_string(out, name, value);
}

static void
put_count(struct buf *out, const char *name, int64_t value)
{
    if (value >= 0)
        json_member_int(out, name, value);
}

static void
put_lock(struct buf *out, const struct hold *hold)
{
    const char kind[] = { hold->kind, '\0' };
    begin(out, NULL, '{');
    json_member_string(out, "relation", hold->name);
    json_member_string(out, "kind", kind);
    json_member_string(out, "mode", lock_mode_name(hold->mode));
    put_milliseconds(out, "from_ms", hold->from_ms);
    put_milliseconds(out, "to_ms", hold->to_ms);
    put_bool(out, "exact", hold->is_exact);
    if (hold->waited_ms > 0)
        put_milliseconds(out, "waited_ms", hold->waited_ms);
    buf_putc(out, '}');
}

static void
put_effect(struct buf *out, const struct effect *effect)
{
    const char kind[] = { effect->relkind, '\0' };
    begin(out, NULL, '{');
    json_member_string(out, "effect", write_effect_names[effect->kind]);
    json_member_string(out, "relation", effect->name);
    json_member_string(out, "kind", kind);
    if (effect->kind >= EFFECT_SCAN)
        json_member_int(out, "rows", effect->rows);
    put_bool(out, "exact", effect->is_exact);
    buf_putc(out, '}');
}

static void
put_error(struct buf *out, const struct step *step)
{
    if (step->sqlstate[0] == '\0')
        return;
    begin(out, "error", '{');
    json_member_string(out, "sqlstate", step->sqlstate);
    json_member_string(out, "means", rehearsal_state(step->sqlstate));
    put_text(out, "schema", step->schema);
    put_text(out, "table", step->table);
    put_text(out, "column", step->column);
    put_text(out, "constraint", step->constraint);
    put_text(out, "type", step->datatype);
    buf_putc(out, '}');
}

/* What follows for production where what was written or read grows with the table. */
static void
put_forecast(const struct rehearsal *rehearsal, int number, struct buf *out)
{
    struct forecast there;
    if (!rehearsal_forecast(rehearsal, number, &there))
        return;
    begin(out, "production", '{');
    json_member_int(out, "rows_read_or_changed", (int64_t)there.rows);
    if (there.bytes > 0)
        json_member_int(out, "bytes_written_anew", (int64_t)there.bytes);
    put_count(out, "wal_bytes", (int64_t)there.wal_bytes);
    put_milliseconds(out, "from_ms", there.from_ms);
    put_milliseconds(out, "to_ms", there.to_ms);
    buf_putc(out, '}');
}

static void
put_step(const struct rehearsal *rehearsal, int number, struct buf *out)
{
    const struct record *record = &rehearsal->record;
    const struct step *step = &record->steps[number];
    begin(out, NULL, '{');
    json_member_int(out, "number", number + 1);
    json_member_int(out, "session", step->session + 1);
    json_member_int(out, "transaction", step->transaction + 1);
    json_member_string(out, "text", step->text);
    put_text(out, "file", step->file);
    put_count(out, "line", step->line > 0 ? step->line : -1);
    put_text(out, "tag", step->tag);
    put_milliseconds(out, "from_ms", step->from_ms);
    put_milliseconds(out, "took_ms", step->took_ms);
    put_bool(out, "exact", step->is_exact);
    put_count(out, "wal_bytes", step->wal_bytes);
    put_count(out, "transaction_temp_bytes", step->temp_bytes);
    put_count(out, "rows", step->rows);
    put_count(out, "lock_timeout_ms", step->lock_timeout_ms);
    put_count(out, "statement_timeout_ms", step->statement_timeout_ms);
    put_error(out, step);
    put_forecast(rehearsal, number, out);
    if (number < rehearsal->there.record.nsteps)
        put_milliseconds(out, "on_production_rows_ms",
                         rehearsal->there.record.steps[number].took_ms);
    begin(out, "locks", '[');
    for (int i = 0; i < record->nholds; i++)
        if (record->holds[i].step == number)
            put_lock(out, &record->holds[i]);
    buf_putc(out, ']');
    begin(out, "effects", '[');
    for (int i = 0; i < record->neffects; i++)
        if (record->effects[i].step == number)
            put_effect(out, &record->effects[i]);
    buf_puts(out, "]}");
}

static void
put_finding(const struct rehearsal *rehearsal, const struct finding *finding, struct buf *out)
{
    begin(out, NULL, '{');
    json_member_string(out, "id", finding->id);
    json_member_string(out, "code", finding->code);
    json_member_string(out, "severity", finding->severity == SEVERITY_BREACH ? "breach" : "note");
    put_bool(out, "open", write_is_open(finding));
    if (finding->step >= 0) {
        const struct step *step = rehearsal_step(rehearsal, finding->step);
        json_member_int(out, "statement", finding->step + 1);
        put_text(out, "file", step->file);
        put_count(out, "line", step->line > 0 ? step->line : -1);
    }
    put_text(out, "relation", finding->relation);
    json_member_string(out, "text", finding->text);
    put_text(out, "allowed", finding->allowed);
    buf_putc(out, '}');
}

static void
put_violation(const struct violation *v, struct buf *out)
{
    begin(out, NULL, '{');
    put_count(out, "statement", v->step >= 0 ? v->step + 1 : -1);
    json_member_string(out, "what", v->what);
    put_text(out, "table", v->table);
    put_count(out, "rows", v->rows);
    put_count(out, "of", v->rows >= 0 ? v->of : -1);
    put_text(out, "not_counted", v->rows < 0 ? v->why : NULL);
    if (v->high >= 0) {
        json_member_double(out, "production_low", v->low);
        json_member_double(out, "production_high", v->high);
    }
    put_count(out, "production", v->there);
    put_text(out, "sql", v->sql);
    put_text(out, "key", v->key);
    if (v->key != NULL) {
        begin(out, "keys", '[');
        for (int i = 0; i < v->nkeys; i++) {
            buf_puts(out, i > 0 ? "," : "");
            json_string(out, v->keys[i], strlen(v->keys[i]));
        }
        buf_putc(out, ']');
    }
    put_text(out, "went_on", v->past);
    buf_putc(out, '}');
}

/* What failed beyond the first failure: nobody looked at its locks. */
static void
put_beyond(const struct rehearsal *rehearsal, struct buf *out)
{
    begin(out, "beyond", '[');
    for (int i = 0; i < rehearsal->beyond.nsteps; i++) {
        const struct step *step = &rehearsal->beyond.steps[i];
        begin(out, NULL, '{');
        json_member_int(out, "number", rehearsal->record.nsteps + i + 1);
        json_member_string(out, "text", step->text);
        put_text(out, "file", step->file);
        put_count(out, "line", step->line > 0 ? step->line : -1);
        put_error(out, step);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

static void
put_left(const struct rehearsal *rehearsal, struct buf *out)
{
    begin(out, "left", '{');
    begin(out, "schema", '[');
    for (int i = 0; i < rehearsal->nchanges; i++) {
        const struct change *change = &rehearsal->changes[i];
        begin(out, NULL, '{');
        json_member_string(out, "type", change->type);
        json_member_string(out, "name", change->name);
        json_member_string(out, "before", change->before);
        json_member_string(out, "after", change->after);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    begin(out, "lost", '[');
    for (int i = 0; i < rehearsal->nlosses; i++) {
        const struct loss *loss = &rehearsal->losses[i];
        begin(out, NULL, '{');
        json_member_string(out, "table", loss->table);
        json_member_string(out, "column", loss->column);
        json_member_int(out, "before", loss->before);
        json_member_int(out, "after", loss->after);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
    begin(out, "unfinished", '[');
    for (int i = 0; i < rehearsal->nleftovers; i++) {
        begin(out, NULL, '{');
        json_member_string(out, "what", write_leftover_names[rehearsal->leftovers[i].kind]);
        json_member_string(out, "name", rehearsal->leftovers[i].name);
        json_member_string(out, "table", rehearsal->leftovers[i].table);
        buf_putc(out, '}');
    }
    buf_puts(out, "]}");
}

static void
put_felt(const struct rehearsal *rehearsal, struct buf *out)
{
    begin(out, "waits", '[');
    for (int i = 0; i < rehearsal->nfelt; i++) {
        const struct felt *felt = &rehearsal->felt[i];
        begin(out, NULL, '{');
        json_member_string(out, "table", felt->table);
        json_member_string(out, "who", felt->is_write ? "writers" : "readers");
        put_milliseconds(out, "ms", felt->ms);
        put_bool(out, "probed", felt->is_probed);
        json_member_int(out, "statement", felt->step + 1);
        buf_putc(out, '}');
    }
    buf_putc(out, ']');
}

void
write_json(const struct rehearsal *rehearsal, struct buf *out)
{
    buf_putc(out, '{');
    json_member_int(out, "version", VERSION);
    json_member_string(out, "verdict", rehearsal_verdict(rehearsal));
    json_member_string(out, "copy", rehearsal->copy);
    put_text(out, "server", rehearsal->server);
    put_text(out, "ran", rehearsal->what);
    put_text(out, "kept", rehearsal->kept);
    json_member_int(out, "status", rehearsal->status);
    put_milliseconds(out, "took_ms", rehearsal->record.took_ms);
    json_member_int(out, "lost_looks", rehearsal->record.lost);
    put_bool(out, "knows_production", rehearsal->has_manifest);
    put_text(out, "plans_of", rehearsal->plans_of);
    begin(out, "findings", '[');
    for (int i = 0; i < rehearsal->nfindings; i++)
        put_finding(rehearsal, &rehearsal->findings[i], out);
    buf_putc(out, ']');
    begin(out, "violations", '[');
    for (int i = 0; i < rehearsal->nviolations; i++)
        put_violation(&rehearsal->violations[i], out);
    buf_putc(out, ']');
    put_felt(rehearsal, out);
    put_left(rehearsal, out);
    begin(out, "statements", '[');
    for (int i = 0; i < rehearsal->record.nsteps; i++)
        put_step(rehearsal, i, out);
    buf_putc(out, ']');
    put_beyond(rehearsal, out);
    buf_puts(out, "}\n");
}
