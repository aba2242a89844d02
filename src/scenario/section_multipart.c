/* multipart/form-data (RFC 7578). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/section.h"
#include "util/encode.h"

#define PARTS_MAX 1000

struct part {
    struct buf head; /* its headers and the empty line */
    struct buf data;
    struct template_holes head_holes, data_holes;
};

static int check_keys(struct loader *r, const struct json *v) {
    if (loader_section(r, v, SECTION_PART) != 0)
        return -1;
    const struct json *n = json_get(v, "name"), *filename = json_get(v, "filename");
    const struct json *file = json_get(v, "file"), *value = json_get(v, "value");
    const struct json *type = json_get(v, "type");
    if (n == NULL)
        return loader_fail(r, v->at,
                           "\"name\" is missing in this part; write the name of the form field");
    if ((file == NULL) == (value == NULL))
        return loader_fail(r, v->at, "a part must hold either \"value\" or \"file\"");
    if (loader_kind(r, n, JSON_STRING) != 0 ||
        (filename != NULL && loader_kind(r, filename, JSON_STRING) != 0) ||
        (type != NULL && loader_kind(r, type, JSON_STRING) != 0) ||
        loader_kind(r, file != NULL ? file : value, JSON_STRING) != 0)
        return -1;
    return n->len > 0
               ? 0
               : loader_fail(r, n->at, "\"name\" is empty; write the name of the form field");
}

static int expand(struct loader *r, const struct json *v, enum text_place place, struct buf *out) {
    return template_expand(r, v->text, v->len, v->at, place, out, NULL);
}

static int type_write(struct loader *r, const struct json *v, struct buf *out) {
    const struct json *type = json_get(v, "type"), *file = json_get(v, "file");
    size_t from, holes = r->holes->count;
    if (type == NULL && file == NULL)
        return 0;
    buf_str(out, "Content-Type: ");
    from = out->len;
    if ((type != NULL ? expand(r, type, PLACE_HEADER, out) : template_file_type(r, file, out)) != 0)
        return -1;
    if (type != NULL && r->holes->count == holes && strchr(buf_text(out) + from, '/') == NULL)
        return loader_fail(r, type->at, "\"type\" must be a media type like \"image/png\"");
    buf_str(out, "\r\n");
    return 0;
}

static int head_write(struct loader *r, const struct json *v, struct buf *out) {
    const struct json *filename = json_get(v, "filename"), *file = json_get(v, "file");
    buf_str(out, "Content-Disposition: form-data; name=\"");
    if (expand(r, json_get(v, "name"), PLACE_QUOTED, out) != 0)
        return -1;
    if (filename != NULL || file != NULL)
        buf_str(out, "\"; filename=\"");
    if (filename != NULL && expand(r, filename, PLACE_QUOTED, out) != 0)
        return -1;
    if (filename == NULL && file != NULL && template_file_name(r, file, out) != 0)
        return -1;
    buf_str(out, "\"\r\n");
    if (type_write(r, v, out) != 0)
        return -1;
    buf_str(out, "\r\n");
    return 0;
}

static int part_read(struct loader *r, const struct json *v, struct part *p) {
    struct template_holes *before = r->holes;
    if (check_keys(r, v) != 0)
        return -1;
    const struct json *file = json_get(v, "file"), *value = json_get(v, "value");
    r->holes = &p->data_holes;
    int result =
        file != NULL ? template_file(r, file, &p->data) : expand(r, value, PLACE_PLAIN, &p->data);
    r->holes = &p->head_holes;
    if (result == 0)
        result = head_write(r, v, &p->head);
    r->holes = before;
    if (result == 0 && !(buf_ok(&p->head) && buf_ok(&p->data)))
        result = loader_fail(r, v->at, "longer than the limit of %zu bytes", LOADER_BODY_MAX);
    return result;
}

static bool occurs(const struct part *parts, size_t n, const char *boundary) {
    for (size_t i = 0; i < n; i++)
        if (memmem(buf_text(&parts[i].data), parts[i].data.len, boundary, strlen(boundary)) != NULL)
            return true;
    return false;
}

/* The same parts give the same boundary, so that a run can be repeated byte for byte; counting on
 * until no part holds it ends, since parts are finite. What is put in when a request is sent is not
 * looked at: it would have to hold this very line. */
static int assemble(struct loader *r, struct part *parts, size_t n, struct buf *out,
                    struct buf *type) {
    char boundary[64];
    for (uint64_t i = 0;; i++) {
        snprintf(boundary, sizeof boundary, "coldswarm-boundary-%016" PRIx64, i);
        if (!occurs(parts, n, boundary))
            break;
    }
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, "--%s\r\n", boundary);
        if (template_holes_move(r, r->holes, &parts[i].head_holes, out->len) != 0)
            return -1;
        buf_add(out, buf_text(&parts[i].head), parts[i].head.len);
        if (template_holes_move(r, r->holes, &parts[i].data_holes, out->len) != 0)
            return -1;
        buf_add(out, buf_text(&parts[i].data), parts[i].data.len);
        buf_str(out, "\r\n");
    }
    buf_printf(out, "--%s--\r\n", boundary);
    buf_printf(type, "multipart/form-data; boundary=%s", boundary);
    return 0;
}

int multipart_read(struct loader *r, const struct json *v, struct buf *out, char **content_type) {
    struct buf type;
    if (loader_kind(r, v, JSON_ARRAY) != 0)
        return -1;
    if (v->count == 0 || v->count > PARTS_MAX)
        return loader_fail(r, v->at, "\"multipart\" must hold 1 to %d parts, not %zu", PARTS_MAX,
                           v->count);
    struct part *parts = calloc(v->count, sizeof *parts);
    if (parts == NULL)
        return loader_memory(r);
    size_t n = 0;
    int result = 0;
    for (const struct json *m = v->first; m != NULL && result == 0; m = m->next) {
        buf_init(&parts[n].head, LOADER_TEXT_MAX * 4);
        buf_init(&parts[n].data, LOADER_BODY_MAX);
        result = part_read(r, m, &parts[n++]);
    }
    if (result == 0) {
        buf_init(&type, LOADER_TEXT_MAX);
        result = assemble(r, parts, n, out, &type) == 0 ? loader_take(r, v->at, &type, content_type)
                                                        : -1;
        buf_done(&type);
    }
    for (size_t i = 0; i < n; i++) {
        buf_done(&parts[i].head);
        buf_done(&parts[i].data);
        template_holes_done(&parts[i].head_holes);
        template_holes_done(&parts[i].data_holes);
    }
    free(parts);
    return result;
}
