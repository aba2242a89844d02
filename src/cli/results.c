#include "cli/results.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "record/reader.h"
#include "util/text.h"

#define LINE_MAX_BYTES 65536

static void wrote(FILE *to, const char *dir, const char *name, const char *what) {
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    size_t n = strlen(dir);
    while (n > 1 && dir[n - 1] == '/')
        n--;
    text_printable(&line, dir, n);
    fprintf(to, "wrote %s/%s (%s)\n", buf_text(&line), name, what);
    buf_done(&line);
}

/* Where each thing went: to stdout after tables for people, to stderr where stdout is for a program. */
static void list(FILE *to, const char *dir, const struct model *m,
                 const struct figures_result *figures) {
    fputc('\n', to);
    wrote(to, dir, "tables.txt, .md, .csv, .json, .tex", "the tables");
    wrote(to, dir, "report.html", "all of it as one page");
    wrote(to, dir, "response_time.hgrm, service_time.hgrm", "for HdrHistogram's plotter");
    wrote(to, dir, "requests.jtl, k6_summary.json, junit.xml", "for JMeter, k6's tools and CI");
    wrote(to, dir, "errors.csv", "every kind of error");
    for (size_t i = 0; i < m->flows.count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.csv", m->flows.tables[i].key);
        wrote(to, dir, name, m->flows.tables[i].title);
    }
    if (m->thresholds != NULL)
        wrote(to, dir, "thresholds.csv", "each threshold, its value and interval");
    wrote(to, dir, "latex/*.tex", "each table and figure for a LaTeX document");
    wrote(to, dir, "methods.md, .tex", "how the run was made and counted");
    wrote(to, dir, "numbers.json", "the SQL behind each number");
    wrote(to, dir, "data/*.csv", "the numbers behind each figure");
    for (int f = 0; f < FIGURE_COUNT; f++) {
        char name[128];
        snprintf(name, sizeof name, "%s.svg, .png", figure_name((enum figure)f));
        if (figures->drawn[f])
            wrote(to, dir, name, figure_caption((enum figure)f));
    }
}

static int write_folder(const struct results_options *o, const struct report_source *s) {
    struct figures_result figures = {0};
    struct err e = {""};
    if (report_write_dir(o->folder, s, &figures, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    if (!o->silent)
        list(o->format->for_people ? stdout : stderr, o->folder, s->model, &figures);
    if (figures.note[0] != '\0')
        command_error(EXIT_OK, figures.note);
    return EXIT_OK;
}

static int write_page(const struct results_options *o, const struct report_source *s) {
    struct err e = {""};
    if (report_write_file(o->page, report_format("html"), s, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    if (o->silent)
        return EXIT_OK;
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    text_printable(&line, o->page, strlen(o->page));
    printf("\nwrote %s (the report as a page)\n", buf_text(&line));
    buf_done(&line);
    return EXIT_OK;
}

static int cut(struct reader *r, const struct results_options *o, struct err *e) {
    struct reader_cut c = o->cut;
    if (o->stage != 0 && reader_stage(r, o->stage, &c.from_us, &c.to_us, e) != 0)
        return -1;
    return reader_cut(r, &c, e);
}

int results_show(const char *path, const struct results_options *o) {
    struct reader *reader = NULL;
    struct model *m = NULL;
    struct err e = {""};
    struct model_options options = {
        .locust = o->locust,
        .no_guess = (o->no_guess || o->format->no_guess) && o->folder == NULL && o->page == NULL,
        .intervals = o->intervals,
        .figures = o->folder != NULL || o->page != NULL || o->format->figures,
        .shape = o->shape,
        .thresholds = o->thresholds};
    struct report_source source = {.bare = o->bare};
    int code = EXIT_OK;
    int failure = EXIT_RUNTIME;
    bool read = reader_open(path, &reader, &e) == 0;
    if (read && o->is_cut && cut(reader, o, &e) != 0) {
        failure = EXIT_USAGE; /* what was asked for is not there */
        read = false;
    }
    read = read && model_new(reader, &options, &m, &e) == 0;
    struct report_judged judged = {0};
    source.reader = reader;
    source.model = m;
    if (!read)
        code = command_error(failure, e.text);
    else if (report_judged_init(&judged, &source, &e) != 0 ||
             o->format->write(stdout, &source, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else if (o->folder != NULL) {
        source.bare = false; /* its files stand alone */
        code = write_folder(o, &source);
    }
    if (code == EXIT_OK && o->page != NULL)
        code = write_page(o, &source);
    report_judged_done(&judged);
    model_free(m);
    reader_close(reader);
    return code;
}
