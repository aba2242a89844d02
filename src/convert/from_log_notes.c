/* What a scenario says about the log it comes from, and the log's times. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "convert/from_log.h"
#include "util/text.h"

static int by_time(const void *a, const void *b) {
    int64_t x = ((const struct log_time *)a)->us, y = ((const struct log_time *)b)->us;
    return (x > y) - (x < y);
}

/* The arrivals as a trace next to the scenario. Of times in whole seconds, those of one second are
 * spread over it. */
int log_write_times(struct log_writer *w, struct err *e) {
    struct log_reader *l = w->l;
    struct buf b;
    size_t n = 0;
    if (l->too_many_times)
        return err_set(e, "%s: --times can repeat up to %d requests; take a part of the log",
                       w->name, LOG_TIMES_MAX);
    if (w->d->file_stem == NULL)
        return err_set(e, "--times writes a file next to the scenario; give its name with -o FILE");
    for (size_t i = 0; i < l->time_count; i++)
        if (l->groups[l->times[i].group]->kept)
            l->times[n++] = l->times[i];
    if (n < 2)
        return err_set(e, "%s: --times needs the times of two requests or more", w->name);
    qsort(l->times, n, sizeof *l->times, by_time);
    buf_init(&b, DRAFT_BYTES_MAX);
    for (size_t i = 0, same; i < n; i += same) {
        for (same = 1; i + same < n && l->times[i + same].us == l->times[i].us;)
            same++;
        for (size_t k = 0; k < same; k++) {
            double ms = (double)(l->times[i].us - l->times[0].us) / 1000;
            if (l->whole_seconds)
                ms += 1000.0 * (double)k / (double)same;
            buf_printf(&b, "{\"timestamp\":%.3f}\n", ms);
        }
    }
    const char *file = draft_file_named(w->d, ".times.jsonl", b.data, b.len);
    if (!buf_ok(&b) || file == NULL)
        w->d->failed = true;
    buf_done(&b);
    buf_init(&b, 8192);
    buf_str(&b, "{\"trace\":\"");
    json_escape(&b, file == NULL ? "" : file, file == NULL ? 0 : strlen(file));
    buf_str(&b, "\"}");
    w->d->load = draft_take(w->d, &b);
    if (l->whole_seconds)
        draft_note(w->d, &w->d->notes,
                   "Assumed: requests of one second are spread over it, because the log has whole "
                   "seconds.");
    draft_note(w->d, &w->d->notes,
               "Assumed: which request is sent at a time of the log is drawn by weight.");
    if (l->untimed > 0)
        draft_note(w->d, &w->d->notes,
                   "Left out: the times of %" PRIu64 " request%s, which have none.", l->untimed,
                   text_plural(l->untimed));
    return 0;
}

static void note_skipped(struct log_writer *w) {
    static const struct {
        enum log_kind kind;
        bool lost;
        const char *one, *many;
    } all[] = {
        {LOG_NO_REQUEST, false, "connection without a request", "connections without a request"},
        {LOG_NOT_HTTP, false, "entry whose bytes are no request of HTTP",
         "entries whose bytes are no request of HTTP"},
        {LOG_NO_TARGET, false, "CONNECT or \"*\", which is about the server itself",
         "times CONNECT or \"*\", which are about the server itself"},
        {LOG_OTHER, false, "entry that tells of no request", "entries that tell of no request"},
        {LOG_TOO_LONG, true, "request that is too long", "requests that are too long"},
        {LOG_STRANGE, true, "line that is no request", "lines that are no request"}};
    const struct log_reader *l = w->l;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint64_t n = l->skipped[all[i].kind];
        const char *what = n == 1 ? all[i].one : all[i].many;
        if (n > 0 && all[i].lost)
            draft_lost(w->d, &w->d->notes, n, "Left out: %" PRIu64 " %s (line %" PRIu64 "%s).", n,
                       what, l->first[all[i].kind], n == 1 ? "" : " is the first");
        else if (n > 0)
            draft_note(w->d, &w->d->notes, "Not sent: %" PRIu64 " %s (line %" PRIu64 "%s).", n,
                       what, l->first[all[i].kind], n == 1 ? "" : " is the first");
    }
    if (l->ungrouped > 0)
        draft_lost(w->d, &w->d->notes, l->ungrouped,
                   "Left out: %" PRIu64 " requests to more than %d hosts and methods.",
                   l->ungrouped, LOG_GROUPS_MAX);
    if (l->headers > 0)
        draft_note(w->d, &w->d->notes,
                   "Left out: %" PRIu64 " lines with headers and bodies of the list.", l->headers);
}

static void put_date(char text[32], int64_t us) {
    time_t s = (time_t)(us / 1000000);
    struct tm tm;
    if (gmtime_r(&s, &tm) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(text, 32, "?");
}

void log_note(struct log_writer *w) {
    const struct log_reader *l = w->l;
    struct draft_notes *notes = &w->d->notes;
    double all = (double)l->requests;
    char from[32], to[32];
    if (l->last_us > l->first_us) {
        put_date(from, l->first_us);
        put_date(to, l->last_us);
        draft_note(w->d, notes, "In the log: %s requests per second from %s to %s.",
                   text_rounded(all * 1e6 / (double)(l->last_us - l->first_us), 4).text, from, to);
    }
    if (!l->urls)
        draft_note(w->d, notes,
                   "Assumed: no cookies, no authentication and no other headers, because a log has "
                   "none.");
    if (w->failed > 0)
        draft_note(w->d, notes, "Failed in the log: %.3g %% of the requests (status 400 or above).",
                   100 * (double)w->failed / all);
    if (w->assets > 0)
        draft_note(w->d, notes, "Images, styles, scripts and fonts: %.3g %% of the requests.",
                   100 * (double)w->assets / all);
    if (l->bots > 0)
        draft_note(w->d, notes, "Bots, by their User-Agent: %.3g %% of the requests.",
                   100 * (double)l->bots / all);
    if (w->scale < 1)
        draft_note(w->d, notes, "A weight of 1 means %s requests of the log.",
                   text_rounded(1 / w->scale, 4).text);
    if (l->tally.dropped > 0)
        draft_note(w->d, notes,
                   "Assumed: the log has more than %zu different requests. Counts can be up to "
                   "%" PRIu64 " too low.",
                   l->tally.max, l->tally.floor);
    log_secrets_note(&l->secrets);
    note_skipped(w);
    double lost = (double)draft_count(w->d).lost;
    if (lost > 0)
        draft_note(w->d, notes,
                   "Missing: %.3g %% of the requests of the source. The tasks keep their shares of "
                   "the rest.",
                   100 * lost / (lost + (double)w->d->counted));
}

int log_nothing(const struct log_writer *w, struct err *e) {
    static const enum log_kind kinds[] = {LOG_STRANGE,   LOG_OTHER,    LOG_TOO_LONG,
                                          LOG_NO_TARGET, LOG_NOT_HTTP, LOG_NO_REQUEST};
    const struct log_reader *l = w->l;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (l->skipped[kinds[i]] > 0)
            return err_set(e, "%s:%" PRIu64 ": not %s, and it has no other that can be sent",
                           w->name, l->first[kinds[i]],
                           l->urls ? "a URL" : "a request of an access log");
    return err_set(e, "%s: it has no request", w->name);
}
