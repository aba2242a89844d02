#include "mail.h"

#include <limits.h>
#include <mpi.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_MAIL 1
#define MESSAGE_MAX_BYTES ((size_t)1 << 30)

struct letter {
    struct letter *next;
    MPI_Request request;
    int rank; /* the other side */
    bool arrived;
    size_t n;
    char bytes[];
};

struct list {
    struct letter *first, **end;
};

struct mail {
    int rank, size;
    bool failed;
    struct list out, in;
    size_t *waiting;  /* by rank */
    unsigned *passed; /* by rank: the turn of mail_next() in which it has an earlier letter */
    unsigned turn;
};

int mail_new(struct mail **out, struct err *e) {
    struct mail *m = calloc(1, sizeof *m);
    if (m == NULL)
        return err_memory(e, "messages");
    MPI_Comm_rank(MPI_COMM_WORLD, &m->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &m->size);
    m->waiting = calloc((size_t)m->size, sizeof *m->waiting);
    m->passed = calloc((size_t)m->size, sizeof *m->passed);
    m->out.end = &m->out.first;
    m->in.end = &m->in.first;
    if (m->waiting == NULL || m->passed == NULL) {
        mail_free(m);
        return err_memory(e, "messages");
    }
    *out = m;
    return 0;
}

static void free_list(struct list *l) {
    for (struct letter *x = l->first, *next; x != NULL; x = next) {
        next = x->next;
        free(x);
    }
}

void mail_free(struct mail *m) {
    if (m == NULL)
        return;
    /* Letters that MPI still has stay where they are: it may write there. */
    if (m->out.first == NULL)
        free_list(&m->in);
    free(m->waiting);
    free(m->passed);
    free(m);
}

int mail_rank(const struct mail *m) {
    return m->rank;
}

int mail_size(const struct mail *m) {
    return m->size;
}

bool mail_failed(const struct mail *m) {
    return m->failed;
}

static void append(struct list *l, struct letter *x) {
    x->next = NULL;
    *l->end = x;
    l->end = &x->next;
}

static struct letter *new_letter(struct mail *m, int rank, size_t n) {
    struct letter *x = n > MESSAGE_MAX_BYTES ? NULL : malloc(sizeof *x + n + 1);
    if (x == NULL) {
        m->failed = true;
        return NULL;
    }
    *x = (struct letter){.rank = rank, .n = n, .request = MPI_REQUEST_NULL};
    x->bytes[n] = '\0';
    return x;
}

void mail_send(struct mail *m, int to, const void *bytes, size_t n) {
    struct letter *x = new_letter(m, to, n);
    if (x == NULL)
        return;
    memcpy(x->bytes, bytes, n);
    if (to == m->rank) {
        x->arrived = true;
        append(&m->in, x);
        return;
    }
    if (MPI_Isend(x->bytes, (int)n, MPI_BYTE, to, TAG_MAIL, MPI_COMM_WORLD, &x->request) !=
        MPI_SUCCESS) {
        free(x);
        return; /* who is gone does not answer either */
    }
    m->waiting[to] += n;
    append(&m->out, x);
}

void mail_text(struct mail *m, int to, const char *format, ...) {
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0)
        m->failed = true;
    else
        mail_send(m, to, text, (size_t)n);
    free(text);
}

size_t mail_waiting(const struct mail *m, int to) {
    size_t n = 0;
    for (int i = 0; i < m->size; i++)
        if (to < 0 || i == to)
            n += m->waiting[i];
    return n;
}

static bool is_done(struct letter *x) {
    int done = 0;
    return x->request == MPI_REQUEST_NULL ||
           MPI_Test(&x->request, &done, MPI_STATUS_IGNORE) != MPI_SUCCESS || done != 0;
}

static void turn_out(struct mail *m) {
    struct letter **at = &m->out.first;
    m->out.end = at;
    while (*at != NULL) {
        struct letter *x = *at;
        if (is_done(x)) {
            m->waiting[x->rank] -= x->n;
            *at = x->next;
            free(x);
        } else
            at = &x->next;
        m->out.end = at;
    }
}

static bool take_in(struct mail *m) {
    MPI_Message message;
    MPI_Status status;
    int there = 0, n = 0;
    if (MPI_Improbe(MPI_ANY_SOURCE, TAG_MAIL, MPI_COMM_WORLD, &there, &message, &status) !=
            MPI_SUCCESS ||
        there == 0)
        return false;
    MPI_Get_count(&status, MPI_BYTE, &n);
    struct letter *x = new_letter(m, status.MPI_SOURCE, (size_t)n);
    if (x == NULL)
        return false;
    if (MPI_Imrecv(x->bytes, n, MPI_BYTE, &message, &x->request) != MPI_SUCCESS) {
        free(x);
        return false;
    }
    append(&m->in, x);
    return true;
}

void mail_turn(struct mail *m) {
    turn_out(m);
    while (take_in(m))
        continue;
}

bool mail_next(struct mail *m, int *from, struct buf *out) {
    m->turn++;
    for (struct letter **at = &m->in.first; *at != NULL; at = &(*at)->next) {
        struct letter *x = *at;
        if (m->passed[x->rank] == m->turn)
            continue;
        if (!x->arrived && !is_done(x)) {
            m->passed[x->rank] = m->turn;
            continue;
        }
        *from = x->rank;
        buf_clear(out);
        buf_add(out, x->bytes, x->n);
        *at = x->next;
        if (m->in.end == &x->next)
            m->in.end = at;
        free(x);
        return true;
    }
    return false;
}
