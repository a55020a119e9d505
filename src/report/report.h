/* SPDX-License-Identifier: PostgreSQL */
/*
 * What a manifest says, for people (text, Markdown, one HTML page) and for programs (JSON). The
 * HTML page needs nothing but itself: no network, no script, a Content-Security-Policy that allows
 * neither.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "sqlite/db.h"

enum report_format { REPORT_TEXT, REPORT_MARKDOWN, REPORT_JSON, REPORT_HTML, REPORT_FORMATS };

/* The number of a format by its name, or -1. */
int report_format(const char *name);

/* Appends the verdict: one line that says whether the copy may be used, and what is not known. */
bool report_verdict(struct db *manifest, struct buf *out, struct decant_error *err);

/* Makes the tables of what differs from the copy before, which are no part of the manifest and are
 * empty: since(name, before, after, came, went, changed) and since_changes(kind, name, was, now),
 * as diff/diff.h has them. What is put into them is in the report. */
bool report_since(struct db *manifest, struct decant_error *err);

/* `copy` is what the report is about; with `absolute` the source's own numbers of rows are shown.
 */
bool report_write(struct db *manifest, enum report_format format, const char *copy, bool absolute,
                  struct buf *out, struct decant_error *err);

#endif
