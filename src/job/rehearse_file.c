/* SPDX-License-Identifier: PostgreSQL */
/* Rehearsals on a copy of a SQLite copy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "job/find.h"
#include "job/rehearse.h"
#include "rehearse/file.h"
#include "rehearse/migration.h"

static bool
run_on_file(struct rehearse *rehearse, const char *copy, struct decant_error *err)
{
    const struct decant_job *job = rehearse->job;
    struct rehearsal *out = &rehearse->rehearsal;
    if (job->options->command == NULL)
        return file_rehearse_run(copy, &job->options->sql, &job->stop, out, err);
    char *whole = realpath(copy, NULL);
    const struct migration_address address = { .file = whole };
    int64_t begun = clock_ms();
    out->is_command = true;
    bool ok = whole != NULL && migration_run_command(job->options->command, &job->options->env,
                                                     &address, &job->stop, &out->status, err);
    out->record.took_ms = (double)(clock_ms() - begun);
    free(whole);
    return ok;
}

static void
remove_file(const char *copy)
{
    static const char *const behind[] = { "", "-journal", "-wal", "-shm" };
    for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
        struct buf name = { 0 };
        buf_printf(&name, "%s%s", copy, behind[i]);
        unlink(buf_str(&name));
        buf_deinit(&name);
    }
}

static void
load_manifest(struct rehearse *rehearse)
{
    struct decant_error none = { 0 };
    char sha256[DIGEST_HEX];
    const char *path;
    if (find_of_file(rehearse->job, rehearse->target, &rehearse->arena, sha256, &path, &none))
        rehearse_load_manifest(rehearse, path, true);
}

bool
rehearse_on_file(struct rehearse *rehearse, struct decant_error *err)
{
    const struct decant_options *options = rehearse->job->options;
    struct rehearsal *out = &rehearse->rehearsal;
    char *copy = NULL;
    int fd = -1;
    if (options->twice || options->down != NULL || options->reader_ms > 0 ||
        options->source != NULL)
        return error_set(err, DECANT_USAGE,
                         "--twice, --down, --with-reader and "
                         "--confirm-on-source need a PostgreSQL copy");
    out->is_file = true;
    out->before = &rehearse->before;
    out->server = "SQLite";
    load_manifest(rehearse);
    bool ok = rehearse_load_policy(rehearse, err) &&
              file_rehearse_copy(rehearse->target, &copy, &fd, err) &&
              run_on_file(rehearse, copy, err) &&
              file_rehearse_compare(rehearse->target, copy, &rehearse->job->stop, out, err);
    if (ok)
        rehearse_judge(rehearse);
    if (ok && options->keep_clone) {
        out->kept = arena_printf(&out->arena, "%s.kept-%d", rehearse->target, (int)getpid());
        ok = rename(copy, out->kept) == 0 || error_errno(err, "cannot keep the clone");
    } else if (copy != NULL) {
        remove_file(copy);
    }
    if (fd >= 0)
        close(fd);
    free(copy);
    return ok;
}
