#include "convert/python.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "util/child.h"
#include "util/clock.h"
#include "util/text.h"

#define PARTS_MAX 8                  /* of the script; also of its arguments */
#define TIME_MAX_NS (120 * NS_PER_S) /* of a busy machine; the script limits its own CPU time */
#define SAID_MAX ((size_t)4096)

/* An argument has at most 128 KiB (Linux), so the script comes in parts. */
static const char start_text[] =
    "import sys; n = int(sys.argv[1]); text = ''.join(sys.argv[2:2 + n]); "
    "sys.argv = ['convert'] + sys.argv[2 + n:]; exec(compile(text, 'convert', 'exec'))";

static int explain(enum child_end end, int status, const struct buf *said, size_t room,
                   struct err *e) {
    struct buf shown;
    if (end == CHILD_MISSING)
        return err_set(e, "python3 is needed to read a locustfile, and is not installed; install "
                          "it (apt-get install python3-minimal)");
    if (end == CHILD_FAILED)
        return err_set(e, "cannot start python3: %s", strerror(status));
    if (end == CHILD_LIMIT)
        return err_set(e, "reading it takes more than %d s or %zu bytes; make it simpler",
                       (int)(TIME_MAX_NS / NS_PER_S), room);
    buf_init(&shown, 8 * SAID_MAX);
    text_printable(&shown, buf_text(said), said->len);
    err_set(e, "python3 failed, with %s %d%s%.300s; Python 3.8 or later is needed",
            WIFEXITED(status) ? "code" : "signal",
            WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), shown.len > 0 ? ": " : "",
            buf_text(&shown) + (shown.len > 300 ? shown.len - 300 : 0));
    buf_done(&shown);
    return -1;
}

int python_run(const char *const *parts, const char *const *given, const char *input, size_t bytes,
               struct buf *out, struct err *e) {
    char count[16];
    const char *arguments[PARTS_MAX + PARTS_MAX + 8] = {"python3", "-I",       "-S",
                                                        "-c",      start_text, count};
    size_t n = 6, part = 0;
    struct buf said;
    int status = 0, result = 0;
    for (; part < PARTS_MAX && parts[part] != NULL; part++)
        arguments[n++] = parts[part];
    snprintf(count, sizeof count, "%zu", part);
    for (size_t i = 0; i < PARTS_MAX && given[i] != NULL; i++)
        arguments[n++] = given[i];
    buf_init(&said, SAID_MAX);
    enum child_end end = child_run(arguments, input, bytes, TIME_MAX_NS, out, &said, &status);
    if (end != CHILD_ENDED || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        result = explain(end, status, &said, out->max, e);
    buf_done(&said);
    return result;
}
