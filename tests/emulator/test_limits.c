/* CPU limits, against a made-up /proc and /sys: which files are written with what, and that what
 * cannot be done is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emulator/limits.h"
#include "support/skip.h"
#include "util/buf.h"
#include "util/file.h"

static char root[64];

static void put(const char *path, const char *text) {
    char whole[512], folder[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(whole, '/') - whole), whole);
    assert_int_equal(file_make_folder(folder, NULL), 0);
    FILE *f = fopen(whole, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void assert_holds(const char *folder, const char *name, const char *want) {
    char path[1024];
    struct buf text;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    buf_init(&text, 4096);
    assert_int_equal(file_read(path, &text, NULL), 0);
    assert_string_equal(buf_text(&text), want);
    buf_done(&text);
}

static int setup(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/coldswarm-limits-XXXXXX");
    return mkdtemp(root) == NULL;
}

static int teardown(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

/* A plain folder does not make files as a control group does, so writing the limit fails there:
 * nothing is limited, and said. */
static void test_none(void **state) {
    (void)state;
    struct limits l;
    struct limits_group g;
    put("/proc/self/mountinfo", "24 1 0:22 / /proc rw - proc proc rw\n");
    put("/proc/self/cgroup", "0::/\n");
    limits_init(&l, 1.5, root);
    assert_int_equal(l.version, 0);
    assert_non_null(strstr(limits_text(&l), "more than 1.5 CPU"));
    limits_enter(&l, &g);
    limits_leave(&l);
    assert_string_equal(g.path, "");
    limits_remove(&g);
    limits_done(&l);
}

static void test_cpu_not_handed_down(void **state) {
    (void)state;
    struct limits l;
    put("/proc/self/mountinfo", "30 1 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n");
    put("/proc/self/cgroup", "0::/user.slice\n");
    put("/sys/fs/cgroup/user.slice/cgroup.controllers", "memory pids\n");
    limits_init(&l, 1, root);
    assert_int_equal(l.version, 0);
    limits_done(&l);
}

/* The real machine, where it lets us: a process born inside is in the group, and the group is gone
 * afterwards. */
static void test_here(void **state) {
    (void)state;
    struct limits l;
    struct limits_group g;
    limits_init(&l, 0.5, "");
    if (l.version == 0) {
        limits_done(&l);
        SKIP("no cgroup with cpu limits can be made");
    }
    limits_enter(&l, &g);
    assert_string_not_equal(g.path, "");
    if (l.version == 2)
        assert_holds(g.path, "cpu.max", "50000 100000\n");
    else
        assert_holds(g.path, "cpu.cfs_quota_us", "50000\n");
    char self[32];
    snprintf(self, sizeof self, "%d\n", (int)getpid());
    assert_holds(g.path, "cgroup.procs", self);
    limits_leave(&l);
    assert_holds(g.path, "cgroup.procs", "");
    char path[sizeof g.path];
    memcpy(path, g.path, sizeof path);
    limits_remove(&g);
    assert_int_not_equal(access(path, F_OK), 0);
    limits_done(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cpu_not_handed_down, setup, teardown),
        cmocka_unit_test(test_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
