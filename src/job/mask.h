/* SPDX-License-Identifier: PostgreSQL */
/* The masks of a job: decided, made and proved before a row is read. */
#ifndef JOB_MASK_H
#define JOB_MASK_H

#include "mask/masking.h"

struct job_masks {
    struct plan plan; /* with the keys of the source */
    struct sampling owners;
    struct masking masking;
    struct key_ring *ring;
    bool is_on;
    int ncolumns, nmasked, nkept, nnulled, nsafe; /* of all tables */
};

struct job_masks_env {
    struct pg_conn *conn; /* inside a transaction; NULL: nothing can be tried */
    const struct catalog *catalog;
    const struct statistics *statistics; /* NULL: nothing is known of rows */
    const struct rules *rules;
    const struct key *key; /* NULL: fakes that are thrown away */
    bool may_look;         /* at values of the source, to try masks on them */
    struct arena *arena;
    struct notes *notes;                                  /* gets what cannot be proved */
    void (*on_refused)(void *ctx, int table, int column); /* see mask/masking.h; may be NULL */
    void *refused_ctx;
};

/* Decides only: what nobody decided on is no error yet. */
bool job_masks_decide(const struct job_masks_env *env, struct job_masks *out,
                      struct decant_error *err);

/* Makes and proves the masks. */
bool job_masks_build(const struct job_masks_env *env, struct job_masks *out,
                     struct decant_error *err);
void job_masks_deinit(struct job_masks *masks);

#endif
