/* SPDX-License-Identifier: PostgreSQL */
/* Rules for scripts/masked.sql: every column decided on. */
#ifndef MASKED_H
#define MASKED_H

#define MASKED_HEAD "version: 1\nlocale: en_US\n"

#define MASKED_ACCOUNTS                                                                            \
    "  public.accounts:\n"                                                                         \
    "    email: email\n"                                                                           \
    "    name: full_name\n"                                                                        \
    "    phone: phone\n"                                                                           \
    "    born: birth_date\n"                                                                       \
    "    status: keep\n"                                                                           \
    "    token: token\n"                                                                           \
    "    settings: {use: json, paths: {\"$.mail\": email, \"$.theme\": keep}}\n"                   \
    "    aliases: by_shape\n"

#define MASKED_MESSAGES "  public.messages: {subject: text, body: text}\n"
#define MASKED_PAGES "  public.pages: {slug: keep, body: text}\n"
#define MASKED_KINDS "  public.kinds: {code: keep, label: keep}\n"

#define MASKED_COLUMNS "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES MASKED_PAGES MASKED_KINDS

/* Nothing of the originals stays. */
#define MASKED_RULES MASKED_HEAD MASKED_COLUMNS

/* An address stands in a page that is kept. */
#define MASKED_LEAKY                                                                               \
    MASKED_HEAD "columns:\n" MASKED_ACCOUNTS MASKED_MESSAGES                                       \
                "  public.pages: {slug: keep, body: keep}\n" MASKED_KINDS

#define MASKED_ACCEPTED                                                                            \
    MASKED_LEAKY "checks:\n  leak:\n    allow:\n"                                                  \
                 "      - {column: public.pages.body, pattern: originals, why: it is public}\n"    \
                 "      - {column: public.pages.body, pattern: email, why: it is public}\n"

#define MASKED_SAMPLE MASKED_RULES "sample: {rate: 50%, roots: {public.accounts: {}}}\n"

#endif
