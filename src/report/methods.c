#include "report/methods.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/emit.h"
#include "report/latex.h"
#include "util/fits.h"
#include "util/text.h"

#define TEXT_MAX_BYTES ((size_t)16 << 20)
#define MARKDOWN_HEAD "# Methods\n"

enum key {
    K_ARGV,
    K_COLDSWARM,
    K_LIBCURL,
    K_LIBUV,
    K_OPENSSL,
    K_SQLITE,
    K_KERNEL,
    K_CPU,
    K_CPUS,
    K_MEMORY,
    K_LOAD_SECONDS,
    K_USERS,
    K_SPAWN_RATE,
    K_RATE,
    K_THREADS,
    K_TRANSPORT,
    K_CLOCK,
    K_SHA256,
    KEYS
};

static const char *const names[KEYS] = {
    [K_ARGV] = "argv",
    [K_COLDSWARM] = "coldswarm",
    [K_LIBCURL] = "libcurl",
    [K_LIBUV] = "libuv",
    [K_OPENSSL] = "openssl",
    [K_SQLITE] = "sqlite",
    [K_KERNEL] = "kernel",
    [K_CPU] = "cpu",
    [K_CPUS] = "cpus",
    [K_MEMORY] = "memory_bytes",
    [K_LOAD_SECONDS] = "load_seconds",
    [K_USERS] = "load_users_max",
    [K_SPAWN_RATE] = "load_spawn_rate",
    [K_RATE] = "load_rate_max",
    [K_THREADS] = "threads",
    [K_TRANSPORT] = "transport",
    [K_CLOCK] = "receive_clock",
    [K_SHA256] = "scenario_sha256",
};

/* Paragraphs of plain text; texts of others are in it as they are, so it is to be escaped whole. */
struct methods {
    const struct model *m;
    char *known[KEYS]; /* NULL: the manifest does not tell */
    bool failed;
    struct buf text;
};

static void take(void *context, const char *key, const char *value) {
    struct methods *w = context;
    for (int i = 0; i < KEYS; i++) {
        if (strcmp(key, names[i]) != 0)
            continue;
        free(w->known[i]);
        w->known[i] = strdup(value);
        w->failed = w->failed || w->known[i] == NULL;
    }
}

static void say(struct methods *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct methods *w, const char *format, ...) {
    char *sentence = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&sentence, format, args) < 0) {
        w->failed = true;
        sentence = NULL;
    }
    va_end(args);
    if (sentence != NULL) {
        if (w->text.len > 0 && w->text.data[w->text.len - 1] != '\0')
            buf_char(&w->text, ' ');
        buf_str(&w->text, sentence);
    }
    free(sentence);
}

static void paragraph(struct methods *w) {
    buf_add(&w->text, "", 1);
}

static void what_ran(struct methods *w) {
    const struct reader_run *run = w->m->run;
    const struct reader_cut *c = w->m->cut;
    char *const *k = w->known;
    say(w, "Coldswarm %s generated the load of the run \"%s\" against %s.", run->version, run->name,
        run->target);
    say(w, "It began at %s (UTC) and lasted %.10g s%s.", run->started_utc,
        (double)run->duration_us / 1e6,
        run->complete
            ? ""
            : ". It was interrupted or is still in progress; the numbers cover the recorded part");
    if (c != NULL) {
        say(w, "This is a part of a longer run, which began %.10g s earlier.",
            (double)c->from_us / 1e6);
        for (size_t i = 0; i < c->name_count; i++)
            say(w, "%s%s%s", i == 0 ? "Only requests with these names are counted: " : "",
                c->names[i], i + 1 == c->name_count ? "." : ",");
        if (c->warm_only)
            say(w, "Requests that arrived before the start-up probe of their instance passed "
                   "(cold starts, according to the server's log) are excluded.");
    }
    if (k[K_USERS] != NULL && k[K_RATE] != NULL) /* users are only a limit */
        say(w,
            "Requests were scheduled at up to %s per second, with at most %s in progress at once. "
            "The load lasted %s s.",
            k[K_RATE], k[K_USERS], k[K_LOAD_SECONDS] == NULL ? "?" : k[K_LOAD_SECONDS]);
    else if (k[K_USERS] != NULL)
        say(w, "The load had at most %s virtual user%s%s%s%s and lasted %s s.", k[K_USERS],
            strcmp(k[K_USERS], "1") == 0 ? "" : "s", k[K_SPAWN_RATE] == NULL ? "" : ", started at ",
            k[K_SPAWN_RATE] == NULL ? "" : k[K_SPAWN_RATE],
            k[K_SPAWN_RATE] == NULL ? "" : " per second,",
            k[K_LOAD_SECONDS] == NULL ? "?" : k[K_LOAD_SECONDS]);
    else
        say(w, "The load had at most %" PRIu32 " virtual user%s.", run->users_max,
            text_plural(run->users_max));
    say(w, "The random seed was %" PRIu64 ".", run->seed);
    if (k[K_SHA256] != NULL)
        say(w, "The scenario is stored in the run file; its SHA-256 is %s.", k[K_SHA256]);
    if (k[K_ARGV] != NULL)
        say(w, "The command line was: %s", k[K_ARGV]);
    paragraph(w);
}

static void where(struct methods *w) {
    char *const *k = w->known;
    if (k[K_CPU] != NULL && k[K_CPUS] != NULL)
        say(w, "The client ran on %s processor%s of type %s%s%s.", k[K_CPUS],
            strcmp(k[K_CPUS], "1") == 0 ? "" : "s", k[K_CPU], k[K_KERNEL] == NULL ? "" : " under ",
            k[K_KERNEL] == NULL ? "" : k[K_KERNEL]);
    if (k[K_MEMORY] != NULL)
        say(w, "It had %.1f GiB of memory.", strtod(k[K_MEMORY], NULL) / 1073741824);
    if (k[K_LIBCURL] != NULL)
        say(w, "Libraries: %s; libuv %s; %s; SQLite %s.", k[K_LIBCURL],
            k[K_LIBUV] == NULL ? "?" : k[K_LIBUV], k[K_OPENSSL] == NULL ? "?" : k[K_OPENSSL],
            k[K_SQLITE] == NULL ? "?" : k[K_SQLITE]);
    if (k[K_TRANSPORT] != NULL)
        say(w,
            "The transport \"%s\" sent the requests from %s thread%s. Receive times are from "
            "%s clock.",
            k[K_TRANSPORT], k[K_THREADS] == NULL ? "?" : k[K_THREADS],
            k[K_THREADS] != NULL && strcmp(k[K_THREADS], "1") == 0 ? "" : "s",
            k[K_CLOCK] != NULL && strcmp(k[K_CLOCK], "kernel") == 0 ? "the kernel's"
                                                                    : "the client's");
    if (w->m->client.known && w->m->client.calibration_p50_us != READER_NO_VALUE)
        say(w,
            "The client's own latency, measured against a server in the same process, was %" PRId64
            " us in the median and %" PRId64 " us at the 99th percentile.",
            w->m->client.calibration_p50_us, w->m->client.calibration_p99_us);
    paragraph(w);
}

static void outcome(struct methods *w) {
    const struct reader_run *run = w->m->run;
    const struct summary_row *all = &w->m->aggregated.row;
    say(w, "Of %" PRIu64 " completed request%s, %" PRIu64 " failed.", all->requests,
        text_plural(all->requests), all->failures);
    if (all->not_sent > 0)
        say(w, "Scheduled requests that were dropped: %" PRIu64 ".", all->not_sent);
    if (all->unsendable > 0)
        say(w,
            "Requests that could not be built from the scenario's values and were not sent: "
            "%" PRIu64 ". They count as errors, but not as requests.",
            all->unsendable);
    if (all->cancelled > 0)
        say(w, "Requests that were cancelled when the run stopped: %" PRIu64 ".", all->cancelled);
    if (run->verdict[0] != '\0')
        say(w, "Coldswarm's verdict on the reliability of the measurement was %s%s%s.",
            run->verdict, run->verdict_reason[0] == '\0' ? "" : ": ", run->verdict_reason);
    paragraph(w);
}

static void definitions(struct methods *w) {
    const struct model *m = w->m;
    say(w,
        "Service time is the time from sending a request to the last byte of its response. For a "
        "retried request it starts with the last sending.");
    say(w,
        m->times_differ
            ? "Response time starts at the scheduled time, or with the first sending if there is "
              "none. It includes the wait in the client, so there is no coordinated omission."
            : "Response time is the same here, because requests had no scheduled time.");
    say(w,
        "Times and sizes include failed requests. Dropped and cancelled requests have no times.");
    if (m->options.locust)
        say(w,
            "Percentiles follow Locust's rules. Times below 100 ms, below 1 s, below 10 s and "
            "above "
            "are rounded to 1, 10, 100 and 1000 ms (half to even). The percentile p of n times is "
            "the value of rank min(int(n p), n-1). Rates are up to the end of the last request.");
    else
        say(w,
            "Percentiles are exact and use all requests: linear interpolation at p(n-1) of the "
            "sorted times (R's type 7, numpy's default). A percentile is omitted if fewer than "
            "1/(1-p) requests support it. Rates are requests divided by the duration%s.",
            m->cut == NULL ? " of the run" : "");
    say(w, "Intervals have 95 %% confidence. Their ends are order statistics with ranks from the "
           "binomial distribution. They assume independent requests, but no distribution of the "
           "times.");
    if (m->cut != NULL)
        say(w, "A request belongs to the part of the run in which it ended.");
    if (m->server != NULL && m->server->side.requests > 0)
        say(w, "%s", PLATFORM_COLD_RULE);
    if (m->guess != NULL)
        say(w, "%s", GUESS_RULE);
    paragraph(w);
}

static int make(struct methods *w, struct reader *r, const struct model *m, struct err *e) {
    *w = (struct methods){.m = m};
    buf_init(&w->text, TEXT_MAX_BYTES);
    if (reader_manifest(r, take, w, e) != 0)
        return -1;
    what_ran(w);
    where(w);
    outcome(w);
    definitions(w);
    if (w->failed)
        return err_memory(e, "the report");
    return buf_fits(&w->text, e, NULL, "the text of the methods");
}

static void done(struct methods *w) {
    for (int i = 0; i < KEYS; i++)
        free(w->known[i]);
    buf_done(&w->text);
}

typedef void escape_fn(struct buf *out, const char *text);

static void put(struct buf *out, const struct buf *text, const char *head, escape_fn *escape) {
    buf_str(out, head);
    const char *end = buf_text(text) + text->len;
    for (const char *p = buf_text(text); p < end; p += strlen(p) + 1) {
        if (*p == '\0') /* a paragraph without a sentence */
            continue;
        buf_char(out, '\n');
        escape(out, p);
        buf_char(out, '\n');
    }
}

static int write(struct buf *out, struct reader *r, const struct model *m, const char *head,
                 escape_fn *escape, struct err *e) {
    struct methods w;
    int result = make(&w, r, m, e);
    if (result == 0)
        put(out, &w.text, head, escape);
    done(&w);
    return result;
}

int methods_markdown(struct buf *out, struct reader *r, const struct model *m, struct err *e) {
    return write(out, r, m, MARKDOWN_HEAD, emit_markdown_text, e);
}

int methods_latex(struct buf *out, struct reader *r, const struct model *m, struct err *e) {
    return write(out, r, m,
                 "% How a run was made and measured, by coldswarm " COLDSWARM_VERSION "\n",
                 latex_sentence, e);
}

void methods_of_document(struct buf *markdown, struct buf *latex, const struct document *d) {
    struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    d->methods(&text, d);
    markdown->failed = markdown->failed || !buf_ok(&text);
    put(markdown, &text, MARKDOWN_HEAD, emit_markdown_text);
    put(latex, &text, "% How it was measured, by coldswarm " COLDSWARM_VERSION "\n",
        latex_sentence);
    buf_done(&text);
}
