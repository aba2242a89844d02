#include "report/csv_reader.h"

#include <math.h>
#include <stdlib.h>

void csv_reader_init(struct csv_reader *r, char *text) {
    *r = (struct csv_reader){.at = text, .next_line = 1};
}

/* Unquotes the field that begins at r->at and ends it with a NUL. Sets the character that ended
 * it: a comma, a line end or NUL. */
static int take_field(struct csv_reader *r, char **field, char *end, struct err *e) {
    char *from = r->at;
    char *to = from;
    *field = from;
    if (*from == '"') {
        from++;
        while (*from != '\0' && (*from != '"' || from[1] == '"')) {
            from += *from == '"';
            r->next_line += *from == '\n';
            *to++ = *from++;
        }
        if (*from == '\0')
            return err_set(e, "line %lld: a quoted field does not end", (long long)r->line);
        from++;
    }
    while (*from != ',' && *from != '\n' && *from != '\0') {
        if (*from != '\r' || from[1] != '\n')
            *to++ = *from;
        from++;
    }
    *end = *from;
    r->at = *from == '\0' ? from : from + 1;
    *to = '\0';
    return 0;
}

int csv_reader_next(struct csv_reader *r, char *fields[], size_t n, struct err *e) {
    if (r->at == NULL || *r->at == '\0')
        return 0;
    r->line = r->next_line;
    char end = ',';
    size_t got = 0;
    while (end == ',') {
        char *field;
        if (take_field(r, &field, &end, e) != 0)
            return -1;
        if (got < n)
            fields[got] = field;
        got++;
    }
    r->next_line++;
    if (got != n)
        return err_set(e, "line %lld: %zu fields where %zu belong", (long long)r->line, got, n);
    return 1;
}

int csv_reader_number(const struct csv_reader *r, const char *field, double *value, struct err *e) {
    if (*field == '\0') {
        *value = (double)NAN;
        return 0;
    }
    char *end;
    double v = strtod(field, &end);
    if (*end != '\0' || !isfinite(v))
        return err_set(e, "line %lld: not a number", (long long)r->line);
    *value = v;
    return 0;
}
