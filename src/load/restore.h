/* SPDX-License-Identifier: PostgreSQL */
/*
 * The schema of a PostgreSQL copy: pg_dump -s -Fc of the source within the snapshot, then
 * pg_restore of one section before the rows and one after them, from a list that leaves out what
 * has no place in a copy. (pg_dump --section on the source would need rights on sequences.)
 */
#ifndef LOAD_RESTORE_H
#define LOAD_RESTORE_H

#include "load/sink.h"
#include "pg/tool.h"

struct restore {
    const struct sink_env *env;
    struct pg_tools tools;
    int archive_fd, list_fd; /* files in memory; -1: none */
    int nmissing;
    const char *missing_extensions[64]; /* in env->arena; what depends on them may fail */
    bool has_failed;                    /* something was not restored, and noted */
    char reason[256];                   /* the first one for that which may be shown, or empty */
};

void restore_init(struct restore *restore, const struct sink_env *env);
void restore_deinit(struct restore *restore);

/* Dumps the source's schema and prepares the list for `target`, noting what it leaves out. */
bool restore_dump(struct restore *restore, struct pg_conn *target, struct decant_error *err);

enum restore_section { RESTORE_PRE_DATA, RESTORE_POST_DATA };

/* Objects that the server refuses are noted. False when nothing could be done at all. */
bool restore_section(struct restore *restore, struct pg_conn *target, enum restore_section section,
                     struct decant_error *err);

/* Says that the tools are older than the source, where they are. */
void restore_hint_versions(const struct restore *restore, struct decant_error *err);

/* Splits a line of pg_restore -l, "215; 1259 16402 FK CONSTRAINT public orders name owner", behind
 * the numbers; NULL when it is a comment or no entry. (Fuzzed.) */
const char *restore_entry(const char *line);

#endif
