/* The lines that parts of a load report: whatever they are, the whole counts them or says what is
 * wrong, and can be shown. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control/status_json.h"
#include "control/whole.h"
#include "fuzz/check.h"
#include "util/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const struct status *s) {
    struct buf text;
    buf_init(&text, SIZE_MAX / 2);
    status_json(s, STATUS_JSON_RUN | STATUS_JSON_COURSE, 0, &text);
    CHECK(buf_ok(&text) && text.len > 0);
    buf_done(&text);
}

/* The first line is what part 0 says of the load; the others are of both parts in turn. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct whole_plan plan = {.parts = 2,
                              .duration_ns = 20 * NS_PER_S,
                              .users_max = 9,
                              .rules = "http_reqs count>1\nhttp_req_failed rate<0.5\n"};
    struct gate_crossing crossed[4];
    struct whole *w = NULL;
    struct err e = {""};
    int64_t at_ns;
    char *text = strndup((const char *)data, size);
    if (text == NULL)
        return 0;
    char *line = text, *next = strchr(line, '\n');
    if (next != NULL)
        *next++ = '\0';
    plan.about = line;
    if (whole_new(&plan, &w, &e) != 0) {
        CHECK(e.text[0] != '\0');
        free(text);
        return 0;
    }
    for (uint32_t i = 0; (line = next) != NULL; i++) {
        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        e.text[0] = '\0';
        if (whole_is_report(line) && whole_line(w, i % 2, line, &e) != 0)
            CHECK(e.text[0] != '\0');
        whole_look(w, crossed, 4, &at_ns);
    }
    show(whole_status(w, 3 * NS_PER_S, false));
    show(whole_end(w, 4 * NS_PER_S));
    whole_free(w);
    free(text);
    return 0;
}
