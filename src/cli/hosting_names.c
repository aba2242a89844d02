/* Names of scenarios and of run files: those that are there, and nothing else. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/hosting.h"
#include "util/array.h"
#include "util/file.h"
#include "util/json.h"
#include "util/text.h"

#define SCENARIO_BYTES_MAX ((size_t)16 << 20)

void hosting_names_done(struct hosting_names *n) {
    for (size_t i = 0; i < n->count; i++)
        free(n->names[i]);
    free(n->names);
    *n = (struct hosting_names){0};
}

/* A plain name with this ending, of a regular file of the folder. */
static bool is_file(const char *folder, const char *name, const char *ending,
                    char path[HOSTING_PATH_BYTES], struct stat *s) {
    size_t n = strlen(name), end = strlen(ending);
    return n > end && n < WEB_NAME_BYTES && name[0] != '.' && strchr(name, '/') == NULL &&
           strcmp(name + n - end, ending) == 0 &&
           snprintf(path, HOSTING_PATH_BYTES, "%s%s", folder, name) < HOSTING_PATH_BYTES &&
           lstat(path, s) == 0 && (S_ISREG(s->st_mode) || S_ISLNK(s->st_mode));
}

/* Whether a link leads to a regular file inside of the folder, at any depth; then *s is that
 * file's. */
static bool leads_inside(const char *folder, const char *path, struct stat *s) {
    char *root = realpath(folder, NULL), *real = realpath(path, NULL);
    size_t n = root == NULL ? 0 : strlen(root);
    while (n > 0 && root[n - 1] == '/')
        n--;
    bool inside = root != NULL && real != NULL && strncmp(real, root, n) == 0 && real[n] == '/' &&
                  stat(real, s) == 0 && S_ISREG(s->st_mode);
    free(root);
    free(real);
    return inside;
}

static bool is_scenario_file(const char *folder, const char *name, char path[HOSTING_PATH_BYTES],
                             struct stat *s) {
    return is_file(folder, name, ".json", path, s) &&
           (S_ISREG(s->st_mode) || leads_inside(folder, path, s));
}

/* What is sent to others is no link. */
static bool is_run_file(const char *folder, const char *name, char path[HOSTING_PATH_BYTES],
                        struct stat *s) {
    return is_file(folder, name, ".db", path, s) && S_ISREG(s->st_mode);
}

/* Whether it is meant as a scenario; other tools have files with this ending too. One that cannot
 * be read is listed, so that its mistake can be shown. */
static bool is_scenario(const char *path) {
    static const char *const keys[] = {"tasks", "users", "load", "loads", "target"};
    struct buf text;
    struct json_doc *doc = NULL;
    bool is = true;
    buf_init(&text, SCENARIO_BYTES_MAX);
    if (file_read(path, &text, NULL) == 0 &&
        json_parse(path, buf_text(&text), text.len, &doc, NULL) == 0) {
        is = false;
        for (size_t i = 0; i < COUNT_OF(keys); i++)
            is = is || json_get(json_root(doc), keys[i]) != NULL;
    }
    json_free(doc);
    buf_done(&text);
    return is;
}

struct found {
    char *name;
    struct timespec at;
};

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct found *)a)->name, ((const struct found *)b)->name);
}

static int newest_first(const void *a, const void *b) {
    const struct found *x = a, *y = b;
    if (x->at.tv_sec != y->at.tv_sec)
        return x->at.tv_sec < y->at.tv_sec ? 1 : -1;
    if (x->at.tv_nsec != y->at.tv_nsec)
        return x->at.tv_nsec < y->at.tv_nsec ? 1 : -1;
    return by_name(a, b);
}

static int take_names(struct found *found, size_t n, struct hosting_names *out, struct err *e) {
    out->names = calloc(n + 1, sizeof *out->names);
    for (size_t i = 0; i < n; i++)
        if (out->names != NULL)
            out->names[out->count++] = found[i].name;
        else
            free(found[i].name);
    free(found);
    return out->names == NULL ? err_memory(e, "names of files") : 0;
}

static int list(const char *folder, bool scenarios, struct hosting_names *out, struct err *e) {
    char path[HOSTING_PATH_BYTES];
    struct found *found = NULL;
    size_t n = 0, room = 0;
    struct stat s;
    DIR *d = opendir(folder);
    if (d == NULL)
        return err_set(e, "cannot read the folder %.300s: %s", folder, strerror(errno));
    for (const struct dirent *entry; n < HOSTING_NAMES_MAX && (entry = readdir(d)) != NULL;) {
        if (scenarios ? !is_scenario_file(folder, entry->d_name, path, &s) || !is_scenario(path)
                      : !is_run_file(folder, entry->d_name, path, &s))
            continue;
        struct found *all = array_room(found, &room, n + 1, sizeof *all);
        char *name = strdup(entry->d_name);
        if (all != NULL)
            found = all;
        if (all != NULL && name != NULL)
            found[n++] = (struct found){name, s.st_mtim};
        else
            free(name);
    }
    closedir(d);
    if (n > 0)
        qsort(found, n, sizeof *found, scenarios ? by_name : newest_first);
    return take_names(found, n, out, e);
}

static int folder_of(const struct hosting *h, char out[HOSTING_PATH_BYTES], struct err *e) {
    size_t n = strlen(h->scenarios);
    bool slash = n > 0 && h->scenarios[n - 1] == '/';
    return snprintf(out, HOSTING_PATH_BYTES, "%s%s", h->scenarios, slash ? "" : "/") <
                   HOSTING_PATH_BYTES
               ? 0
               : err_set(e, "the path of the scenarios is too long");
}

int hosting_scenarios(const struct hosting *h, struct hosting_names *out, struct err *e) {
    char folder[HOSTING_PATH_BYTES];
    *out = (struct hosting_names){0};
    if (!h->one)
        return folder_of(h, folder, e) == 0 ? list(folder, true, out, e) : -1;
    out->names = calloc(1, sizeof *out->names);
    char *name = out->names == NULL ? NULL : strdup(file_base(h->scenarios));
    if (name == NULL) {
        hosting_names_done(out);
        return err_memory(e, "names of files");
    }
    out->names[out->count++] = name;
    return 0;
}

int hosting_runs(const struct hosting *h, struct hosting_names *out, struct err *e) {
    *out = (struct hosting_names){0};
    return list(h->runs, false, out, e);
}

static int unknown(const struct hosting *h, const char *name, struct err *e) {
    struct hosting_names all;
    const char *nearest = NULL;
    if (hosting_scenarios(h, &all, e) != 0)
        return -1;
    nearest = text_nearest(name, (const char *const *)all.names, all.count);
    err_set(e, "there is no scenario \"%.200s\"%s%.200s%s", name,
            nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
            nearest == NULL ? "" : "?");
    hosting_names_done(&all);
    return -1;
}

int hosting_scenario_path(const struct hosting *h, const char *name, char path[HOSTING_PATH_BYTES],
                          struct err *e) {
    char folder[HOSTING_PATH_BYTES];
    struct stat s;
    if (h->one && strcmp(name, file_base(h->scenarios)) == 0) {
        snprintf(path, HOSTING_PATH_BYTES, "%s", h->scenarios);
        return 0;
    }
    if (h->one || folder_of(h, folder, e) != 0 || !is_scenario_file(folder, name, path, &s))
        return unknown(h, name, e);
    return 0;
}

int hosting_run_path(const struct hosting *h, const char *name, char path[HOSTING_PATH_BYTES],
                     struct err *e) {
    struct stat s;
    return is_run_file(h->runs, name, path, &s)
               ? 0
               : err_set(e, "there is no run \"%.200s\" in %.300s", name, h->runs);
}
