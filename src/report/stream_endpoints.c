#include "report/stream_endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "record/reader_streams.h"
#include "util/json.h"

struct marks {
    bool *streams;
    size_t count;
    bool said;
};

static void take_pair(void *context, const char *key, const char *value) {
    struct marks *m = context;
    struct json_doc *doc = NULL;
    if (strcmp(key, STREAM_ENDPOINTS_KEY) != 0 ||
        json_parse(key, value, strlen(value), &doc, NULL) != 0)
        return;
    const struct json *root = json_root(doc);
    for (const struct json *x = root->kind == JSON_ARRAY ? root->first : NULL; x != NULL;
         x = x->next) {
        int64_t i = -1;
        if (json_int64(x, &i) && i >= 0 && (uint64_t)i < m->count)
            m->said = m->streams[i] = true;
    }
    json_free(doc);
}

static int mark(void *context, const struct request *x, const struct stream_row *s) {
    struct marks *m = context;
    (void)s;
    if (x->endpoint < m->count)
        m->streams[x->endpoint] = true;
    return 0;
}

int stream_endpoints(struct reader *r, bool **out, bool *said, struct err *e) {
    struct marks m = {.count = reader_catalog(r)->endpoint_count};
    m.streams = calloc(m.count + 1, sizeof *m.streams);
    if (m.streams == NULL)
        return err_memory(e, "%zu endpoints", m.count);
    if (reader_manifest(r, take_pair, &m, e) != 0 ||
        (!m.said && reader_streams(r, mark, &m, e) != 0)) {
        free(m.streams);
        return -1;
    }
    *out = m.streams;
    *said = m.said;
    return 0;
}
