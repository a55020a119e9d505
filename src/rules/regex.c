/* SPDX-License-Identifier: PostgreSQL */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "rules/regex.h"

#include <assert.h>
#include <pcre2.h>
#include <stdlib.h>

enum { MATCH_LIMIT = 1000000 };

struct regex {
    pcre2_code *code;
};

struct regex_space {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

struct regex *
regex_new(const char *pattern, bool utf, struct arena *arena, const char **problem)
{
    assert(pattern != NULL && problem != NULL);
    int code;
    PCRE2_SIZE offset;
    char message[200];
    pcre2_code *compiled =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                      PCRE2_NEVER_BACKSLASH_C | (utf ? PCRE2_UTF | PCRE2_MATCH_INVALID_UTF : 0),
                      &code, &offset, NULL);
    if (compiled == NULL) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)message, sizeof message);
        *problem = arena_strdup(arena, message);
        return NULL;
    }
    pcre2_jit_compile(compiled, PCRE2_JIT_COMPLETE); /* where it cannot, it interprets */
    struct regex *regex = mem_alloc(sizeof *regex);
    regex->code = compiled;
    return regex;
}

void
regex_free(struct regex *regex)
{
    if (regex == NULL)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

struct regex_space *
regex_space_new(void)
{
    struct regex_space *space = mem_alloc(sizeof *space);
    space->data = pcre2_match_data_create(1, NULL);
    space->context = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(space->context, MATCH_LIMIT);
    return space;
}

void
regex_space_free(struct regex_space *space)
{
    if (space == NULL)
        return;
    pcre2_match_context_free(space->context);
    pcre2_match_data_free(space->data);
    free(space);
}

int
regex_find(const struct regex *regex, struct regex_space *space, const char *text, size_t len,
           size_t from, size_t *begin, size_t *end)
{
    assert(regex != NULL && space != NULL);
    int n = pcre2_match(regex->code, (PCRE2_SPTR)text, len, from, PCRE2_NOTEMPTY, space->data,
                        space->context);
    if (n == PCRE2_ERROR_NOMATCH)
        return 0;
    if (n < 0)
        return -1;
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(space->data);
    *begin = offsets[0];
    *end = offsets[1];
    return *end > *begin;
}
