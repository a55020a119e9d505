/* SPDX-License-Identifier: PostgreSQL */
/* decant init: a first rules file, and the key that it names. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "job/pull.h"
#include "propose/propose.h"

/* The rules of somebody who has none yet. */
static const char first_rules[] = "sample: {rate: 5%}\n";

/* A key that exists is used, never replaced. *path is on the heap. */
static bool
find_key(struct pull *pull, char **path, struct decant_error *err)
{
    const char *wanted = pull->job->options->key_file;
    char id[KEY_ID];
    if (wanted != NULL && access(wanted, F_OK) == 0)
        *path = mem_strdup(wanted);
    else if (!key_create(wanted, path, id, err))
        return false;
    return key_load(*path, &pull->key, err);
}

static bool
write_rules(const char *path, const struct buf *text, struct decant_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool ok = fd >= 0 && write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;
    if (!ok)
        error_errno(err, "cannot write '%s'", path);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !ok)
        unlink(path);
    return ok;
}

static bool
check_path(const char *path, struct decant_error *err)
{
    if (access(path, F_OK) != 0)
        return true;
    error_set(err, DECANT_REFUSED, "'%s' is there already", path);
    return error_hint(err, "name another file with -c, or move it away");
}

static void
summarize(const struct pull *pull, const char *rules, const char *key, struct buf *out)
{
    const struct sampling *s = &pull->sampling;
    int roots = 0, owned = 0, whole = 0;
    for (int i = 0; i < s->ntables; i++) {
        whole += s->tables[i].role == ROLE_WHOLE;
        owned += s->tables[i].owner >= 0;
        roots += s->tables[i].role == ROLE_SAMPLED && s->tables[i].owner < 0;
    }
    buf_printf(out,
               "%s: %d tables: %d chosen by themselves, %d owned, %d whole\n"
               "key %s: %s\n\n"
               "next:\n"
               "  decant plan -c %s\n"
               "  decant pull -c %s --key-file %s --no-mask --to copy.sqlite\n",
               rules, s->ntables, roots, owned, whole, key_id(pull->key), key, rules, rules, key);
}

static bool
run_init(struct pull *pull, struct buf *summary, struct decant_error *err)
{
    static const struct sink_ops no_sink = { .decodes = true };
    const struct decant_options *options = pull->job->options;
    const char *path = options->rules != NULL ? options->rules : "decant.yaml";
    struct buf text = { 0 };
    char *key = NULL;
    pull->ops = &no_sink;
    pull->env.nworkers = 1;
    pull->is_dry = pull->wants_stats = true;
    bool ok = check_path(path, err) &&
              rules_parse("first rules", first_rules, strlen(first_rules), &pull->rules, err);
    if (ok && options->rate > 0)
        rules_set_extent(pull->rules, options->rate, 0, 0);
    ok = ok && pull_read_keys(pull, err) && find_key(pull, &key, err);
    if (ok) {
        propose_rules(&pull->sampling, key_id(pull->key), pull->rules->sample.rate, &text);
        ok = write_rules(path, &text, err);
        summarize(pull, path, key, summary);
    }
    buf_deinit(&text);
    free(key);
    return ok;
}

#pragma GCC visibility push(default)

bool
decant_job_init(struct decant_job *job, char **summary, struct decant_error *err)
{
    struct pull pull = { .job = job };
    struct buf out = { 0 };
    notes_init(&pull.notes);
    bool ok = run_init(&pull, &out, err);
    if (!ok)
        job_explain_stop(job, err);
    *summary = buf_steal(&out);
    pull.ops = NULL;
    pull_deinit(&pull);
    return ok;
}

#pragma GCC visibility pop
