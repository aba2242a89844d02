/* A reader that shows a part of a run: see reader.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "record/reader_internal.h"
#include "record/reader_server.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/units.h"

bool reader_cut_second(const struct reader *r, uint32_t *second) {
    if (!r->is_cut)
        return true;
    int64_t from = r->cut.from_us / US_PER_S;
    if (*second < from || (int64_t)*second * US_PER_S >= r->cut.to_us)
        return false;
    *second -= (uint32_t)from;
    return true;
}

/* What held before the cut holds at its begin. */
size_t reader_cut_users(const struct reader *r, struct reader_second *all, size_t n) {
    if (!r->is_cut)
        return n;
    size_t kept = 0;
    int64_t from = r->cut.from_us / US_PER_S;
    for (size_t i = 0; i < n; i++) {
        struct reader_second x = all[i];
        if (x.second <= from) {
            all[0] = (struct reader_second){.users = x.users};
            kept = 1;
        } else if (reader_cut_second(r, &x.second))
            all[kept++] = x;
    }
    return kept;
}

static int64_t earlier_by(int64_t us, int64_t by) {
    return us == READER_NO_VALUE ? us : us - by;
}

static int by_id(const void *key, const void *element) {
    int64_t a = *(const int64_t *)key, b = *(const int64_t *)element;
    return (a > b) - (a < b);
}

bool reader_cut_takes(const struct reader *r, struct request *row, int64_t at_us) {
    const struct reader_cut *c = &r->cut;
    int64_t when = row->end_us != READER_NO_VALUE ? row->end_us : at_us;
    if (when < c->from_us || when >= c->to_us ||
        (r->cut_endpoints != NULL && !r->cut_endpoints[row->endpoint]))
        return false;
    if (r->cold_count > 0 &&
        bsearch(&row->id, r->cold, r->cold_count, sizeof *r->cold, by_id) != NULL)
        return false;
    row->intended_us = earlier_by(row->intended_us, c->from_us);
    row->sent_us = earlier_by(row->sent_us, c->from_us);
    row->resent_us = earlier_by(row->resent_us, c->from_us);
    row->end_us = earlier_by(row->end_us, c->from_us);
    return true;
}

void reader_cut_done(struct reader *r) {
    free(r->cut_endpoints);
    free(r->cold);
}

static int no_such_name(const struct reader *r, const char *name, struct err *e) {
    const char **names = calloc(r->catalog.endpoint_count + 1, sizeof *names);
    const char *near = NULL;
    for (size_t i = 0; i < r->catalog.endpoint_count && names != NULL; i++)
        names[i] = r->catalog.endpoints[i].name;
    if (names != NULL)
        near = text_nearest(name, names, r->catalog.endpoint_count);
    free(names);
    return err_set(e, "no endpoint of %s is named %s%s%s%s", r->path, name,
                   near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
                   near == NULL ? "" : "?");
}

static int choose_endpoints(struct reader *r, const struct reader_cut *cut, struct err *e) {
    r->cut_endpoints = calloc(r->catalog.endpoint_count + 1, sizeof *r->cut_endpoints);
    if (r->cut_endpoints == NULL)
        return reader_no_memory(r, e);
    for (size_t k = 0; k < cut->name_count; k++) {
        bool found = false;
        for (size_t i = 0; i < r->catalog.endpoint_count; i++)
            if (strcmp(r->catalog.endpoints[i].name, cut->names[k]) == 0)
                found = r->cut_endpoints[i] = true;
        if (!found)
            return no_such_name(r, cut->names[k], e);
    }
    return 0;
}

static int load_cold(struct reader *r, struct err *e) {
    struct reader_server side;
    if (reader_server(r, &side, e) != 0)
        return -1;
    if (side.requests == 0)
        return err_set(e,
                       "%s has no request log of the server, which shows the cold starts; add it "
                       "with coldswarm import",
                       r->path);
    if (side.joined <= 0)
        return err_set(e,
                       "no entry of the server's log in %s belongs to a request of this run (%s), "
                       "so warm and cold requests cannot be separated",
                       r->path, side.join_state);
    return reader_cold(r, &r->cold, &r->cold_count, e);
}

/* When the cut began, in the form of run.started_utc. */
static int move_start(struct reader *r, int64_t from_us, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (reader_prepare(r,
                       "SELECT coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', started_utc,"
                       " printf('+%d.%06d seconds', ?1 / 1000000, ?1 % 1000000)), started_utc)"
                       " FROM run",
                       &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, from_us);
    int rc = sqlite3_step(st);
    const char *text = rc == SQLITE_ROW ? reader_keep_column(r, st, 0) : r->run.started_utc;
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    if (text == NULL)
        return reader_no_memory(r, e);
    r->run.started_utc = text;
    return 0;
}

int reader_cut(struct reader *r, const struct reader_cut *cut, struct err *e) {
    char from[UNITS_BYTES], whole[UNITS_BYTES];
    int64_t duration_us = r->run.duration_us;
    if (cut->from_us < 0 || cut->from_us >= cut->to_us) {
        units_duration_text(cut->from_us * NS_PER_US, from);
        units_duration_text(cut->to_us * NS_PER_US, whole);
        return err_set(e, "the part from %s to %s of the run is empty; --to must be after --from",
                       from, whole);
    }
    if (cut->from_us > 0 && cut->from_us >= duration_us) {
        units_duration_text(cut->from_us * NS_PER_US, from);
        units_duration_text(duration_us * NS_PER_US, whole);
        return err_set(e, "the part starts at %s, but the run in %s lasted only %s", from, r->path,
                       whole);
    }
    if ((cut->name_count > 0 && choose_endpoints(r, cut, e) != 0) ||
        (cut->warm_only && load_cold(r, e) != 0) ||
        (cut->from_us > 0 && move_start(r, cut->from_us, e) != 0))
        return -1;
    r->cut = *cut;
    r->is_cut = true;
    /* What ended after the run's end, as answers that were waited for, is of its last moment. */
    if (cut->to_us < duration_us)
        r->run.duration_us = cut->to_us - cut->from_us;
    else {
        r->run.duration_us = duration_us - cut->from_us;
        r->cut.to_us = READER_TO_THE_END;
    }
    return 0;
}

const struct reader_cut *reader_is_cut(const struct reader *r) {
    return r->is_cut ? &r->cut : NULL;
}

int reader_stage(struct reader *r, int64_t stage, int64_t *from_us, int64_t *to_us, struct err *e) {
    sqlite3_stmt *st = NULL;
    int64_t count = 0, from = 0, to = READER_TO_THE_END;
    int rc;
    if (reader_prepare(r,
                       "SELECT at_us, kind = 'stage' FROM event WHERE kind IN ('stage', 'load_end')"
                       " ORDER BY at_us, kind = 'load_end', rowid",
                       &st, e) != 0)
        return -1;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
        int64_t at = sqlite3_column_int64(st, 0);
        bool begins = sqlite3_column_int(st, 1) != 0;
        if (count == stage && to == READER_TO_THE_END)
            to = at;
        count += begins;
        if (begins && count == stage)
            from = at;
    }
    if (reader_finish(r, st, rc, e) != 0)
        return -1;
    if (count == 0)
        return err_set(e, "the load of %s has no stages", r->path);
    if (stage < 1 || stage > count)
        return err_set(e, "the load of %s has no stage %" PRId64 "; only %" PRId64 " began",
                       r->path, stage, count);
    *from_us = from;
    *to_us = to;
    return 0;
}
