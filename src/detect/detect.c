/* SPDX-License-Identifier: PostgreSQL */
#include "detect/detect.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "words/words.h"

enum { MOST_LETTERS = 64 };

int
detector_find(const char *name)
{
    for (int i = 0; i < ndetectors; i++)
        if (strcmp(detectors[i].name, name) == 0)
            return i;
    return strcmp(name, "ip") == 0 ? detector_find("ipv4") : -1;
}

struct detect {
    struct regex *regexes[MOST_DETECTORS];
    struct map firsts, lasts; /* names of all locales */
    struct arena arena;
};

static void
add_names(struct map *map, const struct word_list *list)
{
    for (size_t i = 0; i < list->n; i++)
        if (map_get_name(map, list->items[i]) == NULL)
            map_put_name(map, list->items[i], map);
}

struct detect *
detect_new(void)
{
    struct detect *detect = mem_alloc(sizeof *detect);
    assert(ndetectors <= MOST_DETECTORS);
    for (int i = 0; i < ndetectors; i++) {
        const char *problem;
        detect->regexes[i] = regex_new(detectors[i].pattern, false, &detect->arena, &problem);
        assert(detect->regexes[i] != NULL);
    }
    for (int i = 0; i < nlocale_words; i++) {
        add_names(&detect->firsts, &locale_words[i].first_female);
        add_names(&detect->firsts, &locale_words[i].first_male);
        add_names(&detect->lasts, &locale_words[i].last);
    }
    return detect;
}

void
detect_free(struct detect *detect)
{
    if (detect == NULL)
        return;
    for (int i = 0; i < ndetectors; i++)
        regex_free(detect->regexes[i]);
    map_deinit(&detect->firsts);
    map_deinit(&detect->lasts);
    arena_deinit(&detect->arena);
    free(detect);
}

/* Numbers of cards and accounts are written in groups, and so is what stands behind them. */
static bool
shrink(const struct detector *detector, const char *text, size_t begin, size_t *end)
{
    for (size_t to = *end; to > begin + 12; to--) {
        bool is_edge = to == *end || !isalnum((unsigned char)text[to]);
        if (is_edge && isalnum((unsigned char)text[to - 1]) &&
            detector->is_valid(text + begin, to - begin)) {
            *end = to;
            return true;
        }
    }
    return false;
}

static int
find(const struct detect *detect, int which, struct regex_space *space, const char *text,
     size_t len, size_t from, size_t *begin, size_t *end)
{
    if (detectors[which].find != NULL)
        return detectors[which].find(text, len, from, begin, end);
    return regex_find(detect->regexes[which], space, text, len, from, begin, end);
}

int
detect_find(const struct detect *detect, int which, struct regex_space *space, const char *text,
            size_t len, size_t from, size_t *begin, size_t *end)
{
    const struct detector *detector = &detectors[which];
    int found;
    while ((found = find(detect, which, space, text, len, from, begin, end)) > 0) {
        if (detector->is_valid == NULL || detector->is_valid(text + *begin, *end - *begin) ||
            (detector->shrinks && shrink(detector, text, *begin, end)))
            return 1;
        from = *begin + 1;
    }
    return found;
}

bool
detect_is(const struct detect *detect, int which, struct regex_space *space, const char *text,
          size_t len)
{
    assert(which >= 0 && which < ndetectors);
    size_t begin, end;
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    while (len > 0 && isspace((unsigned char)*text))
        text++, len--;
    return len > 0 && detect_find(detect, which, space, text, len, 0, &begin, &end) > 0 &&
           begin == 0 && end == len;
}

/* ---- names of persons */

static bool
is_in(const struct map *map, const char *word, size_t len)
{
    char name[MOST_LETTERS];
    if (len == 0 || len >= sizeof name)
        return false;
    memcpy(name, word, len);
    name[len] = '\0';
    return map_get_name(map, name) != NULL;
}

bool
detect_first_name(const struct detect *detect, const char *text, size_t len)
{
    return is_in(&detect->firsts, text, len);
}

bool
detect_last_name(const struct detect *detect, const char *text, size_t len)
{
    return is_in(&detect->lasts, text, len);
}

/* "Lee, Ann" counts, too. */
bool
detect_person(const struct detect *detect, const char *text, size_t len)
{
    int words = 0, firsts = 0, lasts = 0;
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && text[i + n] != ' ' && text[i + n] != ',')
            n++;
        if (n > 0) {
            unsigned char c = (unsigned char)text[i];
            if (islower(c) && words == 0)
                return false;
            words++;
            firsts += detect_first_name(detect, text + i, n);
            lasts += detect_last_name(detect, text + i, n);
        }
        i += n + 1;
    }
    return words >= 2 && words <= 4 && firsts + lasts >= 1;
}
