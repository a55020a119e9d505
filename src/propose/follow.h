/* SPDX-License-Identifier: PostgreSQL */
/* Members of documents, and ids beside a type, get the mask of the key that they lead to. */
#ifndef PROPOSE_FOLLOW_H
#define PROPOSE_FOLLOW_H

#include "mask/masking.h"
#include "propose/columns.h"
#include "propose/references.h"

/* Writes the masks of keys into the proposals of what refers to them; once more whenever a key's
 * changed. Ends that no mask can follow are taken out of `references`; returns their number.
 * `masking` has the classes of columns, `proposals` are by its tables and their columns. */
int propose_follow(const struct masking *masking, struct references *references,
                   struct proposal *const *proposals, struct arena *arena);

/* Appends the mask as it stands in the file, with its paths. */
void propose_put_mask(const struct proposal *proposal, struct buf *out);

#endif
