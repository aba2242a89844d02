#include "web/web_locust.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "web/web_internal.h"

#define TEXT_MAX_BYTES ((size_t)256 << 20)
#define JSON "application/json"
#define CSV "text/csv; charset=utf-8"

static const struct {
    const char *path, *type;
    const char *file; /* of a download: its name begins so */
    const char *idle; /* before the first run; NULL: there is nothing */
} documents[WEB_LOCUST_DOCUMENTS] = {
    [WEB_LOCUST_STATS] = {"/stats/requests", JSON, NULL,
                          "{\"stats\":[],\"errors\":[],\"current_rps\":0,"
                          "\"current_fail_per_sec\":0,\"total_rps\":0,\"total_fail_per_sec\":0,"
                          "\"fail_ratio\":0,\"current_response_time_percentiles\":"
                          "{\"response_time_percentile_0.5\":null,"
                          "\"response_time_percentile_0.95\":null},"
                          "\"state\":\"ready\",\"user_count\":0}\n"},
    [WEB_LOCUST_STATS_CSV] = {"/stats/requests/csv", CSV, "requests", NULL},
    [WEB_LOCUST_FAILURES_CSV] = {"/stats/failures/csv", CSV, "failures", NULL},
    [WEB_LOCUST_HISTORY_CSV] = {"/stats/requests_full_history/csv", CSV, "requests_full_history",
                                NULL},
    [WEB_LOCUST_EXCEPTIONS] = {"/exceptions", JSON, NULL, "{\"exceptions\":[]}\n"},
    [WEB_LOCUST_EXCEPTIONS_CSV] = {"/exceptions/csv", CSV, "exceptions", NULL},
};

static void forget(struct web_locust_state *s) {
    for (size_t i = 0; i < WEB_LOCUST_DOCUMENTS; i++) {
        if (s->made[i].response != NULL)
            MHD_destroy_response(s->made[i].response);
        s->made[i].response = NULL;
    }
}

/* Under the lock of s: the document as of now. */
static void make(struct web *w, struct web_locust_state *s, enum web_locust_document which,
                 uint64_t generation) {
    struct buf text;
    unsigned status = MHD_HTTP_OK;
    buf_init(&text, TEXT_MAX_BYTES);
    if (s->lender != NULL)
        status = s->lender->write(s->lender->context, which, &text);
    else if (documents[which].idle != NULL)
        buf_str(&text, documents[which].idle);
    else {
        status = MHD_HTTP_NOT_FOUND;
        buf_str(&text, "no run has started yet\n");
    }
    size_t n = text.len;
    char *bytes = buf_ok(&text) ? buf_take(&text) : NULL;
    buf_done(&text);
    struct MHD_Response *r =
        bytes == NULL ? NULL : MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
    if (r == NULL) {
        free(bytes);
        return;
    }
    web_headers(w, r, status == MHD_HTTP_OK ? documents[which].type : "text/plain; charset=utf-8");
    if (status == MHD_HTTP_OK && documents[which].file != NULL) {
        char name[128];
        snprintf(name, sizeof name, "attachment;filename=%s_%lld.csv", documents[which].file,
                 (long long)time(NULL));
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_DISPOSITION, name);
    }
    if (s->made[which].response != NULL)
        MHD_destroy_response(s->made[which].response);
    s->made[which].response = r;
    s->made[which].status = status;
    s->made[which].generation = generation;
}

static uint64_t generation_of(struct web *w) {
    pthread_mutex_lock(&w->lock);
    uint64_t generation = w->generation;
    pthread_mutex_unlock(&w->lock);
    return generation;
}

enum MHD_Result web_locust_answer(struct web *w, struct MHD_Connection *c, const char *path) {
    struct web_locust_state *s = &w->locust;
    size_t which = 0;
    while (which < WEB_LOCUST_DOCUMENTS - 1 && strcmp(path, documents[which].path) != 0)
        which++;
    uint64_t generation = generation_of(w);
    pthread_mutex_lock(&s->lock);
    bool fresh = s->made[which].response != NULL &&
                 (s->lender == NULL || s->made[which].generation == generation);
    if (!fresh)
        make(w, s, (enum web_locust_document)which, generation);
    enum MHD_Result result =
        s->made[which].response == NULL
            ? MHD_NO
            : MHD_queue_response(c, s->made[which].status, s->made[which].response);
    pthread_mutex_unlock(&s->lock);
    return result;
}

enum MHD_Result web_locust_reset(struct web *w, struct MHD_Connection *c) {
    struct web_locust_state *s = &w->locust;
    pthread_mutex_lock(&s->lock);
    bool refused = s->lender != NULL && s->lender->reset == NULL;
    if (s->lender != NULL && !refused)
        s->lender->reset(s->lender->context);
    if (!refused)
        forget(s);
    pthread_mutex_unlock(&s->lock);
    if (refused)
        return web_send_text(w, c, MHD_HTTP_CONFLICT, "text/plain; charset=utf-8",
                             "the numbers of several processes cannot begin again\n", NULL, NULL);
    return web_send_text(w, c, MHD_HTTP_OK, "text/plain; charset=utf-8", "ok", NULL, NULL);
}

void web_locust_init(struct web *w) {
    pthread_mutex_init(&w->locust.lock, NULL);
}

void web_locust_done(struct web *w) {
    forget(&w->locust);
    pthread_mutex_destroy(&w->locust.lock);
}

void web_locust_lend(struct web *w, const struct web_locust *l) {
    struct web_locust_state *s = &w->locust;
    pthread_mutex_lock(&s->lock);
    s->lender = l;
    forget(s);
    pthread_mutex_unlock(&s->lock);
}

void web_locust_return(struct web *w, const struct web_locust *l, bool keep) {
    struct web_locust_state *s = &w->locust;
    pthread_mutex_lock(&s->lock);
    if (s->lender == l) {
        for (int i = 0; i < WEB_LOCUST_DOCUMENTS && keep; i++)
            make(w, s, (enum web_locust_document)i, 0);
        s->lender = NULL;
    }
    pthread_mutex_unlock(&s->lock);
}
