#include "target/counts.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/json_write.h"
#include "util/text.h"

static const char *const methods[METHOD_COUNT] = {"GET",    "HEAD",  "POST",    "PUT",
                                                  "DELETE", "PATCH", "OPTIONS", "(other)"};
static const char *const routes[ROUTE_COUNT] = {"/",
                                                "/health",
                                                "/healthz",
                                                "/predict",
                                                "/login",
                                                "/v1/models",
                                                "/v2/health/live",
                                                "/v2/health/ready",
                                                "/v2",
                                                "/v2/models/MODEL",
                                                "/v2/models/MODEL/ready",
                                                "/v2/models/MODEL/infer",
                                                "/inference.GRPCInferenceService/ModelInfer",
                                                "/inference.GRPCInferenceService/ModelStreamInfer",
                                                "(other gRPC)",
#define ROUTE_PATH(name, path) path,
                                                LLM_API_MAP(ROUTE_PATH)
#undef ROUTE_PATH
                                                    "(other)"};

enum method method_of(const char *name) {
    int m = 0;
    while (m < METHOD_OTHER && strcmp(name, methods[m]) != 0)
        m++;
    return (enum method)m;
}

/* Of a path with the name of a model in it. */
static enum route model_route(const char *path) {
    static const char front[] = "/v2/models/";
    if (strncmp(path, front, sizeof front - 1) != 0 || path[sizeof front - 1] == '\0')
        return ROUTE_OTHER;
    const char *name = path + sizeof front - 1, *end = strchr(name, '/');
    if (end == NULL)
        return ROUTE_KSERVE_MODEL;
    return end == name                  ? ROUTE_OTHER
           : strcmp(end, "/ready") == 0 ? ROUTE_KSERVE_MODEL_READY
           : strcmp(end, "/infer") == 0 ? ROUTE_KSERVE_INFER
                                        : ROUTE_OTHER;
}

enum route route_of(const char *path) {
    for (int r = 0; r < ROUTE_OTHER; r++)
        if (strcmp(path, routes[r]) == 0)
            return r >= ROUTE_KSERVE_MODEL && r <= ROUTE_GRPC_OTHER ? ROUTE_OTHER : (enum route)r;
    return model_route(path);
}

void counts_init(struct counts *c) {
    memset(c, 0, sizeof(*c));
    pthread_mutex_init(&c->lock, NULL);
}

void counts_done(struct counts *c) {
    pthread_mutex_destroy(&c->lock);
}

void counts_connection(struct counts *c) {
    pthread_mutex_lock(&c->lock);
    c->connections++;
    pthread_mutex_unlock(&c->lock);
}

uint64_t counts_received(struct counts *c, enum method m, enum route r) {
    pthread_mutex_lock(&c->lock);
    uint64_t number = c->received++;
    c->rows[m][r].received++;
    pthread_mutex_unlock(&c->lock);
    return number;
}

void counts_answered(struct counts *c, enum method m, enum route r, int status, uint64_t bytes_in,
                     uint64_t bytes_out) {
    struct count_row *row = &c->rows[m][r];
    pthread_mutex_lock(&c->lock);
    row->answered[status - STATUS_LEAST]++;
    row->bytes_in += bytes_in;
    row->bytes_out += bytes_out;
    pthread_mutex_unlock(&c->lock);
}

void counts_unanswered(struct counts *c, enum method m, enum route r, int status,
                       uint64_t bytes_out) {
    struct count_row *row = &c->rows[m][r];
    pthread_mutex_lock(&c->lock);
    row->answered[status - STATUS_LEAST]--;
    row->bytes_out -= bytes_out;
    row->aborted++;
    pthread_mutex_unlock(&c->lock);
}

void counts_fault(struct counts *c, enum method m, enum route r, enum fault_kind kind,
                  uint64_t bytes_in) {
    pthread_mutex_lock(&c->lock);
    c->rows[m][r].faults[kind]++;
    c->rows[m][r].bytes_in += bytes_in;
    pthread_mutex_unlock(&c->lock);
}

void counts_aborted(struct counts *c, enum method m, enum route r, uint64_t bytes_in) {
    pthread_mutex_lock(&c->lock);
    c->rows[m][r].aborted++;
    c->rows[m][r].bytes_in += bytes_in;
    pthread_mutex_unlock(&c->lock);
}

/* A copy in which the numbers belong together, and the sum of its rows. NULL: no memory. */
static struct counts *snapshot(struct counts *c, struct count_row *total) {
    struct counts *copy = calloc(1, sizeof(*copy));
    if (copy == NULL)
        return NULL;
    pthread_mutex_lock(&c->lock);
    memcpy(copy->rows, c->rows, sizeof copy->rows);
    copy->received = c->received;
    copy->connections = c->connections;
    pthread_mutex_unlock(&c->lock);
    memset(total, 0, sizeof(*total));
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int r = 0; r < ROUTE_COUNT; r++) {
            const struct count_row *row = &copy->rows[m][r];
            total->received += row->received;
            total->aborted += row->aborted;
            total->bytes_in += row->bytes_in;
            total->bytes_out += row->bytes_out;
            for (int s = 0; s < STATUS_COUNT; s++)
                total->answered[s] += row->answered[s];
            for (int f = 0; f < FAULT_COUNT; f++)
                total->faults[f] += row->faults[f];
        }
    return copy;
}

static uint64_t in_flight(const struct count_row *row) {
    uint64_t n = row->received - row->aborted;
    for (int s = 0; s < STATUS_COUNT; s++)
        n -= row->answered[s];
    for (int f = 0; f < FAULT_COUNT; f++)
        n -= row->faults[f];
    return n;
}

/* The members of an object, and its end. */
static void json_row(struct json_writer *w, const struct count_row *row) {
    json_write_uint(w, "received", row->received);
    json_write_object(w, "answered", JSON_LINES);
    for (int s = 0; s < STATUS_COUNT; s++)
        if (row->answered[s] > 0) {
            char status[16];
            snprintf(status, sizeof status, "%d", s + STATUS_LEAST);
            json_write_uint(w, status, row->answered[s]);
        }
    json_write_end(w);
    for (int f = FAULT_RESET; f < FAULT_COUNT; f++)
        json_write_uint(w, fault_text((enum fault_kind)f), row->faults[f]);
    json_write_uint(w, "aborted", row->aborted);
    json_write_uint(w, "in_flight", in_flight(row));
    json_write_uint(w, "bytes_in", row->bytes_in);
    json_write_uint(w, "bytes_out", row->bytes_out);
    json_write_end(w);
}

void counts_json(struct counts *c, const struct counts_more *more, struct buf *out) {
    struct count_row total;
    struct json_writer w;
    struct counts *copy = snapshot(c, &total);
    if (copy == NULL) {
        out->failed = true;
        return;
    }
    json_write_init(&w, out, "\t");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_array(&w, "requests", JSON_LINE);
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int r = 0; r < ROUTE_COUNT; r++) {
            if (copy->rows[m][r].received == 0)
                continue;
            json_write_object(&w, NULL, JSON_LINES);
            json_write_text(&w, "method", methods[m]);
            json_write_text(&w, "path", routes[r]);
            json_row(&w, &copy->rows[m][r]);
        }
    json_write_end(&w);
    json_write_object(&w, "total", JSON_LINES);
    json_row(&w, &total);
    json_write_uint(&w, "connections", copy->connections);
    json_write_uint(&w, "cold_starts", more->cold_starts);
    json_write_uint(&w, "streams", more->streams);
    json_write_uint(&w, "tokens", more->tokens);
    json_write_end(&w);
    buf_char(out, '\n');
    free(copy);
}

/* One line; columns that are 0 in all rows are left out. A NULL row gives the heads. */
static void table_line(struct buf *out, const char *method, const char *path, int path_width,
                       const struct count_row *row, const struct count_row *total) {
    buf_printf(out, "%-8s %-*s ", method, path_width, path);
    if (row == NULL)
        buf_printf(out, "%10s", "received");
    else
        buf_printf(out, "%10" PRIu64, row->received);
    for (int s = 0; s < STATUS_COUNT; s++) {
        if (total->answered[s] == 0)
            continue;
        if (row == NULL)
            buf_printf(out, " %9d", s + STATUS_LEAST);
        else
            buf_printf(out, " %9" PRIu64, row->answered[s]);
    }
    const struct {
        const char *head;
        uint64_t value, sum;
    } columns[] = {
#define TABLE_FAULT(name, text)                                                                    \
    {text, row == NULL ? 0 : row->faults[FAULT_##name], total->faults[FAULT_##name]},
        FAULT_MAP(TABLE_FAULT)
#undef TABLE_FAULT
            {"aborted", row == NULL ? 0 : row->aborted, total->aborted},
        {"bytes in", row == NULL ? 0 : row->bytes_in, 1},
        {"bytes out", row == NULL ? 0 : row->bytes_out, 1},
    };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        int width = strncmp(columns[k].head, "bytes", 5) == 0 ? 13 : 9;
        if (columns[k].sum == 0)
            continue;
        if (row == NULL)
            buf_printf(out, " %*s", width, columns[k].head);
        else
            buf_printf(out, " %*" PRIu64, width, columns[k].value);
    }
    buf_char(out, '\n');
}

/* As wide as the longest path that is shown. */
static int path_width(const struct counts *c) {
    size_t width = 9;
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int r = 0; r < ROUTE_COUNT; r++)
            if (c->rows[m][r].received > 0 && strlen(routes[r]) > width)
                width = strlen(routes[r]);
    return (int)width;
}

static void count_text(struct buf *out, uint64_t n, const char *what) {
    buf_printf(out, "%" PRIu64 " %s%s", n, what, text_plural(n));
}

void counts_table(struct counts *c, const struct counts_more *more, struct buf *out) {
    struct count_row total;
    struct counts *copy = snapshot(c, &total);
    if (copy == NULL) {
        out->failed = true;
        return;
    }
    int width = path_width(copy);
    table_line(out, "Method", "Path", width, NULL, &total);
    for (int m = 0; m < METHOD_COUNT; m++)
        for (int r = 0; r < ROUTE_COUNT; r++)
            if (copy->rows[m][r].received > 0)
                table_line(out, methods[m], routes[r], width, &copy->rows[m][r], &total);
    table_line(out, "", "Total", width, &total, &total);
    count_text(out, copy->connections, "connection");
    buf_str(out, ", ");
    count_text(out, more->cold_starts, "cold start");
    if (more->streams > 0 || more->tokens > 0) {
        buf_str(out, ", ");
        count_text(out, more->streams, "stream");
        buf_str(out, ", ");
        count_text(out, more->tokens, "token");
    }
    buf_char(out, '\n');
    free(copy);
}
