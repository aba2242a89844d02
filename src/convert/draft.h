/*
 * draft: a scenario that is being made from another format.
 *
 * Converters fill it; draft_write.h writes it. In texts marked "scenario text" below, `${` of the
 * source is already doubled to `$${`, and a secret may be replaced by `${env.NAME}`. It does not
 * know any source format, reads no file and no environment, and does not check the finished
 * scenario: scenario/ does.
 *
 * Ownership: all texts are in the draft's own memory until draft_free(). Like a buf, a draft that
 * runs out of memory (or exceeds its limit) remembers that. So add freely, and call draft_ok() once
 * at the end. Functions that return a text then return "".
 * Thread: plain data, owned by the caller.
 */
#ifndef CONVERT_DRAFT_H
#define CONVERT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "convert/pointer_map.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"

#define DRAFT_BYTES_MAX ((size_t)256 << 20)
#define DRAFT_REQUESTS_MAX 10000 /* the maximum number of tasks in a scenario */
#define DRAFT_NOTES_MAX 2000
#define DRAFT_HEADERS_MAX 256
#define DRAFT_NAME_MAX 200 /* bytes of a name, because reports have columns */
#define DRAFT_FORM_MAX 10000
#define DRAFT_BEGINS 4096

/* What a note is about. Its first words tell: "Assumed:", "Left out:". */
enum draft_about {
    DRAFT_REMARK,
    DRAFT_ASSUMED,
    DRAFT_DETAIL, /* something of the source is left out, but no whole request */
    DRAFT_LOST    /* requests are left out */
};

struct draft_note {
    const char *text;
    enum draft_about about;
    size_t requests; /* DRAFT_LOST: how many */
    struct draft_note *next;
};

/* What the notes of a draft add up to. */
struct draft_counts {
    size_t lost; /* requests of the source that are not in the scenario */
    size_t details, assumed;
};

struct draft_notes {
    struct draft_note *first, *last;
};

struct draft_pair {
    const char *name, *value; /* scenario text */
    struct draft_pair *next;
};

struct draft_pairs {
    struct draft_pair *first, *last;
    size_t count;
};

struct draft_part {
    /* Scenario text. Either value or file; the others may be NULL. */
    const char *name, *value, *file, *filename, *type;
    struct draft_part *next;
};

enum draft_body { DRAFT_NONE, DRAFT_TEXT, DRAFT_JSON, DRAFT_FORM, DRAFT_MULTIPART, DRAFT_FILE };

struct draft_auth {
    const char *bearer;          /* scenario text, or NULL */
    const char *user, *password; /* scenario text, or NULL */
};

struct draft_request {
    const char *name;   /* NULL: the path without its query */
    const char *method; /* NULL: the scenario's default */
    const char *path;   /* scenario text that begins with "/" */
    /* Scenario text: it is a gRPC call of this method. The body, of DRAFT_JSON, is its message,
     * and the headers are its metadata. NULL: it is none. */
    const char *grpc;
    const char *proto, *descriptor_set; /* its types; both NULL: by reflection */
    double deadline_s;                  /* 0: none */
    struct draft_pairs headers;
    struct draft_auth auth;
    enum draft_body body_kind;
    /* DRAFT_TEXT: scenario text. DRAFT_JSON: minified JSON whose strings are scenario text.
     * DRAFT_FILE: a path. */
    const char *body;
    size_t body_bytes;
    struct draft_pairs form;
    struct draft_part *parts, *parts_last;
    double pause_s;               /* the user's wait before it; 0: unknown */
    double pause_high_s;          /* the longest wait, if it is random */
    double after_s, after_high_s; /* wait after it */
    const char *when;             /* scenario text: sent only if it is neither empty nor false */
    size_t block;                 /* requests in a row with this number are repeated together */
    uint32_t rounds;              /* how often; 0: no block */
    const char *capture, *checks; /* minified JSON, or NULL */
    const char *stream;           /* format of the response's events; NULL: no stream */
    struct draft_notes notes;
    struct draft_request *next;
};

struct draft_requests {
    struct draft_request *first, *last;
    size_t count;
};

/* One task: its requests are sent in order. */
struct draft_task {
    const char *name; /* NULL: the name of its only request */
    uint32_t weight;
    struct draft_pairs tags; /* values only */
    struct draft_requests requests;
    struct draft_notes notes;
    struct draft_task *next;
};

enum draft_wait {
    DRAFT_WAIT_NONE,
    DRAFT_WAIT_CONSTANT,
    DRAFT_WAIT_BETWEEN,
    DRAFT_WAIT_PACING,
    DRAFT_WAIT_THROUGHPUT
};

struct draft_pause {
    enum draft_wait kind;
    double low, high; /* seconds; DRAFT_WAIT_THROUGHPUT: per second */
};

/* One kind of user. Most sources have only one. */
struct draft_class {
    const char *name;             /* NULL if the source has no classes */
    uint32_t weight, fixed_count; /* fixed_count 0: by weight */
    bool left_out;                /* only a base class for others */
    bool sequence;                /* tasks run in order, not by weight */
    struct draft_pause wait;
    struct draft_requests on_start, on_stop;
    struct draft_task *tasks, *tasks_last;
    struct draft_notes notes;
    struct draft_class *next;
};

/* A secret in the source that must not be in the scenario. */
struct draft_secret {
    const char *value; /* as in the source; "" if only its name is known */
    size_t bytes;
    const char *env;  /* NAME */
    const char *what; /* "the bearer token of GET /x" */
    bool only_here;   /* not searched for in other places: a user's name */
    bool if_used;     /* the scenario names it only if it is in a request */
    bool also;        /* one more value of a variable that another secret has */
    struct draft_secret *next;
    struct draft_secret *next_of_begin; /* next that begins with the same bytes, see redact.c */
    unsigned next_number;               /* for the name of another one with this name */
};

/* Bytes that a JSON string cannot represent: a file next to the scenario. */
struct draft_file {
    const char *name; /* scenario text, relative to the scenario */
    const char *bytes;
    size_t n;
    struct draft_file *next;
};

struct draft {
    struct arena memory;
    bool failed;
    bool references;    /* draft_reference() is recognised in plain texts */
    const char *name;   /* of the run, or NULL */
    const char *target; /* scenario text, or NULL */
    bool no_verify, compressed, follow_redirects, no_keepalive;
    const char *http_version;                          /* as a scenario writes it, or NULL */
    double timeout_s, connect_timeout_s;               /* 0: not given */
    const char *proxy, *ca, *cert, *key, *unix_socket; /* scenario text, or NULL */
    struct draft_pairs resolve;                        /* values only */
    struct draft_requests setup;                       /* sent once, before the load */
    struct draft_class *classes, *classes_last;
    const char *load, *variables, *feeders; /* minified JSON, or NULL */
    bool sequence;                          /* tasks run in order, not by weight */
    bool pauses_first;                      /* tasks begin with the pause of their first request */
    /* Requests, and those beyond a scenario's maximum. */
    size_t request_count, left_out;
    /* Requests of the source that the weights of the tasks count; 0: each request of the draft is
     * one of the source. */
    uint64_t counted;
    struct draft_notes notes;
    /* Notes that are also shown to the user. They contain no texts of the source, which may be
     * secret. */
    struct draft_notes said;
    /* Notes for the next request: what the source has in front of it. */
    struct draft_notes next;
    size_t note_count;
    struct draft_counts unwritten; /* notes beyond DRAFT_NOTES_MAX */
    struct draft_secret *secrets, *secrets_last;
    struct draft_secret *by_begin[DRAFT_BEGINS]; /* set by redact_begin() */
    struct pointer_map by_env, by_value, by_what, by_expression;
    struct pointer_map by_made; /* see draft_made() */
    struct draft_file *files;
    /* Prefix of the names of its files, or NULL: they cannot be written. */
    const char *file_stem;
    /* Appends a file's bytes; returns false if it cannot. NULL: no file is read. */
    bool (*read)(void *context, const char *path, struct buf *out);
    void *read_context;
    /* "/absolute/folder/", put before relative file names, or NULL. */
    const char *files_folder;
};

struct draft *draft_new(void);
void draft_free(struct draft *d);
bool draft_ok(const struct draft *d);

/* Returns zeroed memory that lives as long as the draft; NULL if memory runs out. */
void *draft_alloc(struct draft *d, size_t bytes);

/* Return copies; never NULL. draft_literal() converts plain text to scenario text. */
const char *draft_copy(struct draft *d, const char *text, size_t n);
const char *draft_literal(struct draft *d, const char *text, size_t n);
const char *draft_take(struct draft *d, struct buf *b); /* returns the contents, and frees b */
void draft_add_literal(const struct draft *d, struct buf *out, const char *text, size_t n);

/* Appends a number of "$" of plain text as scenario text, depending on what follows them.
 * Otherwise "$${" would become a plain "${", whatever the "${" was meant to be. */
enum draft_before { DRAFT_BEFORE_OTHER, DRAFT_BEFORE_BRACE, DRAFT_BEFORE_HOLE };
void draft_add_dollars(struct buf *out, size_t count, enum draft_before what);

/* Plain text may contain references if the draft allows it (`references`): the results of
 * variables of the source that a converter has resolved. They are marked with two characters,
 * which draft_clean() removes from texts of the source. Only expressions that draft_reference() has
 * written are references, so no escape in a source can name a variable of the environment. */
#define DRAFT_REFERENCE "\xee\x80\x80"     /* U+E000, followed by the expression */
#define DRAFT_REFERENCE_END "\xee\x80\x81" /* U+E001 */
void draft_reference(struct draft *d, struct buf *out, const char *expression);
bool draft_has_reference(const struct draft *d, const char *text, size_t n);
/* Appends with %XX for everything except references and the characters allowed in a part of a
 * URL. */
void draft_add_percent(const struct draft *d, struct buf *out, const char *text, size_t n);
void draft_clean(struct buf *out, const char *text, size_t n);
/* True if scenario text contains a ${...} whose value differs each time: neither plain text nor
 * from the environment. */
bool draft_varies(const char *scenario_text);
/* Returns the length of the reference at the start of the text; 0 if there is none. */
size_t draft_reference_bytes(const struct draft *d, const char *text, size_t n);

/* Adds a note for the user, written as a "//" comment. It may contain control codes, which are
 * escaped when it is written. A note that begins with "Left out:" or "Assumed:", in upper or lower
 * case, is counted. The same text is added once. */
void draft_note(struct draft *d, struct draft_notes *to, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same about requests that the scenario does not have. The text says how many if they are more
 * than one. */
void draft_lost(struct draft *d, struct draft_notes *to, size_t requests, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Moves, or copies, all notes to the end of others. */
void draft_notes_move(struct draft_notes *to, struct draft_notes *from);
void draft_notes_copy(struct draft *d, struct draft_notes *to, const struct draft_notes *from);
/* Returns the first note about an omission, of the draft or any of its tasks; NULL: none. */
const char *draft_omission(const struct draft *d);
struct draft_counts draft_count(const struct draft *d);
/* Notes which share of the source's requests is left out, by the weights of its tasks. Call after
 * everything was read. */
void draft_share(struct draft *d);

struct draft_class *draft_class_add(struct draft *d, const char *name);
struct draft_task *draft_task_add(struct draft *d, struct draft_class *c, uint32_t weight);

/* Returns NULL if the scenario is full (which is counted) or memory runs out. */
struct draft_request *draft_request_add(struct draft *d, struct draft_requests *to);

/* Adds a task of one request to the draft's only class, which is created if needed. */
struct draft_request *draft_single(struct draft *d, uint32_t weight);

void draft_pair_add(struct draft *d, struct draft_pairs *to, const char *name, const char *value);

/* Returns "${env.NAME}" to replace a secret. NAME is made from `hint`, and is the same for the
 * same value. `format` says what the secret was. */
const char *draft_secret(struct draft *d, const char *hint, const char *value, size_t n,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Says that "${env.NAME}" also replaces this value, wherever it is. */
void draft_secret_also(struct draft *d, const char *scenario_text, const char *value, size_t n);

/* Returns "${env.NAME}" for a value that the source takes from its own environment; the same for
 * the same description. */
const char *draft_variable(struct draft *d, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns "${env.NAME}" for a variable of the environment, with exactly this name if no other
 * secret has it. */
const char *draft_environment(struct draft *d, const char *name);

/* Says that a converter has invented this value. It may be anywhere else with another meaning, so
 * as a secret it is only replaced where it is. */
void draft_made(struct draft *d, const char *value, size_t n);

/* Says that the variable of "${env.NAME}" may not be in any request. */
void draft_if_used(struct draft *d, const char *scenario_text);

/* Appends the same as a reference in plain text. */
void draft_add_variable(struct draft *d, struct buf *out, const char *scenario_text);

/* Removes the last request of draft_single(). */
void draft_single_drop(struct draft *d);

/* True if a value of this name is a password, a token or a key. */
bool draft_is_secret_name(const char *name, size_t n);

/* The same for one value: an API's "key" must be long. */
bool draft_is_secret(const char *name, size_t name_bytes, size_t value_bytes);

/* Returns a value as scenario text, or "${env.NAME}" if its name says that it is secret. */
const char *draft_value(struct draft *d, const char *name, const char *value, size_t n);

/* Sets the path from the plain path and query of a URL. Corrects what a scenario does not
 * accept, and removes secrets from the query. */
void draft_path(struct draft *d, struct draft_request *q, const char *path, size_t n);

struct url;

/* Sets the path from a URL, and the credentials from its user and password. The first URL sets
 * the scenario's target; URLs of another target stay whole. */
void draft_url(struct draft *d, struct draft_request *q, const struct url *u);

/* Sets the method. Returns false, and sets nothing, if a scenario does not accept it. Common
 * methods are written in capitals. */
bool draft_method(struct draft *d, struct draft_request *q, const char *text, size_t n);

/* Adds a header of the source. Authorization becomes "auth", secrets are replaced, lengths are
 * dropped, and headers that cannot be sent are noted. */
void draft_header(struct draft *d, struct draft_request *q, const char *name, const char *value,
                  size_t n);
const char *draft_header_get(const struct draft_request *q, const char *name);
void draft_header_remove(struct draft_request *q, const char *name);

/* Removes, with notes, what the loader would reject, because values may have changed when
 * secrets were removed. Call after everything was read. */
void draft_fit(struct draft *d);
/* Sets the format of the stream that answers a request to a language model service, if its body
 * asks for one; draft_fit() calls it. */
void draft_stream(struct draft *d, struct draft_request *q);
/* True if users of the class, or any users, send anything; a scenario must have such a class. */
bool draft_class_sends(const struct draft_class *c);
bool draft_sends(const struct draft *d);

/* "user:password" of curl -u and of basic authentication. */
void draft_basic(struct draft *d, struct draft_request *q, const char *text, size_t n);
void draft_bearer(struct draft *d, struct draft_request *q, const char *text, size_t n);

/* Sets the body from the bytes that were sent and their type (NULL: not in the source). Chooses
 * the most readable kind of body that keeps the bytes unchanged. Sets Content-Type if it differs
 * from the scenario's default. */
void draft_body(struct draft *d, struct draft_request *q, const char *bytes, size_t n,
                const char *type);

/* Sets the body to a JSON value, with its secrets removed. "${" in it is plain text. */
void draft_body_json(struct draft *d, struct draft_request *q, const struct json *v);

/* Adds a pair of plain texts to a form body. */
void draft_form_add(struct draft *d, struct draft_request *q, const char *name, size_t name_bytes,
                    const char *value, size_t value_bytes);

/* Adds a part with plain texts; file or value, filename and type may be NULL. */
struct draft_part *draft_part_add(struct draft *d, struct draft_request *q, const char *name);

/* Returns the name of a file in the form that the scenario needs. */
const char *draft_file_name(struct draft *d, const char *path);

/* Stores bytes as a file next to the scenario. Returns its name, or NULL if files cannot be
 * written. */
const char *draft_file_add(struct draft *d, const char *bytes, size_t n);
/* The same, with this end of its name. */
const char *draft_file_named(struct draft *d, const char *end, const char *bytes, size_t n);

#endif
