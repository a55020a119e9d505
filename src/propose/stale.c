/* SPDX-License-Identifier: PostgreSQL */
#include "propose/stale.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mask/names.h"

/* What becomes of a line. */
struct line {
    const char *text;
    size_t len;
    int indent;       /* columns before its first character; -1: blank, or a comment */
    bool is_gone;     /* with all that stands deeper below it */
    const char *name; /* of a list of columns: the one that is gone */
};

static int
split(const struct yaml_source *source, struct line **out)
{
    int n = 0;
    *out = NULL;
    for (const char *p = source->text, *end = p + source->len; p < end; n++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((newline != NULL ? newline : end) - p), indent = 0;
        while (indent < len && p[indent] == ' ')
            indent++;
        bool is_blank = indent == len || p[indent] == '#';
        *out = mem_grow(*out, (size_t)n, sizeof **out);
        (*out)[n] = (struct line){ .text = p, .len = len, .indent = is_blank ? -1 : (int)indent };
        p += len + 1;
    }
    return n;
}

static bool
has_table(const struct plan *plan, const struct pattern *pattern)
{
    return !pattern_is_exact(pattern) || plan_find(plan, pattern) >= 0;
}

static void
mark(struct line *lines, int nlines, int number)
{
    if (number >= 1 && number <= nlines)
        lines[number - 1].is_gone = true;
}

static void
mark_tables(const struct plan *plan, const struct rules_table *tables, int n, struct line *lines,
            int nlines)
{
    for (int i = 0; i < n; i++)
        if (!has_table(plan, tables[i].pattern))
            mark(lines, nlines, tables[i].mark.line);
}

static bool
has_key(const struct plan *plan, const struct rules_key *rule)
{
    int table = plan_find(plan, rule->pattern);
    for (int i = 0; table >= 0 && i < plan->nkeys; i++) {
        const struct plan_key *key = &plan->keys[i];
        if (key->child != plan->tables[table])
            continue;
        if (rule->constraint != NULL
                ? strcmp(rule->constraint, key->key->name) == 0
                : key->key->ncolumns == 1 &&
                      strcmp(rule->column, key->child->columns[key->child_columns[0]].name) == 0)
            return true;
    }
    return false;
}

static bool
has_columns(const struct plan *plan, const struct pattern *pattern, const char *const *columns,
            int n, const char *also)
{
    int table = plan_find(plan, pattern);
    bool has = table >= 0 && (also == NULL || table_column(plan->tables[table], also) >= 0);
    for (int i = 0; has && i < n; i++)
        has = table_column(plan->tables[table], columns[i]) >= 0;
    return has;
}

static bool
has_reference(const struct plan *plan, const struct rules_reference *r)
{
    bool has =
        has_columns(plan, r->table, (const char *const *)r->columns, r->ncolumns, r->type_column);
    for (int i = 0; has && i < r->nends; i++)
        has = has_columns(plan, r->ends[i].table, (const char *const *)r->ends[i].columns,
                          r->ends[i].ncolumns, NULL);
    return has;
}

static void
mark_sample(const struct rules *rules, const struct plan *plan, struct line *lines, int nlines)
{
    const struct rules_sample *s = &rules->sample;
    mark_tables(plan, s->roots, s->nroots, lines, nlines);
    mark_tables(plan, s->tables, s->ntables, lines, nlines);
    mark_tables(plan, s->also, s->nalso, lines, nlines);
    mark_tables(plan, s->whole, s->nwhole, lines, nlines);
    mark_tables(plan, s->schema_only, s->nschema_only, lines, nlines);
    for (int i = 0; i < s->nkeys; i++)
        if (!has_key(plan, &s->keys[i]))
            mark(lines, nlines, s->keys[i].mark.line);
    for (int i = 0; i < s->nreferences; i++)
        if (!has_reference(plan, &s->references[i]))
            mark(lines, nlines, s->references[i].mark.line);
    for (int i = 0; i < s->nstrata; i++)
        if (!has_columns(plan, s->strata[i].pattern, s->strata[i].columns, s->strata[i].ncolumns,
                         NULL))
            mark(lines, nlines, s->strata[i].mark.line);
}

static void
mark_columns(const struct rules *rules, const struct plan *plan, struct line *lines, int nlines)
{
    for (size_t i = 0; i < rules->columns.ncolumns; i++) {
        const struct rules_column *line = &rules->columns.columns[i];
        if (line->place.source != &rules->source || !names_is_stale(plan, line))
            continue;
        int number = line->place.line;
        if (number < 1 || number > nlines)
            continue;
        const struct line *l = &lines[number - 1];
        const char *comma = memchr(l->text, ',', l->len), *colon = memchr(l->text, ':', l->len);
        if (comma != NULL && colon != NULL && comma < colon)
            lines[number - 1].name = line->name;
        else
            lines[number - 1].is_gone = true;
    }
}

/* A key whose entries are all gone holds nothing. */
static void
mark_empty_keys(struct line *lines, int nlines)
{
    for (int i = nlines - 1; i >= 0; i--) {
        int entries = 0, gone = 0, indent = -1; /* of its entries: that of the first */
        for (int k = i + 1; lines[i].indent >= 0 && k < nlines &&
                            (lines[k].indent < 0 || lines[k].indent > lines[i].indent);
             k++) {
            indent = indent < 0 ? lines[k].indent : indent;
            bool is_entry = lines[k].indent >= 0 && lines[k].indent == indent;
            entries += is_entry;
            gone += is_entry && lines[k].is_gone;
        }
        if (entries > 0 && gone == entries)
            lines[i].is_gone = true;
    }
}

/* "a, b, c: keep" without b. */
static void
put_without(const struct line *line, struct buf *out)
{
    size_t n = strlen(line->name);
    for (size_t i = 0; i < line->len; i++) {
        bool begins = strncmp(line->text + i, line->name, n) == 0 &&
                      (i == 0 || strchr(" ,'\"", line->text[i - 1]) != NULL) && i + n < line->len &&
                      strchr(",:'\" ", line->text[i + n]) != NULL;
        if (!begins)
            continue;
        size_t end = i + n, begin = i;
        if (line->text[end] == ',')
            end += 1 + strspn(line->text + end + 1, " ");
        else
            while (begin > 0 && strchr(" ,", line->text[begin - 1]) != NULL)
                begin--;
        buf_add(out, line->text, begin);
        buf_add(out, line->text + end, line->len - end);
        bool has_comment = memmem(line->text, line->len, " #", 2) != NULL;
        buf_printf(out, "%s gone: %s\n", has_comment ? ";" : "  #", line->name);
        return;
    }
    buf_add(out, line->text, line->len);
    buf_putc(out, '\n');
}

int
stale_comment_out(const struct rules *rules, const struct plan *plan, struct buf *out)
{
    assert(rules != NULL);
    struct line *lines;
    int n = split(&rules->source, &lines), changed = 0, below = -1;
    mark_sample(rules, plan, lines, n);
    mark_columns(rules, plan, lines, n);
    for (int i = 0; i < n; i++)
        changed += lines[i].is_gone || lines[i].name != NULL;
    mark_empty_keys(lines, n);
    for (int i = 0; i < n; i++) {
        const struct line *line = &lines[i];
        bool is_below = below >= 0 && line->indent > below;
        if (line->indent >= 0 && !is_below)
            below = line->is_gone ? line->indent : -1;
        if (line->indent >= 0 && (is_below || line->is_gone)) {
            buf_puts(out, "# gone: ");
            buf_add(out, line->text, line->len);
            buf_putc(out, '\n');
        } else if (line->name != NULL) {
            put_without(line, out);
        } else {
            buf_add(out, line->text, line->len);
            buf_putc(out, '\n');
        }
    }
    free(lines);
    return changed;
}
