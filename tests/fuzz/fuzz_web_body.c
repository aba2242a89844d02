/* The body of a request to the page, JSON or a form: what it asks of a run or of its load is within
 * its limits, or is refused with a reason. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/check.h"
#include "web/web_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says what kind of load there is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct web_start start;
    struct control_change change = {.kind = CONTROL_NO_CHANGE};
    struct err e = {""};
    if (size == 0 || size > WEB_BODY_MAX)
        return 0;
    struct web_load load = {.of.open = data[0] & 1, .of.users_possible = 1000, .of.spawn_rate = 1};
    bool locust = data[0] & 2;
    /* Exactly as long as it is, so that a byte beyond is seen. */
    char *body = malloc(size - 1);
    if (body == NULL)
        return 0;
    memcpy(body, data + 1, size - 1);
    if (web_start_read(body, size - 1, locust, &start, &e) == 0) {
        for (size_t f = 0; f < WEB_FIELDS; f++)
            CHECK(memchr(start.field[f], '\0', WEB_FIELD_BYTES) != NULL);
    } else
        CHECK(e.text[0] != '\0');
    e.text[0] = '\0';
    if (!web_read_load(&load, body, size - 1, &change, &e))
        CHECK(e.text[0] != '\0');
    else if (load.of.open)
        CHECK(change.kind == CONTROL_RATE && change.rate >= 0 && isfinite(change.rate));
    else
        CHECK(change.kind == CONTROL_USERS && change.users <= 1000 && change.spawn_rate > 0);
    free(body);
    return 0;
}
