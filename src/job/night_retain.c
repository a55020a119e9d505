/* SPDX-License-Identifier: PostgreSQL */
#include "job/night.h"

bool
night_retain(struct night_run *run, struct pull *pull, struct decant_error *err)
{
    (void)run;
    (void)pull;
    (void)err;
    return true;
}
