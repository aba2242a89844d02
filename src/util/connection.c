#include "util/connection.h"

#include <stddef.h>

const char *http_version_text(int version) {
    static const char *const texts[HTTP_VERSION_COUNT] = {NULL, "1.0", "1.1", "2"};
    return version >= 0 && version < HTTP_VERSION_COUNT ? texts[version] : NULL;
}

const char *connection_end_text(int end) {
    static const char *const texts[] = {
#define CONNECTION_END_TEXT(name, text) text,
        CONNECTION_END_MAP(CONNECTION_END_TEXT)
#undef CONNECTION_END_TEXT
    };
    return end > CONNECTION_END_NONE && end < CONNECTION_END_COUNT ? texts[end] : NULL;
}
