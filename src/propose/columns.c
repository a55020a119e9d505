/* SPDX-License-Identifier: PostgreSQL */
#include "propose/columns.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "mask/unique.h"

enum {
    MOST_CODES = 100,
    SURE_CODES = 30, /* of a column that is called like one of codes */
    FEW_CODES = 10,  /* of any other: so many rows have each of them that they tell nobody */
    ROWS_OF_SURE = 100,
    FEW_CHARACTERS = 60,
    MOST_DRAWN = 1000, /* different values that are drawn from */
    ROWS_OF_EACH = 10,
    VALUES_OF_HEAD = 4, /* "Ward 1", "Ward 2" begin alike: no names of persons */
    MANY_HEADS = 12,    /* ... but many persons share their first names */
    FEWEST_LOGINS = 8,
    FEWEST_ROWS = 20,        /* one value in one row is no code */
    INDEX_CHARACTERS = 2000, /* a row of an index has room for some 2,700 bytes */
};

#define MOSTLY 0.6     /* of distinct values: the column is of that kind */
#define SOMETIMES 0.02 /* ... holds some of that kind: no code, no plain shape */
#define NAMES 0.1      /* of many values: some may name a person */

static void say(struct proposal *out, const char *mask, bool guess, const char *fmt, ...)
    PRINTF(4, 5);

static void
say(struct proposal *out, const char *mask, bool guess, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(out->why, sizeof out->why, fmt, args);
    va_end(args);
    out->mask = mask;
    out->is_guess = guess;
}

/* ---- by name */

static const struct rules_column *
by_name(struct propose_packs *known, const struct table *table, const struct column *column)
{
    struct mask_asking asking = { known->rules, column };
    const struct rules_column *twin;
    return columns_match(&known->rules->columns, &known->names, table->schema, table->name,
                         column->name, mask_fits, &asking, &twin);
}

static const char *
national_id(const char *format)
{
    static const struct {
        const char *format, *text;
    } ids[] = {
        { "us_ssn", "{use: national_id, format: us_ssn}" },
        { "gb_nino", "{use: national_id, format: gb_nino}" },
        { "de_steuer_id", "{use: national_id, format: de_steuer_id}" },
        { "fr_nir", "{use: national_id, format: fr_nir}" },
    };
    size_t i = 0;
    while (i + 1 < sizeof ids / sizeof *ids && strcmp(ids[i].format, format) != 0)
        i++;
    return ids[i].text;
}

/* The rule as it stands in the pack, on one line. */
static const char *
rule_text(const struct rules_mask *rule)
{
    static const struct {
        const char *use, *text;
    } texts[] = {
        { "birth_date", "{use: birth_date, preserve: age_band, band: 5}" },
        { "bucket", "{use: bucket, step: 0.1}" },
        { "noise", "{use: noise, ratio: 20%, per: entity}" },
        { "bytes", "{use: bytes, mode: placeholder}" },
        { "choice", "{use: choice, weights: source}" },
        { "json", "{use: json, other: mask}" },
        { "set", "{use: set, value: mail.example.com}" }, /* of servers of mail */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].use, rule->use) == 0)
            return texts[i].text;
    for (const struct yaml_node *item = rule->node != NULL ? rule->node->items : NULL; item != NULL;
         item = item->next)
        if (item->kind == YAML_TEXT && strcmp(item->key, "format") == 0)
            return national_id(item->text);
    return rule->use;
}

/* ---- by the columns beside it */

static bool
has_beside(struct propose_packs *known, const struct table *table, const char *use)
{
    for (int i = 0; i < table->ncolumns; i++) {
        const struct rules_column *line = by_name(known, table, &table->columns[i]);
        if (line != NULL && strcmp(line->mask->use, use) == 0)
            return true;
    }
    return false;
}

static bool
is_one_of(const char *name, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strcmp(name, *words) == 0)
            return true;
    return false;
}

/* Words that mean a person's name or region only in such company. */
static bool
by_company(struct propose_packs *known, const struct table *table, const struct column *column,
           const struct evidence *e, struct proposal *out)
{
    static const char *const names[] = { "name", "nom", "name1", "apellido", "title_name", NULL };
    static const char *const regions[] = { "state",  "province",   "region",
                                           "county", "bundesland", "departement",
                                           "kanton", "canton",     NULL };
    if (is_one_of(column->name, names) && has_beside(known, table, "first_name"))
        say(out, "last_name", false, "a name beside first names");
    else if (is_one_of(column->name, regions) && (e->distinct == 0 || e->lower < e->distinct) &&
             has_beside(known, table, "postal_code"))
        say(out, "region", false, "beside a postal code");
    else
        return false;
    return true;
}

/* ---- by values */

static int
best_detector(const struct evidence *e, int *hits)
{
    int best = -1;
    *hits = 0;
    for (int i = 0; i < ndetectors; i++)
        if (e->hits[i] > *hits) {
            *hits = e->hits[i];
            best = i;
        }
    return best;
}

static int
all_hits(const struct evidence *e)
{
    int sum = 0;
    for (int i = 0; i < ndetectors; i++)
        sum += e->hits[i];
    return sum;
}

static const char *
detector_mask(int which)
{
    const char *mask = detectors[which].mask;
    return strcmp(mask, "national_id") == 0 ? national_id(detectors[which].name) : mask;
}

static bool
is_share(int part, int whole, double share)
{
    return whole > 0 && part >= share * whole && part > 0;
}

/* Dates of 1900 to today, most of them of adults, and of many years. */
static bool
are_births(const struct evidence *e)
{
    enum { ENOUGH = 8, SPAN = 20, LATEST = 1970 };
    return e->dates >= ENOUGH && e->dates == e->distinct && e->births >= 0.98 * e->dates &&
           e->adults >= 0.7 * e->dates && e->oldest < LATEST && e->youngest - e->oldest >= SPAN;
}

/* Texts of a form that programs read: another type would be safe. */
static bool
by_form(const struct evidence *e, struct proposal *out)
{
    const struct {
        int n;
        const char *mask;
        bool is_guess;
        const char *why;
    } forms[] = {
        { are_births(e) ? e->dates : 0,
          e->odd_dates == 0 ? "{use: birth_date, preserve: age_band, band: 5}" : "by_shape", true,
          "dates as old as people are" },
        { e->uuids, "uuid", true, "uuids" },
        { e->random_ids - e->uuids, "token", false, "random ids" },
        { e->serials, "text", false, "objects of YAML or PHP" },
        { e->dates, "keep", false, "dates" },
        { e->clocks, "keep", false, "times of day" },
        { e->decimals, "keep", false, "numbers" },
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (e->distinct > 0 && forms[i].n >= 0.98 * e->distinct) {
            say(out, forms[i].mask, forms[i].is_guess, "%s, as text", forms[i].why);
            out->is_fallback = true;
            return true;
        }
    return false;
}

static bool
begin_like_persons(const struct evidence *e)
{
    return e->heads * VALUES_OF_HEAD >= e->persons || e->heads >= MANY_HEADS;
}

/* "16.0.1.3" */
bool
propose_is_version(const struct column *column)
{
    return strcasestr(column->name, "version") != NULL;
}

static bool
by_values(const struct column *column, const struct evidence *e, struct proposal *out)
{
    int hits, which = best_detector(e, &hits);
    bool is_release = propose_is_version(column) && which == detector_find("ipv4");
    if (is_share(hits, e->distinct, MOSTLY) && !is_release)
        say(out, detector_mask(which), false, "%s: %d of %d values", detectors[which].name, hits,
            e->distinct);
    else if (is_share(e->persons, e->distinct, 0.4) && begin_like_persons(e))
        say(out, "full_name", false, "like names: %d of %d values", e->persons, e->distinct);
    else if (is_share(e->first_names, e->distinct, MOSTLY))
        say(out, "first_name", false, "first names: %d of %d values", e->first_names, e->distinct);
    else if (is_share(e->last_names, e->distinct, MOSTLY))
        say(out, "last_name", false, "last names: %d of %d values", e->last_names, e->distinct);
    else if (is_share(all_hits(e), e->distinct, MOSTLY) && !is_release)
        say(out, "text", false, "ways to reach people, mixed: %d of %d values", all_hits(e),
            e->distinct);
    else if (e->distinct >= FEWEST_LOGINS && is_share(e->logins, e->distinct, 0.4))
        say(out, "username", false, "like user names: %d of %d values", e->logins, e->distinct);
    else
        return false;
    return true;
}

/* A hash that is no hash breaks whatever reads it: its fake has its form. */
static bool
by_hash(const struct evidence *e, bool is_secret, struct proposal *out)
{
    static const char *const masks[EVIDENCE_SCHEMES] = {
        "password_hash",
        "{use: password_hash, scheme: argon2id}",
        "{use: password_hash, scheme: pbkdf2_sha256}",
        "{use: password_hash, scheme: scrypt}",
    };
    /* what opens nothing is a secret's fake, which Django takes for no password; a library of
     * bcrypt takes it for damage */
    for (int i = 0; i < (is_secret ? 1 : EVIDENCE_SCHEMES); i++)
        if (is_share(e->schemes[i], e->distinct, MOSTLY)) {
            say(out, masks[i], false, "hashes of passwords: %d of %d values", e->schemes[i],
                e->distinct);
            return true;
        }
    if (is_secret || e->hex == 0 || e->hex < e->distinct)
        return false;
    say(out, "{use: token, alphabet: hex}", false, "hexadecimal, as hashes are");
    return true;
}

/* ---- codes */

static bool
ends_with(const char *name, const char *tail)
{
    size_t n = strlen(name), m = strlen(tail);
    return n > m && strcmp(name + n - m, tail) == 0;
}

/* A column that tells to which table another one refers, or of which class a row is. */
static bool
is_discriminator(const struct table *table, const struct column *column, const struct evidence *e)
{
    char partner[200];
    bool names_classes = e->distinct > 0 && e->camel == e->distinct && e->distinct <= MOST_CODES;
    if (strcmp(column->name, "type") == 0)
        return names_classes;
    if (!ends_with(column->name, "_type") ||
        (e->distinct > 0 && e->identifiers < e->distinct && !names_classes))
        return false;
    snprintf(partner, sizeof partner, "%.*s_id", (int)(strlen(column->name) - 5), column->name);
    return table_column(table, partner) >= 0 && e->distinct <= MOST_CODES;
}

/* "name = ANY (ARRAY[" as the server writes it, with a cast perhaps: (name)::text = ANY ((ARRAY[ */
static bool
is_compared_with_list(const char *sql, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = sql; (p = strstr(p, name)) != NULL; p++) {
        bool begins = p == sql || strchr("( \"", p[-1]) != NULL;
        const char *end = p + len;
        end += *end == '"';
        end += *end == ')';
        if (strncmp(end, "::", 2) == 0)
            end += 2 + strspn(end + 2, "abcdefghijklmnopqrstuvwxyz ");
        end += *end == ')';
        end += strspn(end, " ");
        if (begins && strncmp(end, "= ANY (", 7) == 0 &&
            strncmp(end + 7 + strspn(end + 7, "("), "ARRAY[", 6) == 0)
            return true;
    }
    return false;
}

/* May the check hold for something else, too? NULL is nothing else. */
static bool
has_other_way(const char *sql, const char *name)
{
    struct buf null = { 0 };
    const char *either = strstr(sql, " OR ");
    buf_printf(&null, "%s IS NULL)", name);
    bool has = strstr(sql, "NOT (") != NULL || strstr(sql, "CASE ") != NULL ||
               (either != NULL &&
                (strstr(sql, buf_str(&null)) == NULL || strstr(either + 1, " OR ") != NULL));
    buf_deinit(&null);
    return has;
}

/* A CHECK that lists the values: they are a part of the schema. */
static bool
is_listed(const struct table *table, const struct column *column)
{
    for (int i = 0; i < table->nchecks; i++)
        if (is_compared_with_list(table->checks[i].sql, column->name) &&
            !has_other_way(table->checks[i].sql, column->name))
            return true;
    return false;
}

/* The last word of a name under which applications keep codes. */
static bool
is_code_name(const char *name)
{
    static const char *const words[] = {
        "action",     "brand",     "category",   "channel",   "class",    "code",        "color",
        "context",    "country",   "currency",   "event",     "format",   "frequency",   "gateway",
        "interval",   "kind",      "lang",       "language",  "level",    "locale",      "medium",
        "method",     "mode",      "model",      "plan",      "platform", "priority",    "provider",
        "reason",     "region",    "role",       "scope",     "service",  "severity",    "size",
        "source",     "stage",     "state",      "status",    "tier",     "timezone",    "tz",
        "type",       "unit",      "visibility", "zone",      "driver",   "queue",       "result",
        "outcome",    "operation", "op",         "direction", "env",      "environment", "version",
        "name_space", "namespace", "group",      "segment",   "theme",    "collection"
    };
    const char *last = strrchr(name, '_');
    last = last != NULL ? last + 1 : name;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(last, words[i]) == 0)
            return true;
    return false;
}

static bool
is_code(const struct table *table, const struct column *column, const struct evidence *e)
{
    int hits;
    best_detector(e, &hits);
    bool few = e->distinct_rows >= 0 && e->distinct_rows <= MOST_CODES &&
               e->distinct <= MOST_CODES && e->rows >= FEWEST_ROWS &&
               e->distinct_rows * ROWS_OF_EACH <= e->rows;
    bool shaped = e->distinct > 0 && e->identifiers == e->distinct;
    bool personal = hits > 0 || e->long_numbers > 0 || is_share(e->logins, e->distinct, 0.3) ||
                    is_share(e->first_names, e->distinct, 0.3);
    return !personal &&
           ((shaped && few) || (e->distinct <= MOST_CODES && is_listed(table, column)));
}

/* Must nobody look at it? */
static bool
is_sure_code(const struct column *column, const struct evidence *e)
{
    return e->distinct <= 1 || (is_code_name(column->name) && e->distinct <= SURE_CODES) ||
           (e->distinct <= FEW_CODES && e->rows >= (double)ROWS_OF_SURE * e->distinct);
}

/* ---- by type */

static void
by_type(const struct column *column, bool unique, const struct evidence *e, struct proposal *out)
{
    int room = mask_room(column);
    bool is_prose = is_share(e->prose, e->distinct, 0.2) || e->characters > FEW_CHARACTERS ||
                    (e->distinct == 0 && (room == 0 || room > FEW_CHARACTERS));
    const char *mask = mask_by_type(column, is_prose, unique);
    enum mask_kind kind = mask_kind_of(column->type);
    if (kind == KIND_TEXT && is_share(e->objects, e->distinct, MOSTLY))
        say(out, "{use: json, other: mask}", false, "JSON in a text");
    else if (kind == KIND_TEXT)
        say(out, mask, false, "no pattern%s", is_prose ? "; long, or of several words" : "");
    else if (strcmp(mask, "keep") == 0)
        say(out, mask, true, "an array of a safe type");
    else if (kind == KIND_OTHER && strcmp(mask, "recompute") != 0)
        say(out, mask, true, "%s: nothing is known of it", column->type_name);
    else
        say(out, mask, false, "%s", column->type_name);
    out->is_fallback = true;
}

/* Does such a mask stand for what tells who somebody is, or how to reach them? */
static bool
is_personal(const char *mask)
{
    static const char *const uses[] = { "email",        "username",    "first_name",    "last_name",
                                        "full_name",    "birth_date",  "phone",         "card",
                                        "address_line", "national_id", "password_hash", "iban" };
    const char *use = mask != NULL && strncmp(mask, "{use: ", 6) == 0 ? mask + 6 : mask;
    for (size_t i = 0; use != NULL && i < sizeof uses / sizeof *uses; i++)
        if (strcspn(use, ",}") == strlen(uses[i]) && strncmp(use, uses[i], strlen(uses[i])) == 0)
            return true;
    return false;
}

/* The literals of a check: 'text', with quotes doubled inside. */
static void
add_literals(const char *sql, struct map *out, int *n)
{
    for (const char *p = strchr(sql, '\''); p != NULL; p = strchr(p, '\'')) {
        struct buf text = { 0 };
        for (p++; *p != '\0' && (*p != '\'' || p[1] == '\''); p++) {
            p += *p == '\'';
            buf_putc(&text, *p);
        }
        map_put(out, evidence_print(buf_str(&text), text.len), out);
        ++*n;
        buf_deinit(&text);
        p += *p != '\0';
    }
}

bool
propose_is_vocabulary(const struct table *table, const struct column *column,
                      const struct evidence *e)
{
    assert(table != NULL && column != NULL && e != NULL);
    struct map literals = { 0 };
    int n = 0;
    for (int i = 0; column->domain != NULL && i < column->domain->nchecks; i++)
        add_literals(column->domain->checks[i].sql, &literals, &n);
    for (int i = 0; i < table->nchecks; i++)
        if (plan_mentions(table->checks[i].sql, column->name))
            add_literals(table->checks[i].sql, &literals, &n);
    bool is = e->distinct > 0 && e->distinct <= n;
    for (int i = 0; is && i < e->nhashes; i++)
        is = map_get(&literals, e->hashes[i]) != NULL;
    map_deinit(&literals);
    return is;
}

bool
propose_is_identifier(const char *name)
{
    static const char *const tails[] = { "_id", "_uid", "_uuid", "_key", "_ref", "_no", "Id" };
    bool is = strcmp(name, "id") == 0;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        is |= ends_with(name, tails[i]);
    return is;
}

/* Lengths and frequencies give few values back, whatever letters stand for theirs: they are drawn
 * anew instead, none for the sake of its row. */
static void
draw_few(const struct table *table, const struct column *column, bool unique,
         const struct evidence *e, struct proposal *out)
{
    static const char *const shapes[] = { "by_shape", "pattern", "digits", "text" };
    /* what a check lists belongs to the schema, and it is tried on what is proposed */
    bool is_checked = column->domain != NULL && column->domain->nchecks > 0;
    for (int i = 0; i < table->nchecks; i++)
        is_checked |= strstr(table->checks[i].sql, column->name) != NULL;
    bool is_known = e->distinct_rows > 0; /* else what was looked at must do */
    double kinds = is_known ? e->distinct_rows : e->distinct, rows = is_known ? e->rows : e->values;
    bool are_names =
        kinds > MOST_CODES && is_share(e->first_names + e->last_names, e->distinct, NAMES);
    bool by_name = kinds <= MOST_CODES && out->mask != NULL && strcmp(out->mask, "text") == 0;
    bool few = (out->is_fallback || by_name) && !is_checked && !are_names && kinds > 0 &&
               kinds < MOST_DRAWN && rows >= ROWS_OF_EACH * kinds && all_hits(e) == 0 &&
               e->persons == 0;
    if (propose_is_identifier(column->name))
        few = false; /* joined by what they say, with others that are called alike */
    if (kinds > MOST_CODES && out->mask != NULL && strcmp(out->mask, "text") == 0)
        few = false; /* texts of several words say more than how often they are there */
    for (size_t i = 0; few && !unique && i < sizeof shapes / sizeof *shapes; i++)
        if (out->mask != NULL && strcmp(out->mask, shapes[i]) == 0 &&
            mask_kind_of(column->type) == KIND_TEXT && column->type->kind == TYPE_SCALAR) {
            say(out, "{use: choice, weights: source}", false,
                "few values: drawn anew from the %.0f that the source has", kinds);
            return;
        }
}

/* Few values that must stay apart keep their shapes, which tell them. */
static void
ask_about_few(const struct column *column, bool unique, const struct evidence *e,
              struct proposal *out)
{
    if (!unique || out->mask == NULL || strcmp(out->mask, "by_shape") != 0 ||
        mask_kind_of(column->type) != KIND_TEXT || e->distinct == 0 || e->distinct > MOST_CODES ||
        e->characters <= 0)
        return;
    say(out, "by_shape", true,
        "few values: their lengths may tell them; keep them if they are words");
}

/* A long text may be in an index because it compresses; a fake of its length does not. */
static void
shorten(const struct table *table, int column, const struct evidence *e, struct proposal *out)
{
    bool is_long = false;
    for (int i = 0; i < table->nindexes && e->characters > INDEX_CHARACTERS; i++)
        for (int k = 0; k < table->indexes[i].nkeys; k++)
            is_long |= table->indexes[i].keys[k].column == column;
    if (is_long && out->mask != NULL && strcmp(out->mask, "keep") != 0 &&
        mask_kind_of(table->columns[column].type) == KIND_TEXT)
        say(out, "{use: token, length: 32}", true, "a fake of its length would not fit its index");
}

/* What yields one fake for two originals cannot stand where they must stay apart. */
static void
keep_apart(const struct column *column, bool unique, struct proposal *out)
{
    static const char *const apart[] = { "email",  "username", "phone",  "by_shape", "pattern",
                                         "digits", "token",    "secret", "uuid",     "url",
                                         "keep",   "mac",      "ip" };
    bool is_apart = !unique || strncmp(out->mask, "{use: token, ", 13) == 0;
    for (size_t i = 0; i < sizeof apart / sizeof *apart; i++)
        is_apart |= strcmp(apart[i], out->mask) == 0;
    if (!is_apart && mask_kind_of(column->type) == KIND_TEXT)
        out->mask = "by_shape";
}

static bool
mask_treats_number(const struct column *column)
{
    return column->type->kind == TYPE_SCALAR &&
           (column->type->scalar == SCALAR_INT8 ||
            (column->type->scalar == SCALAR_NUMERIC && !column->not_null));
}

/* The kind with check digits of which most numbers are; -1: none. */
static int
checked_number(const struct evidence *e, int *hits)
{
    enum { CHECKED_DIGITS = 11 };
    for (int i = 0; i < ndetectors; i++) {
        *hits = e->hits[i];
        if (detectors[i].digits >= CHECKED_DIGITS && is_share(*hits, e->distinct, MOSTLY))
            return i;
    }
    return -1;
}

/* Another number with as many digits: what reads a postal code, or the end of a card, counts them.
 */
static const char *
number_mask(const struct rules_mask *rule, const struct evidence *e)
{
    static const char *const ranges[] = { [2] = "{use: int, range: [10, 99]}",
                                          [3] = "{use: int, range: [100, 999]}",
                                          [4] = "{use: int, range: [1000, 9999]}",
                                          [5] = "{use: int, range: [10000, 99999]}",
                                          [6] = "{use: int, range: [100000, 999999]}",
                                          [7] = "{use: int, range: [1000000, 9999999]}",
                                          [8] = "{use: int, range: [10000000, 99999999]}",
                                          [9] = "{use: int, range: [100000000, 999999999]}" };
    size_t digits = (size_t)e->longest, n = sizeof ranges / sizeof *ranges;
    bool is_int = strcmp(rule->use, "int") == 0;
    return is_int && e->shortest == e->longest && digits < n && ranges[digits] != NULL
               ? ranges[digits]
               : rule->use;
}

/* What is asked about one column. */
struct question {
    struct propose_packs *known;
    const struct table *table;
    int number;
    const struct column *column;
    const struct rules_column *line; /* of the packs, by its name; or NULL */
    const struct evidence *e;
    bool unique, is_text;
};

/* Numbers and dates, whose types are safe, but whose names or values are somebody's. */
static void
propose_number(const struct question *q, struct proposal *out)
{
    const struct type *type = q->column->type;
    const struct rules_column *suspect = NULL;
    const struct rules_mask *number =
        mask_by_name(q->known->rules, &q->known->names, q->table, q->column, &suspect);
    int hits, which;
    if (number != NULL)
        say(out, number_mask(number, q->e), false, "by its name");
    else if (q->column->is_generated)
        return;
    else if (type->kind == TYPE_SCALAR && type->scalar == SCALAR_DATE && are_births(q->e))
        say(out, "{use: birth_date, preserve: age_band, band: 5}", true,
            "dates as old as people are: %d of %d", q->e->births, q->e->distinct);
    else if (mask_treats_number(q->column) && (which = checked_number(q->e, &hits)) >= 0)
        say(out, mask_kind_of(type) == KIND_INTEGER ? "int" : "\"null\"", true,
            "%s: %d of %d values", detectors[which].name, hits, q->e->distinct);
}

/* Does the line of the packs stand, against what the values say? */
static bool
by_line(const struct question *q, struct proposal *out)
{
    const struct evidence *e = q->e;
    const char *use = q->line != NULL ? q->line->mask->use : "";
    int hits, which = best_detector(e, &hits);
    bool is_secret = strcmp(use, "secret") == 0;
    bool is_hashed = q->line != NULL && !is_secret && hits == 0 && e->hex > 0 &&
                     e->hex == e->distinct; /* hashed_email */
    bool may_be_hash = q->line == NULL || is_hashed || is_secret;
    bool is_overruled = is_share(hits, e->distinct, MOSTLY) && !is_secret &&
                        strcmp(detectors[which].mask, use) != 0;
    if (may_be_hash && q->is_text && by_hash(e, q->line != NULL && !is_hashed, out))
        return true;
    if (q->is_text && strcmp(use, "json") == 0 && e->distinct > 0 &&
        !is_share(e->objects, e->distinct, MOSTLY))
        say(out, "text", false, "no JSON, whatever its name says");
    else if (strcmp(use, "birth_date") == 0 && is_share(e->odd_dates, e->distinct, MOSTLY))
        say(out, "by_shape", true, "dates of a birth, not as ISO 8601 writes them");
    else if (q->line != NULL && !is_overruled && !is_discriminator(q->table, q->column, e))
        say(out, rule_text(q->line->mask), false, "by its name");
    else
        return false;
    return true;
}

/* What its values look like, in the order of what they tell. */
static void
by_look(const struct question *q, struct proposal *out)
{
    const struct evidence *e = q->e;
    if (q->is_text &&
        (by_company(q->known, q->table, q->column, e, out) || by_values(q->column, e, out)))
        return;
    bool is_own_id = e->uuids > 0 && catalog_key_column(q->table) == q->number;
    if (q->is_text && by_form(e, out))
        out->is_guess &= !is_own_id;
    else if (q->is_text && is_discriminator(q->table, q->column, e))
        say(out, "keep", false, "names of tables or classes");
    else if (q->is_text && is_code(q->table, q->column, e))
        say(out, "keep", !is_sure_code(q->column, e), "code-like: %d distinct values", e->distinct);
    else
        by_type(q->column, q->unique, e, out);
}

/* What the mask that was found must still do here. */
static void
settle(const struct question *q, struct proposal *out)
{
    const struct evidence *e = q->e;
    int hits, which = best_detector(e, &hits);
    out->is_personal = is_personal(out->mask);
    out->is_code = strncmp(out->why, "code-like", 9) == 0;
    if (propose_is_version(q->column) && e->hits[detector_find("ipv4")] > 0)
        out->reaches = "ipv4";
    if (q->is_text && which >= 0 && is_share(hits, e->distinct, MOSTLY))
        out->second = detector_mask(which);
    if (e->odd_keys > 0 && strcmp(out->mask, "{use: json, other: mask}") == 0)
        say(out, "{use: json, keys: mask, other: mask}", false,
            "documents with addresses or long numbers for keys");
    keep_apart(q->column, q->unique, out);
    draw_few(q->table, q->column, q->unique, e, out);
    ask_about_few(q->column, q->unique, e, out);
    shorten(q->table, q->number, e, out);
    /* each word's length tells a text; what programs read keeps its form */
    if (strcmp(out->mask, "text") == 0 && !is_share(e->serials, e->distinct, MOSTLY))
        out->mask = "{use: text, length: near}";
}

void
propose_column(struct propose_packs *known, const struct table *table, int column, bool unique,
               const struct evidence *e, struct proposal *out)
{
    const struct column *c = &table->columns[column];
    const struct question q = { .known = known,
                                .table = table,
                                .number = column,
                                .column = c,
                                .line = by_name(known, table, c),
                                .e = e,
                                .unique = unique,
                                .is_text = mask_kind_of(c->type) == KIND_TEXT };
    *out = (struct proposal){ 0 };
    if (q.line == NULL)
        propose_number(&q, out);
    bool is_safe = masking_safe_type(&known->rules->columns, c->type) != NULL;
    if (c->is_generated || out->mask != NULL || (is_safe && q.line == NULL))
        return;
    if (!by_line(&q, out))
        by_look(&q, out);
    assert(out->mask != NULL);
    settle(&q, out);
}
