/* SPDX-License-Identifier: PostgreSQL */
/* Gives each file of the command line to a fuzz target, where libFuzzer's own main() is not there.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
main(int argc, char **argv)
{
    enum { MOST = 1 << 20 };
    uint8_t *data = malloc(MOST);
    for (int i = 1; i < argc; i++) {
        FILE *file = fopen(argv[i], "rb");
        if (data == NULL || file == NULL) {
            perror(argv[i]);
            return EXIT_FAILURE;
        }
        size_t size = fread(data, 1, MOST, file);
        fclose(file);
        /* A copy of the exact size, so that a sanitizer sees the first byte behind it. */
        uint8_t *exact = malloc(size > 0 ? size : 1);
        for (size_t j = 0; j < size; j++)
            exact[j] = data[j];
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    free(data);
    return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
