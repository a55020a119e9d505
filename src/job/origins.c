/* SPDX-License-Identifier: PostgreSQL */
/* --origins: table, key, origin and probability of every row that is not plainly sampled, as lines
 * of tab-separated text. It holds keys of rows, so nobody else may read it. */
#include <assert.h>
#include <fcntl.h>
#include <unistd.h>

#include "job/pull.h"

bool
origins_allowed(const struct pull *pull, struct decant_error *err)
{
    const struct masking *masking = &pull->choice.masks.masking;
    if (pull->job->options->origins == NULL || !pull->choice.masks.is_on)
        return true;
    for (int t = 0; t < masking->ntables; t++) {
        const struct table *table = masking->tables[t].table;
        const struct index *key = catalog_identity(table);
        for (int i = 0; key != NULL && i < key->nkeys; i++)
            if (masking->masked[t][key->keys[i].column]) {
                error_set(err, DECANT_REFUSED,
                          "--origins would hold the masked keys of '%s.%s' as they are in the "
                          "source",
                          table->schema, table->name);
                return error_hint(err, "'decant plan --exact' has the counts");
            }
    }
    return true;
}

bool
origins_open(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    if (pull->job->options->origins == NULL || pull->choice.chosen == NULL)
        return true;
    const char *path = pull->origins_path =
        arena_printf(&pull->arena, "%s.decant-%s", pull->job->options->origins, pull->job->run);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pull->origins = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (pull->origins != NULL)
        return true;
    error_errno(err, "cannot write '%s'", path);
    if (fd >= 0)
        close(fd);
    return false;
}

/* Tabs and line feeds in a key would break the lines. */
static void
put_escaped(struct buf *out, const struct buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        char c = text->data[i];
        if (c == '\t' || c == '\n' || c == '\\')
            buf_putc(out, '\\');
        buf_putc(out, c == '\t' ? 't' : c == '\n' ? 'n' : c);
    }
}

void
origins_put(void *ctx, const struct table *root, enum origin origin, double probability,
            const struct decant_value *key)
{
    assert(root != NULL);
    struct pull *pull = ctx;
    struct buf text = { 0 }, line = { 0 };
    if (origin == ORIGIN_SAMPLE && probability == pull->choice.rules->sample.rate)
        return;
    select_put_key(pull->choice.chosen, root, key, &text);
    buf_printf(&line, "%s.%s\t", root->schema, root->name);
    put_escaped(&line, &text);
    fprintf(pull->origins, "%s\t%s\t%.9g\n", buf_str(&line), origin_name(origin), probability);
    buf_deinit(&text);
    buf_deinit(&line);
}

/* Only a target that loads one table at a time reads one again. */
void
origins_forget(void *ctx)
{
    struct pull *pull = ctx;
    if (fflush(pull->origins) == 0 && ftruncate(fileno(pull->origins), pull->origins_at) == 0)
        fseek(pull->origins, pull->origins_at, SEEK_SET);
}

bool
origins_close(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    FILE *file = pull->origins;
    pull->origins = NULL;
    if (file == NULL)
        return true;
    bool ok = ferror(file) == 0;
    ok = fclose(file) == 0 && ok;
    return ok || error_errno(err, "cannot write '%s'", pull->origins_path);
}

bool
origins_publish(struct pull *pull, struct decant_error *err)
{
    assert(pull != NULL);
    const char *path = pull->origins_path;
    pull->origins_path = NULL;
    return path == NULL || rename(path, pull->job->options->origins) == 0 ||
           error_errno(err, "the copy is in place, but '%s' cannot be", path);
}

void
origins_discard(struct pull *pull)
{
    assert(pull != NULL);
    if (pull->origins != NULL)
        fclose(pull->origins);
    if (pull->origins_path != NULL)
        unlink(pull->origins_path);
}
