#include "merge/merge_part.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/db.h"
#include "record/reader_raw.h"
#include "record/record.h"
#include "schedule/part.h"
#include "util/array.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/text.h"

#define MANIFEST_MAX_BYTES ((size_t)16 << 20)
#define CACHE_KIB "-128"

const char *merge_part_value(const struct merge_part *p, const char *key) {
    for (size_t i = 0; i < p->pair_count; i++)
        if (strcmp(p->pairs[i].key, key) == 0)
            return p->pairs[i].value;
    return NULL;
}

int64_t merge_part_number(const struct merge_part *p, const char *key) {
    const char *value = merge_part_value(p, key);
    char *end;
    if (value == NULL || value[0] == '\0')
        return READER_NO_VALUE;
    long long number = strtoll(value, &end, 10);
    return *end == '\0' ? number : READER_NO_VALUE;
}

/* ---- the manifest ---- */

struct reading {
    struct merge_part *part;
    size_t bytes;
    bool failed, too_long;
};

static void take_pair(void *context, const char *key, const char *value) {
    struct reading *r = context;
    struct merge_part *p = r->part;
    r->bytes += strlen(key) + strlen(value) + sizeof *p->pairs;
    r->too_long = r->too_long || r->bytes > MANIFEST_MAX_BYTES;
    if (r->failed || r->too_long)
        return;
    struct merge_pair pair = {strdup(key), strdup(value)};
    struct merge_pair *room =
        array_room(p->pairs, &p->pair_room, p->pair_count + 1, sizeof *p->pairs);
    if (room != NULL)
        p->pairs = room;
    if (room == NULL || pair.key == NULL || pair.value == NULL) {
        r->failed = true;
        free(pair.key);
        free(pair.value);
        return;
    }
    p->pairs[p->pair_count++] = pair;
}

/* A part under an agent writes start_at at its end. If it did not come that far, because it was
 * killed or its disk is full, its clock says the same: the agent gave the time of both. */
static void take_start(void *context, const char *key, const char *value) {
    const struct reading *r = context;
    char utc[CLOCK_UTC_BYTES], *end;
    long long us = strcmp(key, "started_us") == 0 ? strtoll(value, &end, 10) : -1;
    if (us >= 0 && us <= INT64_MAX / NS_PER_US && merge_part_value(r->part, "shard") != NULL &&
        merge_part_value(r->part, "start_at") == NULL) {
        clock_utc(us * NS_PER_US, utc);
        take_pair(context, "start_at", utc); /* here it is in its order */
    }
    take_pair(context, key, value);
}

static int read_manifest(struct merge_part *p, struct err *e) {
    struct reading r = {.part = p};
    if (reader_manifest(p->reader, take_start, &r, e) != 0)
        return -1;
    if (r.too_long)
        return err_set(e, "cannot read %s: its manifest is larger than 16 MiB", p->path);
    return r.failed ? err_memory(e, "%s", p->path) : 0;
}

/* ---- which part it is ---- */

static bool read_shard(const char *text, uint32_t *index, uint32_t *count) {
    struct part p;
    if (!part_parse(text, &p) || p.count > MERGE_PARTS_MAX || p.index >= p.count)
        return false;
    *index = p.index;
    *count = p.count;
    return true;
}

/* A clean copy, cut to what fits. */
static void set_host(struct merge_part *p, const char *text) {
    struct buf clean;
    size_t n = strnlen(text, sizeof p->host + 4);
    buf_init(&clean, 3 * (sizeof p->host + 4));
    text_repair(&clean, text, n);
    size_t kept = text_cut(buf_text(&clean), clean.len, sizeof p->host - 1);
    memcpy(p->host, buf_text(&clean), kept);
    p->host[kept] = '\0';
    buf_done(&clean);
}

/* Without a host, the name of the file says which one it is. */
static void set_name(struct merge_part *p) {
    const char *host = merge_part_value(p, "host");
    char file[MERGE_HOST_BYTES];
    set_host(p, file_base(p->path));
    memcpy(file, p->host, sizeof file);
    set_host(p, host == NULL ? "" : host);
    snprintf(p->name, sizeof p->name, "part %" PRIu32 " of %" PRIu32 " (%s%s)", p->index, p->count,
             p->host[0] == '\0' ? "" : "host ", p->host[0] == '\0' ? file : p->host);
}

static int identify(struct merge_part *p, bool *refused, struct err *e) {
    int64_t version;
    bool known;
    const char *shard = merge_part_value(p, "shard"), *start = merge_part_value(p, "start_at");
    if (merge_number(&p->db, "PRAGMA user_version", &version, &known, e) != 0)
        return -1;
    *refused = true;
    /* A run's manifest is written at once, so the file was copied alone. */
    if (shard == NULL && p->pair_count == 0) {
        *refused = false;
        return err_set(
            e,
            "cannot read %s: it has no manifest. A run that was killed leaves its newest "
            "data in %s-wal; copy that file too",
            p->path, file_base(p->path));
    }
    if (shard == NULL)
        return err_set(e, "%s is a whole run, not a part of one (run --shard I/N makes parts)",
                       p->path);
    if (!read_shard(shard, &p->index, &p->count))
        return err_set(e, "%s: \"%.40s\" is not a part such as 0/4", p->path, shard);
    if (version != DB_SCHEMA_VERSION)
        return err_set(e, "%s was made by an older coldswarm (%.40s); merge it with that version",
                       p->path, p->run->version);
    if (start == NULL || !clock_read_utc(start, &p->start_at_ns))
        return err_set(e, "%s does not say when its load started (start_at)", p->path);
    *refused = false;
    set_name(p);
    return 0;
}

/* ---- how it went ---- */

/* The tables that a merge copies must be tables: a view could have rows without end. */
static int check_tables(struct merge_part *p, struct err *e) {
    static const char *const tables[] = {
        "run",    "manifest",     "event",         "endpoint",      "error",
        "result", "request",      "user_count",    "client_second", "dispatch_second",
        "task",   "iteration",    "check_name",    "check_second",  "failed_body",
        "stream", "reconnection", "scrape_series", "scrape_point"};
    for (size_t i = 0; i < COUNT_OF(tables); i++)
        if (!db_is_table(p->db.db, tables[i]))
            return err_set(e, "cannot read %s: the file is damaged: it lacks the table %s", p->path,
                           tables[i]);
    return 0;
}

static int read_health(struct merge_part *p, struct err *e) {
    sqlite3_stmt *st = NULL;
    int64_t ended;
    bool known;
    if (merge_prepare(&p->db,
                      "SELECT max(cpu_max), max(loop_lag_max_us), max(lost) FROM client_second",
                      &st, e) != 0)
        return -1;
    int rc = sqlite3_step(st);
    bool any = rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL;
    bool lag = any && sqlite3_column_type(st, 1) != SQLITE_NULL;
    p->cpu_max = any ? sqlite3_column_double(st, 0) : -1;
    p->loop_lag_max_us = lag ? sqlite3_column_int64(st, 1) : READER_NO_VALUE;
    p->lost = any ? sqlite3_column_int64(st, 2) : 0;
    int result = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : merge_fail(&p->db, e);
    sqlite3_finalize(st);
    if (result != 0 ||
        merge_number(&p->db,
                     "SELECT 1 FROM event WHERE kind = 'signal' OR"
                     " (kind = 'control' AND text LIKE '" RECORD_AGENT_SIGNAL_WORDS "%') LIMIT 1",
                     &ended, &known, e) != 0)
        return -1;
    p->signalled = known;
    p->stopped = known || merge_part_value(p, "thresholds_end") != NULL;
    return 0;
}

int merge_part_open(const char *path, struct merge_part *out, bool *refused, struct err *e) {
    struct merge_part p = {.path = path};
    *refused = false;
    if (reader_open(path, &p.reader, e) != 0)
        return -1;
    p.db = (struct merge_db){.db = reader_raw(p.reader), .path = path};
    p.run = reader_run(p.reader);
    /* Rows are read once, in order, and there may be a thousand parts. */
    if (merge_exec(&p.db, "PRAGMA cache_size = " CACHE_KIB, e) != 0 || read_manifest(&p, e) != 0 ||
        identify(&p, refused, e) != 0 || check_tables(&p, e) != 0 || read_health(&p, e) != 0) {
        merge_part_done(&p);
        return -1;
    }
    *out = p;
    return 0;
}

void merge_part_done(struct merge_part *p) {
    for (size_t i = 0; i < p->pair_count; i++) {
        free(p->pairs[i].key);
        free(p->pairs[i].value);
    }
    free(p->pairs);
    reader_close(p->reader);
    *p = (struct merge_part){.path = NULL};
}
