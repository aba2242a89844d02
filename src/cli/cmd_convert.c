/* `coldswarm convert`: makes a scenario from a HAR file, curl command lines, OpenAPI, a Postman
 * collection, a locustfile, an access log or a list of URLs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cmd.h"
#include "cli/command.h"
#include "convert/convert.h"
#include "scenario/scenario.h"
#include "util/buf.h"
#include "util/file.h"
#include "util/text.h"

#define NAMED_BYTES_MAX ((size_t)4 << 20)
#define BEGIN_BYTES ((size_t)1 << 20) /* of a source, that tell whether all of it is needed */

/* The folder of a file, without a slash at its end ("." for one that names none); NULL: no
 * memory. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* Words as one command line: what the shell took apart is quoted again. */
static void quote_words(const struct args *a, struct buf *out) {
    for (size_t i = 0; i < args_count(a); i++) {
        buf_str(out, i > 0 ? " '" : "'");
        for (const char *p = args_at(a, i); *p != '\0'; p++) {
            if (*p == '\'')
                buf_str(out, "'\\''");
            else
                buf_char(out, *p);
        }
        buf_char(out, '\'');
    }
}

/* A file of any size, or a pipe. */
struct source {
    int fd;
    const char *name;
};

static ptrdiff_t read_some(void *context, char *to, size_t n, struct err *e) {
    const struct source *s = context;
    ssize_t got;
    do
        got = read(s->fd, to, n);
    while (got < 0 && errno == EINTR);
    return got >= 0 ? got : err_set(e, "cannot read %s: %s", s->name, strerror(errno));
}

/* Appends up to `n` bytes, fewer at the end of the file. */
static int read_up_to(struct source *s, struct buf *out, size_t n, struct err *e) {
    char chunk[1 << 16];
    while (n > 0 && buf_ok(out)) {
        ptrdiff_t got = read_some(s, chunk, n < sizeof chunk ? n : sizeof chunk, e);
        if (got <= 0)
            return (int)got;
        buf_add(out, chunk, (size_t)got);
        n -= (size_t)got;
    }
    return 0;
}

/* The whole file, or the beginning of one that is read line by line; o->more gives the rest of
 * it. */
static int read_file(struct source *s, const char *path, struct buf *out, struct convert_options *o,
                     struct err *e) {
    s->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return err_set(e, "cannot open %s: %s", s->name, strerror(errno));
    if (read_up_to(s, out, BEGIN_BYTES, e) != 0)
        return -1;
    if (out->len == BEGIN_BYTES && convert_is_lines(o->from, s->name, buf_text(out), out->len)) {
        o->more = read_some;
        o->more_context = s;
        return 0;
    }
    /* So a device or a damaged file is known before all of it is read. */
    const char *nul = memchr(buf_text(out), '\0', out->len);
    if (out->len == BEGIN_BYTES && nul != NULL)
        return err_set(e, "%s: this is not text: byte %td is NUL", s->name, nul - out->data + 1);
    return read_up_to(s, out, CONVERT_BYTES_MAX + 1, e);
}

/* The source: a file, stdin, one argument that is a command line, or the words of one. */
static int read_source(const struct args *a, struct source *s, struct buf *out,
                       struct convert_options *o, struct err *e) {
    const char *first = args_at(a, 0);
    bool is_stdin = strcmp(first, "-") == 0;
    s->name = is_stdin ? "stdin" : first;
    if (strcmp(first, "curl") == 0 || strcmp(first, "grpcurl") == 0) {
        quote_words(a, out);
    } else if (args_count(a) > 1) {
        return err_set(e,
                       "unexpected argument \"%.100s\"; give one file, or a complete curl command",
                       args_at(a, 1));
    } else if (strncmp(first, "curl ", 5) == 0 || strncmp(first, "grpcurl ", 8) == 0) {
        s->name = first[0] == 'c' ? "curl" : "grpcurl";
        buf_str(out, first);
    } else if (read_file(s, is_stdin ? "/dev/stdin" : first, out, o, e) != 0) {
        return -1;
    }
    return buf_ok(out)
               ? 0
               : err_set(e, "%s: larger than the limit of %zu bytes", s->name, CONVERT_BYTES_MAX);
}

/* Writes a file that is not there yet, or with `force` in place of one. */
static int write_file(const char *path, const char *bytes, size_t n, bool force, struct err *e) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0666);
    if (fd < 0 && errno == EEXIST)
        return err_set(e, "%s already exists; use --force to overwrite it", path);
    if (fd < 0)
        return err_set(e, "cannot write %s: %s", path, strerror(errno));
    int result = 0;
    for (size_t done = 0; done < n && result == 0;) {
        ssize_t w = write(fd, bytes + done, n - done);
        if (w > 0)
            done += (size_t)w;
        else if (errno != EINTR)
            result = err_set(e, "cannot write %s: %s", path, strerror(errno));
    }
    if (close(fd) != 0 && result == 0)
        result = err_set(e, "cannot write %s: %s", path, strerror(errno));
    return result;
}

/* The source must outlive its conversion, whatever name leads to it. */
static int not_the_source(const char *path, int source, struct err *e) {
    struct stat from, to;
    if (source < 0 || fstat(source, &from) != 0 || !S_ISREG(from.st_mode) || stat(path, &to) != 0 ||
        from.st_dev != to.st_dev || from.st_ino != to.st_ino)
        return 0;
    return err_set(e, "%s is the source: nothing was written; give another name with -o", path);
}

/* Writes the files next to the scenario, or only asks whether one of them is the source. */
static int each_file(const char *path, const struct convert_result *r, bool write, int source,
                     bool force, struct err *e) {
    char *folder = folder_of(path);
    int result = folder == NULL ? err_memory(e, NULL) : 0;
    for (size_t i = 0; i < r->file_count && result == 0; i++) {
        struct buf name;
        buf_init(&name, 8192);
        buf_printf(&name, "%s/%s", folder, r->files[i].name);
        result = write ? write_file(buf_text(&name), r->files[i].bytes, r->files[i].n, force, e)
                       : not_the_source(buf_text(&name), source, e);
        buf_done(&name);
    }
    free(folder);
    return result;
}

static int write_all(const char *path, const struct convert_result *r, int source, bool force,
                     struct err *e) {
    if (not_the_source(path, source, e) != 0 || each_file(path, r, false, source, force, e) != 0 ||
        each_file(path, r, true, source, force, e) != 0)
        return -1;
    return write_file(path, r->scenario, r->bytes, force, e);
}

/* Good as a host, a port and a text. */
static const char *any_value(const char *name, void *context) {
    (void)name;
    (void)context;
    return "1";
}

/* What `validate` will say of it, whatever the variables hold. */
static int check(const char *name, const char *folder, const struct convert_result *r,
                 struct err *e) {
    struct scenario *s = NULL;
    if (r->asks_target)
        return 0;
    int result = scenario_parse(name, folder, r->scenario, r->bytes, any_value, NULL, &s, e);
    scenario_free(s);
    return result;
}

/* Names of files in a source count from `from`, those in the scenario from its own folder. Sets
 * *folder to what must stand in front of them ("/a/b/"), or leaves it NULL where the two are
 * one. */
static int files_folder(const char *from, const char *to, char **folder, struct err *e) {
    char *a = realpath(from, NULL), *b = realpath(to, NULL);
    int result = 0;
    if (b == NULL)
        result = err_set(e, "cannot write into %s: %s", to, strerror(errno));
    else if (a != NULL && strcmp(a, b) != 0 &&
             asprintf(folder, "%s%s", a, strcmp(a, "/") == 0 ? "" : "/") < 0)
        result = err_memory(e, NULL);
    free(a);
    free(b);
    return result;
}

/* A file whose text becomes a part of the scenario; `context` is the folder of relative
 * names; NULL: the current one. */
static bool read_named(void *context, const char *path, struct buf *out) {
    struct buf b, whole;
    struct err ignored;
    buf_init(&b, NAMED_BYTES_MAX);
    buf_init(&whole, 8192);
    if (path[0] != '/' && context != NULL)
        buf_printf(&whole, "%s/", (const char *)context);
    buf_str(&whole, path);
    bool good = buf_ok(&whole) && file_read(buf_text(&whole), &b, &ignored) == 0 && buf_ok(&b);
    buf_done(&whole);
    if (good)
        buf_add(out, buf_text(&b), b.len);
    buf_done(&b);
    return good;
}

struct job {
    struct buf text;
    struct source source;
    char *stem, *to, *from,
        *prefix; /* of the scenario's name; folders; what relative names begin with */
};

static int prepare(const struct args *a, struct job *j, struct convert_options *o,
                   const char **name, struct err *e) {
    static const enum convert_from kinds[] = {CONVERT_HAR,        CONVERT_CURL,    CONVERT_OPENAPI,
                                              CONVERT_POSTMAN,    CONVERT_LOCUST,  CONVERT_URLS,
                                              CONVERT_ACCESS_LOG, CONVERT_GRPCURL, CONVERT_PROTO};
    const char *out = opt_text(a, "out"), *from = opt_text(a, "from");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (from != NULL && strcmp(from, convert_word(kinds[i])) == 0)
            o->from = kinds[i];
    if (read_source(a, &j->source, &j->text, o, e) != 0)
        return -1;
    *name = j->source.name;
    if (strcmp(*name, "curl") == 0)
        o->from = CONVERT_CURL;
    if (strcmp(*name, "grpcurl") == 0)
        o->from = CONVERT_GRPCURL;
    o->host = opt_text(a, "host");
    o->assets = opt_flag(a, "assets");
    o->think = opt_flag(a, "think");
    o->times = opt_flag(a, "times");
    bool file =
        strcmp(*name, "curl") != 0 && strcmp(*name, "grpcurl") != 0 && strcmp(*name, "stdin") != 0;
    j->to = folder_of(out != NULL ? out : "x");
    j->from = file ? folder_of(*name) : strdup(".");
    if (out != NULL) {
        const char *base = file_base(out);
        size_t n = strlen(base);
        j->stem = strndup(base, n > 5 && strcmp(base + n - 5, ".json") == 0 ? n - 5 : n);
        o->file_stem = j->stem;
    }
    if (j->to == NULL || j->from == NULL || (out != NULL && j->stem == NULL))
        return err_memory(e, NULL);
    /* The files of a curl command are where it was to be run, which is here. */
    bool here =
        o->from == CONVERT_CURL || o->from == CONVERT_GRPCURL ||
        (o->from == CONVERT_AUTO && convert_is_shell(*name, buf_text(&j->text), j->text.len));
    if (files_folder(here ? "." : j->from, j->to, &j->prefix, e) != 0)
        return -1;
    o->files_folder = j->prefix;
    o->source_folder = file ? j->from : NULL;
    o->read = read_named;
    o->read_context = here ? NULL : j->from;
    return 0;
}

/* Each line by itself: the name of the source is in it. */
static void show_said(const char *lines) {
    for (const char *at = lines; *at != '\0';) {
        struct buf shown;
        size_t n = strcspn(at, "\n");
        buf_init(&shown, CONVERT_BYTES_MAX);
        text_printable(&shown, at, n);
        fprintf(stderr, "%s\n", buf_text(&shown));
        buf_done(&shown);
        at += n + (at[n] == '\n');
    }
}

/* "read 12 requests; 3 not read, 2 assumptions: see comments" */
static void show_counts(const struct convert_result *r) {
    const struct {
        size_t count;
        const char *one, *many;
    } all[] = {{r->lost, "not read", "not read"},
               {r->assumed, "assumption", "assumptions"},
               {r->details, "detail left out", "details left out"}};
    const char *before = "; ";
    fprintf(stderr, "read %" PRIu64 " request%s", r->requests, text_plural(r->requests));
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].count == 0)
            continue;
        fprintf(stderr, "%s%zu %s", before, all[i].count,
                all[i].count == 1 ? all[i].one : all[i].many);
        before = ", ";
    }
    fprintf(stderr, "%s\n", r->lost + r->assumed + r->details > 0 ? ": see comments" : "");
}

/* Options of one format are errors with others: nothing is ignored. */
static int check_options(const struct convert_options *o, enum convert_from from, struct err *e) {
    bool log = from == CONVERT_ACCESS_LOG, hosts = log || from == CONVERT_URLS;
    if (from != CONVERT_HAR && !hosts && o->host != NULL)
        return err_set(e,
                       "--host applies only to HAR, access logs and lists of URLs, and this is %s; "
                       "use coldswarm run --host to change the target",
                       convert_word(from));
    if (from != CONVERT_HAR && (o->assets || o->think))
        return err_set(e, "--%s applies only to HAR, and this is %s",
                       o->assets ? "assets" : "think", convert_word(from));
    if (!log && o->times)
        return err_set(e, "--times applies only to access logs, and this is %s",
                       convert_word(from));
    return 0;
}

static int run(const struct args *a) {
    struct job j = {.source = {.fd = -1, .name = ""}};
    struct convert_options o = {.from = CONVERT_AUTO};
    struct convert_result r = {0};
    struct err e = {""};
    const char *name = NULL, *out = opt_text(a, "out");
    int code = EXIT_USAGE;
    buf_init(&j.text, CONVERT_BYTES_MAX);
    if (prepare(a, &j, &o, &name, &e) != 0 ||
        convert_text(&o, name, buf_text(&j.text), j.text.len, &r, &e) != 0)
        goto out;
    if (check_options(&o, r.from, &e) != 0)
        goto out;
    if (out == NULL)
        fwrite(r.scenario, 1, r.bytes, stdout);
    else if (write_all(out, &r, j.source.fd, opt_flag(a, "force"), &e) != 0)
        goto out;
    fflush(stdout);
    show_said(r.said);
    if (check(out != NULL ? out : "scenario", j.to, &r, &e) != 0) {
        err_prefix(&e, "the scenario was written, but is not valid yet");
        show_counts(&r);
        goto out;
    }
    if (out != NULL)
        fprintf(stderr,
                "%s: %" PRIu64 " request%s from %s; to see what it does: coldswarm validate %s\n",
                out, r.requests, text_plural(r.requests), convert_word(r.from), out);
    show_counts(&r);
    if (opt_flag(a, "strict") && r.lost + r.details > 0)
        err_set(&e, "the scenario was written, but it lacks parts of the source (--strict)");
    else
        code = EXIT_OK;
out:
    if (code != EXIT_OK)
        command_error(code, e.text);
    convert_done(&r);
    buf_done(&j.text);
    if (j.source.fd >= 0)
        close(j.source.fd);
    free(j.stem);
    free(j.to);
    free(j.from);
    free(j.prefix);
    return code;
}

static const struct opt_def opts[] = {
    {.name = "from",
     .letter = 'f',
     .type = OPT_CHOICE,
     .meta = "FORMAT",
     .choices = "har|curl|openapi|postman|locust|urls|access-log|grpcurl|proto",
     .help = "format of the source (default: detected)"},
    {.name = "out",
     .letter = 'o',
     .type = OPT_FILE,
     .meta = "FILE",
     .help = "write the scenario to FILE (default: stdout)"},
    {.name = "force", .type = OPT_FLAG, .help = "overwrite an existing file"},
    {.name = "strict",
     .type = OPT_FLAG,
     .help = "exit with code 2 if anything of the source is left out"},
    {.name = "host",
     .letter = 'H',
     .type = OPT_TEXT,
     .meta = "HOST",
     .help = "HAR, logs and lists of URLs: keep the requests to this host (default: HAR: the host "
             "of the first page; logs: the most frequent one); the target, if a log names no host"},
    {.name = "assets", .type = OPT_FLAG, .help = "HAR: keep images, scripts, styles and fonts"},
    {.name = "think",
     .type = OPT_FLAG,
     .help = "HAR: keep every pause between requests as think time, not only those of 0.5 s or "
             "more"},
    {.name = "times",
     .type = OPT_FLAG,
     .help = "access logs: send at the times of the log (with -o)"},
};

const struct command command_convert = {
    .name = "convert",
    .usage = "SOURCE [options]",
    .summary = "create a scenario from HAR, curl, OpenAPI, Postman, Locust, gRPC or an access log",
    .details =
        "SOURCE is a file, - for stdin, or a curl command line (quoted, or as separate "
        "words after --). The scenario has a comment for every assumption and omission; the "
        "last line on stderr counts them. No request is sent, and no code in the source is "
        "run.\n"
        "\n"
        "Passwords, tokens, keys and cookies are not copied into the scenario. ${env.NAME} "
        "replaces each, and the first lines of the scenario list the variables to set.\n"
        "\n"
        "Supported: HAR 1.2; curl's options and shell quoting; OpenAPI 2, 3.0 and 3.1, in "
        "JSON or YAML; Postman collections 2.0 and 2.1; .proto files, which protoc reads, and "
        "grpcurl's command lines; locustfiles, "
        "which python3 parses and never runs; access logs of nginx, Apache, Caddy, Envoy, "
        "Traefik and Cloud Run; and lists of URLs.",
    .examples =
        "coldswarm convert recording.har -o shop.json # a recording from the browser\n"
        "coldswarm convert -- curl -d a=1 http://127.0.0.1:8080/ # a curl command\n"
        "coldswarm convert openapi.yaml -o api.json # an API description\n"
        "coldswarm convert access.log --host http://127.0.0.1:8080 -o mix.json # what users "
        "request",
    .opts = opts,
    .opt_count = sizeof opts / sizeof *opts,
    .positional_min = 1,
    .positional_max = -1,
    .run = run,
};
