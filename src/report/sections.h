/* SPDX-License-Identifier: PostgreSQL */
/* The sections of a report: each is a query of the manifest whose columns are texts. */
#ifndef REPORT_SECTIONS_H
#define REPORT_SECTIONS_H

#include <stdbool.h>

struct section {
    const char *title, *about;
    const char
        *headers; /* of the columns, separated by '|'; one that begins with '>' is a number */
    const char *sql;
    bool only_absolute; /* shows production's own numbers */
    bool is_long;       /* for the page and for Markdown */
};

extern const struct section sections[];
extern const int nsections;

/* The lines with which every format begins; the first is the verdict. */
enum { HEADLINES = 5 };
extern const char *const headline_sql[HEADLINES];

#endif
