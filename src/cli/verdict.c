#include "cli/verdict.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static bool is_busy(const struct engine_result *run) {
    return run->busiest_core > ENGINE_BUSY_SHARE;
}

static double share(uint64_t part, uint64_t of) {
    return of == 0 ? 0 : (double)part / (double)of;
}

/* Why a client was late, as far as can be told, and what to do about it. */
static void late_cause(const struct engine_result *run, char *out, size_t size) {
    if (is_busy(run))
        snprintf(out, size,
                 "its thread %u used %.0f %% of a core; use more threads (--threads), fewer "
                 "requests per second or another machine",
                 run->busiest_worker + 1, run->busiest_core * 100);
    else
        snprintf(out, size,
                 "its threads were not busy, so something else slowed the machine down; stop other "
                 "programs, or use fewer requests per second or another machine");
}

uint64_t verdict_shortages(const struct engine_result *run) {
    uint64_t n = 0;
    for (size_t i = 0; i < TRANSPORT_LIMIT_COUNT; i++)
        n += run->shortages[i];
    return n;
}

/* What this machine lacked most often, and what to do about it. */
static void shortage(const struct engine_result *run, char *out, size_t size) {
    static const char *const texts[TRANSPORT_LIMIT_COUNT] = {
        [TRANSPORT_LIMIT_NONE] = "",
        [TRANSPORT_LIMIT_PORTS] =
            "it had no local port left; connect from more addresses (--source A,B or \"http\": "
            "{\"source\": [...]}), keep connections (\"keepalive\": true), widen "
            "net.ipv4.ip_local_port_range, or use fewer users or another machine",
        [TRANSPORT_LIMIT_ADDRESS] =
            "it has no address that can reach the target; check `ip address` and `ip route`, or "
            "use an IPv4 address instead of IPv6",
        [TRANSPORT_LIMIT_FILES] = "this process had no file descriptor left; raise the limit of "
                                  "open files (ulimit -n, or "
                                  "nofile in /etc/security/limits.conf) or use fewer users",
        [TRANSPORT_LIMIT_SYSTEM_FILES] = "it had no file descriptor left for any process; raise "
                                         "fs.file-max, stop other programs, or use fewer users",
        [TRANSPORT_LIMIT_MEMORY] =
            "its kernel had no memory left for connections; raise net.ipv4.tcp_mem or use fewer "
            "users or another machine",
    };
    size_t most = 0;
    for (size_t i = 1; i < TRANSPORT_LIMIT_COUNT; i++)
        if (run->shortages[i] > run->shortages[most])
            most = i;
    snprintf(out, size, "%s", texts[most]);
}

/* False where nothing is that wrong. The worst comes first. */
static bool is_invalid(struct verdict *v, const struct engine_result *run,
                       const struct record_totals *totals, const struct dispatch_lag_result *sent) {
    char cause[256], lacked[384];
    late_cause(run, cause, sizeof cause);
    shortage(run, lacked, sizeof lacked);
    if (run->record_failed)
        snprintf(v->reason, sizeof v->reason,
                 "%" PRIu64 " request%s " RECORD_LOST_WORDS ", which could no longer be written",
                 totals->lost, totals->lost == 1 ? " is" : "s are");
    else if (totals->lost > 0)
        snprintf(v->reason, sizeof v->reason,
                 "%" PRIu64 " request%s " RECORD_LOST_WORDS
                 ", which could not be written as fast as they ended; "
                 "use a faster disk (--out) or fewer requests per second",
                 totals->lost, totals->lost == 1 ? " is" : "s are");
    else if (verdict_shortages(run) > 0)
        snprintf(v->reason, sizeof v->reason,
                 "this machine could not send %" PRIu64 " of %" PRIu64
                 " requests, which the target never saw: %s",
                 verdict_shortages(run), totals->rows, lacked);
    else if (share(sent->not_sent, sent->scheduled) > VERDICT_UNSENT_SHARE)
        snprintf(v->reason, sizeof v->reason,
                 "the client missed the rate by %.1f %%: it did not send %" PRIu64 " of %" PRIu64
                 " scheduled requests although users were free; %s",
                 share(sent->not_sent, sent->scheduled) * 100, sent->not_sent, sent->scheduled,
                 cause);
    else if (share(sent->late + sent->not_sent, sent->scheduled) > VERDICT_UNPUNCTUAL_SHARE)
        snprintf(v->reason, sizeof v->reason,
                 "the client sent %" PRIu64 " of %" PRIu64
                 " scheduled requests (%.1f %%) over 10 ms late or not at all; %s",
                 sent->late + sent->not_sent, sent->scheduled,
                 share(sent->late + sent->not_sent, sent->scheduled) * 100, cause);
    else
        return false;
    return true;
}

/* All that were sent were cancelled, with or without the beginning of a response. */
static bool none_ended(const struct record_totals *totals) {
    return totals->cancelled > 0 &&
           totals->rows == totals->cancelled + totals->dropped + totals->unsendable;
}

static bool is_late(const struct dispatch_lag_result *sent) {
    return sent->p99_us > VERDICT_LAG_P99_US && sent->scheduled >= VERDICT_LAG_REQUESTS;
}

static bool has_stalled(const struct engine_result *run) {
    return run->longest_stall_ns > ENGINE_STALL_NS;
}

static bool is_suspect(struct verdict *v, const struct engine_result *run,
                       const struct record_totals *totals, const struct dispatch_lag_result *sent) {
    char cause[256];
    late_cause(run, cause, sizeof cause);
    if (none_ended(totals))
        snprintf(v->reason, sizeof v->reason,
                 "no request came to its end, so there are no times: all %" PRIu64
                 " that were sent were cancelled when the run stopped; check that the target "
                 "completes its answers, or give them more time (--run-time, --stop-timeout)",
                 totals->cancelled);
    else if (is_late(sent))
        snprintf(v->reason, sizeof v->reason,
                 "the client sent one in a hundred scheduled requests over %.1f ms late: latencies "
                 "may be its own; %s",
                 (double)sent->p99_us / 1000, cause);
    else if (has_stalled(run))
        snprintf(v->reason, sizeof v->reason,
                 "the client stalled for %.1f s: latencies in that time are its own; keep the "
                 "machine awake and stop other programs",
                 (double)run->longest_stall_ns / 1e9);
    else if (is_busy(run))
        snprintf(v->reason, sizeof v->reason,
                 "thread %u of the client used %.0f %% of a core for 5 s: latencies may be its "
                 "own; use more threads (--threads), fewer users or a longer wait",
                 run->busiest_worker + 1, run->busiest_core * 100);
    else
        return false;
    v->only_late = is_late(sent) && !none_ended(totals) && !has_stalled(run) && !is_busy(run);
    return true;
}

void verdict_decide(struct verdict *v, const struct engine_result *run,
                    const struct record_totals *totals, const struct dispatch_lag_result *sent) {
    v->only_late = false;
    if (is_invalid(v, run, totals, sent)) {
        v->word = "INVALID";
        return;
    }
    if (is_suspect(v, run, totals, sent)) {
        v->word = "SUSPECT";
        return;
    }
    v->word = "VALID";
    char most[32] = "under 1 %";
    if (run->busiest_core >= 0.01)
        snprintf(most, sizeof most, "at most %.0f %%", run->busiest_core * 100);
    snprintf(v->reason, sizeof v->reason,
             "every request is in the file; the client used %s of a core", most);
}

void verdict_doubt(struct verdict *v, const struct lines *doubts) {
    const char *key, *text;
    size_t at = 0;
    if (!lines_next(doubts, &at, &key, &text))
        return;
    v->only_late = false;
    if (strcmp(v->word, "VALID") != 0)
        return;
    size_t n = strlen(text);
    v->word = "SUSPECT";
    /* A reason follows a colon and has no full stop. */
    snprintf(v->reason, sizeof v->reason, "%c%.*s", tolower((unsigned char)text[0]),
             (int)(n > 1 && text[n - 1] == '.' ? n - 2 : n - 1), text + 1);
}

void verdict_note_version(struct verdict *v, bool asked, const struct dispatch_lag_result *sent) {
    uint64_t others = sent->answers[HTTP_VERSION_1_0] + sent->answers[HTTP_VERSION_1_1];
    size_t used = strlen(v->reason);
    if (asked && others > 0)
        snprintf(v->reason + used, sizeof v->reason - used,
                 "; the scenario asks for HTTP/2, but %" PRIu64 " of %" PRIu64
                 " responses used HTTP/1",
                 others, others + sent->answers[HTTP_VERSION_2]);
}

bool verdict_never_answered(const struct engine_result *run, const struct record_totals *totals) {
    return run->signal == 0 && totals->rows > totals->unsendable + verdict_shortages(run) &&
           (totals->answered == 0 || none_ended(totals));
}

int verdict_exit_code(const struct verdict *v, const struct engine_result *run,
                      const struct record_totals *totals, bool crossed, uint64_t failures,
                      int on_failure) {
    if (run->record_failed || verdict_never_answered(run, totals))
        return EXIT_RUNTIME;
    if (run->signal != 0)
        return 128 + run->signal;
    if (strcmp(v->word, "INVALID") == 0)
        return EXIT_INVALID;
    if (crossed)
        return EXIT_THRESHOLD;
    return failures > 0 ? on_failure : EXIT_OK;
}
