/* `coldswarm manifest`: shows what is needed to repeat a run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "cli/replay.h"
#include "record/reader.h"
#include "util/fits.h"
#include "util/json_write.h"
#include "util/text.h"

#define KEY_COLUMNS 24
#define DOCUMENT_MAX_BYTES ((size_t)1 << 28)

struct document {
    struct reader *reader;
    const char *path;
    struct replay *replay; /* NULL: the file does not have what one takes */
    struct err why_not;    /* then */
    char *argv;
    struct buf text; /* of the pairs */
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
    if (strcmp(key, "argv") == 0)
        d->argv = strdup(value);
}

static int read_all(struct document *d, const char *path, struct err *e) {
    buf_init(&d->text, DOCUMENT_MAX_BYTES);
    d->path = path;
    if (reader_open(path, &d->reader, e) != 0 || reader_manifest(d->reader, take_pair, d, e) != 0)
        return -1;
    if (buf_fits(&d->text, e, "read it with sqlite3", "the manifest of %s", path) != 0)
        return -1;
    if (replay_open(path, &d->replay, &d->why_not) != 0)
        d->replay = NULL;
    return 0;
}

static void document_done(struct document *d) {
    buf_done(&d->text);
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
    fact(out, "verdict", run->complete ? run->verdict : "interrupted");
    buf_char(out, '\n');
    buf_init(&command, DOCUMENT_MAX_BYTES);
    if (d->replay == NULL) {
        buf_str(out, "It cannot be replayed: ");
        text_printable(out, d->why_not.text, strlen(d->why_not.text));
        buf_str(out, "\n\n");
    } else {
        replay_line(d, &command);
        line(out, "Repeat it with the scenario from this file:", &command);
        buf_clear(&command);
        replay_command(d->replay, &command);
        line(out, "Repeat it with the original scenario file:", &command);
    }
    buf_clear(&command);
    buf_str(&command, d->argv == NULL ? "(unknown)" : d->argv);
    line(out, "Original command line:", &command);
    buf_add(out, buf_text(&d->text), d->text.len);
    if (!buf_ok(&command))
        out->failed = true;
    buf_done(&command);
}

/* ---- for programs ---- */

static void put_pair(void *context, const char *key, const char *value) {
    json_write_text(context, key, value);
}

static int programs(const struct document *d, struct buf *out, struct err *e) {
    const struct reader_run *run = reader_run(d->reader);
    struct json_writer w;
    struct buf replay, command;
    buf_init(&replay, DOCUMENT_MAX_BYTES);
    buf_init(&command, DOCUMENT_MAX_BYTES);
    replay_line(d, &replay);
    if (d->replay != NULL)
        replay_command(d->replay, &command);
    json_write_init(&w, out, "  ");
    json_write_object(&w, NULL, JSON_LINES);
    json_write_text(&w, "replay", d->replay == NULL ? NULL : buf_text(&replay));
    json_write_text(&w, "command", d->replay == NULL ? NULL : buf_text(&command));
    json_write_text(&w, "argv", d->argv);
    json_write_text(&w, "name", run->name);
    json_write_text(&w, "target", run->target);
    json_write_text(&w, "started_utc", run->started_utc);
    json_write_uint(&w, "seed", run->seed);
    json_write_text(&w, "version", run->version);
    json_write_text(&w, "verdict", run->complete ? run->verdict : NULL);
    json_write_text(&w, "scenario", run->scenario);
    json_write_object(&w, "manifest", JSON_LINES);
    int result = reader_manifest(d->reader, put_pair, &w, e);
    json_write_end(&w);
    json_write_end(&w);
    buf_char(out, '\n');
    if (!buf_ok(&replay) || !buf_ok(&command))
        out->failed = true;
    buf_done(&replay);
    buf_done(&command);
    return result;
}

static int run(const struct args *a) {
    struct document d = {0};
    struct err e = {""};
    struct buf out;
    int code = EXIT_OK;
    buf_init(&out, DOCUMENT_MAX_BYTES);
    int result = read_all(&d, args_at(a, 0), &e);
    if (result == 0 && strcmp(opt_text(a, "format"), "json") == 0)
        result = programs(&d, &out, &e);
    else if (result == 0)
        people(&d, &out);
    if (result == 0)
        result = buf_fits(&out, &e, "read it with sqlite3", "the manifest as text");
    if (result != 0)
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
     .help = "output format"},
};

const struct command command_manifest = {
    .name = "manifest",
    .usage = "RUN.db [options]",
    .summary = "show the command, versions and machine of a run",
    .details = "Prints how to repeat a run: the command lines, the versions of all software, the "
               "machine and its limits, and the hashes of the scenario and of each body file at "
               "the time of the run. Secrets from the environment are not in the file, and "
               "passwords in URLs are masked: set them again before you repeat the run.",
    .examples =
        "coldswarm manifest runs/paper.db # as text\n"
        "coldswarm manifest runs/paper.db --format json | jq -r .command # JSON for a script",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = 1,
    .run = run,
};
