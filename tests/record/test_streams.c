/* streams: what a worker hands in beside a sample comes out of the view `streams` and of the
 * reader, to the microsecond. */
#include "record/reader_streams.h"

#include <pthread.h>
#include <sched.h>

#include "record/fixture.h"
#include "stream/stream_times.h"

#define START INT64_C(5000000000)

/* The times of n token events as a stream has them. */
static size_t put_times(const int64_t *at_ns, size_t n, unsigned char *to) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += stream_times_put(i == 0 ? 0 : (uint64_t)(at_ns[i] - at_ns[i - 1]), to + bytes);
    return bytes;
}

/* Four token events, 1, 999 and 98 765 432 ns apart. Each moment is cut to whole microseconds by
 * itself: the gaps are 1, 0 and 98 766. */
static const int64_t moments[] = {START + 10000999, START + 10001000, START + 10001999,
                                  START + 108767431};

static struct stream_result whole_result(unsigned char *times) {
    return (struct stream_result){.first_event_ns = START + 9000001,
                                  .ttft_ns = moments[0],
                                  .ttfo_ns = moments[1],
                                  .last_token_ns = moments[3],
                                  .events = 7,
                                  .token_events = 4,
                                  .reasoning_events = 1,
                                  .tool_events = 2,
                                  .after_done = 3,
                                  .reads = 3,
                                  .shared_reads = 1,
                                  .output_tokens = 9,
                                  .prompt_tokens = 120,
                                  .cached_tokens = 0,
                                  .reasoning_tokens = -1,
                                  .first_tokens = 2,
                                  .finish = STREAM_FINISH_LENGTH,
                                  .done = true,
                                  .error = "not kept",
                                  .text = {"not kept", 8},
                                  .times = times,
                                  .times_bytes = put_times(moments, 4, times)};
}

static struct stream_result empty_result(void) {
    return (struct stream_result){.output_tokens = -1,
                                  .prompt_tokens = -1,
                                  .cached_tokens = -1,
                                  .reasoning_tokens = -1,
                                  .finish = STREAM_FINISH_CUT,
                                  .error = ""};
}

static void push(struct record *r, int64_t sent_ns, const struct stream_result *result) {
    struct sample s = ok_sample(sent_ns, INT64_C(200000000));
    if (result == NULL)
        assert_true(queue_push(record_queue(r, 0), &s));
    else
        assert_true(queue_push_stream(record_queue(r, 0), &s,
                                      stream_record_new(result, START, NOTHING_ASKED)));
}

/* Requests 1 and 5 are none of streams; 2 is whole, 3 empty, 4 has one token. */
static void make_file(const char *path) {
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    unsigned char times[64], one[64];
    struct stream_result whole = whole_result(times), empty = empty_result(), single = empty;
    single.ttft_ns = single.ttfo_ns = single.last_token_ns = START + 2000000;
    single.events = single.token_events = single.reads = 1;
    single.first_tokens = 1;
    single.finish = STREAM_FINISH_CANCEL_AFTER;
    single.times = one;
    single.times_bytes = put_times(moments, 1, one);
    assert_ok(record_open(path, &run, &r, &e), e);
    assert_ok(record_start(r, &e), e);
    push(r, 1000000, NULL);
    push(r, 1000999, &whole);
    push(r, 1000000, &empty);
    push(r, 2000000, &single);
    push(r, 1000000, NULL);
    assert_ok(record_stop(r, &e), e);
    struct record_totals totals;
    record_totals(r, &totals);
    assert_int_equal(totals.rows, 5);
    assert_int_equal(totals.lost, 0);
    assert_ok(record_close(r, &valid_end, &e), e);
}

static void test_the_view_has_every_token(void **state) {
    (void)state;
    const char *path = in_dir("streams.db");
    make_file(path);
    assert_query(path,
                 "SELECT request_id, first_event_us, ttft_us, ttfo_us, last_token_us, events,"
                 " token_events, reads, output_tokens, prompt_tokens, cached_tokens,"
                 " reasoning_tokens, tokens_from, finish, gap_max_us, gaps_us, reasoning_events,"
                 " tool_events, shared_reads, first_tokens, done, after_done FROM streams",
                 "2|8000|9000|9001|107767|7|4|3|9|120|0|NULL|usage|length|98766|[1,0,98766]|1|2|1|2"
                 "|1|3\n"
                 "3|NULL|NULL|NULL|NULL|0|0|0|0|NULL|NULL|NULL|events|cut|NULL|NULL|0|0|0|0|0|0\n"
                 "4|NULL|0|0|0|1|1|1|1|NULL|NULL|NULL|events|cancel_after|NULL|[]|0|0|0|1|0|0\n");
    assert_query(path,
                 "SELECT sum(value) = last_token_us - ttft_us FROM streams, json_each(gaps_us)"
                 " WHERE request_id = 2",
                 "1\n");
    assert_query(
        path,
        "SELECT group_concat(name, ' ') FROM (SELECT name FROM pragma_table_info('streams')"
        " LIMIT 16)",
        "request_id first_event_us ttft_us ttfo_us last_token_us events token_events reads"
        " output_tokens prompt_tokens cached_tokens reasoning_tokens tokens_from finish"
        " gap_max_us gaps_us\n");
}

/* What a watch is told, a line each: requests in their batch, streams in the words of the view. */
static void watch_requests(void *context, const struct request *requests, size_t n) {
    for (size_t i = 0; i < n; i++)
        buf_printf(context, "%d %d\n", (int)requests[i].sent_us, requests[i].streamed);
}

static void watch_stream(void *context, const struct request *x,
                         const struct stream_record *stream) {
    struct buf gaps;
    struct stream_row row;
    buf_init(&gaps, 1000);
    stream_row_of(stream, x->sent_us, &gaps, &row);
    buf_printf(context, "stream of %d %d: %lld %d %s\n", (int)x->sent_us, x->streamed,
               row.ttft_us < 0 ? -1LL : (long long)row.ttft_us, (int)row.output_tokens,
               row.gaps == NULL ? "-" : row.gaps);
    buf_done(&gaps);
}

static void test_a_watch_sees_each_stream_as_the_file_has_it(void **state) {
    (void)state;
    struct record_run run = small_run(1);
    struct record *r;
    struct err e;
    struct buf told;
    unsigned char times[64];
    struct stream_result whole = whole_result(times), empty = empty_result();
    const struct record_watch watch = {
        .requests = watch_requests, .streams = watch_stream, .context = &told};
    buf_init(&told, 1000);
    assert_ok(record_open(in_dir("watched.db"), &run, &r, &e), e);
    record_watch(r, &watch);
    push(r, 1000000, NULL);
    push(r, 1000999, &whole);
    push(r, 3000000, &empty);
    assert_ok(record_start(r, &e), e);
    assert_ok(record_stop(r, &e), e);
    assert_ok(record_close(r, &valid_end, &e), e);
    assert_string_equal(buf_text(&told), "stream of 1000 1: 9000 9 [1,0,98766]\n"
                                         "stream of 3000 1: -1 0 -\n"
                                         "1000 0\n1000 1\n3000 1\n");
    buf_done(&told);
}

struct seen {
    size_t count;
    int64_t ids[8], sent_us[8];
    struct stream_row rows[8];
    int64_t gaps[8], gap_sum;
    size_t stop_after;
};

static int take(void *context, const struct request *request, const struct stream_row *stream) {
    struct seen *s = context;
    const char *at = stream->gaps;
    s->ids[s->count] = request->id;
    s->sent_us[s->count] = request->sent_us;
    s->rows[s->count] = *stream;
    for (int64_t gap; stream_row_gap(&at, &gap); s->gaps[s->count]++)
        s->gap_sum += gap;
    return ++s->count == s->stop_after ? 7 : 0;
}

static void test_the_reader_gives_each_with_its_request(void **state) {
    (void)state;
    const char *path = in_dir("read.db");
    struct seen s = {0};
    struct reader *r;
    struct err e;
    make_file(path);
    assert_ok(reader_open(path, &r, &e), e);
    assert_true(reader_has_streams(r));
    assert_ok(reader_streams(r, take, &s, &e), e);
    assert_int_equal(s.count, 3);
    assert_int_equal(s.ids[0], 2);
    assert_int_equal(s.ids[1], 3);
    assert_int_equal(s.ids[2], 4);
    assert_int_equal(s.sent_us[0], 1000);
    assert_int_equal(s.rows[0].ttft_us, 9000);
    assert_int_equal(s.rows[0].last_token_us, 107767);
    assert_int_equal(s.gaps[0], 3);
    assert_int_equal(s.gap_sum, 98767);
    assert_int_equal(s.rows[0].finish, STREAM_FINISH_LENGTH);
    assert_int_equal(s.rows[0].output_tokens, 9);
    assert_true(s.rows[0].from_usage && s.rows[0].done);
    assert_int_equal(s.rows[0].after_done, 3);
    assert_int_equal(s.rows[0].reasoning_tokens, REQUEST_NO_VALUE);
    assert_int_equal(s.rows[0].cached_tokens, 0);
    assert_int_equal(s.rows[0].gap_max_us, 98766);
    assert_int_equal(s.rows[1].ttft_us, REQUEST_NO_VALUE);
    assert_int_equal(s.rows[1].gap_max_us, REQUEST_NO_VALUE);
    assert_int_equal(s.rows[1].finish, STREAM_FINISH_CUT);
    assert_false(s.rows[1].from_usage);
    assert_int_equal(s.gaps[2], 0);
    /* What the callback returns ends it. */
    s = (struct seen){.stop_after = 2};
    assert_int_equal(reader_streams(r, take, &s, &e), 7);
    assert_int_equal(s.count, 2);
    reader_close(r);
}

static void test_a_cut_has_the_streams_of_its_requests(void **state) {
    (void)state;
    const char *path = in_dir("cut.db");
    struct seen s = {0};
    struct reader *r;
    struct err e;
    make_file(path);
    assert_ok(reader_open(path, &r, &e), e);
    /* Request 4 ends at 202 ms, the others at 201. */
    const struct reader_cut cut = {.from_us = 201500, .to_us = READER_TO_THE_END};
    assert_ok(reader_cut(r, &cut, &e), e);
    assert_ok(reader_streams(r, take, &s, &e), e);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.ids[0], 4);
    assert_int_equal(s.sent_us[0], 2000 - 201500);
    assert_int_equal(s.rows[0].ttft_us, 0);
    reader_close(r);
}

static void test_a_file_without_streams(void **state) {
    (void)state;
    const char *path = in_dir("none.db");
    struct record_run run = small_run(1);
    struct seen s = {0};
    struct record *record;
    struct reader *r;
    struct err e;
    assert_ok(record_open(path, &run, &record, &e), e);
    assert_ok(record_start(record, &e), e);
    push(record, 1000000, NULL);
    assert_ok(record_stop(record, &e), e);
    assert_ok(record_close(record, &valid_end, &e), e);
    assert_ok(reader_open(path, &r, &e), e);
    assert_false(reader_has_streams(r));
    assert_ok(reader_streams(r, take, &s, &e), e);
    assert_int_equal(s.count, 0);
    reader_close(r);
}

static void test_gaps_are_read_as_json(void **state) {
    (void)state;
    const char *good = "[0,12,9223372036854775806]", *at = good;
    int64_t gap, sum = 0;
    assert_true(stream_row_gap(&at, &gap));
    assert_int_equal(gap, 0);
    assert_true(stream_row_gap(&at, &gap));
    assert_int_equal(gap, 12);
    for (; stream_row_gap(&at, &gap); sum++)
        assert_true(gap == 9223372036854775806);
    static const char *const none[] = {"", "[]", "[,]", "x", "[-1]", "[99999999999999999999]"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        at = none[i];
        assert_false(stream_row_gap(&at, &gap));
    }
    at = NULL;
    assert_false(stream_row_gap(&at, &gap));
}

/* ---- on the way ---- */

static struct stream_record *numbered_record(uint64_t n) {
    unsigned char times[4000] = {0};
    struct stream_result result = empty_result();
    result.events = n;
    result.times = times;
    result.times_bytes = n % sizeof times;
    return stream_record_new(&result, START, NOTHING_ASKED);
}

#define MIXED 300000

static void *produce_mixed(void *context) {
    struct queue *q = context;
    for (uint64_t i = 0; i < MIXED; i++) {
        struct sample s = {.sent_ns = (int64_t)i};
        /* Of three, the second has a stream. */
        while (i % 3 == 1 ? !queue_push_stream(q, &s, numbered_record(i)) : !queue_push(q, &s))
            sched_yield();
    }
    return NULL;
}

static void test_each_record_stays_beside_its_sample(void **state) {
    (void)state;
    struct queue *q = queue_new(5000);
    pthread_t thread;
    uint64_t seen = 0;
    assert_int_equal(pthread_create(&thread, NULL, produce_mixed, q), 0);
    while (seen < MIXED) {
        const struct sample *first;
        size_t n = queue_peek(q, &first);
        n = n > 700 ? 700 : n;
        for (size_t i = 0; i < n; i++, seen++) {
            const struct stream_record *r = queue_stream(q, &first[i]);
            assert_int_equal(first[i].sent_ns, seen);
            assert_int_equal(r != NULL, seen % 3 == 1);
            if (r != NULL)
                assert_int_equal(r->result.events, seen);
        }
        if (n == 0)
            sched_yield();
        else
            queue_advance(q, n);
    }
    pthread_join(thread, NULL);
    queue_free(q);
}

static void test_records_have_a_ceiling_and_are_counted(void **state) {
    (void)state;
    struct queue *q = queue_new(1 << 20);
    static unsigned char times[1 << 20];
    struct stream_result result = empty_result();
    struct sample s = ok_sample(0, 1);
    result.times = times;
    result.times_bytes = sizeof times;
    uint64_t in = 0;
    while (queue_push_stream(q, &s, stream_record_new(&result, START, NOTHING_ASKED)))
        in++;
    /* A little less than the ceiling has room for, as each is a little more than its times. */
    assert_int_equal(in, QUEUE_STREAM_BYTES / sizeof times - 1);
    assert_int_equal(queue_lost(q), 1);
    assert_true(queue_push(q, &s)); /* others go on */
    const struct sample *first;
    assert_int_equal(queue_peek(q, &first), in + 1);
    queue_advance(q, 2);
    assert_true(queue_push_stream(q, &s, stream_record_new(&result, START, NOTHING_ASKED)));
    assert_true(queue_push_stream(q, &s, stream_record_new(&result, START, NOTHING_ASKED)));
    assert_false(queue_push_stream(q, &s, stream_record_new(&result, START, NOTHING_ASKED)));
    assert_int_equal(queue_lost(q), 2);
    assert_false(queue_push_stream(q, &s, NULL)); /* there was no memory for it */
    assert_int_equal(queue_lost(q), 3);
    queue_free(q); /* with records in it */

    struct queue *full = queue_new(1);
    for (int i = 0; i < 1024; i++)
        assert_true(queue_push_stream(full, &s, numbered_record(1)));
    assert_false(queue_push_stream(full, &s, numbered_record(1)));
    assert_int_equal(queue_lost(full), 1);
    queue_free(full);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_view_has_every_token),
        cmocka_unit_test(test_the_reader_gives_each_with_its_request),
        cmocka_unit_test(test_a_watch_sees_each_stream_as_the_file_has_it),
        cmocka_unit_test(test_a_cut_has_the_streams_of_its_requests),
        cmocka_unit_test(test_a_file_without_streams),
        cmocka_unit_test(test_gaps_are_read_as_json),
        cmocka_unit_test(test_each_record_stays_beside_its_sample),
        cmocka_unit_test(test_records_have_a_ceiling_and_are_counted),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
