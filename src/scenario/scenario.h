/*
 * scenario: a scenario as the program uses it, checked and complete.
 *
 * scenario_load() reads a JSON file and everything that it names (body files, feeders, environment
 * variables); afterwards nothing can be wrong with it but the world. Requests are compiled: each
 * has its final list of headers and its body as bytes, whatever kind of body it was in the file, or
 * templates for what differs from one sending to the next. It does not resolve the target's name
 * and sends nothing.
 *
 * Everything stands in flat arrays and refers to each other by index: a load has classes of users,
 * a class has tasks, a task is a stretch of steps, and a step may send a request.
 *
 * Ownership: the scenario owns all that it points to; scenario_free() frees it. Thread: once
 * loaded, it is only read and may be shared; feeders count what was drawn by themselves.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gate/rule.h"
#include "schedule/load.h"
#include "schedule/wait.h"
#include "stream/stream.h"
#include "util/buf.h"
#include "util/bytes.h"
#include "util/err.h"
#include "util/sha256.h"

#define SCENARIO_JUDGE_BYTES ((size_t)16 << 20)
#define SCENARIO_LOOPS_MAX 4 /* "repeat" within "repeat" */

struct capture_list;
struct check_list;
struct feeder;
struct template;
struct arrival_trace;

struct scenario_header {
    char *name;
    char *value; /* NULL: it has holes, `varying` writes it */
    struct template *varying;
};

/* What its answer brings event by event. */
struct scenario_stream {
    struct stream_spec spec; /* borrows these: */
    char *token, *done;
};

/* One kind of request. `name` is what reports group by; it defaults to the path as written in the
 * file, so that a secret in the path does not get into it. */
struct scenario_request {
    char *name;
    char *method;
    char *path; /* begins with "/" (or is a whole http(s) URL); query included, escaped, ready to
                   send; where varying_path writes it, as the file has it */
    struct template *varying_path; /* NULL: it does not vary; the same for the body */
    bool whole_path; /* it begins with a value: one that begins with "/", or a URL of the target */
    bool written_path; /* that, or all behind its "/" is a value, which may have a "/" of its own */
    /* The scenario's, the request's, Authorization, Content-Type. */
    struct scenario_header *headers;
    size_t header_count;
    char *body; /* NULL: none, or varying_body writes it */
    size_t body_bytes;
    struct template *varying_body;
    struct capture_list *captures; /* NULL: none; the same for checks */
    struct check_list *checks;
    struct scenario_stream *stream; /* NULL: its answer need not be a stream */
    uint32_t first_check;           /* its checks are numbered from here, over all requests */
    uint32_t first_capture;         /* and its captures from here, behind all checks */
    uint64_t feeders;               /* bit i: it needs a row of feeders[i] */
    char **tags;
    size_t tag_count;
};

enum scenario_step_kind {
    SCENARIO_SEND,  /* `request` */
    SCENARIO_PAUSE, /* `wait` */
    SCENARIO_LOOP,  /* begins to count loop `depth` to `count` */
    SCENARIO_AGAIN, /* back to `to` until loop `depth` has run `count` times */
    SCENARIO_WHEN,  /* on to `to` where `condition` does not hold */
    SCENARIO_SKIP   /* nothing: a request that tags left out */
};

struct scenario_step {
    enum scenario_step_kind kind;
    uint32_t request;
    uint32_t to, count, depth;
    struct wait wait;
    struct template *condition; /* holds unless it is empty, "false", "0" or "null" */
};

/* A stretch of `steps`. */
struct scenario_steps {
    uint32_t first, count;
    uint64_t feeders; /* that its requests and conditions need */
};

struct scenario_task {
    char *name;
    uint32_t weight; /* 0: never drawn; the sum over the tasks of a class is > 0 */
    struct scenario_steps steps;
    bool single; /* it is one request and no more */
    char **tags; /* of a task with steps; a single one's are its request's */
    size_t tag_count;
};

/* A kind of user. */
struct scenario_class {
    char *name;           /* NULL: the only one */
    uint32_t weight;      /* of the users that are in no class with a fixed count */
    uint32_t fixed_count; /* number of users, before any by weight; 0: by weight */
    struct wait wait;     /* after a task */
    bool sequence;        /* tasks one after the other instead of by weight */
    uint32_t first_task, task_count;
    struct scenario_steps on_start, on_stop;
};

struct scenario_load {
    char *name;       /* NULL: the only one */
    int64_t start_ns; /* after the start of the run */
    struct load load;
    uint32_t first_class, class_count; /* may be another load's as well */
};

/* A file that the scenario named and that was read. */
struct scenario_file {
    char *path; /* as the scenario has it: from its folder */
    char sha256[SHA256_HEX_BYTES];
};

/* When a request that is lost with a kept connection is sent once more. */
enum scenario_retry { SCENARIO_RETRY_UNSEEN, SCENARIO_RETRY_NEVER, SCENARIO_RETRY_SAFE };

enum scenario_http_version {
    SCENARIO_HTTP_1_1,
    SCENARIO_HTTP_2,       /* where the server agrees (ALPN); else 1.1 */
    SCENARIO_HTTP_2_PRIOR, /* without asking */
    SCENARIO_HTTP_2_ONLY   /* an answer by 1.1 is a failure */
};

/* As the file writes it: "2-only". */
const char *scenario_http_version_text(enum scenario_http_version version);

struct scenario_http {
    enum scenario_http_version version;
    bool verify;    /* check the certificate and its host name; default true */
    char *ca;       /* PEM file, or NULL for the system's */
    char *cert;     /* client certificate, PEM file, or NULL */
    char *key;      /* its key, or NULL */
    char **resolve; /* "host:port:address,address", hosts as they are sent */
    size_t resolve_count;
    /* Addresses of this machine to connect from, the users in turn; none: the system's choice. */
    char **source;
    size_t source_count;
    bool dns_first; /* all users take the first address of a host; else they take them in turn */
    int64_t dns_ttl_ns; /* new connections ask again after that; default 60 s */
    char *proxy;        /* URL, or NULL; the environment's proxies are not used */
    char *unix_socket;  /* path, or NULL */
    bool keepalive;     /* default true */
    bool quickack;      /* acknowledge what arrives at once; only with `direct` */
    enum scenario_retry retry;
    bool follow_redirects;
    bool compressed; /* ask for gzip and decode it */
    bool cookies;    /* a jar per user; default true */
    /* Of an answer's body, for checks and captures; default SCENARIO_JUDGE_BYTES. */
    size_t judge_bytes;
};

struct scenario {
    char *name;
    char *file;   /* where it came from, as given; for messages */
    char *source; /* the file's text, secrets unresolved: what is stored in the run file */
    /* "http://host:port" with an optional path prefix, no trailing slash; NULL: none, which is
     * enough for whole URLs. */
    char *target;
    /* The target as written, secrets unresolved; without one the hosts of the whole URLs,
     * secrets masked; NULL where a target is missing. */
    char *target_source;
    int64_t timeout_ns;         /* a whole request; default 60 s */
    int64_t connect_timeout_ns; /* default 10 s, never above timeout_ns */
    struct scenario_http http;
    char *
        scrape; /* URL of the target's metrics, or a path that goes behind the target; NULL: none */

    struct scenario_load *loads; /* at least one */
    size_t load_count;
    struct scenario_class *classes;
    size_t class_count;
    struct scenario_task *tasks; /* class by class */
    size_t task_count;
    uint64_t *weight_sums; /* of each task: the weights of its class up to it */
    struct scenario_step *steps;
    size_t step_count;
    /* Those of the load first, then those of setup and teardown. */
    struct scenario_request *requests;
    size_t request_count;
    size_t endpoint_count;  /* requests of the load: each is an endpoint of reports */
    struct catalog catalog; /* endpoints, tasks, and what is judged of answers */
    struct scenario_steps setup, teardown; /* once in a run */
    bool tagged;                           /* some task or request has tags */

    struct feeder **feeders;
    size_t feeder_count;
    struct arrival_trace *trace; /* of the load that replays one, or NULL; its rows are a feeder */
    char **variable_names;       /* by slot: "variables", captures */
    /* By slot: what "variables" says; data NULL: not set until a capture. */
    struct bytes *variables;
    size_t variable_count;

    struct gate_rules thresholds;

    /* The environment's variables that it read, each once, in the order of the file. */
    char **env_names;
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

/* Reads a scenario file. On failure `e` holds "file:line:column: what; how to fix it". env NULL
 * means getenv. */
int scenario_load(const char *path, scenario_env_fn *env, void *env_context, struct scenario **out,
                  struct err *e);

/* The same from memory: `name` stands for the file in messages, relative files are looked for in
 * `folder`. */
int scenario_parse(const char *name, const char *folder, const char *text, size_t bytes,
                   scenario_env_fn *env, void *env_context, struct scenario **out, struct err *e);

void scenario_free(struct scenario *s);

/* Keeps the tasks and steps that have one of the tags `with` (all, if there are none) and none of
 * `without`. The requests of a task have its tags and their own. What runs at start and stop stays.
 * Fails where no task of some class would be left. */
int scenario_select(struct scenario *s, const char *const *with, size_t with_count,
                    const char *const *without, size_t without_count, struct err *e);

/* True where the path is a whole URL in the file: then it does not go behind the target. */
bool scenario_is_whole_url(const struct scenario_request *q);

/* True where two URLs have the same scheme, host and port, however they write them. */
bool scenario_same_origin(const char *a, const char *b);

/* True where some path, or that of the metrics, is no whole URL, so that it goes behind a
 * target. */
bool scenario_needs_target(const struct scenario *s);

/* Checks a target ("http://…", "https://…"; a bare host:port gets http://) and replaces the
 * scenario's. */
int scenario_set_target(struct scenario *s, const char *target, struct err *e);

/* Connects from these addresses of this machine instead of the scenario's "source"; each text may
 * hold several, with commas. */
int scenario_set_source(struct scenario *s, const char *const *texts, size_t count, struct err *e);

/* What thresholds can be about, for gate_rules_check() and gate_live_new(); borrows the
 * scenario. */
struct scenario_subject {
    struct gate_subject subject;
    int64_t *stages;
    bool *streams;
};

int scenario_subject(const struct scenario *s, struct scenario_subject *out, struct err *e);
void scenario_subject_done(struct scenario_subject *x);

/* Refuses thresholds for which the scenario can never give a value. */
int scenario_check_rules(const struct scenario *s, const struct gate_rules *rules, struct err *e);
/* When the last load ends, in ns from the start. */
int64_t scenario_duration(const struct scenario *s);

/* The users of all loads together; each has an index below. */
uint32_t scenario_users_max(const struct scenario *s);

/* The class of each of the first n users of a load: fixed counts first, in the order of the
 * classes, then by weight, spread evenly (smooth weighted round robin: 5 : 1 is A A A B A A). */
void scenario_spread(const struct scenario *s, const struct scenario_load *load, uint16_t *classes,
                     uint32_t n);

/* Appends `text` with every secret of the scenario (and its URL-encoded, JSON-escaped and base64
 * forms, as they are sent) replaced by "***". A form shorter than 4 bytes is replaced only where it
 * stands as a whole word: elsewhere it says little, and masking every "1" would leave no text. */
void scenario_mask(const struct scenario *s, const char *text, struct buf *out);

#endif
