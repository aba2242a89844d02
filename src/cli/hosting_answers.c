/* What the page asks for: lists, a scenario that is checked, a run file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/hosting.h"
#include "record/reader.h"
#include "record/reader_streams.h"
#include "report/report.h"
#include "scenario/scenario.h"
#include "util/clock.h"
#include "util/json_write.h"

#define RUNS_SHOWN 200

static struct json_writer begin(struct web_reply *out) {
    struct json_writer j;
    out->status = 200;
    out->type = "application/json";
    json_write_init(&j, &out->text, NULL);
    json_write_object(&j, NULL, JSON_LINE);
    return j;
}

static void end(struct json_writer *j, struct web_reply *out) {
    json_write_end(j);
    buf_char(&out->text, '\n');
}

/* ---- scenarios ---- */

static void list_scenarios(struct hosting *h, struct web_reply *out) {
    struct hosting_names all;
    struct err e;
    if (hosting_scenarios(h, &all, &e) != 0) {
        web_reply_error(out, 500, e.text);
        return;
    }
    struct json_writer j = begin(out);
    json_write_text(&j, "folder", h->scenarios);
    json_write_array(&j, "scenarios", JSON_LINE);
    for (size_t i = 0; i < all.count; i++)
        json_write_text(&j, NULL, all.names[i]);
    json_write_end(&j);
    json_write_array(&j, "hosts", JSON_LINE);
    for (size_t i = 0; i < h->host_count; i++)
        json_write_text(&j, NULL, h->hosts[i]);
    json_write_end(&j);
    json_write_object(&j, "last", JSON_LINE);
    pthread_mutex_lock(&h->lock);
    for (enum web_field f = 0; f < WEB_FIELDS; f++)
        if (h->last.field[f][0] != '\0')
            json_write_text(&j, web_field_name(f), h->last.field[f]);
    pthread_mutex_unlock(&h->lock);
    json_write_end(&j);
    end(&j, out);
    hosting_names_done(&all);
}

/* What the form begins with. */
static void write_load(struct json_writer *j, const struct scenario *s) {
    const struct load *l = &s->loads[0].load;
    bool open = load_is_open(l);
    json_write_text(j, "load", open ? "rate" : "users");
    json_write_text(j, "no_change", s->load_count > 1 ? "it has several loads" : load_no_change(l));
    if (open)
        json_write_number(j, "rate", (double)load_micro_rate_max(l) / LOAD_MICRO);
    else {
        json_write_uint(j, "users", scenario_users_max(s));
        json_write_number(j, "spawn_rate", l->spawn_rate);
    }
    json_write_number(j, "duration_s", (double)scenario_duration(s) / NS_PER_S);
}

/* A mistake is part of the answer: the page shows it beside the scenario. */
static void check_scenario(const struct hosting *h, const struct web_ask *ask,
                           struct web_reply *out) {
    char path[HOSTING_PATH_BYTES];
    struct scenario *s = NULL;
    struct err e = {""};
    if (hosting_scenario_path(h, ask->name, path, &e) != 0) {
        web_reply_error(out, 404, e.text);
        return;
    }
    int status = scenario_load(path, NULL, NULL, &s, &e);
    struct json_writer j = begin(out);
    json_write_text(&j, "file", ask->name);
    if (status != 0)
        json_write_text(&j, "error", e.text);
    else {
        json_write_text(&j, "name", s->name);
        json_write_text(&j, "target", s->target_source);
        json_write_bool(&j, "needs_target", s->target == NULL && scenario_needs_target(s));
        write_load(&j, s);
    }
    end(&j, out);
    scenario_free(s);
}

/* ---- runs ---- */

static void write_run(struct json_writer *j, const struct hosting *h, const char *name) {
    char path[HOSTING_PATH_BYTES];
    struct reader *r = NULL;
    struct err e = {""};
    struct stat s;
    if (hosting_run_path(h, name, path, &e) != 0)
        return; /* it has just gone */
    json_write_object(j, NULL, JSON_LINE);
    json_write_text(j, "file", name);
    json_write_uint(j, "bytes", stat(path, &s) == 0 ? (uint64_t)s.st_size : 0);
    if (reader_peek(path, &r, &e) != 0)
        json_write_text(j, "error", e.text);
    else {
        const struct reader_run *run = reader_run(r);
        json_write_text(j, "name", run->name);
        json_write_text(j, "target", run->target);
        json_write_text(j, "started", run->started_utc);
        json_write_number(j, "duration_s", (double)run->duration_us / 1e6);
        json_write_uint(j, "users_max", run->users_max);
        json_write_int(j, "requests", reader_last_request(r));
        json_write_bool(j, "complete", run->complete);
        json_write_text(j, "verdict", run->verdict[0] == '\0' ? NULL : run->verdict);
        json_write_bool(j, "streams", reader_has_streams(r));
    }
    reader_close(r);
    json_write_end(j);
}

static void list_runs(const struct hosting *h, const struct web_ask *ask, struct web_reply *out) {
    struct hosting_names all;
    struct err e;
    if (hosting_runs(h, &all, &e) != 0) {
        web_reply_error(out, 500, e.text);
        return;
    }
    struct json_writer j = begin(out);
    size_t shown = all.count < RUNS_SHOWN ? all.count : RUNS_SHOWN;
    json_write_text(&j, "folder", h->runs);
    json_write_uint(&j, "count", all.count);
    json_write_array(&j, "formats", JSON_LINE);
    for (const struct report_format *f = report_formats; f->word != NULL; f++)
        json_write_text(&j, NULL, f->word);
    json_write_end(&j);
    json_write_array(&j, "stream_formats", JSON_LINE);
    for (const struct report_format *f = report_formats; f->word != NULL; f++)
        if (f->of_streams)
            json_write_text(&j, NULL, f->word);
    json_write_end(&j);
    json_write_array(&j, "runs", JSON_LINE);
    for (size_t i = 0; i < shown && !web_ask_gone(ask); i++)
        write_run(&j, h, all.names[i]);
    json_write_end(&j);
    end(&j, out);
    hosting_names_done(&all);
}

/* Of a run that goes on, the file lacks what SQLite has not moved into it yet. Returns 200, or
 * another status and why. */
static unsigned check_whole(const char *path, struct err *e) {
    struct reader *r = NULL;
    unsigned status = 200;
    if (reader_peek(path, &r, e) != 0)
        status = 500;
    else if (!reader_run(r)->complete) {
        err_set(e, "this run is in progress, or was interrupted; its file can be "
                   "downloaded when it has ended");
        status = 409;
    }
    reader_close(r);
    return status;
}

static void send_file(const struct hosting *h, const struct web_ask *ask, struct web_reply *out) {
    char path[HOSTING_PATH_BYTES];
    struct err e = {""};
    struct stat s;
    if (hosting_run_path(h, ask->name, path, &e) != 0) {
        web_reply_error(out, 404, e.text);
        return;
    }
    unsigned status = check_whole(path, &e);
    if (status != 200) {
        web_reply_error(out, status, e.text);
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))) {
        close(fd);
        fd = -1;
    }
    if (fd < 0) {
        web_reply_error(out, 404, "this run cannot be read");
        return;
    }
    out->status = 200;
    out->type = "application/vnd.sqlite3";
    out->fd = fd;
    snprintf(out->save_as, sizeof out->save_as, "%s", ask->name);
}

void hosting_serve(void *context, const struct web_ask *ask, struct web_reply *out) {
    struct hosting *h = context;
    switch (ask->what) {
    case WEB_SCENARIOS:
        list_scenarios(h, out);
        break;
    case WEB_SCENARIO:
        check_scenario(h, ask, out);
        break;
    case WEB_RUNS:
        list_runs(h, ask, out);
        break;
    case WEB_RUN_FILE:
        send_file(h, ask, out);
        break;
    case WEB_REPORT:
        hosting_report(h, ask, out);
        break;
    case WEB_COMPARISON:
        hosting_compare(h, ask, out);
        break;
    }
}
