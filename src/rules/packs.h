/* SPDX-License-Identifier: PostgreSQL */
/* The packs of rules that are shipped inside the program: the files rules/NAME.yaml, embedded when
 * it is built. A pack that changes gets another version, so that an upgrade never changes masks in
 * silence. */
#ifndef RULES_PACKS_H
#define RULES_PACKS_H

struct pack {
    const char *name; /* "pii@1" */
    const char *text;
};

extern const struct pack packs[];
extern const int npacks;

#endif
