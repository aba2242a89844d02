#include "step.h"

#include <stdlib.h>

#include "cli/capacity_step.h"
#include "commands.h"
#include "util/argv.h"

int step_read(struct step *s, const char *words, size_t n, struct err *e) {
    size_t count = 0;
    *s = (struct step){.argv = NULL};
    buf_init(&s->words, CAPACITY_STEP_WORDS_BYTES);
    buf_add(&s->words, words, n);
    s->argv = argv_split(&s->words, &count, e);
    if (s->argv == NULL)
        return -1;
    return args_parse(&commands_run, (int)count, s->argv, 2, &s->args, e) != 0
               ? err_prefix(e, "the command line of a step")
               : 0;
}

void step_done(struct step *s) {
    args_free(s->args);
    free(s->argv);
    buf_done(&s->words);
    *s = (struct step){.argv = NULL};
}
