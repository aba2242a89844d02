/* multipart/form-data (RFC 7578). */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/encode.h"
#include "scenario/media_type.h"
#include "scenario/sections.h"

#define PARTS_MAX 1000

struct part {
    struct buf head; /* its headers and the empty line */
    struct buf data;
};

static void head(struct buf *out, const char *name, const char *filename, const char *type) {
    buf_str(out, "Content-Disposition: form-data; name=\"");
    encode_quoted(out, name, strlen(name));
    if (filename != NULL) {
        buf_str(out, "\"; filename=\"");
        encode_quoted(out, filename, strlen(filename));
    }
    buf_str(out, "\"\r\n");
    if (type != NULL)
        buf_printf(out, "Content-Type: %s\r\n", type);
    buf_str(out, "\r\n");
}

static int texts_read(struct reader *r, const struct json *v, char **name, char **filename,
                      char **type) {
    const struct json *n = json_get(v, "name"), *t = json_get(v, "type");
    const struct json *file = json_get(v, "file"), *value = json_get(v, "value");
    if (n == NULL)
        return reader_fail(r, v->at,
                           "\"name\" is missing in this part: the name of the form's field");
    if ((file == NULL) == (value == NULL))
        return reader_fail(r, v->at, "a part must hold either \"value\" or \"file\"");
    if (reader_text(r, n, PLACE_PLAIN, name, NULL) != 0 ||
        reader_text(r, json_get(v, "filename"), PLACE_PLAIN, filename, NULL) != 0 ||
        reader_text(r, t, PLACE_PLAIN, type, NULL) != 0)
        return -1;
    if ((*name)[0] == '\0')
        return reader_fail(r, n->at, "\"name\" is empty; write the name of the form's field");
    if (*type != NULL && (reader_control(*type, strlen(*type)) >= 0 || strchr(*type, '/') == NULL))
        return reader_fail(r, t->at, "\"type\" must be a media type like \"image/png\"");
    return 0;
}

static int part_read(struct reader *r, const struct json *v, struct part *p) {
    char *name = NULL, *filename = NULL, *type = NULL, *path = NULL;
    int result = -1;
    if (reader_section(r, v, SECTION_PART) != 0 || texts_read(r, v, &name, &filename, &type) != 0)
        goto out;
    assert(name != NULL);
    const struct json *file = json_get(v, "file"), *value = json_get(v, "value");
    if (file != NULL) {
        if (reader_path(r, file, &path) != 0 || reader_file(r, file, &p->data) != 0)
            goto out;
        const char *slash = strrchr(path, '/');
        const char *base = slash == NULL ? path : slash + 1;
        head(&p->head, name, filename == NULL ? base : filename,
             type == NULL ? media_type(base) : type);
    } else {
        if (reader_kind(r, value, JSON_STRING) != 0 ||
            reader_expand(r, value->text, value->len, value->at, PLACE_PLAIN, &p->data, NULL) != 0)
            goto out;
        head(&p->head, name, filename, type);
    }
    result = buf_ok(&p->head) && buf_ok(&p->data)
                 ? 0
                 : reader_fail(r, v->at, "longer than %zu bytes, the most that is sent",
                               READER_BODY_MAX);
out:
    free(name);
    free(filename);
    free(type);
    free(path);
    return result;
}

static bool occurs(const struct part *parts, size_t n, const char *boundary) {
    for (size_t i = 0; i < n; i++)
        if (memmem(buf_text(&parts[i].data), parts[i].data.len, boundary, strlen(boundary)) != NULL)
            return true;
    return false;
}

/* The same parts give the same boundary, so that a run can be repeated byte for byte; counting on
 * until no part holds it ends, since parts are finite. */
static void assemble(const struct part *parts, size_t n, struct buf *out, struct buf *type) {
    char boundary[64];
    for (uint64_t i = 0;; i++) {
        snprintf(boundary, sizeof boundary, "coldswarm-boundary-%016" PRIx64, i);
        if (!occurs(parts, n, boundary))
            break;
    }
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "--%s\r\n", boundary);
        buf_add(out, buf_text(&parts[i].head), parts[i].head.len);
        buf_add(out, buf_text(&parts[i].data), parts[i].data.len);
        buf_str(out, "\r\n");
    }
    buf_printf(out, "--%s--\r\n", boundary);
    buf_printf(type, "multipart/form-data; boundary=%s", boundary);
}

int multipart_read(struct reader *r, const struct json *v, struct buf *out, char **content_type) {
    struct buf type;
    if (reader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0 || v->count > PARTS_MAX)
        return reader_fail(r, v->at, "\"multipart\" must hold 1 to %d parts, not %zu", PARTS_MAX,
                           v->count);
    struct part *parts = calloc(v->count, sizeof *parts);
    if (parts == NULL)
        return reader_memory(r);
    size_t n = 0;
    int result = 0;
    for (const struct json *m = v->first; m != NULL && result == 0; m = m->next) {
        buf_init(&parts[n].head, READER_TEXT_MAX * 4);
        buf_init(&parts[n].data, READER_BODY_MAX);
        result = part_read(r, m, &parts[n++]);
    }
    if (result == 0) {
        buf_init(&type, READER_TEXT_MAX);
        assemble(parts, n, out, &type);
        result = reader_take(r, v->at, &type, content_type);
    }
    for (size_t i = 0; i < n; i++) {
        buf_done(&parts[i].head);
        buf_done(&parts[i].data);
    }
    free(parts);
    return result;
}
