/* SPDX-License-Identifier: PostgreSQL */
/* Files of rules as trees: where things stand, what would be a trap, and which files are read. */
#include "rules/yaml.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "rules/value.h"
#include "unit.h"

static char folder[256];

/* A text that was read, until parsed_end(). */
struct parsed {
    struct arena arena;
    struct yaml_source source;
    struct yaml_node *root;
    struct decant_error err;
};

static bool
parse(struct parsed *p, const char *text, size_t len)
{
    memset(p, 0, sizeof *p);
    p->source = (struct yaml_source){ .name = "f.yaml", .text = text, .len = len };
    return yaml_parse(&p->source, &p->arena, &p->root, &p->err);
}

static void
end(struct parsed *p)
{
    arena_deinit(&p->arena);
}

static const struct yaml_node *
item(const struct yaml_node *map, const char *key)
{
    for (const struct yaml_node *i = map->items; i != NULL; i = i->next)
        if (strcmp(i->key, key) == 0)
            return i;
    fail_msg("no key %s", key);
    return NULL;
}

static void
every_node_knows_where_it_stands(void **state)
{
    static const char text[] = "# a comment\n"
                               "first: x\n"
                               "list:\n"
                               "  - one\n"
                               "  - {a: 1,   b: [2, 3]}\n"
                               "\"quoted key\":   'text'\n";
    struct parsed p;
    (void)state;
    assert_true(parse(&p, text, sizeof text - 1));
    assert_int_equal(p.root->kind, YAML_MAP);
    const struct yaml_node *list = item(p.root, "list"), *map = list->items->next;
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->key_line, 3);
    assert_int_equal(list->key_column, 1);
    assert_int_equal(list->line, 4);
    assert_int_equal(list->items->line, 4);
    assert_int_equal(list->items->column, 5);
    assert_null(list->items->key);
    assert_int_equal(map->line, 5);
    assert_int_equal(item(map, "b")->key_column, 14);
    assert_int_equal(item(map, "b")->column, 17);
    assert_string_equal(item(map, "b")->items->next->text, "3");
    assert_int_equal(item(map, "b")->items->next->column, 21);
    assert_null(item(map, "b")->items->next->next);
    assert_int_equal(item(p.root, "quoted key")->line, 6);
    assert_int_equal(item(p.root, "quoted key")->column, 17);
    end(&p);
}

static void
scalars_are_texts(void **state)
{
    static const struct {
        const char *text, *value;
    } cases[] = {
        { "k: no\n", "no" },
        { "k: 0123\n", "0123" },
        { "k: null\n", "null" },
        { "k: ~\n", "~" },
        { "k: 1e3\n", "1e3" },
        { "k:\n", "" },
        { "k: ''\n", "" },
        { "k: 'it''s'\n", "it's" },
        { "k: \"a\\tb\\u00e9\"\n", "a\tbé" },
        { "k: |\n  one\n  two\n", "one\ntwo\n" },
        { "k: >-\n  one\n  two\n", "one two" },
        { "k: a # b\n", "a" },
        { "k: 'a # b'\n", "a # b" },
        { "k: ünïcödé 😀\n", "ünïcödé 😀" },
        { "\xef\xbb\xbfk: bom\n", "bom" },
        { "k: crlf\r\n", "crlf" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        if (!parse(&p, cases[i].text, strlen(cases[i].text)))
            fail_msg("%s: %s", cases[i].text, p.err.message);
        assert_string_equal(p.root->items->key, "k");
        assert_int_equal(p.root->items->kind, YAML_TEXT);
        assert_string_equal(p.root->items->text, cases[i].value);
        end(&p);
    }
}

static void
nothing_at_all_is_an_empty_map(void **state)
{
    static const char *const empty[] = {
        "", "\n\n", "# only words\n", "---\n", "--- ''\n", "{}\n"
    };
    (void)state;
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        struct parsed p;
        assert_true(parse(&p, empty[i], strlen(empty[i])));
        assert_int_equal(p.root->kind, YAML_MAP);
        assert_null(p.root->items);
        end(&p);
    }
}

static void
traps_are_errors_with_their_place_and_their_line(void **state)
{
    static const struct {
        const char *text, *message, *context;
    } cases[] = {
        { "a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' is here twice; the first one is in line 1",
          "line 3: a: 3" },
        { "m:\n  x: {c: 1, c: 2}\n", "f.yaml:2:13: the key 'c' is here twice", "line 2: x: {" },
        { "'a': 1\n\"a\": 2\n", "f.yaml:2:1: the key 'a' is here twice", "line 2: " },
        { "a: &x 1\n", "f.yaml:1:4: anchors, aliases and tags are not allowed: write it out",
          "line 1: a: &x 1" },
        { "a: *x\n", "f.yaml:1:4: anchors, aliases and tags", "" },
        { "a: !!str 1\n", "f.yaml:1:4: anchors, aliases and tags", "" },
        { "a: !secret 1\n", "f.yaml:1:4: anchors, aliases and tags", "" },
        { "a: &x [1]\n", "f.yaml:1:4: anchors, aliases and tags", "" },
        { "a: &x {b: 1}\n", "f.yaml:1:4: anchors, aliases and tags", "" },
        { "a: [1, !!int 2]\n", "f.yaml:1:8: anchors, aliases and tags", "" },
        { "a: {<<: *x}\n", "f.yaml:1:9: anchors, aliases and tags", "" },
        { "? [a]\n: b\n", "f.yaml:1:3: a key must be a plain text", "" },
        { "{a: b}: c\n", "a key must be a plain text", "" },
        { "- a\n", "f.yaml:1:1: the file must be a list of 'key: value'", "line 1: - a" },
        { "words\n", "f.yaml:1:1: the file must be a list of 'key: value'", "" },
        { "a: 1\n---\nb: 2\n", "f.yaml:2:1: a file is one document", "line 2: ---" },
        { "a: 1\n...\n---\nb: 2\n", "a file is one document", "" },
        { "a:\n\tb: 1\n", "f.yaml:2:1: ", "line 2: \tb: 1" },
        { "a: [1, 2\n", "f.yaml:2:1: ", "" },
        { "a: 'open\n", "f.yaml:", "" },
        { "a: b: c\n", "f.yaml:1:5: ", "line 1: a: b: c" },
        { "a: \"\\q\"\n", "f.yaml:1:", "" },
        { "a: \"x\\0y\"\n", "f.yaml:1:4: a text may not hold the character with code 0", "" },
        { "a: \xff\xfe\n", "f.yaml:", "" },
        { "%YAML 9.9\n---\na: b\n", "f.yaml:2:1: ", "" },
        { "a: @b\n", "f.yaml:1:4: ", "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        if (parse(&p, cases[i].text, strlen(cases[i].text)))
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(p.err.code, DECANT_USAGE);
        if (strstr(p.err.message, cases[i].message) == NULL)
            fail_msg("'%s' says '%s'", cases[i].text, p.err.message);
        if (strstr(p.err.context, cases[i].context) == NULL)
            fail_msg("'%s' is shown as '%s'", cases[i].text, p.err.context);
        end(&p);
    }
}

/* Names of the source differ in case only: they are two keys. */
static void
keys_that_differ_in_case_are_two(void **state)
{
    static const char text[] = "{Aa: 1, aA: 2, aa: 3, AA: 4, ^a: 5, ^A: 6, ^^a: 7, \"\": 8}\n";
    struct parsed p;
    int n = 0;
    (void)state;
    if (!parse(&p, text, sizeof text - 1))
        fail_msg("%s", p.err.message);
    for (const struct yaml_node *i = p.root->items; i != NULL; i = i->next)
        assert_int_equal(i->text[0], '1' + n++);
    assert_int_equal(n, 8);
    end(&p);
}

static void
what_is_said_of_anchors_tags_and_zeros_holds_for_keys(void **state)
{
    static const char *const texts[] = { "&x a: 1\n", "!!str a: 1\n", "\"a\\0b\": 1\n" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct parsed p;
        if (parse(&p, texts[i], strlen(texts[i])))
            fail_msg("accepted: %s", texts[i]);
        end(&p);
    }
}

/* "tabs ... are errors": one between a key and its value looks like a blank. */
static void
tabs_are_errors_wherever_they_separate(void **state)
{
    static const char *const texts[] = { "a:\tb\n", "a: {b:\tc}\n", "a: b\t# c\n" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct parsed p;
        if (parse(&p, texts[i], strlen(texts[i])))
            fail_msg("accepted: %s", texts[i]);
        end(&p);
    }
}

/* ... and of the text where they stand in it, or in a comment, whatever stands before. */
static void
tabs_of_texts_and_comments_are_no_errors(void **state)
{
    static const char *const texts[] = {
        "a: \"b\tc\" # d\te\n",
        "\"a\tb\": 'c\td'\n",
        "a: b\tc\n",
        "# \t\na: |\n  b\tc\n  \td\n",
        "a: [\"\t\", b] # \t",
        "\xEF\xBB\xBFstraße: \"日本\t\" # ä\t\r\nb: \"\t\"\r\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct parsed p;
        if (!parse(&p, texts[i], strlen(texts[i])))
            fail_msg("refused: %s: %s", texts[i], p.err.message);
        end(&p);
    }
}

static void
a_tab_is_told_where_it_stands(void **state)
{
    struct parsed p;
    static const char text[] = "\xEF\xBB\xBFstraße: \"\t\"\r\nb: é\n日:\tc\n";
    (void)state;
    assert_false(parse(&p, text, sizeof text - 1));
    assert_string_equal(p.err.message, "f.yaml:3:3: a tab stands here where blanks are wanted");
    end(&p);
}

static void
depth_has_a_limit_and_64_is_within(void **state)
{
    char text[400];
    struct parsed p;
    (void)state;
    for (int depth = 63; depth <= 64; depth++) { /* and the root's own map */
        int n = sprintf(text, "a: ");
        memset(text + n, '[', (size_t)depth);
        memset(text + n + depth, ']', (size_t)depth);
        n += 2 * depth;
        assert_int_equal(parse(&p, text, (size_t)n), depth == 63);
        if (depth == 64)
            assert_non_null(strstr(p.err.message, "f.yaml:1:67: this is nested too deeply"));
        end(&p);
    }
}

/* A million and a few: such a file was not written by anybody. */
static void
entries_have_a_limit(void **state)
{
    static const char begin[] = "a: [";
    size_t len = sizeof begin - 1 + 2 * (1 << 20);
    char *text = malloc(len);
    struct parsed p;
    (void)state;
    memcpy(text, begin, sizeof begin - 1);
    for (size_t i = sizeof begin - 1; i < len; i += 2)
        memcpy(text + i, "b,", 2);
    assert_false(parse(&p, text, len));
    assert_non_null(strstr(p.err.message, "the file has too many entries"));
    end(&p);
    free(text);
}

/* ---- variables */

static void
variables_are_replaced_in_values_and_keys(void **state)
{
    static const struct {
        const char *text, *value;
    } cases[] = {
        { "k: ${DECANT_T_SET}\n", "night" },
        { "k: a${DECANT_T_SET}b${DECANT_T_SET}\n", "anightbnight" },
        { "k: ${DECANT_T_SET:-day}\n", "night" },
        { "k: ${DECANT_T_UNSET:-day}\n", "day" },
        { "k: ${DECANT_T_EMPTY:-day}\n", "day" },
        { "k: ${DECANT_T_EMPTY}x\n", "x" },
        { "k: ${DECANT_T_UNSET:-}x\n", "x" },
        { "k: ${DECANT_T_SET?why}\n", "night" },
        { "k: ${DECANT_T_UNSET:-a:-b?c}\n", "a:-b?c" },
        { "k: $$\n", "$" },
        { "k: $${DECANT_T_SET}\n", "${DECANT_T_SET}" },
        { "k: $$$$x\n", "$$x" },
        { "k: $x ends with $\n", "$x ends with $" },
        { "k: '$2a$12$abc'\n", "$2a$12$abc" },
        { "k: |\n  ${DECANT_T_SET}\n", "night\n" },
        { "${DECANT_T_KEY}: v\n", "v" },
    };
    (void)state;
    setenv("DECANT_T_SET", "night", 1);
    setenv("DECANT_T_EMPTY", "", 1);
    setenv("DECANT_T_KEY", "k", 1);
    unsetenv("DECANT_T_UNSET");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        if (!parse(&p, cases[i].text, strlen(cases[i].text)))
            fail_msg("%s: %s", cases[i].text, p.err.message);
        assert_string_equal(p.root->items->key, "k");
        assert_string_equal(p.root->items->text, cases[i].value);
        end(&p);
    }
}

/* A value is a text, whatever it looks like. */
static void
a_variable_cannot_write_yaml(void **state)
{
    static const char text[] = "a: ${DECANT_T_EVIL}\nb: 1\n";
    struct parsed p;
    (void)state;
    setenv("DECANT_T_EVIL", "x\nb: 2\n${DECANT_T_SET} *a", 1);
    assert_true(parse(&p, text, sizeof text - 1));
    assert_string_equal(item(p.root, "a")->text, "x\nb: 2\n${DECANT_T_SET} *a");
    assert_string_equal(item(p.root, "b")->text, "1");
    end(&p);
}

static void
a_variable_that_is_not_there_is_told(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "a: b\nk:   x${DECANT_T_UNSET}\n",
          "f.yaml:2:6: the variable 'DECANT_T_UNSET' is not set" },
        { "k: ${DECANT_T_UNSET?ask Ann}\n", "the variable 'DECANT_T_UNSET' is not set: ask Ann" },
        { "k: ${DECANT_T_UNSET?}\n", "the variable 'DECANT_T_UNSET' is not set" },
        { "k: ${DECANT_T_SET\n", "'${' begins a variable: ${NAME}, ${NAME:-default}" },
        { "k: ${}\n", "'$$' is a dollar sign" },
        { "k: ${:-x}\n", "'${' begins a variable" },
        { "k: ${DECANT_T_SET:x}\n", "'${' begins a variable" },
        { "${DECANT_T_UNSET}: v\n", "f.yaml:1:1: the variable 'DECANT_T_UNSET' is not set" },
        { "${DECANT_T_KEY}: 1\nk: 2\n", "f.yaml:2:1: the key 'k' is here twice" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p;
        if (parse(&p, cases[i].text, strlen(cases[i].text)))
            fail_msg("accepted: %s", cases[i].text);
        assert_int_equal(p.err.code, DECANT_USAGE);
        if (strstr(p.err.message, cases[i].message) == NULL)
            fail_msg("'%s' says '%s'", cases[i].text, p.err.message);
        end(&p);
    }
}

/* ---- errors */

static void
an_error_shows_its_line_and_no_more_than_100_bytes_of_it(void **state)
{
    char text[300] = "a: 1\r\n     b: 2   \r\n";
    struct yaml_source source = { .name = "f.yaml", .text = text };
    struct decant_error err = { 0 };
    size_t n = strlen(text);
    (void)state;
    memset(text + n, 'x', 200);
    source.len = n + 200;
    assert_false(yaml_error(&source, 2, 6, &err, "%d is wrong", 2));
    assert_int_equal(err.code, DECANT_USAGE);
    assert_string_equal(err.message, "f.yaml:2:6: 2 is wrong");
    assert_string_equal(err.context, "line 2: b: 2   ");
    yaml_error(&source, 3, 1, &err, "x");
    assert_int_equal(strlen(err.context), strlen("line 3: ") + 100);
    yaml_error(&source, 400, 1, &err, "x"); /* behind the end */
    assert_string_equal(err.context, "");
    source.is_secret = true;
    yaml_error(&source, 2, 6, &err, "x");
    assert_string_equal(err.context, "");
}

/* Whatever the bytes are, there is a tree or an error with a place; never both, never neither. */
static void
any_bytes_are_a_tree_or_an_error(void **state)
{
    static const char *const pieces[] = { "a: ", "b",  "\n",  "  ", "- ",   "[", "]",   "{",
                                          "}",   ", ", ": ",  "\"", "'",    "#", "&x ", "*x",
                                          "!t ", "| ", "---", "\t", "\xff", "é", "${A", "}" };
    uint32_t seed = 5;
    (void)state;
    for (int turn = 0; turn < 4000; turn++) {
        char text[200] = "";
        for (int i = 0; i < 20; i++) {
            seed = seed * 1664525u + 1013904223u;
            strcat(text, pieces[(seed >> 16) % (sizeof pieces / sizeof *pieces)]);
        }
        struct parsed p;
        if (parse(&p, text, strlen(text)))
            assert_int_equal(p.root->kind, YAML_MAP);
        else {
            int line = 0, column = 0;
            assert_int_equal(p.err.code, DECANT_USAGE);
            assert_int_equal(sscanf(p.err.message, "f.yaml:%d:%d: ", &line, &column), 2);
            assert_true(line > 0 && column > 0);
        }
        end(&p);
    }
}

/* ---- files */

static const char *
put_file(const char *name, const char *text, size_t len)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
    return path;
}

static void
a_file_is_read_whole(void **state)
{
    struct parsed p = { 0 };
    size_t len = 200 * 1000;
    char *text = malloc(len);
    (void)state;
    memset(text, '#', len);
    text[len - 1] = '\n';
    const char *path = put_file("long.yml", text, len);
    assert_true(yaml_read(path, &p.arena, &p.source, &p.err));
    assert_string_equal(p.source.name, path);
    assert_int_equal(p.source.len, len);
    assert_memory_equal(p.source.text, text, len);
    assert_false(p.source.is_secret);
    unlink(path);
    free(text);
    end(&p);
}

static void
what_is_no_plain_text_is_refused_and_not_shown(void **state)
{
    static const struct {
        const char *name, *text;
        size_t len;
        const char *message;
    } cases[] = {
        { "zero.yaml", "a: b\0c\n", 7, "are no text" },
        { "escape.yaml", "a: \033[31m\n", 9, "are no text" },
        { "latin.yaml", "a: caf\xe9\n", 8, "are no text" },
        { "utf16.yaml",
          "\xff\xfe"
          "a\0:\0",
          6, "are no text" },
        { "delete.yaml", "a: \x01\n", 5, "are no text" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p = { 0 };
        const char *path = put_file(cases[i].name, cases[i].text, cases[i].len);
        assert_false(yaml_read(path, &p.arena, &p.source, &p.err));
        assert_int_equal(p.err.code, DECANT_USAGE);
        assert_non_null(strstr(p.err.message, cases[i].message));
        assert_non_null(strstr(p.err.message, cases[i].name));
        assert_string_equal(p.err.context, "");
        unlink(path);
        end(&p);
    }
}

static void
what_is_no_file_of_a_sane_size_is_refused(void **state)
{
    struct parsed p = { 0 };
    char path[400];
    (void)state;
    snprintf(path, sizeof path, "%s/none.yaml", folder);
    assert_false(yaml_read(path, &p.arena, &p.source, &p.err));
    assert_int_equal(p.err.code, DECANT_USAGE);
    assert_non_null(strstr(p.err.message, "cannot read the rules '"));
    assert_non_null(strstr(p.err.message, "No such file"));
    assert_false(yaml_read(folder, &p.arena, &p.source, &p.err));
    assert_non_null(strstr(p.err.message, "are no plain file"));
    assert_false(yaml_read("/dev/null", &p.arena, &p.source, &p.err));
    assert_non_null(strstr(p.err.message, "'/dev/null' are no plain file"));
    /* a pipe in the file system might never say anything */
    snprintf(path, sizeof path, "%s/pipe.yaml", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(yaml_read(path, &p.arena, &p.source, &p.err));
    assert_int_equal(p.err.code, DECANT_USAGE);
    assert_non_null(strstr(p.err.message, "are no plain file"));
    unlink(path);
    assert_int_equal(truncate(put_file("huge.yaml", "", 0), (16 << 20) + 65537), 0);
    snprintf(path, sizeof path, "%s/huge.yaml", folder);
    assert_false(yaml_read(path, &p.arena, &p.source, &p.err));
    assert_non_null(strstr(p.err.message, "are larger than 16 MiB"));
    assert_int_equal(p.err.code, DECANT_USAGE);
    unlink(path);
    end(&p);
}

/* <(...) of a shell is a pipe of ours, and says something or is empty. */
static void
a_pipe_of_the_shell_is_read_to_its_end(void **state)
{
    static const char text[] = "sample:\n  rate: 5%\n";
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct parsed p = { 0 };
        char path[64];
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        if (i == 0)
            assert_int_equal(write(ends[1], text, sizeof text - 1), (ssize_t)sizeof text - 1);
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        assert_int_equal(yaml_read(path, &p.arena, &p.source, &p.err), i == 0);
        if (i == 0)
            assert_string_equal(p.source.text, text);
        else
            assert_non_null(strstr(p.err.message, "are an empty pipe"));
        close(ends[0]);
        end(&p);
    }
}

/* Who writes the rules may name any file, and who sees the message need not be allowed to read it.
 */
static void
lines_of_a_file_that_is_not_called_like_rules_are_not_shown(void **state)
{
    static const struct {
        const char *name;
        bool is_secret;
    } cases[] = { { "a.yaml", false }, { "a.yml", false },     { "shadow", true },
                  { "yaml", true },    { "a.yaml.key", true }, { ".pgpass", true } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed p = { 0 };
        const char *path = put_file(cases[i].name, "root: hunter2: x\n", 17);
        assert_true(yaml_read(path, &p.arena, &p.source, &p.err));
        assert_int_equal(p.source.is_secret, cases[i].is_secret);
        assert_false(yaml_parse(&p.source, &p.arena, &p.root, &p.err));
        bool is_shown =
            strstr(p.err.message, "hunter2") != NULL || strstr(p.err.context, "hunter2") != NULL;
        assert_int_equal(is_shown, !cases[i].is_secret);
        unlink(path);
        end(&p);
    }
}

static void
no_word_of_such_a_file_is_in_a_message(void **state)
{
    struct parsed p = { 0 };
    static const struct field fields[] = { { "columns", value_keep, NULL } };
    const char *path = put_file("credentials", "hunter2: x\n", 11);
    (void)state;
    struct reader reader = { &p.source, &p.arena, &p.err };
    assert_true(yaml_read(path, &p.arena, &p.source, &p.err));
    assert_true(yaml_parse(&p.source, &p.arena, &p.root, &p.err));
    assert_false(value_fields(&reader, p.root, "an included file", fields, 1));
    assert_null(strstr(p.err.message, "hunter2"));
    unlink(path);
    end(&p);
}

/* ---- values */

static struct yaml_node
text_node(const char *text)
{
    return (struct yaml_node){ .kind = YAML_TEXT, .text = text, .line = 7, .column = 3 };
}

static void
numbers_shares_and_sizes_are_exact_or_refused(void **state)
{
    static const struct {
        const char *text;
        int64_t count, bytes; /* -1: refused */
        double share;
    } cases[] = {
        { "0", 0, -1, -1 },
        { "1", 1, 1, 1 },
        { "5%", -1, -1, 0.05 },
        { "0.05", -1, 0, 0.05 },
        { "100%", -1, -1, 1 },
        { "100.01%", -1, -1, -1 },
        { "0.000001%", -1, -1, 0.00000001 },
        { "1.5", -1, 1, -1 },
        { "-1", -1, -1, -1 },
        { "+1", -1, -1, -1 },
        { " 1", -1, -1, -1 },
        { "1 ", -1, 1, 1 },
        { "1x", -1, -1, -1 },
        { "", -1, -1, -1 },
        { "%", -1, -1, -1 },
        { "nan", -1, -1, -1 },
        { "inf", -1, -1, -1 },
        { "9223372036854775807", INT64_MAX, -1, -1 },
        { "9223372036854775808", -1, -1, -1 },
        { "4096", 4096, 4096, -1 },
        { "2GiB", -1, INT64_C(2) << 30, -1 },
        { "500 MB", -1, 500000000, -1 },
        { "1.5kB", -1, 1500, -1 },
        { "1TiB", -1, INT64_C(1) << 40, -1 },
        { "1 gib", -1, -1, -1 },
        { "99999999999999TiB", -1, -1, -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decant_error err = { 0 };
        struct yaml_source source = { .name = "f.yaml", .text = "", .is_secret = true };
        struct arena arena = { 0 };
        struct reader reader = { &source, &arena, &err };
        struct yaml_node node = text_node(cases[i].text);
        int64_t count = -1, bytes = -1;
        double share = -1;
        bool is_count = value_count(&reader, &node, &count);
        bool is_share = value_share(&reader, &node, &share);
        if (is_count != (cases[i].count >= 0) || (is_count && count != cases[i].count))
            fail_msg("'%s' counts %lld", cases[i].text, (long long)count);
        if (is_share != (cases[i].share >= 0) ||
            (is_share && (share < cases[i].share * 0.999999 || share > cases[i].share * 1.000001)))
            fail_msg("'%s' is a share of %g", cases[i].text, share);
        if (cases[i].bytes != 0) { /* less than a byte: nobody says what it is */
            bool is_bytes = value_bytes(&reader, &node, &bytes);
            if (is_bytes != (cases[i].bytes >= 0) || (is_bytes && bytes != cases[i].bytes))
                fail_msg("'%s' is %lld bytes", cases[i].text, (long long)bytes);
        }
        if (!is_count || !is_share)
            assert_non_null(strstr(err.message, "f.yaml:7:3: a "));
        arena_deinit(&arena);
    }
}

static void
a_choice_is_one_of_its_words_or_hints_at_them(void **state)
{
    static const char *const words[] = { "sample", "population" };
    static const struct {
        const char *text, *hint;
        int number;
    } cases[] = { { "sample", NULL, 0 },
                  { "population", NULL, 1 },
                  { "sampel", "did you mean 'sample'?", -1 },
                  { "Sample", "did you mean 'sample'?", -1 },
                  { "everything", "one of: sample, population", -1 },
                  { "", "", -1 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decant_error err = { 0 };
        struct yaml_source source = { .name = "f.yaml", .text = "" };
        struct arena arena = { 0 };
        struct reader reader = { &source, &arena, &err };
        struct yaml_node node = text_node(cases[i].text);
        int number = -1;
        assert_int_equal(value_choice(&reader, &node, "scope", words, 2, &number),
                         cases[i].number >= 0);
        assert_int_equal(number, cases[i].number);
        if (number < 0)
            assert_string_equal(err.hint, cases[i].hint);
        arena_deinit(&arena);
    }
}

static void
a_small_number_is_at_most_a_million(void **state)
{
    struct decant_error err = { 0 };
    struct yaml_source source = { .name = "f.yaml", .text = "" };
    struct arena arena = { 0 };
    struct reader reader = { &source, &arena, &err };
    struct yaml_node node = text_node("9000000000");
    int n = 0;
    (void)state;
    assert_true(value_read_small(&reader, &node, &n));
    assert_int_equal(n, 1000000);
    arena_deinit(&arena);
}

/* A word that is planned, but not carried out, must not be taken for done. */
static void
a_field_that_is_not_carried_out_is_refused(void **state)
{
    static const struct field fields[] = { { "planned", NULL, NULL } };
    struct parsed p;
    (void)state;
    assert_true(parse(&p, "planned: x\n", 11));
    struct reader reader = { &p.source, &p.arena, &p.err };
    assert_false(value_fields(&reader, p.root, "the file", fields, 1));
    assert_string_equal(p.err.message, "f.yaml:1:1: 'planned' is not carried out by this version");
    assert_non_null(strstr(p.err.hint, "take it out"));
    end(&p);
}

static void
quotes_of_sql_are_taken_off(void **state)
{
    static const struct {
        const char *name, *plain;
    } cases[] = { { "plain", "plain" },     { "\"Odd.Name\"", "Odd.Name" },
                  { "\"a\"\"b\"", "a\"b" }, { "\"\"\"\"", "\"" },
                  { "\"\"", "" },           { "\"", "\"" },
                  { "\"open", "\"open" },   { "", "" } };
    struct arena arena = { 0 };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(value_unquote(&arena, cases[i].name), cases[i].plain);
    arena_deinit(&arena);
}

static int
begin_folder(void **state)
{
    (void)state;
    return make_folder(folder, sizeof folder) ? 0 : -1;
}

static int
end_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_node_knows_where_it_stands),
        cmocka_unit_test(scalars_are_texts),
        cmocka_unit_test(nothing_at_all_is_an_empty_map),
        cmocka_unit_test(traps_are_errors_with_their_place_and_their_line),
        cmocka_unit_test(keys_that_differ_in_case_are_two),
        cmocka_unit_test(depth_has_a_limit_and_64_is_within),
        cmocka_unit_test(entries_have_a_limit),
        cmocka_unit_test(variables_are_replaced_in_values_and_keys),
        cmocka_unit_test(a_variable_cannot_write_yaml),
        cmocka_unit_test(a_variable_that_is_not_there_is_told),
        cmocka_unit_test(an_error_shows_its_line_and_no_more_than_100_bytes_of_it),
        cmocka_unit_test(any_bytes_are_a_tree_or_an_error),
        cmocka_unit_test(a_file_is_read_whole),
        cmocka_unit_test(what_is_no_plain_text_is_refused_and_not_shown),
        cmocka_unit_test(what_is_no_file_of_a_sane_size_is_refused),
        cmocka_unit_test(a_pipe_of_the_shell_is_read_to_its_end),
        cmocka_unit_test(lines_of_a_file_that_is_not_called_like_rules_are_not_shown),
        cmocka_unit_test(numbers_shares_and_sizes_are_exact_or_refused),
        cmocka_unit_test(a_choice_is_one_of_its_words_or_hints_at_them),
        cmocka_unit_test(a_small_number_is_at_most_a_million),
        cmocka_unit_test(a_field_that_is_not_carried_out_is_refused),
        cmocka_unit_test(quotes_of_sql_are_taken_off),
        cmocka_unit_test(no_word_of_such_a_file_is_in_a_message),
        cmocka_unit_test(what_is_said_of_anchors_tags_and_zeros_holds_for_keys),
        cmocka_unit_test(tabs_are_errors_wherever_they_separate),
        cmocka_unit_test(tabs_of_texts_and_comments_are_no_errors),
        cmocka_unit_test(a_tab_is_told_where_it_stands),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
