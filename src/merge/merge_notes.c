#include "merge/merge_notes.h"

/* The same limits as in engine/checker.h. */
#define BODIES "10"
#define BODIES_ALL "1000"

#define MAKE                                                                                       \
    "CREATE TEMP TABLE event_of(at_us INTEGER, kind TEXT, text TEXT, part INTEGER);"               \
    "CREATE TEMP TABLE part_name(part INTEGER PRIMARY KEY, name TEXT, users INTEGER,"              \
    " parts INTEGER);"                                                                             \
    "CREATE TEMP TABLE body_of(endpoint, user, at_us, status, error, bytes, body, seen)"

/* The name is at the end, so that a text begins as in a run's file. One part alone needs no
 * names. All users are active when those of the last part are. */
#define ADD_EVENTS                                                                                 \
    "INSERT INTO event SELECT at_us, kind, text FROM ("                                            \
    " SELECT x.at_us, x.kind, CASE WHEN x.parts > 1"                                               \
    "  OR (SELECT count(*) FROM temp.part_name) = 1 THEN x.text"                                   \
    "  ELSE x.text || ' [' || n.name || ']' END AS text, x.first FROM"                             \
    "  (SELECT at_us, kind, text, count(DISTINCT part) AS parts, min(part) AS part,"               \
    "   min(rowid) AS first FROM temp.event_of WHERE kind <> 'spawning_complete'"                  \
    "   GROUP BY at_us, kind, text) AS x JOIN temp.part_name AS n USING (part)"                    \
    " UNION ALL SELECT max(at_us), kind, 'all ' || (SELECT sum(users) FROM temp.part_name)"        \
    "  || ' users are active', max(rowid) FROM temp.event_of WHERE kind = 'spawning_complete'"     \
    "  GROUP BY kind HAVING count(DISTINCT part) = (SELECT max(parts) FROM temp.part_name))"       \
    " ORDER BY at_us, first;"                                                                      \
    "DROP TABLE temp.event_of; DROP TABLE temp.part_name"

#define ADD_BODIES                                                                                 \
    "INSERT INTO failed_body(endpoint, user, at_us, status, error, bytes, body, seen)"             \
    " SELECT endpoint, user, at_us, status, error, bytes, body, seen FROM (SELECT *, rowid AS n,"  \
    "  row_number() OVER (PARTITION BY endpoint ORDER BY at_us, rowid) AS nth FROM temp.body_of)"  \
    " WHERE nth <= " BODIES " ORDER BY at_us, n LIMIT " BODIES_ALL ";"                             \
    "DROP TABLE temp.body_of"

static int add_name(const struct merge_db *out, const struct merge_part *p, struct err *e) {
    sqlite3_stmt *st = NULL;
    if (merge_prepare(out, "INSERT INTO temp.part_name VALUES (?, ?, ?, ?)", &st, e) != 0)
        return -1;
    sqlite3_bind_int64(st, 1, p->index);
    sqlite3_bind_text(st, 2, p->name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(st, 3, p->run->users_max);
    sqlite3_bind_int64(st, 4, p->count);
    int result = merge_step(out, st, e);
    sqlite3_finalize(st);
    return result;
}

static int take_part(const struct merge_db *out, const struct merge_part *p, struct err *e) {
    if (add_name(out, p, e) != 0 ||
        merge_copy(&p->db, "SELECT at_us, kind, text FROM event ORDER BY rowid", out,
                   "INSERT INTO temp.event_of VALUES (?, ?, ?, ?)", p->index, e) != 0)
        return -1;
    return merge_copy(&p->db,
                      "SELECT endpoint, user, at_us, status, error, bytes, body, seen"
                      " FROM failed_body ORDER BY id",
                      out, "INSERT INTO temp.body_of VALUES (?, ?, ?, ?, ?, ?, ?, ?)", 0, e);
}

static int copy_scraped(const struct merge_db *out, const struct merge_part *parts, size_t n,
                        struct err *e) {
    int64_t one;
    bool any = false;
    size_t i = 0;
    for (; i < n && !any; i++)
        if (merge_number(&parts[i].db, "SELECT 1 FROM scrape_series LIMIT 1", &one, &any, e) != 0)
            return -1;
    if (!any)
        return 0;
    const struct merge_db *from = &parts[i - 1].db;
    return merge_copy(from, "SELECT id, metric, label, kind FROM scrape_series", out,
                      "INSERT INTO scrape_series VALUES (?, ?, ?, ?)", 0, e) != 0
               ? -1
               : merge_copy(from, "SELECT series, at_us, value FROM scrape_point", out,
                            "INSERT INTO scrape_point VALUES (?, ?, ?)", 0, e);
}

int merge_notes(const struct merge_db *out, const struct merge_part *parts, size_t n,
                struct err *e) {
    if (merge_exec(out, MAKE, e) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (take_part(out, &parts[i], e) != 0)
            return -1;
    return merge_exec(out, ADD_EVENTS ";" ADD_BODIES, e) != 0 ? -1 : copy_scraped(out, parts, n, e);
}
