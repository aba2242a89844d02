#include "launch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

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

static void add(struct launch *l, const char *word) {
    buf_add(&l->words, word, strlen(word) + 1);
}

static void add_option(void *context, const struct args_option *o) {
    struct launch *l = context;
    if (strcmp(o->name, "seed") == 0)
        return;
    buf_printf(&l->words, *o->value == '\0' ? "--%s" : "--%s=%s", o->name, o->value);
    buf_char(&l->words, '\0');
}

static int split(struct launch *l, struct err *e) {
    size_t n = 0;
    for (size_t i = 0; i < l->words.len; i++)
        n += l->words.data[i] == '\0';
    l->argv = calloc(n + 1, sizeof *l->argv);
    if (l->argv == NULL || !buf_ok(&l->words))
        return err_set(e, "out of memory for a command line");
    char *at = l->words.data;
    for (size_t i = 0; i < n; i++, at += strlen(at) + 1)
        l->argv[i] = at;
    return 0;
}

int launch_init(struct launch *l, const struct args *a, const struct launch_job *job, int part,
                int parts, struct err *e) {
    const char *folder = getenv("TMPDIR");
    char text[128];
    *l = (struct launch){.argv = NULL};
    buf_init(&l->words, WORDS_MAX_BYTES);
    launch_program(l->program, sizeof l->program);
    snprintf(l->folder, sizeof l->folder, "%s",
             folder == NULL || *folder == '\0' ? "/tmp" : folder);
    snprintf(l->path, sizeof l->path, "%s/coldswarm-%s-part-%d.db", l->folder, job->trace, part);
    add(l, "coldswarm");
    add(l, "run");
    args_each(a, add_option, l);
    snprintf(text, sizeof text, "--exit-code-on-error=%" PRId64,
             opt_integer(a, "exit-code-on-error"));
    add(l, text);
    snprintf(text, sizeof text, "--seed=%" PRIu64, job->seed);
    add(l, text);
    snprintf(text, sizeof text, "--shard=%d/%d", part, parts);
    add(l, text);
    snprintf(text, sizeof text, "--control=%d:%s", CHILD_CONTROL_FD, job->trace);
    add(l, text);
    buf_printf(&l->words, "--out=%s", l->path);
    buf_char(&l->words, '\0');
    add(l, "--quiet");
    if (args_count(a) > 0) {
        add(l, "--");
        add(l, args_at(a, 0));
    }
    return split(l, e);
}

void launch_done(struct launch *l) {
    buf_done(&l->words);
    free(l->argv);
    l->argv = NULL;
}
