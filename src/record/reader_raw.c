#include "record/reader_raw.h"

#include "record/reader_internal.h"

sqlite3 *reader_raw(struct reader *r) {
    return r->db;
}

void reader_share(struct reader *r, bool (*stop)(void)) {
    db_budget_share(&r->budget, stop);
}
