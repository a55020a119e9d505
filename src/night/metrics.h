/* SPDX-License-Identifier: PostgreSQL */
/* What a monitor scrapes: a textfile of Prometheus' node_exporter, whose names follow OpenMetrics.
 * https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef NIGHT_METRICS_H
#define NIGHT_METRICS_H

#include "night/journal.h"

void metrics_put(const struct journal *journal, const char *target, struct buf *out);

/* Writes them beside `path` and renames them into place, so that nobody reads half of them. */
bool metrics_write(const char *path, const struct journal *journal, const char *target,
                   struct decant_error *err);

#endif
