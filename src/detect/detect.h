/* SPDX-License-Identifier: PostgreSQL */
/*
 * What personal values look like: one table of patterns with validators, for those who propose
 * rules, those who look for such values inside a text, and those who prove that a fake is one.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include <string.h>

#include "detect/traits.h"
#include "rules/regex.h"

/* Where the digits of a kind stand. */
enum digits_in { DIGITS_ANYWHERE, DIGITS_GROUPED, DIGITS_NUMERIC }; /* see struct traits */

struct detector {
    const char *name;
    const char *mask;    /* the transformer for such values */
    const char *pattern; /* over bytes */
    /* Finds what the pattern does, with less work; NULL: the pattern is looked for. */
    bool (*find)(const char *text, size_t len, size_t from, size_t *begin, size_t *end);
    bool (*is_valid)(const char *text, size_t len);    /* NULL: the pattern says it all */
    bool (*is_reserved)(const char *text, size_t len); /* does it reach nobody? NULL: it may */
    bool shrinks;   /* a match that is not valid may hold a shorter one at its beginning */
    bool is_prose;  /* may be looked for inside a text */
    bool is_secret; /* opens something */
    bool is_public; /* may stand in a copy: it names a place, nobody's alone */
    bool is_weak;   /* other numbers have this form by chance */
    /* What a text must have, or looking for a match is in vain. */
    const char *needs; /* a part */
    unsigned signs;    /* SEEN_... */
    int digits;
    enum digits_in digits_in;
    int name_run, dotted, colons; /* see struct traits */
    bool is_coded;
};

enum { MOST_DETECTORS = 32 };
extern const struct detector detectors[];
extern const int ndetectors;

/* The number of a detector; -1: there is none of this name. */
int detector_find(const char *name);

struct detect; /* the compiled table */

struct detect *detect_new(void);
void detect_free(struct detect *detect); /* NULL is allowed */

/* Is the whole value, without blanks around it, of this kind? */
bool detect_is(const struct detect *detect, int which, struct regex_space *space, const char *text,
               size_t len);

/* May looking for one be worthwhile? `traits` are those of the text. */
static inline bool
detect_may_have(const struct detector *detector, const struct traits *traits, const char *text,
                size_t len)
{
    size_t digits = detector->digits_in == DIGITS_GROUPED   ? traits->grouped
                    : detector->digits_in == DIGITS_NUMERIC ? traits->numeric
                                                            : traits->tally.digits;
    return digits >= (size_t)detector->digits &&
           (traits->seen & detector->signs) == detector->signs &&
           traits->longest_name >= (size_t)detector->name_run &&
           traits->dotted >= detector->dotted && traits->colons >= detector->colons &&
           (traits->is_coded || !detector->is_coded) &&
           (detector->needs == NULL ||
            memmem(text, len, detector->needs, strlen(detector->needs)) != NULL);
}

/* The next value of this kind inside a text; see regex_find(). */
int detect_find(const struct detect *detect, int which, struct regex_space *space, const char *text,
                size_t len, size_t from, size_t *begin, size_t *end);

/* Do the words look like a person's name: two to four of them, the first one a first name? */
bool detect_person(const struct detect *detect, const char *text, size_t len);

/* Is it one word, a first (or else a last) name of the lists? */
bool detect_first_name(const struct detect *detect, const char *text, size_t len);
bool detect_last_name(const struct detect *detect, const char *text, size_t len);

#endif
