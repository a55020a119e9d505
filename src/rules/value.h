/* SPDX-License-Identifier: PostgreSQL */
/* Reading a tree of YAML by tables of fields: each function takes a node, stores what it means, and
 * fails with the place where it stands. */
#ifndef RULES_VALUE_H
#define RULES_VALUE_H

#include <stdint.h>

#include "rules/yaml.h"

struct reader {
    const struct yaml_source *source;
    struct arena *arena;
    struct decant_error *err;
};

/* A key of a map. Without `read` it belongs to the language, but is refused. */
struct field {
    const char *name;
    bool (*read)(struct reader *reader, const struct yaml_node *node, void *out);
    void *out;
};

bool value_error(struct reader *reader, const struct yaml_node *node, const char *message);

/* Reads every key of a map; one that is not among `fields` is refused, with the nearest that is. An
 * empty value is an empty map. `what` names the map. */
bool value_fields(struct reader *reader, const struct yaml_node *node, const char *what,
                  const struct field *fields, int nfields);

bool value_is_map(struct reader *reader, const struct yaml_node *node);
bool value_text(struct reader *reader, const struct yaml_node *node, const char **out);
bool value_texts(struct reader *reader, const struct yaml_node *node, const char ***out, int *n);

/* "5%" or "0.05": above 0, to 1. */
bool value_share(struct reader *reader, const struct yaml_node *node, double *out);
bool value_count(struct reader *reader, const struct yaml_node *node, int64_t *out);

/* "2GiB", "500 MB", "4096". */
bool value_bytes(struct reader *reader, const struct yaml_node *node, int64_t *out);

/* One of a list of words; *out is its number. */
bool value_choice(struct reader *reader, const struct yaml_node *node, const char *what,
                  const char *const *words, int nwords, int *out);

/* A path beside the file that names it; in the arena. */
const char *value_beside(const struct reader *reader, const char *path);

/* A field that is looked at later: *(const struct yaml_node **)out. */
bool value_keep(struct reader *reader, const struct yaml_node *node, void *out);

/* The same as fields: `out` is a double, const char *, int64_t, int (at most a million), int64_t.
 */
bool value_read_rate(struct reader *reader, const struct yaml_node *node, void *out);
bool value_read_text(struct reader *reader, const struct yaml_node *node, void *out);
bool value_read_count(struct reader *reader, const struct yaml_node *node, void *out);
bool value_read_small(struct reader *reader, const struct yaml_node *node, void *out);
bool value_read_bytes(struct reader *reader, const struct yaml_node *node, void *out);

/* "2s", "500ms": `out` is an int, in milliseconds. */
bool value_read_duration(struct reader *reader, const struct yaml_node *node, void *out);

/* A name without its double quotes; in the arena. */
const char *value_unquote(struct arena *arena, const char *name);

#endif
