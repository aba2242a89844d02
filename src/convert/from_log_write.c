/* The tasks of an access log or a list of URLs, and their weights. */
#include "convert/from_log.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "convert/source_url.h"
#include "util/text.h"

#define WEIGHT_MAX 1000000
#define ROWS_MAX 50000 /* of a file of the rarer requests */

static bool is_id(const char *text, size_t n) {
    size_t digits = 0, hex = 0, dashes = 0;
    for (size_t i = 0; i < n; i++) {
        digits += text[i] >= '0' && text[i] <= '9';
        hex += text_hex(text[i]) >= 0;
        dashes += text[i] == '-';
    }
    return n > 0 && (digits == n || (n == 36 && dashes == 4 && hex == 32) ||
                     (n >= 16 && hex == n && digits > 0));
}

/* The path for reports: numbers and ids in it are "{id}". NULL: it has none. */
static const char *pattern(struct draft *d, const char *path, size_t n) {
    struct buf b;
    bool any = false;
    buf_init(&b, 4 * LOG_TARGET_MAX);
    const char *question = memchr(path, '?', n), *end = question == NULL ? path + n : question;
    for (const char *p = path; p < end;) {
        const char *slash = memchr(p, '/', (size_t)(end - p)), *stop = slash == NULL ? end : slash;
        const char *secret = memchr(p, LOG_SECRET, (size_t)(stop - p));
        bool id = secret != NULL || is_id(p, (size_t)(stop - p));
        any = any || id;
        if (secret != NULL)
            draft_add_literal(d, &b, p, (size_t)(secret - p));
        if (id)
            buf_str(&b, "{id}");
        else
            draft_add_literal(d, &b, p, (size_t)(stop - p));
        if (slash != NULL)
            buf_char(&b, '/');
        p = stop + (slash != NULL);
    }
    const char *text = any ? draft_take(d, &b) : NULL;
    buf_done(&b);
    return text;
}

/* The text with a variable where the value of a secret parameter was. */
static void with_variables(struct log_writer *w, struct buf *out, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t name = i;
        if (text[i] != LOG_SECRET) {
            buf_char(out, text[i]);
            continue;
        }
        while (name > 0 && strchr("&?;/", text[name - 1]) == NULL)
            name--;
        draft_add_variable(w->d, out,
                           log_secret_variable(&w->l->secrets, text + name, i - name - 1));
    }
}

static void set_path(struct log_writer *w, struct draft_request *q, const struct log_group *g,
                     const char *text, size_t n) {
    struct draft *d = w->d;
    struct buf b;
    struct url u;
    buf_init(&b, DRAFT_BYTES_MAX);
    with_variables(w, &b, text, n);
    if (n > 0 && text[0] != '/' && source_url(buf_text(&b), b.len, d, &u) == NULL) {
        draft_url(d, q, &u);
    } else {
        draft_path(d, q, buf_text(&b), b.len);
        const char *here = log_origin(d, g);
        if (g->host[0] != '\0' && d->target != NULL && strcmp(here, d->target) != 0) {
            struct buf whole;
            buf_init(&whole, DRAFT_BYTES_MAX);
            buf_printf(&whole, "%s%s", here, q->path);
            q->path = draft_take(d, &whole);
        } else {
            q->name = pattern(d, text, n);
        }
    }
    buf_done(&b);
}

static bool has_body(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
           strcmp(method, "PATCH") == 0;
}

/* What the log tells of a request and its answers. */
static void note_request(struct log_writer *w, struct draft_request *q, const struct log_group *g,
                         const struct log_entry *x, bool body) {
    struct buf checks;
    if (has_body(g->method) && !body)
        draft_note(w->d, &q->notes, "assumed: %s without a body, because %s has none", g->method,
                   w->l->urls ? "the list" : "a log");
    if (x->failed == 0)
        return;
    char with[32] = "400 or above";
    if (x->status != 0)
        snprintf(with, sizeof with, "%d", x->status);
    draft_note(w->d, &q->notes,
               "failed in the log: %" PRIu64 " of %" PRIu64 " requests, with status %s", x->failed,
               x->count, with);
    if (x->failed < x->count || x->status == 0 || x->status >= 500)
        return;
    /* What failed each time is no news if it does so again. */
    buf_init(&checks, 256);
    buf_printf(&checks, "[{\"status\":[\"2xx\",\"3xx\",%d]}]", x->status);
    q->checks = draft_take(w->d, &checks);
}

static uint32_t weight_of(const struct log_writer *w, uint64_t count) {
    double weight = (double)count * w->scale;
    return weight < 1 ? 1 : weight > WEIGHT_MAX ? WEIGHT_MAX : (uint32_t)llround(weight);
}

/* Siege compares the end of a file's name without its dot, in the order of its table (load.c of
 * 4.1.6). So "t" is also the end of "txt". Of what it takes as text it sends no white space at the
 * ends. */
static const struct siege_type {
    const char *end, *type;
    bool text;
} siege_types[] = {{"bin", "application/octet-stream", false},
                   {"c", "text/plain", true},
                   {"csv", "text/csv", true},
                   {"f", "text/plain", true},
                   {"h", "text/plain", true},
                   {"htm", "text/html", true},
                   {"html", "text/html", true},
                   {"jpeg", "image/jpeg", false},
                   {"jpg", "image/jpeg", false},
                   {"json", "application/json", false},
                   {"m", "text/plain", true},
                   {"md", "text/x-markdown", true},
                   {"png", "image/png", false},
                   {"svg", "image/svg+xml", true},
                   {"t", "application/x-troff", false},
                   {"xml", "text/xml", true},
                   {"yml", "application/x-yaml", true},
                   {"zip", "application/zip", false},
                   {"", "application/x-www-form-urlencoded", true}};

static const struct siege_type *siege_type(const char *file) {
    const struct siege_type *t = siege_types;
    for (size_t n = strlen(file); t->end[0] != '\0'; t++)
        if (n >= strlen(t->end) && strcasecmp(file + n - strlen(t->end), t->end) == 0)
            break;
    return t;
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Siege's "POST <file". */
static void body_of_file(struct draft *d, struct draft_request *q, const char *file) {
    const struct siege_type *t = siege_type(file);
    struct buf all;
    buf_init(&all, DRAFT_BYTES_MAX);
    if (file[0] == '\0' || d->read == NULL || !d->read(d->read_context, file, &all)) {
        draft_note(d, &q->notes, "left out: the body, which siege reads from the file %s", file);
    } else if (!t->text) {
        draft_header(d, q, "Content-Type", t->type, strlen(t->type));
        q->body_kind = DRAFT_FILE;
        q->body = draft_file_name(d, file);
    } else {
        const char *text = buf_text(&all);
        size_t n = strnlen(text, all.len);
        for (; n > 0 && is_space(text[n - 1]); n--)
            ;
        for (; n > 0 && is_space(*text); n--)
            text++;
        draft_header(d, q, "Content-Type", t->type, strlen(t->type));
        draft_body(d, q, text, n, t->type);
    }
    buf_done(&all);
}

/* One task of one request. Returns false if a scenario cannot have it. */
static bool add_task(struct log_writer *w, const struct log_entry *x) {
    struct draft *d = w->d;
    const struct log_group *g = w->l->groups[x->group];
    const char *body = memchr(x->text, LOG_BODY, x->bytes);
    size_t n = body == NULL ? x->bytes : (size_t)(body - x->text);
    struct draft_request *q = draft_single(d, weight_of(w, x->count));
    if (q == NULL)
        return false;
    if (!draft_method(d, q, g->method, strlen(g->method))) {
        draft_single_drop(d);
        return false;
    }
    set_path(w, q, g, x->text, n);
    note_request(w, q, g, x, body != NULL);
    if (body != NULL && x->bytes - n > 2 && body[1] == '<')
        body_of_file(d, q, draft_copy(d, body + 2, x->bytes - n - 2));
    else if (body != NULL)
        draft_body(d, q, body + 1, x->bytes - n - 1, "application/x-www-form-urlencoded");
    return true;
}

static bool is_asset(const struct log_entry *x) {
    static const char *const ends[] = {".png",   ".jpg", ".jpeg", ".gif", ".svg", ".webp",
                                       ".ico",   ".css", ".js",   ".mjs", ".map", ".woff",
                                       ".woff2", ".ttf", ".mp4",  ".avif"};
    const char *question = memchr(x->text, '?', x->bytes);
    size_t n = question == NULL ? x->bytes : (size_t)(question - x->text);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t m = strlen(ends[i]);
        if (n > m && strncasecmp(x->text + n - m, ends[i], m) == 0)
            return true;
    }
    return false;
}

/* Whether a row of a file can have the request: rows hold no variables and no bodies. */
static bool fits_a_row(const struct log_writer *w, const struct log_entry *x) {
    const struct log_group *g = w->l->groups[x->group];
    bool here = g->host[0] == '\0' ||
                (w->d->target != NULL && strcmp(log_origin(w->d, g), w->d->target) == 0);
    return here && x->bytes > 0 && x->text[0] == '/' &&
           memchr(x->text, LOG_SECRET, x->bytes) == NULL &&
           memchr(x->text, LOG_BODY, x->bytes) == NULL &&
           !log_secret_is_in(&w->l->secrets, x->text, x->bytes);
}

static void csv_row(struct buf *out, const struct log_entry *x) {
    buf_char(out, '"');
    for (size_t i = 0; i < x->bytes; i++) {
        if (x->text[i] == '"')
            buf_char(out, '"');
        buf_char(out, x->text[i]);
    }
    buf_str(out, "\"\n");
}

/* Rows by count, at most ROWS_MAX of them: then they are evenly spaced among the requests. */
static void rows_of(const struct log_writer *w, size_t from, const char *method, uint64_t total,
                    struct buf *out) {
    uint64_t rows = total > ROWS_MAX ? ROWS_MAX : total, row = 0, seen = 0;
    buf_str(out, "path\n");
    for (size_t i = from; i < w->count; i++) {
        const struct log_entry *x = w->entries[i];
        if (strcmp(w->l->groups[x->group]->method, method) != 0 || !w->l->groups[x->group]->kept ||
            !fits_a_row(w, x))
            continue;
        for (seen += x->count; row < rows && (2 * row + 1) * total / (2 * rows) < seen; row++)
            csv_row(out, x);
    }
}

static void add_feeder(struct log_writer *w, size_t number, const char *file) {
    buf_printf(&w->feeders, "%s\"rest%zu\":{\"csv\":\"", w->feeders.len > 1 ? "," : "", number);
    json_escape(&w->feeders, file, strlen(file));
    buf_str(&w->feeders, "\",\"delimiter\":\",\",\"mode\":\"random\"}");
}

/* One task for the rarer requests of a method, whose paths are rows of a file. `also` are requests
 * that were counted and forgotten. Returns false if files cannot be written. */
static bool add_rest(struct log_writer *w, size_t from, const char *method, uint64_t total,
                     uint64_t also, size_t number) {
    struct draft *d = w->d;
    struct buf rows, text;
    char end[40];
    buf_init(&rows, DRAFT_BYTES_MAX);
    snprintf(end, sizeof end, ".rest%zu.csv", number);
    rows_of(w, from, method, total, &rows);
    const char *file = d->file_stem == NULL ? NULL : draft_file_named(d, end, rows.data, rows.len);
    if (!buf_ok(&rows))
        d->failed = true;
    buf_done(&rows);
    struct draft_request *q = file == NULL ? NULL : draft_single(d, weight_of(w, total + also));
    if (q == NULL)
        return false;
    if (!draft_method(d, q, method, strlen(method))) {
        draft_single_drop(d);
        return false;
    }
    buf_init(&text, 256);
    buf_printf(&text, "/${rest%zu.path}", number);
    q->path = draft_take(d, &text);
    buf_init(&text, 256);
    buf_printf(&text, "(other %s requests)", method);
    q->name = draft_take(d, &text);
    add_feeder(w, number, file);
    draft_note(d, &q->notes, "%" PRIu64 " rarer requests%s; the file has their paths", total + also,
               total > ROWS_MAX || also > 0 ? ", of which a sample is sent" : "");
    if (has_body(method))
        draft_note(d, &q->notes, "assumed: %s without a body, because a log has none", method);
    return true;
}

/* The requests that are no task of their own, from entry `from` on. */
static void add_others(struct log_writer *w, size_t from) {
    struct log_reader *l = w->l;
    uint64_t left = 0, different = 0;
    size_t number = 0;
    for (size_t m = 0; m < l->group_count; m++) {
        const char *method = l->groups[m]->method;
        bool first = true;
        for (size_t k = 0; k < m && first; k++)
            first = strcmp(l->groups[k]->method, method) != 0;
        if (!first)
            continue;
        uint64_t rows = 0, no_rows = 0, also = 0;
        for (size_t i = from; i < w->count; i++) {
            const struct log_entry *x = w->entries[i];
            if (!l->groups[x->group]->kept || strcmp(l->groups[x->group]->method, method) != 0)
                continue;
            bool fits = fits_a_row(w, x);
            rows += fits ? x->count : 0;
            no_rows += fits ? 0 : x->count;
            different++;
        }
        for (size_t g = 0; g < l->group_count && g < l->tally.groups; g++)
            if (l->groups[g]->kept && strcmp(l->groups[g]->method, method) == 0)
                also += l->tally.dropped_of[g];
        if (rows > 0 && add_rest(w, from, method, rows, also, number + 1))
            number++;
        else
            left += rows + also;
        left += no_rows;
    }
    if (left > 0)
        draft_lost(w->d, &w->d->notes, left,
                   "Left out: %" PRIu64 " rarer requests, %.3g %% of all%s.", left,
                   100 * (double)left / (double)w->kept,
                   w->d->file_stem == NULL ? "; with -o FILE, a file next to it has their paths"
                                           : ", which a file of paths cannot hold");
    w->lost += left;
}

/* Weights are numbers of requests, unless one is larger than a weight may be. */
static void set_scale(struct log_writer *w) {
    uint64_t most = 1, rest = w->kept;
    for (size_t i = 0, tasks = 0; i < w->count; i++) {
        const struct log_entry *x = w->entries[i];
        w->failed += x->failed;
        w->assets += is_asset(x) ? x->count : 0;
        if (!w->l->groups[x->group]->kept || tasks++ >= LOG_TASKS_MAX)
            continue;
        rest -= x->count;
        most = x->count > most ? x->count : most;
    }
    most = rest > most ? rest : most;
    if (most > WEIGHT_MAX)
        w->scale = (double)WEIGHT_MAX / (double)most;
}

int log_write(struct log_reader *l, const char *name, struct err *e) {
    struct log_writer w = {.l = l, .d = l->d, .name = name, .scale = 1};
    size_t tasks = 0, i = 0;
    if (l->requests == 0)
        return log_nothing(&w, e);
    w.d->references = true;
    w.entries = log_tally_sort(&l->tally, &w.count);
    if (log_choose_host(&w, e) != 0 || (l->o->times && !l->urls && log_write_times(&w, e) != 0))
        return -1;
    for (size_t k = 0; k < w.count; k++)
        log_secret_is_in(&l->secrets, w.entries[k]->text, w.entries[k]->bytes);
    set_scale(&w);
    for (; i < w.count && tasks < LOG_TASKS_MAX; i++) {
        if (!l->groups[w.entries[i]->group]->kept)
            continue;
        if (add_task(&w, w.entries[i])) {
            tasks++;
            continue;
        }
        w.lost += w.entries[i]->count;
        draft_lost(w.d, &w.d->notes, w.entries[i]->count,
                   "Left out: requests whose method a scenario cannot have.");
    }
    buf_init(&w.feeders, 1 << 16);
    buf_char(&w.feeders, '{');
    add_others(&w, i);
    if (w.feeders.len > 1) {
        buf_char(&w.feeders, '}');
        w.d->feeders = draft_take(w.d, &w.feeders);
    }
    buf_done(&w.feeders);
    w.d->counted = w.kept - w.lost;
    log_note(&w);
    if (!draft_ok(w.d))
        return err_memory(e, "%s", name);
    return w.d->classes == NULL || w.d->classes->tasks == NULL ? log_nothing(&w, e) : 0;
}
