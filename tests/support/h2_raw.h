/*
 * h2_raw: starts tests/support/h2_raw.py, with a port for each mode. Stop it with server_stop().
 *
 * Header-only: each test binary has its own copy. The folder of scratch.h has the certificates.
 * Thread: main.
 */
#ifndef TESTS_SUPPORT_H2_RAW_H
#define TESTS_SUPPORT_H2_RAW_H

#include <assert.h>
#include <stdbool.h>

#include "support/scratch.h"
#include "support/server.h"

#define H2_RAW_NAME_BYTES 64

/* "MODE", "MODE+tls", "MODE+grpc", "MODE+tls+grpc" */
static inline void h2_raw_name(char out[H2_RAW_NAME_BYTES], const char *mode, bool tls, bool grpc) {
    snprintf(out, H2_RAW_NAME_BYTES, "%s%s%s", mode, tls ? "+tls" : "", grpc ? "+grpc" : "");
}

static inline void h2_raw_start(struct server *s, char modes[][H2_RAW_NAME_BYTES], size_t count) {
    const char *argv[SERVER_PORTS_MAX + 9] = {
        "python3", "tests/support/h2_raw.py", "--log",  s->log,
        "--key",   in_dir("server.key"),      "--cert", in_dir("server.pem")};
    assert(count <= SERVER_PORTS_MAX);
    for (size_t i = 0; i < count; i++)
        argv[8 + i] = modes[i];
    server_make_log(s);
    server_run(s, argv);
}

#endif
