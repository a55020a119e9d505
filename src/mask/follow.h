/* SPDX-License-Identifier: PostgreSQL */
/* References of `virtual` that are no plain columns: paths into JSON, and ids beside a type. No
 * class of columns has them, so what the rules say of them must be what they say of the key. */
#ifndef MASK_FOLLOW_H
#define MASK_FOLLOW_H

#include "mask/masking.h"

/* Once masks are made. DECANT_USAGE (E224) with the place of a reference whose fakes would not be
 * those of the key that it leads to. */
bool follow_check(const struct masking *masking, struct decant_error *err);

#endif
