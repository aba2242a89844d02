#include "convert/formdata.h"
#include "util/text.h"

#include <string.h>
#include <strings.h>

#define PARTS_MAX 1000

bool formdata_is_text(const char *bytes, size_t n) {
    return text_is_utf8(bytes, n) && (n == 0 || memchr(bytes, '\0', n) == NULL);
}

void formdata_part(struct draft *d, struct draft_request *q, const char *name, const char *filename,
                   const char *type, const char *bytes, size_t n) {
    struct draft_part *p = draft_part_add(d, q, draft_literal(d, name, strlen(name)));
    if (p == NULL)
        return;
    if (type != NULL && strchr(type, '/') != NULL && strpbrk(type, "\r\n") == NULL)
        p->type = draft_literal(d, type, strlen(type));
    if (filename != NULL)
        p->filename = draft_literal(d, filename, strlen(filename));
    bool secret = draft_is_secret(name, strlen(name), n);
    if (!formdata_is_text(bytes, n) && secret) {
        draft_note(d, &q->notes,
                   "left out: %zu bytes of field %.60s, a secret that is no text; write \"file\" "
                   "instead of \"value\"",
                   n, name);
    } else if (!formdata_is_text(bytes, n)) {
        p->file = draft_file_add(d, bytes, n);
        if (p->file == NULL)
            draft_note(d, &q->notes,
                       "left out: %zu bytes of field %.60s that are not text; convert with -o FILE "
                       "to keep them",
                       n, name);
    } else if (filename != NULL && n == 0) {
        draft_note(d, &q->notes,
                   "left out: the content of file %.100s (field %.60s), which the source does not "
                   "contain; write \"file\" instead of \"value\"",
                   filename, name);
    }
    if (p->file == NULL)
        p->value = formdata_is_text(bytes, n) ? draft_value(d, name, bytes, n) : "";
}

/* The value of `key="..."` or `key=token` in a header line; NULL where it is not there. */
static const char *parameter(struct draft *d, const char *line, const char *key) {
    size_t n = strlen(key);
    for (const char *p = line; (p = strchr(p, ';')) != NULL;) {
        p++;
        p += strspn(p, " \t");
        if (strncasecmp(p, key, n) != 0 || p[n] != '=')
            continue;
        p += n + 1;
        if (*p != '"')
            return draft_copy(d, p, strcspn(p, "; \t"));
        size_t len = strcspn(p + 1, "\"");
        return draft_copy(d, p + 1, len);
    }
    return NULL;
}

/* The part between `from` and `to`: its headers, an empty line, its bytes. */
static bool part(struct draft *d, struct draft_request *q, const char *from, const char *to,
                 bool add) {
    const char *name = NULL, *filename = NULL, *type = NULL;
    while (from < to) {
        const char *end = memchr(from, '\n', (size_t)(to - from));
        if (end == NULL)
            return false;
        size_t n = (size_t)(end - from);
        if (n > 0 && from[n - 1] == '\r')
            n--;
        const char *line = draft_copy(d, from, n);
        from = end + 1;
        if (n == 0) {
            if (name == NULL || name[0] == '\0')
                return false;
            if (add)
                formdata_part(d, q, name, filename, type, from, (size_t)(to - from));
            return true;
        }
        if (strncasecmp(line, "Content-Disposition:", 20) == 0) {
            name = parameter(d, line, "name");
            filename = parameter(d, line, "filename");
        } else if (strncasecmp(line, "Content-Type:", 13) == 0) {
            type = line + 13 + strspn(line + 13, " \t");
        }
    }
    return false;
}

static const char *find(const char *from, const char *end, const char *what, size_t n) {
    return from > end ? NULL : memmem(from, (size_t)(end - from), what, n);
}

/* Goes over the parts; adds them in a second pass, when all are known to be good. */
static bool walk(struct draft *d, struct draft_request *q, const char *bytes, size_t n,
                 const char *mark, bool add) {
    const char *end = bytes + n, *at = find(bytes, end, mark, strlen(mark));
    size_t len = strlen(mark);
    for (int parts = 0; at != NULL && parts < PARTS_MAX; parts++) {
        const char *from = at + len;
        if (end - from >= 2 && from[0] == '-' && from[1] == '-')
            return parts > 0;
        from += from < end && *from == '\r';
        from += from < end && *from == '\n';
        at = find(from, end, mark, len);
        const char *to = at != NULL ? at : end;
        if (at == NULL)
            return false;
        to -= to > from && to[-1] == '\n';
        to -= to > from && to[-1] == '\r';
        if (!part(d, q, from, to, add))
            return false;
    }
    return false;
}

bool formdata_read(struct draft *d, struct draft_request *q, const char *bytes, size_t n,
                   const char *type) {
    const char *boundary = parameter(d, type, "boundary");
    struct buf b;
    if (boundary == NULL || boundary[0] == '\0')
        return false;
    buf_init(&b, 4096);
    buf_printf(&b, "--%s", boundary);
    bool good = buf_ok(&b) && walk(d, q, bytes, n, buf_text(&b), false) &&
                walk(d, q, bytes, n, buf_text(&b), true);
    buf_done(&b);
    return good;
}
