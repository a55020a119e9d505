/* SPDX-License-Identifier: PostgreSQL */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

int
main(int argc, char **argv)
{
    struct arguments arguments = { 0 };
    struct decant_error err = { 0 };
    int status = 0;
    forbid_core_files();
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
    if (fflush(stdout) != 0 && status == 0)
        status = DECANT_UNAVAILABLE;
    return status;
}
