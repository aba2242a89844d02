#include "cli/hosting.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cmd.h"
#include "cli/command_internal.h"
#include "cli/listeners.h"
#include "control/signals.h"
#include "report/html.h"
#include "scenario/scenario.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/file.h"
#include "web/web.h"

#define STYLE_MAX_BYTES ((size_t)1 << 20)
#define POLL_NS (50 * NS_PER_MS)
#define OPTION_BYTES (WEB_FIELD_BYTES + 32)
#define ACCEPTED 202

/* ---- one run ---- */

/* The options of `run` that a field becomes, and its name in the form (web_page.c). */
static const struct {
    enum web_field field;
    const char *option, *label;
} options[] = {
    {WEB_FIELD_HOST, "--host", "Host"},
    {WEB_FIELD_USERS, "--users", "Users"},
    {WEB_FIELD_RATE, "--rate", "Requests per second"},
    {WEB_FIELD_SPAWN_RATE, "--spawn-rate", "Users started per second"},
    {WEB_FIELD_RUN_TIME, "--run-time", "Run time"},
    {WEB_FIELD_SEED, "--seed", "Seed"},
};

/* The command line of a run; the texts live here. */
struct line {
    char out[HOSTING_PATH_BYTES + 8];
    char scenario[HOSTING_PATH_BYTES];
    char given[COUNT_OF(options)][OPTION_BYTES];
    const char *argv[COUNT_OF(options) + 8];
    int argc;
};

static void write_line(const struct hosting *h, const struct web_start *s, struct line *l) {
    l->argv[0] = "coldswarm";
    l->argv[1] = "run";
    l->argc = 2;
    snprintf(l->out, sizeof l->out, "--out=%s", h->runs);
    l->argv[l->argc++] = l->out;
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        const char *value = s->field[options[i].field];
        if (value[0] == '\0')
            continue;
        snprintf(l->given[i], OPTION_BYTES, "%s=%s", options[i].option, value);
        l->argv[l->argc++] = l->given[i];
    }
    l->argv[l->argc++] = "--";
    l->argv[l->argc++] = l->scenario;
    l->argv[l->argc] = NULL;
}

/* The field that an error is about; NULL: none alone. */
static const char *field_of(const struct web_start *s, const struct line *l, const char *error) {
    char quoted[WEB_FIELD_BYTES + 2];
    size_t n = strlen(l->scenario);
    if (strncmp(error, l->scenario, n) == 0 && error[n] == ':')
        return web_field_name(WEB_FIELD_SCENARIO);
    for (size_t i = 0; i < COUNT_OF(options); i++)
        if (strstr(error, options[i].option) != NULL)
            return web_field_name(options[i].field);
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        snprintf(quoted, sizeof quoted, "\"%s\"", s->field[options[i].field]);
        if (strlen(quoted) > 2 && strstr(error, quoted) != NULL)
            return web_field_name(options[i].field);
    }
    return NULL;
}

/* An option that is in this place, and not one whose name begins with it. */
static bool is_option(const char *at, const char *option) {
    size_t n = strlen(option);
    return strncmp(at, option, n) == 0 && at[n] != '-' && !isalnum((unsigned char)at[n]);
}

/* The length of " URL" or " N" behind an option. */
static size_t placeholder(const char *at) {
    size_t n = at[0] == ' ' ? strspn(at + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") : 0;
    return n > 0 && !islower((unsigned char)at[n + 1]) ? n + 1 : 0;
}

/* Who reads the error has a form, and no command line. */
static void name_fields(struct err *e) {
    struct err told = *e;
    struct buf text;
    buf_init(&text, 2 * sizeof e->text);
    for (const char *at = told.text; *at != '\0';) {
        size_t i = 0;
        while (i < COUNT_OF(options) && !is_option(at, options[i].option))
            i++;
        if (i < COUNT_OF(options))
            buf_printf(&text, "\"%s\"", options[i].label);
        else
            buf_char(&text, *at);
        at += i < COUNT_OF(options) ? strlen(options[i].option) : 1;
        if (i < COUNT_OF(options))
            at += placeholder(at);
    }
    err_set(e, "%s", buf_text(&text));
    buf_done(&text);
}

/* Without a name: that of the last run, or the first. */
static int choose_scenario(const struct hosting *h, struct web_start *s, char *path,
                           struct err *e) {
    char *name = s->field[WEB_FIELD_SCENARIO];
    struct hosting_names all;
    if (name[0] == '\0')
        snprintf(name, WEB_FIELD_BYTES, "%s", h->last.field[WEB_FIELD_SCENARIO]);
    if (name[0] != '\0')
        return hosting_scenario_path(h, name, path, e);
    if (hosting_scenarios(h, &all, e) != 0)
        return -1;
    if (all.count > 0)
        snprintf(name, WEB_FIELD_BYTES, "%s", all.names[0]);
    else
        err_set(e,
                "there is no scenario in %.300s; write one, or make one of a locustfile with "
                "`coldswarm convert`",
                h->scenarios);
    hosting_names_done(&all);
    return name[0] == '\0' ? -1 : hosting_scenario_path(h, name, path, e);
}

/* Makes a run of what is asked for, or says what is wrong with it; then *code is the status. */
static int prepare(const struct hosting *h, struct web_start *s, struct line *l, struct args **out,
                   char **target, unsigned *code, struct err *e) {
    *code = 404;
    if (choose_scenario(h, s, l->scenario, e) != 0)
        return -1;
    *code = 400;
    /* As with `run`, --host comes before the scenario's target. */
    if (s->field[WEB_FIELD_HOST][0] == '\0' && h->host_count > 0)
        snprintf(s->field[WEB_FIELD_HOST], WEB_FIELD_BYTES, "%s", h->hosts[0]);
    write_line(h, s, l);
    if (args_parse(&command_run, l->argc, (char **)(uintptr_t)l->argv, 2, out, e) != 0)
        return -1;
    if (run_check(*out, target, e) == 0)
        return 0;
    args_free(*out);
    *out = NULL;
    return -1;
}

static void start(struct hosting *h, struct web_start *s) {
    struct line *l = calloc(1, sizeof *l);
    struct args *a = NULL;
    char *target = NULL;
    struct err e = {""};
    struct web_started answer = {.status = 500};
    if (l == NULL) {
        err_memory(&e, "a run");
        answer.error = e.text;
    } else if (prepare(h, s, l, &a, &target, &answer.status, &e) != 0) {
        answer.field =
            answer.status == 404 ? web_field_name(WEB_FIELD_SCENARIO) : field_of(s, l, e.text);
        name_fields(&e);
        answer.error = e.text;
    } else {
        pthread_mutex_lock(&h->lock);
        h->last = *s;
        pthread_mutex_unlock(&h->lock);
        answer = (struct web_started){
            .status = ACCEPTED, .scenario = s->field[WEB_FIELD_SCENARIO], .target = target};
    }
    web_answer_start(h->owner.web, &answer);
    if (a != NULL) {
        h->owner.failure.text[0] = '\0';
        run(a, &run_tables, &h->owner);
        fflush(stdout);
        web_end(h->owner.web, h->owner.failure.text[0] == '\0' ? NULL : h->owner.failure.text);
    }
    args_free(a);
    free(target);
    free(l);
}

/* ---- from the first to the last ---- */

/* Until a signal, during a run or between two. */
static void serve(struct hosting *h, const sigset_t *signals) {
    const struct timespec wait = {0, POLL_NS};
    struct web_start *s = calloc(1, sizeof *s);
    while (s != NULL && h->owner.signal == 0 && sigtimedwait(signals, NULL, &wait) < 0)
        if (web_take_start(h->owner.web, s))
            start(h, s);
    free(s);
}

static int choose_folders(const struct args *a, struct hosting *h, struct err *e) {
    struct stat s;
    char *whole;
    h->scenarios = args_count(a) == 0 ? "." : args_at(a, 0);
    if (stat(h->scenarios, &s) != 0)
        return err_set(e, "cannot read %.300s: %s", h->scenarios, strerror(errno));
    h->one = !S_ISDIR(s.st_mode);
    if (strlen(file_base(h->scenarios)) >= WEB_NAME_BYTES)
        return err_set(e, "the name of %.300s is too long", h->scenarios);
    const char *runs = opt_text(a, "out");
    if (file_make_folder(runs, e) != 0)
        return -1;
    whole = realpath(runs, NULL);
    if (whole == NULL || stat(whole, &s) != 0 || !S_ISDIR(s.st_mode)) {
        free(whole);
        return err_set(e, "--out %.300s is not a folder", runs);
    }
    int n = snprintf(h->runs, sizeof h->runs, "%s/", whole);
    free(whole);
    return n < HOSTING_PATH_BYTES ? 0 : err_set(e, "the path of --out is too long");
}

/* If it fails, *code is the exit code. */
static int open_page(const struct args *a, struct hosting *h, const struct web_host *host,
                     int *code, struct err *e) {
    struct buf style;
    buf_init(&style, STYLE_MAX_BYTES);
    html_style(&style);
    const struct web_options o = {.where = opt_text(a, "port"),
                                  .token = opt_text(a, "web-token"),
                                  .base = opt_text(a, "web-base"),
                                  .cert = opt_text(a, "tls-cert"),
                                  .key = opt_text(a, "tls-key"),
                                  .style = buf_text(&style),
                                  .option = "--port",
                                  .host = host};
    *code = EXIT_USAGE;
    int result = web_check(&o, e);
    if (result == 0) {
        *code = EXIT_RUNTIME;
        result = web_open(&o, &h->owner.web, e);
    }
    buf_done(&style);
    return result;
}

/* The addresses of --host, each of which a start could send to. */
static int take_hosts(const struct args *a, struct hosting *h, struct err *e) {
    h->host_count = opt_list(a, "host", &h->hosts);
    for (size_t i = 0; i < h->host_count; i++)
        if (scenario_check_target(h->hosts[i], e) != 0)
            return -1;
    return 0;
}

int hosting_run(const struct args *a) {
    struct hosting h = {.scenarios = NULL};
    const struct web_host host = {.context = &h, .serve = hosting_serve};
    struct err e = {""};
    sigset_t signals, before;
    int code = EXIT_USAGE;
    if (take_hosts(a, &h, &e) != 0 || choose_folders(a, &h, &e) != 0)
        return command_error(code, e.text);
    pthread_mutex_init(&h.lock, NULL);
    signals_set(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    if (open_page(a, &h, &host, &code, &e) != 0)
        command_error(code, e.text);
    else {
        fprintf(stderr, "page: %s\nOpen it to start a run; Ctrl-C ends.\n", web_url(h.owner.web));
        serve(&h, &signals);
        code = EXIT_OK;
    }
    web_close(h.owner.web);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_mutex_destroy(&h.lock);
    return code;
}
