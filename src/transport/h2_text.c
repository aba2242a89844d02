#include "transport/h2_text.h"

#include <string.h>

static const struct {
    const char *name, *text;
} codes[] = {
    /* RFC 9113 7, by number */
    {"NO_ERROR", "the server reset the stream (NO_ERROR)"},
    {"PROTOCOL_ERROR", "the response, or the request according to the server, is not valid HTTP/2 "
                       "(PROTOCOL_ERROR)"},
    {"INTERNAL_ERROR", "the server reset the stream (INTERNAL_ERROR)"},
    {"FLOW_CONTROL_ERROR", "the stream was reset (FLOW_CONTROL_ERROR)"},
    {"SETTINGS_TIMEOUT", "the server reset the stream (SETTINGS_TIMEOUT)"},
    {"STREAM_CLOSED", "the stream was reset (STREAM_CLOSED)"},
    {"FRAME_SIZE_ERROR", "the stream was reset (FRAME_SIZE_ERROR)"},
    {"REFUSED_STREAM", H2_REFUSED},
    {"CANCEL", "the server reset the stream (CANCEL)"},
    {"COMPRESSION_ERROR", "the stream was reset (COMPRESSION_ERROR)"},
    {"CONNECT_ERROR", "the server reset the stream (CONNECT_ERROR)"},
    {"ENHANCE_YOUR_CALM", "the server reset the stream (ENHANCE_YOUR_CALM)"},
    {"INADEQUATE_SECURITY", "the server reset the stream (INADEQUATE_SECURITY)"},
    {"HTTP_1_1_REQUIRED", "the server reset the stream (HTTP_1_1_REQUIRED)"},
};

#define CODES (sizeof codes / sizeof *codes)
#define PROTOCOL_ERROR 1
#define ENHANCE_YOUR_CALM 11

enum connection_end h2_goaway_end(uint32_t code) {
    return code == 0                   ? CONNECTION_END_GOAWAY
           : code == ENHANCE_YOUR_CALM ? CONNECTION_END_GOAWAY_CALM
                                       : CONNECTION_END_GOAWAY_ERROR;
}

uint32_t h2_code_of(const char *text) {
    for (uint32_t i = 0; i < CODES; i++)
        if (strncmp(text, codes[i].name, strlen(codes[i].name)) == 0)
            return i;
    return UINT32_MAX;
}

const char *h2_reset_text(uint32_t code, enum outcome *outcome) {
    *outcome = code == PROTOCOL_ERROR ? OUTCOME_PROTOCOL_ERROR : OUTCOME_RESET;
    return code < CODES ? codes[code].text
                        : "the server reset the stream (a code that RFC 9113 does not define)";
}
