/* SPDX-License-Identifier: PostgreSQL */
/* What is spelled is read as the same text, whatever stands in it. */
#include "rules/spell.h"

#include "rules/yaml.h"
#include "unit.h"

/* Signs of YAML and of the language, blanks, and characters that nobody sees. */
static const char *const pieces[] = {
    "a",  "B",  "7", " ", "  ", ",", ":", ": ", " #", "#",  "'",      "\"", "\\", "$",
    "${", "}",  "[", "]", "{",  "*", "&", "!",  "|",  ">",  "%",      "@",  "`",  "-",
    "- ", "? ", "~", "=", "/",  ".", "(", ")",  "\n", "\t", "\u200b", "é",  "漢", "😀",
};

static uint32_t
draw(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return *state >> 8;
}

static void
make_text(uint32_t *state, struct buf *out)
{
    buf_reset(out);
    for (uint32_t n = draw(state) % 6; n > 0; n--)
        buf_puts(out, pieces[draw(state) % (sizeof pieces / sizeof *pieces)]);
}

/* The file's only item, which is the last one of whatever holds it. */
static const struct yaml_node *
read_last(struct arena *arena, const struct buf *file)
{
    const struct yaml_source source = { .name = "f", .text = file->data, .len = file->len };
    struct yaml_node *node;
    struct decant_error err = { 0 };
    if (!yaml_parse(&source, arena, &node, &err))
        fail_msg("%s: %s", file->data, err.message);
    while (node->items != NULL)
        for (node = node->items; node->next != NULL;)
            node = node->next;
    return node;
}

static void
an_item_between_brackets_is_read_as_it_was(void **state)
{
    struct buf text = { 0 }, file = { 0 };
    uint32_t random = 1;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct arena arena = { 0 };
        make_text(&random, &text);
        buf_reset(&file);
        buf_puts(&file, i % 2 == 0 ? "k: [x, " : "k: {x: y, why: ");
        spell_item(buf_str(&text), &file);
        buf_puts(&file, i % 2 == 0 ? "]  # ?\n" : "}  # ?\n");
        assert_string_equal(read_last(&arena, &file)->text, buf_str(&text));
        arena_deinit(&arena);
    }
    buf_deinit(&text);
    buf_deinit(&file);
}

static void
a_name_is_read_as_it_was_spelled_in_a_list_and_as_a_key(void **state)
{
    struct buf text = { 0 }, name = { 0 }, file = { 0 };
    uint32_t random = 2;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct arena arena = { 0 };
        make_text(&random, &text);
        buf_reset(&name);
        spell_name(buf_str(&text), &name);
        buf_reset(&file);
        buf_puts(&file, i % 2 == 0 ? "k:\n  - " : "k:\n  ");
        spell_scalar(buf_str(&name), &file);
        buf_puts(&file, i % 2 == 0 ? "\n" : ": value\n");
        const struct yaml_node *node = read_last(&arena, &file);
        assert_string_equal(i % 2 == 0 ? node->text : node->key, buf_str(&name));
        arena_deinit(&arena);
    }
    buf_deinit(&text);
    buf_deinit(&name);
    buf_deinit(&file);
}

static void
a_text_of_nothing_is_quoted(void **state)
{
    struct buf out = { 0 };
    (void)state;
    spell_scalar("", &out);
    spell_item("", &out);
    assert_string_equal(buf_str(&out), "''''");
    buf_deinit(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_item_between_brackets_is_read_as_it_was),
        cmocka_unit_test(a_name_is_read_as_it_was_spelled_in_a_list_and_as_a_key),
        cmocka_unit_test(a_text_of_nothing_is_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
