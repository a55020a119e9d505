/* SPDX-License-Identifier: PostgreSQL */
/* What a rehearsal says, in the forms that people and programs read. No value of a row is in any of
 * them. */
#ifndef REHEARSE_WRITE_H
#define REHEARSE_WRITE_H

#include "base/buf.h"
#include "rehearse/rehearsal.h"

/* Appends it as "text", "json", "md", "sarif", "junit" or "html"; false: there is no such form. */
bool rehearsal_write(const struct rehearsal *rehearsal, const char *format, struct buf *out);
bool rehearsal_has_format(const char *format);

/* ---- shared by the forms */

/* One form each. */
void write_text(const struct rehearsal *rehearsal, struct buf *out);
void write_json(const struct rehearsal *rehearsal, struct buf *out);
void write_markdown(const struct rehearsal *rehearsal, struct buf *out);
void write_sarif(const struct rehearsal *rehearsal, struct buf *out);
void write_junit(const struct rehearsal *rehearsal, struct buf *out);
void write_html(const struct rehearsal *rehearsal, struct buf *out);

/* "breached: 2 findings need an answer; 13 statements in 115 ms on a clone of shop" */
void write_verdict(const struct rehearsal *rehearsal, struct buf *out);

/* "m.sql:5", or "#5" of a command's statements, counted from 1. */
void write_place(const struct rehearsal *rehearsal, int step, struct buf *out);

/* What a step did, in a few words: "rewrites public.t, builds 3 indexes anew". */
void write_doing(const struct rehearsal *rehearsal, int step, struct buf *out);

/* The text, at most `most` characters. */
void write_cut(const char *text, size_t most, struct buf *out);

/* Does the finding need an answer: a breach that nothing accepts? */
bool write_is_open(const struct finding *finding);

extern const char *const write_effect_names[EFFECT_KINDS]; /* "rewrite" */
extern const char *const write_leftover_names[LEFT_KINDS]; /* "invalid index" */

#endif
