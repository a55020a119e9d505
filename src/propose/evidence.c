/* SPDX-License-Identifier: PostgreSQL */
#include "propose/evidence.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pg/quote.h"

enum {
    MOST_ROWS = 10000,
    MOST_LOOKED_AT = 3000,
    MOST_CHARACTERS = 4096,
    TIMEOUT_MS = 5000,
    WORDS = 3,
    LONG_NUMBER = 7
};

static bool
is_identifier(const char *value, size_t len)
{
    if (len == 0 || len > 40)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)value[i]) && strchr("_.:/+-", value[i]) == NULL &&
            !(i == 0 && value[0] == '#')) /* a colour */
            return false;
    return true;
}

/* "Order", "Billing::Invoice", "App\\Models\\User" */
static bool
is_class_name(const char *value, size_t len)
{
    if (len < 3 || !isupper((unsigned char)value[0]))
        return false;
    bool has_lower = false;
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)value[i]) && strchr("_:\\.", value[i]) == NULL)
            return false;
        has_lower |= islower((unsigned char)value[i]) != 0;
    }
    return has_lower;
}

static int
count_words(const char *value, size_t len)
{
    int n = 0;
    for (size_t i = 0; i < len; i++)
        n += isspace((unsigned char)value[i]) == 0 &&
             (i == 0 || isspace((unsigned char)value[i - 1]));
    return n;
}

static bool
has_long_number(const char *value, size_t len)
{
    int run = 0;
    for (size_t i = 0; i < len; i++) {
        run = isdigit((unsigned char)value[i]) ? run + 1 : 0;
        if (run >= LONG_NUMBER)
            return true;
    }
    return false;
}

static bool
is_hex(const char *value, size_t len)
{
    enum { SHORTEST_HASH = 24 }; /* an ObjectId */
    return len >= SHORTEST_HASH && strspn(value, "0123456789abcdef") == len;
}

/* Letters and digits in no order: cuid, ulid, nanoid, ksuid, base64. In words, numbers and codes
 * few characters stand beside one of another class, signs aside. */
static bool
is_random_id(const char *value, size_t len)
{
    enum { SHORTEST_ID = 16, LONGEST_ID = 44, CHANGES_OF_WORDS = 4 };
    enum { SIGN, DIGIT, UPPER, LOWER };
    int changes = 0, before = SIGN, digits = 0;
    if (len < SHORTEST_ID || len > LONGEST_ID)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        int class = isdigit(c) ? DIGIT : isupper(c) ? UPPER : islower(c) ? LOWER : SIGN;
        if (class == SIGN && strchr("_-.+/=", c) == NULL)
            return false;
        changes += before != SIGN && class != SIGN && class != before;
        digits += class == DIGIT;
        before = class;
    }
    /* one of fifty such texts has no digit, and a name of a class changes at every third character
     */
    return changes > CHANGES_OF_WORDS && (digits > 0 || changes * 5 > (int)len * 2);
}

/* ---- values that have a form of their own */

enum { ADULT = 18, FIRST_YEAR = 1900 };

static bool
is_like(const char *value, const char *form) /* 0: a digit; others stand for themselves */
{
    for (; *form != '\0'; form++, value++)
        if (*form == '0' ? !isdigit((unsigned char)*value) : *value != *form)
            return false;
    return true;
}

/* "31.12.2026" and "12/31/2026" as ISO 8601 writes them, which of two is the day aside; else the
 * value. */
static const char *
as_iso(const char *value, char out[12])
{
    bool is_other = (is_like(value, "00.00.0000") || is_like(value, "00/00/0000")) &&
                    (value[10] == '\0' || value[10] == ' ');
    if (!is_other)
        return value;
    bool is_day_first = value[2] == '.';
    snprintf(out, 12, "%.4s-%.2s-%.2s", value + 6, value + (is_day_first ? 3 : 0),
             value + (is_day_first ? 0 : 3));
    return out;
}

static void
add_date(struct evidence *evidence, const char *value, size_t len)
{
    char iso[12];
    const char *given = value;
    value = as_iso(value, iso);
    len = value != given ? strlen(value) : len;
    bool is_date = is_like(value, "0000-00-00") &&
                   (len == 10 || value[10] == ' ' || value[10] == 'T') && value[5] <= '1' &&
                   value[8] <= '3';
    if (!is_date)
        return;
    struct tm utc;
    time_t now = time(NULL);
    char today[12], grown[12];
    gmtime_r(&now, &utc);
    strftime(today, sizeof today, "%Y-%m-%d", &utc);
    utc.tm_year -= ADULT;
    strftime(grown, sizeof grown, "%Y-%m-%d", &utc);
    int year = atoi(value);
    bool is_birth = year >= FIRST_YEAR && strncmp(value, today, 10) <= 0;
    evidence->dates++;
    evidence->odd_dates += value != given;
    evidence->births += is_birth;
    evidence->adults += is_birth && strncmp(value, grown, 10) <= 0;
    if (evidence->oldest == 0 || year < evidence->oldest)
        evidence->oldest = year;
    if (year > evidence->youngest)
        evidence->youngest = year;
}

static bool
is_uuid(const char *value, size_t len)
{
    if (len != 36)
        return false;
    for (size_t i = 0; i < len; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23 ? value[i] != '-'
                                                    : !isxdigit((unsigned char)value[i]))
            return false;
    return true;
}

static bool
is_decimal(const char *value)
{
    const char *p = value + (*value == '-');
    size_t whole = strspn(p, "0123456789");
    size_t part = p[whole] == '.' ? strspn(p + whole + 1, "0123456789") : 0;
    return whole > 0 && part > 0 && p[whole + 1 + part] == '\0';
}

/* What YAML.dump of Ruby, and serialize() of PHP, write. */
static bool
is_serial(const char *value)
{
    return strncmp(value, "---", 3) == 0 || is_like(value, "a:0") || is_like(value, "O:0");
}

static void
add_digits(struct evidence *evidence, const char *value, size_t len)
{
    bool is_whole = strspn(value, "0123456789") == len;
    int digits = is_whole ? (int)len : 0;
    if (evidence->distinct == 1 || digits < evidence->shortest)
        evidence->shortest = digits;
    if (digits > evidence->longest)
        evidence->longest = digits;
}

/* jane.doe, doe_j, maria-laptop: one of the parts is a name. */
static bool
is_login(const struct detect *detect, const char *value, size_t len)
{
    enum { LONGEST = 40, SHORTEST = 3 };
    char part[LONGEST + 1];
    int parts = 0, names = 0;
    size_t n = 0;
    if (len > LONGEST || memchr(value, ' ', len) != NULL || is_uuid(value, len))
        return false;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && isalpha((unsigned char)value[i])) {
            part[n] = (char)(n == 0 ? toupper((unsigned char)value[i])
                                    : tolower((unsigned char)value[i]));
            n++;
            continue;
        }
        parts += n > 0;
        names += n >= SHORTEST &&
                 (detect_first_name(detect, part, n) || detect_last_name(detect, part, n));
        n = 0;
    }
    return parts >= 2 && names > 0;
}

/* As EVIDENCE_SECRETS, which the server matches, says. */
static bool
names_secret(const char *value)
{
    static const char *const parts[] = { "passw",  "secret",      "token",      "api_key",
                                         "apikey", "private_key", "privatekey", "credential" };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcasestr(value, parts[i]) != NULL)
            return true;
    return false;
}

/* In the order of the words of `scheme`. */
static void
add_scheme(struct evidence *evidence, const char *value)
{
    static const char *const heads[EVIDENCE_SCHEMES][5] = {
        { "$2$", "$2a$", "$2b$", "$2x$", "$2y$" },
        { "$argon2id$" },
        { "pbkdf2_sha256$" },
        { "scrypt$" },
    };
    for (int i = 0; i < EVIDENCE_SCHEMES; i++)
        for (int k = 0; k < 5 && heads[i][k] != NULL; k++)
            evidence->schemes[i] += strncmp(value, heads[i][k], strlen(heads[i][k])) == 0;
}

void
evidence_add(struct evidence *evidence, const struct detect *detect, struct regex_space *space,
             const char *value, size_t len)
{
    assert(value != NULL);
    static_assert(EVIDENCE_DETECTORS >= 17, "room for every detector");
    bool is_object = len > 1 && ((value[0] == '{' && value[len - 1] == '}') ||
                                 (value[0] == '[' && value[len - 1] == ']'));
    evidence->distinct++;
    bool may_be = strpbrk(value, "0123456789@:$-.") != NULL; /* every kind has one of these */
    for (int i = 0; may_be && i < ndetectors; i++)
        if (detect_is(detect, i, space, value, len)) {
            evidence->hits[i]++;
            break;
        }
    char head[sizeof evidence->head];
    snprintf(head, sizeof head, "%.*s", (int)strcspn(value, " ,"), value);
    evidence->heads += strcmp(head, evidence->head) != 0;
    memcpy(evidence->head, head, sizeof head);
    evidence->persons += detect_person(detect, value, len);
    evidence->first_names += detect_first_name(detect, value, len);
    evidence->last_names += detect_last_name(detect, value, len);
    evidence->identifiers += is_identifier(value, len);
    bool is_lower = true;
    for (size_t i = 0; i < len; i++)
        is_lower &= !isupper((unsigned char)value[i]) && !isspace((unsigned char)value[i]);
    evidence->lower += is_lower;
    evidence->camel += is_class_name(value, len);
    evidence->prose += !is_object && count_words(value, len) >= WORDS;
    evidence->long_numbers += has_long_number(value, len);
    evidence->objects += is_object;
    evidence->secrets += names_secret(value);
    evidence->logins += is_login(detect, value, len);
    evidence->clocks += is_like(value, "00:00") && len <= 15;
    evidence->uuids += is_uuid(value, len);
    evidence->decimals += is_decimal(value);
    evidence->serials += is_serial(value);
    add_date(evidence, value, len);
    add_digits(evidence, value, len);
    evidence->hex += is_hex(value, len);
    evidence->random_ids += is_random_id(value, len);
    add_scheme(evidence, value);
    evidence->characters += ((double)len - evidence->characters) / evidence->distinct;
}

/* What of a value could be found again in another column. */
enum told { TOLD_NOTHING, TOLD_TEXT, TOLD_JSON };

static enum told
told_by(const struct type *type)
{
    while (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind != TYPE_SCALAR)
        return TOLD_NOTHING;
    switch (type->scalar) {
    case SCALAR_TEXT:
    case SCALAR_VARCHAR:
    case SCALAR_BPCHAR:
    case SCALAR_CITEXT:
    case SCALAR_NAME:
        return TOLD_TEXT;
    case SCALAR_JSON:
    case SCALAR_JSONB:
        return TOLD_JSON;
    default:
        return TOLD_NOTHING;
    }
}

bool
evidence_is_read(const struct type *type)
{
    assert(type != NULL);
    while (type->kind == TYPE_ARRAY)
        type = type->element;
    if (type->kind != TYPE_SCALAR)
        return false;
    switch (type->scalar) {
    case SCALAR_INT2: /* how many digits they have */
    case SCALAR_INT4:
    case SCALAR_INT8: /* long enough for the number of a card */
    case SCALAR_DATE: /* a birth */
    case SCALAR_NUMERIC:
    case SCALAR_TEXT:
    case SCALAR_VARCHAR:
    case SCALAR_BPCHAR:
    case SCALAR_CITEXT:
    case SCALAR_NAME:
    case SCALAR_JSON:
    case SCALAR_JSONB:
        return true;
    default:
        return false;
    }
}

/* Of the whole table, wherever its rows lie: what came last is often unlike what came first. The
 * same pages each time, so that init comes to the same of the same rows. */
static void
put_spread(const struct table *table, int most, struct buf *out)
{
    assert(table != NULL && most > 0);
    double rows = table->reltuples;
    catalog_put_rows(table, out);
    buf_puts(out, " AS decant_row");
    if (rows > most && !catalog_has_foreign(table))
        buf_printf(out, " TABLESAMPLE SYSTEM (%g) REPEATABLE (1)", 100 * most / rows);
    buf_printf(out, " LIMIT %d", most);
}

void
evidence_put_sample(const struct table *table, struct buf *out)
{
    put_spread(table, MOST_ROWS, out);
}

void
evidence_put_many(const struct table *table, struct buf *out)
{
    put_spread(table, 10 * MOST_ROWS, out);
}

bool
evidence_ask(struct pg_conn *conn, const char *sql, struct pg_result **rows,
             struct decant_error *err)
{
    struct decant_error ignored = { 0 };
    struct buf all = { 0 };
    buf_printf(&all, "SET LOCAL statement_timeout = %d; %s", TIMEOUT_MS, sql);
    bool ok = pg_try(conn, buf_str(&all), rows, &ignored, err);
    buf_deinit(&all);
    return ok;
}

/* One statement for all columns. */
static bool
put_query(const struct table *table, struct buf *out)
{
    bool any = false;
    for (int i = 0; i < table->ncolumns; i++) {
        const struct type *type = table->columns[i].type;
        if (!evidence_is_read(type))
            continue;
        buf_puts(out, any ? ", pg_catalog.left(" : "SELECT pg_catalog.left(");
        buf_puts(out, type->kind == TYPE_ARRAY ? "pg_catalog.array_to_string(" : "");
        quote_ident(out, table->columns[i].name);
        /* elements of arrays become lines */
        buf_printf(out, "%s, %d)",
                   type->kind == TYPE_ARRAY ? ", pg_catalog.chr(10))" : "::pg_catalog.text",
                   MOST_CHARACTERS);
        any = true;
    }
    buf_puts(out, " FROM ");
    evidence_put_sample(table, out);
    return any;
}

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Appends the values of one field: its lines where it is an array. */
static void
add_values(const char *text, bool is_array, const char ***values, size_t *n, struct arena *arena)
{
    while (text != NULL && *text != '\0') {
        size_t len = is_array ? strcspn(text, "\n") : strlen(text);
        if (strspn(text, " \t\n") < len) {
            *values = mem_grow(*values, *n, sizeof **values);
            (*values)[(*n)++] = arena_strndup(arena, text, len);
        }
        text += len + (text[len] == '\n');
    }
}

/* Fingerprints of texts as the search for leaks compares them: words in lower case. FNV-1a: nobody
 * chooses these values to collide, and what does only asks for a mask too many. */
struct prints {
    int n;
    uint64_t *items;
};

enum { SHORTEST = 6, /* of what is searched for */ MOST_PRINTS = 20000 };

static void
add_print(struct prints *prints, uint64_t print)
{
    if (prints->n == MOST_PRINTS)
        return;
    prints->items = mem_grow(prints->items, (size_t)prints->n, sizeof *prints->items);
    prints->items[prints->n++] = print;
}

static uint64_t
print_of(const char *value, size_t len, uint64_t print)
{
    for (size_t i = 0; i < len; i++)
        print = (print ^ (uint64_t)tolower((unsigned char)value[i])) * UINT64_C(0x100000001b3);
    return print;
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

static const uint64_t empty = UINT64_C(0xcbf29ce484222325);

uint64_t
evidence_print(const char *text, size_t len)
{
    assert(text != NULL || len == 0);
    uint64_t print = empty;
    size_t words = 0;
    for (size_t i = 0, n; i < len; i += n + (n == 0)) {
        for (n = 0; i + n < len && is_word(text[i + n]); n++)
            ;
        if (n > 0)
            print = print_of(text + i, n, words++ > 0 ? print_of(" ", 1, print) : print);
    }
    return print;
}

/* The whole text, and each two words of it in a row. */
static void
add_prints(const char *value, size_t len, struct prints *whole, struct prints *pairs)
{
    const char *before = NULL;
    size_t nbefore = 0;
    for (size_t i = 0; i < len;) {
        size_t n = 0;
        while (i + n < len && is_word(value[i + n]))
            n++;
        if (n > 0) {
            if (before != NULL && nbefore + n >= SHORTEST)
                add_print(pairs, print_of(value + i, n,
                                          print_of(" ", 1, print_of(before, nbefore, empty))));
            before = value + i;
            nbefore = n;
        }
        i += n + (n == 0);
    }
    if (len >= SHORTEST)
        add_print(whole, evidence_print(value, len));
}

/* Is the string a key, and an address or a long number? */
static bool
is_odd_key(const char *string, size_t len)
{
    const char *behind = string + len + 1;
    behind += strspn(behind, " ");
    return *behind == ':' && (memchr(string, '@', len) != NULL || has_long_number(string, len));
}

/* Numbers of a document that are long enough to be looked for. */
static void
add_numbers(const char *value, struct prints *whole)
{
    bool in_string = false;
    for (const char *p = value; *p != '\0'; p++) {
        size_t n = strspn(p, "0123456789");
        if (in_string && *p == '\\' && p[1] != '\0')
            p++;
        else if (*p == '"')
            in_string = !in_string;
        else if (!in_string && n >= SHORTEST)
            add_print(whole, evidence_print(p, n));
        p += n > 0 ? n - 1 : 0;
    }
}

/* A text is one value; a document has its strings and numbers. */
static void
add_texts(const char *value, bool is_json, struct prints *whole, struct prints *pairs,
          int *odd_keys)
{
    if (!is_json) {
        add_prints(value, strlen(value), whole, pairs);
        return;
    }
    add_numbers(value, whole);
    for (const char *p = strchr(value, '"'); p != NULL;) {
        size_t n = strcspn(p + 1, "\"\\");
        if (p[1 + n] == '"') {
            add_prints(p + 1, n, whole, pairs);
            *odd_keys += is_odd_key(p + 1, n);
        }
        p = p[1 + n] != '\0' ? strchr(p + 2 + n, '"') : NULL;
    }
}

static uint64_t *
keep_prints(struct prints *prints, struct arena *arena, int *n)
{
    uint64_t *out = ARENA_ARRAY(arena, uint64_t, prints->n + 1);
    if (prints->n > 0)
        memcpy(out, prints->items, (size_t)prints->n * sizeof *out);
    *n = prints->n;
    free(prints->items);
    return out;
}

static void
add_column(const struct pg_result *rows, int column, bool is_array, const struct detect *detect,
           struct regex_space *space, enum told told, struct arena *kept, struct evidence *out)
{
    struct arena arena = { 0 };
    const char **values = NULL;
    size_t n = 0;
    for (int i = 0; i < pg_nrows(rows); i++)
        add_values(pg_text(rows, i, column), is_array, &values, &n, &arena);
    if (n > 0)
        qsort(values, n, sizeof *values, by_text);
    struct prints whole = { 0 }, pairs = { 0 };
    size_t ndistinct = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(values[i], values[i - 1]) != 0)
            values[ndistinct++] = values[i];
    size_t step = 1 + ndistinct / (MOST_LOOKED_AT + 1); /* patterns are dear */
    for (size_t i = 0; i < ndistinct; i++) {
        if (i % step == 0)
            evidence_add(out, detect, space, values[i], strlen(values[i]));
        if (told != TOLD_NOTHING)
            add_texts(values[i], told == TOLD_JSON, &whole, &pairs, &out->odd_keys);
    }
    out->values = (int)(n / step);
    out->hashes = keep_prints(&whole, kept, &out->nhashes);
    out->pairs = keep_prints(&pairs, kept, &out->npairs);
    free(values);
    arena_deinit(&arena);
}

bool
evidence_read(const struct evidence_source *source, const struct table *table, struct evidence *out,
              struct decant_error *err)
{
    assert(source != NULL && table != NULL);
    struct buf sql = { 0 };
    struct pg_result *rows = NULL;
    for (int i = 0; i < table->ncolumns; i++) {
        out[i] = (struct evidence){ .rows = table->reltuples };
        out[i].distinct_rows = statistics_distinct(source->statistics, table, &table->columns[i]);
    }
    if (source->conn == NULL || !put_query(table, &sql)) {
        buf_deinit(&sql);
        return true;
    }
    bool ok = evidence_ask(source->conn, buf_str(&sql), &rows, err);
    struct regex_space *space = regex_space_new();
    int at = 0;
    for (int i = 0; rows != NULL && i < table->ncolumns; i++)
        if (evidence_is_read(table->columns[i].type))
            add_column(rows, at++, table->columns[i].type->kind == TYPE_ARRAY, source->detect,
                       space, told_by(table->columns[i].type), source->arena, &out[i]);
    for (int i = 0; rows != NULL && i < table->ncolumns; i++) {
        if (out[i].rows < 0) /* never analyzed */
            out[i].rows = pg_nrows(rows) < MOST_ROWS ? pg_nrows(rows) : -1;
        if (out[i].distinct_rows < 0 && out[i].values > 0)
            out[i].distinct_rows = out[i].distinct;
    }
    regex_space_free(space);
    pg_result_free(rows);
    buf_deinit(&sql);
    return ok;
}
