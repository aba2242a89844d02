#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/listeners.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

#define LINE_EVERY_NS (5 * NS_PER_S)
#define BAR_COLUMNS 30
#define BLOCK_MAX_BYTES 8192

struct progress {
    FILE *to;
    bool block;           /* else lines */
    size_t drawn_lines;   /* of the block that is on the screen */
    int64_t last_line_ns; /* when the last line was written */
    bool told_stopping;
    int64_t stop_timeout_ns;
};

static int init(const void *run, void **self, struct err *e) {
    const struct args *a = ((const struct run_view *)run)->args;
    const char *term = getenv("TERM");
    if (opt_flag(a, "quiet") || opt_flag(a, "only-summary"))
        return 0;
    struct progress *p = calloc(1, sizeof *p);
    if (p == NULL)
        return err_memory(e, "the progress");
    *p = (struct progress){
        .to = stderr,
        .block = isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0,
        .stop_timeout_ns = opt_duration(a, "stop-timeout"),
    };
    *self = p;
    return 0;
}

/* "680 ms", "1.3 s", or "–" */
static void latency_text(int64_t us, char out[UNITS_BYTES]) {
    if (us == LIVE_NO_VALUE)
        snprintf(out, UNITS_BYTES, "–");
    else if (us < 1000)
        snprintf(out, UNITS_BYTES, "%.2f ms", (double)us / 1e3);
    else if (us < 100000)
        snprintf(out, UNITS_BYTES, "%.1f ms", (double)us / 1e3);
    else if (us < 1000000)
        snprintf(out, UNITS_BYTES, "%.0f ms", (double)us / 1e3);
    else
        snprintf(out, UNITS_BYTES, "%.1f s", (double)us / 1e6);
}

static void add_counts(struct buf *out, const struct live_row *s) {
    buf_printf(out, "%" PRIu64 " request%s, %" PRIu64 " failed", s->requests,
               text_plural(s->requests), s->failures);
    if (s->requests > 0)
        buf_printf(out, " (%.1f %%)", 100.0 * (double)s->failures / (double)s->requests);
    if (s->requests > 0 && s->failures == s->requests)
        buf_str(out, " - no request has succeeded yet");
    if (s->unsendable > 0)
        buf_printf(out, "; %" PRIu64 " could not be built", s->unsendable);
}

static void add_rates(struct buf *out, const struct live_row *s) {
    char p50[UNITS_BYTES], p95[UNITS_BYTES];
    latency_text(s->recent.p50_us, p50);
    latency_text(s->recent.p95_us, p95);
    buf_printf(out, "%.1f requests/s   %.1f failures/s   p50 %s   p95 %s", s->requests_per_second,
               s->failures_per_second, p50, p95);
}

static void add_bar(struct buf *out, const struct status *now) {
    int64_t duration_ns = now->run->duration_ns;
    double part = duration_ns > 0 ? (double)now->elapsed_ns / (double)duration_ns : 1;
    if (part > 1)
        part = 1;
    int full = (int)(part * BAR_COLUMNS);
    for (int i = 0; i < BAR_COLUMNS; i++)
        buf_str(out, i < full ? "█" : "░");
    char elapsed[UNITS_BYTES], whole[UNITS_BYTES], left[UNITS_BYTES];
    units_duration_text(now->elapsed_ns / NS_PER_S * NS_PER_S, elapsed);
    units_duration_text(duration_ns, whole);
    buf_printf(out, " %3.0f %%   ", part * 100);
    if (now->phase != STATUS_RUNNING) {
        buf_str(out, "stopping: waiting for requests in flight");
        return;
    }
    units_duration_text((duration_ns - now->elapsed_ns + NS_PER_S - 1) / NS_PER_S * NS_PER_S, left);
    buf_printf(out, "%s of %s, %s left", now->elapsed_ns < NS_PER_S ? "0s" : elapsed, whole, left);
}

static size_t terminal_columns(FILE *to) {
    struct winsize size;
    if (ioctl(fileno(to), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* A line that is wider than the terminal would wrap, and the block could no longer be redrawn in
 * place. */
static void add_line(struct buf *out, const char *line, size_t columns) {
    struct buf cut;
    buf_init(&cut, BLOCK_MAX_BYTES);
    buf_str(&cut, line);
    while (text_columns(buf_text(&cut)) >= columns && cut.len > 0) {
        cut.len = text_cut(cut.data, cut.len, cut.len - 1);
        cut.data[cut.len] = '\0';
    }
    buf_printf(out, "\r\x1b[K%s\n", buf_text(&cut));
    buf_done(&cut);
}

static void show_block(struct progress *p, const struct status *now) {
    struct buf out, line;
    size_t columns = terminal_columns(p->to);
    buf_init(&out, BLOCK_MAX_BYTES);
    buf_init(&line, BLOCK_MAX_BYTES);
    if (p->drawn_lines > 0)
        buf_printf(&out, "\x1b[%zuA", p->drawn_lines);
    buf_str(&line, "  ");
    add_bar(&line, now);
    add_line(&out, buf_text(&line), columns);
    buf_clear(&line);
    buf_printf(&line, "  users %u/%u   ", now->users, now->users_max);
    add_rates(&line, &now->rows[now->row_count].live);
    add_line(&out, buf_text(&line), columns);
    buf_clear(&line);
    buf_str(&line, "  ");
    add_counts(&line, &now->rows[now->row_count].live);
    add_line(&out, buf_text(&line), columns);
    p->drawn_lines = 3;
    fputs(buf_text(&out), p->to);
    fflush(p->to);
    buf_done(&line);
    buf_done(&out);
}

static void show_line(struct progress *p, const struct status *now) {
    if (now->elapsed_ns - p->last_line_ns < LINE_EVERY_NS)
        return;
    struct buf out;
    p->last_line_ns = now->elapsed_ns / LINE_EVERY_NS * LINE_EVERY_NS;
    buf_init(&out, BLOCK_MAX_BYTES);
    buf_printf(&out, "%4" PRId64 "s  users %u/%u   ", now->elapsed_ns / NS_PER_S, now->users,
               now->users_max);
    add_rates(&out, &now->rows[now->row_count].live);
    buf_str(&out, "   ");
    add_counts(&out, &now->rows[now->row_count].live);
    fprintf(p->to, "%s\n", buf_text(&out));
    fflush(p->to);
    buf_done(&out);
}

/* Removes the block from the screen. */
static void clear(struct progress *p) {
    if (p->drawn_lines == 0)
        return;
    /* Up to its first line, then everything below is erased. */
    fprintf(p->to, "\x1b[%zuA\r\x1b[J", p->drawn_lines);
    fflush(p->to);
    p->drawn_lines = 0;
}

static void second(void *self, const struct status *now) {
    struct progress *p = self;
    if (now->phase == STATUS_ENDED)
        clear(p);
    else if (p->block)
        show_block(p, now);
    else
        show_line(p, now);
}

/* Confirms Ctrl-C at once. */
static void command(void *self, const struct control_command *given) {
    struct progress *p = self;
    char span[UNITS_BYTES];
    if (given->signal == 0 || p->told_stopping)
        return;
    p->told_stopping = true;
    units_duration_text(p->stop_timeout_ns, span);
    clear(p);
    fprintf(p->to, "stopping: requests in flight have %s to finish; Ctrl-C again cancels them\n",
            span);
    fflush(p->to);
}

static int end(void *self, void *run_end, struct err *e) {
    (void)run_end;
    (void)e;
    clear(self);
    return 0;
}

const struct control_listener progress_listener = {.name = "progress",
                                                   .init = init,
                                                   .second = second,
                                                   .command = command,
                                                   .end = end,
                                                   .done = free};
