/*
 * A section is one row and one function: a table and a figure that no writer knows, with hostile
 * texts, are in every format and every file of a report. What the numbers and texts must be is
 * written out here, or is what Python's own readers of CSV, JSON and XML find.
 */
#include "report/fixture.h"

#include <math.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "report/emit.h"
#include "report/report.h"
#include "util/file.h"
#include "util/memory.h"

#define HOSTILE_NAME "<b>a|b</b> \\input{x} & $y$ \033[31m =1"

/* ---- the rows and their functions ---- */

static const struct table_column columns[] = {{"name", "Name", TABLE_TEXT},
                                              {"streams", "Streams", TABLE_COUNT},
                                              {"ttft_ms", "First token", TABLE_MS},
                                              {"share", "Share", TABLE_NUMBER}};

/* A query for one number and for an end of the interval; none for the other end and the other
 * numbers. */
static void made_up_sql(struct buf *out, const struct table *t, size_t row, size_t column,
                        enum table_part part) {
    assert_int_equal(row, 0);
    assert_string_equal(t->key, "made_up");
    if (column == 1)
        buf_str(out, "SELECT 9007199254740991");
    if (column == 2 && part == TABLE_HIGH)
        buf_str(out, "SELECT '\x1b' <> 1234.5");
}

static void made_up_table(struct document *d) {
    struct table *t = document_add(d, SECTION_PLAIN, "requests", "How streams went");
    assert_non_null(t);
    table_init(t, "made_up", "Made up <b> & $x$", columns, 4);
    t->whole_names = t->intervals = true;
    t->sql = made_up_sql;
    table_text(t, HOSTILE_NAME);
    table_number(t, 9007199254740991.0);
    table_interval(t, 12.3456, 10.5, 1234.5);
    table_worded(t, 0.25, "25 %");

    /* One for a part of the page that there is not. */
    t = document_add(d, SECTION_SERVER, "no_such_part", NULL);
    assert_non_null(t);
    table_init_pairs(t, "made_up_sums", "Made up sums");
    table_pair(t, "time_ms", "Time", TABLE_MS, 1234.5678);
}

static int made_up_figure(struct figure *f, const struct model *m, struct err *e) {
    struct figure_series *s = figure_add(f, 0, e);
    (void)m;
    for (size_t i = 0; s != NULL && i < f->seconds; i++)
        s->seconds[i] = 2 + (double)(i / 4);
    return s == NULL ? -1 : 0;
}

static int nothing(struct figure *f, const struct model *m, struct err *e) {
    (void)m;
    (void)e;
    f->missing = "nobody looked";
    return 0;
}

static const struct figure_row figure_rows[] = {
    {{.key = "made_up_streams",
      .caption = {.text = "Streams that are open over the run"},
      .kind = FIGURE_LEVELS,
      .unit = AXIS_COUNT,
      .page = "requests",
      .y_name = {.text = "Open streams"},
      .lines = {{.name = {.text = "streams"}, .column = "streams"}},
      .empty = "no streams"},
     made_up_figure},
    {{.key = "made_up_nothing",
      .caption = {.text = "Nothing"},
      .lines = {{.name = {.text = "nothing"}, .column = "nothing"}}},
     nothing},
    {{.key = NULL}, NULL},
};

/* ---- what comes of them ---- */

static void check(const char *name, const char *program) {
    char command[8192];
    FILE *f = fopen(in_dir("check.py"), "w");
    assert_non_null(f);
    fprintf(f,
            "import csv, json, os, sys\n"
            "import xml.etree.ElementTree as tree\n"
            "NAME = '<b>a|b</b> \\\\input{x} & $y$ \\x1b[31m =1'\n"
            "SHOWN = NAME.replace('\\x1b', '\\\\x1b')\n"
            "name = sys.argv[1]\n"
            "text = open(name, encoding='utf-8', newline='').read()\n"
            "assert '\\x1b' not in text\n%s",
            program);
    assert_int_equal(fclose(f), 0);
    snprintf(command, sizeof command, "cd '%s/out' && python3 ../check.py %s", dir, name);
    int status = system(command);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("%s", name);
}

static void test_a_made_up_table_and_figure_are_in_every_format(void **state) {
    (void)state;
    struct reader *reader = NULL;
    struct model *model = NULL;
    struct document d;
    struct figures_result figures = {0};
    struct err e = {""};
    make_run(in_dir("run.db"), 500, false);
    assert_ok(reader_open(in_dir("run.db"), &reader, &e), e);
    assert_ok(model_new(reader, &(struct model_options){.figures = true}, &model, &e), e);
    assert_ok(document_init(&d, model, &e), e);
    made_up_table(&d);
    assert_ok(document_add_figures(&d, figure_rows, &e), e);
    const struct report_source source = {.reader = reader, .document = &d};
    assert_ok(report_write_dir(in_dir("out"), &source, NULL, &figures, &e), e);
    assert_true(figures.drawn);
    assert_string_equal(figures.note, "");
    document_done(&d);
    model_free(model);
    reader_close(reader);

    /* The table, for people. */
    check("tables.txt",
          "at = text.index('\\nMade up <b> & $x$\\n')\n"
          "lines = text[at + 1:].splitlines()\n"
          "assert lines[1].split() == ['Name', 'Streams', 'First', 'token', 'Share']\n"
          "assert lines[3].startswith(SHOWN + '  9007199254740991'), lines[3]\n"
          "assert lines[3].endswith('  12.3   25 %'), lines[3]\n"
          "assert [x.split()[0:2] for x in lines[4:6]] == [['95%', 'from'], ['to', "
          "'\\u2013']], lines\n");
    check("tables.md",
          "assert '## Made up &lt;b&gt; &amp; \\\\$x\\\\$\\n\\n| Name | Streams | First "
          "token | Share |\\n' in text\n"
          "assert '<b>' not in text\n"
          "assert '| 9007199254740991 | 12.3 | 25 % |\\n' in text\n");
    check("tables.tex", "assert '\\\\label{tab:coldswarm-made-up}' in text\n"
                        "assert '& 9007199254740991 & 12.3 & {25 \\\\%} \\\\\\\\\\n' in text\n"
                        "assert '$y$' not in text and '\\\\input' not in text\n");
    check("latex/made_up.tex", "assert text.startswith('\\\\providecommand{\\\\coldswarmfloat}')\n"
                               "assert text.count('\\\\begin{tabular}') == 1\n");
    check("report.html",
          "X = '{http://www.w3.org/1999/xhtml}'\n"
          "root = tree.parse(name).getroot()\n"
          "s, = [s for s in root.iter(X + 'section') if s.get('id') == 'requests']\n"
          "first, mine = s.iter(X + 'table')\n"
          "assert ''.join(mine.find(X + 'caption').itertext()) == 'How streams went'\n"
          "rows = mine.find(X + 'tbody')\n"
          "assert ''.join(rows[0][0].itertext()) == SHOWN\n"
          "data = [[d.get('value') for d in r.iter(X + 'data')] for r in rows]\n"
          "assert data == [['9007199254740991', '12.3456', '0.25'], ['10.5'], ['1234.5']], data\n"
          /* the figure, inline */
          "f, = s.iter(X + 'figure')\n"
          "assert f.get('id') == 'figure-made_up_streams'\n"
          "assert 'streams: 2 to 4' in ''.join(x.get('aria-label', '') for x in f.iter())\n"
          "assert 'made_up_nothing' not in text\n"
          "s, = [s for s in root.iter(X + 'section') if s.get('id') == 'more']\n"
          "assert [x.get('value') for x in s.iter(X + 'data')] == ['1234.5678']\n");
    /* for programs */
    check("tables.json", "row, = json.loads(text)['made_up']\n"
                         "assert row == {'name': NAME, 'streams': 2**53 - 1, 'ttft_ms': 12.3456, "
                         "'share': 0.25}, row\n"
                         "assert json.loads(text)['server']['made_up_sums'] == {'time_ms': "
                         "1234.5678}\n");
    check("server_made_up_sums.csv", "assert text == 'key,value\\ntime_ms,1234.5678\\n'\n");
    check("made_up.csv", "row, = csv.DictReader(text.splitlines())\n"
                         "assert row == {'name': SHOWN, 'streams': str(2**53 - 1), 'ttft_ms': "
                         "'12.3456', 'share': '0.25'}, row\n");
    check("numbers.json",
          "all = json.loads(text)\n"
          "assert all['without_sql'][-1] == 'server_made_up_sums'\n"
          "about = {'table': 'made_up', 'method': '', 'name': NAME}\n"
          "assert [x for x in all['numbers'] if x['table'] == 'made_up'] == [\n"
          "    {**about, 'key': 'streams', 'value': 2**53 - 1, 'sql': 'SELECT 9007199254740991'},\n"
          "    {**about, 'key': 'ttft_ms_high', 'value': 1234.5, 'sql': \"SELECT '\\x1b' <> "
          "1234.5\"}]\n");

    /* The figure. */
    check("data/made_up_streams.csv",
          "rows = list(csv.DictReader(text.splitlines()))\n"
          "assert rows == [{'second': str(i), 'streams': str(2 + i // 4)} for i in range(12)]\n");
    check("data/made_up_streams.dat",
          "assert '\\n0 2\\n4 2\\n4 3\\n8 3\\n8 4\\n12 4\\n' in text\n");
    check("data/made_up_streams.gp", "assert 'Open streams' in text\n");
    check("made_up_streams.svg", "root = tree.parse(name).getroot()\n"
                                 "assert any(x.text == 'Open streams' for x in root.iter())\n"
                                 "assert os.path.getsize('made_up_streams.png') > 1000\n");
    check("latex/figure_made_up_streams.tex",
          "assert 'ylabel={Open streams}, xmin=0, xmax=12' in text\n"
          "assert '\\\\coldswarmdir/data/made_up_streams.dat' in text\n");
    assert_int_equal(access(in_dir("out/made_up_nothing.svg"), F_OK), -1);
    assert_int_equal(access(in_dir("out/data/made_up_nothing.csv"), F_OK), -1);
}

/* ---- a document of another kind ---- */

static void made_up_findings(const void *of, finding_fn *fn, void *context) {
    assert_string_equal(of, "made up");
    fn(context, &(struct finding){.state = FINDING_FAILS,
                                  .kind = "made_up",
                                  .name = HOSTILE_NAME,
                                  .sentence = "100% of " HOSTILE_NAME "\n::error::x",
                                  .type = "streams",
                                  .time_s = 0.25});
    fn(context, &(struct finding){.state = FINDING_SKIPPED,
                                  .kind = "made_up",
                                  .name = "b",
                                  .sentence = "none",
                                  .time_s = -1});
    fn(context,
       &(struct finding){
           .state = FINDING_HOLDS, .kind = "made_up", .name = "c", .sentence = "", .time_s = -1});
}

static void members(struct json_writer *w, const struct document *d) {
    json_write_text(w, "of", d->of);
    emit_json_tables(w, d, SECTION_PLAIN, JSON_LINE);
}

static void start(struct document *d) {
    struct err e = {""};
    struct lines *l;
    document_start(d, "made up");
    d->json = members;
    buf_str(&d->title, "Made up by " HOSTILE_NAME);
    assert_non_null(l = document_add_lines(d, SECTION_IN_TEXT, NULL));
    lines_add(l, "base", HOSTILE_NAME);
    lines_add(l, "a new", "2");
    struct table *t =
        document_add_titled(d, SECTION_PLAIN, strdup("One & all"), strdup("Under it."));
    assert_non_null(t);
    d->csv = t;
    table_init(t, "made_up", d->last->title, columns, 2);
    table_text_worded(t, "key", "Words | of it");
    table_number(t, 3);
    assert_non_null(l = document_add_lines(d, SECTION_EVERYWHERE, "What was <found>"));
    lines_add(l, "", "*this*");
    lines_add(l, "", "two\nlines");
    assert_non_null(l = document_add_lines(d, SECTION_IN_MARKDOWN, "Although:"));
    l->strong = true;
    lines_add(l, "base", "$x$");
    lines_add(&d->notes, "", "A note.");
    lines_add(&d->notes, "", "Another one.");
    d->suites_name = "all <of> it";
    d->suites[d->suite_count++] = (struct finding_suite){.name = "first",
                                                         .each = made_up_findings,
                                                         .of = "made up",
                                                         .time_s = 2,
                                                         .failed = "Too bad",
                                                         .skipped = "Not known"};
    assert_ok(document_check(d, &e), e);
}

/* Of no run: each writer has what it has, in its order, and nothing else. */
static void test_a_made_up_document_in_every_format(void **state) {
    (void)state;
    static const struct {
        void (*emit)(struct buf *out, const struct document *d);
        const char *want;
    } formats[] = {
        {emit_table, "base   <b>a|b</b> \\input{x} & $y$ \\x1b[31m =1\n"
                     "a new  2\n"
                     "\n"
                     "One & all\n"
                     "Name           Streams\n"
                     "-------------  -------\n"
                     "Words | of it        3\n"
                     "Under it.\n"
                     "\n"
                     "What was <found>\n"
                     "  *this*\n"
                     "  two\\x0alines\n"
                     "\n"
                     "A note.\n"
                     "Another one.\n"},
        {emit_markdown,
         "# Made up by &lt;b&gt;a\\|b&lt;/b&gt; \\\\input{x} &amp; \\$y\\$ \\\\x1b\\[31m =1\n"
         "\n"
         "## One &amp; all\n"
         "\n"
         "| Name | Streams |\n"
         "| :--- | ---: |\n"
         "| Words \\| of it | 3 |\n"
         "\n"
         "Under it.\n"
         "\n"
         "## What was &lt;found&gt;\n"
         "\n"
         "- \\*this\\*\n"
         "- two\\\\x0alines\n"
         "\n"
         "**Although:**\n"
         "\n"
         "- base: \\$x\\$\n"
         "\n"
         "A note.\n"
         "\n"
         "Another one.\n"},
        {emit_json, "{\n"
                    "  \"of\": \"made up\",\n"
                    "  \"made_up\": [{\n"
                    "      \"name\": \"key\",\n"
                    "      \"streams\": 3\n"
                    "    }]\n"
                    "}\n"},
        {emit_csv, "name,streams\nkey,3\n"},
        {emit_junit,
         "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<testsuites name=\"all &lt;of&gt; it\" tests=\"3\" failures=\"1\" errors=\"0\" "
         "skipped=\"1\" time=\"2.000\">\n"
         "  <testsuite name=\"first\" tests=\"3\" failures=\"1\" errors=\"0\" skipped=\"1\" "
         "time=\"2.000\">\n"
         "    <testcase classname=\"made_up\" name=\"&lt;b&gt;a|b&lt;/b&gt; \\input{x} &amp; $y$ "
         "\\x1b[31m =1\" time=\"0.250000\">\n"
         "      <failure type=\"streams\" message=\"100% of &lt;b&gt;a|b&lt;/b&gt; \\input{x} "
         "&amp; "
         "$y$ \\x1b[31m =1\\x0a::error::x\"/>\n"
         "    </testcase>\n"
         "    <testcase classname=\"made_up\" name=\"b\" time=\"0\">\n"
         "      <skipped message=\"none\"/>\n"
         "    </testcase>\n"
         "    <testcase classname=\"made_up\" name=\"c\" time=\"0\"/>\n"
         "  </testsuite>\n"
         "</testsuites>\n"},
        {emit_github, "::error title=Too bad::100%25 of <b>a|b</b> \\input{x} & $y$ \\x1b[31m "
                      "=1\\x0a::error::x\n"
                      "::notice title=Not known::none\n"},
    };
    struct document d;
    struct buf b;
    start(&d);
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        buf_clear(&b);
        formats[i].emit(&b, &d);
        assert_true(buf_ok(&b));
        assert_string_equal(buf_text(&b), formats[i].want);
    }
    buf_done(&b);
    document_done(&d);
}

/* No format is cut off without a word. */
static void test_a_document_without_room_is_told(void **state) {
    (void)state;
    void (*const emit[])(struct buf *, const struct document *) = {
        emit_table, emit_markdown, emit_json, emit_csv, emit_junit, emit_github};
    struct document d;
    struct err e = {""};
    start(&d);
    for (size_t i = 0; i < sizeof emit / sizeof *emit; i++) {
        struct buf b;
        buf_init(&b, 15);
        emit[i](&b, &d);
        assert_false(buf_ok(&b));
        buf_done(&b);
    }
    d.notes.texts.failed = true;
    assert_int_equal(document_check(&d, &e), -1);
    assert_string_equal(e.text, "the text of a table is larger than the limit of 256 MiB; read the "
                                "file with sqlite3");
    memory_note();
    assert_int_equal(document_check(&d, &e), -1);
    assert_string_equal(e.text, "out of memory for the tables");
    document_done(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_made_up_table_and_figure_are_in_every_format),
        cmocka_unit_test(test_a_made_up_document_in_every_format),
        cmocka_unit_test(test_a_document_without_room_is_told),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
