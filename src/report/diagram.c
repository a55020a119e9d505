/* SPDX-License-Identifier: PostgreSQL */
/* The map of tables: a column for each level of owners, each table beside the one that it follows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "report/charts.h"
#include "report/html.h"

enum { BOX_WIDTH = 190, BOX_HEIGHT = 34, GAP_X = 70, GAP_Y = 10, MOST_LINES = 150 };

struct node {
    const char *name, *about;
    int owner, level, row; /* owner: -1: none */
    bool is_placed;
};

struct line {
    int from, to; /* parent, child */
    const char *about;
    bool is_owner;
};

struct chart_map {
    struct arena arena;
    int nnodes, nlines, nlevels, nrows;
    struct node *nodes;
    struct line *lines;
    int *heights; /* rows by level */
};

static int
find(const struct chart_map *map, const char *name)
{
    for (int i = 0; i < map->nnodes; i++)
        if (strcmp(map->nodes[i].name, name) == 0)
            return i;
    return -1;
}

static bool
load_nodes(struct db *db, struct chart_map *map, struct decant_error *err)
{
    static const char sql[] =
        "SELECT name, role || printf(', %.3g %%', 100 * rate) FROM samples UNION ALL SELECT name,"
        " CASE WHEN rows < 0 THEN 'not in the copy' ELSE rows || ' rows' END FROM tables WHERE NOT "
        "EXISTS (SELECT 1 FROM samples) ORDER BY 1";
    int64_t n;
    if (!db_int(db, "SELECT (SELECT count(*) FROM samples) + (SELECT count(*) FROM tables)", &n,
                err))
        return false;
    map->nodes = ARENA_ARRAY(&map->arena, struct node, n + 1);
    map->heights = ARENA_ARRAY(&map->arena, int, n + 2);
    struct db_stmt *stmt = db_prepare(db, sql, err);
    int more = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (more = db_step(stmt, err)) > 0)
        map->nodes[map->nnodes++] =
            (struct node){ .name = arena_strdup(&map->arena, db_text(stmt, 0)),
                           .about = arena_strdup(&map->arena, db_text(stmt, 1)),
                           .owner = -1 };
    db_finalize(stmt);
    return more == 0;
}

static bool
load_lines(struct db *db, struct chart_map *map, struct decant_error *err)
{
    static const char sql[] =
        "SELECT child, parent, policy FROM policies UNION ALL SELECT child, parent, '' FROM"
        " foreign_keys WHERE NOT EXISTS (SELECT 1 FROM policies) ORDER BY 1, 2, 3";
    int64_t n;
    if (!db_int(db, "SELECT (SELECT count(*) FROM policies) + (SELECT count(*) FROM foreign_keys)",
                &n, err))
        return false;
    map->lines = ARENA_ARRAY(&map->arena, struct line, n + 1);
    struct db_stmt *stmt = db_prepare(db, sql, err);
    int more = stmt == NULL ? -1 : 0;
    while (stmt != NULL && (more = db_step(stmt, err)) > 0) {
        int child = find(map, db_text(stmt, 0)), parent = find(map, db_text(stmt, 1));
        const char *policy = db_text(stmt, 2);
        bool is_owner = strcmp(policy, "owner") == 0;
        if (child < 0 || parent < 0 || child == parent)
            continue;
        map->lines[map->nlines++] =
            (struct line){ parent, child, arena_strdup(&map->arena, policy), is_owner };
        if (is_owner)
            map->nodes[child].owner = parent;
    }
    db_finalize(stmt);
    return more == 0;
}

/* Places a table, and what it owns to its right, beginning at the same height. */
static void
place(struct chart_map *map, int number, int level)
{
    struct node *node = &map->nodes[number];
    int row = map->heights[level];
    if (node->is_placed)
        return;
    node->is_placed = true;
    node->level = level;
    if (node->owner >= 0 && map->nodes[node->owner].row > row)
        row = map->nodes[node->owner].row;
    node->row = row;
    map->heights[level] = row + 1;
    map->nrows = row + 1 > map->nrows ? row + 1 : map->nrows;
    map->nlevels = level + 1 > map->nlevels ? level + 1 : map->nlevels;
    for (int i = 0; i < map->nnodes; i++)
        if (map->nodes[i].owner == number)
            place(map, i, level + 1);
}

static void
put_line(const struct chart_map *map, const struct line *line, struct buf *out)
{
    const struct node *from = &map->nodes[line->from], *to = &map->nodes[line->to];
    int x1 = from->level * (BOX_WIDTH + GAP_X) + BOX_WIDTH, x2 = to->level * (BOX_WIDTH + GAP_X);
    int y1 = from->row * (BOX_HEIGHT + GAP_Y) + BOX_HEIGHT / 2;
    int y2 = to->row * (BOX_HEIGHT + GAP_Y) + BOX_HEIGHT / 2;
    int bend = GAP_X / 2;
    if (to->level <= from->level) /* back: from the child's right side */
        x2 += BOX_WIDTH, bend = GAP_X;
    buf_printf(out, "<path class=\"%s\" d=\"M%d %dC%d %d %d %d %d %d\"><title>",
               line->is_owner ? "own" : "ref", x1, y1, x1 + bend, y1,
               to->level <= from->level ? x2 + bend : x2 - bend, y2, x2, y2);
    html_text(to->name, out);
    buf_puts(out, " to ");
    html_text(from->name, out);
    buf_puts(out, line->about[0] != '\0' ? ": " : "");
    html_text(line->about, out);
    buf_puts(out, "</title></path>");
}

static void
put_box(const struct node *node, struct buf *out)
{
    int x = node->level * (BOX_WIDTH + GAP_X), y = node->row * (BOX_HEIGHT + GAP_Y);
    char name[128];
    const char *shown = strncmp(node->name, "public.", 7) == 0 ? node->name + 7 : node->name;
    size_t shorter = utf8_prefix(shown, strlen(shown), 27);
    snprintf(name, sizeof name, "%.*s%s", (int)shorter, shown,
             shown[shorter] != '\0' ? "\xE2\x80\xA6" : "");
    buf_printf(out,
               "<g><rect class=\"box\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"5\"/>"
               "<text class=\"name\" x=\"%d\" y=\"%d\">",
               x, y, BOX_WIDTH, BOX_HEIGHT, x + 8, y + 14);
    html_text(name, out);
    buf_printf(out, "</text><text x=\"%d\" y=\"%d\">", x + 8, y + 28);
    html_text(node->about, out);
    buf_puts(out, "</text><title>");
    html_text(node->name, out);
    buf_puts(out, "</title></g>");
}

static void
draw(struct chart_map *map, struct buf *out)
{
    bool with_all = map->nlines <= MOST_LINES;
    int width = map->nlevels * (BOX_WIDTH + GAP_X), height = map->nrows * (BOX_HEIGHT + GAP_Y);
    if (!with_all)
        buf_printf(out, "<p>Of %d references only those along owners are drawn.</p>\n",
                   map->nlines);
    buf_printf(out,
               "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Map of tables\">"
               "<svg class=\"map\" viewBox=\"-2 -2 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" "
               "aria-label=\""
               "%d tables and %d references\">",
               width + 4, height + 4, width, height, map->nnodes, map->nlines);
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < map->nlines; i++)
            if (map->lines[i].is_owner == (pass == 1) && (with_all || pass == 1))
                put_line(map, &map->lines[i], out);
    for (int i = 0; i < map->nnodes; i++)
        put_box(&map->nodes[i], out);
    buf_puts(out, "</svg></div>\n");
}

bool
chart_map(struct db *manifest, struct buf *out, struct decant_error *err)
{
    struct chart_map map = { 0 };
    bool ok = load_nodes(manifest, &map, err) && load_lines(manifest, &map, err);
    for (int pass = 0; ok && pass < 2; pass++) /* roots, then circles of owners if there are any */
        for (int i = 0; i < map.nnodes; i++)
            if (pass == 1 || map.nodes[i].owner < 0)
                place(&map, i, 0);
    if (ok && map.nnodes > 0)
        draw(&map, out);
    arena_deinit(&map.arena);
    return ok;
}
