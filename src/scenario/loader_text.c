/* Strings of a scenario in which ${...} is expanded: texts, paths of files, and the files
 * themselves. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scenario/loader.h"
#include "scenario/template.h"
#include "util/file.h"

int loader_text(struct loader *r, const struct json *v, enum text_place place, char **out,
                bool *used_env) {
    char name[80];
    struct buf b;
    if (v == NULL)
        return 0;
    if (loader_kind(r, v, JSON_STRING) != 0)
        return -1;
    buf_init(&b, LOADER_TEXT_MAX);
    if (template_expand(r, v->text, v->len, v->at, place, &b, used_env) != 0)
        buf_done(&b);
    else if (json_has_nul(buf_text(&b), b.len)) {
        buf_done(&b);
        loader_fail(r, v->at, "%s cannot contain \\u0000", loader_label(v, name));
    } else
        return loader_take(r, v->at, &b, out);
    return -1;
}

int loader_path(struct loader *r, const struct json *v, char **out) {
    char *text = NULL, name[80];
    if (v == NULL)
        return 0;
    if (loader_text(r, v, PLACE_PLAIN, &text, NULL) != 0)
        return -1;
    assert(text != NULL);
    if (text[0] == '\0') {
        free(text);
        return loader_fail(r, v->at, "%s is empty; write the path of a file",
                           loader_label(v, name));
    }
    struct buf b;
    buf_init(&b, LOADER_TEXT_MAX);
    if (text[0] != '/' && r->folder != NULL && r->folder[0] != '\0')
        buf_printf(&b, "%s/", r->folder);
    buf_str(&b, text);
    free(text);
    return loader_take(r, v->at, &b, out);
}

int loader_remember(struct loader *r, char *path, const char sha256[SHA256_HEX_BYTES]) {
    struct scenario *s = r->s;
    size_t folder = r->folder == NULL ? 0 : strlen(r->folder);
    /* Kept without the scenario's folder, which another machine may have elsewhere. */
    if (folder > 0 && strncmp(path, r->folder, folder) == 0 && path[folder] == '/')
        memmove(path, path + folder + 1, strlen(path + folder));
    struct scenario_file *files = realloc(s->files, (s->file_count + 1) * sizeof *files);
    if (files == NULL) {
        free(path);
        return loader_memory(r);
    }
    s->files = files;
    s->files[s->file_count] = (struct scenario_file){.path = path};
    memcpy(s->files[s->file_count++].sha256, sha256, SHA256_HEX_BYTES);
    return 0;
}

int loader_file(struct loader *r, const struct json *v, struct buf *out) {
    char *path = NULL;
    size_t before = out->len;
    struct err e;
    struct stat st;
    if (loader_path(r, v, &path) != 0)
        return -1;
    assert(path != NULL);
    int result = 0;
    /* Anything but a plain file (a pipe, a device) could block or never end. */
    if (stat(path, &st) != 0)
        result = loader_fail(r, v->at,
                             "cannot open %s: %s; relative paths start at the scenario's folder",
                             path, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        result = loader_fail(r, v->at, "%s is not a file", path);
    else if (file_read(path, out, &e) != 0)
        result = loader_fail(r, v->at, "%s", e.text);
    else {
        char sha256[SHA256_HEX_BYTES];
        sha256_hex(buf_text(out) + before, out->len - before, sha256);
        return loader_remember(r, path, sha256);
    }
    free(path);
    return result;
}
