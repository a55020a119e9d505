/* SPDX-License-Identifier: PostgreSQL */
/* Prints what starts a run at its time, or writes it to a directory. */
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "job/night.h"
#include "key/key.h"
#include "load/publish_file.h"
#include "night/units.h"

#define MARK "# made by decant schedule for "

struct scheduling {
    struct decant_job *job;
    struct arena arena;
    struct rules *rules;
    struct units_wish wish;
    const char *writable[4];
};

/* The database of an address, in the arena; NULL: it names none. */
static const char *
database_of(struct arena *arena, const char *place)
{
    struct decant_error ignored = { 0 };
    struct pg_info *info = NULL;
    const char *name = pg_info_parse(place, "target", &info, &ignored)
                           ? arena_strdup(arena, pg_info_get(info, "dbname"))
                           : NULL;
    pg_info_free(info);
    return name;
}

/* "decant-shop" of "/srv/shop.sqlite", "local:shop" or a database "shop". */
static const char *
name_of(struct arena *arena, const char *target)
{
    const char *place, *base = target, *local = "local:";
    if (strncmp(target, local, strlen(local)) == 0)
        base = target + strlen(local);
    else if (sink_for(target, &place) == &sink_sqlite)
        base = file_name(place);
    else if ((base = database_of(arena, place)) == NULL)
        base = "copy";
    char *name = arena_printf(arena, "decant-%.*s", (int)strcspn(base, "."), base);
    for (char *p = name; *p != '\0'; p++)
        *p = isalnum((unsigned char)*p) || *p == '-' ? (char)tolower((unsigned char)*p) : '-';
    return name;
}

static const char *
whole_path(struct arena *arena, const char *path)
{
    char *whole = file_whole(path);
    const char *own = arena_strdup(arena, whole);
    free(whole);
    return own;
}

static const char *
program(struct arena *arena)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    return n > 0 ? arena_strndup(arena, path, (size_t)n) : "decant";
}

/* Once, and only directories. */
static void
add_writable(struct scheduling *s, const char *directory)
{
    for (int i = 0; i < s->wish.nwritable; i++)
        if (strcmp(s->writable[i], directory) == 0)
            return;
    s->writable[s->wish.nwritable++] = whole_path(&s->arena, directory);
}

static void
add_directory_of(struct scheduling *s, const char *path)
{
    char *directory = file_directory(path);
    add_writable(s, directory);
    free(directory);
}

static void
find_places(struct scheduling *s)
{
    const char *target = s->rules->run.target, *place;
    bool is_local = strncmp(target, "local:", 6) == 0, is_ours;
    const char *state = manifest_in_state(&s->arena, "", "");
    s->wish.state = arena_strndup(&s->arena, state, strlen(state) - strlen("/decant/"));
    if (is_local || sink_for(target, &place) != &sink_sqlite) {
        add_directory_of(s, state);
    } else {
        char *file = publish_file_of(place, &is_ours);
        add_directory_of(s, file);
        free(file);
    }
    if (is_local && getuid() == 0)
        add_writable(s, "/var/lib/decant");
    if (s->rules->run.metrics != NULL)
        add_directory_of(s, s->rules->run.metrics);
    s->wish.has_server = is_local;
    s->wish.writable = s->writable;
}

static bool
prepare(struct scheduling *s, struct decant_error *err)
{
    const struct decant_options *options = s->job->options;
    if (options->rules == NULL)
        return error_set(err, DECANT_USAGE, "no rules say when: -c FILE");
    if (!rules_load(options->rules, &s->rules, err))
        return false;
    const struct rules_run *run = &s->rules->run;
    if (run->target == NULL || run->when == NULL) {
        error_set(err, DECANT_USAGE, "'%s' says no %s of a run", options->rules,
                  run->target == NULL ? "target" : "schedule");
        return error_hint(err, "run: {source: service=production, target: shop.sqlite, schedule: "
                               "\"02:30\"}");
    }
    const struct passwd *user = getuid() != 0 ? getpwuid(getuid()) : NULL;
    s->wish.name = name_of(&s->arena, run->target);
    s->wish.program = program(&s->arena);
    s->wish.config = whole_path(&s->arena, options->rules);
    s->wish.user = user != NULL ? arena_strdup(&s->arena, user->pw_name) : NULL;
    s->wish.target = run->target;
    s->wish.variable =
        run->source != NULL && strncmp(run->source, "env:", 4) == 0 ? run->source + 4 : NULL;
    s->wish.when = run->when;
    s->wish.schedule = run->schedule;
    if (options->key_file != NULL) {
        s->wish.key_file = whole_path(&s->arena, options->key_file);
    } else if (s->rules->key_id != NULL) {
        char *path = key_path(s->rules->key_id);
        s->wish.key_file = whole_path(&s->arena, path);
        free(path);
    }
    find_places(s);
    return true;
}

/* Is it there, and somebody else's, or of other rules? */
static bool
is_foreign(const char *path, const char *config)
{
    char head[8192] = "";
    FILE *file = fopen(path, "re");
    size_t len = sizeof MARK - 1;
    bool is_ours =
        file == NULL ||
        (fgets(head, sizeof head, file) != NULL && strncmp(head, MARK, len) == 0 &&
         strncmp(head + len, config, strlen(config)) == 0 && head[len + strlen(config)] == '\n');
    if (file != NULL)
        fclose(file);
    return !is_ours;
}

static bool
write_unit(const struct scheduling *s, enum unit unit, const char *folder, struct buf *told,
           struct decant_error *err)
{
    struct buf text = { 0 }, name = { 0 };
    units_put_name(&s->wish, unit, &name);
    units_put(&s->wish, unit, &text);
    char *path = file_join(folder, buf_str(&name));
    bool ok = !is_foreign(path, s->wish.config) ||
              error_set(err, DECANT_REFUSED, "'%s' is there, and starts something else", path);
    if (ok) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ok = fd >= 0 && write(fd, buf_str(&text), text.len) == (ssize_t)text.len;
        if (!ok)
            error_errno(err, "cannot write '%s'", path);
        if (fd >= 0)
            close(fd);
    }
    if (ok)
        buf_printf(told, "%s\n", path);
    free(path);
    buf_deinit(&text);
    buf_deinit(&name);
    return ok;
}

/* The kinds of units, and what they consist of. */
static const struct {
    const char *kind;
    int n;
    enum unit units[2];
} kinds[] = { { "systemd", 2, { UNIT_SERVICE, UNIT_TIMER } },
              { "cron", 1, { UNIT_CRON } },
              { "kubernetes", 1, { UNIT_KUBERNETES } } };

#pragma GCC visibility push(default)

bool
decant_job_schedule(struct decant_job *job, const char *kind, const char *folder, char **text,
                    struct decant_error *err)
{
    assert(job != NULL && text != NULL && err != NULL);
    struct scheduling s = { .job = job };
    struct buf out = { 0 };
    int n = (int)(sizeof kinds / sizeof *kinds), k = 0;
    while (k < n && kind != NULL && strcmp(kinds[k].kind, kind) != 0)
        k++;
    if (kind == NULL || k == n) {
        error_set(err, DECANT_USAGE, "what is to start the run?");
        return error_hint(err, "--systemd, --cron or --kubernetes");
    }
    bool ok = prepare(&s, err);
    for (int i = 0; ok && i < kinds[k].n; i++) {
        if (folder != NULL) {
            ok = write_unit(&s, kinds[k].units[i], folder, &out, err);
            continue;
        }
        if (kinds[k].n > 1) {
            buf_puts(&out, i > 0 ? "\n# ---- " : "# ---- ");
            units_put_name(&s.wish, kinds[k].units[i], &out);
            buf_putc(&out, '\n');
        }
        units_put(&s.wish, kinds[k].units[i], &out);
    }
    *text = ok ? buf_steal(&out) : NULL;
    buf_deinit(&out);
    rules_free(s.rules);
    arena_deinit(&s.arena);
    return ok;
}

#pragma GCC visibility pop
