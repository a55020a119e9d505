/* SPDX-License-Identifier: PostgreSQL */
#include "propose/stale.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "mask/names.h"

enum { MOST_CUTS = 32 };

/* What becomes of a line. */
struct line {
    const char *text;
    size_t len;
    int indent;   /* columns before its first character; -1: blank, or a comment */
    bool is_gone; /* with all that stands deeper below it */
    int ncuts;    /* else: items of a list in brackets, or of names before a colon */
    struct cut {
        size_t begin, end;           /* with the comma that goes with it */
        size_t name_begin, name_end; /* what is told of it */
    } cuts[MOST_CUTS];
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

/* Behind the quoted text at `at`, where one is; else `at`. */
static size_t
skip_quoted(const struct line *line, size_t at)
{
    char quote = line->text[at];
    if (quote != '"' && quote != '\'')
        return at;
    for (at++; at < line->len && line->text[at] != quote; at++)
        at += quote == '"' && line->text[at] == '\\';
    return at < line->len ? at + 1 : line->len;
}

/* How many brackets are open before `at`. */
static int
depth_at(const struct line *line, size_t at)
{
    int depth = 0;
    for (size_t i = 0; i < at && i < line->len;) {
        char c = line->text[i];
        size_t next = skip_quoted(line, i);
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        i = next > i ? next : i + 1;
    }
    return depth;
}

/* Where the item at `begin` ends: at a comma, a colon of its own (with `names`), or a bracket. */
static size_t
end_of_item(const struct line *line, size_t begin, bool names)
{
    int depth = 0;
    for (size_t i = begin; i < line->len;) {
        char c = line->text[i];
        size_t next = skip_quoted(line, i);
        if (depth == 0 && (c == ',' || c == ']' || c == '}' || (names && c == ':')))
            return i;
        depth += (c == '[' || c == '{') - (c == ']' || c == '}');
        i = next > i ? next : i + 1;
    }
    return line->len;
}

static void
cut(struct line *line, size_t begin, size_t end)
{
    if (line->ncuts == MOST_CUTS)
        return; /* the next update takes it */
    struct cut *out = &line->cuts[line->ncuts++];
    *out = (struct cut){ begin, end, begin, end };
    while (out->name_end > begin && strchr(" '\"", line->text[out->name_end - 1]) != NULL)
        out->name_end--;
    while (out->name_begin < out->name_end && strchr(" '\"", line->text[begin]) != NULL &&
           out->name_begin == begin)
        out->name_begin++;
    if (end < line->len && line->text[end] == ',')
        out->end += 1 + strspn(line->text + end + 1, " ");
    else
        while (out->begin > 0 && strchr(" ,", line->text[out->begin - 1]) != NULL)
            out->begin--;
}

/* What stands at a place: an item of a list in brackets, or a line with all below it. */
static void
mark(struct line *lines, int nlines, int number, int column)
{
    if (number < 1 || number > nlines)
        return;
    struct line *line = &lines[number - 1];
    size_t at = utf8_prefix(line->text, line->len, (size_t)(column - 1));
    if (depth_at(line, at) == 0)
        line->is_gone = true;
    else
        cut(line, at, end_of_item(line, at, false));
}

/* The name of a list before a colon; a list of which nothing is left goes with its line. */
static void
mark_name(struct line *line, size_t at, const char *name)
{
    size_t len = strlen(name), colon = at;
    for (size_t begin = at, end; begin < line->len; begin = end + 1) {
        begin += strspn(line->text + begin, " ");
        end = colon = end_of_item(line, begin, true);
        size_t from = begin + (strchr("'\"", line->text[begin]) != NULL);
        if (from + len <= end && memcmp(line->text + from, name, len) == 0 &&
            strchr(",:'\" ", line->text[from + len]) != NULL)
            cut(line, begin, end);
        if (end >= line->len || line->text[end] != ',')
            break;
    }
    size_t left = colon - at;
    for (int i = 0; i < line->ncuts; i++)
        left -= line->cuts[i].name_end - line->cuts[i].name_begin;
    for (size_t i = at; i < colon; i++)
        left -= strchr(" ,'\"", line->text[i]) != NULL;
    line->is_gone |= left == 0;
}

static void
mark_tables(const struct plan *plan, const struct rules_table *tables, int n, struct line *lines,
            int nlines)
{
    for (int i = 0; i < n; i++)
        if (!has_table(plan, tables[i].pattern))
            mark(lines, nlines, tables[i].mark.line, tables[i].mark.column);
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
            mark(lines, nlines, s->keys[i].mark.line, s->keys[i].mark.column);
    for (int i = 0; i < s->nreferences; i++)
        if (!has_reference(plan, &s->references[i]))
            mark(lines, nlines, s->references[i].mark.line, s->references[i].mark.column);
    for (int i = 0; i < s->nstrata; i++)
        if (!has_columns(plan, s->strata[i].pattern, s->strata[i].columns, s->strata[i].ncolumns,
                         NULL))
            mark(lines, nlines, s->strata[i].mark.line, s->strata[i].mark.column);
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
        struct line *l = &lines[number - 1];
        size_t at = utf8_prefix(l->text, l->len, (size_t)(line->place.column - 1));
        size_t end = end_of_item(l, at, true);
        if (depth_at(l, at) == 0 && end < l->len && l->text[end] == ',')
            mark_name(l, at, line->name);
        else
            mark(lines, nlines, number, line->place.column);
    }
    for (size_t i = 0; i < rules->columns.nentities; i++) {
        const struct rules_entity *entity = &rules->columns.entities[i];
        if (entity->place.source == &rules->source && !has_table(plan, entity->table))
            mark(lines, nlines, entity->place.line, entity->place.column);
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

static int
by_place(const void *a, const void *b)
{
    const struct cut *x = a, *y = b;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

/* "a, b, c: keep" without b, "[a, b]" without a. */
static void
put_without(struct line *line, struct buf *out)
{
    size_t at = 0;
    qsort(line->cuts, (size_t)line->ncuts, sizeof *line->cuts, by_place);
    for (int i = 0; i < line->ncuts; i++) {
        const struct cut *gone = &line->cuts[i];
        if (gone->begin > at)
            buf_add(out, line->text + at, gone->begin - at);
        at = gone->end > at ? gone->end : at;
    }
    /* the last of those that stay has no comma behind it */
    while (out->len > 0 && line->cuts[line->ncuts - 1].end < line->len &&
           strchr(":]}", line->text[line->cuts[line->ncuts - 1].end]) != NULL &&
           strchr(", ", out->data[out->len - 1]) != NULL)
        buf_cut(out, out->len - 1);
    buf_add(out, line->text + at, line->len - at);
    bool has_comment = memmem(line->text, line->len, " #", 2) != NULL;
    buf_printf(out, "%s gone: ", has_comment ? ";" : "  #");
    for (int i = 0; i < line->ncuts; i++) {
        const struct cut *gone = &line->cuts[i];
        buf_printf(out, "%s%.*s", i > 0 ? ", " : "", (int)(gone->name_end - gone->name_begin),
                   line->text + gone->name_begin);
    }
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
        changed += lines[i].is_gone ? 1 : lines[i].ncuts;
    mark_empty_keys(lines, n);
    for (int i = 0; i < n; i++) {
        struct line *line = &lines[i];
        bool is_below = below >= 0 && line->indent > below;
        if (line->indent >= 0 && !is_below)
            below = line->is_gone ? line->indent : -1;
        if (line->indent >= 0 && (is_below || line->is_gone)) {
            buf_puts(out, "# gone: ");
            buf_add(out, line->text, line->len);
            buf_putc(out, '\n');
        } else if (line->ncuts > 0) {
            put_without(line, out);
        } else {
            buf_add(out, line->text, line->len);
            buf_putc(out, '\n');
        }
    }
    free(lines);
    return changed;
}
