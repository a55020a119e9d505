/* SPDX-License-Identifier: PostgreSQL */
/* The three masks of the benchmarks: one by the person, one by the value, one of free text. */
#ifndef BENCH_MASKS_H
#define BENCH_MASKS_H

static const char bench_rules[] = "columns:\n"
                                  "  public.big_orders:\n"
                                  "    name: full_name\n"
                                  "    email: email\n"
                                  "    note: text\n"
                                  "    attributes, coupon: keep\n";

#endif
