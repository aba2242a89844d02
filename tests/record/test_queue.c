/* queue: nothing lost, doubled or out of order between two real threads; the ceiling counts what it
 * refuses. */
#include "record/queue.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "record/fixture.h"

#define STREAM 2000000

static struct sample numbered(uint64_t n) {
    /* Every field follows from n, so that a torn sample shows. */
    return (struct sample){.sent_ns = (int64_t)n,
                           .end_ns = (int64_t)(n * 3),
                           .bytes_received = (n ^ 0x5555) & SAMPLE_BYTES_MAX,
                           .user = (uint32_t)n,
                           .status = (uint16_t)n};
}

static void check_numbered(const struct sample *s, uint64_t n) {
    struct sample expected = numbered(n);
    assert_memory_equal(s, &expected, sizeof expected);
}

static void *produce(void *context) {
    struct queue *q = context;
    for (uint64_t i = 0; i < STREAM; i++) {
        struct sample s = numbered(i);
        while (!queue_push(q, &s))
            sched_yield();
    }
    return NULL;
}

static void run_stream(size_t ceiling) {
    struct queue *q = queue_new(ceiling);
    assert_non_null(q);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, produce, q), 0);
    uint64_t seen = 0;
    size_t part = 1;
    while (seen < STREAM) {
        const struct sample *first;
        size_t n = queue_peek(q, &first);
        if (n == 0) {
            sched_yield();
            continue;
        }
        /* Sometimes all, sometimes a part: both ends of a chunk must work. */
        n = n > part ? part : n;
        part = part % 1500 + 7;
        for (size_t i = 0; i < n; i++)
            check_numbered(&first[i], seen++);
        queue_advance(q, n);
    }
    pthread_join(thread, NULL);
    const struct sample *first;
    assert_int_equal(queue_peek(q, &first), 0);
    queue_free(q);
}

static void test_two_threads_keep_order_in_a_large_queue(void **state) {
    (void)state;
    run_stream(1 << 20);
}

static void test_two_threads_keep_order_at_the_ceiling(void **state) {
    (void)state;
    run_stream(1);
}

static void test_ceiling_refuses_and_counts(void **state) {
    (void)state;
    /* 1500 is rounded up to a whole number of chunks, not beyond the next thousand or so. */
    struct queue *q = queue_new(1500);
    uint64_t taken_in = 0;
    for (uint64_t i = 0; i < 10000; i++) {
        struct sample s = numbered(taken_in);
        taken_in += queue_push(q, &s);
    }
    assert_in_range(taken_in, 1500, 3000);
    assert_int_equal(queue_lost(q), 10000 - taken_in);

    /* A ceiling of whole chunks is kept to the sample. */
    struct queue *same = queue_new(taken_in);
    struct sample any = numbered(0);
    for (uint64_t i = 0; i < taken_in; i++)
        assert_true(queue_push(same, &any));
    assert_false(queue_push(same, &any));
    queue_free(same);

    /* Room again after some were taken: as many as were taken, and those refused stay counted. */
    const struct sample *first;
    assert_true(queue_peek(q, &first) > 10);
    check_numbered(&first[0], 0);
    queue_advance(q, 10);
    for (int i = 0; i < 10; i++) {
        struct sample s = numbered(taken_in++);
        assert_true(queue_push(q, &s));
    }
    struct sample s = numbered(0);
    assert_false(queue_push(q, &s));
    assert_int_equal(queue_lost(q), 10001 - (taken_in - 10));

    uint64_t next = 10;
    for (size_t n; (n = queue_peek(q, &first)) > 0; queue_advance(q, n)) {
        for (size_t i = 0; i < n; i++)
            check_numbered(&first[i], next++);
    }
    assert_int_equal(next, taken_in);
    queue_free(q);
}

static void test_peek_again_shows_what_was_left(void **state) {
    (void)state;
    struct queue *q = queue_new(100);
    const struct sample *first;
    assert_int_equal(queue_peek(q, &first), 0);
    for (uint64_t i = 0; i < 3; i++) {
        struct sample s = numbered(i);
        assert_true(queue_push(q, &s));
    }
    assert_int_equal(queue_peek(q, &first), 3);
    queue_advance(q, 1);
    assert_int_equal(queue_peek(q, &first), 2);
    check_numbered(first, 1);
    queue_free(q); /* with samples in it */
    queue_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_threads_keep_order_in_a_large_queue),
        cmocka_unit_test(test_two_threads_keep_order_at_the_ceiling),
        cmocka_unit_test(test_ceiling_refuses_and_counts),
        cmocka_unit_test(test_peek_again_shows_what_was_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
