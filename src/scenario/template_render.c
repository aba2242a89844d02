/* Renders templates with their values. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scenario/template_internal.h"
#include "util/clock.h"

#define SMALL_BYTES 64 /* numbers, times and UUIDs */
#define NAME_BYTES_MAX 4096

_Static_assert(CLOCK_UTC_BYTES <= SMALL_BYTES, "a time fits");

void template_work_init(struct template_work *w) {
    w->seen[0] = '\0';
    w->rehearsal = false;
    for (size_t i = 0; i < sizeof w->level / sizeof *w->level; i++)
        buf_init(&w->level[i], LOADER_BODY_MAX);
}

void template_work_done(struct template_work *w) {
    for (size_t i = 0; i < sizeof w->level / sizeof *w->level; i++)
        buf_done(&w->level[i]);
}

/* RFC 9562, version 4. */
static void uuid(struct rng *rng, char out[SMALL_BYTES]) {
    uint64_t a = rng_next(rng), b = rng_next(rng);
    a = (a & ~UINT64_C(0xf000)) | 0x4000;
    b = (b & ~(UINT64_C(3) << 62)) | UINT64_C(1) << 63;
    snprintf(out, SMALL_BYTES,
             "%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%012" PRIx64, a >> 32,
             (a >> 16) & 0xffff, a & 0xffff, b >> 48, b & UINT64_C(0xffffffffffff));
}

static int random_int(const struct expr *x, struct rng *rng, char small[SMALL_BYTES]) {
    uint64_t n = x->span == 0 ? rng_next(rng) : rng_below(rng, x->span);
    return snprintf(small, SMALL_BYTES, "%" PRId64, (int64_t)((uint64_t)x->from + n));
}

static int variable(const struct expr *x, const struct template_values *v, struct bytes *out,
                    struct err *e) {
    if (x->kind == EXPR_VARIABLE) {
        if (v->variables == NULL || v->variables[x->index].data == NULL)
            return err_set(e, "${%s} has no value yet: nothing was captured under this name",
                           x->text);
        *out = v->variables[x->index];
        return 0;
    }
    if (v->rows == NULL || v->rows[x->index] == NULL)
        return err_set(e, "${%s} has no value: no row was read from this feeder", x->text);
    *out = v->rows[x->index][x->column];
    return 0;
}

static int value(const struct expr *x, const struct template_values *v, size_t depth,
                 char small[SMALL_BYTES], struct bytes *out, struct err *e);

static int join(const struct expr *x, const struct template_values *v, size_t depth,
                struct buf *joined, struct err *e) {
    char small[SMALL_BYTES];
    struct bytes part;
    for (size_t i = 0; i < x->count; i++) {
        if (value(&x->args[i], v, depth, small, &part, e) != 0)
            return -1;
        buf_add(joined, part.data, part.len);
    }
    return 0;
}

static int apply(const struct expr *x, const struct template_values *v, size_t depth,
                 struct bytes *out, struct err *e) {
    struct buf *joined = &v->work->level[2 * depth], *made = &v->work->level[2 * depth + 1];
    buf_clear(joined);
    buf_clear(made);
    if (join(x, v, depth + 1, joined, e) != 0)
        return -1;
    const char *wrong = template_apply(x->kind, buf_text(joined), joined->len, made);
    if (wrong != NULL)
        return err_set(e, "the value inside json() %s", wrong);
    if (!buf_ok(joined) || !buf_ok(made))
        return err_set(e, "a value is too long to encode");
    *out = (struct bytes){buf_text(made), made->len};
    return 0;
}

/* A view of the expression's value, before it is escaped: of the caller's values, of `small`, or of
 * the work. */
static int value(const struct expr *x, const struct template_values *v, size_t depth,
                 char small[SMALL_BYTES], struct bytes *out, struct err *e) {
    int n = 0;
    switch (x->kind) {
    case EXPR_TEXT:
        *out = (struct bytes){x->text, x->len};
        return 0;
    case EXPR_VARIABLE:
    case EXPR_FIELD:
        return variable(x, v, out, e);
    case EXPR_USER_ID:
        n = snprintf(small, SMALL_BYTES, "%" PRIu64, v->user_id);
        break;
    case EXPR_ITERATION:
        n = snprintf(small, SMALL_BYTES, "%" PRIu64, v->iteration);
        break;
    case EXPR_UUID:
        uuid(v->rng, small);
        n = 36;
        break;
    case EXPR_NOW_ISO:
        clock_utc(v->now_real_ns, small);
        n = (int)strlen(small);
        break;
    case EXPR_NOW_UNIX:
        n = snprintf(small, SMALL_BYTES, "%" PRId64, v->now_real_ns / NS_PER_S);
        break;
    case EXPR_NOW_MS:
        n = snprintf(small, SMALL_BYTES, "%" PRId64, v->now_real_ns / NS_PER_MS);
        break;
    case EXPR_RANDOM_INT:
        n = random_int(x, v->rng, small);
        break;
    case EXPR_RANDOM_CHOICE:
        return value(&x->args[rng_below(v->rng, x->count)], v, depth, small, out, e);
    case EXPR_BASE64:
    case EXPR_JSON:
    case EXPR_URLENCODE:
    case EXPR_VALUE:
        return apply(x, v, depth, out, e);
    case EXPR_FILE:
        return err_set(e, "a file cannot be an argument");
    }
    *out = (struct bytes){small, (size_t)n};
    return 0;
}

/* Why this cannot be the name of a file below a folder, or NULL. */
static const char *name_wrong(const char *name, size_t n) {
    if (n == 0)
        return "it is empty";
    if (n > NAME_BYTES_MAX)
        return "it is longer than 4096 bytes";
    if (memchr(name, '\0', n) != NULL)
        return "it contains a NUL";
    if (name[0] == '/')
        return "it is absolute";
    for (size_t from = 0, to; from <= n; from = to + 1) {
        for (to = from; to < n && name[to] != '/';)
            to++;
        if (to - from == 2 && memcmp(name + from, "..", 2) == 0)
            return "\"..\" points outside the folder";
    }
    return NULL;
}

/* Opens a name part by part, so that no symbolic link on the way leads elsewhere. */
static int open_below(int folder, char *name) {
    int at = folder;
    for (char *slash; (slash = strchr(name, '/')) != NULL; name = slash + 1) {
        *slash = '\0';
        if (slash == name)
            continue; /* "a//b" */
        int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int saved = errno;
        if (at != folder)
            close(at);
        errno = saved;
        if (next < 0)
            return -1;
        at = next;
    }
    /* A pipe may not block, and is refused afterwards. */
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    int saved = errno;
    if (at != folder)
        close(at);
    errno = saved;
    return fd;
}

static int read_all(int fd, const char *folder, struct buf *out, struct err *e) {
    char chunk[65536];
    size_t total = 0;
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n == 0)
            return 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, "cannot read a file in %.200s: %s", folder, strerror(errno));
        total += (size_t)n;
        if (total > TEMPLATE_FILE_MAX)
            return err_set(e, "a file in %.200s is longer than %zu bytes", folder,
                           TEMPLATE_FILE_MAX);
        buf_add(out, chunk, (size_t)n);
    }
}

/* Appends the content of `name`, a file somewhere below the folder. Messages leave the name out: it
 * differs from row to row. */
static int template_file_read(int folder, const char *folder_name, const char *name, size_t n,
                              struct buf *out, struct err *e) {
    char copy[NAME_BYTES_MAX + 1];
    struct stat st;
    const char *wrong = name_wrong(name, n);
    if (wrong != NULL)
        return err_set(e, "file name refused: %s", wrong);
    memcpy(copy, name, n);
    copy[n] = '\0';
    int fd = open_below(folder, copy);
    if (fd < 0)
        return err_set(e, "cannot open a file in %.200s: %s%s", folder_name, strerror(errno),
                       errno == ELOOP || errno == ENOTDIR ? " (symbolic links are not followed)"
                                                          : "");
    int result = -1;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        err_set(e, "the name refers to something in %.200s that is not a file", folder_name);
    else
        result = read_all(fd, folder_name, out, e);
    close(fd);
    return result;
}

static int file(const struct expr *x, const struct template_values *v, struct buf *out,
                struct err *e) {
    struct buf *name = &v->work->level[0];
    buf_clear(name);
    /* Its arguments begin one level below, beside the name. */
    if (join(x, v, 1, name, e) != 0)
        return -1;
    if (!buf_ok(name))
        return err_set(e, "the file name is too long");
    if (template_file_read(x->folder, x->text, buf_text(name), name->len, out, e) == 0)
        return 0;
    snprintf(v->work->seen, sizeof v->work->seen, "file %.*s",
             name->len > 200 ? 200 : (int)name->len, buf_text(name));
    return -1;
}

static int hole(const struct template_hole *h, const struct template_values *v, struct buf *out,
                struct err *e) {
    char small[SMALL_BYTES];
    struct bytes b;
    if (h->expr.kind == EXPR_FILE)
        return file(&h->expr, v, out, e);
    if (value(&h->expr, v, 0, small, &b, e) != 0)
        return -1;
    if (h->expr.kind == EXPR_URLENCODE && h->place == PLACE_PATH) {
        buf_add(out, b.data, b.len); /* the author has escaped it for the URL already */
        return 0;
    }
    enum text_place place = h->place;
    if (place == PLACE_WHOLE && v->work->rehearsal && b.len > 0 && b.data[0] == '<') {
        buf_char(out, '/');
        place = PLACE_PATH;
    }
    /* What only an answer tells stands in quotes until then. */
    if (place == PLACE_VALUE && v->work->rehearsal && b.len > 0 && b.data[0] == '<') {
        buf_char(out, '"');
        json_escape(out, b.data, b.len);
        buf_char(out, '"');
        return 0;
    }
    const char *wrong = template_put(place, b.data, b.len, out);
    if (wrong == NULL)
        return 0;
    return err_set(e, "the value of ${%.100s} %s", h->expr.text == NULL ? "..." : h->expr.text,
                   wrong);
}

int template_render(const struct template *t, const struct template_values *v, struct buf *out,
                    struct err *e) {
    size_t from = 0;
    v->work->seen[0] = '\0';
    for (size_t i = 0; i < t->hole_count; i++) {
        const struct template_hole *h = &t->holes[i];
        buf_add(out, t->text + from, h->at - from);
        from = h->at;
        if (hole(h, v, out, e) != 0)
            return err_prefix(e, "%s", t->label);
    }
    buf_add(out, t->text + from, t->len - from);
    if (!buf_ok(out))
        return err_set(e, "%s: longer than %zu bytes, or than memory allows", t->label, out->max);
    return 0;
}
