#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "offset.h"
#include "record/record.h"
#include "seal.h"
#include "util/clock.h"
#include "util/file.h"
#include "util/words.h"

#define RELAY_MAX_BYTES ((size_t)1 << 20)
/* Reports that rank 0 does not take stay in the socket: the load process then adds to its next. */
#define RELAY_WAITING_MAX_BYTES ((size_t)4 << 20)
#define PIECE_BYTES ((size_t)1 << 20)
#define PIECES_WAITING_MAX_BYTES (4 * PIECE_BYTES)
#define ALIVE_NS NS_PER_S
#define ORPHAN_NS (60 * NS_PER_S)
/* Between two loads rank 0 merges and reads, and says nothing while it reads. */
#define ORPHAN_WAITING_NS (600 * NS_PER_S)
#define ZERO 0

static void greet(struct agent *a) {
    struct utsname u;
    a->child.fd = a->child.errors = -1;
    buf_init(&a->in, 2 * RELAY_MAX_BYTES);
    mail_text(a->mail, ZERO, "hello %s\n%s", COLDSWARM_VERSION,
              uname(&u) == 0 ? u.nodename : "(unknown host)");
}

void agent_init(struct agent *a, struct mail *m, const struct args *args, bool search) {
    *a = (struct agent){
        .mail = m, .args = args, .search = search, .file = -1, .heard_ns = clock_mono_ns()};
    greet(a);
}

void agent_done(struct agent *a) {
    child_done(&a->child);
    launch_done(&a->launch);
    step_done(&a->step);
    buf_done(&a->in);
    if (a->file >= 0)
        close(a->file);
}

static void fail(struct agent *a, const char *text) {
    mail_text(a->mail, ZERO, "failed\n%s", text);
}

/* Another load: nothing of the last one is left, except which signals were passed on. */
static void again(struct agent *a) {
    struct agent old = *a;
    if (a->began && !a->dropped)
        return;
    agent_done(a);
    agent_init(a, old.mail, old.args, old.search);
    a->signals = old.signals;
    a->alive_ns = old.alive_ns;
    a->noted = old.noted;
}

/* ---- the load process ---- */

static int check_folder(const struct agent *a, struct err *e) {
    if (access(a->launch.folder, W_OK | X_OK) == 0)
        return 0;
    return err_set(e,
                   "its file cannot be written to the folder %s: %s; set TMPDIR to one on a local "
                   "disk of this host",
                   a->launch.folder, strerror(errno));
}

static void begin(struct agent *a, const char *at, const char *words, size_t words_n) {
    struct err e = {""};
    uint64_t seed;
    size_t n = sizeof a->job.trace - 1;
    if (a->began || !words_uint(&at, &seed) || strcspn(at, "\n") != n)
        return;
    a->began = true;
    a->job.seed = seed;
    memcpy(a->job.trace, at, n);
    if (words_n > 0 && step_read(&a->step, words, words_n, &e) != 0) {
        fail(a, e.text);
        return;
    }
    const struct args *args = words_n > 0 ? a->step.args : a->args;
    if (args == NULL) {
        fail(a, a->mistake);
        return;
    }
    if (launch_init(&a->launch, args, &a->job, mail_rank(a->mail), mail_size(a->mail), &e) != 0 ||
        check_folder(a, &e) != 0 ||
        child_start(&a->child, a->launch.program, a->launch.argv, &e) != 0) {
        fail(a, e.text);
        return;
    }
    const char *network = file_network(a->launch.path);
    mail_text(a->mail, ZERO, "file %s", a->launch.path);
    if (network != NULL && !a->noted)
        mail_text(a->mail, ZERO,
                  "note\n%s is on %s: run files that are being written belong on a local disk; set "
                  "TMPDIR",
                  a->launch.folder, network);
    a->noted = true;
}

static void relay(struct agent *a) {
    struct buf text;
    bool exited = a->child.exited;
    if (a->child.pid == 0 || a->told_exit || mail_waiting(a->mail, ZERO) > RELAY_WAITING_MAX_BYTES)
        return;
    if (a->in.len == 0)
        buf_str(&a->in, "bytes\n");
    child_turn(&a->child, &a->in, RELAY_MAX_BYTES);
    bool full = a->in.len >= RELAY_MAX_BYTES;
    if (a->in.len > strlen("bytes\n"))
        mail_send(a->mail, ZERO, a->in.data, a->in.len);
    buf_clear(&a->in);
    if (!exited || full)
        return;
    a->told_exit = true;
    buf_init(&text, RELAY_MAX_BYTES);
    buf_printf(&text, "exit %d %d\n", a->child.code, a->child.signal);
    struct buf errors;
    buf_init(&errors, RELAY_MAX_BYTES);
    child_errors(&a->child, &errors);
    buf_str(&text, buf_text(&errors));
    mail_send(a->mail, ZERO, text.data, text.len);
    buf_done(&errors);
    buf_done(&text);
}

/* ---- the file ---- */

static void start_file(struct agent *a, const char *lines) {
    struct stat st = {.st_size = 0};
    struct err e = {""};
    if (a->file >= 0)
        return;
    if (access(a->launch.path, F_OK) != 0)
        err_set(&e, "it left no run file");
    else if (seal_file(a->launch.path, lines, &e) == 0) {
        a->file = open(a->launch.path, O_RDONLY | O_CLOEXEC);
        if (a->file < 0 || fstat(a->file, &st) != 0)
            err_set(&e, "cannot read %s: %s", a->launch.path, strerror(errno));
    }
    if (e.text[0] != '\0')
        fail(a, e.text);
    else
        mail_text(a->mail, ZERO, "size %lld", (long long)st.st_size);
}

static void send_pieces(struct agent *a) {
    static const char head[] = "piece\n";
    size_t n = strlen(head);
    char *piece = NULL;
    while (a->file >= 0 && mail_waiting(a->mail, ZERO) < PIECES_WAITING_MAX_BYTES) {
        if (piece == NULL && (piece = malloc(n + PIECE_BYTES)) == NULL) {
            struct err e = {""};
            err_memory(&e, NULL);
            fail(a, e.text);
            return;
        }
        memcpy(piece, head, n);
        ssize_t got = read(a->file, piece + n, PIECE_BYTES);
        if (got > 0)
            mail_send(a->mail, ZERO, piece, n + (size_t)got);
        if (got > 0 && mail_rank(a->mail) != ZERO)
            continue;
        if (got > 0)
            break; /* rank 0 takes its own as it comes */
        if (got < 0)
            fail(a, strerror(errno));
        close(a->file);
        a->file = -1;
    }
    free(piece);
}

static void drop(struct agent *a) {
    if (a->launch.path[0] != '\0')
        record_remove(a->launch.path);
    a->dropped = true;
}

/* ---- rank 0 ---- */

void agent_message(struct agent *a, const char *text, size_t n) {
    const char *at = text, *line = memchr(text, '\n', n);
    size_t rest = line == NULL ? 0 : n - (size_t)(line + 1 - text);
    a->heard_ns = clock_mono_ns();
    if (words_is(&at, "begin"))
        begin(a, at, line == NULL ? "" : line + 1, rest);
    else if (words_is(&at, "say"))
        child_say(&a->child, line == NULL ? "" : line + 1, rest);
    else if (words_is(&at, "clock"))
        offset_answer(ZERO);
    else if (words_is(&at, "quiet"))
        a->quiet = *at == '1';
    else if (words_is(&at, "kill"))
        child_kill(&a->child);
    else if (words_is(&at, "send"))
        start_file(a, line == NULL ? "" : line + 1);
    else if (words_is(&at, "drop"))
        drop(a);
    else if (words_is(&at, "again"))
        again(a);
    else if (words_is(&at, "bye")) {
        a->over = true;
        a->abandoned = *at == '1';
    }
}

static void stop_child(struct agent *a, const char *why) {
    child_say(&a->child, why, strlen(why));
}

/* Without rank 0 there is nobody to report to: the load ends, and the file stays. */
static void mind_rank_0(struct agent *a, int64_t now_ns) {
    struct err e;
    int64_t limit_ns = a->dropped ? ORPHAN_WAITING_NS : ORPHAN_NS;
    if (mail_rank(a->mail) == ZERO || (a->dropped && !a->search) || now_ns - a->heard_ns < limit_ns)
        return;
    if (!a->orphan) {
        bool left = !a->dropped && a->launch.path[0] != '\0';
        err_set(&e, "rank 0 has been silent for %d s; this part ends%s%s",
                (int)(limit_ns / NS_PER_S), left ? ", and its file stays: " : "",
                left ? a->launch.path : "");
        command_error(EXIT_RUNTIME, e.text);
        stop_child(a, "stop rank 0 is silent\n");
    }
    a->orphan = true;
    if (a->child.pid == 0 || a->child.exited) {
        a->over = true;
        a->exit_code = EXIT_RUNTIME;
    }
}

void agent_turn(struct agent *a, int signals, int number) {
    int64_t now_ns = clock_mono_ns();
    relay(a);
    send_pieces(a);
    for (; a->signals < signals; a->signals++)
        mail_text(a->mail, ZERO, "signal %d", number);
    if (now_ns - a->alive_ns >= ALIVE_NS) {
        a->alive_ns = now_ns;
        if (mail_waiting(a->mail, ZERO) < RELAY_WAITING_MAX_BYTES)
            mail_text(a->mail, ZERO, "alive");
    }
    mind_rank_0(a, now_ns);
}
