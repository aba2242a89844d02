#include "record/schema.h"

#include <stdio.h>

#include "record/db.h"
#include "util/array.h"
#include "util/outcome.h"

extern const char embed_record_reconnections_sql[], embed_record_requests_sql[],
    embed_record_schema_sql[], embed_record_server_sql[], embed_record_flows_sql[],
    embed_record_streams_sql[], embed_record_scrape_sql[];

static int insert_outcomes(sqlite3 *db, struct err *e) {
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "INSERT INTO outcome VALUES (?, ?, ?, ?, ?)", -1, &st, NULL);
    for (int i = 0; rc == SQLITE_OK && i < OUTCOME_COUNT; i++) {
        sqlite3_bind_int(st, 1, i);
        sqlite3_bind_text(st, 2, outcome_text(i), -1, SQLITE_STATIC);
        sqlite3_bind_int(st, 3, outcome_is_sent(i));
        sqlite3_bind_int(st, 4, outcome_is_timed(i));
        sqlite3_bind_int(st, 5, outcome_is_failure(i));
        sqlite3_step(st);
        rc = sqlite3_reset(st);
    }
    int result = rc == SQLITE_OK ? 0 : db_error(db, e);
    sqlite3_finalize(st);
    return result;
}

int schema_make(sqlite3 *db, struct err *e) {
    char marks[128];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             DB_APPLICATION_ID, DB_SCHEMA_VERSION);
    const char *const all[] = {marks,
                               embed_record_schema_sql,
                               embed_record_reconnections_sql,
                               embed_record_requests_sql,
                               embed_record_server_sql,
                               embed_record_flows_sql,
                               embed_record_streams_sql,
                               embed_record_scrape_sql};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (sqlite3_exec(db, all[i], NULL, NULL, NULL) != SQLITE_OK)
            return db_error(db, e);
    return insert_outcomes(db, e);
}
