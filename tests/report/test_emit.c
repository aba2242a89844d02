#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

#include "report/emitting.h"
#include "report/hostile.h"
#include "report/latex.h"
#include "report/numbers.h"

static struct hostile hostile;

static int as_html(struct buf *b, const struct model *m, struct err *e) {
    struct document d;
    with_document(m, &d);
    int result = emit_html(b, &d, NULL, e);
    document_done(&d);
    return result;
}

static const struct table *table_of(const struct document *d, const char *key) {
    const struct section *s = document_table(d, NULL);
    while (s != NULL && strcmp(s->table->key, key) != 0)
        s = document_table(d, s);
    if (s == NULL)
        fail_msg("no table %s", key);
    return s == NULL ? NULL : s->table;
}

/* The CSV of all errors. */
static void as_errors(struct buf *b, const struct model *m) {
    struct document d;
    with_document(m, &d);
    emit_csv_table(b, table_of(&d, "errors"));
    document_done(&d);
}

static void as_csv(struct buf *b, const struct model *m) {
    struct document d;
    with_document(m, &d);
    emit_csv(b, &d);
    document_done(&d);
}

static void has(const struct buf *b, const char *part) {
    if (strstr(buf_text(b), part) == NULL)
        fail_msg("does not have \"%s\":\n%s", part, buf_text(b));
}

static void has_not(const struct buf *b, const char *part) {
    if (strstr(buf_text(b), part) != NULL)
        fail_msg("has \"%s\":\n%s", part, buf_text(b));
}

/* What no document may have, for every one of them may be shown on a terminal: control characters
 * but LF and what reorders a line. */
static void is_harmless_on_a_terminal(const struct buf *b) {
    assert_true(buf_ok(b));
    assert_int_equal(strlen(buf_text(b)), b->len);
    for (size_t i = 0; i < b->len; i++) {
        unsigned char c = (unsigned char)b->data[i];
        assert_true(c == '\n' || (c >= 0x20 && c != 0x7f));
    }
    has_not(b, "\xe2\x80\xae");
    has_not(b, "\xc2\x9b");
    has_not(b, "\xff");
}

static void is_what_python_reads(const struct buf *b, const char *program) {
    char name[] = "/tmp/coldswarm-emit-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b->data, b->len), b->len);
    close(fd);
    char command[8192];
    snprintf(command, sizeof command, "python3 - %s <<'PYTHON'\n%s\nPYTHON\n", name, program);
    int status = system(command);
    unlink(name);
    assert_int_equal(status, 0);
}

static void test_table(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    as_table(&b, hostile_model(&hostile), false);
    is_harmless_on_a_terminal(&b);
    has(&b, "\nGET     \\x1b[31mred\\x1b]0;title\\x07 ");
    has(&b, "two\\x0alines\\x0d\\x0a");
    has(&b, "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80");
    has(&b, "Verdict: SUSPECT: \\x1b[31mred");
    has(&b, "dropped: 1 request (");
    has(&b, "stopped: 2 requests. They have no times");
    has(&b, "Service time statistics");
    /* Digits: 9.9949 9.995 99.94 99.95 and the number that is not supported. */
    has(&b, "  9.99  18288 ");
    has(&b, "  10.0    99.9     100     100    0.00    1234       \xe2\x80\x93    18288\n");
    buf_clear(&b);
    as_table(&b, &hostile.model, true);
    has_not(&b, "Verdict");
    has_not(&b, "Target");
    has_not(&b, "not sent");
    assert_int_equal(strncmp(buf_text(&b), "Request statistics", 18), 0);
    buf_done(&b);
}

static void test_columns_stand_under_each_other(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    struct model *m = hostile_model(&hostile);
    hostile.entries[0].name = "/caf\xc3\xa9"; /* five columns, six bytes */
    m->entry_count = 1;
    m->error_count = 0;
    m->times_differ = false;
    as_table(&b, m, true);
    has(&b,
        "Method  Name        Requests  Failures  Average   Min    Max  Average size  Requests/s  "
        "Failures/s\n"
        "------  ----------  --------  --------  -------  ----  -----  ------------  ----------  "
        "----------\n"
        "=M      /caf\xc3\xa9            425         3      770  9.99  18288            48"
        "        4.38        0.03\n"
        "------  ----------  --------  --------  -------  ----  -----  ------------  ----------  "
        "----------\n"
        "        Aggregated       425         3      770  9.99  18288            48"
        "        4.38        0.03\n");
    buf_done(&b);
}

static void test_locust_numbers_are_whole(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    struct model *m = hostile_model(&hostile);
    m->options.locust = true;
    as_table(&b, m, false);
    has(&b, "      770    9  18287 "); /* cut, as %d of its console does */
    has(&b, "By Locust's rules");
    buf_done(&b);
}

static void test_intervals_stand_under_their_percentiles(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    struct model *m = hostile_model(&hostile);
    m->entry_count = 0;
    m->options.intervals = true;
    m->uncertain[6] = true;
    as_table(&b, m, false);
    has(&b,
        "\n        Aggregated    10.0    99.9     100     100    0.00    1234       \xe2\x80\x93  "
        "  18288\n"
        "          95% from    9.00    90.0    91.0    92.0    0.00    1000       \xe2\x80\x93  "
        "      \xe2\x80\x93\n"
        "          to          11.0     101     102     103    0.00    1500       \xe2\x80\x93  "
        "      \xe2\x80\x93\n");
    has(&b, "too few requests for this percentile (p99 needs 100)\n");
    has(&b, "more requests than its percentile: p99 needs 368.\n");
    buf_clear(&b);
    as_markdown(&b, m, false);
    has(&b, "|   95% from | 9.00 | 90.0 |");
    buf_done(&b);
}

static void test_markdown(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    as_markdown(&b, hostile_model(&hostile), false);
    is_harmless_on_a_terminal(&b);
    has_not(&b, "<script");
    has(&b, "# Load test: &lt;script&gt;alert('x')&lt;/script&gt; &amp; &amp;amp;\n");
    has(&b, "| GET | a\\|b, \"quoted\" 'single' | 425 |");
    has(&b, "| =M | \\`id\\` \\$(id) \\${x} \\\\x41 |");
    has(&b, "| \\[link\\](http://example.com) \\*b\\* \\_i\\_ \\~\\~s\\~\\~ \\# h |");
    has(&b, "| two\\\\x0alines\\\\x0d\\\\x0a |");
    has(&b, "**Verdict:** SUSPECT: \\\\x1b\\[31mred");
    /* Every line of a table has as many cells as its head: no text opens one or ends a line. */
    size_t cells = 0;
    for (const char *line = buf_text(&b), *end; (end = strchr(line, '\n')) != NULL;
         line = end + 1) {
        size_t bars = 0;
        for (const char *p = line; p < end; p++)
            bars += *p == '|' && (p == line || p[-1] != '\\');
        if (line[0] != '|')
            cells = 0;
        else if (cells == 0)
            cells = bars;
        assert_int_equal(line[0] == '|' ? bars : 0, cells);
    }
    buf_done(&b);
}

/* Names as Python's csv module reads them; a spreadsheet would compute none of them. */
static void test_csv(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    as_csv(&b, hostile_model(&hostile));
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(
        &b, "import csv, sys\n"
            "rows = list(csv.DictReader(open(sys.argv[1], newline='')))\n"
            "names = [r['name'] for r in rows]\n"
            "assert len(rows) == 17, rows\n"
            "assert names[-1] == 'Aggregated' and rows[-1]['method'] == ''\n"
            "assert rows[0]['method'] == \"'=M\"\n"
            "assert names[2] == \"'=CMD()|' /C calc'!A0\", names[2]\n"
            "assert names[3:6] == [\"'+1+1\", \"'-2+3\", \"'@SUM(1)\"], names\n"
            "assert names[6:8] == ['\\\\x09=1', '\\\\x0d=1'], names\n"
            "assert names[9] == 'a|b, \"quoted\" \\'single\\'', names[9]\n"
            "assert names[10] == 'two\\\\x0alines\\\\x0d\\\\x0a', names[10]\n"
            "assert names[15] == ''\n"
            "assert not any(v[:1] in '=+-@\\t\\r' and v for n in names for v in [n])\n"
            "r = rows[0]\n"
            "assert r['requests'] == '425' and r['average_ms'] == '770.126'\n"
            "assert r['p99_ms'] == '' and r['p100_ms'] == '18287.5'\n"
            "assert r['service_p50_ms'] == '1' and r['p50_ms'] == '9.995'\n"
            "assert r['not_sent'] == '1' and r['cancelled'] == '2'\n"
            "assert r['p95_low_ms'] == '1000' and r['p95_high_ms'] == '1500', r\n"
            "assert r['p99_low_ms'] == '' and r['service_p50_high_ms'] == '1.5', r\n"
            "assert r['unsendable'] == '3' and len(r) == 58 and None not in r, len(r)\n");
    buf_clear(&b);
    as_errors(&b, &hostile.model);
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(
        &b, "import csv, sys\n"
            "rows = list(csv.DictReader(open(sys.argv[1], newline='')))\n"
            "assert len(rows) == 16 and rows[0]['count'] == '7'\n"
            "assert rows[3]['error'] == \"'+1+1\" and rows[3]['outcome'] == 'reset'\n");
    buf_done(&b);
}

static void test_json(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    as_json(&b, hostile_model(&hostile));
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(
        &b, "import json, sys\n"
            "d = json.load(open(sys.argv[1], encoding='ascii'))\n"
            "names = [e['name'] for e in d['endpoints']]\n"
            "assert len(names) == 16\n"
            "assert names[0] == '`id` $(id) ${x} \\\\x41', names[0]\n"
            "assert names[1] == '\\x1b[31mred\\x1b]0;title\\x07'\n"
            "assert names[8] == '<script>alert(\\'x\\')</script> & &amp;'\n"
            "assert names[10] == 'two\\nlines\\r\\n'\n"
            "assert names[11] == 'invalid \\ufffd\\ufffd( UTF-8', names[11]\n"
            "assert names[12] == 'gr\\u00fc\\u00df \\u65e5\\u672c \\U0001f600', names[12]\n"
            "assert names[13] == 'right-to-left \\u202e override, C1 \\x9b31m', names[13]\n"
            "e = d['endpoints'][0]\n"
            "assert e['percentiles_ms'] == {'50': 9.995, '60': 99.94, '70': 99.95, '80': 100,\n"
            "    '90': 0.001, '95': 1234.5, '99': None, '100': 18287.5}, e\n"
            "assert e['service_percentiles_ms']['100'] == 8\n"
            "assert e['intervals_ms']['50'] == [9, 11] and e['intervals_ms']['99'] is None, e\n"
            "assert e['service_intervals_ms']['50'] == [0.5, 1.5], e\n"
            "assert e['requests_needed'] == {'99': 100}, e\n"
            "assert e['average_ms'] == 770.126 and e['requests'] == 425 and e['failures'] == 3\n"
            "assert d['aggregated']['name'] == 'Aggregated' and d['aggregated']['method'] == ''\n"
            "assert d['run']['seed'] == 2**64 - 1 and d['run']['complete'] is True\n"
            "assert d['run']['verdict'] == 'SUSPECT' and d['run']['duration_ms'] == 97000\n"
            "assert d['errors'][3] == {'method': 'GET', 'name': names[12], 'outcome': 'reset',\n"
            "    'error': '+1+1', 'count': 7}, d['errors'][3]\n");
    buf_done(&b);
}

/* Read as XML, so it is well-formed; what texts say stands in it as text and nowhere else. */
static void test_html(void **state) {
    (void)state;
    struct buf b;
    struct err e = {""};
    buf_init(&b, 1 << 22);
    assert_int_equal(as_html(&b, hostile_model(&hostile), &e), 0);
    is_harmless_on_a_terminal(&b);
    has(&b, "<h1><bdi>&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &amp;amp;</bdi></h1>");
    has(&b, "<strong>SUSPECT</strong> <bdi>\\x1b[31mred\\x1b]0;title\\x07</bdi></div>");
    is_what_python_reads(
        &b,
        "import sys, xml.etree.ElementTree as tree\n"
        "X = '{http://www.w3.org/1999/xhtml}'\n"
        "root = tree.parse(sys.argv[1]).getroot()\n"
        "allowed = {X + n for n in 'html head meta title style body header main section nav '\n"
        "    'footer script h1 h2 p div dl dt dd ul li a table caption thead tbody tfoot tr th '\n"
        "    'td data bdi span strong small'.split()}\n"
        "assert {e.tag for e in root.iter()} <= allowed, {e.tag for e in root.iter()} - allowed\n"
        "t = [''.join(r[1].itertext()) for r in root.iter(X + 'tr') if len(r) == 10]\n"
        "t, more = t[:18], t[18:]\n"
        "assert t[0] == 'Name' and t[-1] == 'Aggregated' and more == t + t, t\n"
        "assert t[1] == '`id` $(id) ${x} \\\\x41', t[1]\n"
        "assert t[9] == '<script>alert(\\'x\\')</script> & &amp;', t[9]\n"
        "assert t[10] == 'a|b, \"quoted\" \\'single\\'', t[10]\n"
        "assert t[11] == 'two\\\\x0alines\\\\x0d\\\\x0a', t[11]\n"
        "assert t[13] == 'gr\u00fc\u00df \u65e5\u672c \U0001f600', t[13]\n"
        "assert t[16] == '', t[16]\n"
        "assert 'NaN' not in ''.join(root.itertext())\n");
    /* A run that was cut short, and one of another version with another word. */
    buf_clear(&b);
    hostile.run.verdict = "<b>";
    hostile.run.verdict_reason = "";
    assert_int_equal(as_html(&b, &hostile.model, &e), 0);
    has(&b, "<strong>&lt;b&gt;</strong> </div>");
    buf_done(&b);
}

/* 600 endpoints, each with a name of 10 kB: the page has 500 and says so. */
static void test_html_has_a_limit(void **state) {
    (void)state;
    enum { N = 600 };
    struct model *m = hostile_model(&hostile);
    struct model_entry *entries = calloc(N, sizeof *entries);
    char *name = malloc(10001);
    struct buf b;
    struct err e = {""};
    assert_true(entries != NULL && name != NULL);
    memset(name, '<', 10000);
    name[10000] = '\0';
    for (size_t i = 0; i < N; i++)
        entries[i] = (struct model_entry){.method = "GET", .name = name, .row = hostile_row};
    m->entries = entries;
    m->entry_count = N;
    buf_init(&b, 1 << 26);
    assert_int_equal(as_html(&b, m, &e), 0);
    assert_true(buf_ok(&b));
    has(&b, "<p class=\"note\">Not shown: 100 more rows; the JSON has them all.</p>");
    is_what_python_reads(&b, "import sys, xml.etree.ElementTree as tree\n"
                             "X = '{http://www.w3.org/1999/xhtml}'\n"
                             "t = next(tree.parse(sys.argv[1]).getroot().iter(X + 'table'))\n"
                             "assert len(t.find(X + 'tbody')) == 500\n"
                             "foot = t.find(X + 'tfoot')[0]\n"
                             "assert ''.join(foot[1].itertext()) == 'Aggregated'\n"
                             "assert foot[2][0].get('value') == '425'\n");
    buf_done(&b);
    free(entries);
    free(name);
}

static void test_a_run_cut_short(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    struct model *m = hostile_model(&hostile);
    hostile.run.complete = false;
    hostile.run.verdict = hostile.run.verdict_reason = "";
    hostile.run.exit_code = -1;
    as_table(&b, m, false);
    has(&b, "This run was interrupted");
    has(&b, "97s (interrupted or in progress)");
    has_not(&b, "Verdict");
    buf_clear(&b);
    as_json(&b, m);
    is_what_python_reads(&b, "import json, sys\n"
                             "run = json.load(open(sys.argv[1]))['run']\n"
                             "assert run['complete'] is False and run['verdict'] is None\n"
                             "assert run['exit_code'] is None\n");
    buf_done(&b);
}

static void test_many_errors_are_cut_in_the_table(void **state) {
    (void)state;
    struct buf b;
    buf_init(&b, 1 << 20);
    struct model *m = hostile_model(&hostile);
    struct model_error errors[25];
    for (size_t i = 0; i < 25; i++)
        errors[i] = hostile.errors[3];
    m->errors = errors;
    m->error_count = 25;
    as_table(&b, m, false);
    has(&b,
        "Not shown: 5 more kinds of error, 35 requests; errors.csv and the JSON have them all.");
    buf_clear(&b);
    as_errors(&b, m);
    size_t lines = 0;
    for (size_t i = 0; i < b.len; i++)
        lines += b.data[i] == '\n';
    assert_int_equal(lines, 26);
    buf_done(&b);
}

/* Instances and revisions may be called anything too. */
static void test_tables_of_the_server(void **state) {
    (void)state;
    static const struct table_column columns[] = {{"instance", "Instance", TABLE_TEXT},
                                                  {"requests", "Requests", TABLE_COUNT}};
    struct table tables[2];
    struct buf b;
    struct model *m = hostile_model(&hostile);
    table_init(&tables[0], "instances", "Requests by instance", columns, 2);
    for (size_t i = 0; i < HOSTILE_NAMES; i++) {
        table_text(&tables[0], hostile_names[i]);
        table_number(&tables[0], i == 0 ? (double)NAN : (double)i);
    }
    table_init_pairs(&tables[1], "sums", "Sums");
    table_pair_text(&tables[1], "word", "A word", hostile_names[1]);
    table_pair(&tables[1], "time_ms", "A time", TABLE_MS, 1234.5678);
    m->tables = tables;
    m->table_count = 2;
    m->entry_count = 1; /* whose name is the first */
    m->error_count = 0;
    buf_init(&b, 1 << 20);

    as_table(&b, m, true);
    is_harmless_on_a_terminal(&b);
    has(&b, "\n\\x1b[31mred\\x1b]0;title\\x07 ");
    has(&b, "\nA time                       1235 ms\n");
    buf_clear(&b);
    as_markdown(&b, m, true);
    is_harmless_on_a_terminal(&b);
    has_not(&b, "<script");
    has(&b, "## Requests by instance\n\n| Instance | Requests |\n| :--- | ---: |\n");
    has(&b, "| \\`id\\` \\$(id) \\${x} \\\\x41 | \xe2\x80\x93 |\n");
    buf_clear(&b);
    as_json(&b, m);
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(&b, "import json, sys\n"
                             "s = json.load(open(sys.argv[1], encoding='ascii'))['server']\n"
                             "assert s['sums'] == {'word': '\x1b[31mred\x1b]0;title\x07',\n"
                             "    'time_ms': 1234.5678}, s['sums']\n"
                             "rows = s['instances']\n"
                             "assert len(rows) == 16 and rows[0]['requests'] is None\n"
                             "assert rows[15] == {'instance': '', 'requests': 15}\n");
    buf_clear(&b);
    emit_csv_table(&b, &tables[0]);
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(&b, "import csv, sys\n"
                             "rows = list(csv.DictReader(open(sys.argv[1], newline='')))\n"
                             "names = [r['instance'] for r in rows]\n"
                             "assert len(rows) == 16 and rows[0]['requests'] == ''\n"
                             "assert names[3:6] == [\"'+1+1\", \"'-2+3\", \"'@SUM(1)\"], names\n"
                             "assert rows[15]['requests'] == '15'\n");
    buf_clear(&b);
    emit_csv_table(&b, &tables[1]);
    assert_string_equal(buf_text(&b), "key,value\nword,\\x1b[31mred\\x1b]0;title\\x07\n"
                                      "time_ms,1234.5678\n");
    buf_done(&b);
    table_done(&tables[0]);
    table_done(&tables[1]);
}

/* A table that no writer knows, with hostile texts, intervals, units, words of its own and numbers
 * that are not there: every format has it, and none obeys it. */
static void add_made_up(struct document *d) {
    static const struct table_column columns[] = {{"name", "Name", TABLE_TEXT},
                                                  {"streams", "Streams", TABLE_COUNT},
                                                  {"ttft_ms", "First token", TABLE_MS},
                                                  {"share", "Share", TABLE_NUMBER}};
    struct table *t = document_add(d, SECTION_PLAIN, NULL, NULL);
    assert_non_null(t);
    table_init(t, "streams", "Streams <b> & $x$", columns, 4);
    t->whole_names = t->intervals = true;
    t->total_rows = 1;
    for (size_t i = 0; i < HOSTILE_NAMES; i++) {
        table_text(t, hostile_names[i]);
        table_number(t, 9007199254740991.0);
        table_interval(t, 12.3456, 10.5, i == 0 ? (double)NAN : 1234.5);
        table_worded(t, 0.25, "25 %");
    }
    table_text(t, "Total");
    table_number(t, 16);
    table_number(t, (double)NAN);
    table_number(t, 0.5);
    assert_true(table_ok(t));
}

#define MADE_UP_BYTES ((size_t)1 << 22)

static void test_a_new_table_for_people(void **state) {
    (void)state;
    struct document d;
    struct buf b;
    struct err e = {""};
    with_document(hostile_model(&hostile), &d);
    add_made_up(&d);
    buf_init(&b, MADE_UP_BYTES);
    d.bare = true;
    emit_table(&b, &d);
    is_harmless_on_a_terminal(&b);
    has(&b, "\nStreams <b> & $x$\nName ");
    has(&b, "  9007199254740991         12.3   25 %\n  95% from ");
    has(&b, "  \xe2\x80\x93   0.50\n");
    buf_clear(&b);
    emit_markdown(&b, &d);
    is_harmless_on_a_terminal(&b);
    has(&b, "## Streams &lt;b&gt; &amp; \\$x\\$\n\n| Name | Streams | First token | Share |\n");
    has(&b, "| \\`id\\` \\$(id) \\${x} \\\\x41 | 9007199254740991 | 12.3 | 25 % |\n");
    has(&b, "|   to | \xe2\x80\x93 | 1234 | \xe2\x80\x93 |\n");
    has_not(&b, "<script");
    buf_clear(&b);
    emit_latex(&b, &d);
    is_harmless_on_a_terminal(&b);
    has(&b, "\\caption{Streams ");
    has(&b, "\\label{tab:coldswarm-streams}");
    has(&b, "& 9007199254740991 & 12.3 & {25 \\%} \\\\\n");
    has_not(&b, "$x$");
    buf_clear(&b);
    assert_int_equal(emit_html(&b, &d, NULL, &e), 0);
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(
        &b, "import sys, xml.etree.ElementTree as tree\n"
            "X = '{http://www.w3.org/1999/xhtml}'\n"
            "root = tree.parse(sys.argv[1]).getroot()\n"
            "s, = [s for s in root.iter(X + 'section') if s.get('id') == 'more']\n"
            "t, = s.iter(X + 'table')\n"
            "assert ''.join(t.find(X + 'caption').itertext()) == 'Streams <b> & $x$'\n"
            "rows = t.find(X + 'tbody')\n"
            "assert len(rows) == 48 and len(t.find(X + 'tfoot')) == 3\n"
            "data = [[d.get('value') for d in r.iter(X + 'data')] for r in rows][:3]\n"
            "assert data == [['9007199254740991', '12.3456', '0.25'], ['10.5'], []], data\n");
    buf_done(&b);
    document_done(&d);
}

static void test_a_new_table_for_programs(void **state) {
    (void)state;
    struct document d;
    struct buf b;
    with_document(hostile_model(&hostile), &d);
    add_made_up(&d);
    buf_init(&b, MADE_UP_BYTES);
    emit_json(&b, &d);
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(
        &b, "import json, sys\n"
            "rows = json.load(open(sys.argv[1], encoding='ascii'))['streams']\n"
            "assert len(rows) == 17 and rows[1]['name'] == '\x1b[31mred\x1b]0;title\x07'\n"
            "assert rows[0] == {'name': rows[0]['name'], 'streams': 2**53 - 1,\n"
            "    'ttft_ms': 12.3456, 'share': 0.25}, rows[0]\n"
            "assert rows[16] == {'name': 'Total', 'streams': 16, 'ttft_ms': None, 'share': 0.5}\n");
    buf_clear(&b);
    numbers_write(&b, &d);
    has(&b, "\"without_sql\": [\"streams\"]}");
    buf_clear(&b);
    emit_csv_table(&b, table_of(&d, "streams"));
    is_harmless_on_a_terminal(&b);
    is_what_python_reads(&b, "import csv, sys\n"
                             "rows = list(csv.DictReader(open(sys.argv[1], newline='')))\n"
                             "assert len(rows) == 17 and rows[16] == {'name': 'Total',\n"
                             "    'streams': '16', 'ttft_ms': '', 'share': '0.5'}, rows[16]\n"
                             "assert rows[3]['name'] == \"'+1+1\", rows[3]\n"
                             "assert rows[0]['streams'] == str(2**53 - 1), rows[0]\n");
    buf_done(&b);
    document_done(&d);
}

static void all_plain(struct json_writer *w, const struct document *d) {
    emit_json_tables(w, d, SECTION_PLAIN, JSON_LINE);
}

/* Columns of some readers only, each in its own order, groups, ranges, and what is unknown. */
static void test_columns_for_some_readers(void **state) {
    (void)state;
    static const struct table_column columns[] = {
        {"result", "Result", TABLE_TEXT | TABLE_PEOPLE},
        {"name", "Name", TABLE_TEXT},
        {"result", NULL, TABLE_TEXT | TABLE_CSV},
        {"50", "Median", TABLE_MS},
        {"99", "99%ile", TABLE_MS | TABLE_JSON | TABLE_CSV | TABLE_VIEW_1},
        {"50", "Interval", TABLE_RANGE | TABLE_JSON | TABLE_CSV},
        {"ok", NULL, TABLE_BOOL | TABLE_JSON},
        {"needs", NULL, TABLE_COUNT | TABLE_JSON | TABLE_OPTIONAL},
        {"reason", NULL, TABLE_TEXT | TABLE_JSON},
    };
    static const struct table_group groups[] = {{3, 2, "times_ms", "p", "_ms", "times"},
                                                {5, 1, "intervals_ms", "p", "_ms", NULL},
                                                {.count = 0}};
    struct document d;
    struct buf b;
    document_start(&d, NULL);
    d.json = all_plain;
    struct table *t = document_add(&d, SECTION_PLAIN, NULL, NULL);
    assert_non_null(t);
    table_init(t, "x", "X", columns, sizeof columns / sizeof *columns);
    t->groups = groups;
    t->totals_key = "all";
    t->total_rows = 1;
    for (int i = 0; i < 2; i++) {
        table_text(t, "good");
        table_text(t, i == 0 ? "a" : "all");
        table_text(t, i == 0 ? "ok" : "none");
        table_number(t, 1.5);
        table_number(t, i == 0 ? 2 : (double)NAN);
        table_range(t, 1, i == 0 ? 3 : (double)NAN, "");
        table_number(t, i == 0 ? 1 : (double)NAN);
        table_number(t, i == 0 ? (double)NAN : 100);
        table_text(t, i == 0 ? NULL : "few");
    }
    struct table *view = document_add(&d, SECTION_PEOPLE, NULL, NULL);
    assert_non_null(view);
    table_view(view, t, TABLE_VIEW_1, "y", "Y");
    d.csv = t;
    buf_init(&b, MADE_UP_BYTES);
    emit_csv(&b, &d);
    assert_string_equal(buf_text(&b), "name,result,p50_ms,p99_ms,p50_low_ms,p50_high_ms\n"
                                      "a,ok,1.5,2,1,3\nall,none,1.5,,1,\n");
    buf_clear(&b);
    emit_table(&b, &d);
    assert_string_equal(buf_text(&b), "X\nResult  Name  Median\n------  ----  ------\n"
                                      "good    a       1.50\n------  ----  ------\n"
                                      "good    all     1.50\n\n"
                                      "Y\nName  Median  99%ile\n----  ------  ------\n"
                                      "a       1.50    2.00\n----  ------  ------\n"
                                      "all     1.50       \xe2\x80\x93\n");
    buf_clear(&b);
    emit_json(&b, &d);
    is_what_python_reads(&b, "import json, sys\n"
                             "d = json.load(open(sys.argv[1]))\n"
                             "assert d == {'x': [{'name': 'a', 'times_ms': {'50': 1.5, '99': 2},\n"
                             "    'intervals_ms': {'50': [1, 3]}, 'ok': True, 'reason': None}],\n"
                             "  'all': {'name': 'all', 'times_ms': {'50': 1.5, '99': None},\n"
                             "    'intervals_ms': {'50': [1, None]}, 'ok': None, 'needs': 100,\n"
                             "    'reason': 'few'}}, d\n"
                             "assert list(d['all'])[-3:] == ['ok', 'needs', 'reason']\n");
    buf_done(&b);
    document_done(&d);
}

static void test_a_full_buffer_is_told(void **state) {
    (void)state;
    void (*const csv[])(struct buf *, const struct model *) = {as_csv, as_errors, as_json};
    const struct model *m = hostile_model(&hostile);
    for (size_t i = 0; i < 5; i++) {
        struct buf b;
        buf_init(&b, 200);
        if (i < 3)
            csv[i](&b, m);
        else
            (i == 3 ? as_table : as_markdown)(&b, m, false);
        assert_false(buf_ok(&b));
        buf_done(&b);
    }
    for (size_t max = 200; max < 100000; max = max * 3 / 2) {
        struct buf b;
        struct err e = {""};
        buf_init(&b, max);
        (void)as_html(&b, m, &e);
        assert_true(!buf_ok(&b) || strstr(buf_text(&b), "</html>") != NULL);
        buf_done(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_columns_stand_under_each_other),
        cmocka_unit_test(test_locust_numbers_are_whole),
        cmocka_unit_test(test_intervals_stand_under_their_percentiles),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_html),
        cmocka_unit_test(test_html_has_a_limit),
        cmocka_unit_test(test_a_run_cut_short),
        cmocka_unit_test(test_many_errors_are_cut_in_the_table),
        cmocka_unit_test(test_tables_of_the_server),
        cmocka_unit_test(test_a_new_table_for_people),
        cmocka_unit_test(test_a_new_table_for_programs),
        cmocka_unit_test(test_columns_for_some_readers),
        cmocka_unit_test(test_a_full_buffer_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
