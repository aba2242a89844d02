#include "report/guess_internal.h"

#include <stdlib.h>
#include <string.h>

#include "util/array.h"
#include "util/clock.h"
#include "util/outcome.h"

#define PAUSE_SECONDS 10

bool guess_may_count(const struct request *row) {
    return row->outcome == OUTCOME_OK && row->service_us > 0 && row->sent_us >= 0;
}

static int mark_second(struct guess_signs *g, int64_t end_us, struct err *e) {
    size_t second = (size_t)(end_us / US_PER_S);
    if (second / 8 >= g->seconds / 8) {
        if (second > (size_t)10000000)
            return err_set(e, "a request ended %zu seconds after the start; the file is damaged",
                           second);
        size_t more = (second / 8 + 1) * 2;
        uint8_t *grown = realloc(g->answered, more);
        if (grown == NULL)
            return err_memory(e, "a run of %zu seconds", second);
        memset(grown + g->seconds / 8, 0, more - g->seconds / 8);
        g->answered = grown;
        g->seconds = more * 8;
    }
    g->answered[second / 8] = (uint8_t)(g->answered[second / 8] | 1u << second % 8);
    return 0;
}

void guess_signs_free(struct guess_signs *g) {
    if (g == NULL)
        return;
    free(g->answered);
    free(g->aside);
    summary_free(g->others);
    free(g);
}

struct guess_signs *guess_signs_new(size_t entries) {
    struct guess_signs *g = calloc(1, sizeof *g);
    if (g != NULL && summary_new(entries, SUMMARY_EXACT, &g->others, NULL) == 0)
        return g;
    guess_signs_free(g);
    return NULL;
}

/* Nothing was answered in the second of sending and the PAUSE_SECONDS before it. */
static bool after_pause(const struct guess_signs *g, int64_t sent_us) {
    int64_t sent = sent_us / US_PER_S;
    for (int64_t s = sent; s >= 0 && s >= sent - PAUSE_SECONDS; s--)
        if ((size_t)s < g->seconds && (g->answered[s / 8] >> s % 8 & 1) != 0)
            return false;
    return true;
}

static int set_aside(struct guess_signs *g, const struct request *row, struct err *e) {
    if (g->aside_count == GUESS_ASIDE_MAX) {
        g->too_many = true;
        free(g->aside);
        g->aside = NULL;
        g->aside_count = g->aside_room = 0;
    }
    if (g->too_many)
        return 0;
    struct guess_aside *all = array_room(g->aside, &g->aside_room, g->aside_count + 1, sizeof *all);
    if (all == NULL)
        return err_memory(e, "a report");
    g->aside = all;
    g->aside[g->aside_count++] = (struct guess_aside){.service_us = row->service_us,
                                                      .sent_us = row->sent_us,
                                                      .endpoint = row->endpoint,
                                                      .new_connection = row->new_connection};
    return 0;
}

/* Rows after it can only show that there was no pause, so none is missed. */
static bool may_have_sign(const struct guess_signs *g, const struct request *row) {
    return row->new_connection || after_pause(g, row->sent_us);
}

int guess_signs_add(struct guess_signs *g, size_t entry, const struct request *row, struct err *e) {
    g->rows += row->sent_us != READER_NO_VALUE;
    g->new_connections += row->new_connection;
    if (row->status != 0 && row->end_us >= 0 && mark_second(g, row->end_us, e) != 0)
        return -1;
    if (!guess_may_count(row)) {
        if (g->others != NULL)
            summary_count(g->others, entry, row);
        return 0;
    }
    return may_have_sign(g, row) ? set_aside(g, row, e) : 0;
}

/* If most rows have a new connection, it tells nothing. */
bool guess_has_sign(const struct guess_signs *g, bool new_connection, int64_t sent_us) {
    return (new_connection && g->new_connections * 2 < g->rows) || after_pause(g, sent_us);
}
