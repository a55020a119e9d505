/* SPDX-License-Identifier: PostgreSQL */
/* The report as one HTML page with pictures. */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "sqlite/db.h"

/* The style sheet, which the page's Content-Security-Policy allows by its SHA-256 (in base64). */
extern const char page_style[], page_style_hash[];

bool page_write(struct db *manifest, const char *copy, bool absolute, struct buf *out,
                struct decant_error *err);

#endif
