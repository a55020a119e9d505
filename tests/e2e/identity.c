/* SPDX-License-Identifier: PostgreSQL */
/* In the place of src/transform/email.c: a transformer that was patched to do nothing. A run with
 * it must fail before anything is published. */
#include "transform/transform.h"

APPLY(identity_apply)
{
    buf_add(cell->out, cell->data, cell->len);
    return MASK_DONE;
}

static double
identity_bits(const struct mask *mask)
{
    (void)mask;
    return 70;
}

const struct transformer transform_email = {
    .name = "email",
    .summary = "nothing",
    .accepts = KIND_TEXT,
    .seed = SEED_VALUE,
    .need = NEED_VALUE,
    .tells = TELLS_WHO,
    .gives = GIVES_RANDOM | GIVES_RESERVED,
    .apply = identity_apply,
    .bits = identity_bits,
};
