#include "cli/results.h"

#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "record/reader.h"
#include "record/reader_server.h"
#include "record/reader_streams.h"
#include "report/document.h"
#include "report/export_rows.h"
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

static void wrote_pictures(FILE *to, const char *dir, const char *key, const char *caption) {
    char name[128];
    snprintf(name, sizeof name, "%s.svg, .png", key);
    wrote(to, dir, name, caption);
}

/* The tables with a file of their own; those of the server are many. */
static void wrote_tables(FILE *to, const char *dir, const struct document *d) {
    for (const struct section *s = document_table(d, NULL); s != NULL; s = document_table(d, s)) {
        char name[DOCUMENT_KEY_BYTES + 8];
        snprintf(name, sizeof name, "%s.csv", s->table->key);
        if (s->programs == SECTION_PLAIN && s->table != d->csv) /* which is tables.csv */
            wrote(to, dir, name, s->table->title);
    }
}

static void wrote_figures(FILE *to, const char *dir, const struct document *d) {
    for (const struct section *s = document_figure(d, NULL); s != NULL; s = document_figure(d, s))
        if (s->figure->there)
            wrote_pictures(to, dir, s->figure->key, s->figure->caption.text);
    if (figures_have_page(d))
        wrote_pictures(to, dir, FIGURES_PAGE, FIGURES_PAGE_CAPTION);
}

void results_list(FILE *to, const char *dir, const struct document *d,
                  const struct figures_result *figures) {
    const struct model *m = d->model;
    fputc('\n', to);
    wrote(to, dir, "tables.txt, .md, .csv, .json, .tex", "the tables");
    wrote(to, dir, "report.html", "all of it as one page");
    if (m != NULL) {
        wrote(to, dir, "response_time.hgrm, service_time.hgrm", "for HdrHistogram's plotter");
        wrote(to, dir, "requests.jtl, k6_summary.json, junit.xml", "for JMeter, k6's tools and CI");
    }
    if (m != NULL && m->dialects != NULL)
        wrote(to, dir, "vllm.json, profile_export.jsonl", "for tools of vLLM and AIPerf");
    if (m != NULL)
        wrote(to, dir, "errors.csv", "every kind of error");
    wrote_tables(to, dir, d);
    if (m != NULL && m->thresholds != NULL)
        wrote(to, dir, "thresholds.csv", "each threshold, its value and interval");
    wrote(to, dir, "latex/*.tex", "each table and figure for a LaTeX document");
    if (m != NULL)
        wrote(to, dir, "methods.md, .tex", "how the run was made and measured");
    wrote(to, dir, "numbers.json", "the SQL behind each number");
    wrote(to, dir, "data/*.csv", "the numbers behind each figure");
    if (figures->drawn)
        wrote_figures(to, dir, d);
}

static int write_folder(const struct results_options *o, const struct report_source *s) {
    struct figures_options how = {.leave_out = o->no_figures};
    struct figures_result figures = {0};
    struct err e = {""};
    if (report_write_dir(o->folder, s, &how, &figures, &e) != 0)
        return command_error(EXIT_RUNTIME, e.text);
    if (!o->silent) /* to stderr where stdout is for a program */
        results_list(o->format->for_people ? stdout : stderr, o->folder, s->document, &figures);
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

/* Whether streams are asked for. */
static bool lacks_streams(const char *path, const struct results_options *o, struct err *e) {
    if (o->goodput == NULL && !o->dialects)
        return false;
    err_set(e, "%s has no streamed answers; leave --%s out", path,
            o->goodput != NULL ? "goodput" : "dialects");
    return true;
}

/* A report has a cost if it is about a whole run with an import. */
static int check_cost(struct reader *r, const struct results_options *o, const char *path,
                      struct err *e) {
    struct reader_server side;
    if (o->cost_option == NULL)
        return 0;
    if (o->is_cut)
        return err_set(e,
                       "--%s is for the cost, which the report of a part of a run does not have; "
                       "leave it out, or report the whole run",
                       o->cost_option);
    if (reader_server(r, &side, e) != 0)
        return -1;
    return side.any ? 0
                    : err_set(e,
                              "--%s is for the cost, and %s has no logs or metrics of the server, "
                              "which it is computed from; add them with coldswarm import, or leave "
                              "it out",
                              o->cost_option, path);
}

int results_show(const char *path, const struct results_options *o) {
    struct reader *reader = NULL;
    struct model *m = NULL;
    struct export_rows *rows = NULL;
    struct err e = {""};
    struct model_options options = {
        .locust = o->locust,
        .counted = o->counted,
        .streams = o->streams,
        .no_guess = (o->no_guess || o->format->no_guess) && o->folder == NULL && o->page == NULL,
        .intervals = o->intervals,
        .goodput = o->goodput,
        .dialects = o->dialects || o->folder != NULL || o->page != NULL || o->format->figures,
        .figures = o->folder != NULL || o->page != NULL || o->format->figures,
        .shape = o->shape,
        .thresholds = o->thresholds};
    struct document document = {.model = NULL};
    struct report_source source = {.document = &document};
    int code = EXIT_OK;
    int failure = EXIT_RUNTIME;
    bool read = reader_open(path, &reader, &e) == 0;
    if (read && (check_cost(reader, o, path, &e) != 0 || (o->is_cut && cut(reader, o, &e) != 0))) {
        failure = EXIT_USAGE; /* what was asked for is not there */
        read = false;
    }
    if (read && !reader_has_streams(reader) && lacks_streams(path, o, &e)) {
        failure = EXIT_USAGE;
        read = false;
    }
    /* Where that fails, so will the folder's files, which say why. */
    if (read && o->folder != NULL && export_rows_new(reader, o->folder, &rows, NULL) == 0) {
        options.also = export_rows_add;
        options.also_context = rows;
    }
    read = read && model_new(reader, &options, &m, &e) == 0 && document_init(&document, m, &e) == 0;
    if (read && rows != NULL && export_rows_end(rows, NULL) != 0) {
        export_rows_free(rows);
        rows = NULL;
    }
    source.reader = reader;
    document.bare = o->bare;
    if (!read)
        code = command_error(failure, e.text);
    else if (report_write(stdout, o->format, &source, &e) != 0)
        code = command_error(EXIT_RUNTIME, e.text);
    else if (o->folder != NULL) {
        document.bare = false; /* its files stand alone */
        source.rows = rows;
        code = write_folder(o, &source);
    }
    if (read && o->page != NULL) { /* may be in another place than what failed */
        int page_code = write_page(o, &source);
        code = code == EXIT_OK ? page_code : code;
    }
    export_rows_free(rows);
    document_done(&document);
    model_free(m);
    reader_close(reader);
    return code;
}
