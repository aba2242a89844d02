/* change: which changes a run can do, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/change.h"

#define NO CHANGE_NOTHING
#define GIVE_USERS "give users, and spawn_rate if it changes"
#define WHOLE_USERS "users must be a whole number from 0 to 5000, for which this process has files"
#define SPAWN_RATE "spawn_rate must be from 0.001 to 1e+06 users per second"
#define NO_USERS "this run has an arrival rate, for which users start on demand; give rate"
#define RATE "rate must be from 0 to 100000 requests per second"

static const struct change_of users_load = {.users_possible = 5000, .spawn_rate = 7};
static const struct change_of rate_load = {.open = true, .users_possible = 5000, .spawn_rate = 7};

static const struct {
    double users, spawn_rate, rate;
    uint32_t then_users;
    double then_spawn_rate;
    const char *why; /* NULL: it can be */
} users_cases[] = {
    {30, NO, NO, 30, 7, NULL}, /* the spawn rate stays that of the load */
    {30, 50, NO, 30, 50, NULL},
    {0, NO, NO, 0, 7, NULL},
    {5000, 0.001, NO, 5000, 0.001, NULL},
    {1, 1e6, NO, 1, 1e6, NULL},
    {5001, NO, NO, 0, 0, WHOLE_USERS},
    {1e300, NO, NO, 0, 0, WHOLE_USERS},
    {(double)INFINITY, NO, NO, 0, 0, WHOLE_USERS},
    {-1, NO, NO, 0, 0, WHOLE_USERS},
    {-0.5, NO, NO, 0, 0, WHOLE_USERS},
    {2.5, NO, NO, 0, 0, WHOLE_USERS},
    {30, 0, NO, 0, 0, SPAWN_RATE},
    {30, -1, NO, 0, 0, SPAWN_RATE},
    {30, 0.0009, NO, 0, 0, SPAWN_RATE},
    {30, 1000001, NO, 0, 0, SPAWN_RATE},
    {NO, NO, NO, 0, 0, GIVE_USERS},
    {NO, 5, NO, 0, 0, GIVE_USERS},
    {NO, NO, 5, 0, 0, "this run has users, not a rate; give users"},
    {30, NO, 5, 0, 0, "this run has users, not a rate; give users"},
};

static void test_users(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof users_cases / sizeof *users_cases; i++) {
        const struct change_asked a = {users_cases[i].users, users_cases[i].spawn_rate,
                                       users_cases[i].rate};
        struct control_change out = {.kind = CONTROL_NO_CHANGE, .users = 4711};
        struct err why = {""};
        bool can = change_make(&a, &users_load, &out, &why);
        assert_string_equal(why.text, users_cases[i].why == NULL ? "" : users_cases[i].why);
        assert_int_equal(can, users_cases[i].why == NULL);
        assert_int_equal(out.kind, can ? CONTROL_USERS : CONTROL_NO_CHANGE);
        assert_int_equal(out.users, can ? users_cases[i].then_users : 4711);
        assert_true(out.spawn_rate == users_cases[i].then_spawn_rate);
    }
}

static const struct {
    double users, spawn_rate, rate;
    const char *why;
} rate_cases[] = {
    {NO, NO, 0, NULL},        {NO, NO, 0.25, NULL}, /* not only whole ones */
    {NO, NO, 100000, NULL},   {NO, 5, 20, NULL},    /* without users, a spawn rate says nothing */
    {NO, NO, 100000.5, RATE}, {NO, NO, -0.001, RATE}, {NO, NO, (double)INFINITY, RATE},
    {NO, NO, NO, RATE},       {5, NO, NO, NO_USERS},  {5, NO, 20, NO_USERS},
};

static void test_a_rate(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rate_cases / sizeof *rate_cases; i++) {
        const struct change_asked a = {rate_cases[i].users, rate_cases[i].spawn_rate,
                                       rate_cases[i].rate};
        struct control_change out = {.kind = CONTROL_NO_CHANGE, .rate = 4711};
        struct err why = {""};
        bool can = change_make(&a, &rate_load, &out, &why);
        assert_string_equal(why.text, rate_cases[i].why == NULL ? "" : rate_cases[i].why);
        assert_int_equal(can, rate_cases[i].why == NULL);
        assert_int_equal(out.kind, can ? CONTROL_RATE : CONTROL_NO_CHANGE);
        assert_true(out.rate == (can ? rate_cases[i].rate : 4711));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_users), cmocka_unit_test(test_a_rate)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
