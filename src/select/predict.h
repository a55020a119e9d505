/* SPDX-License-Identifier: PostgreSQL */
/*
 * What a sample will hold, before a row is chosen. Sampled rows: rate * N, with a standard
 * deviation that takes the children of an owner as exponential: sqrt((1 - p) / (p * owners) * 2 /
 * q), q the share of owners that have any. Pulled parents: of those to which k rows refer, (1 - p)
 * * (1 - (1 - p')^k), p' the share of the referring rows that are in the copy, over the histogram
 * of k, which is counted; in rounds, because a pulled row refers to others.
 */
#ifndef SELECT_PREDICT_H
#define SELECT_PREDICT_H

#include "pg/conn.h"
#include "plan/sampling.h"

struct prediction {
    double rows; /* of the source, within the frame or not; the planner's estimate, below 0: none */
    double sampled, sd, pulled, completed;
};

/* Fills one per table. Foreign keys of more than `most_counted` rows are not counted: their parents
 * are taken as equally popular. 0: only sampled rows are predicted, and nothing is read. */
bool predict_sample(struct pg_conn *conn, const struct sampling *sampling, double most_counted,
                    struct prediction *out, struct decant_error *err);

#endif
