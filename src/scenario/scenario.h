/*
 * scenario: a loaded scenario, checked and complete.
 *
 * scenario_load() reads a JSON file and everything that it names (body files, feeders, environment
 * variables). After loading, only the environment (network, disk, target) can fail. Requests are
 * compiled: each has its final list of headers and its body as bytes, whatever kind of body the
 * file has, or templates for the parts that vary. It does not resolve the target's name and sends
 * nothing.
 *
 * All items are in flat arrays and refer to each other by index: a load has classes of users, a
 * class has tasks, a task is a range of steps, and a step may send a request.
 *
 * Ownership: the scenario owns everything that it points to; scenario_free() frees it. Thread: once
 * loaded, it is read-only and may be shared; feeders count their draws atomically.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/rule.h"
#include "grpc/proto_types.h"
#include "schedule/load.h"
#include "schedule/wait.h"
#include "stream/stream.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/sha256.h"

#define SCENARIO_JUDGE_BYTES ((size_t)16 << 20)
#define SCENARIO_LOOPS_MAX 4 /* nesting limit of "repeat" */

struct capture_list;
struct check_list;
struct feeder;
struct template;
struct arrival_trace;
struct grpc_call;

struct scenario_header {
    char *name;
    char *value; /* NULL: it varies; `varying` writes it */
    struct template *varying;
};

/* How to read the response as a stream, event by event. */
struct scenario_stream {
    struct stream_spec spec; /* borrows token and done */
    char *token, *done;
    int64_t asked_tokens; /* by a body that does not vary: asked.h */
    /* The body is constant but for values of a feeder that generates prompts: the feeder, and the
     * column with the number of words. */
    bool has_prompt;
    size_t prompt;
    uint32_t prompt_words;
};

/* A kind of request. Reports group by `name`. Its default is the path as written in the file, so
 * that a secret in the path does not get into it. */
struct scenario_request {
    char *name;
    char *method;
    /* Begins with "/", or is a whole http(s) URL. It includes the query, is escaped, and is
     * ready to send. If it varies, it is the text in the file, and varying_path writes the real
     * one. */
    char *path;
    /* NULL: the path does not vary. The same applies to the body. */
    struct template *varying_path;
    /* It begins with a value: one that begins with "/", or a URL of the target. */
    bool whole_path;
    /* whole_path, or all after its "/" is one value, which may have a "/" of its own. */
    bool written_path;
    /* In this order: the scenario's, the request's, Authorization, Content-Type. */
    struct scenario_header *headers;
    size_t header_count;
    char *body; /* NULL: no body, or varying_body writes it */
    size_t body_bytes;
    struct template *varying_body;
    struct capture_list *captures; /* NULL: none; the same for checks */
    struct check_list *checks;
    struct scenario_stream *stream; /* NULL: the response need not be a stream */
    /* A gRPC call: then body is NULL if its message varies. NULL: it is none. */
    struct grpc_call *grpc;
    /* Number of its first check. Checks are numbered over all requests. */
    uint32_t first_check;
    /* Number of its first capture. Captures are numbered after all checks. */
    uint32_t first_capture;
    uint64_t feeders; /* bit i: it needs a row of feeders[i] */
    char **tags;
    size_t tag_count;
};

enum scenario_step_kind {
    SCENARIO_SEND,  /* `request` */
    SCENARIO_PAUSE, /* `wait` */
    SCENARIO_LOOP,  /* starts loop `depth`, of `count` iterations */
    SCENARIO_AGAIN, /* jumps to `to` until loop `depth` has run `count` times */
    SCENARIO_WHEN,  /* jumps to `to` if `condition` is false */
    SCENARIO_SKIP   /* does nothing: a request that was deselected by its tags */
};

struct scenario_step {
    enum scenario_step_kind kind;
    uint32_t request;
    uint32_t to, count, depth;
    struct wait wait;
    struct template *condition; /* true unless it is empty, "false", "0" or "null" */
};

/* A range of `steps`. */
struct scenario_steps {
    uint32_t first, count;
    uint64_t feeders; /* needed by its requests and conditions */
};

struct scenario_task {
    char *name;
    uint32_t weight; /* 0: never drawn; the sum over the tasks of a class is > 0 */
    struct scenario_steps steps;
    bool single; /* it consists of one request */
    /* Of a task with steps; the tags of a single one are its request's. */
    char **tags;
    size_t tag_count;
};

/* A kind of user. */
struct scenario_class {
    char *name;      /* NULL: the only class */
    uint32_t weight; /* share of the users that are in no class with a fixed count */
    /* Number of users, assigned before those by weight; 0: by weight. */
    uint32_t fixed_count;
    struct wait wait; /* after each task */
    bool sequence;    /* tasks run in order instead of by weight */
    uint32_t first_task, task_count;
    struct scenario_steps on_start, on_stop;
};

struct scenario_load {
    char *name;       /* NULL: the only load */
    int64_t start_ns; /* after the start of the run */
    struct load load;
    uint32_t first_class, class_count; /* loads may share classes */
};

/* The types of gRPC calls, from a file that several may name. */
struct scenario_types {
    struct scenario_types *next;
    char *path;
    struct proto_set *set;
};

/* A file that the scenario names and that was read. */
struct scenario_file {
    char *path; /* as written in the scenario: relative to its folder */
    char sha256[SHA256_HEX_BYTES];
};

/* When a request that was lost with a kept connection is sent again. */
enum scenario_retry { SCENARIO_RETRY_UNSEEN, SCENARIO_RETRY_NEVER, SCENARIO_RETRY_SAFE };

enum scenario_http_version {
    SCENARIO_HTTP_1_1,
    SCENARIO_HTTP_2,       /* if the server agrees (ALPN), else 1.1 */
    SCENARIO_HTTP_2_PRIOR, /* HTTP/2 without negotiation */
    SCENARIO_HTTP_2_ONLY   /* a response by 1.1 is a failure */
};

/* The version as written in the file: "2-only". */
const char *scenario_http_version_text(enum scenario_http_version version);

#define SCENARIO_STREAMS_MAX 1000

struct scenario_http {
    enum scenario_http_version version;
    /* Users that share a connection of HTTP/2; default 1. */
    uint32_t streams;
    bool verify;    /* check the certificate and its host name; default true */
    char *ca;       /* PEM file; NULL: the system's CAs */
    char *cert;     /* client certificate, PEM file, or NULL */
    char *key;      /* its key, or NULL */
    char **resolve; /* "host:port:address,address", with hosts as they are sent */
    size_t resolve_count;
    /* Local addresses to connect from, which the users take in turn. None: the system chooses. */
    char **source;
    size_t source_count;
    /* All users take the first address of a host, instead of taking turns. */
    bool dns_first;
    /* New connections look the host up again after this time; default 60 s. */
    int64_t dns_ttl_ns;
    /* URL, or NULL. Proxies of the environment are not used. */
    char *proxy;
    char *unix_socket; /* path, or NULL */
    bool keepalive;    /* default true */
    bool quickack;     /* acknowledge received data at once; only with `direct` */
    enum scenario_retry retry;
    bool follow_redirects;
    bool compressed; /* ask for gzip and decode it */
    bool cookies;    /* one jar per user; default true */
    /* Bytes of a response body kept for checks and captures; default SCENARIO_JUDGE_BYTES. */
    size_t judge_bytes;
};

struct scenario {
    char *name;
    char *file;   /* path as given; for messages */
    char *source; /* the file's text, secrets unresolved; stored in the run file */
    /* "http://host:port" with an optional path prefix and no trailing slash. NULL: no target,
     * which is fine if all URLs are whole. */
    char *target;
    /* The target as written, secrets unresolved. Without a target: the hosts of the whole URLs,
     * secrets masked. NULL if a target is missing. */
    char *target_source;
    int64_t timeout_ns;         /* for a whole request; default 60 s */
    int64_t connect_timeout_ns; /* default 10 s, at most timeout_ns */
    struct scenario_http http;
    /* URL of the target's metrics, or a path that is appended to the target; NULL: none. */
    char *scrape;

    struct scenario_load *loads; /* at least one */
    size_t load_count;
    struct scenario_class *classes;
    size_t class_count;
    struct scenario_task *tasks; /* class by class */
    size_t task_count;
    uint64_t *weight_sums; /* by task: sum of the weights in its class, up to and including it */
    struct scenario_step *steps;
    size_t step_count;
    /* First those of the load, then those of setup and teardown. */
    struct scenario_request *requests;
    size_t request_count;
    size_t endpoint_count;  /* requests of the load: each is an endpoint in reports */
    struct catalog catalog; /* endpoints, tasks, checks and captures */
    struct scenario_steps setup, teardown; /* run once per run */
    bool tagged;                           /* some task or request has tags */

    struct scenario_types *types; /* of gRPC calls */
    struct feeder **feeders;
    size_t feeder_count;
    /* Trace that a load replays, or NULL. Its rows are a feeder. */
    struct arrival_trace *trace;
    char **variable_names; /* by slot: names in "variables" and of captures */
    /* By slot: the value in "variables". data NULL: not set until a capture. */
    struct bytes *variables;
    size_t variable_count;

    struct gate_rules thresholds;

    /* The environment variables that it reads, each once, in file order. */
    char **env_names;
    size_t env_count;
    /* Values from ${env.*}, in every form in which they are sent. Never show or store them; use
     * scenario_mask(). */
    char **secrets;
    size_t secret_count;
    /* in the order of reading; a file that is named twice is in it twice */
    struct scenario_file *files;
    size_t file_count;
};

/* Looks up an environment variable: getenv(3), or another function in tests. */
typedef const char *scenario_env_fn(const char *name, void *context);

/* Gets the types of a gRPC service from the scenario's target, and calls `file` for each file that
 * has them. Its target and "http" have been read. The set becomes the scenario's. */
typedef int scenario_types_fn(void *context, const struct scenario *s, const char *service,
                              proto_set_file_fn *file, void *file_context, struct proto_set **out,
                              struct err *e);

/* What "reflection": true in a scenario calls, for all of the process. Without it such a scenario
 * is refused. Call before any thread starts. */
void scenario_set_reflection(scenario_types_fn *types, void *context);

/* Reads a scenario file. On failure `e` is "file:line:column: what; how to fix it". env NULL:
 * getenv. */
int scenario_load(const char *path, scenario_env_fn *env, void *env_context, struct scenario **out,
                  struct err *e);

/* The same from memory. `name` is the file's name in messages. Relative files are searched in
 * `folder`. */
int scenario_parse(const char *name, const char *folder, const char *text, size_t bytes,
                   scenario_env_fn *env, void *env_context, struct scenario **out, struct err *e);

void scenario_free(struct scenario *s);

/* Keeps the tasks and steps that have one of the tags `with` (all, if `with` is empty) and none
 * of the tags `without`. A task's requests have its tags and their own. Steps that run at start
 * and stop are kept. Fails if a class would have no task left. */
int scenario_select(struct scenario *s, const char *const *with, size_t with_count,
                    const char *const *without, size_t without_count, struct err *e);

/* True if the path is a whole URL in the file: then it is not appended to the target. */
bool scenario_is_whole_url(const struct scenario_request *q);

/* True if the body, or a call's message, is made for each sending. */
bool scenario_body_varies(const struct scenario_request *q);

/* True if two URLs have the same scheme, host and port, even if they are written differently. */
bool scenario_same_origin(const char *a, const char *b);

/* True if some path, or the metrics path, is not a whole URL, so that a target is needed. */
bool scenario_needs_target(const struct scenario *s);

/* Checks a target ("http://…", "https://…"; a bare host:port gets http://) and replaces the
 * scenario's. */
int scenario_set_target(struct scenario *s, const char *target, struct err *e);

/* Returns -1 if it cannot be a target. */
int scenario_check_target(const char *target, struct err *e);

/* Replaces the scenario's "source" with these local addresses. A text may hold several,
 * separated by commas. */
int scenario_set_source(struct scenario *s, const char *const *texts, size_t count, struct err *e);

/* What thresholds can refer to, for gate_rules_check() and gate_live_new(). Borrows the
 * scenario. */
struct scenario_subject {
    struct gate_subject subject;
    int64_t *stages;
    bool *streams;
};

int scenario_subject(const struct scenario *s, struct scenario_subject *out, struct err *e);
void scenario_subject_done(struct scenario_subject *x);

/* Rejects thresholds that can never have a value in this scenario. */
int scenario_check_rules(const struct scenario *s, const struct gate_rules *rules, struct err *e);
/* End of the last load, in ns from the start. */
int64_t scenario_duration(const struct scenario *s);

/* Total number of users of all loads. Their indexes are below it. */
uint32_t scenario_users_max(const struct scenario *s);

/* Sets the classes of the first n users of a load: fixed counts first, in the order of the
 * classes, then by weight, interleaved evenly (smooth weighted round robin: 5 : 1 is A A A B A
 * A). */
void scenario_spread(const struct scenario *s, const struct scenario_load *load, uint16_t *classes,
                     uint32_t n);

/* Appends `text` with every secret of the scenario replaced by "***", also in the URL-encoded,
 * JSON-escaped and base64 forms in which it is sent. A form shorter than 4 bytes is replaced
 * only as a whole word. Elsewhere it reveals little, and masking every "1" would leave no text. */
void scenario_mask(const struct scenario *s, const char *text, struct buf *out);

/* The same for a whole request that people read. Values shorter than 4 bytes stay, because the
 * request would be unreadable; those of up to 15 bytes are replaced as whole words only. */
void scenario_mask_words(const struct scenario *s, const char *text, struct buf *out);

#endif
