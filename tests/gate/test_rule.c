/* rule: the grammar, and the way back from a rule to its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/rule.h"
#include "near.h"
#include "util/outcome.h"

/* What is read, and how it is written. */
static const struct {
    const char *text, *again;
} good[] = {
    /* k6's own examples: docs, using k6, thresholds */
    {"http_req_failed rate<0.01", "http_req_failed rate<0.01"},
    {"http_req_duration p(95)<200", "http_req_duration p(95)<200"},
    {"http_req_duration p(99.9) < 2000", "http_req_duration p(99.9)<2000"},
    {"http_req_duration med<=1e3", "http_req_duration med<=1000"},
    {"http_req_duration{status:200} max<1000", "http_req_duration{status:200} max<1000"},
    {"  http_reqs \t count  >=  +5 ", "http_reqs count>=5"},
    {"vus value===3", "vus value==3"},
    {"vus value!=3", "vus value!=3"},
    {"checks rate>.5", "checks rate>0.5"},
    {"http_req_duration p(50)<5", "http_req_duration med<5"},
    {"http_req_duration p(49.99999999999999)<5", "http_req_duration med<5"},
    {"http_req_duration p( 0 )<5", "http_req_duration p(0)<5"},
    {"http_req_duration{expected_response:true} avg<1",
     "http_req_duration{expected_response:true} avg<1"},
    /* ours */
    {"http_req_duration{ method : POST , name:/predict } p(95)<500",
     "http_req_duration{name:/predict,method:POST} p(95)<500"},
    {"http_reqs{outcome:timeout} count<1", "http_reqs{outcome:timeout} count<1"},
    {"http_reqs{grpc_status: 14, name:/a.B/C} count<1",
     "http_reqs{name:/a.B/C,grpc_status:UNAVAILABLE} count<1"},
    {"http_reqs{status:4xx} rate<1", "http_reqs{status:4xx} rate<1"},
    {"http_reqs{status:0} rate<1", "http_reqs{status:0} rate<1"},
    {"http_reqs{name:/users/{id}/x} rate<1", "http_reqs{name:\"/users/{id}/x\"} rate<1"},
    {"http_reqs{name:\"a, b}\"} rate<1", "http_reqs{name:\"a, b}\"} rate<1"},
    {"http_reqs{name:'say \"x\"'} rate<1", "http_reqs{name:\"say \\\"x\\\"\"} rate<1"},
    {"http_reqs{name:\"two\\nlines \\x1b\\\\\"} rate<1",
     "http_reqs{name:\"two\\nlines \\x1b\\\\\"} rate<1"},
    {"http_reqs{name:GET /a b} rate<1", "http_reqs{name:\"GET /a b\"} rate<1"},
    {"ttft{name:/v1/chat, outcome:ok} p(95) < 200", "ttft{name:/v1/chat,outcome:ok} p(95)<200"},
    {"output_tokens rate>100 over 5s", "output_tokens rate>100 over 5s"},
    {"goodput{ time_per_token <= 5e1 , name:/c,ttft<200 } rate>0.95 stage 2",
     "goodput{name:/c,ttft<200,time_per_token<=50} rate>0.95 stage 2"},
    {"goodput{e2e<=1500.5,token_gap<.25,ttfo<9} rate>=1",
     "goodput{ttfo<9,token_gap<0.25,e2e<=1500.5} rate>=1"},
    {"checks{name:has body,request:/} rate==1", "checks{name:\"has body\",request:/} rate==1"},
    {"response_time p(99)<800 over 10s from 1m30s", "response_time p(99)<800 over 10s from 90s"},
    {"response_time p(99)<800 stage 2 from 250ms over 10m",
     "response_time p(99)<800 over 600s from 0.25s stage 2"},
    {"http_reqs rate>1 over 1s from 1us abortOnFail delayAbortEval 0.0000015s",
     "http_reqs rate>1 over 1s from 0.000001s abortOnFail delayAbortEval 0.0000015s"},
    {"http_reqs rate>1 delayAbortEval 5s abortOnFail",
     "http_reqs rate>1 abortOnFail delayAbortEval 5s"},
};

static void what_is_written_reads_the_same(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct gate_rule r, s;
        struct err e = {""};
        struct buf once, twice;
        buf_init(&once, 10000);
        buf_init(&twice, 10000);
        if (gate_parse(good[i].text, &r, &e) != 0)
            fail_msg("%s: %s", good[i].text, e.text);
        gate_rule_text(&r, &once);
        assert_string_equal(buf_text(&once), good[i].again);
        assert_int_equal(gate_parse(buf_text(&once), &s, &e), 0);
        gate_rule_text(&s, &twice);
        assert_string_equal(buf_text(&twice), buf_text(&once));
        gate_rule_done(&r);
        gate_rule_done(&s);
        buf_done(&once);
        buf_done(&twice);
    }
}

static void a_rule_holds_what_the_text_says(void **state) {
    (void)state;
    struct gate_rule r;
    struct err e = {""};
    assert_int_equal(gate_parse("http_req_waiting{name:'a\\x41',status:5xx,outcome:reset} p(99.5)>"
                                "=12.5 over 10s from 3s stage 4 abortOnFail delayAbortEval 2s",
                                &r, &e),
                     0);
    assert_int_equal(r.metric, GATE_HTTP_REQ_WAITING);
    assert_string_equal(r.name, "aA");
    assert_null(r.method);
    assert_int_equal(r.status_low, 500);
    assert_int_equal(r.status_high, 599);
    assert_int_equal(r.outcome, OUTCOME_RESET);
    assert_int_equal(r.aggregation, GATE_QUANTILE);
    assert_near(r.p, 0.995, 1e-15);
    assert_int_equal(r.op, GATE_GE);
    assert_near(r.limit, 12.5, 0);
    assert_int_equal(r.over_ns, INT64_C(10000000000));
    assert_int_equal(r.from_ns, INT64_C(3000000000));
    assert_int_equal(r.stage, 4);
    assert_true(r.abort_on_fail);
    assert_int_equal(r.delay_ns, INT64_C(2000000000));
    gate_rule_done(&r);
    assert_int_equal(gate_parse("goodput{ttft<=200,token_gap<.5} rate>0.9", &r, &e), 0);
    assert_int_equal(r.metric, GATE_GOODPUT);
    assert_int_equal(r.filters, GATE_WITHIN(GATE_LIMIT_TTFT) | GATE_WITHIN(GATE_LIMIT_TOKEN_GAP));
    assert_int_equal(r.within[GATE_LIMIT_TTFT].op, GATE_LE);
    assert_near(r.within[GATE_LIMIT_TTFT].limit, 200, 0);
    assert_int_equal(r.within[GATE_LIMIT_TOKEN_GAP].op, GATE_LT);
    assert_near(r.within[GATE_LIMIT_TOKEN_GAP].limit, 0.5, 0);
    assert_int_equal(r.aggregation, GATE_SHARE);
    gate_rule_done(&r);
}

/* Where it is known which answers are streams, thresholds on the others are refused. */
static void a_stream_is_needed(void **state) {
    (void)state;
    const struct catalog catalog = {
        .endpoints = (struct endpoint[]){{"/", "GET"}, {"/chat", "POST"}}, .endpoint_count = 2};
    static const bool some[] = {false, true}, none[] = {false, false};
    static const struct {
        const char *rule, *error; /* NULL: it is taken */
        const bool *streams;
    } cases[] = {
        {"ttft p(95)<1", NULL, some},
        {"goodput{name:/chat,ttft<1} rate>0", NULL, some},
        {"ttft{name:/} p(95)<1", NULL, NULL},
        {"ttft{name:/} p(95)<1",
         "ttft{name:/}: nothing that the test has and that fits is read as a stream; add", some},
        {"output_tokens count>1", "nothing that the test has is read as a stream", none},
        {"goodput{ttft<1,name:/caht} rate>0", "did you mean /chat?", some},
        {"http_reqs{name:/} count>1", NULL, none},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct gate_subject subject = {
            .catalog = &catalog, .what = "the test has", .streams = cases[i].streams};
        struct gate_rules all = {0};
        struct err e = {""};
        assert_int_equal(gate_rules_parse(&all, "", cases[i].rule, &e), 0);
        int result = gate_rules_check(&all, &subject, &e);
        if ((result == 0) != (cases[i].error == NULL) ||
            (result != 0 && strstr(e.text, cases[i].error) == NULL))
            fail_msg("%s: %d \"%s\"", cases[i].rule, result, e.text);
        gate_rules_done(&all);
    }
}

static const struct {
    const char *text, *error;
} bad[] = {
    {"", "the metric is missing"},
    {"p(95)<500", "a percentile needs a metric before it, as in \"http_req_duration p(95)<500\""},
    {"http_req_durations p(95)<500", "did you mean \"http_req_duration\"?"},
    {"group_duration p(95)<500", "there are no groups"},
    {"http_req_duration", "an aggregation is missing after http_req_duration"},
    {"http_req_duration rate<1",
     "\"rate\" does not fit http_req_duration, which is a trend of times"},
    {"http_req_duration count<1", "\"count\" does not fit"},
    {"http_req_failed count<1", "\"count\" does not fit http_req_failed, which is a rate"},
    {"http_reqs value<1", "\"value\" does not fit http_reqs, which is a counter"},
    {"vus rate<1", "\"rate\" does not fit vus, which is a gauge"},
    {"http_req_duration p95<1", "write p(95)"},
    {"http_req_duration ma<1", "did you mean \"max\"?"},
    {"http_req_duration p(95<1", "the closing ) is missing"},
    {"http_req_duration p<1", "p needs the percentile"},
    {"http_req_duration p(101)<1", "is not a percentile"},
    {"http_req_duration p(-1)<1", "is not a percentile"},
    {"http_req_duration p(x)<1", "a number is missing"},
    {"http_req_duration p(95)=<1", "is missing at \"=<1\""},
    {"http_req_duration p(95) 500", "is missing at \"500\""},
    {"http_req_duration p(95)<", "a number is missing"},
    {"http_req_duration p(95)<0x10", "unexpected \"x10\""},
    {"http_req_duration p(95)<inf", "a number is missing"},
    {"http_req_duration p(95)<1e999", "a number is missing"},
    {"http_req_duration p(95)<500ms", "500, not 500ms"},
    {"http_req_duration p(95)<500 ms", "times are milliseconds"},
    {"http_req_duration p(95)<500 ovr 10s", "did you mean \"over\"?"},
    {"http_req_duration p(95)<500 over", "needs a duration"},
    {"http_req_duration p(95)<500 over x", "over: "},
    {"http_req_duration p(95)<500 over 10s over 5s", "\"over\" is given twice"},
    {"http_req_duration p(95)<500 stage 0", "stage needs a number from 1"},
    {"http_req_duration p(95)<500 stage -1", "stage needs a number from 1"},
    {"http_req_duration p(95)<500 stage 99999999999999999999", "stage needs a number from 1"},
    {"http_req_duration p(95)<500 over 500ms", "whole seconds"},
    {"http_req_duration p(95)<500 over 601s", "whole seconds, from 1s to 10m"},
    {"http_req_duration p(95)<500 delayAbortEval 5s", "delayAbortEval needs abortOnFail"},
    {"cold_start_duration p(95)<500 abortOnFail", "only after an import"},
    {"http_reqs{ count<1", "http_reqs has no filter \"count\""},
    {"http_reqs{} count<1", "http_reqs has no filter \"\""},
    {"http_reqs{nam:/} count<1", "did you mean \"name\"?"},
    {"http_reqs{url:/} count<1", "known are: name, method, status"},
    {"http_reqs{name:/ count<1", "the closing } is missing"},
    {"http_reqs{name:/,name:/a} count<1", "\"name\" is given twice"},
    {"http_reqs{name} count<1", "needs a colon"},
    {"http_reqs{name:} count<1", "a value is empty"},
    {"http_reqs{name:''} count<1", "a value is empty"},
    {"http_reqs{name:'a} count<1", "the closing ' is missing"},
    {"http_reqs{name:'a'b} count<1", "the closing } is missing"},
    {"http_reqs{name:'\\q'} count<1", "in quotes, \\ can be followed by"},
    {"http_reqs{name:'\\x00'} count<1", "in quotes, \\ can be followed by"},
    {"http_reqs{status:2x} count<1", "neither a status"},
    {"http_reqs{status:6xx} count<1", "neither a status"},
    {"http_reqs{status:20} count<1", "neither a status"},
    {"http_reqs{grpc_status:17} count<1", "\"17\" is no status of gRPC like UNAVAILABLE or 14"},
    {"http_reqs{grpc_status:gone} count<1", "\"gone\" is no status of gRPC"},
    {"http_reqs{outcome:rset} count<1", "did you mean \"reset\"?"},
    {"http_reqs{expected_response:yes} count<1", "is true or false"},
    {"vus{name:/} value<1", "does not support filters"},
    {"dropped_iterations{status:200} count<1", "dropped_iterations has no filter \"status\""},
    {"iterations{method:GET} count<1", "iterations has no filter \"method\""},
    {"tpot p(95)<1", "use time_per_token"},
    {"ttfs p(95)<1", "did you mean \"ttft\"?"},
    {"tokens_gap med<1", "did you mean \"token_gap\"?"},
    {"output_tokens p(95)<1", "\"p\" does not fit output_tokens, which is a counter"},
    {"ttft{ttft<1} med<1", "ttft has no filter \"ttft\""},
    {"goodput rate>0", "goodput needs limits"},
    {"goodput{name:/} rate>0", "goodput needs limits"},
    {"goodput{ttft<1} count>0", "\"count\" does not fit goodput, which is a rate"},
    {"goodput{ttft:1} rate>0", "ttft needs < or <= and a time in milliseconds"},
    {"goodput{ttft>1} rate>0", "ttft needs < or <="},
    {"goodput{ttft<} rate>0", "a number is missing"},
    {"goodput{ttft<0} rate>0", "must be above 0"},
    {"goodput{ttft<-5} rate>0", "must be above 0"},
    {"goodput{ttft<nan} rate>0", "a number is missing"},
    {"goodput{ttft<1s} rate>0", "unexpected \"s} rate>0\" after the limit of ttft"},
    {"goodput{ttft<1 rate>0", "the closing } is missing"},
    {"goodput{ttft<1", "the closing } is missing"},
    {"goodput{ttft<1,ttft<=2} rate>0", "\"ttft\" is given twice"},
    {"goodput{tft<1} rate>0", "did you mean \"ttft\"?"},
    {"goodput{status:200,ttft<1} rate>0", "goodput has no filter \"status\""},
};

static void mistakes_say_what_would_mend_them(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct gate_rule r;
        struct err e = {""};
        if (gate_parse(bad[i].text, &r, &e) == 0)
            fail_msg("%s was taken", bad[i].text);
        if (strstr(e.text, bad[i].error) == NULL)
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[i].text, e.text, bad[i].error);
    }
}

static void one_that_is_there_already_is_refused(void **state) {
    (void)state;
    struct gate_rules all = {0};
    struct err e = {""};
    assert_int_equal(gate_rules_parse(&all, "here", "http_reqs rate>1", &e), 0);
    assert_int_equal(gate_rules_parse(&all, "there", "http_reqs rate>1 over 5s", &e), 0);
    assert_int_equal(gate_rules_parse(&all, "there", "http_reqs{name:/} rate>1", &e), 0);
    assert_int_equal(gate_rules_parse(&all, "there", "http_reqs rate>2", &e), 0);
    assert_int_equal(gate_rules_parse(&all, "there", "http_reqs  rate > 1.0 abortOnFail", &e), -1);
    assert_string_equal(
        e.text, "there: duplicate threshold \"http_reqs rate>1\", also at here; remove one");
    assert_int_equal(all.count, 4);
    gate_rules_done(&all);
}

static void a_file_keeps_them_as_lines(void **state) {
    (void)state;
    struct gate_rules all = {0}, again = {0};
    struct err e = {""};
    struct buf text;
    buf_init(&text, 10000);
    assert_int_equal(
        gate_rules_read(&all, "f", "http_reqs rate>1\n\nchecks{name:'a\\nb'} rate==1\n", &e), 0);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[1].name, "a\nb");
    gate_rules_text(&all, &text);
    assert_string_equal(buf_text(&text), "http_reqs rate>1\nchecks{name:\"a\\nb\"} rate==1\n");
    assert_int_equal(gate_rules_copy(&all, &again, &e), 0);
    assert_int_equal(again.count, 2);
    assert_string_equal(again.items[1].place, "f");
    assert_int_equal(gate_rules_read(&again, "f", "http_reqs rate>1", &e), -1);
    gate_rules_done(&all);
    gate_rules_done(&again);
    buf_done(&text);
}

static void limits_hold_or_not_as_they_say(void **state) {
    (void)state;
    static const struct {
        enum gate_op op;
        bool below, at, above;
        double margin; /* of 3 to the limit 5 */
    } ops[] = {{GATE_LT, true, false, false, 2},  {GATE_LE, true, true, false, 2},
               {GATE_GT, false, false, true, -2}, {GATE_GE, false, true, true, -2},
               {GATE_EQ, false, true, false, 0},  {GATE_NE, true, false, true, 0}};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        assert_int_equal(gate_holds(ops[i].op, 3, 5), ops[i].below);
        assert_int_equal(gate_holds(ops[i].op, 5, 5), ops[i].at);
        assert_int_equal(gate_holds(ops[i].op, 7, 5), ops[i].above);
        double margin = gate_margin(ops[i].op, 3, 5);
        if (ops[i].margin == 0)
            assert_true(margin != margin);
        else
            assert_near(margin, ops[i].margin, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_the_same),
        cmocka_unit_test(a_rule_holds_what_the_text_says),
        cmocka_unit_test(a_stream_is_needed),
        cmocka_unit_test(mistakes_say_what_would_mend_them),
        cmocka_unit_test(one_that_is_there_already_is_refused),
        cmocka_unit_test(a_file_keeps_them_as_lines),
        cmocka_unit_test(limits_hold_or_not_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
