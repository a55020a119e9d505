/* SPDX-License-Identifier: PostgreSQL */
/* Formats: systemd.service(5), systemd.exec(5), systemd.timer(5), systemd.time(7); crontab(5);
 * batch/v1 CronJob of the Kubernetes API. */
#include "night/units.h"

#include <assert.h>
#include <string.h>

static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
enum { WEEK = 7 };

/* In a unit a percent sign begins a specifier, and blanks end a word. */
static void
put_word(struct buf *out, const char *text, bool is_command)
{
    bool quotes = strpbrk(text, " \t\"'\\;$") != NULL;
    if (quotes)
        buf_putc(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '%' || (*text == '$' && is_command))
            buf_putc(out, *text);
        if (*text == '"' || *text == '\\')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    if (quotes)
        buf_putc(out, '"');
}

/* What is tried again, and what a run may not do. */
static const char sandbox[] =
    "\n# what the network or the server refused may work later; the rest would not\n"
    "Restart=on-failure\n"
    "RestartSec=10min\n"
    "RestartPreventExitStatus=1 2 3 4 5\n"
    "TimeoutStartSec=12h\n"
    "LimitCORE=0\n"
    "UMask=0022\n"
    "NoNewPrivileges=yes\n"
    "CapabilityBoundingSet=\n"
    "PrivateTmp=yes\n"
    "PrivateDevices=yes\n"
    "ProtectSystem=strict\n"
    "ProtectHome=read-only\n"
    "ProtectKernelTunables=yes\n"
    "ProtectKernelModules=yes\n"
    "ProtectKernelLogs=yes\n"
    "ProtectControlGroups=yes\n"
    "ProtectClock=yes\n"
    "ProtectHostname=yes\n"
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"
    "RestrictNamespaces=yes\n"
    "RestrictRealtime=yes\n"
    "RestrictSUIDSGID=yes\n"
    "LockPersonality=yes\n"
    "SystemCallArchitectures=native\n"
    "SystemCallFilter=@system-service\n";

static void
put_service(const struct units_wish *wish, struct buf *out)
{
    buf_printf(out,
               "# made by decant schedule for %s\n"
               "[Unit]\n"
               "Description=Refresh of %s\n"
               "Documentation=man:decant(1)\n"
               "Wants=network-online.target\n"
               "After=network-online.target\n"
               "StartLimitIntervalSec=6h\n"
               "StartLimitBurst=3\n"
               "\n"
               "[Service]\n"
               "Type=oneshot\n",
               wish->config, wish->target);
    if (wish->user != NULL)
        buf_printf(out, "User=%s\n", wish->user);
    buf_puts(out, "ExecStart=");
    put_word(out, wish->program, true);
    buf_puts(out, " run --quiet --config ");
    put_word(out, wish->config, true);
    if (wish->key_file != NULL) {
        buf_puts(out, " --key-file %d/key\nLoadCredential=key:");
        for (const char *p = wish->key_file; *p != '\0'; p++) /* to the end of the line, as it is */
            buf_printf(out, *p == '%' ? "%%%%" : "%c", *p);
    }
    buf_puts(out, "\nEnvironment=");
    struct buf state = { 0 };
    buf_printf(&state, "XDG_STATE_HOME=%s", wish->state);
    put_word(out, buf_str(&state), false);
    buf_deinit(&state);
    if (wish->variable != NULL)
        buf_printf(out,
                   "\n# %s says where the source is: a file of mode 0600 with the line %s=...\n"
                   "EnvironmentFile=/etc/decant/%s.env",
                   wish->variable, wish->variable, wish->name);
    buf_puts(out, sandbox);
    for (int i = 0; i < wish->nwritable; i++) {
        buf_puts(out, "ReadWritePaths=");
        put_word(out, wish->writable[i], false);
        buf_putc(out, '\n');
    }
    if (wish->has_server)
        buf_puts(out, "# the server of local: copies goes on when the run has ended\n"
                      "KillMode=process\n");
}

/* "Mon,Tue *-*-* 02:30:00", a line for each time */
static void
put_calendar(const struct schedule *schedule, struct buf *out)
{
    for (int i = 0; i < schedule->ntimes; i++) {
        const char *comma = "";
        buf_puts(out, "OnCalendar=");
        for (int day = 0; day < WEEK && schedule->days != SCHEDULE_EVERY_DAY; day++)
            if (schedule->days >> day & 1) {
                buf_printf(out, "%s%s", comma, day_names[day]);
                comma = ",";
            }
        buf_printf(out, "%s*-*-* %02d:%02d:00\n", *comma != '\0' ? " " : "",
                   schedule->minutes[i] / 60, schedule->minutes[i] % 60);
    }
}

static void
put_timer(const struct units_wish *wish, struct buf *out)
{
    buf_printf(out,
               "# made by decant schedule for %s\n"
               "[Unit]\n"
               "Description=Refresh of %s at %s\n"
               "Documentation=man:decant(1)\n"
               "\n"
               "[Timer]\n",
               wish->config, wish->target, wish->when);
    put_calendar(&wish->schedule, out);
    buf_puts(out, "# machines that share a source do not all come at once\n"
                  "RandomizedDelaySec=10min\n"
                  "AccuracySec=1min\n"
                  "# a time at which the machine was off is made up for\n"
                  "Persistent=true\n"
                  "\n"
                  "[Install]\n"
                  "WantedBy=timers.target\n");
}

/* "30 2 * * 1-5": times of one minute share a line. */
static void
put_five(const struct schedule *schedule, int minute, struct buf *out)
{
    const char *comma = "";
    buf_printf(out, "%d ", minute);
    for (int i = 0; i < schedule->ntimes; i++)
        if (schedule->minutes[i] % 60 == minute) {
            buf_printf(out, "%s%d", comma, schedule->minutes[i] / 60);
            comma = ",";
        }
    buf_puts(out, " * * ");
    if (schedule->days == SCHEDULE_EVERY_DAY)
        buf_putc(out, '*');
    comma = "";
    for (int day = 0; day < WEEK && schedule->days != SCHEDULE_EVERY_DAY; day++)
        if (schedule->days >> day & 1) {
            buf_printf(out, "%s%d", comma, day);
            comma = ",";
        }
}

/* Is it the first time with this minute of the hour? */
static bool
is_first(const struct schedule *schedule, int at)
{
    for (int i = 0; i < at; i++)
        if (schedule->minutes[i] % 60 == schedule->minutes[at] % 60)
            return false;
    return true;
}

/* In single quotes for the shell, with what cron makes of a percent sign undone. */
static void
put_shell(struct buf *out, const char *text)
{
    buf_putc(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_puts(out, "'\\'");
        if (*text == '%')
            buf_putc(out, '\\');
        buf_putc(out, *text);
    }
    buf_putc(out, '\'');
}

static void
put_cron(const struct units_wish *wish, struct buf *out)
{
    buf_printf(out,
               "# made by decant schedule for %s\n# what it says on stderr is mailed to MAILTO\n",
               wish->config);
    for (int i = 0; i < wish->schedule.ntimes; i++) {
        if (!is_first(&wish->schedule, i))
            continue;
        put_five(&wish->schedule, wish->schedule.minutes[i] % 60, out);
        buf_puts(out, " XDG_STATE_HOME=");
        put_shell(out, wish->state);
        if (wish->variable != NULL)
            buf_printf(out, " %s=\"$(cat /etc/decant/%s.url)\"", wish->variable, wish->name);
        buf_putc(out, ' ');
        put_shell(out, wish->program);
        buf_puts(out, " run --quiet --config ");
        put_shell(out, wish->config);
        if (wish->key_file != NULL) {
            buf_puts(out, " --key-file ");
            put_shell(out, wish->key_file);
        }
        buf_putc(out, '\n');
    }
}

/* Behind the schedule, up to the arguments of the program. */
static const char pod[] =
    "\"\n"
    "  concurrencyPolicy: Forbid\n"
    "  startingDeadlineSeconds: 3600\n"
    "  successfulJobsHistoryLimit: 3\n"
    "  failedJobsHistoryLimit: 7\n"
    "  jobTemplate:\n"
    "    spec:\n"
    "      backoffLimit: 2\n"
    "      activeDeadlineSeconds: 43200\n"
    "      # what the network or the server refused may work later; the rest would not\n"
    "      podFailurePolicy:\n"
    "        rules:\n"
    "          - action: FailJob\n"
    "            onExitCodes: {containerName: decant, operator: In, values: [1, 2, 3, 4, "
    "5]}\n"
    "      template:\n"
    "        spec:\n"
    "          restartPolicy: Never\n"
    "          automountServiceAccountToken: false\n"
    "          securityContext: {runAsNonRoot: true, runAsUser: 65534, fsGroup: 65534}\n"
    "          containers:\n"
    "            - name: decant\n"
    "              image: decant\n"
    "              args: [run, --quiet, --config, /etc/decant/decant.yaml";

static void
put_kubernetes(const struct units_wish *wish, struct buf *out)
{
    const char *name = wish->name;
    for (int i = 0; i < wish->schedule.ntimes; i++) {
        if (!is_first(&wish->schedule, i))
            continue;
        buf_printf(
            out,
            "%s# made by decant schedule for %s\n# It needs: a ConfigMap '%s' with decant.yaml, a "
            "Secret "
            "'%s'\n# with the key (and the address of the source), a volume claim '%s' for the "
            "copies.\n"
            "apiVersion: batch/v1\n"
            "kind: CronJob\n"
            "metadata:\n"
            "  name: %s%s%d\n"
            "spec:\n"
            "  schedule: \"",
            i > 0 ? "---\n" : "", wish->config, name, name, name, name, "-",
            wish->schedule.minutes[i] % 60);
        put_five(&wish->schedule, wish->schedule.minutes[i] % 60, out);
        buf_puts(out, pod);
        if (wish->key_file != NULL)
            buf_puts(out, ", --key-file, /run/decant/key");
        buf_puts(out, "]\n"
                      "              env:\n"
                      "                - {name: XDG_STATE_HOME, value: /copies}\n");
        if (wish->variable != NULL)
            buf_printf(
                out,
                "                - {name: %s, valueFrom: {secretKeyRef: {name: %s, key: url}}}\n",
                wish->variable, name);
        buf_puts(out, "              securityContext:\n"
                      "                allowPrivilegeEscalation: false\n"
                      "                readOnlyRootFilesystem: true\n"
                      "                capabilities: {drop: [ALL]}\n"
                      "                seccompProfile: {type: RuntimeDefault}\n"
                      "              volumeMounts:\n"
                      "                - {name: rules, mountPath: /etc/decant, readOnly: true}\n"
                      "                - {name: key, mountPath: /run/decant, readOnly: true}\n"
                      "                - {name: copies, mountPath: /copies}\n"
                      "                - {name: tmp, mountPath: /tmp}\n"
                      "          volumes:\n");
        buf_printf(out,
                   "            - {name: rules, configMap: {name: %s}}\n"
                   "            - {name: key, secret: {secretName: %s, defaultMode: 0440}}\n"
                   "            - {name: copies, persistentVolumeClaim: {claimName: %s}}\n"
                   "            - {name: tmp, emptyDir: {}}\n",
                   name, name, name);
    }
}

static const struct {
    const char *suffix;
    void (*put)(const struct units_wish *wish, struct buf *out);
} units[UNIT_COUNT] = {
    [UNIT_SERVICE] = { ".service", put_service },
    [UNIT_TIMER] = { ".timer", put_timer },
    [UNIT_CRON] = { ".cron", put_cron },
    [UNIT_KUBERNETES] = { ".yaml", put_kubernetes },
};

void
units_put_name(const struct units_wish *wish, enum unit unit, struct buf *out)
{
    assert(wish != NULL && unit < UNIT_COUNT);
    buf_printf(out, "%s%s", wish->name, units[unit].suffix);
}

void
units_put(const struct units_wish *wish, enum unit unit, struct buf *out)
{
    assert(wish != NULL && unit < UNIT_COUNT && wish->schedule.ntimes > 0);
    units[unit].put(wish, out);
}
