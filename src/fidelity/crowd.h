/* SPDX-License-Identifier: PostgreSQL */
/*
 * How alone rows are: which share of them looks like no other, or like fewer than four others.
 *
 * Rows come as hashes of what a reader may know of them. At most CROWD_ROWS are remembered: once
 * there are more, only those whose hash ends in one more zero are, and of all alike either each or
 * none. So groups are a fair sample of all groups, and the shares are not bent by it.
 */
#ifndef FIDELITY_CROWD_H
#define FIDELITY_CROWD_H

#include <stddef.h>
#include <stdint.h>

enum { CROWD_ROWS = 1 << 18 };

/* One of zeros is empty and ready; 2 MiB at most. */
struct crowd {
    uint64_t *rows;
    size_t n;
    int64_t added;
    uint64_t mask; /* hashes are remembered that have none of its bits */
};

struct crowd_shares {
    int64_t rows;      /* that were added */
    double alone, few; /* shares of them: in a group of one, of less than five */
};

void crowd_add(struct crowd *crowd, uint64_t hash);

/* Sorts what was remembered; more may be added afterwards. */
struct crowd_shares crowd_count(struct crowd *crowd);

void crowd_deinit(struct crowd *crowd);

#endif
