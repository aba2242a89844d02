/* record when things go wrong: a full disk, a lock, a directory that cannot be written, kill -9. */
#include "record/record.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "record/fixture.h"
#include "record/reader.h"
#include "record/record_internal.h"
#include "support/skip.h"

/* Pushes numbered samples until the record fails, the first alone; how many went in. */
static uint64_t push_until_failed(struct record *r, const char *path) {
    uint64_t pushed = 1;
    struct sample one = ok_sample(0, 1000);
    assert_true(queue_push(record_queue(r, 0), &one));
    while (query_number(path, "SELECT count(*) FROM requests") == 0)
        usleep(10000);
    for (int i = 0; i < 30000 && !record_failed(r); i++) {
        for (int k = 0; k < 200; k++) {
            struct sample s = ok_sample((int64_t)pushed * 1000, 1000);
            pushed += queue_push(record_queue(r, 0), &s);
        }
        usleep(2000);
    }
    return pushed;
}

/* What must hold after a failed run: the counts add up, both ends say the same, and the file is
 * sound. */
static void check_failed_run(struct record *r, const char *path, uint64_t pushed, const char *why) {
    struct err at_stop, at_close;
    struct record_totals totals;
    char counts[128];
    assert_true(record_failed(r));
    /* Workers that have not noticed yet must not block or pile up. */
    for (int i = 0; i < 100; i++) {
        struct sample s = ok_sample((int64_t)pushed * 1000, 1000);
        pushed += queue_push(record_queue(r, 0), &s);
    }
    assert_int_equal(record_stop(r, &at_stop), -1);
    record_totals(r, &totals);
    assert_int_equal(record_close(r, &valid_end, &at_close), -1);
    print_message("           %s\n", at_close.text);
    assert_string_equal(at_stop.text, at_close.text);
    assert_has(at_close.text, path);
    assert_has(at_close.text, why);
    snprintf(counts, sizeof counts, "requests in the file: %llu, missing: %llu",
             (unsigned long long)totals.rows, (unsigned long long)totals.lost);
    assert_has(at_close.text, counts);
    assert_int_equal(totals.rows + totals.lost, pushed);
    assert_true(totals.lost > 0);
    assert_query(path, "PRAGMA integrity_check", "ok\n");
    assert_int_equal(query_number(path, "SELECT count(*) FROM requests"), totals.rows);
    assert_query(path, "SELECT count(*) FROM requests WHERE sent_us <> id - 1", "0\n");
}

static void test_a_file_may_not_grow_any_more(void **state) {
    (void)state;
    const char *path = in_dir("limit.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    struct rlimit old, small = {.rlim_cur = 300000};
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_ok(record_start(r, &e), e);
    uint64_t pushed = push_until_failed(r, path);
    check_failed_run(r, path, pushed, "largest size allowed");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_true(query_number(path, "SELECT count(*) FROM requests") > 0);
}

static void test_a_full_disk(void **state) {
    (void)state;
    const char *disk = in_dir("disk");
    assert_int_equal(mkdir(disk, 0755), 0);
    if (mount("none", disk, "tmpfs", 0, "size=1m") != 0)
        SKIP("mount is not permitted, so there is no full disk to write to");
    const char *path = in_dir("disk/full.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    uint64_t pushed = push_until_failed(r, path);
    check_failed_run(r, path, pushed, "the disk is full");
    assert_true(query_number(path, "SELECT count(*) FROM requests") > 0);
    /* Nothing at all fits: no file is left behind. */
    assert_int_equal(record_open(in_dir("disk/second.db"), &run, &r, &e), -1);
    assert_has(e.text, "the disk is full");
    assert_int_equal(access(in_dir("disk/second.db"), F_OK), -1);
}

static int unmount_disk(void **state) {
    (void)state;
    umount2(in_dir("disk"), MNT_DETACH); /* there is none where the test was skipped */
    return 0;
}

/* Another process that takes the write lock when told to and lets go when told to. */
struct locker {
    pid_t pid;
    int to, from;
};

static void say(int fd) {
    assert_int_equal(write(fd, "x", 1), 1);
}

static void hear(int fd) {
    char c;
    assert_int_equal(read(fd, &c, 1), 1);
}

static void locker_main(const char *path, int in, int out) {
    char c;
    sqlite3 *db;
    if (read(in, &c, 1) == 1 && sqlite3_open(path, &db) == SQLITE_OK &&
        sqlite3_busy_timeout(db, 60000) == SQLITE_OK &&
        sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK &&
        write(out, "x", 1) == 1 && read(in, &c, 1) == 1)
        sqlite3_close(db);
    _exit(0);
}

static struct locker locker_new(const char *path) {
    int to[2], from[2];
    assert_int_equal(pipe2(to, O_CLOEXEC), 0);
    assert_int_equal(pipe2(from, O_CLOEXEC), 0);
    struct locker x = {.pid = fork(), .to = to[1], .from = from[0]};
    if (x.pid == 0) {
        close(to[1]);
        close(from[0]);
        locker_main(path, to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    return x;
}

static void locker_done(struct locker *x) {
    close(x->to);
    close(x->from);
    waitpid(x->pid, NULL, 0);
}

static void test_a_lock_that_goes_away_costs_nothing(void **state) {
    (void)state;
    const char *path = in_dir("locked.db");
    struct locker other = locker_new(path);
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    struct record_totals totals;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    say(other.to);
    hear(other.from);
    for (int i = 0; i < 5000; i++) {
        struct sample s = ok_sample(i * 1000, 1000);
        assert_true(queue_push(record_queue(r, 0), &s)); /* workers do not wait */
    }
    usleep(300000);
    assert_false(record_failed(r));
    assert_query(path, "SELECT count(*) FROM requests", "0\n");
    say(other.to);
    assert_ok(record_stop(r, &e), e);
    record_totals(r, &totals);
    assert_int_equal(totals.rows, 5000);
    assert_int_equal(totals.lost, 0);
    assert_ok(record_close(r, &valid_end, &e), e);
    locker_done(&other);
    assert_query(path, "SELECT count(*), max(id), verdict FROM requests, run", "5000|5000|VALID\n");
}

static void test_a_lock_that_stays_fails_the_run(void **state) {
    (void)state;
    const char *path = in_dir("stuck.db");
    struct locker other = locker_new(path);
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    sqlite3_busy_timeout(store_db(record_store(r)), 300); /* instead of ten seconds */
    assert_ok(record_start(r, &e), e);
    struct sample s = ok_sample(0, 1000);
    queue_push(record_queue(r, 0), &s);
    while (query_number(path, "SELECT count(*) FROM requests") == 0)
        usleep(10000);
    say(other.to);
    hear(other.from);
    uint64_t pushed = 1;
    for (int i = 0; i < 30000 && !record_failed(r); i++) {
        struct sample next = ok_sample((int64_t)pushed * 1000, 1000);
        pushed += queue_push(record_queue(r, 0), &next);
        usleep(2000);
    }
    check_failed_run(r, path, pushed, "another process keeps it locked");
    locker_done(&other);
}

static void test_the_verdict_is_written_where_it_still_can_be(void **state) {
    (void)state;
    const char *path = in_dir("verdict.db");
    struct locker other = locker_new(path);
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    sqlite3_busy_timeout(store_db(record_store(r)), 100);
    assert_ok(record_start(r, &e), e);
    say(other.to);
    hear(other.from);
    struct sample s = ok_sample(0, 1000);
    queue_push(record_queue(r, 0), &s);
    for (int i = 0; i < 30000 && !record_failed(r); i++)
        usleep(2000);
    say(other.to); /* the lock goes too late for the rows, but not for the verdict */
    locker_done(&other);
    assert_int_equal(record_stop(r, &e), -1);
    struct record_end end = {
        .verdict = "INVALID", .verdict_reason = "rows are missing", .exit_code = 3};
    assert_int_equal(record_close(r, &end, &e), -1);
    assert_has(e.text, "requests in the file: 0, missing: 1");
    assert_query(path, "SELECT verdict, exit_code FROM run", "INVALID|3\n");
}

static void test_the_file_exists_already(void **state) {
    (void)state;
    const char *path = in_dir("twice.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_int_equal(record_open(path, &run, &r, &e), -1);
    assert_has(e.text, path);
    assert_has(e.text, "already exists");
    assert_query(path, "SELECT count(*) FROM run", "1\n");
}

static void test_missing_directories_are_made(void **state) {
    (void)state;
    const char *path = in_dir("a/b//c/deep.db");
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_int_equal(access(path, R_OK), 0);
    /* A file stands where a directory should be. */
    assert_int_equal(record_open(in_dir("a/b/c/deep.db/x.db"), &run, &r, &e), -1);
    assert_has(e.text, "deep.db");
}

/* Runs fn in a child that permissions hold for, even when the tests run as root. */
static int as_nobody(int (*fn)(const char *path), const char *path) {
    pid_t pid = fork();
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(77);
        _exit(fn(path));
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int open_must_be_denied(const char *path) {
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    if (record_open(path, &run, &r, &e) == 0)
        return 1;
    if (strstr(e.text, path) == NULL || strstr(e.text, "Permission denied") == NULL)
        return 2;
    return strstr(e.text, "choose") == NULL ? 3 : 0;
}

static void test_a_read_only_directory(void **state) {
    (void)state;
    assert_int_equal(chmod(dir, 0755), 0);
    assert_int_equal(mkdir(in_dir("ro"), 0555), 0);
    assert_int_equal(as_nobody(open_must_be_denied, in_dir("ro/x.db")), 0);
    assert_int_equal(as_nobody(open_must_be_denied, in_dir("ro/new/x.db")), 0);
}

struct progress {
    atomic_uint_fast64_t pushed;
};

static void record_until_killed(const char *path, struct progress *shared) {
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    if (record_open(path, &run, &r, &e) != 0 || record_start(r, &e) != 0)
        _exit(1);
    for (uint64_t n = 0;; usleep(1000)) {
        for (int i = 0; i < 20; i++, n++) {
            struct sample s = ok_sample((int64_t)n * 1000, 1000);
            queue_push(record_queue(r, 0), &s);
        }
        record_users(r, (uint32_t)(n / 100000), 1);
        atomic_store(&shared->pushed, n);
    }
}

static int count_rows(void *context, const struct request *row) {
    uint64_t *n = context;
    *n += 1;
    return row->id == (int64_t)*n && row->sent_us == row->id - 1 ? 0 : 1;
}

static void test_kill_9_loses_at_most_the_last_second(void **state) {
    (void)state;
    const char *path = in_dir("killed.db");
    struct progress *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    pid_t pid = fork();
    if (pid == 0)
        record_until_killed(path, shared);
    while (atomic_load(&shared->pushed) < 2000)
        usleep(1000);
    uint64_t a_second_before = atomic_load(&shared->pushed);
    /* It pushes 20 a millisecond at most. So it has run for the second that may be lost, and for one
     * more, however long it stood still in between. */
    while (atomic_load(&shared->pushed) < a_second_before + 40000)
        usleep(1000);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    uint64_t pushed = atomic_load(&shared->pushed);
    munmap(shared, sizeof *shared);

    /* Twice: the first reader must leave the file as good as it found it. */
    for (int i = 0; i < 2; i++) {
        struct reader *r;
        struct err e;
        uint64_t rows = 0;
        assert_ok(reader_open(path, &r, &e), e);
        assert_false(reader_run(r)->complete);
        assert_string_equal(reader_run(r)->verdict, "");
        assert_int_equal(reader_run(r)->exit_code, -1);
        assert_ok(reader_scan(r, count_rows, &rows, &e), e);
        assert_in_range(rows, a_second_before, pushed + 20);
        /* Row n was sent at n - 1 us and took 1 us. */
        assert_int_equal(reader_run(r)->duration_us, rows);
        reader_close(r);
    }
    assert_query(path, "PRAGMA integrity_check", "ok\n");
    assert_query(path, "SELECT count(*) - max(id) FROM requests", "0\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_may_not_grow_any_more),
        cmocka_unit_test_teardown(test_a_full_disk, unmount_disk),
        cmocka_unit_test(test_a_lock_that_goes_away_costs_nothing),
        cmocka_unit_test(test_a_lock_that_stays_fails_the_run),
        cmocka_unit_test(test_the_verdict_is_written_where_it_still_can_be),
        cmocka_unit_test(test_the_file_exists_already),
        cmocka_unit_test(test_missing_directories_are_made),
        cmocka_unit_test(test_a_read_only_directory),
        cmocka_unit_test(test_kill_9_loses_at_most_the_last_second),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
