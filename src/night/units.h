/* SPDX-License-Identifier: PostgreSQL */
/* What starts a run at its time: units of systemd, a line of cron, a CronJob of Kubernetes. */
#ifndef NIGHT_UNITS_H
#define NIGHT_UNITS_H

#include "base/buf.h"
#include "rules/schedule.h"

struct units_wish {
    const char *name;                    /* "decant-shop" */
    const char *program, *config, *user; /* whole paths; the user, or NULL: root */
    const char *key_file;                /* or NULL: nothing is chosen or masked by a key */
    const char *target;                  /* as people call it */
    const char *variable;                /* that says where the source is, or NULL */
    const char *state;                   /* XDG_STATE_HOME */
    int nwritable;
    const char *const *writable; /* directories that a run writes to */
    bool has_server;             /* it may start the user's own server, which stays */
    const char *when;            /* the schedule as written */
    struct schedule schedule;
};

enum unit { UNIT_SERVICE, UNIT_TIMER, UNIT_CRON, UNIT_KUBERNETES, UNIT_COUNT };

/* How the file is called: "decant-shop.timer". */
void units_put_name(const struct units_wish *wish, enum unit unit, struct buf *out);

void units_put(const struct units_wish *wish, enum unit unit, struct buf *out);

#endif
