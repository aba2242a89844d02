#include "cli/program.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <uv.h>

const char program_summary[] = "load tests with a memory: every request is a row";

const char program_description[] =
    "coldswarm ramps virtual users against an HTTP service, keeps every request in a SQLite file "
    "while it runs, and makes percentile tables, figures and verdicts from that file.\n"
    "\n"
    "What a person reads while a run is on goes to standard error, the result to standard output.";

const struct program_exit program_exits[] = {
    {"0", "all went well"},
    {"1", "some request failed, and no threshold judges it"},
    {"2", "the command line or the scenario is wrong; nothing was sent"},
    {"3", "the run could not be made: disk, memory, or a target that never answered"},
    {"4", "the run is INVALID: the client, not the target, was the limit"},
    {"99", "a threshold was crossed"},
    {"130, 143", "stopped by Ctrl-C or SIGTERM; the file is complete up to there"},
};
const size_t program_exit_count = sizeof program_exits / sizeof *program_exits;

void program_version(struct buf *out) {
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    buf_printf(out, "coldswarm %s\n", COLDSWARM_VERSION);
    buf_printf(out, "libcurl %s (%s), libuv %s, SQLite %s, libmicrohttpd %s, cJSON %s\n",
               curl->version, curl->ssl_version == NULL ? "no TLS" : curl->ssl_version,
               uv_version_string(), sqlite3_libversion(), MHD_get_version(), cJSON_Version());
}
