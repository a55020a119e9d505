/* SPDX-License-Identifier: PostgreSQL */
/* Times and sizes as people read them; in an arena. */
#ifndef REHEARSE_AMOUNT_H
#define REHEARSE_AMOUNT_H

#include "base/mem.h"

const char *amount_ms(struct arena *arena, double ms);       /* "0.3 ms", "12 ms", "4.2 s" */
const char *amount_bytes(struct arena *arena, double bytes); /* "512 kB", "3.4 GB": powers of ten */

#endif
