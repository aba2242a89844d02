#include "report/export_streams.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/outcome.h"

static int mark(void *context, const struct request *row, const struct stream_row *stream) {
    struct export_streams *x = context;
    (void)stream;
    if (row->endpoint < x->endpoint_count)
        x->has_streams[row->endpoint] = true;
    return 0;
}

/* Endpoints of one method and name are one for a report. */
static void mark_namesakes(struct export_streams *x, const struct endpoint *endpoints) {
    for (size_t i = 0; i < x->endpoint_count; i++)
        for (size_t k = 0; k < x->endpoint_count && !x->has_streams[i]; k++)
            x->has_streams[i] = x->has_streams[k] &&
                                strcmp(endpoints[i].name, endpoints[k].name) == 0 &&
                                strcmp(endpoints[i].method, endpoints[k].method) == 0;
}

int export_streams_init(struct export_streams *x, struct reader *r, const char *format,
                        struct err *e) {
    const struct catalog *catalog = reader_catalog(r);
    *x = (struct export_streams){.reader = r, .endpoint_count = catalog->endpoint_count};
    if (!reader_has_streams(r))
        return err_set(
            e,
            "the run has no streamed answers, and --format %s lists nothing else; give the "
            "requests \"stream\" in the scenario",
            format);
    x->has_streams = calloc(x->endpoint_count + 1, sizeof *x->has_streams);
    if (x->has_streams == NULL)
        return err_memory(e, "%zu endpoints", x->endpoint_count);
    if (reader_streams(r, mark, x, e) == 0) {
        mark_namesakes(x, catalog->endpoints);
        return 0;
    }
    export_streams_done(x);
    return -1;
}

void export_streams_done(struct export_streams *x) {
    free(x->has_streams);
    x->has_streams = NULL;
}

bool export_streams_lists(const struct export_streams *x, const struct request *row) {
    return row->sent_us != REQUEST_NO_VALUE && row->endpoint < x->endpoint_count &&
           x->has_streams[row->endpoint];
}

const char *export_streams_phrase(int status) {
    const char *said = http_status_str((enum http_status)status);
    return said[0] == '<' ? "" : said; /* "<unknown>" */
}

const char *export_streams_error(const struct export_streams *x, const struct request *row,
                                 char *room, size_t n) {
    if (row->error != 0)
        return reader_error(x->reader, row->error);
    if (row->outcome == OUTCOME_HTTP_ERROR)
        snprintf(room, n, "HTTP %d %s", row->status, export_streams_phrase(row->status));
    else
        snprintf(room, n, "%s", outcome_text((int)row->outcome));
    return room;
}
