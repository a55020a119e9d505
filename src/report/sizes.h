/* SPDX-License-Identifier: PostgreSQL */
/* How large production is, from the manifest of a copy, for linters of migrations. */
#ifndef REPORT_SIZES_H
#define REPORT_SIZES_H

#include "report/manifest.h"

/* Appends the rows and bytes of each table: as "json", or as "pgfence" reads them (--stats-file of
 * @flvmnt/pgfence 0.1.5), which leaves out tables that were never analyzed. False: there is no such
 * format. */
bool sizes_write(const struct manifest *manifest, const char *format, struct buf *out);

#endif
