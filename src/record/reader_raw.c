#include "record/reader_raw.h"

#include "record/reader_internal.h"

sqlite3 *reader_raw(struct reader *r) {
    return r->db;
}
