#include "report/figure_lines.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "report/csv_reader.h"
#include "report/figure_axis.h"

enum {
    NAME_COLUMNS = 40,   /* as wide as a legend of one column may be */
    LEGEND_COLUMNS = 60, /* what fits beside each other, in letters */
    SAMPLE_COLUMNS = 7,  /* what the piece of line before a name takes of it */
};

struct point {
    double percentile, inverse, ms;
};

struct line {
    const char *name; /* in the text of the CSV */
    size_t from, to;  /* its points */
    size_t order;     /* of appearance */
    double requests;
    bool aggregated;
};

struct lines {
    struct point *points;
    size_t n_points, cap_points;
    struct line *line;
    size_t n, cap;
};

/* Makes room for one more item in an array. */
static void *grow(void *items, size_t n, size_t *cap, size_t size, struct err *e) {
    if (n < *cap)
        return items;
    size_t more = *cap == 0 ? 64 : *cap * 2;
    void *grown = realloc(items, more * size);
    if (grown == NULL) {
        err_set(e, "out of memory for %zu rows", more);
        return NULL;
    }
    *cap = more;
    return grown;
}

/* The decoded code point at *at, which moves on; 0xFFFD, one byte on, where it is not UTF-8. */
static uint32_t decode(const char **at) {
    const unsigned char *s = (const unsigned char *)*at;
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    size_t more = s[0] < 0x80       ? 0
                  : s[0] >> 5 == 6  ? 1
                  : s[0] >> 4 == 14 ? 2
                  : s[0] >> 3 == 30 ? 3
                                    : 4;
    uint32_t c = more == 0 ? s[0] : s[0] & (0x3FU >> more);
    *at += 1;
    if (more == 4)
        return 0xFFFD;
    for (size_t i = 1; i <= more; i++) {
        if (s[i] >> 6 != 2)
            return 0xFFFD;
        c = c << 6 | (s[i] & 0x3FU);
    }
    if (c < smallest[more] || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000))
        return 0xFFFD;
    *at += more;
    return c;
}

/* About how wide the text is in letters. Not util/text.h: that is for terminals and depends on
 * the locale. */
static size_t letters(const char *text) {
    size_t n = 0;
    while (*text != '\0')
        n += decode(&text) < 0x1100 ? 1 : 2; /* from there on most scripts are wide */
    return n;
}

/* Whether XML refuses it, or it turns the text around it. */
static bool is_unfit(uint32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || (c & 0xFFFE) == 0xFFFE;
}

/* The name as one line of printable UTF-8 that does not end gnuplot's quotes. */
static void clean(struct buf *out, const char *name) {
    for (const char *at = name; *at != '\0';) {
        const char *from = at;
        uint32_t c = decode(&at);
        if (c == '"')
            buf_char(out, '\'');
        else if (c == 0xFFFD)
            buf_char(out, '?');
        else if (is_unfit(c))
            buf_char(out, ' ');
        else
            buf_add(out, from, (size_t)(at - from));
    }
}

void figure_lines_name(struct buf *out, const char *name) {
    struct buf whole;
    buf_init(&whole, SIZE_MAX - 1);
    clean(&whole, name);
    if (strspn(buf_text(&whole), " ") == whole.len) {
        buf_clear(&whole);
        buf_str(&whole, "(no name)");
    }
    size_t columns = letters(buf_text(&whole));
    size_t cut = columns > NAME_COLUMNS ? columns - NAME_COLUMNS + 1 : 0; /* 1 for the dots */
    size_t head = (NAME_COLUMNS - 1) / 2;
    size_t column = 0;
    bool dots = false;
    for (const char *at = buf_text(&whole); *at != '\0';) {
        const char *from = at;
        decode(&at);
        char one[8] = "";
        memcpy(one, from, (size_t)(at - from));
        bool keep = cut == 0 || column < head || column >= head + cut;
        if (keep)
            buf_str(out, one);
        else if (!dots)
            buf_str(out, "…");
        dots = dots || !keep;
        column += letters(one);
    }
    out->failed = out->failed || whole.failed;
    buf_done(&whole);
}

void figure_lines_plain_name(struct buf *out, const char *name) {
    for (const char *at = name; *at != '\0';) {
        const char *from = at;
        uint32_t c = decode(&at);
        if (c < 0x530 || c == 0x2026) /* the dots of a cut name */
            buf_add(out, from, (size_t)(at - from));
        else
            buf_char(out, '?');
    }
}

static int add_point(struct lines *l, const char *name, struct point p, struct err *e) {
    struct point *points = grow(l->points, l->n_points, &l->cap_points, sizeof *points, e);
    if (points == NULL)
        return -1;
    l->points = points;
    struct line *last = l->n > 0 ? &l->line[l->n - 1] : NULL;
    /* GET /x and POST /x may come as two sets of the same name: a set begins again at the lowest
     * percentile. */
    if (last == NULL || strcmp(last->name, name) != 0 ||
        p.percentile < l->points[l->n_points - 1].percentile) {
        struct line *line = grow(l->line, l->n, &l->cap, sizeof *line, e);
        if (line == NULL)
            return -1;
        l->line = line;
        l->line[l->n] = (struct line){.name = name, .from = l->n_points, .order = l->n};
        last = &l->line[l->n++];
    }
    l->points[l->n_points++] = p;
    last->to = l->n_points;
    return 0;
}

static int read_lines(char *csv, struct lines *l, struct err *e) {
    struct csv_reader r;
    csv_reader_init(&r, csv);
    char *fields[4];
    int got;
    while ((got = csv_reader_next(&r, fields, 4, e)) == 1) {
        if (r.line == 1)
            continue;
        struct point p;
        if (csv_reader_number(&r, fields[1], &p.percentile, e) != 0 ||
            csv_reader_number(&r, fields[2], &p.inverse, e) != 0 ||
            csv_reader_number(&r, fields[3], &p.ms, e) != 0)
            return -1;
        /* Cells are empty where an endpoint has no request with a time. */
        if (p.inverse >= 1 && !isnan(p.ms) && add_point(l, fields[0], p, e) != 0)
            return -1;
    }
    return got;
}

/* Aggregated, then the endpoints with the most requests. */
static int compare_lines(const void *a, const void *b) {
    const struct line *x = a;
    const struct line *y = b;
    if (x->aggregated != y->aggregated)
        return x->aggregated ? -1 : 1;
    if (x->requests != y->requests)
        return x->requests > y->requests ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Sorts the lines and leaves those to draw; returns how many endpoints there were. */
static size_t choose(struct lines *l) {
    struct line *aggregated = NULL;
    for (size_t i = 0; i < l->n; i++) {
        l->line[i].requests = l->points[l->line[i].to - 1].inverse;
        if (strcmp(l->line[i].name, FIGURE_LINES_AGGREGATED) == 0)
            aggregated = &l->line[i]; /* the last: an endpoint may have that name too */
    }
    if (aggregated != NULL)
        aggregated->aggregated = true;
    if (l->n > 1)
        qsort(l->line, l->n, sizeof *l->line, compare_lines);
    size_t extra = aggregated != NULL ? 1 : 0;
    size_t endpoints = l->n - extra;
    if (endpoints > FIGURE_LINES_MAX)
        l->n = FIGURE_LINES_MAX + extra;
    return endpoints;
}

static void write_axes(const struct lines *l, struct buf *out) {
    double min = HUGE_VAL;
    double max = 0;
    double inverse_max = 1;
    for (size_t i = 0; i < l->n; i++) {
        for (size_t k = l->line[i].from; k < l->line[i].to; k++) {
            min = fmin(min, l->points[k].ms);
            max = fmax(max, l->points[k].ms);
            inverse_max = fmax(inverse_max, l->points[k].inverse);
        }
    }
    double median = 0;
    for (size_t k = l->n > 0 ? l->line[0].from : 0; l->n > 0 && k < l->line[0].to; k++) {
        median = l->points[k].ms;
        if (l->points[k].inverse >= 2)
            break;
    }
    figure_axis_percentile(out, inverse_max);
    figure_axis_response_time(out, "Response time", l->n > 0 ? min : 0, median, max);
}

/* gnuplot takes \n and the like in a title for what they stand for. */
static void quote(struct buf *out, const char *name) {
    buf_char(out, '"');
    for (; *name != '\0'; name++) {
        if (*name == '\\')
            buf_char(out, '\\');
        buf_char(out, *name);
    }
    buf_char(out, '"');
}

static void write_data(const struct lines *l, struct buf *data, size_t *widest) {
    struct buf name, plain;
    buf_init(&name, SIZE_MAX - 1);
    buf_init(&plain, SIZE_MAX - 1);
    buf_str(data, "# blocks of: name, name for fonts with few letters; inverse latency_ms...\n");
    *widest = 0;
    for (size_t i = 0; i < l->n; i++) {
        buf_clear(&name);
        figure_lines_name(&name, l->line[i].name);
        size_t columns = letters(buf_text(&name));
        *widest = columns > *widest ? columns : *widest;
        buf_clear(&plain);
        figure_lines_plain_name(&plain, buf_text(&name));
        buf_str(data, i > 0 ? "\n\n" : "");
        quote(data, buf_text(&name));
        buf_char(data, ' ');
        quote(data, buf_text(&plain));
        buf_char(data, '\n');
        for (size_t k = l->line[i].from; k < l->line[i].to; k++)
            buf_printf(data, "%.10g %.9g\n", l->points[k].inverse, l->points[k].ms);
        data->failed = data->failed || name.failed || plain.failed;
    }
    buf_done(&name);
    buf_done(&plain);
}

int figure_lines(char *csv, struct buf *settings, struct buf *data, struct err *e) {
    struct lines l = {0};
    int result = -1;
    if (read_lines(csv, &l, e) != 0)
        goto done;
    size_t endpoints = choose(&l);
    bool aggregated = l.n > 0 && l.line[0].aggregated;
    size_t widest;
    write_axes(&l, settings);
    write_data(&l, data, &widest);
    bool few = endpoints > FIGURE_LINES_MAX;
    buf_printf(settings, "lines = %zu\naggregated = %d\nlegend_columns = %zu\n", l.n, aggregated,
               LEGEND_COLUMNS / (widest + SAMPLE_COLUMNS));
    if (few)
        buf_printf(settings, "legend_title = 'The %d of %zu endpoints with the most requests'\n",
                   FIGURE_LINES_MAX, endpoints);
    else
        buf_str(settings, "legend_title = ''\n");
    result = 0;

done:
    free(l.points);
    free(l.line);
    return result;
}
