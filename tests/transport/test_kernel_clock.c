/* A client that reads late must not count its lateness as the server's time: the kernel knows when
 * the answer came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loop.h"
#include "support/scratch.h"
#include "support/server.h"
#include "transport/direct.h"
#include "transport/kernel_clock.h"
#include "transport/transport.h"
#include "util/clock.h"

struct call {
    struct transport_result result;
    bool done;
};

static void keep(void *context, const struct transport_result *r) {
    *(struct call *)context = (struct call){.result = *r, .done = true};
}

struct late {
    int64_t ago_ns;   /* when we had read the answer, it was said to have come so long ago */
    int64_t slept_ns; /* before that, with the answer there */
};

/* The second request of a connection, whose answer comes while the loop stands still. */
static struct late read_late(const char *scheme, const struct server *server, bool kernel_clock) {
    uv_loop_t loop;
    struct err e;
    struct transport *t = NULL;
    struct transport_session *s = NULL;
    void *compiled = NULL;
    char url[128];
    struct late late = {0};
    struct transport_options options = {.keepalive = true,
                                        .connect_timeout_ns = 20 * NS_PER_S,
                                        .timeout_ns = 60 * NS_PER_S,
                                        .user_agent = "test/1",
                                        .kernel_clock = kernel_clock};
    snprintf(url, sizeof url, "%s://127.0.0.1:%d/ok?late", scheme, server->port);
    struct transport_request r = {.method = "GET", .url = url};
    uv_loop_init(&loop);
    assert_int_equal(transport_direct.open(&loop, &options, &t, &e), 0);
    assert_int_equal(transport_direct.session_open(t, 0, &s, &e), 0);
    assert_int_equal(transport_direct.request_new(t, &r, &compiled, &e), 0);
    for (int i = 0; i < 2; i++) {
        struct call call = {0};
        int seen = server_count(server, "/ok?late");
        transport_direct.send(s, compiled, NULL, 0, keep, &call);
        if (i == 1) {
            while (server_count(server, "/ok?late") == seen)
                usleep(1000);
            usleep(50000); /* the answer follows its line in the log */
            int64_t from = clock_mono_ns();
            usleep(200000);
            late.slept_ns = clock_mono_ns() - from;
        }
        while (!call.done)
            loop_turn(&loop);
        assert_int_equal(call.result.outcome, OUTCOME_OK);
        assert_int_equal(call.result.ttfb_ns, call.result.end_ns - call.result.sent_ns);
        late.ago_ns = clock_mono_ns() - call.result.end_ns;
    }
    transport_direct.request_free(compiled);
    transport_direct.session_close(s);
    transport_direct.close(t);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    return late;
}

/* Whether the answer counts from before the client slept. On a busy machine the server may send it
 * later than that, or the client may be held up after its look: so the question is whether it can
 * be, in several tries. */
static bool came_before(const char *scheme, const struct server *server, bool kernel_clock,
                        bool before) {
    for (int i = 0; i < 10; i++) {
        struct late late = read_late(scheme, server, kernel_clock);
        if ((late.ago_ns >= late.slept_ns) == before)
            return true;
    }
    return false;
}

static void check(const char *scheme, const struct server *server) {
    assert_true(came_before(scheme, server, true, true));
    assert_true(came_before(scheme, server, false, false));
}

static void an_answer_comes_when_the_kernel_has_it(void **state) {
    (void)state;
    struct server server;
    server_start(&server, NULL);
    check("http", &server);
    server_stop(&server);
}

static void with_tls_too(void **state) {
    (void)state;
    struct server server;
    const char *args[] = {"--tls", "--cert", in_dir("server.pem"), "--key", in_dir("server.key"),
                          NULL};
    server_start(&server, args);
    check("https", &server);
    server_stop(&server);
}

static int start(void **state) {
    return make_certificates(state) == 0 ? transport_global_init(NULL) : -1;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_comes_when_the_kernel_has_it),
        cmocka_unit_test(with_tls_too),
    };
    /* Not a failure of ours where the system has no stamps; the program then says that it used its
     * own clock. */
    if (!kernel_clock_available()) {
        print_message("1..0 # skip no SO_TIMESTAMPNS here\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, start, remove_dir);
}
