/* SPDX-License-Identifier: PostgreSQL */
/*
 * A YAML file as a tree in which every node knows where it stands. What would be a trap in a file
 * that people review is an error: duplicate keys, anchors, aliases, tags, a second document.
 * Scalars are texts; ${VAR}, ${VAR:-default} and ${VAR?message} are replaced in them.
 */
#ifndef RULES_YAML_H
#define RULES_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum yaml_kind { YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    const char *text; /* of YAML_TEXT */
    const char *key;  /* in its map, or NULL */
    int line, column; /* from 1, of the node */
    int key_line, key_column;
    struct yaml_node *items, *next; /* of a list or map, in the order of the file */
};

/* The text of a file, and where errors point to. */
struct yaml_source {
    const char *name; /* as messages show it */
    const char *text;
    size_t len;
    bool is_secret; /* messages do not show its lines */
};

/* Reads a plain file of text; its text lives in `arena`. */
bool yaml_read(const char *path, struct arena *arena, struct yaml_source *out,
               struct decant_error *err);

/* The root node, a map; an empty file is an empty one. In `arena`. */
bool yaml_parse(const struct yaml_source *source, struct arena *arena, struct yaml_node **out,
                struct decant_error *err);

/* Fails with "FILE:LINE:COLUMN: message" and, unless it is secret, the line itself as context.
 * Returns false. */
bool yaml_error(const struct yaml_source *source, int line, int column, struct decant_error *err,
                const char *fmt, ...) PRINTF(5, 6);

#endif
