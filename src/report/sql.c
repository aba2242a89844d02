#include "report/sql.h"

#include <inttypes.h>
#include <stdbool.h>

void sql_text(struct buf *out, const char *text) {
    bool plain = true;
    for (const char *p = text; *p != '\0'; p++)
        plain = plain && *p >= ' ' && *p < 0x7f;
    buf_str(out, plain ? "'" : "CAST(x'");
    for (const char *p = text; *p != '\0'; p++) {
        if (!plain)
            buf_printf(out, "%02x", (unsigned)(unsigned char)*p);
        else
            buf_printf(out, *p == '\'' ? "''" : "%c", *p);
    }
    buf_str(out, plain ? "'" : "' AS TEXT)");
}

void sql_percentile(struct buf *out, const char *column, int level, const char *from) {
    buf_printf(out,
               "SELECT sum(x * (1 - abs(k - at))) FROM (SELECT %s / 1000.0 AS x, row_number() OVER "
               "(ORDER BY %s) - 1 AS k, (count(*) OVER () - 1) * %d / 100.0 AS at %s) WHERE "
               "abs(k - at) < 1",
               column, column, level, from);
}

void sql_cut(struct buf *out, const struct reader_cut *c) {
    if (c == NULL)
        return;
    if (c->from_us > 0)
        buf_printf(out, " AND coalesce(end_us, intended_us) >= %" PRId64, c->from_us);
    if (c->to_us != READER_TO_THE_END)
        buf_printf(out, " AND coalesce(end_us, intended_us) < %" PRId64, c->to_us);
    for (size_t i = 0; i < c->name_count; i++) {
        buf_str(out, i == 0 ? " AND name IN (" : ", ");
        sql_text(out, c->names[i]);
    }
    buf_str(out, c->name_count > 0 ? ")" : "");
    if (c->warm_only)
        buf_str(out, " AND id NOT IN (SELECT s.request_id FROM server_requests AS s JOIN instances"
                     " AS i ON i.instance = s.instance WHERE s.request_id NOT NULL"
                     " AND s.at_us < i.ready_us)");
}
