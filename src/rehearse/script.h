/* SPDX-License-Identifier: PostgreSQL */
/* Files of statements, read and looked through before the first is run. */
#ifndef REHEARSE_SCRIPT_H
#define REHEARSE_SCRIPT_H

#include <decant/decant.h>

#include "pg/conn.h"
#include "pg/statement.h"

/* Reads all of them into `texts`, one each, which are the caller's also on failure. DECANT_USAGE
 * where one cannot be read or has commands of psql. */
bool script_read(const struct decant_words *files, struct buf *texts, struct decant_error *err);

/* Is it a COPY ... FROM STDIN? Its rows are the lines behind it, until one says \. */
bool script_is_copy(const struct statement *statement);

/* Those rows, and the reading goes on behind them; false: they do not end. */
bool script_next_rows(struct statements *statements, const char **rows, size_t *len);

/* Runs a statement that was read from `all`, with the rows behind it where it is a COPY. */
bool script_run(struct pg_conn *conn, struct statements *all, const struct statement *statement,
                struct decant_error *err);

#endif
