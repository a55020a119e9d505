/* SPDX-License-Identifier: PostgreSQL */
/* decant init --review: the lines of a rules file that a person should look at. */
#include <string.h>

#include "job/internal.h"
#include "rules/rules.h"

#pragma GCC visibility push(default)

bool
decant_job_review(struct decant_job *job, char **text, struct decant_error *err)
{
    const char *path = job->options->rules != NULL ? job->options->rules : "decant.yaml";
    struct rules *rules = NULL;
    struct buf out = { 0 };
    int n = 0, number = 0;
    if (!rules_load(path, &rules, err))
        return false;
    const char *end = rules->source.text + rules->source.len, *section = "";
    size_t section_len = 0;
    for (const char *p = rules->source.text, *next; p < end; p = next + 1) {
        next = memchr(p, '\n', (size_t)(end - p));
        next = next != NULL ? next : end;
        size_t len = (size_t)(next - p), indent = 0;
        number++;
        while (indent < len && p[indent] == ' ')
            indent++;
        const char *mark = memmem(p, len, "# ?", 3);
        if (indent == 2 && indent < len &&
            p[indent] != '#') { /* a table, or a part of the sample */
            section = p + indent;
            section_len = strcspn(section, ":\n");
        }
        if (mark == NULL || indent == 0) /* the head of a section explains the mark */
            continue;
        buf_printf(&out, "%s:%d: ", path, number);
        if (indent > 2)
            buf_printf(&out, "%.*s: ", (int)section_len, section);
        buf_add(&out, p + indent, (size_t)(mark - p) - indent);
        while (out.len > 0 && out.data[out.len - 1] == ' ')
            out.data[--out.len] = '\0';
        buf_printf(&out, "  (%.*s)\n", (int)(len - (size_t)(mark + 4 - p)),
                   len > (size_t)(mark + 4 - p) ? mark + 4 : "");
        n++;
    }
    buf_printf(&out, "%d line%s to review; take the '?' out where the line is right\n", n,
               n == 1 ? "" : "s");
    rules_free(rules);
    *text = buf_steal(&out);
    return true;
}

#pragma GCC visibility pop
