/* SPDX-License-Identifier: PostgreSQL */
/* Whole jobs against a scripted server: from the connection to the published file. */
#include <dirent.h>

#include "jobs.h"
#include "server.h"

static void
a_whole_copy_has_every_row(void **state)
{
    (void)state;
    begin("shop", NULL);
    MUST(pull());
    assert_int_equal(
        count("SELECT count(*) FROM countries") + count("SELECT count(*) FROM products"), 3 + 30);
    assert_int_equal(count("SELECT count(*) FROM customers"), 120);
    assert_int_equal(count("SELECT count(*) FROM order_lines"), 600);
    assert_int_equal(count("SELECT count(*) FROM orders"), 240);
    assert_int_equal(count("SELECT count(*) FROM events"), 300);
    assert_int_equal(count("SELECT sum(total) FROM orders"), 101220);
    end();
}

/* Cuts every file of the folder that is a manifest; says how many there are. */
static int
cut_manifests(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[600];
        const char *ending = strrchr(entry->d_name, '.');
        if (ending == NULL || strcmp(ending, ".decant") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(truncate(path, 50), 0);
        n++;
    }
    closedir(dir);
    return n;
}

static void
a_copy_whose_manifest_cannot_be_read_is_no_measure_and_that_is_said(void **state)
{
    (void)state;
    begin("shop", NULL);
    MUST(pull());
    assert_null(strstr(buf_str(&told.notes), "before-unreadable"));
    assert_int_equal(cut_manifests(), 1);
    MUST(pull());
    assert_non_null(strstr(buf_str(&told.notes), "before-unreadable"));
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FACT(a_whole_copy_has_every_row),
        FACT(a_copy_whose_manifest_cannot_be_read_is_no_measure_and_that_is_said),
    };
    return cmocka_run_group_tests(tests, begin_folder, end_folder);
}
