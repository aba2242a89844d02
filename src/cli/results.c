#include "cli/results.h"

#include <stdio.h>

#include "cli/command.h"

int results_show(const char *path, const char *folder, bool quiet) {
    (void)folder;
    (void)quiet;
    printf("%s\n", path);
    return EXIT_OK;
}
