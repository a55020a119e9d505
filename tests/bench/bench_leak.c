/* SPDX-License-Identifier: PostgreSQL */
/* Cells that a core searches in a second: a million originals, and a mix of what columns hold. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "leak/leak.h"

enum { ORIGINALS = 1000000, CELLS = 2000000 };

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Half codes, a fifth addresses, a fifth names, a tenth texts of 110 characters. */
static int
make_cell(int i, char out[200])
{
    switch (i % 10) {
    case 0:
        return snprintf(out, 200,
                        "the parcel was left with the neighbour on floor %d, who has rung"
                        " twice at the door of number %d again",
                        i % 7, i % 300);
    case 1:
    case 2:
        return snprintf(out, 200, "mira.%d.kel@example.com", i);
    case 3:
    case 4:
        return snprintf(out, 200, "Mira%c Keller%c", 'a' + i % 26, 'a' + i / 26 % 26);
    default:
        return snprintf(out, 200, "state_%d", i % 12);
    }
}

int
main(void)
{
    struct rules_checks rules;
    struct decant_error err = { 0 };
    struct arena arena = { 0 };
    struct buf scratch = { 0 };
    const struct leak_column kept = { .object = "public.t.c" };
    const struct leak_finding *findings;
    char text[200];
    checks_init(&rules);
    struct originals *originals = originals_new(rules.leak_memory, rules.least_length, &err);
    double begun = now();
    for (int i = 0; i < ORIGINALS; i++) {
        int n = snprintf(text, sizeof text, "person.%d@corp.net", i);
        originals_add(originals, TELLS_WHO, text, (size_t)n, &scratch);
    }
    double added = now();
    struct leak *leak = leak_new(&rules, originals, &arena);
    for (int i = 0; i < CELLS; i++) {
        int n = make_cell(i, text);
        leak_look(leak, &kept, text, (size_t)n, NULL);
    }
    double looked = now();
    int n = leak_findings(leak, &findings);
    fprintf(stderr, "%.0f ns to remember an original; %d findings\n",
            (added - begun) / ORIGINALS * 1e9, n);
    printf("leak-cells %.0f\n", CELLS / (looked - added) / 1000);
    leak_free(leak);
    originals_free(originals);
    arena_deinit(&arena);
    buf_deinit(&scratch);
    return n != 0;
}
