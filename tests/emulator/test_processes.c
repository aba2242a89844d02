/* Real processes: what they use is seen, and none gets away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emulator/guard.h"
#include "emulator/processes.h"
#include "util/clock.h"

#define MIB (1 << 20)

/* A process in a session of its own that runs `work` and then sleeps; ready when this returns. */
static pid_t start(void (*work)(void)) {
    int ends[2];
    char c;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        work();
        close(ends[0]);
        if (write(ends[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &c, 1), 1);
    close(ends[0]);
    return pid;
}

static void burn(void) {
    while (clock_thread_cpu_ns() < 300 * NS_PER_MS)
        ;
}

static char *touch(size_t bytes) {
    char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(p, 1, bytes);
    return p;
}

/* 64 MiB that parent and child share, and 32 MiB of the child's own: 96 MiB, not 160. */
static void share_memory(void) {
    touch(64 * MIB);
    if (fork() == 0) {
        touch(32 * MIB);
        for (;;)
            pause();
    }
    poll(NULL, 0, 300);
}

static void test_sample(void **state) {
    (void)state;
    pid_t groups[3] = {start(burn), start(share_memory), 0};
    struct processes_use use[3];
    groups[2] = 0x7ffffff0; /* nobody */
    for (int i = 0; i < 1200; i++) {
        processes_sample(groups, use, 3);
        if (use[1].memory_bytes >= 95 * (uint64_t)MIB)
            break;
        poll(NULL, 0, 50);
    }
    assert_in_range(use[0].cpu_ns, 280 * NS_PER_MS, 400 * NS_PER_MS);
    assert_int_equal(use[0].processes, 1);
    assert_int_equal(use[1].processes, 2);
    assert_in_range(use[1].memory_bytes, 95 * (uint64_t)MIB, 130 * (uint64_t)MIB);
    assert_int_equal(use[2].processes, 0);
    assert_int_equal(use[2].memory_bytes, 0);
    processes_kill_all(groups, 2, NULL);
    assert_int_equal(waitpid(groups[0], NULL, 0), groups[0]);
    assert_int_equal(waitpid(groups[1], NULL, 0), groups[1]);
    processes_sample(groups, use, 2);
    assert_int_equal(use[0].processes + use[1].processes, 0);
}

static bool is_alive(pid_t pid) {
    return waitpid(pid, NULL, WNOHANG) == 0;
}

static void nothing(void) {
}

/* Until a child of ours runs that program. */
static void wait_for_program(pid_t pid, const char *name) {
    char path[64], seen[64] = "";
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    while (strncmp(seen, name, strlen(name)) != 0) {
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        assert_non_null(fgets(seen, sizeof seen, f));
        fclose(f);
        poll(NULL, 0, 1);
    }
}

static void test_mark(void **state) {
    (void)state;
    pid_t other = start(nothing), marked = fork();
    if (marked == 0) {
        setsid();
        setenv(PROCESSES_MARK_NAME, "abc-7-", 1);
        execlp("sleep", "sleep", "100", (char *)NULL);
        _exit(1);
    }
    wait_for_program(marked, "sleep");
    assert_int_equal(processes_kill(NULL, 0, "abd"), 0);
    assert_true(is_alive(marked));
    assert_int_equal(processes_kill(NULL, 0, "abc-7"), 1);
    int status;
    assert_int_equal(waitpid(marked, &status, 0), marked);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_true(is_alive(other));
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
}

/* A holder of a guard is killed: its group dies, one that it gave up stays. */
static void test_guard(void **state) {
    (void)state;
    pid_t kept = start(nothing), given_up = start(nothing), holder = fork();
    if (holder == 0) {
        struct guard g;
        struct err e;
        if (guard_start(&g, "", "", &e) != 0)
            _exit(1);
        guard_watch(&g, given_up);
        guard_watch(&g, kept);
        guard_forget(&g, given_up);
        raise(SIGKILL);
    }
    waitpid(holder, NULL, 0);
    int status;
    assert_int_equal(waitpid(kept, &status, 0), kept);
    assert_int_equal(WTERMSIG(status), SIGKILL);
    assert_true(is_alive(given_up));
    kill(given_up, SIGKILL);
    waitpid(given_up, NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sample),
        cmocka_unit_test(test_mark),
        cmocka_unit_test(test_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
