#include "cli/sending.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "transport/direct.h"
#include "transport/kernel_clock.h"
#include "util/clock.h"

void sending_set_trace(struct sending *s, uint64_t id) {
    if (s->trace_run[0] != '\0')
        snprintf(s->trace_run, sizeof s->trace_run, "%016" PRIx64, id);
}

int sending_choose(const struct args *a, const struct scenario *s, struct sending *out,
                   struct err *e) {
    static const enum choose_wish wishes[] = {CHOOSE_AUTO, CHOOSE_CURL, CHOOSE_DIRECT};
    static const char *const words[] = {"auto", "curl", "direct"};
    enum choose_wish wish = CHOOSE_AUTO;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(opt_text(a, "transport"), words[i]) == 0)
            wish = wishes[i];
    if (!opt_flag(a, "no-trace")) {
        uint64_t id = 0;
        if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id || id == 0)
            id = (uint64_t)clock_real_ns();
        snprintf(out->trace_run, sizeof out->trace_run, "%016" PRIx64, id);
    }
    if (choose_transport(wish, s, &out->transport, out->why, e) != 0)
        return -1;
    out->kernel_clock = out->transport == &transport_direct && kernel_clock_available() &&
                        strcmp(opt_text(a, "receive-clock"), "kernel") == 0;
    return 0;
}
