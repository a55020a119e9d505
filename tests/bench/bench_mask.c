/* SPDX-License-Identifier: PostgreSQL */
/* Prints what masks cost, each against a yardstick of the same run: typed transformers against one
 * SipHash-128 of 32 bytes, texts in MB/s beside the rate at which this core copies memory.
 * usage: bench_mask (lines "NAME VALUE") */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/fake.h"

enum { VALUES = 200000, TEXTS = 20000, TEXT_BYTES = 300 };

static double
now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static volatile uint64_t sink; /* so that no compiler leaves the work out */

static double
siphash_ns(void)
{
    unsigned char key[16] = "sixteen bytes of", data[32] = "thirty-two bytes of a value here",
                  out[16];
    double begun = now();
    for (int i = 0; i < 2000000; i++) {
        memcpy(data, &i, sizeof i);
        crypto_shorthash_siphashx24(out, data, sizeof data, key);
        sink += out[0];
    }
    return (now() - begun) / 2000000 * 1e9;
}

static double
memcpy_rate(void)
{
    enum { BYTES = 8 << 20 };
    char *from = mem_alloc(BYTES), *to = mem_alloc(BYTES);
    memset(from, 'x', BYTES);
    double begun = now();
    for (int i = 0; i < 100; i++) {
        memcpy(to, from, BYTES);
        sink += (uint64_t)to[i];
    }
    double rate = 100.0 * BYTES / (now() - begun) / 1e6;
    free(from);
    free(to);
    return rate;
}

/* Originals are made before the clock runs. */
static double
mask_ns(const char *rule, const char *form)
{
    struct faker f;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, rule, "text", 0, false);
    char(*texts)[64] = mem_alloc(VALUES * sizeof *texts);
    struct buf out = { 0 };
    for (unsigned long long i = 0; i < VALUES; i++)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(texts[i], sizeof *texts, form, i % 250, i);
#pragma GCC diagnostic pop
    double begun = now();
    for (uint64_t i = 0; i < VALUES; i++) {
        struct mask_seeds seeds = { { i, ~i }, { i, ~i }, { i, ~i } };
        struct mask_value value = { .kind = KIND_TEXT,
                                    .data = texts[i],
                                    .len = strlen(texts[i]),
                                    .out = &out,
                                    .work = &f.work };
        out.len = 0;
        mask_cell(mask, &seeds, &value);
        sink += out.len;
    }
    double ns = (now() - begun) / VALUES * 1e9;
    buf_deinit(&out);
    free(texts);
    faker_deinit(&f);
    return ns;
}

static double
integer_ns(void)
{
    struct faker f;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, "int", "integer", 0, false);
    struct buf out = { 0 };
    double begun = now();
    for (int64_t i = 0; i < VALUES; i++) {
        struct mask_value value = {
            .kind = KIND_INTEGER, .integer = i * 7, .out = &out, .work = &f.work
        };
        mask_cell(mask, NULL, &value);
        sink += (uint64_t)value.out_integer;
    }
    double ns = (now() - begun) / VALUES * 1e9;
    faker_deinit(&f);
    return ns;
}

/* Tickets: prose with an address or a number now and then. */
static double
text_rate(const char *rule)
{
    struct faker f;
    faker_init(&f, "");
    const struct mask *mask = faker_mask(&f, rule, "text", 0, false);
    char(*texts)[TEXT_BYTES + 1] = mem_alloc(TEXTS * sizeof *texts);
    struct buf out = { 0 };
    static const char prose[] =
        "The customer called about a parcel that did not arrive; the driver says "
        "nobody was there, and the neighbour knows nothing about it. ";
    for (int i = 0; i < TEXTS; i++) {
        int n = i % 4 == 0   ? sprintf(texts[i], "Write to user%d@corp.test please. ", i)
                : i % 4 == 1 ? sprintf(texts[i], "Call +1 212 %07d before noon. ", i)
                             : 0;
        while (n < TEXT_BYTES) {
            int part =
                TEXT_BYTES - n < (int)sizeof prose - 1 ? TEXT_BYTES - n : (int)sizeof prose - 1;
            memcpy(texts[i] + n, prose, (size_t)part);
            n += part;
        }
    }
    double begun = now();
    for (int round = 0; round < 5; round++)
        for (int i = 0; i < TEXTS; i++) {
            struct mask_value value = {
                .kind = KIND_TEXT, .data = texts[i], .len = TEXT_BYTES, .out = &out, .work = &f.work
            };
            out.len = 0;
            mask_cell(mask, NULL, &value);
            sink += out.len;
        }
    double rate = 5.0 * TEXTS * TEXT_BYTES / (now() - begun) / 1e6;
    buf_deinit(&out);
    free(texts);
    faker_deinit(&f);
    return rate;
}

int
main(void)
{
    static const struct {
        const char *rule, *form, *name;
    } typed[] = {
        { "email", "user%llu.%llu@corp.test", "email" },
        { "username", "user_%llu_%llu", "username" },
        { "first_name", "Name%llu%llu", "first_name" },
        { "full_name", "Name Other%llu%llu", "full_name" },
        { "address_line", "%llu Main St %llu", "address_line" },
        { "city", "Town%llu%llu", "city" },
        { "postal_code", "12%03llu", "postal_code" },
        { "phone", "+1 212 %03llu%04llu", "phone" },
        { "ip", "8.8.8.%llu", "ip" },
        { "mac", "00:1b:44:11:3a:%02llx", "mac" },
        { "url", "https://www.site%llu.test/%llu", "url" },
        { "card", "4111%06llu%06llu", "card" },
        { "iban", "DE89%09llu%09llu", "iban" },
        { "{use: national_id, format: us_ssn}", "123-45-%04llu", "national_id" },
        { "token", "token%09llu%09llu", "token" },
        { "secret", "x%llu%llu", "secret" },
    };
    static const struct {
        const char *rule, *form, *name;
    } permuted[] = {
        { "digits", "%06llu%06llu", "digits" },
        { "pattern", "SO-%03llu-%06llu", "pattern" },
        { "by_shape", "ab-%03llu-%06llu", "by_shape" },
        { "uuid", "6ba7b810-9dad-41d1-%04llu-%012llu", "uuid" },
        { "{use: phone, unique: true}", "+1 212 %03llu%04llu", "phone-unique" },
    };
    double worst_typed = 0, worst_permuted = 0;
    if (sodium_init() < 0)
        return 1;
    double siphash = siphash_ns();
    fprintf(stderr, "SipHash-128 of 32 bytes: %.1f ns\n", siphash);
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        double ratio = mask_ns(typed[i].rule, typed[i].form) / siphash;
        fprintf(stderr, "  %-14s %5.1f\n", typed[i].name, ratio);
        worst_typed = ratio > worst_typed ? ratio : worst_typed;
    }
    for (size_t i = 0; i < sizeof permuted / sizeof *permuted; i++) {
        double ratio = mask_ns(permuted[i].rule, permuted[i].form) / siphash;
        fprintf(stderr, "  %-14s %5.1f\n", permuted[i].name, ratio);
        worst_permuted = ratio > worst_permuted ? ratio : worst_permuted;
    }
    double integers = integer_ns() / siphash;
    fprintf(stderr, "  %-14s %5.1f\n", "int", integers);
    worst_permuted = integers > worst_permuted ? integers : worst_permuted;
    printf("mask-typed %.2f\nmask-permuted %.2f\n", worst_typed, worst_permuted);
    printf("text-regenerate %.0f\n", text_rate("text"));
    printf(
        "text-scrub %.0f\n",
        text_rate(
            "{use: text, mode: scrub, find: {email: email, phone: phone, card: card, ipv4: ip}}"));
    printf("memcpy %.0f\n", memcpy_rate());
    return 0;
}
