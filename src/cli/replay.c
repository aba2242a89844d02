#include "cli/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader.h"
#include "util/text.h"

#define VALUE_MAX_BYTES (SIZE_MAX / 2)
#define VERSION "1"
#define OPTION "option_"
#define HASH "file_sha256:"
#define MASK "***"

struct replay {
    struct reader *reader; /* its strings are borrowed */
    char *version, *file, *folder;
    struct args_option *options;
    size_t option_count;
    struct args_option *hashes; /* path and hash */
    size_t hash_count;
    char seed[32];
    bool failed; /* no memory */
};

/* ---- writing ---- */

/* A URL keeps its host and loses its user and password. */
static void masked(struct buf *out, const char *argument) {
    const char *host = strstr(argument, "://");
    const char *end = host == NULL ? NULL : host + 3 + strcspn(host + 3, "/?# ");
    const char *at = host == NULL ? NULL : memrchr(host + 3, '@', (size_t)(end - host - 3));
    if (at != NULL) {
        buf_add(out, argument, (size_t)(host + 3 - argument));
        buf_str(out, MASK);
        argument = at;
    }
    buf_str(out, argument);
}

void replay_word(struct buf *out, const char *text) {
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,@%+";
    struct buf word;
    if (text[0] != '\0' && strspn(text, plain) == strlen(text)) {
        masked(out, text);
        return;
    }
    buf_init(&word, VALUE_MAX_BYTES);
    masked(&word, text);
    buf_char(out, '\'');
    for (const char *p = buf_text(&word); *p != '\0'; p++)
        if (*p == '\'')
            buf_str(out, "'\\''");
        else
            buf_char(out, *p);
    buf_char(out, '\'');
    buf_done(&word);
}

struct writing {
    struct manifest *manifest;
    const char *last; /* the option before */
    unsigned count;   /* of it */
};

static void write_option(void *context, const struct args_option *o) {
    struct writing *w = context;
    char key[128];
    struct buf value;
    if (strcmp(o->name, "seed") == 0) /* the row `run` has the one that was taken */
        return;
    w->count = w->last != NULL && strcmp(w->last, o->name) == 0 ? w->count + 1 : 1;
    w->last = o->name;
    if (w->count == 1)
        snprintf(key, sizeof key, OPTION "%s", o->name);
    else
        snprintf(key, sizeof key, OPTION "%s_%u", o->name, w->count);
    buf_init(&value, VALUE_MAX_BYTES);
    masked(&value, o->value);
    manifest_take(w->manifest, key, &value);
    buf_done(&value);
}

/* Absolute, so that a replay finds it from anywhere. */
static void write_folder(struct manifest *m, const struct scenario *s, const char *known) {
    const char *slash = strrchr(s->file, '/');
    char *folder = slash == NULL ? strdup(".") : strndup(s->file, (size_t)(slash - s->file) + 1);
    char *real = folder == NULL ? NULL : realpath(folder, NULL);
    manifest_add(m, "scenario_folder", known != NULL ? known : real == NULL ? "." : real);
    free(real);
    free(folder);
}

void replay_describe(struct manifest *m, const struct args *a, const struct scenario *s,
                     const struct replay *from) {
    struct writing w = {.manifest = m};
    struct buf key;
    buf_init(&key, VALUE_MAX_BYTES);
    args_each(a, write_option, &w);
    write_folder(m, s, from == NULL ? NULL : from->folder);
    for (size_t i = 0; i < s->file_count; i++) {
        bool again = false; /* one that is named twice */
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(s->files[k].path, s->files[i].path) == 0;
        if (again)
            continue;
        buf_clear(&key);
        buf_str(&key, HASH);
        scenario_mask(s, s->files[i].path, &key);
        manifest_add(m, buf_text(&key), s->files[i].sha256);
    }
    manifest_add(m, "replay", VERSION);
    buf_done(&key);
}

/* ---- reading ---- */

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static void append(struct replay *p, struct args_option **list, size_t *count, const char *name,
                   const char *value) {
    struct args_option *more = realloc(*list, (*count + 1) * sizeof *more);
    char *n = strdup(name), *v = strdup(value);
    if (more != NULL)
        *list = more;
    if (more == NULL || n == NULL || v == NULL) {
        p->failed = true;
        free(n);
        free(v);
        return;
    }
    struct args_option *last = &more[(*count)++];
    last->name = n;
    last->value = v;
}

/* "option_threshold_2" is the second --threshold. No option's name has an underscore. */
static void read_option(struct replay *p, const char *key, const char *value) {
    char name[128];
    const char *from = key + strlen(OPTION);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(from, "_"), from);
    append(p, &p->options, &p->option_count, name, value);
}

static void keep(struct replay *p, char **out, const char *value) {
    *out = strdup(value);
    if (*out == NULL)
        p->failed = true;
}

static void read_pair(void *context, const char *key, const char *value) {
    struct replay *p = context;
    if (begins(key, OPTION))
        read_option(p, key, value);
    else if (begins(key, HASH))
        append(p, &p->hashes, &p->hash_count, key + strlen(HASH), value);
    else if (strcmp(key, "replay") == 0)
        keep(p, &p->version, value);
    else if (strcmp(key, "scenario_file") == 0)
        keep(p, &p->file, value);
    else if (strcmp(key, "scenario_folder") == 0)
        keep(p, &p->folder, value);
}

static int check(const struct replay *p, const char *path, struct err *e) {
    if (p->failed)
        return err_memory(e, "%s", path);
    if (p->version == NULL || p->file == NULL || p->folder == NULL)
        return err_set(e,
                       "%s was made by coldswarm %s, which did not record what a replay needs; "
                       "`coldswarm manifest` shows its command line",
                       path, reader_run(p->reader)->version);
    if (strcmp(p->version, VERSION) != 0)
        return err_set(e, "%s was made by a newer coldswarm (%s); use that version", path,
                       reader_run(p->reader)->version);
    return 0;
}

int replay_open(const char *path, struct replay **out, struct err *e) {
    struct replay *p = calloc(1, sizeof *p);
    if (p == NULL)
        return err_memory(e, "%s", path);
    if (reader_open(path, &p->reader, e) != 0 || reader_manifest(p->reader, read_pair, p, e) != 0 ||
        check(p, path, e) != 0) {
        replay_free(p);
        return -1;
    }
    snprintf(p->seed, sizeof p->seed, "%" PRIu64, reader_run(p->reader)->seed);
    append(p, &p->options, &p->option_count, "seed", p->seed);
    if (p->failed) {
        replay_free(p);
        return err_memory(e, "%s", path);
    }
    *out = p;
    return 0;
}

static void free_list(struct args_option *list, size_t n) {
    for (size_t i = 0; i < n; i++) {
        free((void *)(uintptr_t)list[i].name);
        free((void *)(uintptr_t)list[i].value);
    }
    free(list);
}

void replay_free(struct replay *p) {
    if (p == NULL)
        return;
    free_list(p->options, p->option_count);
    free_list(p->hashes, p->hash_count);
    free(p->version);
    free(p->file);
    free(p->folder);
    reader_close(p->reader);
    free(p);
}

size_t replay_options(const struct replay *p, const struct args_option **out) {
    *out = p->options;
    return p->option_count;
}

void replay_command(const struct replay *p, struct buf *out) {
    buf_str(out, "coldswarm run");
    if (p->file[0] != '(') { /* the built-in one has a name in brackets and no file */
        buf_char(out, ' ');
        replay_word(out, p->file);
    }
    for (size_t i = 0; i < p->option_count; i++) {
        buf_printf(out, " --%s", p->options[i].name);
        if (p->options[i].value[0] != '\0') {
            buf_char(out, ' ');
            replay_word(out, p->options[i].value);
        }
    }
}

int replay_scenario(const struct replay *p, struct scenario **out, struct err *e) {
    const char *text = reader_run(p->reader)->scenario;
    return scenario_parse(p->file, p->folder, text, strlen(text), NULL, NULL, out, e);
}

/* ---- differences ---- */

struct comparing {
    const struct replay *replay;
    struct buf *out;
    const char *last;
    size_t count; /* of values of this option so far */
};

/* The n-th recorded value of an option, or NULL. */
static const char *recorded(const struct replay *p, const char *name, size_t n) {
    for (size_t i = 0; i < p->option_count; i++)
        if (strcmp(p->options[i].name, name) == 0 && n-- == 0)
            return p->options[i].value;
    return NULL;
}

static void compare_option(void *context, const struct args_option *o) {
    struct comparing *c = context;
    c->count = c->last != NULL && strcmp(c->last, o->name) == 0 ? c->count + 1 : 0;
    c->last = o->name;
    const char *was = recorded(c->replay, o->name, c->count);
    if (was != NULL && strcmp(was, o->value) == 0)
        return;
    buf_printf(c->out, "--%s ", o->name);
    if (o->value[0] != '\0') {
        replay_word(c->out, o->value);
        buf_char(c->out, ' ');
    }
    if (was == NULL)
        buf_str(c->out, "is new: the original run did not use it\n");
    else {
        buf_str(c->out, "instead of the original ");
        replay_word(c->out, was);
        buf_char(c->out, '\n');
    }
}

static void compare_files(const struct replay *p, const struct scenario *s, struct buf *out) {
    struct buf path;
    buf_init(&path, VALUE_MAX_BYTES);
    for (size_t i = 0; i < s->file_count; i++) {
        const char *was = NULL;
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(s->files[k].path, s->files[i].path) == 0;
        buf_clear(&path);
        scenario_mask(s, s->files[i].path, &path);
        for (size_t k = 0; k < p->hash_count; k++)
            if (strcmp(p->hashes[k].name, buf_text(&path)) == 0)
                was = p->hashes[k].value;
        if (again || (was != NULL && strcmp(was, s->files[i].sha256) == 0))
            continue;
        buf_printf(out, "%s %s\n", buf_text(&path),
                   was == NULL ? "has no hash in the run file: it may have changed since"
                               : "has changed since: different bytes are sent");
    }
    buf_done(&path);
}

void replay_differences(const struct replay *p, const struct args *a, const struct scenario *s,
                        struct buf *out) {
    struct comparing c = {.replay = p, .out = out};
    const char *version = reader_run(p->reader)->version;
    if (strcmp(version, COLDSWARM_VERSION) != 0)
        buf_printf(out, "this is coldswarm %s; the run was made by %s\n", COLDSWARM_VERSION,
                   version);
    args_each(a, compare_option, &c);
    compare_files(p, s, out);
}
