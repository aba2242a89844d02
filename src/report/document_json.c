/* A report in JSON: its tables, and the members that are none. */
#include <math.h>

#include "report/emit.h"
#include "util/array.h"
#include "util/json_write.h"

static void put_cut(struct json_writer *w, const struct reader_cut *c) {
    if (c == NULL) {
        json_write_null(w, "cut");
        return;
    }
    bool ends = c->to_us != READER_TO_THE_END;
    json_write_object(w, "cut", JSON_LINES);
    json_write_number(w, "from_ms", (double)c->from_us / 1000);
    json_write_number(w, "to_ms", ends ? (double)c->to_us / 1000 : (double)NAN);
    if (c->name_count == 0)
        json_write_null(w, "names");
    else {
        json_write_array(w, "names", JSON_LINE);
        for (size_t i = 0; i < c->name_count; i++)
            json_write_text(w, NULL, c->names[i]);
        json_write_end(w);
    }
    json_write_bool(w, "warm_only", c->warm_only);
    json_write_end(w);
}

static void put_run(struct json_writer *w, const struct model *m) {
    const struct reader_run *r = m->run;
    json_write_object(w, "run", JSON_LINES);
    json_write_text(w, "name", r->name);
    json_write_text(w, "target", r->target);
    json_write_text(w, "started_utc", r->started_utc);
    json_write_number(w, "duration_ms", (double)r->duration_us / 1000);
    json_write_uint(w, "users_max", r->users_max);
    json_write_uint(w, "seed", r->seed);
    json_write_text(w, "version", r->version);
    json_write_bool(w, "complete", r->complete);
    json_write_text(w, "verdict", r->complete ? r->verdict : NULL);
    json_write_text(w, "verdict_reason", r->complete ? r->verdict_reason : NULL);
    json_write_number(w, "exit_code", r->complete ? r->exit_code : (double)NAN);
    put_cut(w, m->cut);
    json_write_text(w, "rules", m->options.locust ? "locust" : "exact");
    json_write_end(w);
}

static void put_known(struct json_writer *w, const char *key, int64_t value) {
    if (value == READER_NO_VALUE)
        json_write_null(w, key);
    else
        json_write_int(w, key, value < 0 ? 0 : value);
}

struct known {
    const char *key;
    int64_t value;
};

/* null if the first one is not known. */
static void put_all(struct json_writer *w, const char *key, const struct known *x, size_t n) {
    if (x[0].value == READER_NO_VALUE) {
        json_write_null(w, key);
        return;
    }
    json_write_object(w, key, JSON_LINES);
    for (size_t i = 0; i < n; i++)
        put_known(w, x[i].key, x[i].value);
    json_write_end(w);
}

static void put_users(struct json_writer *w, const struct served_users *u) {
    if (!u->known) {
        json_write_null(w, "users");
        return;
    }
    json_write_object(w, "users", JSON_LINES);
    json_write_uint(w, "started", u->started);
    json_write_uint(w, "requests_min", u->requests_min);
    json_write_number(w, "requests_median", u->requests_median);
    json_write_uint(w, "requests_max", u->requests_max);
    json_write_uint(w, "without_answer", u->without_answer);
    json_write_uint(w, "with_one_answer", u->with_one_answer);
    json_write_uint(w, "starved", u->starved);
    json_write_end(w);
}

static void put_client(struct json_writer *w, const struct model *m) {
    const struct client_summary *c = &m->client;
    const struct known dispatch[] = {{"scheduled", c->scheduled},
                                     {"waited_for_user", c->waited},
                                     {"late", c->late},
                                     {"not_sent", c->not_sent},
                                     {"p50_us", c->dispatch_p50_us},
                                     {"p99_us", c->dispatch_p99_us},
                                     {"max_us", c->dispatch_max_us}};
    const struct known calibration[] = {{"p50_us", c->calibration_p50_us},
                                        {"p99_us", c->calibration_p99_us},
                                        {"requests_per_second", c->calibration_rate}};
    json_write_object(w, "client", JSON_LINES);
    put_users(w, &m->users_served);
    if (c->known) {
        json_write_number(w, "busiest_core", c->cpu_max);
        json_write_number(w, "writer_core", c->cpu_writer);
        put_known(w, "loop_lag_mean_us", c->loop_lag_mean_us);
        put_known(w, "loop_lag_max_us", c->loop_lag_max_us);
        put_known(w, "queued_max", c->queued_max);
        put_known(w, "lost", c->lost);
        put_known(w, "open_files_max", c->open_files);
        put_known(w, "ports_max", c->ports);
        put_known(w, "retransmits", c->retransmits);
        put_all(w, "dispatch", dispatch, COUNT_OF(dispatch));
        put_all(w, "calibration", calibration, COUNT_OF(calibration));
    }
    json_write_end(w);
}

static void put_cost_basis(struct json_writer *w, const struct platform_cost *c) {
    json_write_object(w, "cost_basis", JSON_LINES);
    json_write_text(w, "billing", c->shape.billing == BILLING_REQUEST ? "request" : "instance");
    json_write_number(w, "cpus", c->shape.cpus);
    json_write_int(w, "memory_bytes", c->shape.memory_bytes);
    if (c->shape.gpu != GPU_NONE) {
        json_write_text(w, "gpu", gpu_kinds[c->shape.gpu].name);
        json_write_number(w, "gpu_second_price", c->prices.gpu[c->shape.gpu]);
    }
    json_write_text(w, "region", c->shape.region);
    json_write_text(w, "tier", c->prices.tier);
    json_write_text(w, "prices", c->prices.source);
    json_write_text(w, "prices_date", c->prices.date);
    json_write_text(w, "currency", c->prices.currency);
    json_write_end(w);
}

static void put_server(struct json_writer *w, const struct document *d) {
    const struct model *m = d->model;
    json_write_object(w, "server", JSON_LINES);
    if (m->server != NULL && m->server->side.requests > 0)
        json_write_text(w, "cold_start_rule", PLATFORM_COLD_RULE);
    if (m->guess != NULL)
        json_write_text(w, "cold_start_guess_rule", GUESS_RULE);
    emit_json_tables(w, d, SECTION_SERVER, JSON_LINE);
    if (m->server != NULL && m->cost.cost.instance_s > 0)
        put_cost_basis(w, &m->cost);
    json_write_end(w);
}

static void put_remarks(struct json_writer *w, const struct lines *r) {
    const char *key, *text;
    json_write_array(w, "notes", JSON_LINE);
    for (size_t at = 0; lines_next(r, &at, &key, &text);) {
        json_write_object(w, NULL, JSON_LINES);
        json_write_text(w, "key", key);
        json_write_text(w, "text", text);
        json_write_end(w);
    }
    json_write_end(w);
}

void document_json(struct json_writer *w, const struct document *d) {
    const struct model *m = d->model;
    put_run(w, m);
    emit_json_tables(w, d, SECTION_FIRST, JSON_LINE);
    put_remarks(w, &m->remarks);
    emit_json_tables(w, d, SECTION_PLAIN, JSON_LINE);
    emit_json_tables(w, d, SECTION_LAST, JSON_LINE);
    if (m->client.known || m->users_served.starved > 0)
        put_client(w, m);
    if (document_has(d, SECTION_SERVER))
        put_server(w, d);
}
