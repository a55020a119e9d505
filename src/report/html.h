/* SPDX-License-Identifier: PostgreSQL */
/* Text in HTML and SVG. */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "base/buf.h"

/* Appends a text with the characters of HTML escaped; NULL adds nothing. */
void html_text(const char *text, struct buf *out);

#endif
