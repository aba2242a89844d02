#include "cli/program.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <nghttp2/nghttp2.h>
#include <openssl/crypto.h>
#include <protobuf-c/protobuf-c.h>
#include <sqlite3.h>
#include <string.h>
#include <uv.h>
#include <zlib.h>

#include "record/db.h"
#include "util/json_write.h"

const char program_summary[] = "load test HTTP services and record every request";

const char program_description[] =
    "coldswarm load-tests HTTP services, with virtual users or at a fixed request rate. It stores "
    "every request in a SQLite file and computes percentiles, figures and a pass/fail exit code "
    "from that file.\n"
    "\n"
    "Progress goes to standard error, results to standard output.";

const char program_examples[] =
    "coldswarm run --host http://127.0.0.1:8080 -u 20 -r 2 -t 1m # 20 users, two more per second\n"
    "coldswarm report runs/paper.db --out report # tables, figures and data\n"
    "coldswarm gate runs/paper.db -e 'http_req_duration p(95)<500' # pass or fail\n"
    "coldswarm compare old.db --with new.db # what became slower";

const struct program_exit program_exits[] = {
    {"0", "success"},
    {"1", "requests failed that no threshold covers"},
    {"2", "wrong command line or scenario; nothing was sent"},
    {"3", "could not run: disk, memory, or the target never answered"},
    {"4", "the run is INVALID: the client was the bottleneck, not the target"},
    {"99", "a threshold failed"},
    {"129, 130, 143",
     "stopped by SIGHUP, Ctrl-C or SIGTERM; the file is complete up to that moment"},
};
const size_t program_exit_count = sizeof program_exits / sizeof *program_exits;

struct library {
    const char *name, *version;
};

/* With a row of NULLs at the end. */
enum { LIBRARIES = 10 };

static void list_libraries(struct library to[LIBRARIES]) {
    const struct library all[LIBRARIES] = {
        {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
        {"OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING)},
        {"libnghttp2", nghttp2_version(0)->version_str},
        {"libuv", uv_version_string()},
        {"SQLite", sqlite3_libversion()},
        {"libmicrohttpd", MHD_get_version()},
        {"cJSON", cJSON_Version()},
        {"zlib", zlibVersion()},
        {"protobuf-c", protobuf_c_version()},
    };
    memcpy(to, all, sizeof all);
}

void program_version(struct buf *out) {
    struct library libraries[LIBRARIES];
    list_libraries(libraries);
    buf_printf(out, "coldswarm %s\n", COLDSWARM_VERSION);
    for (const struct library *l = libraries; l->name != NULL; l++)
        buf_printf(out, "%s%s %s", l == libraries ? "" : ", ", l->name, l->version);
    buf_char(out, '\n');
}

void program_version_json(struct buf *out) {
    struct library libraries[LIBRARIES];
    struct json_writer w;
    list_libraries(libraries);
    json_write_init(&w, out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_text(&w, "coldswarm", COLDSWARM_VERSION);
    json_write_int(&w, "schema", DB_SCHEMA_VERSION);
    json_write_object(&w, "libraries", JSON_LINES);
    for (const struct library *l = libraries; l->name != NULL; l++)
        json_write_text(&w, l->name, l->version);
    json_write_end(&w);
    json_write_end(&w);
    buf_char(out, '\n');
}
