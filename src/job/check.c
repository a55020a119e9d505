/* SPDX-License-Identifier: PostgreSQL */
/* What would stop a pull, found without locks and without a row. */
#include <assert.h>
#include <string.h>

#include "job/pull.h"
#include "job/reads.h"
#include "load/settings.h"
#include "load/sqlite_profile.h"
#include "pg/quote.h"

/* A connection's work. */
struct check_job {
    struct decant_job *job;
    struct pg_conn *conn;
    struct arena *arena;
    struct notes *notes;
    struct rules *rules; /* or NULL */
    const struct catalog *catalog;
    struct statistics statistics;
    struct job_masks masks;
    enum decant_grants grants;
    struct buf text;
};

/* A string literal that says something. */
static bool
has_text(const char *sql)
{
    const char *quote = sql != NULL ? strchr(sql, '\'') : NULL;
    return quote != NULL && quote[1] != '\'' && strncmp(sql, "nextval(", 8) != 0;
}

/* Texts that travel with the schema: defaults, checks, indexes, labels, bodies. */
static void
note_texts(struct check_job *check)
{
    assert(check != NULL);
    struct notes *notes = check->notes;
    for (int t = 0; t < check->catalog->ntables; t++) {
        const struct table *table = &check->catalog->tables[t];
        if (table_is_partition(table))
            continue;
        for (int i = 0; i < table->ncolumns; i++)
            if (has_text(table->columns[i].default_sql))
                notes_add(notes, NOTE_TEXT_IN_SCHEMA, "default", 0, "%s.%s.%s", table->schema,
                          table->name, table->columns[i].name);
        for (int i = 0; i < table->nchecks; i++)
            if (has_text(table->checks[i].sql))
                notes_add(notes, NOTE_TEXT_IN_SCHEMA, "check", 0, "%s.%s.%s", table->schema,
                          table->name, table->checks[i].name);
        for (int i = 0; i < table->nindexes; i++) {
            bool found = has_text(table->indexes[i].predicate);
            for (int j = 0; j < table->indexes[i].nkeys; j++)
                found |=
                    table->indexes[i].keys[j].column < 0 && has_text(table->indexes[i].keys[j].sql);
            if (found)
                notes_add(notes, NOTE_TEXT_IN_SCHEMA, "index", 0, "%s.%s", table->schema,
                          table->indexes[i].name);
        }
    }
    for (int i = 0; i < check->catalog->nobjects; i++) {
        const struct object *object = &check->catalog->objects[i];
        if (strcmp(object->kind, "setting") != 0 || settings_are_taken(object->name))
            notes_add(notes, NOTE_TEXT_IN_SCHEMA, object->kind, 0, "%s", object->name);
    }
}

/* What a program must do to read a SQLite copy in the profile that is asked for. */
static bool
note_reader(struct check_job *check, struct decant_error *err)
{
    const char *name = check->job->options->profile;
    const struct sqlite_profile *profile;
    if (name == NULL)
        return true;
    if (!sqlite_profile_find(name, &profile, err))
        return false;
    for (int t = 0; t < check->catalog->ntables; t++) {
        const struct table *table = &check->catalog->tables[t];
        for (int c = 0; !table_is_partition(table) && c < table->ncolumns; c++) {
            const char *advice = sqlite_profile_advice(profile, table->columns[c].type);
            if (advice != NULL)
                notes_add(check->notes, NOTE_READER_NEEDS, "column", 0, "%s.%s.%s (%s)",
                          table->schema, table->name, table->columns[c].name, advice);
        }
    }
    return true;
}

/* Would the source take SQL of the rules over the rows of a table? Names mean what they will then.
 */
static bool
try_condition(struct check_job *check, const struct table *table, const char *sql,
              const char *place, struct decant_error *err)
{
    struct buf all = { 0 };
    struct decant_error failure = { 0 };
    if (sql == NULL)
        return true;
    buf_printf(&all, "%sSELECT true FROM ", pg_set_path_sql);
    catalog_put_rows(table, &all);
    buf_printf(&all, " AS decant_row WHERE (%s) LIMIT 0", sql);
    struct pg_result *r;
    bool goes_on = pg_try(check->conn, buf_str(&all), &r, &failure, err), ok = r != NULL;
    pg_result_free(r);
    buf_deinit(&all);
    if (goes_on && !ok) {
        error_set(err, DECANT_USAGE, "%s: the source does not accept this condition (SQLSTATE %s)",
                  place, failure.sqlstate);
        error_hint(err, "SQL over the columns of '%s.%s', of type boolean", table->schema,
                   table->name);
    }
    return ok;
}

static bool
try_conditions(struct check_job *check, struct decant_error *err)
{
    const struct sampling *owners = &check->masks.owners;
    for (int i = 0; i < owners->ntables; i++) {
        const struct sample_table *t = &owners->tables[i];
        if (!try_condition(check, t->table, t->where, t->where_place, err) ||
            !try_condition(check, t->table, t->also, t->also_place, err))
            return false;
    }
    return true;
}

static bool
check_masks(struct check_job *check, struct decant_error *err)
{
    const struct job_masks_env env = { .conn = check->conn,
                                       .catalog = check->catalog,
                                       .statistics = &check->statistics,
                                       .rules = check->rules,
                                       .arena = check->arena,
                                       .notes = check->notes };
    if (check->rules == NULL || !check->rules->columns.is_given || check->job->options->no_mask)
        return true;
    note_texts(check);
    statistics_init(&check->statistics, check->catalog, check->arena);
    if (!statistics_load(&check->statistics, check->conn, err))
        return false;
    if (!job_masks_decide(&env, &check->masks, err))
        return false;
    if (masking_put_undecided(&check->masks.masking, &check->text) > 0)
        return masking_require(&check->masks.masking, err);
    if (!job_masks_build(&env, &check->masks, err))
        return false;
    sampling_note(&check->masks.owners, check->notes);
    return try_conditions(check, err);
}

/* Rights on whole tables serve every target, those on columns copies into SQLite. */
static bool
load_access(struct check_job *check, struct selection *selection, struct access *out,
            struct decant_error *err)
{
    bool by_column = check->grants == DECANT_GRANTS_COLUMNS;
    if (!access_load(check->conn, selection, by_column ? ACCESS_QUERIES : ACCESS_DUMP, check->arena,
                     out, err))
        return false;
    if (by_column || out->ngaps == 0 || check->grants == DECANT_GRANTS_TABLES)
        return true;
    const struct access dump = *out;
    if (!access_load(check->conn, selection, ACCESS_QUERIES, check->arena, out, err))
        return false;
    for (int i = 0; out->ngaps == 0 && i < dump.ngaps; i++)
        notes_add(check->notes, NOTE_RIGHTS_FOR_QUERIES, "table", 0, "%s.%s", dump.gaps[i].schema,
                  dump.gaps[i].name);
    return true;
}

static bool
load_plan(struct check_job *check, const struct selection *selection, struct decant_error *err)
{
    struct plan plan;
    return catalog_load(check->conn, selection, check->arena, &check->catalog, err) &&
           plan_build(check->catalog, check->job->options->drop_dangling_keys, false, check->arena,
                      check->notes, &plan, err);
}

/* The script is what was asked for: it is there, whatever else is wrong. */
static bool
put_grants(struct check_job *check, const struct selection *selection, struct access *access,
           struct decant_error *err)
{
    if (check->grants == DECANT_GRANTS_COLUMNS &&
        (!load_plan(check, selection, err) || !check_masks(check, err))) {
        buf_reset(&check->text); /* a list of columns is no script */
        return false;
    }
    if (check->masks.is_on)
        reads_list(&check->masks, check->rules, check->arena, access);
    access_grants(access, pg_conn_database(check->conn), &check->text);
    return access_require(access, err) && access_require_columns(check->conn, access, err);
}

static bool
run(struct check_job *check, struct decant_error *err)
{
    struct selection selection;
    struct access access;
    const struct decant_options *options = check->job->options;
    if (options->rules != NULL && !rules_load(options->rules, &check->rules, err))
        return false;
    if (options->rules == NULL && check->grants == DECANT_GRANTS_NONE && !options->no_mask) {
        error_set(err, DECANT_USAGE, "no rules to check: -c FILE is missing");
        return error_hint(err, "'decant init' writes rules; --no-mask checks what a copy without "
                               "masks needs");
    }
    if (check->grants == DECANT_GRANTS_COLUMNS &&
        (check->rules == NULL || !check->rules->columns.is_given)) {
        error_set(err, DECANT_USAGE, "--by-column needs rules that mask columns");
        return error_hint(err, "-c FILE names them; 'decant init' writes them");
    }
    if (!pg_exec(check->conn, err, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY") ||
        !selection_load(check->conn, options, check->arena, &selection, err))
        return false;
    sample_exclude(check->rules, &selection);
    if (!load_access(check, &selection, &access, err))
        return false;
    if (check->grants != DECANT_GRANTS_NONE)
        return put_grants(check, &selection, &access, err);
    if (!access_require(&access, err) || !load_plan(check, &selection, err) ||
        !note_reader(check, err) || !check_masks(check, err))
        return false;
    if (check->masks.is_on)
        reads_list(&check->masks, check->rules, check->arena, &access);
    return access_require_columns(check->conn, &access, err);
}

/* What a person should know, by reason. */
static void
put_notes(struct notes *notes, struct buf *out)
{
    const struct note *before = NULL;
    notes_sort(notes);
    for (size_t i = 0; i < notes->count; i++) {
        const struct note *note = &notes->items[i];
        if (before == NULL || before->reason != note->reason ||
            strcmp(before->kind, note->kind) != 0)
            buf_printf(out, "%s [%s]: %s\n", note->kind, note_code(note->reason),
                       note_consequence(note));
        buf_printf(out, "  %s\n", note->object);
        before = note;
    }
}

#pragma GCC visibility push(default)

bool
decant_job_check(struct decant_job *job, enum decant_grants grants, char **text,
                 struct decant_error *err)
{
    struct arena arena = { 0 };
    struct notes notes;
    struct check_job check = { .job = job, .arena = &arena, .notes = &notes, .grants = grants };
    notes_init(&notes);
    check.conn = job_connect_source(job, err);
    bool ok = check.conn != NULL && run(&check, err);
    if (!ok)
        job_explain_stop(job, err);
    else
        job_emit_notes(job, &notes);
    if (ok && grants == DECANT_GRANTS_NONE)
        put_notes(&notes, &check.text);
    *text = check.text.len > 0 ? buf_steal(&check.text) : NULL;
    pg_close(check.conn);
    job_masks_deinit(&check.masks);
    rules_free(check.rules);
    buf_deinit(&check.text);
    notes_deinit(&notes);
    arena_deinit(&arena);
    return ok;
}

#pragma GCC visibility pop
