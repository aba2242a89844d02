#include "merge/merge_verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "util/buf.h"
#include "util/text.h"

#define NAMED_MAX 10    /* missing parts that a sentence names */
#define EXPLAINED_MAX 3 /* INVALID parts whose reasons a verdict has */

size_t merge_missing(const struct merge_part *parts, size_t n, struct err *out) {
    struct buf list;
    size_t given = 0, missing = parts[0].count - n;
    uint32_t named = 0;
    if (missing == 0)
        return 0;
    buf_init(&list, sizeof out->text);
    for (uint32_t i = 0; i < parts[0].count && named < NAMED_MAX; i++) {
        if (given < n && parts[given].index == i) {
            given++;
            continue;
        }
        bool last = named + 1 == missing;
        buf_printf(&list, "%s%" PRIu32, named == 0 ? "" : last ? " and " : ", ", i);
        named++;
    }
    if (missing > named)
        buf_printf(&list, " and %zu more", missing - named);
    err_set(out, "part%s %s of %" PRIu32 " %s missing", text_plural(missing), buf_text(&list),
            parts[0].count, missing == 1 ? "is" : "are");
    buf_done(&list);
    return missing;
}

static bool is(const struct merge_verdict *v, const char *word) {
    return strcmp(v->word, word) == 0;
}

void merge_verdict_of(const struct merge_part *p, struct merge_verdict *out) {
    static const char *const words[] = {"VALID", "SUSPECT", "INVALID"};
    const struct reader_run *run = p->run;
    out->word = "INVALID"; /* also for a word that we do not know */
    for (size_t i = 0; i < 3; i++)
        if (strcmp(run->verdict, words[i]) == 0)
            out->word = words[i];
    snprintf(out->reason, sizeof out->reason, "%s", run->verdict_reason);
    if (!run->complete)
        snprintf(out->reason, sizeof out->reason,
                 "it was interrupted: its file has no end, so requests may be missing");
    else if (p->stopped) {
        out->word = "INVALID";
        snprintf(out->reason, sizeof out->reason,
                 "%s ended it before its time, so its part of the load is missing from then on",
                 merge_part_value(p, "thresholds_end") == NULL ? "a signal" : "a threshold");
    } else if (p->lost > 0 && !is(out, "INVALID")) {
        out->word = "INVALID";
        snprintf(out->reason, sizeof out->reason, "%" PRId64 " request%s missing in its file",
                 p->lost, p->lost == 1 ? " is" : "s are");
    }
}

/* ---- clocks ---- */

/* Without a boot id, each part counts as a machine of its own. */
static bool same_machine(const struct merge_part *a, const struct merge_part *b) {
    const char *x = merge_part_value(a, "boot_id"), *y = merge_part_value(b, "boot_id");
    return a == b || (x != NULL && y != NULL && strcmp(x, y) == 0);
}

static bool is_synchronized(const struct merge_part *p) {
    const char *value = merge_part_value(p, "clock_synchronized");
    return value != NULL && strcmp(value, "1") == 0;
}

static int64_t clock_error(const struct merge_part *p) {
    int64_t us = merge_part_number(p, "clock_maxerror_us");
    return us < 0 ? 0 : us;
}

/* The part whose clock is worst, of those that are not on the machine of `but`; NULL: there is
 * none. */
static const struct merge_part *worst_clock(const struct merge_part *parts, size_t n,
                                            const struct merge_part *but) {
    const struct merge_part *worst = NULL;
    for (size_t i = 0; i < n; i++)
        if ((but == NULL || !same_machine(&parts[i], but)) &&
            (worst == NULL || clock_error(&parts[i]) > clock_error(worst)))
            worst = &parts[i];
    return worst;
}

/* An agent has compared the clocks of all parts: they started together, whatever their clocks
 * said. */
static bool are_compared(const struct merge_part *parts, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (merge_part_number(&parts[i], "clock_monotonic_bound_ns") < 0)
            return false;
    return true;
}

/* How far the time of a part may be from that of part 0 at its end. */
static int64_t apart_ns(const struct merge_part *p) {
    int64_t start = merge_part_number(p, "clock_monotonic_bound_ns");
    int64_t drift = merge_part_number(p, "clock_drift_ns"), sum;
    int64_t bound = merge_part_number(p, "clock_drift_bound_ns");
    if (drift == READER_NO_VALUE || bound < 0)
        return start; /* it was lost before the end */
    if (__builtin_add_overflow(drift < 0 ? -(drift + 1) : drift, bound, &sum))
        return INT64_MAX;
    return sum > start ? sum : start;
}

static bool doubt_compared(const struct merge_part *parts, size_t n, char *out, size_t size) {
    size_t worst = 0;
    for (size_t i = 1; i < n; i++)
        if (apart_ns(&parts[i]) > apart_ns(&parts[worst]))
            worst = i;
    int64_t ns = apart_ns(&parts[worst]);
    if (ns / 1000 <= MERGE_CLOCKS_MAX_US)
        return false;
    snprintf(out, size,
             "the time of %s may differ from that of part 0 by up to %.1f ms (over %.0f ms): a "
             "clock was set or ran at another speed, or the network between them was slow",
             parts[worst].name, (double)ns / 1e6, (double)MERGE_CLOCKS_MAX_US / 1000);
    return true;
}

/* Returns false if there is nothing to doubt. */
static bool doubt_clocks(const struct merge_part *parts, size_t n, char *out, size_t size) {
    const struct merge_part *a = worst_clock(parts, n, NULL), *b = worst_clock(parts, n, a);
    if (b == NULL)
        return false;
    if (are_compared(parts, n))
        return doubt_compared(parts, n, out, size);
    for (size_t i = 0; i < n; i++)
        if (!is_synchronized(&parts[i])) {
            int64_t us = merge_part_number(&parts[i], "clock_maxerror_us");
            char bound[64] = "by an unknown time";
            if (us >= 0)
                snprintf(bound, sizeof bound, "by %.1f ms or more", (double)us / 1000);
            snprintf(out, size,
                     "%s: its clock was not synchronized and may be wrong %s, so the parts may not "
                     "have run at the same time; synchronize the clocks (chrony, NTP)",
                     parts[i].name, bound);
            return true;
        }
    int64_t apart, x = clock_error(a), y = clock_error(b);
    if (__builtin_add_overflow(x, y, &apart))
        apart = INT64_MAX;
    if (apart <= MERGE_CLOCKS_MAX_US)
        return false;
    snprintf(out, size,
             "the clocks of %s and %s may differ by up to %.1f ms (over %.0f ms), so the parts may "
             "not have run at the same time; synchronize the clocks better (chrony, NTP)",
             a->name, b->name, (double)apart / 1000, (double)MERGE_CLOCKS_MAX_US / 1000);
    return true;
}

/* ---- all ---- */

/* All parts with this verdict, the first few with their reasons; false if there is none. */
static bool name_parts(const struct merge_part *parts, size_t n, const char *word,
                       struct buf *out) {
    struct merge_verdict v;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        merge_verdict_of(&parts[i], &v);
        if (!is(&v, word) || found++ >= EXPLAINED_MAX)
            continue;
        buf_printf(out, "%s%s: %s", out->len == 0 ? "" : "; ", parts[i].name, v.reason);
    }
    if (found > EXPLAINED_MAX)
        buf_printf(out, "; %zu more parts are %s", found - EXPLAINED_MAX, word);
    return found > 0;
}

void merge_verdict(const struct merge_part *parts, size_t n, struct merge_verdict *out) {
    struct buf all;
    struct err missing;
    char clocks[sizeof out->reason];
    buf_init(&all, SIZE_MAX / 2);
    size_t lacks = merge_missing(parts, n, &missing);
    if (lacks > 0)
        buf_printf(&all, "%s: %s requests are not in this file", missing.text,
                   lacks == 1 ? "its" : "their");
    if (name_parts(parts, n, "INVALID", &all) || lacks > 0)
        out->word = "INVALID";
    else {
        bool doubt = doubt_clocks(parts, n, clocks, sizeof clocks);
        if (doubt)
            buf_str(&all, clocks);
        out->word = name_parts(parts, n, "SUSPECT", &all) || doubt ? "SUSPECT" : "VALID";
    }
    if (all.len == 0)
        buf_printf(&all, "every request of the %zu part%s is in the file, and each part is VALID",
                   n, text_plural(n));
    size_t kept = text_cut(buf_text(&all), all.len, sizeof out->reason - 1);
    memcpy(out->reason, buf_text(&all), kept);
    out->reason[kept] = '\0';
    buf_done(&all);
}
