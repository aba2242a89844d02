/*
 * target_internal: what target.c (life), target_handle.c (requests) and target_tokens.c (answers of
 * language models) share. Internal to this folder.
 */
#ifndef TARGET_TARGET_INTERNAL_H
#define TARGET_TARGET_INTERNAL_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "target/counts.h"
#include "target/job_queue.h"
#include "target/llm_request.h"
#include "target/target.h"
#include "target/token_log.h"
#include "target/token_sender.h"
#include "target/watch.h"

/* The answers of POST /predict: request n gets number n modulo this. */
#define ANSWERS 16
#define ANSWER_BYTES 48 /* as the service of the paper */

/* A response that never changes, made once. */
struct canned {
    struct MHD_Response *response;
    size_t bytes;
};

enum canned_text {
    CANNED_ROOT,
    CANNED_HEALTH,
    CANNED_FAULT,
    CANNED_NO_BODY,
    CANNED_NO_TOKEN,
    CANNED_NOT_FOUND,
    CANNED_USE_GET,
    CANNED_USE_POST,
    CANNED_TOO_LARGE,
    CANNED_LOGIN,
    CANNED_MODELS,
    CANNED_COUNT
};

struct target {
    struct target_spec spec;
    char url[128];
    int listen_fd, done_fd;
    bool stopped;
    bool instant; /* no request ever waits: none becomes a job */
    struct MHD_Daemon *daemon;
    struct job_queue *jobs;
    struct watch *watch;   /* NULL where nothing hangs */
    struct token_log *log; /* NULL: none */
    struct token_sender *sender;
    struct counts counts;
    atomic_uint_least64_t ended; /* requests that came to their end */
    struct canned texts[CANNED_COUNT];
    struct canned answers[ANSWERS];
};

enum phase {
    PHASE_BODY,    /* the body is still coming; libmicrohttpd's thread has the request */
    PHASE_WAITING, /* suspended: the job queue has it, the watch, or the sender */
    PHASE_SERVED,  /* resumed: its time is over, the answer is due */
    PHASE_ANSWER,  /* resumed: the answer of a language model, in one piece, is due */
    PHASE_DROPPED, /* resumed: the target stops or the client has left, the connection is to be
                      closed */
    PHASE_SENT     /* resumed: all of a stream is sent */
};

enum end { END_OPEN, END_ANSWERED, END_COUNTED };

struct target_request {
    struct job job; /* first */
    struct watch_entry watch;
    struct target *t;
    struct MHD_Connection *connection;
    enum method method;
    enum route route;
    bool is_stats; /* GET /stats: answered, never counted */
    bool http_1_0;
    atomic_int phase;
    atomic_bool holds; /* what job.hold says, of the instance */
    enum end end;
    int status;
    uint64_t number, bytes_in, bytes_out;
    enum fault_kind fault;
    int64_t received_ns, served_ns; /* complete; its service time was over */

    /* Of a language model. */
    struct buf body;
    struct llm_request llm;
    struct token_sending sending;
};

_Static_assert(offsetof(struct target_request, job) == 0, "a request is found by its job");

/* target_handle.c */
int handle_prepare(struct target *t, struct err *e); /* makes the canned responses */
void handle_release(struct target *t);
void handle_served(struct job *job, bool served);   /* job_done_fn */
void handle_client_gone(struct watch_entry *entry); /* watch_gone_fn */
enum MHD_Result handle_request(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_bytes, void **request);
void handle_completed(void *cls, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode code);

/* target_answer.c */
int answer_socket(const struct target_request *r);
void answer_note(struct target_request *r, int status, uint64_t bytes); /* in the counts */
enum MHD_Result answer_send(struct target_request *r, unsigned status, const struct canned *c);

/* target_tokens.c */
static inline bool tokens_route(enum route route) {
    return route >= ROUTE_LLM && route < ROUTE_OTHER;
}
enum MHD_Result tokens_refuse(struct target_request *r, unsigned status, const char *why);
int tokens_read(struct target_request *r, struct err *e); /* the body, for tokens_begin */
enum MHD_Result tokens_begin(struct target_request *r);   /* its service time is over */
enum MHD_Result tokens_answer(struct target_request *r);  /* PHASE_ANSWER */
void tokens_leave(struct target_request *r);              /* gives back what the request holds */
void tokens_ending(struct token_sending *s, enum token_end end); /* token_sender_events */
void tokens_over(struct token_sending *s, enum token_over how);

#endif
