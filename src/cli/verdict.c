#include "cli/verdict.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

void verdict_decide(struct verdict *v, const struct engine_result *run,
                    const struct record_totals *totals) {
    if (run->record_failed || totals->lost > 0) {
        v->word = "INVALID";
        snprintf(v->reason, sizeof v->reason,
                 "%" PRIu64
                 " requests are not in the file: it could not be written as fast as they ended; "
                 "use a faster disk (--out) or fewer requests per second",
                 totals->lost);
        return;
    }
    if (run->busiest_core > ENGINE_BUSY_SHARE) {
        v->word = "SUSPECT";
        snprintf(v->reason, sizeof v->reason,
                 "thread %u of the client used %.0f %% of a core for 5 s: latencies may be its "
                 "own; use more "
                 "threads (--threads), fewer users or a longer wait",
                 run->busiest_worker + 1, run->busiest_core * 100);
        return;
    }
    v->word = "VALID";
    char most[32] = "under 1 %";
    if (run->busiest_core >= 0.01)
        snprintf(most, sizeof most, "at most %.0f %%", run->busiest_core * 100);
    snprintf(v->reason, sizeof v->reason,
             "every request is in the file; the client used %s of a core", most);
}

bool verdict_never_answered(const struct engine_result *run, const struct record_totals *totals) {
    return run->signal == 0 && totals->rows > 0 && totals->answered == 0;
}

int verdict_exit_code(const struct verdict *v, const struct engine_result *run,
                      const struct record_totals *totals, int on_failure) {
    if (run->record_failed || verdict_never_answered(run, totals))
        return EXIT_RUNTIME;
    if (run->signal != 0)
        return 128 + run->signal;
    if (strcmp(v->word, "INVALID") == 0)
        return EXIT_INVALID;
    return totals->failures > 0 ? on_failure : EXIT_OK;
}
