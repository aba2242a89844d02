/*
 * draft: a scenario while it is made from something else.
 *
 * Converters fill it with what they read; draft_write.h writes it down. Every text that is marked
 * "scenario text" below has `${` of the source doubled to `$${` already, and may hold `${env.NAME}`
 * in place of a secret. It does not know any source format, reads no file and no environment, and
 * does not check the finished scenario: scenario/ does.
 *
 * Ownership: all texts live in the draft's own memory until draft_free(). Like a buf, a draft that
 * finds no memory (or passes its ceiling) remembers that: add freely, ask draft_ok() once at the
 * end. Functions that return a text return "" then.
 * Thread: plain data, owned by the caller.
 */
#ifndef CONVERT_DRAFT_H
#define CONVERT_DRAFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"
#include "util/json.h"

#define DRAFT_BYTES_MAX ((size_t)256 << 20)
#define DRAFT_REQUESTS_MAX 10000 /* as many tasks as a scenario may have */
#define DRAFT_NOTES_MAX 2000
#define DRAFT_HEADERS_MAX 256
#define DRAFT_NAME_MAX 200 /* bytes of a name: reports have columns */
#define DRAFT_FORM_MAX 10000

struct draft_note {
    const char *text;
    struct draft_note *next;
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
    const char *name, *value, *file, *filename,
        *type; /* scenario text, value or file; the others may be NULL */
    struct draft_part *next;
};

enum draft_body { DRAFT_NONE, DRAFT_TEXT, DRAFT_JSON, DRAFT_FORM, DRAFT_MULTIPART, DRAFT_FILE };

struct draft_auth {
    const char *bearer;          /* scenario text, or NULL */
    const char *user, *password; /* scenario text, or NULL */
};

struct draft_request {
    const char *name;   /* NULL: the path without its query */
    const char *method; /* NULL: what the scenario's default is */
    const char *path;   /* scenario text, begins with "/" */
    struct draft_pairs headers;
    struct draft_auth auth;
    enum draft_body body_kind;
    /* DRAFT_TEXT: scenario text; DRAFT_JSON: minified JSON whose strings are; DRAFT_FILE: path. */
    const char *body;
    size_t body_bytes;
    struct draft_pairs form;
    struct draft_part *parts, *parts_last;
    double pause_s; /* what the user waited before it; 0: nothing is known */
    struct draft_notes notes;
    struct draft_request *next;
};

struct draft_requests {
    struct draft_request *first, *last;
    size_t count;
};

/* One task: its requests are sent in their order. */
struct draft_task {
    const char *name; /* NULL: its only request's */
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

/* Users of one kind. Most sources have one. */
struct draft_class {
    const char *name;             /* NULL where the source has no classes */
    uint32_t weight, fixed_count; /* fixed_count 0: by weight */
    bool left_out;                /* it is only there for others to inherit from */
    struct draft_pause wait;
    struct draft_requests on_start, on_stop;
    struct draft_task *tasks, *tasks_last;
    struct draft_notes notes;
    struct draft_class *next;
};

/* What stands in the source and must not stand in the scenario. */
struct draft_secret {
    const char *value; /* as in the source; "" where only its name is known */
    size_t bytes;
    const char *env;  /* NAME */
    const char *what; /* "the bearer token of GET /x" */
    struct draft_secret *next;
    struct draft_secret *next_of_first; /* of those that begin with the same byte */
};

/* Bytes that no JSON string can hold: a file of its own beside the scenario. */
struct draft_file {
    const char *name; /* scenario text, relative to the scenario */
    const char *bytes;
    size_t n;
    struct draft_file *next;
};

struct draft {
    struct arena memory;
    bool failed;
    bool references;    /* draft_reference() is understood in plain texts */
    const char *name;   /* of the run, or NULL */
    const char *target; /* scenario text, or NULL */
    bool no_verify, compressed, follow_redirects, no_keepalive;
    const char *http_version;                          /* as the scenario has it, or NULL */
    double timeout_s, connect_timeout_s;               /* 0: the source says nothing */
    const char *proxy, *ca, *cert, *key, *unix_socket; /* scenario text, or NULL */
    struct draft_pairs resolve;                        /* values only */
    struct draft_class *classes, *classes_last;
    bool sequence; /* tasks come in their order, not by weight */
    size_t request_count,
        left_out; /* requests, and those beyond the most that a scenario may have */
    struct draft_notes notes;
    /* What the screen shows as well: no texts of the source, which may be secret. */
    struct draft_notes said;
    size_t note_count;
    struct draft_secret *secrets;
    struct draft_secret *by_first[256]; /* redact_begin() */
    struct draft_file *files;
    const char *file_stem; /* what names of own files begin with, or NULL: none can be written */
    /* "/absolute/folder/" that is put before relative names of files, or NULL. */
    const char *files_folder;
};

struct draft *draft_new(void);
void draft_free(struct draft *d);
bool draft_ok(const struct draft *d);

/* Zeroed memory that lives as long as the draft; NULL if there is none. */
void *draft_alloc(struct draft *d, size_t bytes);

/* Copies; never NULL. draft_literal() makes scenario text of plain text. */
const char *draft_copy(struct draft *d, const char *text, size_t n);
const char *draft_literal(struct draft *d, const char *text, size_t n);
const char *draft_take(struct draft *d, struct buf *b); /* the content, and ends b */
void draft_add_literal(const struct draft *d, struct buf *out, const char *text, size_t n);

/* A number of "$" of plain text as scenario text: "$${" would be a plain "${", whatever the "${"
 * was meant to be. */
enum draft_before { DRAFT_BEFORE_OTHER, DRAFT_BEFORE_BRACE, DRAFT_BEFORE_HOLE };
void draft_add_dollars(struct buf *out, size_t count, enum draft_before what);

/* Plain text may hold references where the draft says so (`references`): what a converter resolved
 * a variable of the source to. They are marked with two characters that draft_clean() takes out of
 * everything that comes from the source itself. */
#define DRAFT_REFERENCE "\xee\x80\x80"     /* U+E000, then the expression */
#define DRAFT_REFERENCE_END "\xee\x80\x81" /* U+E001 */
void draft_reference(struct buf *out, const char *expression);
bool draft_has_reference(const struct draft *d, const char *text, size_t n);
/* %XX for all but references and what a part of a URL may hold. */
void draft_add_percent(const struct draft *d, struct buf *out, const char *text, size_t n);
void draft_clean(struct buf *out, const char *text, size_t n);
/* Whether scenario text holds a ${...} that is another value each time: no plain text and nothing
 * of the environment. */
bool draft_varies(const char *scenario_text);
/* Bytes of the reference at the start of the text; 0 if there is none. */
size_t draft_reference_bytes(const struct draft *d, const char *text, size_t n);

/* What a person should know; "//" comments. Control codes may stand in it, they are escaped when it
 * is written. */
void draft_note(struct draft *d, struct draft_notes *to, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first note that says what was left out; NULL: none. */
const char *draft_omission(const struct draft_notes *notes);

struct draft_class *draft_class_add(struct draft *d, const char *name);
struct draft_task *draft_task_add(struct draft *d, struct draft_class *c, uint32_t weight);

/* NULL where the scenario is full, which is counted, or memory has run out. */
struct draft_request *draft_request_add(struct draft *d, struct draft_requests *to);

/* A task of one request in the draft's only class, which is made when there is none. */
struct draft_request *draft_single(struct draft *d, uint32_t weight);

void draft_pair_add(struct draft *d, struct draft_pairs *to, const char *name, const char *value);

/* "${env.NAME}" in place of a secret: NAME is made of `hint`, the same for the same value. `what`
 * says what it was. */
const char *draft_secret(struct draft *d, const char *hint, const char *value, size_t n,
                         const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "${env.NAME}" for what the source leaves to its own environment; the same for the same `what`. */
const char *draft_variable(struct draft *d, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same as a reference in plain text. */
void draft_add_variable(struct draft *d, struct buf *out, const char *scenario_text);

/* Takes back the request that draft_single() made last. */
void draft_single_drop(struct draft *d);

/* True where what bears this name is a password, a token or a key. */
bool draft_is_secret_name(const char *name, size_t n);

/* The same for one value: an API's "key" is long. */
bool draft_is_secret(const char *name, size_t name_bytes, size_t value_bytes);

/* Scenario text of a value: itself, or "${env.NAME}" where its name says that it is secret. */
const char *draft_value(struct draft *d, const char *name, const char *value, size_t n);

/* Sets the path from the plain path and query of a URL: fixes what a scenario does not take, takes
 * secrets out of the query. */
void draft_path(struct draft *d, struct draft_request *q, const char *path, size_t n);

struct url;

/* Path and target of a URL, its user and password: the first URL says the scenario's target, one
 * elsewhere stays whole. */
void draft_url(struct draft *d, struct draft_request *q, const struct url *u);

/* Sets the method; false, with nothing set, where no scenario takes it. The usual ones are written
 * in capitals. */
bool draft_method(struct draft *d, struct draft_request *q, const char *text, size_t n);

/* A header as the source has it. Authorization becomes "auth", secrets leave, lengths are dropped,
 * what cannot be sent is noted. */
void draft_header(struct draft *d, struct draft_request *q, const char *name, const char *value,
                  size_t n);
const char *draft_header_get(const struct draft_request *q, const char *name);
void draft_header_remove(struct draft_request *q, const char *name);

/* Takes out what the loader would refuse, with notes: once secrets are gone, not everything is what
 * it was. For when all is read. */
void draft_fit(struct draft *d);
/* Whether a class of users is sent to do anything; a scenario must have one. */
bool draft_class_sends(const struct draft_class *c);
bool draft_sends(const struct draft *d);

/* "user:password" of curl -u and of basic authentication. */
void draft_basic(struct draft *d, struct draft_request *q, const char *text, size_t n);
void draft_bearer(struct draft *d, struct draft_request *q, const char *text, size_t n);

/* The body as its bytes went out, with its type (NULL: the source names none): whichever kind of
 * body keeps the bytes as they are and is easiest to read. Sets Content-Type where the scenario's
 * default differs. */
void draft_body(struct draft *d, struct draft_request *q, const char *bytes, size_t n,
                const char *type);

/* The body as a JSON value, its secrets taken out; "${" in it is plain text. */
void draft_body_json(struct draft *d, struct draft_request *q, const struct json *v);

/* A pair of plain texts for a form body. */
void draft_form_add(struct draft *d, struct draft_request *q, const char *name, size_t name_bytes,
                    const char *value, size_t value_bytes);

/* A part with plain texts; file or value, filename and type may be NULL. */
struct draft_part *draft_part_add(struct draft *d, struct draft_request *q, const char *name);

/* The name of a file as the scenario needs it. */
const char *draft_file_name(struct draft *d, const char *path);

/* Keeps bytes as a file beside the scenario; its name, or NULL where none can be written. */
const char *draft_file_add(struct draft *d, const char *bytes, size_t n);

#endif
