/* SPDX-License-Identifier: PostgreSQL */
#include "transform/maker.h"

#include <errno.h>
#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/suggest.h"
#include "base/utf8.h"
#include "pg/quote.h"
#include "transform/transform.h"

/* Golden fakes are frozen under this label. */
#define MASK_PURPOSE "mask v1"

void
mask_maker_init(struct mask_maker *maker, struct arena *arena, struct key_ring *ring,
                const struct rules *rules)
{
    *maker = (struct mask_maker){ .arena = arena, .ring = ring, .rules = rules };
}

void
mask_maker_deinit(struct mask_maker *maker)
{
    assert(maker != NULL);
    detect_free(maker->detect);
    for (size_t i = 0; i < maker->nregexes; i++)
        regex_free(maker->regexes[i]);
    free(maker->regexes);
    free(maker->domains);
    *maker = (struct mask_maker){ 0 };
}

bool
mask_maker_set_locales(struct mask_maker *maker, struct decant_error *err)
{
    assert(maker != NULL);
    const struct rules_columns *columns = &maker->rules->columns;
    struct mask_locales *locales = &maker->locales;
    double sum = 0, upto = 0;
    for (size_t i = 0; i < columns->nlocales; i++)
        sum += columns->locales[i].weight;
    if (columns->nlocales > 0 && sum <= 0)
        return error_set(err, DECANT_USAGE, "E107 the weights of 'locale' are all 0");
    for (size_t i = 0; i < columns->nlocales; i++) {
        const struct rules_locale *wanted = &columns->locales[i];
        const struct locale_words *words = words_locale(wanted->name);
        if (words == NULL || locales->n == 8) {
            error_set(err, DECANT_USAGE, "E107 there is no locale '%s'", wanted->name);
            return error_hint(err, "en_US, en_GB, de_DE, fr_FR");
        }
        upto += wanted->weight / sum;
        locales->items[locales->n] = words;
        locales->upto[locales->n++] = upto;
    }
    if (locales->n == 0) {
        locales->items[0] = words_locale("en_US");
        locales->upto[0] = 1;
        locales->n = 1;
    }
    return true;
}

struct detect *
mask_maker_detect(struct mask_maker *maker)
{
    assert(maker != NULL);
    if (maker->detect == NULL)
        maker->detect = detect_new();
    return maker->detect;
}

const struct regex *
mask_maker_regex(struct mask_maker *maker, const char *pattern, const char **problem)
{
    assert(maker != NULL);
    struct regex *regex = regex_new(pattern, true, maker->arena, problem);
    if (regex == NULL)
        return NULL;
    maker->regexes = mem_grow(maker->regexes, maker->nregexes, sizeof *maker->regexes);
    maker->regexes[maker->nregexes++] = regex;
    return regex;
}

struct reader
mask_maker_reader(const struct mask_maker *maker)
{
    assert(maker != NULL);
    return (struct reader){ .source = maker->rule->place.source,
                            .arena = maker->arena,
                            .err = maker->err };
}

bool
mask_maker_source(struct mask_maker *maker, int min_count, size_t *n, const char ***values,
                  double **upto)
{
    struct mask_frequency *list = NULL;
    double sum = 0, at = 0;
    *n = 0;
    if (maker->frequencies != NULL && maker->column != NULL &&
        !maker->frequencies(maker->frequencies_ctx, maker->table, maker->column, min_count,
                            maker->arena, n, &list, maker->err))
        return false;
    *values = ARENA_ARRAY(maker->arena, const char *, *n + 1);
    *upto = ARENA_ARRAY(maker->arena, double, *n + 1);
    for (size_t i = 0; i < *n; i++)
        sum += (double)list[i].rows;
    for (size_t i = 0; i < *n; i++) {
        at += (double)list[i].rows / sum;
        (*values)[i] = list[i].value;
        (*upto)[i] = at;
    }
    return true;
}

/* ---- parameters */

/* What people say elsewhere, and the transformer that does it. Nothing leads to `keep` by its looks
 * alone: who means to copy an original has to say that word. */
static const struct {
    const char *word, *hint;
} synonyms[] = {
    { "drop", "\"null\" takes the value out" },
    { "remove", "\"null\" takes the value out" },
    { "delete", "\"null\" takes the value out" },
    { "exclude", "\"null\" takes the value out" },
    { "omit", "\"null\" takes the value out" },
    { "nullify", "\"null\" takes the value out" },
    { "blank", "'empty' leaves an empty text, \"null\" takes the value out" },
    { "clear", "'empty' leaves an empty text, \"null\" takes the value out" },
    { "none", "say what is meant: \"null\" takes the value out, 'keep' copies the original" },
    { "no", "say what is meant: \"null\" takes the value out, 'keep' copies the original" },
    { "skip", "say what is meant: \"null\" takes the value out, 'keep' copies the original" },
    { "ignore", "say what is meant: \"null\" takes the value out, 'keep' copies the original" },
    { "raw", "'keep' copies the original, if that is what is meant" },
    { "plain", "'keep' copies the original, if that is what is meant" },
    { "original", "'keep' copies the original, if that is what is meant" },
    { "passthrough", "'keep' copies the original, if that is what is meant" },
    { "copy", "'keep' copies the original, if that is what is meant" },
    { "hash", "'token' makes random characters, the same for the same original" },
    { "md5", "'token' makes random characters, the same for the same original" },
    { "sha256", "'token' makes random characters, the same for the same original" },
    { "encrypt", "'by_shape' is a permutation under the key" },
    { "mask", "'redact' leaves asterisks, 'by_shape' other characters of the same kinds" },
    { "star", "'redact' leaves asterisks" },
    { "name", "'full_name', 'first_name' or 'last_name'" },
    { "fake", "say of what: 'email', 'full_name', 'phone' ..." },
    { "faker", "say of what: 'email', 'full_name', 'phone' ..." },
    { "address", "'address_line', 'city', 'postal_code' ..." },
    { "zip", "'postal_code'" },
    { "shuffle", "{use: choice, weights: source} draws from the source's values" },
    { "random", "'token', 'choice' or 'noise'" },
    { "constant", "{use: set, value: ...}" },
    { "fixed", "{use: set, value: ...}" },
    { "replace", "{use: set, value: ...}, or {use: map, values: {...}}" },
    { "lorem", "'text' regenerates words of the same lengths" },
    { "password", "'password_hash' or 'secret'" },
    { "date", "'date_shift' or 'birth_date'" },
    { "number", "'int', 'noise' or 'digits'" },
};

static const char *
synonym_of(const char *word)
{
    for (size_t i = 0; i < sizeof synonyms / sizeof *synonyms; i++)
        if (strcasecmp(synonyms[i].word, word) == 0)
            return synonyms[i].hint;
    return NULL;
}

const struct transformer *
mask_transformer(const struct rules *rules, const struct rules_mask *rule,
                 const struct rules_domain **domain, struct decant_error *err)
{
    assert(rules != NULL && rule != NULL);
    *domain = columns_domain(&rules->columns, rule->use);
    const struct transformer *how =
        transformer_find(*domain != NULL ? (*domain)->mask->use : rule->use);
    if (how != NULL)
        return how;
    struct suggestion suggestion = { .word = rule->use };
    for (int i = 0; i < ntransformers; i++)
        if (strcmp(transformers[i]->name, "keep") != 0)
            suggest_offer(&suggestion, transformers[i]->name);
    for (size_t i = 0; i < rules->columns.ndomains; i++)
        suggest_offer(&suggestion, rules->columns.domains[i].name);
    place_error(&rule->place, err, "E102 there is no transformer or domain '%s'", rule->use);
    const char *best = suggest_best(&suggestion), *meaning = synonym_of(rule->use);
    if (meaning != NULL)
        error_hint(err, "%s", meaning);
    else if (best != NULL)
        error_hint(err, "did you mean '%s'?", best);
    return NULL;
}

static const struct parameter common_list[] = {
    { "why", PARAM_TEXT, offsetof(struct common_params, why), { 0 }, "none", "for readers" },
    { "per",
      PARAM_WORD,
      offsetof(struct common_params, per),
      { "own", "value", "entity", "row" },
      "the transformer's own",
      "what decides on the fake" },
    { "normalize",
      PARAM_WORD,
      offsetof(struct common_params, normalize),
      { "none", "lower" },
      "none",
      "originals that differ only in case have one fake" },
    { "unique",
      PARAM_FLAG,
      offsetof(struct common_params, unique),
      { 0 },
      "as the columns need it",
      "different originals have different fakes" },
    { "gender_from",
      PARAM_TEXT,
      offsetof(struct common_params, gender_from),
      { 0 },
      "none",
      "a column that begins with f or m" },
};

static const struct parameter *
find_parameter(const struct parameter *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

static bool
read_word(struct reader *reader, const struct yaml_node *node, const struct parameter *parameter,
          int *out)
{
    int n = 0;
    while (n < 8 && parameter->words[n] != NULL)
        n++;
    return value_choice(reader, node, parameter->name, parameter->words, n, out);
}

static bool
read_parameter(struct reader *reader, const struct yaml_node *node,
               const struct parameter *parameter, void *params)
{
    assert(node != NULL && parameter != NULL);
    void *out = (char *)params + parameter->offset;
    char *end;
    switch (parameter->kind) {
    case PARAM_TEXT:
        return value_text(reader, node, out);
    case PARAM_WORD:
        return read_word(reader, node, parameter, out);
    case PARAM_COUNT:
        /* of characters that stay, none is an answer */
        return value_read_small(reader, node, out) &&
               (*(int *)out > 0 || strcmp(parameter->fallback, "0") == 0 ||
                value_error(reader, node, "E111 a number above 0 is wanted here"));
    case PARAM_SHARE:
        return value_share(reader, node, out);
    case PARAM_REAL:
        if (node->kind == YAML_TEXT && node->text[0] != '\0') {
            *(double *)out = strtod(node->text, &end);
            if (*end == '\0' && isfinite(*(double *)out) &&
                (*(double *)out > 0 || strcmp(parameter->name, "step") != 0))
                return true;
        }
        return value_error(reader, node, "E111 a number (of a step: above 0) is wanted here");
    case PARAM_FLAG:
        *(bool *)out = node->kind == YAML_TEXT && strcmp(node->text, "true") == 0;
        return *(bool *)out || (node->kind == YAML_TEXT && strcmp(node->text, "false") == 0) ||
               value_error(reader, node, "E111 true or false is wanted here");
    default:
        return value_keep(reader, node, out);
    }
}

static bool
unknown_parameter(const struct yaml_node *item, const struct transformer *how,
                  struct mask_maker *maker)
{
    struct suggestion suggestion = { .word = item->key };
    for (int i = 0; i < how->nparams; i++)
        suggest_offer(&suggestion, how->params[i].name);
    for (size_t i = 0; i < sizeof common_list / sizeof *common_list; i++)
        suggest_offer(&suggestion, common_list[i].name);
    yaml_error(maker->rule->place.source, item->key_line, item->key_column, maker->err,
               "E110 '%s' is no parameter of '%s'", item->key, how->name);
    const char *best = suggest_best(&suggestion);
    return best != NULL && error_hint(maker->err, "did you mean '%s'?", best);
}

/* The parameters of a rule: of its domain, if it names one. */
static bool
read_parameters(struct mask_maker *maker, const struct rules_mask *rule, struct mask *mask)
{
    assert(maker != NULL && rule != NULL && mask != NULL);
    const struct transformer *how = mask->how;
    struct common_params *common = ARENA_NEW(maker->arena, struct common_params);
    int ncommon = (int)(sizeof common_list / sizeof *common_list);
    mask->params = arena_alloc(maker->arena, how->size + 1);
    mask->common = common;
    maker->rule = rule;
    struct reader reader = mask_maker_reader(maker);
    for (const struct yaml_node *item = rule->node != NULL ? rule->node->items : NULL; item != NULL;
         item = item->next) {
        const struct parameter *own = find_parameter(how->params, how->nparams, item->key);
        const struct parameter *shared = find_parameter(common_list, ncommon, item->key);
        if (own != NULL      ? !read_parameter(&reader, item, own, mask->params)
            : shared != NULL ? !read_parameter(&reader, item, shared, common)
            : strcmp(item->key, "use") != 0 && strcmp(item->key, "when") != 0
                ? !unknown_parameter(item, how, maker)
                : false)
            return false;
    }
    for (int i = 0; i < how->nparams; i++) {
        const struct yaml_node *item = rule->node != NULL ? rule->node->items : NULL;
        while (item != NULL && strcmp(item->key, how->params[i].name) != 0)
            item = item->next;
        if (how->params[i].fallback == NULL && item == NULL)
            return place_error(&rule->place, maker->err, "E112 '%s' needs the parameter '%s': %s",
                               how->name, how->params[i].name, how->params[i].summary);
    }
    return true;
}

/* A rule that names a domain may add nothing to it. */
static bool
check_reference(struct mask_maker *maker, const struct rules_mask *rule)
{
    const struct yaml_node *item = rule->node != NULL ? rule->node->items : NULL;
    for (; item != NULL; item = item->next)
        if (strcmp(item->key, "use") != 0 && strcmp(item->key, "when") != 0 &&
            strcmp(item->key, "why") != 0)
            return yaml_error(rule->place.source, item->key_line, item->key_column, maker->err,
                              "E110 parameters belong to the domain '%s', not to its columns",
                              rule->use);
    return true;
}

/* ---- domains */

static struct mask_domain *
find_domain(struct mask_maker *maker, const char *name, const struct rules_mask *rule, bool named)
{
    bool is_exact = maker->is_exact && !named;
    for (size_t i = 0; i < maker->ndomains; i++)
        if (strcmp(maker->domains[i]->name, name) == 0 && maker->domains[i]->is_exact == is_exact &&
            mask_says_same(maker->domains[i]->rule, rule))
            return maker->domains[i];
    struct mask_domain *domain = ARENA_NEW(maker->arena, struct mask_domain);
    maker->domains = mem_grow(maker->domains, maker->ndomains, sizeof *maker->domains);
    maker->domains[maker->ndomains++] = domain;
    domain->name = name;
    domain->rule = rule;
    domain->is_named = named;
    domain->is_exact = is_exact;
    domain->key = key_ring_get(maker->ring, MASK_PURPOSE, name);
    return domain;
}

/* Rules of a word and of a map with that word alone are of one domain; conditions do not count. */
static struct mask_domain *
domain_of(struct mask_maker *maker, const struct rules_mask *rule, const struct rules_domain *named)
{
    struct rules_mask *alone = ARENA_NEW(maker->arena, struct rules_mask);
    *alone = named != NULL ? *named->mask : *rule;
    alone->next = NULL;
    alone->when = NULL;
    return find_domain(maker, named != NULL ? named->name : rule->use, alone, named != NULL);
}

bool
mask_domain_join(struct mask_maker *maker, const struct rules_mask *rule, int room, bool unique,
                 bool lower)
{
    assert(rule != NULL && room >= 0);
    const struct rules_domain *named;
    if (mask_transformer(maker->rules, rule, &named, maker->err) == NULL)
        return false;
    struct mask_domain *domain = domain_of(maker, rule, named);
    if (room > 0 && (domain->room == 0 || room < domain->room))
        domain->room = room;
    domain->unique |= unique;
    domain->lower |= lower;
    return domain->key != NULL ||
           error_set(maker->err, DECANT_BUG, "no memory for a sub-key can be locked");
}

void
mask_domains_settle(struct mask_maker *maker)
{
    assert(maker != NULL);
    for (size_t i = 0; i < maker->ndomains; i++)
        for (size_t j = 0; j < i; j++) {
            struct mask_domain *a = maker->domains[i], *b = maker->domains[j];
            if (strcmp(a->name, b->name) != 0 || !mask_says_same(a->rule, b->rule))
                continue;
            bool is_less = a->room > 0 && (b->room == 0 || a->room < b->room);
            a->room = b->room = is_less ? a->room : b->room;
            a->unique = b->unique = a->unique || b->unique;
        }
}

/* ---- masks */

static enum mask_seed
seed_of(const struct mask *mask)
{
    bool is_person = mask->how->seed == SEED_PERSON;
    switch (mask->common->per) {
    case 1:
        return SEED_VALUE;
    case 2:
        return is_person ? SEED_PERSON : SEED_ENTITY;
    case 3:
        return SEED_ROW;
    default:
        return mask->how->seed;
    }
}

static bool
add_gender(struct mask *mask, struct mask_maker *maker)
{
    mask->gender = -1;
    if (mask->common->gender_from == NULL)
        return true;
    int column = maker->table != NULL ? table_column(maker->table, mask->common->gender_from) : -1;
    if (column < 0)
        return place_error(&mask->rule->place, maker->err, "E201 there is no column '%s'",
                           mask->common->gender_from);
    if (maker->is_masked != NULL && maker->is_masked[column])
        return place_error(&mask->rule->place, maker->err,
                           "E119 '%s' is masked: names would give it away",
                           mask->common->gender_from);
    if (maker->add_extra == NULL)
        return true;
    struct buf sql = { 0 };
    buf_puts(&sql, "pg_catalog.lower(pg_catalog.left((decant_row.");
    quote_ident(&sql, mask->common->gender_from);
    buf_puts(&sql, ")::pg_catalog.text, 1))");
    mask->gender = maker->add_extra(maker->extra_ctx, buf_str(&sql));
    buf_deinit(&sql);
    return true;
}

struct mask *
mask_make(struct mask_maker *maker, const struct rules_mask *rule)
{
    assert(rule != NULL && maker->rules != NULL);
    const struct rules_domain *named;
    const struct transformer *how = mask_transformer(maker->rules, rule, &named, maker->err);
    const struct rules_mask *outer = maker->rule;
    if (how == NULL || (named != NULL && !check_reference(maker, rule)))
        return NULL;
    if (!mask_treats(how, maker->kind, maker->column)) {
        place_error(&rule->place, maker->err, "E203 '%s' cannot treat %s", how->name,
                    maker->column != NULL ? maker->column->type_name : "this");
        return NULL;
    }
    struct mask *mask = ARENA_NEW(maker->arena, struct mask);
    const struct rules_mask *effective = named != NULL ? named->mask : rule;
    *mask = (struct mask){ .how = how, .rule = effective, .locales = &maker->locales };
    mask->stops_at_invalid = maker->rules->columns.defaults.invalid_input == INVALID_STOP;
    mask->domain = domain_of(maker, rule, named);
    mask->key = mask->domain->key;
    mask_set_limits(mask, maker->column);
    static_assert(MOST_DETECTORS <= 32, "a bit for each");
    assert(ndetectors <= MOST_DETECTORS);
    for (int i = 0; i < ndetectors; i++)
        if (detectors[i].is_reserved != NULL && strcmp(detectors[i].mask, how->name) == 0)
            mask->kinds |= UINT32_C(1) << i;
    bool ok = read_parameters(maker, effective, mask) && add_gender(mask, maker) &&
              (how->prepare == NULL || how->prepare(mask, maker));
    maker->rule = outer;
    if (!ok)
        return NULL;
    mask->seed = seed_of(mask);
    mask->domain->unique |= mask->common->unique;
    mask->domain->lower |= mask->common->normalize == 1;
    return mask;
}

struct mask *
mask_make_word(struct mask_maker *maker, const struct mask *mask, const char *use)
{
    assert(maker != NULL && mask != NULL);
    struct rules_mask *rule = ARENA_NEW(maker->arena, struct rules_mask);
    *rule = (struct rules_mask){ .place = mask->rule->place, .use = use };
    return mask_make(maker, rule);
}
