/* Detects the separator of a CSV file from its first rows. */
#include <string.h>

#include "scenario/feeder_internal.h"

#define ROWS_MAX 100 /* that are looked at, the one with the names among them */

/* A walk over the first rows with one candidate. */
struct walk {
    const char *at, *end;
    bool whole; /* the file ends where the bytes do */
    char delimiter;
};

/* Behind a field, quoted or not; NULL where no field of this delimiter looks so. */
static const char *field_end(const struct walk *w, const char *p) {
    if (p < w->end && *p == '"') {
        for (p++; p < w->end && (*p != '"' || (p + 1 < w->end && p[1] == '"')); p++)
            p += *p == '"';
        if (p == w->end)
            return w->whole ? NULL : p;
        p++;
        return p == w->end || *p == w->delimiter || *p == '\r' || *p == '\n' ? p : NULL;
    }
    for (; p < w->end && *p != w->delimiter && *p != '\r' && *p != '\n'; p++)
        if (*p == '"')
            return NULL;
    return p;
}

/* The fields of the next row that is not empty; 0 if there is none that is whole, -1 where it
 * cannot be one. */
static long row(struct walk *w) {
    long fields = 1;
    while (w->at < w->end && (*w->at == '\r' || *w->at == '\n'))
        w->at++;
    if (w->at == w->end)
        return 0;
    for (;;) {
        w->at = field_end(w, w->at);
        if (w->at == NULL)
            return -1;
        if (w->at == w->end)
            return w->whole ? fields : 0;
        if (*w->at != w->delimiter)
            return fields;
        fields++;
        w->at++;
    }
}

/* How many columns this delimiter makes of all the rows; 0: they differ, or are no such rows. */
static long columns(const char *bytes, size_t n, bool whole, char delimiter) {
    struct walk w = {bytes, bytes + n, whole, delimiter};
    long first = row(&w);
    for (int i = 1; first > 0 && i < ROWS_MAX; i++) {
        long fields = row(&w);
        if (fields == 0)
            break;
        if (fields != first)
            return 0;
    }
    return first < 0 ? 0 : first;
}

char feeder_csv_delimiter(const char *bytes, size_t n, bool whole) {
    static const char candidates[] = ",;\t|";
    char best = ',';
    long most = 1;
    for (const char *c = candidates; *c != '\0'; c++) {
        long found = columns(bytes, n, whole, *c);
        if (found > most) {
            most = found;
            best = *c;
        }
    }
    return best;
}
