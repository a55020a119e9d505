/* SPDX-License-Identifier: PostgreSQL */
#include "rehearse/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *server, *sql;
    unsigned conflicts; /* bits of modes */
} modes[LOCK_MODES] = {
#define BIT(mode) (1u << LOCK_##mode)
    [LOCK_NONE] = { "", "", 0 },
    [LOCK_ACCESS_SHARE] = { "AccessShareLock", "ACCESS SHARE", BIT(ACCESS_EXCLUSIVE) },
    [LOCK_ROW_SHARE] = { "RowShareLock", "ROW SHARE", BIT(EXCLUSIVE) | BIT(ACCESS_EXCLUSIVE) },
    [LOCK_ROW_EXCLUSIVE] = { "RowExclusiveLock", "ROW EXCLUSIVE",
                             BIT(SHARE) | BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
                                 BIT(ACCESS_EXCLUSIVE) },
    [LOCK_SHARE_UPDATE_EXCLUSIVE] = { "ShareUpdateExclusiveLock", "SHARE UPDATE EXCLUSIVE",
                                      BIT(SHARE_UPDATE_EXCLUSIVE) | BIT(SHARE) |
                                          BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
                                          BIT(ACCESS_EXCLUSIVE) },
    [LOCK_SHARE] = { "ShareLock", "SHARE",
                     BIT(ROW_EXCLUSIVE) | BIT(SHARE_UPDATE_EXCLUSIVE) | BIT(SHARE_ROW_EXCLUSIVE) |
                         BIT(EXCLUSIVE) | BIT(ACCESS_EXCLUSIVE) },
    [LOCK_SHARE_ROW_EXCLUSIVE] = { "ShareRowExclusiveLock", "SHARE ROW EXCLUSIVE",
                                   BIT(ROW_EXCLUSIVE) | BIT(SHARE_UPDATE_EXCLUSIVE) | BIT(SHARE) |
                                       BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
                                       BIT(ACCESS_EXCLUSIVE) },
    [LOCK_EXCLUSIVE] = { "ExclusiveLock", "EXCLUSIVE",
                         BIT(ROW_SHARE) | BIT(ROW_EXCLUSIVE) | BIT(SHARE_UPDATE_EXCLUSIVE) |
                             BIT(SHARE) | BIT(SHARE_ROW_EXCLUSIVE) | BIT(EXCLUSIVE) |
                             BIT(ACCESS_EXCLUSIVE) },
    [LOCK_ACCESS_EXCLUSIVE] = { "AccessExclusiveLock", "ACCESS EXCLUSIVE",
                                (1u << LOCK_MODES) - (1u << LOCK_ACCESS_SHARE) },
#undef BIT
};

enum lock_mode
lock_mode_of(const char *text)
{
    assert(text != NULL);
    for (int mode = LOCK_ACCESS_SHARE; mode < LOCK_MODES; mode++)
        if (strcmp(modes[mode].server, text) == 0)
            return (enum lock_mode)mode;
    return LOCK_NONE;
}

const char *
lock_mode_name(enum lock_mode mode)
{
    assert(mode < LOCK_MODES);
    return modes[mode].sql;
}

bool
lock_conflicts(enum lock_mode held, enum lock_mode wanted)
{
    assert(held < LOCK_MODES && wanted < LOCK_MODES);
    return (modes[held].conflicts >> wanted & 1) != 0;
}

struct step *
record_step(struct record *record)
{
    assert(record != NULL);
    record->steps = mem_grow(record->steps, (size_t)record->nsteps, sizeof *record->steps);
    struct step *step = &record->steps[record->nsteps++];
    *step = (struct step){ .tag = "",
                           .sqlstate = "",
                           .schema = "",
                           .table = "",
                           .column = "",
                           .constraint = "",
                           .datatype = "",
                           .wal_bytes = -1,
                           .temp_bytes = -1,
                           .rows = -1,
                           .lock_timeout_ms = -1,
                           .statement_timeout_ms = -1 };
    return step;
}

struct hold *
record_hold(struct record *record)
{
    assert(record != NULL);
    record->holds = mem_grow(record->holds, (size_t)record->nholds, sizeof *record->holds);
    struct hold *hold = &record->holds[record->nholds++];
    *hold = (struct hold){ .is_open = true };
    return hold;
}

struct effect *
record_effect(struct record *record)
{
    assert(record != NULL);
    record->effects = mem_grow(record->effects, (size_t)record->neffects, sizeof *record->effects);
    struct effect *effect = &record->effects[record->neffects++];
    *effect = (struct effect){ .is_exact = true };
    return effect;
}

const struct step *
record_failed(const struct record *record)
{
    assert(record != NULL);
    for (int i = 0; i < record->nsteps; i++)
        if (record->steps[i].sqlstate[0] != '\0')
            return &record->steps[i];
    return NULL;
}

void
record_deinit(struct record *record)
{
    assert(record != NULL);
    free(record->steps);
    free(record->holds);
    free(record->effects);
    arena_deinit(&record->arena);
    *record = (struct record){ 0 };
}
