/* SPDX-License-Identifier: PostgreSQL */
/* A rehearsal on as many rows as production has. */
#include <assert.h>
#include <unistd.h>

#include "job/amplify.h"
#include "job/rehearse.h"
#include "load/database.h"

/* How libpq reaches a database of the copy's server: the last of two names counts. */
static const char *
address_of(struct rehearse *rehearse, const char *database)
{
    struct buf text = { 0 };
    pg_conn_string(rehearse->admin, rehearse->job->application, &text);
    buf_puts(&text, " dbname='");
    for (; *database != '\0'; database++) {
        if (*database == '\'' || *database == '\\')
            buf_putc(&text, '\\');
        buf_putc(&text, *database);
    }
    buf_putc(&text, '\'');
    const char *address = arena_strdup(&rehearse->arena, buf_str(&text));
    buf_deinit(&text);
    return address;
}

/* What a migration names is amplified; of a command nobody knows what it names. */
static bool
make(struct rehearse *rehearse, const char *name, struct decant_error *err)
{
    struct decant_job *job = rehearse->job;
    struct decant_options options = *job->options;
    const char *sql = NULL;
    const char *path = manifest_path_in_state(
        &rehearse->arena, arena_printf(&rehearse->arena, "rehearsal.%s", job->run));
    if (!amplifying_read(&options.sql, &rehearse->arena, &sql, err))
        return false;
    options.source = address_of(rehearse, rehearse->target);
    options.target = address_of(rehearse, name);
    options.manifest = path;
    options.overwrite = true;
    options.keep = 0;
    options.jobs = -1;
    bool ok = amplifying_copy(job, &options, &rehearse->manifest, sql, err);
    unlink(path);
    return ok;
}

bool
rehearse_there(struct rehearse *rehearse, struct decant_error *err)
{
    assert(rehearse != NULL);
    const char *clone = rehearse->clone;
    if (!rehearse->job->options->at_production || rehearsal_has_failed(&rehearse->rehearsal))
        return true;
    if (rehearse->manifest.nrelations == 0) {
        error_set(err, DECANT_REFUSED, "nobody knows how many rows production has");
        return error_hint(err, "the manifest of a copy that decant pulled tells it");
    }
    const char *name = arena_printf(&rehearse->arena, "%.40s__production", rehearse->target);
    if (!make(rehearse, name, err))
        return false;
    rehearse->clone = name;
    rehearse_set_upstream(rehearse);
    bool ok = rehearse_run_there(rehearse, err);
    rehearse->clone = clone;
    rehearse_set_upstream(rehearse);
    struct decant_error ignored = { 0 };
    return database_drop(rehearse->admin, name, ok ? err : &ignored) && ok;
}
