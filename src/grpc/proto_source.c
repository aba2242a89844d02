#include "grpc/proto_source.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "util/buf.h"
#include "util/child.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"

#define SAID_MAX ((size_t)65536)
#define PATH_MAX_BYTES 8192

/* True for "name:line:column: text". */
static bool has_place(const char *line, size_t n) {
    for (const char *p = line, *end = line + n; (p = memchr(p, ':', (size_t)(end - p))) != NULL;) {
        size_t a = strspn(++p, "0123456789");
        if (a > 0 && p[a] == ':' && p[a + 1] >= '0' && p[a + 1] <= '9')
            return true;
    }
    return false;
}

/* protoc's first error with a place; else its first line. It names files as the -I has them. */
static int pass_on(const char *path, const struct buf *said, struct err *e) {
    const char *chosen = buf_text(said);
    size_t length = strcspn(chosen, "\n");
    struct buf shown;
    for (const char *line = chosen; *line != '\0'; line += *line == '\n') {
        size_t n = strcspn(line, "\n");
        if (has_place(line, n)) {
            chosen = line;
            length = n;
            break;
        }
        line += n;
    }
    buf_init(&shown, 4000);
    text_printable(&shown, chosen, length < 900 ? length : 900);
    const char *base = file_base(path);
    size_t n = strlen(base), folder = (size_t)(base - path);
    /* The file itself gets its folder again, so that an editor finds it. */
    if (strncmp(buf_text(&shown), base, n) == 0 && buf_text(&shown)[n] == ':')
        err_set(e, "%.*s%s", (int)folder, path, buf_text(&shown));
    else
        err_set(e, "%s: protoc: %s", path,
                shown.len > 0 ? buf_text(&shown) : "it failed without a reason");
    buf_done(&shown);
    return -1;
}

static int explain(const char *path, enum child_end end, int status, const struct buf *said,
                   struct err *e) {
    if (end == CHILD_MISSING)
        return err_set(e,
                       "%s: protoc is needed to read a .proto file, and is not installed; install "
                       "it (apt-get install protobuf-compiler), or give a descriptor set",
                       path);
    if (end == CHILD_FAILED)
        return err_set(e, "%s: cannot start protoc: %s", path, strerror(status));
    if (end == CHILD_LIMIT)
        return err_set(e, "%s: protoc takes more than %d s, or its result more than %zu MB", path,
                       PROTO_SOURCE_SECONDS_MAX, PROTO_SET_BYTES_MAX >> 20);
    return pass_on(path, said, e);
}

/* ---- what was imported ---- */

struct importing {
    const char *path; /* of the file that imports */
    proto_source_import_fn *imported;
    void *context;
};

static int tell_import(void *context, struct bytes name, struct bytes descriptor, struct err *e) {
    const struct importing *x = context;
    char sha256[SHA256_HEX_BYTES];
    size_t folder = (size_t)(file_base(x->path) - x->path);
    struct buf path, text;
    struct stat st;
    buf_init(&path, PATH_MAX_BYTES);
    buf_init(&text, PROTO_SET_BYTES_MAX);
    buf_add(&path, x->path, folder);
    buf_add(&path, name.data, name.len);
    int result = 0;
    if (!buf_ok(&path))
        result = err_set(e, "%s: the path of an import is too long", x->path);
    else if (strcmp(buf_text(&path), x->path) == 0)
        goto out;
    else if (stat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode)) {
        if ((result = file_read(buf_text(&path), &text, e)) == 0)
            sha256_hex(buf_text(&text), text.len, sha256);
    } else {
        buf_clear(&path);
        buf_add(&path, name.data, name.len);
        sha256_hex(descriptor.data, descriptor.len, sha256);
    }
    if (result == 0)
        result = x->imported(x->context, buf_text(&path), sha256, e);
out:
    buf_done(&path);
    buf_done(&text);
    return result;
}

int proto_source_read(const char *path, proto_source_import_fn *imported, void *context,
                      struct proto_set **out, struct err *e) {
    const char *base = file_base(path);
    struct proto_set *made = NULL;
    struct buf include, set, said;
    int status = 0, result = -1;
    buf_init(&include, PATH_MAX_BYTES);
    buf_init(&set, PROTO_SET_BYTES_MAX);
    buf_init(&said, SAID_MAX);
    buf_printf(&include, "-I%.*s", base == path ? 1 : (int)(base - path),
               base == path ? "." : path);
    const char *arguments[] = {
        "protoc", "--include_imports", "-o/dev/stdout", buf_text(&include), "--", NULL, NULL};
    struct buf file;
    buf_init(&file, PATH_MAX_BYTES);
    buf_printf(&file, "%s%s", base == path ? "./" : "", path);
    arguments[4] = buf_text(&file);
    if (!buf_ok(&include) || !buf_ok(&file)) {
        err_set(e, "the path of a .proto file is too long");
        goto out;
    }
    enum child_end end =
        child_run(arguments, NULL, 0, PROTO_SOURCE_SECONDS_MAX * NS_PER_S, &set, &said, &status);
    if (end != CHILD_ENDED || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        explain(path, end, status, &said, e);
    else
        result = proto_set_read(path, buf_text(&set), set.len, &made, e);
    if (result == 0 && imported != NULL)
        result = proto_set_files((struct bytes){buf_text(&set), set.len}, tell_import,
                                 &(struct importing){path, imported, context}, e);
    if (result == 0) {
        *out = made;
        made = NULL;
    }
out:
    proto_set_free(made);
    buf_done(&include);
    buf_done(&set);
    buf_done(&said);
    buf_done(&file);
    return result;
}
