#!/bin/bash
# SPDX-License-Identifier: PostgreSQL
# Programs outside this tree use what `make install` puts in place: in C and in C++, by pkg-config.
. "$(dirname "$0")/lib.sh"
cluster_make source
on source postgres "CREATE DATABASE app"
on source app "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t VALUES (1, 'a'), (2, NULL)"
fact "make install puts the library in place" eval 'make -s install B="$B" PREFIX="$work/prefix" >"$work/said" 2>&1'
if git rev-parse HEAD >/dev/null 2>&1; then
    tarball=$PWD/build/decant-0.1.0.tar.gz
    fact "make dist packs the sources" eval 'make -s dist && first=$(sha256sum <"$tarball") && tar -tzf "$tarball" | grep -qx decant-0.1.0/src/main.c'
    fact "... into the same bytes each time" eval 'sleep 1.1 && make -s dist && [ "$(sha256sum <"$tarball")" = "$first" ]'
else
    skip "make dist" "no commit is at hand"
fi
cd "$work" || exit 1
cat >user.c <<'C'
#include <decant/decant.h>
#include <stdio.h>

static void
on_event(void *ctx, const struct decant_event *event)
{
    if (event->phase == DECANT_PHASE_TABLE_DONE)
        *(long long *)ctx += event->rows;
}

int
main(int argc, char **argv)
{
    struct decant_options options;
    struct decant_error err = { DECANT_OK, "", "", "", "" };
    long long rows = 0;
    decant_options_init(&options);
    if (argc != 3)
        return 2;
    options.source = argv[1];
    options.target = argv[2];
    options.no_mask = true;
    struct decant_job *job = decant_job_new(&options, on_event, &rows);
    bool ok = decant_job_pull(job, &err);
    decant_job_free(job);
    printf("%s %lld rows by %s\n", ok ? "copied" : err.message, rows, DECANT_VERSION);
    return ok ? 0 : (int)err.code;
}
C
cp user.c user.cc
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig
san=
[[ $B == *asan* ]] && san=-fsanitize=address,undefined
fact "a program in C is made" eval 'cc -std=c99 -Wall -Wextra -Werror -pedantic $san user.c -o user_c $(pkg-config --cflags --libs decant) 2>"$work/said" || { sed "s/^/# /" "$work/said" | head; false; }'
fact "... and copies" eval './user_c "$(url source app)" c.sqlite | grep -q "copied 2 rows by 0"'
fact "... what the program decant would" same rows "1|a
2|" "$(lite c.sqlite 'SELECT id, x FROM t')"
if command -v c++ >/dev/null; then
    fact "a program in C++ is made" eval 'c++ -Wall -Wextra -Werror $san user.cc -o user_cc $(pkg-config --cflags --libs decant) 2>"$work/said" || { sed "s/^/# /" "$work/said" | head; false; }'
    fact "... and copies" eval './user_cc "$(url source app)" d.sqlite | grep -q "copied 2 rows"'
else
    skip "a program in C++" "there is no C++ compiler"
fi
fact "an error comes back with its status" eval './user_c "host=/nowhere dbname=x" e.sqlite >/dev/null; [ $? = 6 ]'
fact "headers need nothing but themselves" eval 'for h in prefix/include/decant/*.h; do echo "#include <decant/$(basename "$h")>" | cc -std=c99 -Wall -Werror -fsyntax-only -Iprefix/include -x c - || exit 1; done'
