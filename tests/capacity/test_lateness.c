/* Which lateness of the client changes no decision. Expected values: calculated by hand from the rule in the header. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capacity/lateness.h"
#include "near.h"

static struct lateness allowed(const char *first, const char *second) {
    const char *texts[] = {first, second};
    struct gate_rules rules = {0};
    struct lateness l;
    struct err e = {""};
    for (int i = 0; i < 2 && texts[i] != NULL; i++)
        if (gate_rules_parse(&rules, "", texts[i], &e) != 0)
            fail_msg("%s: %s", texts[i], e.text);
    lateness_allowed(&rules, &l);
    gate_rules_done(&rules);
    return l;
}

static void it_follows_the_smallest_limit_and_the_strictest_share(void **state) {
    (void)state;
    static const struct {
        const char *first, *second;
        double limit_ms, share;
    } rows[] = {
        {"http_req_duration p(95)<300", NULL, 3, 0.005},
        {"http_req_duration p(95)<300", "http_req_failed rate<0.01", 3, 0.005},
        {"http_req_duration p(95)<300", "response_time p(99)<1000", 3, 0.001},
        {"http_req_duration med<200", "goodput{ttft<50,e2e<2000} rate>0.95", 0.5, 0.005},
        {"http_req_duration avg<100", NULL, 1, 0},
        {"time_per_token p(90)<20", NULL, 0.2, 0.01},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lateness l = allowed(rows[i].first, rows[i].second);
        assert_near(l.limit_ms, rows[i].limit_ms, 1e-12);
        assert_near(l.share, rows[i].share, 1e-12);
    }
}

static void a_share_of_late_requests_is_harmless_and_one_more_is_not(void **state) {
    (void)state;
    struct lateness p95 = allowed("http_req_duration p(95)<300", NULL);
    assert_true(lateness_is_harmless(&p95, 0, 140));
    assert_false(lateness_is_harmless(&p95, 1, 140)); /* 0.7 % */
    assert_true(lateness_is_harmless(&p95, 1, 200));
    assert_true(lateness_is_harmless(&p95, 10, 2000));
    assert_false(lateness_is_harmless(&p95, 11, 2000));
    struct lateness average = allowed("http_req_duration avg<300", NULL);
    assert_true(lateness_is_harmless(&average, 0, 1000000));
    assert_false(lateness_is_harmless(&average, 1, 1000000));
}

/* A rate limiter may refuse what comes late and at once; nothing bounds that. */
static void without_a_limit_of_a_time_it_is_never_harmless(void **state) {
    (void)state;
    struct lateness l = allowed("http_req_failed rate<0.01", "checks rate>0.9");
    assert_true(isnan(l.limit_ms));
    assert_false(lateness_is_harmless(&l, 0, 1000));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_follows_the_smallest_limit_and_the_strictest_share),
        cmocka_unit_test(a_share_of_late_requests_is_harmless_and_one_more_is_not),
        cmocka_unit_test(without_a_limit_of_a_time_it_is_never_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
