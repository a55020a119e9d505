/* SPDX-License-Identifier: PostgreSQL */
/*
 * Where text is written: a file, or a folder of files, one for each section. It is built in a
 * folder that nobody else can enter, beside the file or in the folder, compared with what a
 * database made of it writes, and put in place; a file that is there and has the same bytes is not
 * touched.
 */
#ifndef TEXT_FILES_H
#define TEXT_FILES_H

#include <stdio.h>

#include "text/target.h"

/* The SQL of a kind of database. */
struct text_dialect {
    const char *name;        /* "SQLite" */
    const char *head, *foot; /* of each file: settings, and what undoes them */
};

struct text_files {
    const struct text_dialect *dialect;
    bool is_folder;
    bool is_private;    /* nobody but its owner may read it */
    const char *target; /* without a slash at its end; "-": it is only read */
    char *build;        /* the folder where it is built */
    int build_fd;       /* holds its lock; -1: none */
    char **names;       /* of the files in it */
    int nnames;
    FILE *now;        /* the last of them */
    bool is_compared; /* what is written was there already, and must be the same */
    int at;           /* of the files, while they are compared */
};

/* `target` with a slash at its end, or a folder that is there, becomes a folder. The
 * caller has the target's lock: what killed runs left goes. `run` is letters and digits. */
bool text_files_open(const char *target, const char *run, bool overwrites,
                     const struct text_dialect *dialect, struct text_files *out,
                     struct decant_error *err);

/* Begins a section: of a table, whose name is `schema` and `table` (either may be NULL). */
bool text_files_begin(struct text_files *files, enum text_section section, const char *schema,
                      const char *table, struct decant_error *err);
bool text_files_put(struct text_files *files, const char *data, size_t len,
                    struct decant_error *err);
bool text_files_end(struct text_files *files, struct decant_error *err); /* of all sections */

/* From here on what is written is compared with what is there: DECANT_CHECK where it differs. */
void text_files_compare(struct text_files *files);

/* The path of a built file; on the heap. */
char *text_files_path(const struct text_files *files, int i);

/* Appends all that was built. */
bool text_files_read(const struct text_files *files, struct buf *out, struct decant_error *err);

/* Puts them in place. *changed of them were not there, or were others. */
bool text_files_publish(struct text_files *files, int *changed, struct decant_error *err);

/* Removes what was not published. */
void text_files_close(struct text_files *files);

#endif
