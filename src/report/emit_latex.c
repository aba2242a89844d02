#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/latex.h"
#include "report/layout.h"
#include "report/outfile.h"

#define DOCUMENT_MAX_BYTES ((size_t)256 << 20)
#define NO_NUMBER "\xe2\x80\x93" /* an en dash, as layout has it */

/* What siunitx has to know of a column of numbers: the digits before and after the point. */
struct digits {
    size_t before, after;
    bool negative, any;
};

/* False where the cell is no plain number. */
static bool number_digits(const char *cell, struct digits *d) {
    struct digits x = {.negative = cell[0] == '-', .any = true};
    cell += x.negative;
    x.before = strspn(cell, "0123456789");
    cell += x.before;
    if (*cell == '.')
        x.after = strspn(++cell, "0123456789");
    if (x.before == 0 || cell[x.after] != '\0')
        return false;
    *d = x;
    return true;
}

static void widen(struct digits *all, const struct digits *one) {
    all->any = true;
    all->negative = all->negative || one->negative;
    if (one->before > all->before)
        all->before = one->before;
    if (one->after > all->after)
        all->after = one->after;
}

static void column_digits(const struct grid *g, struct digits all[GRID_COLUMNS_MAX]) {
    const char *cell = buf_text(&g->cells);
    for (size_t i = 0; i < g->rows * g->columns; i++, cell = grid_next(cell)) {
        struct digits one;
        if (g->right[i % g->columns] && number_digits(cell, &one))
            widen(&all[i % g->columns], &one);
    }
}

static void preamble(struct buf *out, const struct grid *g, const struct digits *d) {
    buf_str(out, "\\begin{tabular}{@{}");
    for (size_t c = 0; c < g->columns; c++) {
        if (!g->right[c])
            buf_char(out, 'l');
        else if (!d[c].any)
            buf_char(out, 'r');
        else
            buf_printf(out, "S[table-format=%s%zu.%zu]", d[c].negative ? "-" : "", d[c].before,
                       d[c].after);
    }
    buf_str(out, "@{}}\n\\toprule\n");
}

/* Words of a head stand under each other: numbers are narrow. */
static void head(struct buf *out, const char *text, bool right) {
    bool stacked = strchr(text, ' ') != NULL;
    buf_str(out, "{");
    if (stacked)
        buf_printf(out, "\\shortstack[%s]{", right ? "r" : "l");
    for (const char *p = text; *p != '\0';) {
        size_t n = strcspn(p, " ");
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        latex_text(out, word);
        p += n;
        while (*p == ' ')
            p++;
        buf_str(out, *p == '\0' ? "" : "\\\\");
    }
    buf_str(out, stacked ? "}}" : "}");
}

static void cell(struct buf *out, const struct grid *g, size_t c, const char *text) {
    struct digits d;
    if (g->right[c] && number_digits(text, &d)) {
        buf_str(out, text);
        return;
    }
    if (g->right[c])
        buf_char(out, '{');
    for (; text[0] == ' ' && text[1] == ' '; text += 2)
        buf_str(out, "\\quad ");
    latex_text(out, text);
    if (g->right[c])
        buf_char(out, '}');
}

static void rows(struct buf *out, const struct grid *g, bool *dash) {
    const char *text = buf_text(&g->cells);
    for (size_t row = 0; row < g->rows; row++) {
        if (row > 0 && row == g->rows - g->total_rows)
            buf_str(out, "\\midrule\n");
        for (size_t c = 0; c < g->columns; c++, text = grid_next(text)) {
            cell(out, g, c, text);
            *dash = *dash || strcmp(text, NO_NUMBER) == 0;
            buf_str(out, c + 1 == g->columns ? " \\\\\n" : " & ");
        }
    }
}

/* "response_times": "response-times" */
static void label(struct buf *out, const char *key) {
    for (; *key != '\0'; key++)
        buf_char(out, *key == '_' ? '-' : *key);
}

static void table(struct buf *out, const struct model *m, const struct grid *g, const char *key) {
    struct digits d[GRID_COLUMNS_MAX] = {{0}};
    struct buf body;
    bool dash = false;
    buf_init(&body, out->max);
    column_digits(g, d);
    preamble(&body, g, d);
    for (size_t c = 0; c < g->columns; c++) {
        head(&body, g->head[c], g->right[c]);
        buf_str(&body, c + 1 == g->columns ? " \\\\\n\\midrule\n" : " & ");
    }
    rows(&body, g, &dash);
    buf_str(&body, "\\bottomrule\n\\end{tabular}\n");
    if (!buf_ok(&body))
        out->failed = true;
    buf_str(out,
            "\\providecommand{\\coldswarmfloat}{table}\n\\begin{\\coldswarmfloat}\n\\centering\n"
            "\\caption{");
    latex_text(out, g->title);
    buf_str(out, " of the run ");
    latex_text(out, m->run->name);
    buf_str(out, dash ? ". A dash stands where there is no such number, or where too few requests "
                        "support it.}\n"
                      : ".}\n");
    buf_str(out, "\\label{tab:coldswarm-");
    label(out, key);
    buf_str(out, "}\n\\smallskip\n\\footnotesize\n\\setlength{\\tabcolsep}{4pt}\n");
    buf_add(out, buf_text(&body), body.len);
    buf_str(out, "\\end{\\coldswarmfloat}\n");
    buf_done(&body);
}

/* requests, response_times, ..., server_KEY: the name of a table's file, and its label. */
static void table_key(const struct model *m, const struct layout *l, size_t i, char *out,
                      size_t size) {
    size_t of_client = l->table_count - m->table_count;
    if (i >= of_client)
        snprintf(out, size, "server_%s", m->tables[i - of_client].key);
    else if (l->tables[i].key != NULL)
        snprintf(out, size, "%s", l->tables[i].key);
    else
        snprintf(out, size, "table_%zu", i + 1);
}

void emit_latex(struct buf *out, const struct model *m) {
    struct layout l;
    if (layout_init(&l, m, NULL) != 0) {
        out->failed = true;
        return;
    }
    buf_str(out, "% Tables of a run by coldswarm " COLDSWARM_VERSION
                 "; needs \\usepackage{booktabs,siunitx}.\n");
    for (size_t i = 0; i < l.table_count; i++) {
        char key[64];
        table_key(m, &l, i, key, sizeof key);
        buf_char(out, '\n');
        table(out, m, &l.tables[i], key);
    }
    layout_done(&l);
}

static const char *const optional_tables[] = {"service_times",
                                              "iterations",
                                              "checks",
                                              "thresholds",
                                              "errors",
                                              "server_reconciliation",
                                              "server_statuses",
                                              "server_times",
                                              "server_cold_starts",
                                              "server_cold_starts_guess",
                                              "server_start_up",
                                              "server_balance",
                                              "server_cost",
                                              "server_instances"};

static int remove_old(const char *dir, struct err *e) {
    for (size_t i = 0; i < sizeof optional_tables / sizeof *optional_tables; i++) {
        char path[PATH_MAX];
        int n = snprintf(path, sizeof path, "%s/latex/%s.tex", dir, optional_tables[i]);
        if (n < 0 || n >= (int)sizeof path || (unlink(path) != 0 && errno != ENOENT))
            return err_set(e, "cannot remove %s/latex/%s.tex: %s", dir, optional_tables[i],
                           strerror(errno));
    }
    return 0;
}

static int write_table(const char *dir, const struct model *m, const struct grid *g,
                       const char *key, struct err *e) {
    struct outfile f;
    struct buf b;
    char name[96];
    int result = -1;
    snprintf(name, sizeof name, "latex/%s.tex", key);
    buf_init(&b, DOCUMENT_MAX_BYTES);
    table(&b, m, g, key);
    if (!buf_ok(&b))
        err_set(e, "out of memory for the report");
    else if (outfile_open(&f, dir, name, e) == 0) {
        fwrite(buf_text(&b), 1, b.len, f.stream);
        result = outfile_close(&f, e);
    }
    buf_done(&b);
    return result;
}

int latex_write_tables(const char *dir, const struct model *m, struct err *e) {
    struct layout l;
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/latex", dir), result = 0;
    if (n < 0 || n >= (int)sizeof path)
        return err_set(e, "the path of the report is too long");
    if (outfile_directory(path, e) != 0 || remove_old(dir, e) != 0 || layout_init(&l, m, e) != 0)
        return -1;
    for (size_t i = 0; i < l.table_count && result == 0; i++) {
        char key[64];
        table_key(m, &l, i, key, sizeof key);
        result = write_table(dir, m, &l.tables[i], key, e);
    }
    layout_done(&l);
    return result;
}
