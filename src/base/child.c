/* SPDX-License-Identifier: PostgreSQL */
#include "base/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

enum { POLL_MS = 100, PATIENCE_MS = 2000, MAX_ERRORS = 8 << 20 };

static void
become(const struct child *child, int out, int errors, pid_t parent)
{
    int null = open("/dev/null", O_RDONLY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(errors, 2) < 0)
        _exit(127);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(127); /* the parent died before prctl() */
    for (const struct child_variable *v = child->env; v != NULL && v->name != NULL; v++)
        setenv(v->name, v->value, 1);
    setenv("LC_ALL", "C", 1); /* its messages are recognised by their words */
    execv(child->argv[0], (char *const *)child->argv);
    _exit(127);
}

/* Reads what there is; false at the end of the file. */
static bool
take(int fd, struct buf *into, size_t most)
{
    char block[4096];
    ssize_t n = read(fd, block, sizeof block);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    if (into != NULL && into->len < most)
        buf_add(into, block, (size_t)n);
    return n > 0;
}

/* Was it silent for too long, and is not at work? */
static bool
is_stuck(const struct child *child, int64_t *since)
{
    if (child->quiet_ms == 0 || clock_ms() - *since < child->quiet_ms)
        return false;
    *since = clock_ms();
    return !child->is_at_work(child->ctx);
}

/* What becomes of a child; the later ones were ended by us. */
enum outcome { OUTCOME_ENDED, OUTCOME_STOPPED, OUTCOME_STUCK };

static enum outcome
collect(const struct child *child, pid_t pid, int out, int errors)
{
    assert(child != NULL);
    enum outcome outcome = OUTCOME_ENDED;
    int64_t since = clock_ms();
    struct pollfd fds[2] = { { .fd = out, .events = POLLIN }, { .fd = errors, .events = POLLIN } };
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (outcome != OUTCOME_ENDED && clock_ms() - since >= PATIENCE_MS) {
            kill(pid, SIGKILL); /* its own children may hold the pipes open */
            return outcome;
        }
        if (outcome == OUTCOME_ENDED) {
            outcome = atomic_load(child->stop) != 0 ? OUTCOME_STOPPED
                      : is_stuck(child, &since)     ? OUTCOME_STUCK
                                                    : OUTCOME_ENDED;
            if (outcome != OUTCOME_ENDED) {
                kill(pid, SIGTERM);
                since = clock_ms();
            }
        }
        if (poll(fds, 2, POLL_MS) <= 0)
            continue;
        if (outcome == OUTCOME_ENDED)
            since = clock_ms();
        if (fds[0].revents != 0 && !take(out, child->output, (size_t)-1))
            fds[0].fd = -1;
        if (fds[1].revents != 0 && !take(errors, child->errors, MAX_ERRORS))
            fds[1].fd = -1;
    }
    return outcome;
}

bool
child_run(const struct child *child, int *status, struct decant_error *err)
{
    assert(child != NULL && status != NULL);
    int out[2] = { -1, -1 }, errors[2];
    if (pipe2(errors, O_CLOEXEC) != 0 || (child->stdout_fd < 0 && pipe2(out, O_CLOEXEC) != 0))
        return error_errno(err, "cannot make a pipe");
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return error_errno(err, "cannot start '%s'", child->argv[0]);
    if (pid == 0)
        become(child, child->stdout_fd >= 0 ? child->stdout_fd : out[1], errors[1], parent);
    close(errors[1]);
    if (out[1] >= 0)
        close(out[1]);
    enum outcome outcome = collect(child, pid, out[0], errors[0]);
    close(errors[0]);
    if (out[0] >= 0)
        close(out[0]);
    int wait_status = 0;
    while (waitpid(pid, &wait_status, 0) < 0 && errno == EINTR)
        ;
    if (outcome == OUTCOME_STOPPED)
        return error_set(err, DECANT_CANCELLED, "cancelled");
    if (outcome == OUTCOME_STUCK) {
        error_set(err, DECANT_UNAVAILABLE, "'%s' has said nothing for %d s", child->argv[0],
                  child->quiet_ms / 1000);
        return error_hint(err, "the network or the server stalls; --stall-timeout allows more");
    }
    *status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    if (*status == 127)
        return error_set(err, DECANT_REFUSED, "cannot run '%s'", child->argv[0]);
    return true;
}

static void
become_command(const struct child_command *command, int input, pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (command->timeout_ms > 0)
        setpgid(0, 0);
    if ((input >= 0 && dup2(input, 0) < 0) || (!command->keeps_stdout && dup2(2, 1) < 0) ||
        getppid() != parent)
        _exit(127);
    for (const struct child_variable *v = command->env; v->name != NULL; v++) {
        if (v->value[0] != '\0')
            setenv(v->name, v->value, 1);
        else
            unsetenv(v->name);
    }
    if (command->directory != NULL && chdir(command->directory) != 0)
        _exit(127);
    execvp(command->argv[0], (char *const *)command->argv);
    _exit(127);
}

/* Until it has ended, with *wait_status. */
static enum outcome
await(const struct child_command *command, pid_t pid, int *wait_status)
{
    enum outcome outcome = OUTCOME_ENDED;
    int fd = (int)syscall(SYS_pidfd_open, pid, 0); /* -1: an old kernel, and we look now and then */
    int64_t began_ms = clock_ms(), told_ms = 0;
    pid_t whom = command->timeout_ms > 0 ? -pid : pid; /* its own group, with what it started */
    while (waitpid(pid, wait_status, WNOHANG) == 0) {
        struct pollfd end = { .fd = fd, .events = POLLIN };
        poll(&end, 1, POLL_MS);
        bool is_late =
            command->timeout_ms > 0 && clock_ms() - began_ms >= (int64_t)command->timeout_ms;
        if (told_ms == 0 && (is_late || atomic_load(command->stop) != 0)) {
            outcome = is_late ? OUTCOME_STUCK : OUTCOME_STOPPED;
            kill(whom, SIGTERM);
            told_ms = clock_ms();
        }
        if (told_ms != 0 && clock_ms() - told_ms >= PATIENCE_MS)
            kill(whom, SIGKILL);
    }
    if (outcome != OUTCOME_ENDED && whom != pid)
        kill(whom, SIGKILL); /* what it left behind */
    if (fd >= 0)
        close(fd);
    return outcome;
}

/* A file of no name that has the text; -1 with an error. */
static int
open_input(const char *text, struct decant_error *err)
{
    size_t len = strlen(text);
    int fd = memfd_create("input", MFD_CLOEXEC);
    if (fd >= 0 && write(fd, text, len) == (ssize_t)len && lseek(fd, 0, SEEK_SET) == 0)
        return fd;
    error_errno(err, "cannot hand a text to a command");
    if (fd >= 0)
        close(fd);
    return -1;
}

bool
child_run_command(const struct child_command *command, int *status, struct decant_error *err)
{
    assert(command != NULL && command->argv[0] != NULL && command->env != NULL && status != NULL);
    const char *name = command->argv[0];
    int input = command->input != NULL ? open_input(command->input, err) : -1;
    if (command->input != NULL && input < 0)
        return false;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become_command(command, input, parent);
    if (input >= 0)
        close(input);
    if (pid < 0)
        return error_errno(err, "cannot start '%s'", name);
    int wait_status = 0;
    enum outcome outcome = await(command, pid, &wait_status);
    if (outcome == OUTCOME_STOPPED)
        return error_set(err, DECANT_CANCELLED, "cancelled");
    if (outcome == OUTCOME_STUCK)
        return error_set(err, DECANT_UNAVAILABLE, "'%s' has taken longer than %g s", name,
                         command->timeout_ms / 1e3);
    *status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
    return *status != 127 || error_set(err, DECANT_USAGE, "cannot run '%s'", name);
}
