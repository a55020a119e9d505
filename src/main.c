/* SPDX-License-Identifier: PostgreSQL */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/options.h"

/* What a crash leaves behind must not hold rows or passwords. */
static void
forbid_core_files(void)
{
    struct rlimit none = { 0, 0 };
    setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__) &&                                                              \
    !defined(__SANITIZE_THREAD__) /* these read their own memory */
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* A stack that cannot grow is no error that anybody could tell: what is needed of it, mostly to
 * wipe what lay there, is taken while there is memory. */
__attribute__((noinline)) static void
take_stack(void)
{
    enum { BYTES = 512 << 10, PAGE = 4096 };
    volatile char stack[BYTES];
    for (int i = 0; i < BYTES; i += PAGE)
        stack[i] = 0;
    (void)stack[0];
}

/* Without the standard descriptors the next file that is opened would get their numbers, and
 * messages would land in it. What stands in for stdout refuses to be written to. */
static void
open_standard_descriptors(void)
{
    static const int flags[] = { O_RDONLY, O_RDONLY, O_WRONLY };
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
            _exit(DECANT_UNAVAILABLE);
}

/* Whoever reads our output has seen enough: no fault, and nobody to tell. */
static void
end_of_reader(void)
{
    struct pollfd out = { .fd = STDOUT_FILENO };
    if (poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
}

/* What was printed must have arrived: a full disk would leave half a report, and status 0. */
static int
end_output(int status)
{
    bool ok = ferror(stdout) == 0;
    ok &= fflush(stdout) == 0;
    if (ok || status != 0)
        return status;
    end_of_reader();
    fputs("decant: what was to be printed could not be written\n", stderr);
    return DECANT_UNAVAILABLE;
}

int
main(int argc, char **argv)
{
    struct arguments arguments = { 0 };
    struct decant_error err = { 0 };
    int status = 0;
    open_standard_descriptors();
    forbid_core_files();
    take_stack();
    signal(SIGXFSZ, SIG_IGN); /* then a file that may not grow is an error like a full disk */
    if (!options_parse(argc, argv, &arguments, &err)) {
        status = command_failed(&arguments, &err);
    } else if (arguments.version) {
        puts("decant " DECANT_VERSION);
    } else if (arguments.help) {
        print_help(&arguments);
    } else if (arguments.command == NULL) {
        print_help(&arguments);
        status = DECANT_USAGE;
    } else {
        status = arguments.command->run(&arguments);
    }
    options_deinit(&arguments);
    return end_output(status);
}
