/* SPDX-License-Identifier: PostgreSQL */
/* In the place of src/mask/tf_email.c: a transformer that was patched to do nothing. A run with it
 * must fail before anything is published. */
#include "mask/functions.h"

APPLY(email_apply)
{
    buf_add(cell->out, cell->data, cell->len);
    return MASK_DONE;
}

double
email_bits(const struct mask *mask)
{
    (void)mask;
    return 70;
}

int
email_longest(const struct mask *mask)
{
    (void)mask;
    return 45;
}

int
email_shortest(const struct mask *mask)
{
    (void)mask;
    return 16;
}
