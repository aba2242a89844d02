/*
 * target_internal: shared by target.c (start and stop), target_handle.c (requests),
 * target_kserve.c (KServe's protocol) and target_tokens.c (responses of language models). Internal
 * to this folder.
 */
#ifndef TARGET_TARGET_INTERNAL_H
#define TARGET_TARGET_INTERNAL_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "target/counts.h"
#include "target/grpc_server.h"
#include "target/job_queue.h"
#include "target/llm_request.h"
#include "target/target.h"
#include "target/target_class.h"
#include "target/token_log.h"
#include "target/token_sender.h"
#include "target/watch.h"

/* The responses of POST /predict. */
#define ANSWERS TARGET_CLASSES
#define ANSWER_BYTES 48 /* as in the paper's service */

/* A constant response, made once. */
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
    bool instant; /* no request ever waits, so none becomes a job */
    struct MHD_Daemon *daemon;
    struct job_queue *jobs;
    struct watch *watch;   /* NULL if nothing hangs */
    struct token_log *log; /* NULL: none */
    struct token_sender *sender;
    struct grpc_server *grpc; /* NULL: HTTP only */
    struct ssl_ctx_st *tls;   /* NULL: without TLS */
    struct counts counts;
    atomic_uint_least64_t ended; /* requests that have ended */
    struct canned texts[CANNED_COUNT];
    struct canned answers[ANSWERS];
};

enum phase {
    PHASE_BODY,    /* the body is arriving; libmicrohttpd's thread has the request */
    PHASE_WAITING, /* suspended: in the job queue, the watch or the sender */
    PHASE_SERVED,  /* resumed: its service time is over, the response is due */
    PHASE_ANSWER,  /* resumed: a language model's response in one piece is due */
    /* Resumed: the target stops or the client has left; the connection must be closed. */
    PHASE_DROPPED,
    PHASE_SENT /* resumed: all of a stream was sent */
};

enum end { END_OPEN, END_ANSWERED, END_COUNTED };

struct target_request {
    struct job job; /* first member */
    struct watch_entry watch;
    struct target *t;
    struct MHD_Connection *connection;
    enum method method;
    enum route route;
    bool is_stats; /* GET /stats: answered, but never counted */
    bool http_1_0;
    atomic_int phase;
    atomic_bool holds; /* it still holds the part of the instance in job.hold */
    enum end end;
    int status;
    uint64_t number, bytes_in, bytes_out;
    enum fault_kind fault;
    int64_t received_ns, served_ns; /* when it was complete; when its service time was over */

    /* For a language model. */
    struct buf body;
    struct llm_request llm; /* of KServe's protocol, only the model */
    struct token_sending sending;
};

_Static_assert(offsetof(struct target_request, job) == 0, "a request is found by its job");

/* target_handle.c */
int handle_prepare(struct target *t, struct err *e); /* creates the canned responses */
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
void answer_note(struct target_request *r, int status, uint64_t bytes); /* adds to the counts */
enum MHD_Result answer_send(struct target_request *r, unsigned status, const struct canned *c);

void answer_ended(struct target *t); /* one more request has: counts to `requests_max` */
/* A response of JSON that is made for it. */
enum MHD_Result answer_json(struct target_request *r, unsigned status, const struct buf *json);

/* target_kserve.c */
static inline bool kserve_route(enum route route) {
    return route >= ROUTE_KSERVE_LIVE && route <= ROUTE_KSERVE_INFER;
}
void kserve_note_model(struct target_request *r, const char *path);
enum MHD_Result kserve_answer(struct target_request *r);

/* target_tokens.c */
static inline bool tokens_route(enum route route) {
    return route >= ROUTE_LLM && route < ROUTE_OTHER;
}
enum MHD_Result tokens_refuse(struct target_request *r, unsigned status, const char *why);
int tokens_read(struct target_request *r, struct err *e); /* parses the body, for tokens_begin */
enum MHD_Result tokens_begin(struct target_request *r);   /* call when its service time is over */
enum MHD_Result tokens_answer(struct target_request *r);  /* for PHASE_ANSWER */
void tokens_leave(struct target_request *r);              /* releases what the request holds */
void tokens_ending(struct token_sending *s, enum token_end end); /* token_sender_events */
void tokens_over(struct token_sending *s, enum token_over how);

#endif
