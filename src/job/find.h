/* SPDX-License-Identifier: PostgreSQL */
/* The manifest of a finished copy: --manifest, or where a pull puts it. */
#ifndef JOB_FIND_H
#define JOB_FIND_H

#include "job/internal.h"
#include "key/digest.h"
#include "report/manifest.h"

/* Is the job's target a file? *target is its path, or the database's address; in `arena`. */
bool find_target(struct decant_job *job, struct arena *arena, const char **target);

/* Paths live in `arena`. `sha256` is the file's; where no manifest is of these bytes the youngest
 * beside them is found, and its own digest tells. */
bool find_of_file(struct decant_job *job, const char *target, struct arena *arena,
                  char sha256[DIGEST_HEX], const char **path, struct decant_error *err);

/* The manifest of a present or former file of a target: of its run, or of the same bytes; in
 * `arena`. NULL: there is none. */
const char *find_of_version(const char *target, const char *run, const char *file,
                            const atomic_int *stop, struct arena *arena);

/* Says that a file's bytes are not those of its manifest: DECANT_CHECK. */
bool find_changed(const char *target, struct decant_error *err);

/* `label` names the copy and ends with the run that made it. */
bool find_of_database(struct decant_job *job, struct pg_conn *conn, struct arena *arena,
                      const char **label, const char **path, struct decant_error *err);

/* Has nothing of ours ever been said of this copy? Never of one whose manifest is named. */
bool find_is_foreign(struct decant_job *job, const char *target, bool is_file, bool *out,
                     struct decant_error *err);

/* Lists the copies of a target, which are not to be changed; to be closed also on failure. */
struct versions;
bool find_versions(struct decant_job *job, const char *target, struct versions *out,
                   struct decant_error *err);

/* Removes manifests of copies of a target that are not among these, or have no bytes any more;
 * `own` is one that stays, or NULL. */
void find_forget_others(const struct versions *versions, const char *own, struct arena *arena);

/* A connection to a copy that is a database; it may not write. */
struct pg_conn *find_connect(struct decant_job *job, const char *target, struct decant_error *err);

/* What was said of the copy that the job's target is now; false: there is none, or nothing is known
 * of it: *unreadable names a manifest that is there, but cannot be read, or is NULL. In `arena`. */
bool find_before(struct decant_job *job, struct arena *arena, struct manifest *out,
                 const char **unreadable);

/* The path for the job's target, whichever kind it is; NULL with an error. */
const char *find_manifest(struct decant_job *job, struct arena *arena, struct decant_error *err);

#endif
