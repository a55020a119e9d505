/* SPDX-License-Identifier: PostgreSQL */
/* Pictures as SVG, each with a title that says what is to be seen. */
#ifndef REPORT_CHARTS_H
#define REPORT_CHARTS_H

#include "sqlite/db.h"

/* Rows of each table by why they are there. */
bool chart_columns(struct db *manifest, struct buf *out, struct decant_error *err);
bool chart_timeline(struct db *manifest, struct buf *out, struct decant_error *err);
bool chart_origins(struct db *manifest, struct buf *out, struct decant_error *err);

/* Tables and references, owners to the left of what they own. */
bool chart_map(struct db *manifest, struct buf *out, struct decant_error *err);

/* Distributions of both sides, the worst first. */
bool chart_distributions(struct db *manifest, struct buf *out, struct decant_error *err);

/* Shares of few values, and rows of one parent, on both sides. */
bool chart_shares(struct db *manifest, struct buf *out, struct decant_error *err);
bool chart_fanouts(struct db *manifest, struct buf *out, struct decant_error *err);

#endif
