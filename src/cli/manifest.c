#include "cli/manifest.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "util/fits.h"

void manifest_add(struct manifest *m, const char *key, const char *value) {
    struct manifest_pair *more = realloc(m->pairs, (m->count + 1) * sizeof *more);
    struct manifest_pair pair = {strdup(key), strdup(value)};
    if (more != NULL)
        m->pairs = more;
    if (more == NULL || pair.key == NULL || pair.value == NULL) {
        m->failed = true;
        free(pair.key);
        free(pair.value);
        return;
    }
    m->pairs[m->count++] = pair;
}

void manifest_take(struct manifest *m, const char *key, struct buf *value) {
    if (buf_fits(value, &m->why, "shorten it", "the manifest's \"%s\"", key) == 0)
        manifest_add(m, key, buf_text(value));
    else
        m->failed = true;
    buf_clear(value);
}

void manifest_addf(struct manifest *m, const char *key, const char *format, ...) {
    char *value = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&value, format, args) < 0)
        m->failed = true;
    else
        manifest_add(m, key, value);
    va_end(args);
    free(value);
}

int manifest_write(const struct manifest *m, struct record *r, struct err *e) {
    if (m->failed && m->why.text[0] != '\0')
        return err_set(e, "%s", m->why.text);
    if (m->failed)
        return err_memory(e, "the manifest");
    for (size_t i = 0; i < m->count; i++)
        if (record_manifest(r, m->pairs[i].key, m->pairs[i].value, e) != 0)
            return -1;
    return 0;
}

void manifest_done(struct manifest *m) {
    for (size_t i = 0; i < m->count; i++) {
        free(m->pairs[i].key);
        free(m->pairs[i].value);
    }
    free(m->pairs);
    *m = (struct manifest){0};
}
