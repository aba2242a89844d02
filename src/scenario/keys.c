#include "scenario/keys.h"

const struct scenario_key scenario_keys[] = {
    {SECTION_TOP, "$schema", NULL},
    {SECTION_TOP, "name", NULL},
    {SECTION_TOP, "target", NULL},
    {SECTION_TOP, "load", NULL},
    {SECTION_TOP, "wait", NULL},
    {SECTION_TOP, "timeout", NULL},
    {SECTION_TOP, "connect_timeout", NULL},
    {SECTION_TOP, "headers", NULL},
    {SECTION_TOP, "auth", NULL},
    {SECTION_TOP, "http", NULL},
    {SECTION_TOP, "tasks", NULL},
    {SECTION_TOP, "users", "classes of users; the number of users belongs in \"load\""},
    {SECTION_TOP, "feeders", "data from files"},
    {SECTION_TOP, "setup", "requests before the run"},
    {SECTION_TOP, "teardown", "requests after the run"},
    {SECTION_TOP, "on_start", "requests when a user starts"},
    {SECTION_TOP, "on_stop", "requests when a user stops"},
    {SECTION_TOP, "thresholds", NULL},

    {SECTION_LOAD, "users", NULL},
    {SECTION_LOAD, "spawn_rate", NULL},
    {SECTION_LOAD, "duration", NULL},
    {SECTION_LOAD, "stages", NULL},
    {SECTION_LOAD, "start_users", NULL},
    {SECTION_LOAD, "rate", NULL},
    {SECTION_LOAD, "start_rate", NULL},
    {SECTION_LOAD, "arrivals", NULL},
    {SECTION_LOAD, "max_users", NULL},
    {SECTION_LOAD, "queue_timeout", NULL},

    {SECTION_STAGE, "duration", NULL},
    {SECTION_STAGE, "users", NULL},
    {SECTION_STAGE, "rate", NULL},

    {SECTION_WAIT, "constant", NULL},
    {SECTION_WAIT, "between", NULL},
    {SECTION_WAIT, "pacing", NULL},
    {SECTION_WAIT, "throughput", NULL},
    {SECTION_WAIT, "poisson", NULL},

    {SECTION_AUTH, "bearer", NULL},
    {SECTION_AUTH, "basic", NULL},

    {SECTION_BASIC, "user", NULL},
    {SECTION_BASIC, "password", NULL},

    {SECTION_HTTP, "version", NULL},
    {SECTION_HTTP, "verify", NULL},
    {SECTION_HTTP, "ca", NULL},
    {SECTION_HTTP, "cert", NULL},
    {SECTION_HTTP, "key", NULL},
    {SECTION_HTTP, "resolve", NULL},
    {SECTION_HTTP, "proxy", NULL},
    {SECTION_HTTP, "unix_socket", NULL},
    {SECTION_HTTP, "keepalive", NULL},
    {SECTION_HTTP, "follow_redirects", NULL},
    {SECTION_HTTP, "compressed", NULL},
    {SECTION_HTTP, "cookies", NULL},

    {SECTION_TASK, "name", NULL},
    {SECTION_TASK, "weight", NULL},
    {SECTION_TASK, "method", NULL},
    {SECTION_TASK, "path", NULL},
    {SECTION_TASK, "query", NULL},
    {SECTION_TASK, "headers", NULL},
    {SECTION_TASK, "auth", NULL},
    {SECTION_TASK, "body", NULL},
    {SECTION_TASK, "body_file", NULL},
    {SECTION_TASK, "json", NULL},
    {SECTION_TASK, "form", NULL},
    {SECTION_TASK, "multipart", NULL},
    {SECTION_TASK, "steps", "several requests in a row"},
    {SECTION_TASK, "tags", "choosing tasks on the command line"},
    {SECTION_TASK, "capture", "values taken from answers"},
    {SECTION_TASK, "checks", "conditions on answers"},
    {SECTION_TASK, "wait", "a wait of a task's own"},
    {SECTION_TASK, "repeat", "several requests in a row"},
    {SECTION_TASK, "when", "requests on a condition"},

    {SECTION_PART, "name", NULL},
    {SECTION_PART, "value", NULL},
    {SECTION_PART, "file", NULL},
    {SECTION_PART, "filename", NULL},
    {SECTION_PART, "type", NULL},

    {SECTION_THRESHOLD, "threshold", NULL},
    {SECTION_THRESHOLD, "abortOnFail", NULL},
    {SECTION_THRESHOLD, "delayAbortEval", NULL},
    {SECTION_THRESHOLD, "over", NULL},
    {SECTION_THRESHOLD, "from", NULL},
    {SECTION_THRESHOLD, "stage", NULL},
};

const size_t scenario_key_count = sizeof scenario_keys / sizeof *scenario_keys;

const char *scenario_section_text(enum scenario_section section) {
    static const char *const texts[SECTION_COUNT] = {
        "a scenario", "load", "a stage", "wait",   "auth",
        "basic",      "http", "a task",  "a part", "a threshold"};
    return texts[section];
}
