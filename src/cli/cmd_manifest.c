/* coldswarm manifest: what it takes to repeat a run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/replay.h"
#include "record/reader.h"
#include "report/json_text.h"
#include "util/text.h"

#define KEY_COLUMNS 24
#define DOCUMENT_MAX_BYTES ((size_t)1 << 28)

struct document {
    struct reader *reader;
    const char *path;
    struct replay *replay; /* NULL: the file does not have what one takes */
    struct err why_not;    /* then */
    char *argv;
    struct buf text, json; /* of the pairs */
};

/* A line; longer keys push their value to the right. */
static void fact(struct buf *out, const char *key, const char *value) {
    size_t before = out->len;
    text_printable(out, key, strlen(key));
    for (size_t n = out->len - before; n < KEY_COLUMNS; n++)
        buf_char(out, ' ');
    buf_str(out, "  ");
    text_printable(out, value, strlen(value));
    buf_char(out, '\n');
}

static void take_pair(void *context, const char *key, const char *value) {
    struct document *d = context;
    fact(&d->text, key, value);
    buf_str(&d->json, d->json.len == 0 ? "\n    " : ",\n    ");
    json_text(&d->json, key);
    buf_str(&d->json, ": ");
    json_text(&d->json, value);
    if (strcmp(key, "argv") == 0)
        d->argv = strdup(value);
}

static int read_all(struct document *d, const char *path, struct err *e) {
    buf_init(&d->text, DOCUMENT_MAX_BYTES);
    buf_init(&d->json, DOCUMENT_MAX_BYTES);
    d->path = path;
    if (reader_open(path, &d->reader, e) != 0 || reader_manifest(d->reader, take_pair, d, e) != 0)
        return -1;
    if (!buf_ok(&d->text) || !buf_ok(&d->json))
        return err_set(e, "out of memory for %s", path);
    if (replay_open(path, &d->replay, &d->why_not) != 0)
        d->replay = NULL;
    return 0;
}

static void document_done(struct document *d) {
    buf_done(&d->text);
    buf_done(&d->json);
    replay_free(d->replay);
    reader_close(d->reader);
    free(d->argv);
}

static void replay_line(const struct document *d, struct buf *out) {
    buf_str(out, "coldswarm run --replay ");
    replay_word(out, d->path);
}

/* ---- for people ---- */

static void line(struct buf *out, const char *head, const struct buf *command) {
    buf_printf(out, "%s\n  ", head);
    text_printable(out, buf_text(command), command->len);
    buf_str(out, "\n\n");
}

static void people(const struct document *d, struct buf *out) {
    const struct reader_run *run = reader_run(d->reader);
    struct buf command;
    char seed[32];
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);
    fact(out, "name", run->name);
    fact(out, "target", run->target);
    fact(out, "started", run->started_utc);
    fact(out, "seed", seed);
    fact(out, "version", run->version);
    fact(out, "verdict", run->complete ? run->verdict : "cut short");
    buf_char(out, '\n');
    buf_init(&command, DOCUMENT_MAX_BYTES);
    if (d->replay == NULL) {
        buf_str(out, "It cannot be replayed: ");
        text_printable(out, d->why_not.text, strlen(d->why_not.text));
        buf_str(out, "\n\n");
    } else {
        replay_line(d, &command);
        line(out, "To run it again, with the scenario as it is in this file:", &command);
        buf_clear(&command);
        replay_command(d->replay, &command);
        line(out, "The same with the scenario from its file:", &command);
    }
    buf_clear(&command);
    buf_str(&command, d->argv == NULL ? "(unknown)" : d->argv);
    line(out, "As it was typed:", &command);
    buf_add(out, buf_text(&d->text), d->text.len);
    if (!buf_ok(&command))
        out->failed = true;
    buf_done(&command);
}

/* ---- for programs ---- */

static void member(struct buf *out, const char *key, const char *text) {
    buf_printf(out, "  \"%s\": ", key);
    if (text == NULL)
        buf_str(out, "null");
    else
        json_text(out, text);
    buf_str(out, ",\n");
}

static void programs(const struct document *d, struct buf *out) {
    const struct reader_run *run = reader_run(d->reader);
    struct buf replay, command;
    buf_init(&replay, DOCUMENT_MAX_BYTES);
    buf_init(&command, DOCUMENT_MAX_BYTES);
    replay_line(d, &replay);
    if (d->replay != NULL)
        replay_command(d->replay, &command);
    buf_str(out, "{\n");
    member(out, "replay", d->replay == NULL ? NULL : buf_text(&replay));
    member(out, "command", d->replay == NULL ? NULL : buf_text(&command));
    member(out, "argv", d->argv);
    member(out, "name", run->name);
    member(out, "target", run->target);
    member(out, "started_utc", run->started_utc);
    buf_printf(out, "  \"seed\": %" PRIu64 ",\n", run->seed);
    member(out, "version", run->version);
    member(out, "verdict", run->complete ? run->verdict : NULL);
    member(out, "scenario", run->scenario);
    buf_str(out, "  \"manifest\": {");
    buf_add(out, buf_text(&d->json), d->json.len);
    buf_str(out, "\n  }\n}\n");
    if (!buf_ok(&replay) || !buf_ok(&command))
        out->failed = true;
    buf_done(&replay);
    buf_done(&command);
}

static int run(const struct args *a) {
    struct document d = {0};
    struct err e = {""};
    struct buf out;
    int code = EXIT_OK;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    if (read_all(&d, args_at(a, 0), &e) == 0) {
        if (strcmp(opt_text(a, "format"), "json") == 0)
            programs(&d, &out);
        else
            people(&d, &out);
        if (!buf_ok(&out))
            err_set(&e, "out of memory for the manifest");
    }
    if (e.text[0] != '\0')
        code = command_error(EXIT_RUNTIME, e.text);
    else
        fwrite(buf_text(&out), 1, out.len, stdout);
    buf_done(&out);
    document_done(&d);
    return code;
}

static const struct opt_def opts[] = {
    {.name = "format",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .def = "table",
     .choices = "table|json",
     .help = "what to print"},
};

extern const struct command command_manifest;
const struct command command_manifest = {
    .name = "manifest",
    .usage = "RUN.db [options]",
    .summary = "print what it takes to repeat a run",
    .details =
        "Prints the command lines that run it again, the versions of everything that took part, "
        "the machine, its limits, and the hashes of the scenario and of each body file, as "
        "they were when the run was made. Secrets from the environment were never in the "
        "file and passwords in URLs are masked: both have to be there again.",
    .examples = "coldswarm manifest runs/paper.db # for people\n"
                "coldswarm manifest runs/paper.db --format json | jq -r .command # for a script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
