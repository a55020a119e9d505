/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/write.h"

#include <assert.h>
#include <string.h>

#include "base/utf8.h"
#include "rehearse/amount.h"

static const struct {
    const char *name;
    void (*write)(const struct rehearsal *rehearsal, struct buf *out);
} formats[] = { { "text", write_text },   { "json", write_json },   { "md", write_markdown },
                { "sarif", write_sarif }, { "junit", write_junit }, { "html", write_html } };

const char *const write_effect_names[EFFECT_KINDS] = {
    [EFFECT_REWRITE] = "rewrite", [EFFECT_REBUILD] = "rebuild", [EFFECT_NEW_FILE] = "new file",
    [EFFECT_CREATE] = "create",   [EFFECT_DROP] = "drop",       [EFFECT_SCAN] = "scan",
    [EFFECT_INSERT] = "insert",   [EFFECT_UPDATE] = "update",   [EFFECT_DELETE] = "delete",
};

const char *const write_leftover_names[LEFT_KINDS] = {
    [LEFT_INVALID_INDEX] = "invalid index",
    [LEFT_NOT_VALIDATED] = "constraint not validated",
    [LEFT_KEY_WITHOUT_INDEX] = "foreign key without an index",
};

bool
rehearsal_has_format(const char *format)
{
    assert(format != NULL);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0)
            return true;
    return false;
}

bool
rehearsal_write(const struct rehearsal *rehearsal, const char *format, struct buf *out)
{
    assert(rehearsal != NULL && format != NULL && out != NULL);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (strcmp(formats[i].name, format) == 0) {
            formats[i].write(rehearsal, out);
            return true;
        }
    return false;
}

bool
write_is_open(const struct finding *finding)
{
    assert(finding != NULL);
    return finding->severity == SEVERITY_BREACH && finding->allowed == NULL && !finding->is_known;
}

void
write_verdict(const struct rehearsal *rehearsal, struct buf *out)
{
    struct arena arena = { 0 };
    const struct record *record = &rehearsal->record;
    int open = 0;
    for (int i = 0; i < rehearsal->nfindings; i++)
        open += write_is_open(&rehearsal->findings[i]);
    buf_printf(out, "%s: ", rehearsal_verdict(rehearsal));
    if (open > 0)
        buf_printf(out, "%d finding%s an answer; ", open, open == 1 ? " needs" : "s need");
    else
        buf_puts(out, "no finding needs an answer; ");
    buf_printf(out, "%d statement%s in %s on a clone of %s", record->nsteps,
               record->nsteps == 1 ? "" : "s", amount_ms(&arena, record->took_ms), rehearsal->copy);
    if (rehearsal->server != NULL)
        buf_printf(out, " (%s)", rehearsal->server);
    arena_deinit(&arena);
}

void
write_place(const struct rehearsal *rehearsal, int step, struct buf *out)
{
    const struct step *at = rehearsal_step(rehearsal, step);
    if (at->file != NULL)
        buf_printf(out, "%s:%d", at->file, at->line);
    else
        buf_printf(out, "#%d", step + 1);
}

void
write_cut(const char *text, size_t most, struct buf *out)
{
    assert(text != NULL && most > 1);
    size_t shown = 0, at = 0;
    for (; text[at] != '\0' && shown < most; shown++)
        for (at++; ((unsigned char)text[at] & 0xC0) == 0x80;)
            at++;
    bool is_cut = text[at] != '\0';
    while (is_cut && at > 0 && ((unsigned char)text[--at] & 0xC0) == 0x80)
        ; /* the last character makes room for the sign */
    buf_add(out, text, at);
    buf_puts(out, is_cut ? "…" : "");
}

/* ---- what a step does */

static void
put_doing(struct buf *out, const char *word, const char *name)
{
    buf_printf(out, "%s%s %s", out->len > 0 ? ", " : "", word, name);
}

static bool
rewrites(const struct rehearsal *rehearsal, int step)
{
    for (int i = 0; i < rehearsal->record.neffects; i++)
        if (rehearsal->record.effects[i].step == step &&
            rehearsal->record.effects[i].kind == EFFECT_REWRITE)
            return true;
    return false;
}

static void
put_effect(const struct rehearsal *rehearsal, const struct effect *effect, bool is_rewrite,
           struct buf *out)
{
    static const char *const words[EFFECT_KINDS] = {
        [EFFECT_REWRITE] = "rewrites", [EFFECT_REBUILD] = "rebuilds", [EFFECT_NEW_FILE] = "empties",
        [EFFECT_CREATE] = "makes",     [EFFECT_DROP] = "drops",       [EFFECT_SCAN] = "reads",
        [EFFECT_INSERT] = "inserts",   [EFFECT_UPDATE] = "updates",   [EFFECT_DELETE] = "deletes",
    };
    const struct relation *known = relations_named(rehearsal->before, effect->name);
    double rows = known != NULL && known->rows > 0 ? known->rows : 0;
    bool is_part =
        (is_rewrite && (effect->kind == EFFECT_REBUILD || effect->kind == EFFECT_SCAN)) ||
        (effect->kind == EFFECT_NEW_FILE && effect->relkind == 'i');
    if (is_part || (effect->kind == EFFECT_SCAN && (rows == 0 || (double)effect->rows < rows)))
        return; /* a rewrite means that, too; or only a part is read */
    put_doing(out, words[effect->kind], effect->name);
    if (effect->kind >= EFFECT_INSERT)
        buf_printf(out, " (%lld rows)", (long long)effect->rows);
}

void
write_doing(const struct rehearsal *rehearsal, int step, struct buf *out)
{
    assert(rehearsal != NULL && out != NULL);
    struct buf doing = { 0 };
    bool is_rewrite = rewrites(rehearsal, step);
    for (int i = 0; i < rehearsal->record.neffects; i++)
        if (rehearsal->record.effects[i].step == step)
            put_effect(rehearsal, &rehearsal->record.effects[i], is_rewrite, &doing);
    int64_t temporary = rehearsal->record.steps[step].temp_bytes;
    if (temporary > 0) {
        struct arena arena = { 0 };
        buf_printf(&doing, "%s%s of temporary files", doing.len > 0 ? ", " : "",
                   amount_bytes(&arena, temporary));
        arena_deinit(&arena);
    }
    buf_puts(out, buf_str(&doing));
    buf_deinit(&doing);
}
