#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/emit.h"
#include "report/latex.h"
#include "report/outfile.h"

#define DOCUMENT_MAX_BYTES ((size_t)256 << 20)

/* How a table begins, and its label in front of the key. */
#define FLOAT "\\providecommand{\\coldswarmfloat}{table}\n"
#define LABEL "\\label{tab:coldswarm-"

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

static const char *next(const char *cell) {
    return cell + strlen(cell) + 1;
}

static void column_digits(const struct table *t, const char *cell, struct digits *all) {
    size_t columns = table_shown_columns(t);
    for (size_t i = 0; i < table_shown_lines(t) * columns; i++, cell = next(cell)) {
        struct digits one;
        if (table_shown_is_number(t, i % columns) && number_digits(cell, &one))
            widen(&all[i % columns], &one);
    }
}

static void preamble(struct buf *out, const struct table *t, const struct digits *d) {
    buf_str(out, "\\begin{tabular}{@{}");
    for (size_t c = 0; c < table_shown_columns(t); c++) {
        if (!table_shown_is_number(t, c))
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

static void cell(struct buf *out, bool right, const char *text) {
    struct digits d;
    if (right && number_digits(text, &d)) {
        buf_str(out, text);
        return;
    }
    if (right)
        buf_char(out, '{');
    for (; text[0] == ' ' && text[1] == ' '; text += 2)
        buf_str(out, "\\quad ");
    latex_text(out, text);
    if (right)
        buf_char(out, '}');
}

static void rows(struct buf *out, const struct table *t, const char *text, bool *dash) {
    size_t columns = table_shown_columns(t), count = table_shown_lines(t);
    for (size_t line = 0; line < count; line++) {
        if (line > 0 && line == count - table_shown_totals(t))
            buf_str(out, "\\midrule\n");
        for (size_t c = 0; c < columns; c++, text = next(text)) {
            cell(out, table_shown_is_number(t, c), text);
            *dash = *dash || strcmp(text, TABLE_UNKNOWN) == 0;
            buf_str(out, c + 1 == columns ? " \\\\\n" : " & ");
        }
    }
}

/* "response_times": "response-times" */
static void label(struct buf *out, const char *key) {
    for (; *key != '\0'; key++)
        buf_char(out, *key == '_' ? '-' : *key);
}

/* False: no memory. */
static bool tabular(struct buf *out, const struct table *t, bool *dash) {
    size_t columns = table_shown_columns(t);
    struct digits *d = calloc(columns, sizeof *d);
    struct buf cells;
    buf_init(&cells, out->max);
    table_shown_cells(t, &cells);
    bool ok = d != NULL && buf_ok(&cells);
    if (ok) {
        column_digits(t, buf_text(&cells), d);
        preamble(out, t, d);
        for (size_t c = 0; c < columns; c++) {
            head(out, table_shown_head(t, c), table_shown_is_number(t, c));
            buf_str(out, c + 1 == columns ? " \\\\\n\\midrule\n" : " & ");
        }
        rows(out, t, buf_text(&cells), dash);
        buf_str(out, "\\bottomrule\n\\end{tabular}\n");
    }
    buf_done(&cells);
    free(d);
    return ok && buf_ok(out);
}

static void float_begin(struct buf *out, const struct document *d, const struct section *s,
                        bool dash) {
    char key[DOCUMENT_KEY_BYTES];
    document_key(s, key);
    buf_str(out, FLOAT "\\begin{\\coldswarmfloat}\n\\centering\n\\caption{");
    latex_text(out, s->table->title);
    buf_printf(out, " of the %s ", d->model != NULL ? "run" : d->front.of);
    latex_text(out, d->model != NULL ? d->model->run->name : d->front.name);
    buf_str(
        out,
        dash
            ? ". A dash means that there is no such number, or that too few requests support it.}\n"
            : ".}\n");
    buf_str(out, LABEL);
    label(out, key);
    buf_str(out, "}\n\\smallskip\n\\footnotesize\n\\setlength{\\tabcolsep}{4pt}\n");
}

static void table(struct buf *out, const struct document *d, const struct section *s) {
    struct buf body;
    bool dash = false;
    buf_init(&body, out->max);
    if (!tabular(&body, s->table, &dash))
        out->failed = true;
    float_begin(out, d, s, dash);
    buf_add(out, buf_text(&body), body.len);
    buf_str(out, "\\end{\\coldswarmfloat}\n");
    buf_done(&body);
}

/* What the reader of a paper has to know as well. */
static void remarks(struct buf *out, const struct lines *r) {
    const char *key, *text;
    if (r->count == 0)
        return;
    buf_str(out, "\\begin{itemize}\n");
    for (size_t at = 0; lines_next(r, &at, &key, &text);) {
        buf_str(out, "\\item ");
        latex_sentence(out, text);
        buf_char(out, '\n');
    }
    buf_str(out, "\\end{itemize}\n");
}

void emit_latex(struct buf *out, const struct document *d) {
    const struct lines *r = d->model != NULL ? &d->model->remarks : &d->front.remarks;
    buf_printf(out,
               "%% Tables of a %s by coldswarm " COLDSWARM_VERSION
               "; needs \\usepackage{booktabs,siunitx}.\n",
               d->model != NULL ? "run" : d->front.of);
    for (const struct section *s = document_shown_table(d, NULL); s != NULL;
         s = document_shown_table(d, s)) {
        buf_char(out, '\n');
        table(out, d, s);
    }
    if (r->count > 0)
        buf_char(out, '\n');
    remarks(out, r);
}

/* ---- a file for each ---- */

/* Is DIR/NAME.tex a table that a report wrote? It begins as one and has the label of its name. */
static bool is_table(const char *dir, const char *file) {
    char path[PATH_MAX], text[1024];
    struct buf wanted;
    size_t n = strlen(file), read = 0;
    if (n < 5 || strcmp(file + n - 4, ".tex") != 0 ||
        snprintf(path, sizeof path, "%s/%s", dir, file) >= (int)sizeof path)
        return false;
    FILE *f = fopen(path, "r");
    if (f != NULL) {
        read = fread(text, 1, sizeof text - 1, f);
        fclose(f);
    }
    text[read] = '\0';
    buf_init(&wanted, PATH_MAX);
    buf_str(&wanted, LABEL);
    for (size_t i = 0; i < n - 4; i++)
        buf_char(&wanted, file[i] == '_' ? '-' : file[i]);
    buf_char(&wanted, '}');
    bool is = strncmp(text, FLOAT, sizeof FLOAT - 1) == 0 && buf_ok(&wanted) &&
              strstr(text, buf_text(&wanted)) != NULL;
    buf_done(&wanted);
    return is;
}

static int write_table(const char *dir, const struct document *d, const struct section *s,
                       struct err *e) {
    struct buf b;
    char key[DOCUMENT_KEY_BYTES], name[DOCUMENT_KEY_BYTES + 16];
    document_key(s, key);
    snprintf(name, sizeof name, "latex/%s.tex", key);
    buf_init(&b, DOCUMENT_MAX_BYTES);
    table(&b, d, s);
    return outfile_write(dir, name, &b, e);
}

int latex_write_tables(const char *dir, const struct document *d, struct err *e) {
    int result = 0;
    const struct section *s = NULL;
    while (result == 0 && (s = document_shown_table(d, s)) != NULL)
        result = write_table(dir, d, s, e);
    return result;
}

/* DIR/latex/KEY.tex, and DIR/KEY.csv where reports write one. */
static int remove_table(const char *dir, const char *file, struct err *e) {
    char key[NAME_MAX + 1], name[NAME_MAX + 16];
    snprintf(key, sizeof key, "%.*s", (int)strlen(file) - 4, file);
    snprintf(name, sizeof name, "latex/%s", file);
    if (outfile_remove(dir, name, e) != 0)
        return -1;
    snprintf(name, sizeof name, "%s.csv", key);
    return document_key_has_csv(key) ? outfile_remove(dir, name, e) : 0;
}

int latex_remove_tables(const char *dir, struct err *e) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/latex", dir), result = 0;
    if (n < 0 || n >= (int)sizeof path)
        return err_set(e, "the path of the report is too long");
    if (outfile_directory(path, e) != 0)
        return -1;
    DIR *list = opendir(path);
    if (list == NULL)
        return err_set(e, "cannot list %s: %s", path, strerror(errno));
    for (struct dirent *x; result == 0 && (x = readdir(list)) != NULL;)
        if (is_table(path, x->d_name))
            result = remove_table(dir, x->d_name, e);
    closedir(list);
    return result;
}
