#include "cli/program.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <uv.h>

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

void program_version(struct buf *out) {
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    buf_printf(out, "coldswarm %s\n", COLDSWARM_VERSION);
    buf_printf(out, "libcurl %s (%s), libuv %s, SQLite %s, libmicrohttpd %s, cJSON %s\n",
               curl->version, curl->ssl_version == NULL ? "no TLS" : curl->ssl_version,
               uv_version_string(), sqlite3_libversion(), MHD_get_version(), cJSON_Version());
}
