#include "import/import_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "import/import_envelope.h"
#include "import/import_fields.h"
#include "import/import_log.h"
#include "import/import_metrics.h"
#include "import/import_split.h"
#include "util/file.h"

#define READ_BYTES ((size_t)1 << 16)

struct reading {
    struct import_job *job;
    struct import_source *s;
    struct import_split split;
    struct err *e; /* of what ends the import */
    bool metrics;
    uint64_t objects;    /* entries that are JSON objects */
    uint64_t other_kind; /* of them: log entries in a metrics file, or the reverse */
    uint64_t known;      /* log entries and time series */
    uint64_t wrapped;    /* pieces that hold entries in another form */
    struct buf first;    /* what the first object is, for an error */
    bool outside_known;
};

static void complain(struct reading *r, uint64_t line, const char *what) {
    r->s->bad++;
    if (r->s->complaint_count++ >= IMPORT_COMPLAINTS)
        return;
    buf_printf(&r->s->complaints, "%s:%" PRIu64 ": %s\n", r->s->file, line, what);
}

/* An error of the JSON reader, ":LINE:COLUMN: what", whose lines count from the entry's first. */
static void complain_json(struct reading *r, uint64_t line, const char *text) {
    char *at;
    uint64_t within = strtoull(text + 1, &at, 10);
    const char *what = strstr(at, ": ");
    complain(r, line + within - 1, what == NULL ? text : what + 2);
}

static struct import_tally *tally(struct import_job *job, const char *service) {
    size_t i = 0;
    while (i < job->tally_count && strcmp(job->tallies[i].service, service) != 0)
        i++;
    if (i == job->tally_count) {
        if (i == IMPORT_SERVICES_MAX)
            return NULL;
        snprintf(job->tallies[i].service, sizeof job->tallies[i].service, "%s", service);
        job->tally_count++;
    }
    return &job->tallies[i];
}

/* What does not say of which service it is, is taken as of the one that is looked for. */
static bool is_elsewhere(const struct import_job *job, const char *service, const char *revision) {
    return (job->service != NULL && service != NULL && strcmp(job->service, service) != 0) ||
           (job->revision != NULL && revision != NULL && strcmp(job->revision, revision) != 0);
}

static bool is_outside(struct reading *r, int64_t at_us) {
    struct import_source *s = r->s;
    if (at_us >= r->job->from_us && at_us <= r->job->to_us)
        return false;
    if (!r->outside_known || at_us < s->outside_first_us)
        s->outside_first_us = at_us;
    if (!r->outside_known || at_us > s->outside_last_us)
        s->outside_last_us = at_us;
    r->outside_known = true;
    s->outside++;
    return true;
}

static int64_t number(int64_t n) {
    return n < 0 ? SERVER_NONE : n;
}

static int add_request(struct import_job *job, const struct import_log *x, bool *is_new,
                       struct err *e) {
    struct server_request row = {.key = x->key,
                                 .at_us = x->at_us,
                                 .latency_us = number(x->latency_us),
                                 .status = number(x->status),
                                 .request_bytes = number(x->request_bytes),
                                 .response_bytes = number(x->response_bytes),
                                 .method = x->method,
                                 .path = x->path,
                                 .path_len = x->path_len,
                                 .instance = x->instance,
                                 .revision = x->revision,
                                 .text = x->text,
                                 .trace = x->has_trace ? x->trace : NULL};
    return server_add_request(job->file, &row, is_new, e);
}

/* A lifetime becomes an event for each of its moments, so that all of them lie in one table. */
static int add_lifetime(struct import_job *job, const struct import_log *x, bool *is_new,
                        struct err *e) {
    const struct {
        const char *kind;
        int64_t at_us;
    } moments[] = {{"lifetime_start", x->started_us},
                   {"lifetime_ready", x->ready_us},
                   {"lifetime_term", x->term_us},
                   {"lifetime_end", x->ended_us}};
    *is_new = false;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        if (moments[i].at_us == IMPORT_NO_TIME)
            continue;
        bool added;
        struct server_event row = {.key = x->key + i,
                                   .at_us = moments[i].at_us,
                                   .instance = x->instance,
                                   .revision = x->revision,
                                   .kind = moments[i].kind,
                                   .reason = i == 3 && x->reason[0] != '\0' ? x->reason : NULL};
        if (server_add_event(job->file, &row, &added, e) != 0)
            return -1;
        *is_new = *is_new || added;
    }
    return 0;
}

static int add_event(struct import_job *job, const struct import_log *x, bool *is_new,
                     struct err *e) {
    if (strcmp(x->event, "lifetime") == 0)
        return add_lifetime(job, x, is_new, e);
    struct server_event row = {.key = x->key,
                               .at_us = x->at_us,
                               .instance = x->instance,
                               .revision = x->revision,
                               .kind = x->event,
                               .severity = x->severity,
                               .reason = x->reason[0] == '\0' ? NULL : x->reason,
                               .text = x->text};
    return server_add_event(job->file, &row, is_new, e);
}

/* One with a trace of this run is of this run, whatever the clocks say. */
static bool is_own(const struct import_job *job, const struct import_log *x) {
    return job->has_trace && x->has_trace &&
           memcmp(job->trace_run, x->trace, sizeof job->trace_run) == 0;
}

static int take_log(struct reading *r, const struct json *entry, uint64_t line) {
    struct import_log x;
    struct err why = {""};
    struct import_source *s = r->s;
    bool is_new = false;
    s->entries++;
    if (import_log_read(entry, &x, &why) != 0) {
        complain(r, line, why.text);
        return 0;
    }
    if (x.kind == IMPORT_LOG_OTHER) {
        s->unknown++;
        return 0;
    }
    if (is_elsewhere(r->job, x.service, x.revision)) {
        s->elsewhere++;
        return 0;
    }
    bool own = is_own(r->job, &x);
    if (!own && is_outside(r, x.at_us))
        return 0;
    struct import_tally *t = x.service == NULL ? NULL : tally(r->job, x.service);
    if (t != NULL) {
        t->own += own;
        *(x.kind == IMPORT_LOG_REQUEST ? &t->requests : &t->rest) += 1;
    }
    if (x.kind == IMPORT_LOG_OUTPUT) {
        s->output++;
        return 0;
    }
    int rc = x.kind == IMPORT_LOG_REQUEST ? add_request(r->job, &x, &is_new, r->e)
                                          : add_event(r->job, &x, &is_new, r->e);
    s->used++;
    s->added += is_new;
    return rc;
}

static int take_point(struct reading *r, const struct json_doc *d, const struct json *point,
                      int64_t metric, uint64_t line) {
    struct import_point p;
    struct err why = {""};
    bool is_new = false;
    r->s->entries++;
    if (import_point_read(point, &p, &r->job->buckets, &why) != 0) {
        size_t within, column;
        json_where(d, point->at, &within, &column);
        complain(r, line + within - 1, why.text);
        return 0;
    }
    if (is_outside(r, p.end_us))
        return 0;
    struct server_point row = {.metric = metric,
                               .start_us = p.start_us == INT64_MIN ? SERVER_NONE : p.start_us,
                               .end_us = p.end_us,
                               .value = p.value,
                               .count = p.count,
                               .buckets = p.is_distribution ? buf_text(&r->job->buckets) : NULL};
    r->s->used++;
    int rc = server_add_point(r->job->file, &row, &is_new, r->e);
    r->s->added += is_new;
    return rc;
}

static int take_series(struct reading *r, const struct json_doc *d, uint64_t line) {
    struct import_series x;
    struct err why = {""};
    if (import_series_read(json_root(d), &x, &why) != 0) {
        r->s->entries++;
        complain(r, line, why.text);
        return 0;
    }
    size_t points = x.points == NULL ? 0 : x.points->count;
    if (!x.of_cloud_run || is_elsewhere(r->job, x.service, x.revision)) {
        r->s->entries += points;
        *(x.of_cloud_run ? &r->s->elsewhere : &r->s->unknown) += points;
        return 0;
    }
    if (points == 0)
        return 0;
    struct server_metric m = {x.metric, x.labels, x.label, x.kind, x.fold, x.unit};
    int64_t id;
    if (server_add_metric(r->job->file, &m, &id, r->e) != 0)
        return -1;
    uint64_t used = r->s->used;
    for (const struct json *p = x.points->first; p != NULL; p = p->next) {
        if (take_point(r, d, p, id, line) != 0)
            return -1;
    }
    struct import_tally *t = x.service == NULL ? NULL : tally(r->job, x.service);
    if (t != NULL)
        t->rest += r->s->used - used;
    return 0;
}

static int take_document(struct reading *r, const char *text, size_t n, uint64_t line, bool inside);

struct inner {
    struct reading *r;
    uint64_t line;
};

static int take_inner(void *context, const char *json, size_t n, const char *wrong) {
    const struct inner *x = context;
    if (json != NULL)
        return take_document(x->r, json, n, x->line, true);
    x->r->s->entries++;
    complain(x->r, x->line, wrong);
    return 0;
}

/* One JSON text: an entry, or something around entries. */
static int take_document(struct reading *r, const char *text, size_t n, uint64_t line,
                         bool inside) {
    struct json_doc *d = NULL;
    struct err why = {""};
    bool wrapped = false;
    int rc = 0;
    if (json_parse("", text, n, &d, &why) != 0) {
        r->s->entries++;
        complain_json(r, line, why.text);
        return 0;
    }
    const struct json *root = json_root(d);
    if (!inside)
        rc = import_unwrap(root, take_inner, &(struct inner){r, line}, &wrapped);
    r->objects += root->kind == JSON_OBJECT && !wrapped;
    bool known = import_is_log(root) || import_is_series(root);
    r->known += known;
    if (!wrapped && !known && root->kind == JSON_OBJECT && r->first.len == 0)
        import_describe(root, &r->first);
    if (!wrapped) {
        r->other_kind += r->metrics ? import_is_log(root) : import_is_series(root);
        rc = r->metrics ? take_series(r, d, line) : take_log(r, root, line);
    }
    r->wrapped += wrapped;
    json_free(d);
    return rc;
}

static int take(void *context, enum import_piece piece, const char *text, size_t n, uint64_t line) {
    struct reading *r = context;
    switch (piece) {
    case IMPORT_BROKEN:
        r->s->entries++;
        complain(r, line, "it is damaged: brackets or quotes do not match");
        return 0;
    case IMPORT_TOO_LONG:
        r->job->unusable = true;
        return import_split_too_long(&r->split, r->s->file, line, r->e);
    case IMPORT_NO_MEMORY:
        return err_memory(r->e, "%s", r->s->file);
    case IMPORT_ENTRY:
        break;
    }
    return take_document(r, text, n, line, false);
}

/* Nothing of the file could be, whatever the service and the time: it is of another kind. */
static int check_use(const struct reading *r, struct err *e) {
    const struct import_source *s = r->s;
    if (s->used + s->output + s->elsewhere + s->outside > 0 || r->objects + r->wrapped == 0)
        return 0;
    r->job->unusable = true;
    const char *first = buf_text(&s->complaints), *what = buf_text(&r->first);
    if (r->known > 0 && s->bad == 0)
        return err_set(e, "nothing in %s is of Cloud Run: it holds %s of other products", s->file,
                       r->metrics ? "metrics" : "logs");
    if (what[0] != '\0' && r->known == 0)
        return err_set(e, "nothing in %s can be used: it is %s", s->file, what);
    size_t name = strlen(s->file);
    if (strncmp(first, s->file, name) == 0 && first[name] == ':')
        first += name + 1;
    return err_set(e, "nothing in %s can be used: line %.*s", s->file, (int)strcspn(first, "\n"),
                   first);
}

static int check_file(const struct reading *r, bool empty, struct err *e) {
    const char *file = r->s->file;
    if (empty)
        return err_set(e, "%s is empty (was the export interrupted?)", file);
    const char *first = buf_text(&r->s->complaints);
    if (r->objects + r->wrapped == 0 && r->s->bad > 0)
        return err_set(e, "%s is not JSON with entries (export with --format=json): %.*s", file,
                       (int)strcspn(first, "\n"), first);
    if (r->objects == 0 && r->s->cut_short)
        return err_set(e, "%s ends within its first entry (was the export interrupted?)", file);
    if (r->objects > 0 && r->other_kind == r->objects)
        return err_set(e,
                       r->metrics ? "%s holds log entries: give it with --logs"
                                  : "%s holds time series: give it with --metrics",
                       file);
    return check_use(r, e);
}

static bool is_blank(const char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (strchr(" \t\r\n", bytes[i]) == NULL || bytes[i] == '\0')
            return false;
    }
    return true;
}

/* Feeds the whole of a file; *blank: nothing but spaces was in it. */
static int feed(struct reading *r, int fd, bool *blank) {
    char *bytes = malloc(READ_BYTES);
    if (bytes == NULL)
        return err_memory(r->e, "%s", r->s->file);
    int rc = 0;
    *blank = true;
    while (rc == 0) {
        ssize_t n = read(fd, bytes, READ_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            rc = err_set(r->e, "cannot read %s: %s", r->s->file, strerror(errno));
        if (n <= 0)
            break;
        if (*blank && file_check_plain(r->s->file, bytes, (size_t)n, r->e) != 0) {
            rc = -1;
            break;
        }
        *blank = *blank && is_blank(bytes, (size_t)n);
        rc = import_split_feed(&r->split, bytes, (size_t)n);
    }
    free(bytes);
    return rc;
}

int import_file(struct import_job *job, bool metrics, struct import_source *s, struct err *e) {
    struct reading r = {.job = job, .s = s, .e = e, .metrics = metrics};
    bool blank = true;
    int fd = open(s->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, "cannot read %s: %s", s->file, strerror(errno));
    buf_init(&r.first, 2048);
    import_split_init(&r.split, metrics ? IMPORT_SERIES_MAX_BYTES : IMPORT_LOG_MAX_BYTES, take, &r);
    int rc = feed(&r, fd, &blank);
    if (rc == 0)
        rc = import_split_end(&r.split, &s->cut_short);
    if (rc == 0)
        rc = check_file(&r, blank, e);
    import_split_done(&r.split);
    buf_done(&r.first);
    close(fd);
    return rc;
}
