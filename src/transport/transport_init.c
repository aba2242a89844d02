#include <curl/curl.h>

#include "transport/transport.h"

int transport_global_init(struct err *e) {
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK ? 0 : err_set(e, "libcurl cannot start: %s", curl_easy_strerror(code));
}
