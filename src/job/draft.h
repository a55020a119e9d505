/* SPDX-License-Identifier: PostgreSQL */
/* The rules that init writes, while they are made. */
#ifndef JOB_DRAFT_H
#define JOB_DRAFT_H

#include "job/pull.h"
#include "propose/propose.h"

#define DRAFT_PACKS "pii@1, secrets@1, payment@1, auth@1, rails@1, django@1, quiet@1"

enum { DRAFT_ROUNDS = 16 };

/* What init finds out. */
struct draft {
    struct pull *pull;
    struct proposal **proposals; /* by table of the plan and column */
    struct evidence **evidence;  /* likewise */
    struct outline outline;
    struct references references;
    int nolder; /* rules that are used no more, but that decisions refer to */
    struct rules *older[6 + DRAFT_ROUNDS];
    struct buf text;
    int guesses, refused, round;
    int added, gone; /* lines, by --update */
};

/* Writes draft->text: asks the source, chooses, proves the masks, and mends what cannot hold. With
 * --update it is the old file with new lines. The pull has its catalog. */
bool draft_write(struct draft *draft, struct decant_error *err);

void draft_deinit(struct draft *draft);

#endif
