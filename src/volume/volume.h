/* SPDX-License-Identifier: PostgreSQL */
/* How large the relations of a copy are to be so that the planner plans as production's does:
 * rows, pages and different values are production's, by the manifest; what the values are, and how
 * they are spread, stays the copy's. The planner takes rows for a density, times the pages of the
 * file as it finds them, and so the files must be as long, too: they get holes. */
#ifndef VOLUME_VOLUME_H
#define VOLUME_VOLUME_H

#include "base/map.h"
#include "pg/conn.h"
#include "report/manifest.h"
#include "volume/hole.h"

struct volume_size {
    double rows; /* below 0: not known */
    int64_t pages, visible;
};

struct volume_relation {
    unsigned oid, table; /* its own, or of an index and of what is out of line: its table's */
    unsigned file;       /* the number that it is stored under; 0: there is none */
    char kind;           /* pg_class.relkind */
    const char *schema, *relname;
    const char *name; /* as it is told */
    const char *path; /* below the data directory; NULL: there is none */
    struct volume_size is, wanted;
    const char *why_not; /* it does not get production's size; NULL: it does */
    bool has_options; /* of a table: somebody said when it, or what is out of line, is vacuumed */
    bool is_hollow;   /* of a table: it, or what belongs to it, becomes larger than it is */
};

struct volume_distinct {
    unsigned table;
    int column; /* attnum */
    double n;   /* as pg_stats.n_distinct */
};

struct volume {
    struct volume_relation *relations; /* tables, and behind each its indexes */
    struct volume_distinct *distincts;
    int nrelations, ndistincts;
    struct map by_oid;
    int64_t bytes, bytes_before; /* of all files, when it is as large, and as it was found */
};

/* What a database is, and is to be. With `before`, which was looked at in the same database before
 * a migration, what it has changed: a relation that was written again is larger by as much as it
 * became larger in the copy; an index that is new, as many times as its table. In `arena`; to be
 * freed with volume_deinit() also on failure. */
bool volume_look(struct pg_conn *conn, const struct manifest *manifest, const struct volume *before,
                 struct arena *arena, struct volume *out, struct decant_error *err);
void volume_deinit(struct volume *volume);

#endif
