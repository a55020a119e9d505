/* SPDX-License-Identifier: PostgreSQL */
/* Rules for scripts/sampled.sql: samples without masks. */
#ifndef SAMPLED_H
#define SAMPLED_H

/* Tables of fewer than 1,000 rows are whole unless the rules name them. */
#define SAMPLED_HEAD                                                                               \
    "version: 1\n"                                                                                 \
    "sample:\n"                                                                                    \
    "  rate: 25%\n"                                                                                \
    "  roots: {public.customers: {}, public.products: {}, public.agents: {}}\n"                    \
    "  schema_only: [public.audit]\n"                                                              \
    "  foreign_keys:\n"                                                                            \
    "    public.orders.customer: owner\n"                                                          \
    "    public.lines.order_id: owner\n"                                                           \
    "    public.lines.sku: pull\n"                                                                 \
    "    public.reviews.customer: owner\n"                                                         \
    "    public.visits.customer: owner\n"                                                          \
    "    public.refunds.order_id: owner\n"                                                         \
    "    public.calls.customer: owner\n"

#define SAMPLED_RULES                                                                              \
    SAMPLED_HEAD "    public.calls.agent: reassign\n"                                              \
                 "    public.customers.referrer: \"null\"\n"

#define SAMPLED_REQUIRE                                                                            \
    SAMPLED_HEAD "    public.calls.agent: require\n"                                               \
                 "    public.customers.referrer: pull\n"                                           \
                 "  edges: {per_value: 2, null_patterns: 2, extremes: 1, budget: 50%}\n"           \
                 "  also: {public.customers: \"id <= 12\"}\n"

/* Three tables of it. */
#define SMALL_RULES                                                                                \
    "version: 1\nsample:\n  rate: 25%\n  cap: none\n  roots: {public.customers: {}}\n"             \
    "  foreign_keys: {public.orders.customer: owner}\n"

/* Half of the orders' refunds lead nowhere; 90 % are enough to be compared. */
#define SMALL_REFUNDS                                                                              \
    "version: 1\nsample:\n  rate: 90%\n  cap: none\n  roots: {public.customers: {}}\n"             \
    "  foreign_keys: {public.orders.customer: owner}\n"

#endif
