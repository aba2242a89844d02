#include "notes.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "amend.h"
#include "util/clock.h"
#include "util/text.h"

#define NOTES_MAX 10000

struct note {
    int64_t at_ns;
    char *kind, *text;
};

struct notes {
    pthread_mutex_t lock;
    struct note all[NOTES_MAX];
    size_t count, shown;
    uint64_t left_out;
};

int notes_new(struct notes **out, struct err *e) {
    struct notes *n = calloc(1, sizeof *n);
    if (n == NULL)
        return err_memory(e, NULL);
    pthread_mutex_init(&n->lock, NULL);
    *out = n;
    return 0;
}

void notes_free(struct notes *n) {
    if (n == NULL)
        return;
    for (size_t i = 0; i < n->count; i++) {
        free(n->all[i].kind);
        free(n->all[i].text);
    }
    pthread_mutex_destroy(&n->lock);
    free(n);
}

void notes_add(void *notes, int64_t at_ns, const char *kind, const char *text) {
    struct notes *n = notes;
    struct note one = {at_ns, strdup(kind), strdup(text)};
    pthread_mutex_lock(&n->lock);
    bool room = n->count < NOTES_MAX && one.kind != NULL && one.text != NULL;
    if (room)
        n->all[n->count++] = one;
    else
        n->left_out++;
    pthread_mutex_unlock(&n->lock);
    if (!room) {
        free(one.kind);
        free(one.text);
    }
}

void notes_show(struct notes *n, struct whole *w) {
    pthread_mutex_lock(&n->lock);
    for (; n->shown < n->count; n->shown++) {
        const struct note *x = &n->all[n->shown];
        whole_note(w, x->at_ns, x->kind, x->text);
    }
    pthread_mutex_unlock(&n->lock);
}

static int insert_one(sqlite3_stmt *st, int64_t at_ns, const char *kind, const char *text) {
    sqlite3_bind_int64(st, 1, at_ns / NS_PER_US);
    sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(st, 3, text, -1, SQLITE_STATIC);
    return amend_row(st);
}

static int insert(void *context, sqlite3_stmt *st) {
    const struct notes *n = context;
    struct err more;
    int rc = SQLITE_OK;
    int64_t at_ns = 0;
    for (size_t i = 0; i < n->count && rc == SQLITE_OK; i++) {
        at_ns = n->all[i].at_ns;
        rc = insert_one(st, at_ns, n->all[i].kind, n->all[i].text);
    }
    if (n->left_out == 0 || rc != SQLITE_OK)
        return rc;
    err_set(&more, "%" PRIu64 " more event%s of the whole load, which were not kept", n->left_out,
            text_plural(n->left_out));
    return insert_one(st, at_ns, "mpi", more.text);
}

int notes_write(struct notes *n, const char *path, struct err *e) {
    pthread_mutex_lock(&n->lock);
    int result = n->count + n->left_out == 0
                     ? 0
                     : amend_file(path, "INSERT INTO event(at_us, kind, text) VALUES (?, ?, ?)",
                                  insert, n, NULL, e);
    pthread_mutex_unlock(&n->lock);
    return result;
}
