#include "launch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "child.h"
#include "util/argv.h"
#include "util/clock.h"

#define WORDS_MAX_BYTES ((size_t)16 << 20)

void launch_program(char *out, size_t size) {
    const char *given = getenv("COLDSWARM");
    if (given != NULL && *given != '\0') {
        snprintf(out, size, "%s", given);
        return;
    }
    ssize_t n = readlink("/proc/self/exe", out, size - sizeof "coldswarm");
    if (n > 0) {
        out[n] = '\0';
        char *slash = strrchr(out, '/');
        snprintf(slash == NULL ? out : slash + 1, sizeof "coldswarm", "coldswarm");
        if (access(out, X_OK) == 0)
            return;
    }
    snprintf(out, size, "coldswarm");
}

static void add_option(void *context, const struct args_option *o) {
    struct launch *l = context;
    if (strcmp(o->name, "seed") == 0)
        return;
    argv_option(&l->words, o->name, o->value);
}

void launch_choose(struct launch_job *job, const struct args *a) {
    uint64_t id = 0;
    uint32_t seed = 1;
    if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id || id == 0)
        id = (uint64_t)clock_real_ns();
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (uint32_t)clock_real_ns();
    job->seed = opt_given(a, "seed") ? (uint64_t)opt_integer(a, "seed") : seed;
    snprintf(job->trace, sizeof job->trace, "%016" PRIx64, id);
}

int launch_init(struct launch *l, const struct args *a, const struct launch_job *job, int part,
                int parts, struct err *e) {
    const char *folder = getenv("TMPDIR");
    char text[128];
    size_t count;
    *l = (struct launch){.argv = NULL};
    buf_init(&l->words, WORDS_MAX_BYTES);
    launch_program(l->program, sizeof l->program);
    snprintf(l->folder, sizeof l->folder, "%s",
             folder == NULL || *folder == '\0' ? "/tmp" : folder);
    snprintf(l->path, sizeof l->path, "%s/coldswarm-%s-part-%d.db", l->folder, job->trace, part);
    argv_add(&l->words, "coldswarm");
    argv_add(&l->words, "run");
    args_each(a, add_option, l);
    snprintf(text, sizeof text, "--exit-code-on-error=%" PRId64,
             opt_integer(a, "exit-code-on-error"));
    argv_add(&l->words, text);
    snprintf(text, sizeof text, "--seed=%" PRIu64, job->seed);
    argv_add(&l->words, text);
    snprintf(text, sizeof text, "--shard=%d/%d", part, parts);
    argv_add(&l->words, text);
    snprintf(text, sizeof text, "--control=%d:%s", CHILD_CONTROL_FD, job->trace);
    argv_add(&l->words, text);
    argv_option(&l->words, "out", l->path);
    argv_add(&l->words, "--quiet");
    if (args_count(a) > 0) {
        argv_add(&l->words, "--");
        argv_add(&l->words, args_at(a, 0));
    }
    l->argv = argv_split(&l->words, &count, e);
    return l->argv == NULL ? -1 : 0;
}

void launch_done(struct launch *l) {
    buf_done(&l->words);
    free(l->argv);
    l->argv = NULL;
}
