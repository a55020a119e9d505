/* SPDX-License-Identifier: PostgreSQL */
/* What pg_dump and pg_restore write: their complaints, and the text of an archive. */
#ifndef LOAD_RESTORE_TEXT_H
#define LOAD_RESTORE_TEXT_H

#include "base/buf.h"

/* Appends the first line of a message without what is quoted in it, unless it is the name of an
 * object: servers quote values of rows. (Fuzzed.) */
void restore_clear_message(const char *text, struct buf *out);

/* Blanks the options of columns that no DDL can set, in an archive whose strings keep their
 * lengths. (Fuzzed.) */
void restore_drop_internal_options(char *archive, size_t len);

#endif
