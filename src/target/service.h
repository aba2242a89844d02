/*
 * service: what target.c (life) and handle.c (requests) share. Private to this folder.
 */
#ifndef TARGET_SERVICE_H
#define TARGET_SERVICE_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "target/counts.h"
#include "target/desk.h"
#include "target/target.h"
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
    CANNED_COUNT
};

struct target {
    struct target_spec spec;
    char url[128];
    int listen_fd, done_fd;
    bool stopped;
    bool instant; /* no request ever waits: the desk has no say */
    struct MHD_Daemon *daemon;
    struct desk *desk;
    struct watch *watch; /* NULL where nothing hangs */
    struct counts counts;
    atomic_uint_least64_t ended; /* requests that came to their end */
    struct canned texts[CANNED_COUNT];
    struct canned answers[ANSWERS];
};

/* handle.c */
int handle_prepare(struct target *t, struct err *e); /* makes the canned responses */
void handle_release(struct target *t);
void handle_served(struct desk_job *job, bool served); /* desk_done_fn */
void handle_client_gone(struct watch_entry *entry);    /* watch_gone_fn */
enum MHD_Result handle_request(void *cls, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *upload,
                               size_t *upload_bytes, void **request);
void handle_completed(void *cls, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode code);

#endif
