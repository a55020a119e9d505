/* SPDX-License-Identifier: PostgreSQL */
/*
 * Who is to read a SQLite copy. SQLite compares text, and the programs that open such a file
 * disagree on the text of times and uuids, and on the names of types; one profile is the spelling
 * of some of them.
 */
#ifndef LOAD_SQLITE_PROFILE_H
#define LOAD_SQLITE_PROFILE_H

#include "base/buf.h"
#include "base/error.h"
#include "row/type.h"

enum { PROFILE_TYPES = 8 };

/* Decimals of seconds, six at most. */
enum sqlite_decimals {
    DECIMALS_SIX_OR_NONE,
    DECIMALS_SIX,
    DECIMALS_THREE,
    DECIMALS_IN_THREES, /* none, three or six: as few as say it */
    DECIMALS_FEWEST,    /* without zeros at their end */
};

/* How a day and its time stand together. */
struct sqlite_stamp {
    char between;     /* 0: a blank */
    const char *zone; /* behind them; NULL: none */
    const char *now;  /* as strftime() spells it; NULL: as CURRENT_TIMESTAMP, without decimals */
};

struct sqlite_profile {
    const char *name, *readers; /* for whom it is */
    bool is_django;             /* names of types, checks and rounded numbers are Django's */
    enum sqlite_decimals decimals;
    struct sqlite_stamp stamp;
    struct sqlite_stamp zoned; /* of timestamptz; without a zone: the same */
    const char *hour;          /* behind a date */
    const char *day;           /* before a time of day */
    bool has_hex_uuids;        /* 32 digits without dashes */
    bool has_no_nan;           /* NULL instead, where it may stand */
    bool has_no_statistics;    /* what sqlite_stat1 holds stops a tool */
    struct {
        enum scalar_id scalar;
        const char *declared; /* NULL: the end */
    } types[PROFILE_TYPES];   /* that are declared in another way than in the default profile */
    const char *lists;        /* how arrays are declared; NULL: as JSON */
    struct {
        enum scalar_id scalar;
        const char *advice; /* NULL: the end */
    } needs[PROFILE_TYPES]; /* what a program must do to read such a column */
};

extern const struct sqlite_profile sqlite_profiles[];
extern const int nsqlite_profiles;

/* DECANT_USAGE, with the names that there are. */
bool sqlite_profile_find(const char *name, const struct sqlite_profile **out,
                         struct decant_error *err);

/* What a program must do to read a column of this type; NULL: nothing. */
const char *sqlite_profile_advice(const struct sqlite_profile *profile, const struct type *type);

/* The spelling of timestamps, with or without a zone in the source. */
const struct sqlite_stamp *sqlite_stamp_of(const struct sqlite_profile *profile, bool is_zoned);

/* Appends SQL for the time at hand, or the midnight before; for the day at hand. A default is that.
 */
void sqlite_put_now(const struct sqlite_profile *profile, bool is_zoned, bool is_midnight,
                    struct buf *out);
void sqlite_put_today(const struct sqlite_profile *profile, struct buf *out);

/* Rewrites what stands behind `start` in `text`, in the default spelling: a timestamp, a date, a
 * time. Returns whether decimals were lost. */
bool sqlite_respell_timestamp(const struct sqlite_profile *profile, bool is_zoned, size_t start,
                              struct buf *text);
void sqlite_respell_date(const struct sqlite_profile *profile, struct buf *text);
bool sqlite_respell_time(const struct sqlite_profile *profile, size_t start, struct buf *text);

#endif
