/* SPDX-License-Identifier: PostgreSQL */
/* "Did you mean ...?": the nearest of the words that exist. */
#ifndef BASE_SUGGEST_H
#define BASE_SUGGEST_H

/* A zeroed one, with `word` set, is ready. */
struct suggestion {
    const char *word;    /* that nobody knows */
    const char *nearest; /* of those offered so far, or NULL */
    int distance;
};

/* Offers a word that exists. */
void suggest_offer(struct suggestion *suggestion, const char *known);

/* The nearest word when it is near enough for a slip of the keyboard, else NULL. */
const char *suggest_best(const struct suggestion *suggestion);

#endif
