/*
 * model: a scenario as the program uses it, checked and complete.
 *
 * scenario_load() reads a JSON file and everything that it names (body files, images, environment variables);
 * afterwards nothing can be wrong with it but the world. Requests are compiled: each has its final list of
 * headers and its body as bytes, whatever kind of body it was in the file. It does not resolve the target's
 * name and sends nothing.
 *
 * Ownership: the scenario owns all that it points to; scenario_free() frees it. Thread: once loaded, it is only
 * read and may be shared.
 */
#ifndef SCENARIO_MODEL_H
#define SCENARIO_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/rule.h"
#include "schedule/load.h"
#include "schedule/wait.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/sha256.h"

struct scenario_header {
    char *name;
    char *value;
};

/* One kind of request. `name` is what reports group by; it defaults to the path as written in the file, so that a
 * secret in the path does not get into it. */
struct scenario_request {
    char *name;
    char *method;
    char *
        path; /* begins with "/" (or is a whole http(s) URL); query included, escaped, ready to send */
    struct scenario_header
        *headers; /* the scenario's, the request's, Authorization, Content-Type */
    size_t header_count;
    char *body; /* NULL: none */
    size_t body_bytes;
};

struct scenario_task {
    uint32_t weight; /* 0: never drawn; the sum over the tasks is > 0 */
    struct scenario_request request;
};

/* A file that the scenario named and that was read. */
struct scenario_file {
    char *path; /* as the scenario has it: from its folder */
    char sha256[SHA256_HEX_BYTES];
};

enum scenario_http_version { SCENARIO_HTTP_1_1, SCENARIO_HTTP_2, SCENARIO_HTTP_2_PRIOR };

struct scenario_http {
    enum scenario_http_version version;
    bool verify;    /* check the certificate and its host name; default true */
    char *ca;       /* PEM file, or NULL for the system's */
    char *cert;     /* client certificate, PEM file, or NULL */
    char *key;      /* its key, or NULL */
    char **resolve; /* "host:port:address" */
    size_t resolve_count;
    char *proxy;       /* URL, or NULL; the environment's proxies are not used */
    char *unix_socket; /* path, or NULL */
    bool keepalive;    /* default true */
    bool follow_redirects;
    bool compressed; /* ask for gzip and decode it */
    bool cookies;    /* a jar per user; default true */
};

struct scenario {
    char *name;
    char *file;   /* where it came from, as given; for messages */
    char *source; /* the file's text, secrets unresolved: what is stored in the run file */
    char *
        target; /* "http://host:port" with an optional path prefix, no trailing slash; NULL: --host must say */
    char *target_source; /* the target as written, secrets unresolved */
    struct load load;
    struct wait wait;
    int64_t timeout_ns;         /* a whole request; default 60 s */
    int64_t connect_timeout_ns; /* default 10 s, never above timeout_ns */
    struct scenario_http http;
    struct scenario_task *tasks;
    size_t task_count;
    struct gate_rules thresholds;
    char **env_names; /* the variables that it read, each once, in the order of the file */
    size_t env_count;
    /* Values that came from ${env.*}, in every form in which they are sent: never to be shown or
     * stored; scenario_mask() knows how. */
    char **secrets;
    size_t secret_count;
    struct scenario_file *files; /* in the order of reading, one that is named twice twice */
    size_t file_count;
};

/* Looks a variable up: getenv(3), or something else in tests. */
typedef const char *scenario_env_fn(const char *name, void *context);

/* Reads a scenario file. On failure `e` holds "file:line:column: what; how to mend". env NULL means getenv. */
int scenario_load(const char *path, scenario_env_fn *env, void *env_context, struct scenario **out,
                  struct err *e);

/* The same from memory: `name` stands for the file in messages, relative files are looked for in `folder`. */
int scenario_parse(const char *name, const char *folder, const char *text, size_t bytes,
                   scenario_env_fn *env, void *env_context, struct scenario **out, struct err *e);

void scenario_free(struct scenario *s);

/* Checks a target ("http://…", "https://…"; a bare host:port gets http://) and replaces the scenario's. */
int scenario_set_target(struct scenario *s, const char *target, struct err *e);

/* What thresholds can be about, for gate_rules_check() and gate_live_new(); borrows the scenario. */
struct scenario_subject {
    struct gate_subject subject;
    struct gate_endpoint *endpoints;
    int64_t *stages;
};

int scenario_subject(const struct scenario *s, struct scenario_subject *out, struct err *e);
void scenario_subject_done(struct scenario_subject *x);

/* Refuses thresholds for which the scenario can never give a value. */
int scenario_check_rules(const struct scenario *s, const struct gate_rules *rules, struct err *e);

/* Appends `text` with every secret of the scenario (and its URL-encoded, JSON-escaped and base64
 * forms, as they are sent) replaced by "***". A form shorter than 4 bytes is replaced only where it
 * stands as a whole word: elsewhere it says little, and masking every "1" would leave no text. */
void scenario_mask(const struct scenario *s, const char *text, struct buf *out);

#endif
