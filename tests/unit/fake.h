/* SPDX-License-Identifier: PostgreSQL */
/* Tables that exist only in a test: types by their names, rules from a text, masks made of both. */
#ifndef FAKE_H
#define FAKE_H

#include "base/utf8.h"
#include "mask/masking.h"
#include "mask/unique.h"
#include "unit.h"

#include <unistd.h>

/* The type that format_type() spells so; *typmod as PostgreSQL counts it. */
static inline const struct type *
fake_type(const char *name, int *typmod)
{
    static struct type types[2 * SCALAR_COUNT + 2];
    static const struct {
        const char *sql;
        enum scalar_id scalar;
    } names[] = {
        { "boolean", SCALAR_BOOL },
        { "smallint", SCALAR_INT2 },
        { "integer", SCALAR_INT4 },
        { "bigint", SCALAR_INT8 },
        { "numeric", SCALAR_NUMERIC },
        { "real", SCALAR_FLOAT4 },
        { "double precision", SCALAR_FLOAT8 },
        { "money", SCALAR_MONEY },
        { "text", SCALAR_TEXT },
        { "character varying", SCALAR_VARCHAR },
        { "character", SCALAR_BPCHAR },
        { "citext", SCALAR_CITEXT },
        { "bytea", SCALAR_BYTEA },
        { "date", SCALAR_DATE },
        { "time without time zone", SCALAR_TIME },
        { "timestamp without time zone", SCALAR_TIMESTAMP },
        { "timestamp with time zone", SCALAR_TIMESTAMPTZ },
        { "interval", SCALAR_INTERVAL },
        { "uuid", SCALAR_UUID },
        { "jsonb", SCALAR_JSONB },
        { "json", SCALAR_JSON },
        { "inet", SCALAR_INET },
        { "cidr", SCALAR_CIDR },
        { "macaddr", SCALAR_MACADDR },
        { "name", SCALAR_NAME },
    };
    size_t len = strcspn(name, "(["), full = strlen(name);
    const char *paren = strchr(name, '(');
    bool is_array = full > 2 && strcmp(name + full - 2, "[]") == 0;
    *typmod = -1;
    if (paren != NULL && strncmp(name, "numeric", 7) != 0)
        *typmod = atoi(paren + 1) + 4;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        /* "timestamp(6) with time zone" */
        bool same = strncmp(names[i].sql, name, len) == 0 && names[i].sql[len] == '\0';
        if (!same)
            continue;
        struct type *scalar = &types[names[i].scalar];
        *scalar = (struct type){ .name = scalars[names[i].scalar].name,
                                 .schema = "pg_catalog",
                                 .kind = TYPE_SCALAR,
                                 .scalar = names[i].scalar,
                                 .has_binary = true };
        if (!is_array)
            return scalar;
        struct type *array = &types[SCALAR_COUNT + names[i].scalar];
        *array = (struct type){ .name = "array",
                                .schema = "pg_catalog",
                                .kind = TYPE_ARRAY,
                                .element = scalar,
                                .delimiter = ',',
                                .has_binary = true };
        return array;
    }
    if (strcmp(name, "daterange") == 0 || strcmp(name, "tstzrange") == 0) {
        int ignored;
        types[2 * SCALAR_COUNT + 1] = (struct type){ .name = name,
                                                     .schema = "pg_catalog",
                                                     .kind = TYPE_RANGE,
                                                     .element = fake_type("date", &ignored),
                                                     .has_binary = true };
        return &types[2 * SCALAR_COUNT + 1];
    }
    types[2 * SCALAR_COUNT] = (struct type){
        .name = name, .schema = "pg_catalog", .kind = TYPE_OPAQUE, .has_binary = true
    };
    return &types[2 * SCALAR_COUNT];
}

static inline struct column
fake_column(const char *name, const char *type)
{
    struct column column = { .name = name, .type_name = type };
    column.type = fake_type(type, &column.typmod);
    return column;
}

static inline struct rules *
fake_rules(const char *text)
{
    struct rules *rules = NULL;
    struct decant_error err = { 0 };
    if (!rules_parse("r.yaml", text, strlen(text), &rules, &err))
        fail_msg("%s (%s)", err.message, err.hint);
    return rules;
}

/* A key that is the same in every run, for golden fakes. */
static inline struct key *
fake_key(void)
{
    struct key *key = NULL;
    struct decant_error err = { 0 };
    int ends[2];
    static const char text[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(ends[1]);
    assert_true(key_load_fd(ends[0], &key, &err));
    close(ends[0]);
    return key;
}

/* Masks by their rules, on values of a class. */
struct faker {
    struct arena arena;
    struct key *key;
    struct key_ring *ring;
    struct rules *rules;
    struct mask_maker maker;
    struct mask_work work;
    struct column column;
    struct table table;
    struct decant_error err;
};

static inline void
faker_init(struct faker *f, const char *rules)
{
    memset(f, 0, sizeof *f);
    f->key = fake_key();
    f->ring = key_ring_new(f->key);
    f->rules = fake_rules(rules);
    mask_maker_init(&f->maker, &f->arena, f->ring, f->rules);
    f->maker.err = &f->err;
    assert_true(mask_maker_set_locales(&f->maker, &f->err));
}

static inline void
faker_deinit(struct faker *f)
{
    mask_work_deinit(&f->work);
    mask_maker_deinit(&f->maker);
    rules_free(f->rules);
    key_ring_free(f->ring);
    key_free(f->key);
    arena_deinit(&f->arena);
}

/* "email", or "{use: email, host: per_host}" */
static inline const struct rules_mask *
faker_rule(struct faker *f, const char *text)
{
    struct yaml_source *source = ARENA_NEW(&f->arena, struct yaml_source);
    struct yaml_node *root;
    char *file = arena_printf(&f->arena, "x: %s\n", text);
    *source = (struct yaml_source){ .name = "rule", .text = file, .len = strlen(file) };
    struct reader reader = { source, &f->arena, &f->err };
    if (!yaml_parse(source, &f->arena, &root, &f->err))
        fail_msg("%s", f->err.message);
    struct rules_mask *rule = read_mask(&reader, root->items);
    if (rule == NULL)
        fail_msg("%s", f->err.message);
    return rule;
}

/* NULL: f->err says why. */
static inline struct mask *
faker_mask(struct faker *f, const char *rule, const char *type, int room, bool unique)
{
    const struct rules_mask *parsed = faker_rule(f, rule);
    f->column = fake_column("c", type);
    f->table = (struct table){ .schema = "s", .name = "t", .ncolumns = 1, .columns = &f->column };
    f->table.root = &f->table;
    f->maker.table = &f->table;
    f->maker.column = &f->column;
    f->maker.kind = mask_kind_of(f->column.type);
    mask_domain_join(&f->maker, parsed, room, unique, false);
    struct mask *mask = mask_make(&f->maker, parsed);
    if (mask != NULL)
        mask->room = room;
    return mask;
}

/* The fake of a text; valid until the next. The seeds are those of row `row`. */
static inline const char *
faker_text(struct faker *f, const struct mask *mask, const char *original, uint64_t row)
{
    static struct buf out;
    struct mask_seeds seeds = { { row * 0x9E3779B97F4A7C15u, row }, { row, row }, { row, ~row } };
    struct mask_value cell = { .kind = f->maker.kind,
                               .data = original,
                               .len = strlen(original),
                               .out = &out,
                               .work = &f->work };
    buf_reset(&out);
    buf_puts(&out, "");
    enum mask_result result = mask_cell(mask, &seeds, &cell);
    out.data[out.len] = '\0';
    return result == MASK_NULL ? "(null)" : result == MASK_STOP ? "(stop)" : buf_str(&out);
}

static inline int64_t
faker_integer(struct faker *f, const struct mask *mask, int64_t original, uint64_t row)
{
    struct buf out = { 0 };
    struct mask_seeds seeds = { { row, row }, { row, row }, { row, ~row } };
    struct mask_value cell = {
        .kind = f->maker.kind, .integer = original, .out = &out, .work = &f->work
    };
    mask_cell(mask, &seeds, &cell);
    buf_deinit(&out);
    return cell.out_integer;
}

#endif
