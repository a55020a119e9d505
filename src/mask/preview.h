/* SPDX-License-Identifier: PostgreSQL */
/* Fakes without originals, for people to look at. */
#ifndef MASK_PREVIEW_H
#define MASK_PREVIEW_H

#include "mask/masking.h"

/* Appends what the column's mask makes of a made-up original, the `number`th; fakes of one number
 * are of one person. Of several rules the last, which has no condition. False: it makes none. */
bool preview_fake(const struct column_mask *column, int number, struct buf *out);

#endif
