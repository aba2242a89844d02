/* The texts of gRPC's headers and trailers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "grpc/grpc_frame.h"
#include "util/array.h"
#include "util/clock.h"
#include "util/encode.h"
#include "util/text.h"

static const char *const status_names[GRPC_STATUS_COUNT] = {
    [GRPC_OK] = "OK",
    [GRPC_CANCELLED] = "CANCELLED",
    [GRPC_UNKNOWN] = "UNKNOWN",
    [GRPC_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
    [GRPC_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
    [GRPC_NOT_FOUND] = "NOT_FOUND",
    [GRPC_ALREADY_EXISTS] = "ALREADY_EXISTS",
    [GRPC_PERMISSION_DENIED] = "PERMISSION_DENIED",
    [GRPC_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
    [GRPC_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
    [GRPC_ABORTED] = "ABORTED",
    [GRPC_OUT_OF_RANGE] = "OUT_OF_RANGE",
    [GRPC_UNIMPLEMENTED] = "UNIMPLEMENTED",
    [GRPC_INTERNAL] = "INTERNAL",
    [GRPC_UNAVAILABLE] = "UNAVAILABLE",
    [GRPC_DATA_LOSS] = "DATA_LOSS",
    [GRPC_UNAUTHENTICATED] = "UNAUTHENTICATED"};

const char *grpc_status_text(int status) {
    return status_names[status >= 0 && status < GRPC_STATUS_COUNT ? status : GRPC_UNKNOWN];
}

int grpc_status_named(const char *text) {
    for (int i = 0; i < GRPC_STATUS_COUNT; i++)
        if (strcasecmp(status_names[i], text) == 0)
            return i;
    int status = grpc_status_read((struct bytes){text, strlen(text)});
    return status == GRPC_UNKNOWN && strcmp(text, "2") != 0 ? -1 : status;
}

int grpc_status_read(struct bytes value) {
    int status = 0;
    if (value.len == 0 || value.len > 9)
        return -1;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return -1;
        status = status * 10 + (value.data[i] - '0');
    }
    return status < GRPC_STATUS_COUNT ? status : GRPC_UNKNOWN;
}

enum grpc_status grpc_status_of_http(int http_status) {
    switch (http_status) {
    case 400:
        return GRPC_INTERNAL;
    case 401:
        return GRPC_UNAUTHENTICATED;
    case 403:
        return GRPC_PERMISSION_DENIED;
    case 404:
        return GRPC_UNIMPLEMENTED;
    case 429:
    case 502:
    case 503:
    case 504:
        return GRPC_UNAVAILABLE;
    default:
        return GRPC_UNKNOWN;
    }
}

static const struct {
    char unit;
    int64_t ns;
} units[] = {{'n', 1},        {'u', NS_PER_US},     {'m', NS_PER_MS},
             {'S', NS_PER_S}, {'M', 60 * NS_PER_S}, {'H', 3600 * NS_PER_S}};

void grpc_timeout_text(int64_t timeout_ns, char out[GRPC_TIMEOUT_BYTES]) {
    int64_t value = timeout_ns < 1 ? 1 : timeout_ns;
    for (size_t i = 0; i < COUNT_OF(units); i++) {
        int64_t count = value / units[i].ns + (value % units[i].ns != 0);
        if (count <= 99999999) {
            snprintf(out, GRPC_TIMEOUT_BYTES, "%d%c", (int)count, units[i].unit);
            return;
        }
    }
}

int64_t grpc_timeout_read(struct bytes value) {
    int64_t count = 0, ns;
    if (value.len < 2 || value.len > 9)
        return -1;
    for (size_t i = 0; i + 1 < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return -1;
        count = count * 10 + (value.data[i] - '0');
    }
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (units[i].unit == value.data[value.len - 1])
            return __builtin_mul_overflow(count, units[i].ns, &ns) ? INT64_MAX : ns;
    return -1;
}

void grpc_message_text(struct bytes value, struct buf *out) {
    struct buf plain;
    buf_init(&plain, value.len);
    decode_percent(&plain, value.data, value.len, false); /* keeps what is no %XX */
    text_repair(out, buf_text(&plain), plain.len);
    buf_done(&plain);
}

void grpc_message_value(const char *text, size_t n, struct buf *out) {
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c < 0x7f && c != '%')
            buf_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", c);
    }
}
