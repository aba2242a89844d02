/* The body of curl's requests: -d and its relatives, -F, --json, -T. */
#include "convert/curl_body.h"

#include <string.h>
#include <strings.h>

#include "util/encode.h"
#include "util/text.h"

/* Pieces of -d are joined with '&', those of --json are not. */
static void add_data(struct transfer *t, const char *bytes, size_t n) {
    if (t->data_pieces++ > 0 && !t->json)
        buf_char(&t->data, '&');
    buf_add(&t->data, bytes, n);
    t->has_data = true;
}

/* Reads a file that the command names; "-" is what the shell gives curl to read. Returns false if
 * it cannot be read now. */
static bool content(struct transfer *t, const char *path, struct buf *out) {
    const struct draft *d = t->d;
    if (strcmp(path, "-") != 0)
        return !draft_has_reference(d, path, strlen(path)) && d->read != NULL &&
               d->read(d->read_context, path, out) && text_is_utf8(buf_text(out), out->len);
    if (t->input == NULL)
        return false;
    t->input_used = true;
    buf_add(out, t->input, t->input_bytes);
    return true;
}

/* curl's -d removes line ends and NULs of a file (its manual). */
static void strip(struct buf *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] != '\r' && b->data[i] != '\n' && b->data[i] != '\0')
            b->data[n++] = b->data[i];
    b->len = n;
}

static void data_file(struct transfer *t, const char *path, bool strips) {
    struct buf b;
    size_t whole;
    if (path[0] == '\0' || (strcmp(path, "-") == 0 && t->input_file != NULL))
        path = t->input_file != NULL ? t->input_file : "-";
    t->input_used = t->input_used || path == t->input_file;
    buf_init(&b, DRAFT_BYTES_MAX);
    bool read = content(t, path, &b), first = t->data_pieces == 0;
    whole = b.len;
    if (read && strips)
        strip(&b);
    if (!read && strcmp(path, "-") == 0)
        draft_note(t->d, &t->proto.notes, "left out: data from curl's standard input");
    else if (!read && !first)
        draft_note(t->d, &t->proto.notes, "left out: file %s as one of several pieces of data",
                   path);
    else if (!read && strips)
        draft_note(t->d, &t->proto.notes,
                   "curl's -d removes the line ends of %s; here it is sent unchanged", path);
    add_data(t, buf_text(&b), b.len);
    if (first && strcmp(path, "-") != 0 && (!read || whole == b.len)) {
        t->data_file = draft_file_name(t->d, path);
        t->data_known = read;
    }
    buf_done(&b);
}

static void data(struct transfer *t, enum curl_do what, const char *value, size_t n) {
    if (t->data_pieces > 0 && t->data_file != NULL) {
        if (!t->data_known)
            draft_note(t->d, &t->proto.notes, "left out: file %s as one of several pieces of data",
                       t->data_file);
        t->data_file = NULL;
    }
    if (n > 0 && value[0] == '@' && what != CURL_DO_DATA_RAW)
        data_file(t, value + 1, what == CURL_DO_DATA);
    else
        add_data(t, value, n);
}

/* Escapes as curl does. The value of a variable is escaped when it is known. */
static void escape(struct transfer *t, const char *text, size_t n, struct buf *out) {
    const size_t mark = sizeof DRAFT_REFERENCE - 1;
    for (size_t i = 0; i < n;) {
        size_t reference = draft_reference_bytes(t->d, text + i, n - i);
        if (reference > 0) {
            struct buf b;
            buf_init(&b, DRAFT_BYTES_MAX);
            buf_str(&b, "urlencode(");
            buf_add(&b, text + i + mark, reference - 2 * mark);
            buf_char(&b, ')');
            draft_reference(t->d, out, draft_take(t->d, &b));
        } else if (text[i] == ' ') {
            buf_char(out, '+');
        } else {
            encode_percent(out, text + i, 1);
        }
        i += reference > 0 ? reference : 1;
    }
}

/* "content", "=content", "name=content", "@file" and "name@file". */
static void urlencoded(struct transfer *t, const char *value, size_t n, struct buf *out) {
    size_t name = strcspn(value, "=@");
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (name < n && name > 0) {
        buf_add(out, value, name);
        buf_char(out, '=');
    }
    size_t from = name < n ? name + 1 : 0;
    if (name == n || value[name] == '=')
        escape(t, value + from, n - from, out);
    else if (content(t, value + from, &b))
        escape(t, buf_text(&b), b.len, out);
    else
        draft_note(t->d, &t->proto.notes,
                   "left out: the content of file %s, which cannot be read now; curl would "
                   "URL-encode it",
                   value + from);
    buf_done(&b);
}

/* Takes the value up to ';' or `"..."` with backslashes (curl's manual, -F). */
static const char *form_word(struct transfer *t, const char **at, const char *ends) {
    struct buf b;
    const char *p = *at;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (*p == '"') {
        for (p++; *p != '\0' && *p != '"'; p++) {
            if (*p == '\\' && (p[1] == '"' || p[1] == '\\'))
                p++;
            buf_char(&b, *p);
        }
        p += *p == '"';
    } else {
        while (*p != '\0' && strchr(ends, *p) == NULL)
            buf_char(&b, *p++);
    }
    *at = p;
    return draft_take(t->d, &b);
}

static void form_attributes(struct transfer *t, struct draft_part *p, const char *at) {
    while (*at == ';') {
        at++;
        at += strspn(at, " ");
        if (strncasecmp(at, "type=", 5) == 0) {
            at += 5;
            const char *type = form_word(t, &at, ";");
            if (strchr(type, '/') != NULL)
                p->type = draft_literal(t->d, type, strlen(type));
        } else if (strncasecmp(at, "filename=", 9) == 0) {
            at += 9;
            const char *name = form_word(t, &at, ";");
            p->filename = draft_literal(t->d, name, strlen(name));
        } else {
            const char *other = form_word(t, &at, ";");
            draft_note(t->d, &t->proto.notes, "left out: \"%.80s\" of a form field", other);
        }
    }
}

/* "<file": its text is the value. */
static bool content_of(struct transfer *t, struct draft_part *p, const char *name,
                       const char *path) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    bool read = content(t, path, &b);
    if (read)
        p->value = draft_value(t->d, name, buf_text(&b), b.len);
    buf_done(&b);
    return read;
}

static void form(struct transfer *t, const char *value, bool plain) {
    struct draft *d = t->d;
    const char *equal = strchr(value, '=');
    if (equal == NULL || equal == value) {
        draft_note(d, &t->proto.notes, "left out: -F %.100s, which is not name=content", value);
        return;
    }
    const char *name = draft_literal(d, value, (size_t)(equal - value)), *at = equal + 1;
    struct draft_part *p = draft_part_add(d, &t->proto, name);
    if (p == NULL)
        return;
    if (plain) {
        p->value = draft_value(d, name, at, strlen(at));
        return;
    }
    bool file = *at == '@', inside = *at == '<';
    at += file || inside;
    const char *content = form_word(t, &at, file || inside ? ";," : ";");
    bool nothing = content[0] == '\0' || (strcmp(content, "-") == 0 && t->input == NULL);
    if ((file || inside) && nothing) {
        p->value = "";
        draft_note(d, &t->proto.notes, "left out: the content of field %.60s, which is not a file",
                   name);
    } else if (inside && content_of(t, p, name, content)) {
        ;
    } else if (file || inside) {
        p->file = draft_file_name(d, content);
        if (*at == ',')
            draft_note(d, &t->proto.notes, "left out: more files of field %.60s: %.100s", name,
                       at + 1);
        if (inside)
            draft_note(d, &t->proto.notes,
                       "field %.60s is sent as a file; curl's \"<\" sends only its text", name);
    } else {
        p->value = draft_value(d, name, content, strlen(content));
    }
    form_attributes(t, p, at);
}

static void url_query(struct transfer *t, const char *value, size_t n) {
    struct buf b;
    buf_init(&b, DRAFT_BYTES_MAX);
    if (n > 0 && value[0] == '+')
        buf_add(&b, value + 1, n - 1);
    else
        urlencoded(t, value, n, &b);
    if (b.len > 0) {
        if (t->query.len > 0)
            buf_char(&t->query, '&');
        buf_add(&t->query, b.data, b.len);
    }
    buf_done(&b);
}

/* Options about the body. */
bool curl_body_apply(struct transfer *t, enum curl_do what, const struct shell_word *w) {
    struct buf b;
    switch ((int)what) {
    case CURL_DO_DATA:
    case CURL_DO_DATA_BINARY:
    case CURL_DO_DATA_RAW:
        data(t, what, w->text, w->n);
        return true;
    case CURL_DO_JSON:
        t->json = true;
        data(t, CURL_DO_DATA_BINARY, w->text, w->n);
        return true;
    case CURL_DO_DATA_URLENCODE:
        buf_init(&b, DRAFT_BYTES_MAX);
        urlencoded(t, w->text, w->n, &b);
        data(t, CURL_DO_DATA_RAW, buf_text(&b), b.len);
        buf_done(&b);
        return true;
    case CURL_DO_FORM:
    case CURL_DO_FORM_STRING:
        form(t, w->text, what == CURL_DO_FORM_STRING);
        return true;
    case CURL_DO_UPLOAD:
        t->upload = true;
        t->data_file = draft_file_name(t->d, w->text);
        t->upload_name = strrchr(w->text, '/') != NULL ? strrchr(w->text, '/') + 1 : w->text;
        return true;
    case CURL_DO_URL_QUERY:
        url_query(t, w->text, w->n);
        return true;
    default:
        return false;
    }
}

void curl_body_set(struct transfer *t) {
    struct draft_request *q = &t->proto;
    const char *type = t->content_type;
    if (q->body_kind == DRAFT_MULTIPART) {
        if (type != NULL)
            draft_note(t->d, &q->notes, "left out: -H 'Content-Type: %.100s', because -F sets it",
                       type);
        if (t->has_data)
            draft_note(t->d, &q->notes, "left out: data, because -F sets the body");
        return;
    }
    if (type == NULL && t->has_data && !t->get)
        type = t->json ? "application/json" : "application/x-www-form-urlencoded";
    if (t->json && draft_header_get(q, "Accept") == NULL)
        draft_header(t->d, q, "Accept", "application/json", 16);
    if (t->data_file != NULL && !t->get) {
        q->body_kind = DRAFT_FILE;
        q->body = t->data_file;
        if (type != NULL)
            draft_header(t->d, q, "Content-Type", type, strlen(type));
        else
            draft_note(t->d, &q->notes,
                       "curl sets no type for the file; it is sent as application/octet-stream");
    } else if (t->has_data && !t->get) {
        draft_body(t->d, q, buf_text(&t->data), t->data.len, type);
    } else if (type != NULL) {
        draft_header(t->d, q, "Content-Type", type, strlen(type));
    }
}
