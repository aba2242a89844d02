#include "emulator/container.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "emulator/processes.h"
#include "emulator/wire.h"
#include "util/clock.h"
#include "util/rng.h"
#include "util/timer.h"

/* Below the ports that the kernel gives to outgoing connections, so that none of these is in the
 * way. */
#define PORT_FIRST 18000
#define PORT_LAST 32000
#define PROBE_FIRST_MS 2
#define PROBE_LAST_MS 50
#define PIPES_MS 200

static void probe_now(uv_timer_t *timer);

/* A port that nothing listens on now, held by *held until that is closed. Between then and the
 * instance's bind() somebody could take it: then the instance says so and ends, and the next one
 * gets another. */
static int free_port(int *held) {
    static struct rng rng;
    static bool seeded;
    if (!seeded)
        rng_seed(&rng, (uint64_t)clock_real_ns(), (uint64_t)getpid());
    seeded = true;
    for (int tries = 0; tries < 1000; tries++) {
        int port = PORT_FIRST + (int)rng_below(&rng, PORT_LAST - PORT_FIRST + 1);
        struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bool is_free = fd >= 0 && bind(fd, (struct sockaddr *)&any, sizeof any) == 0;
        if (is_free) {
            *held = fd;
            return port;
        }
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

/* ---- the environment ---- */

static bool names_same(const char *a, const char *b) {
    size_t n = strcspn(a, "=");
    return strncmp(a, b, n) == 0 && b[n] == '=';
}

/* NULL without memory. The texts of `set` and `more` are borrowed. */
static char **make_environment(char *const *set, char *const *more) {
    size_t count = 0, filled = 0;
    char *const *const lists[] = {set, more, environ};
    for (size_t l = 0; l < 3; l++)
        for (size_t i = 0; lists[l] != NULL && lists[l][i] != NULL; i++)
            count++;
    char **out = calloc(count + 1, sizeof *out);
    /* The first of a name wins: ours, then service.yaml's, then the emulator's own. */
    for (size_t l = 0; out != NULL && l < 3; l++)
        for (size_t i = 0; lists[l] != NULL && lists[l][i] != NULL; i++) {
            bool known = false;
            for (size_t k = 0; k < filled && !known; k++)
                known = names_same(lists[l][i], out[k]);
            if (!known)
                out[filled++] = lists[l][i];
        }
    return out;
}

/* ---- the end ---- */

/* One handle fewer; with the last one the container goes. */
static void let_go(struct container *c) {
    if (--c->handles > 0)
        return;
    c->options->closed(c->options->context, c);
    output_done(&c->outputs[0]);
    output_done(&c->outputs[1]);
    free(c);
}

static void handle_closed(uv_handle_t *handle) {
    let_go(handle->data);
}

static void probe_closed(uv_handle_t *handle) {
    struct container *c = handle->data;
    free(handle);
    let_go(c);
}

static void close_probe(struct container *c) {
    if (c->probe != NULL)
        uv_close((uv_handle_t *)c->probe, probe_closed);
    c->probe = NULL;
}

static void pass_line(struct container *c, bool is_stderr, const char *text, size_t n) {
    c->options->line(c->options->context, c, is_stderr, text, n);
}
static void stdout_line(void *context, const char *text, size_t n) {
    pass_line(context, false, text, n);
}
static void stderr_line(void *context, const char *text, size_t n) {
    pass_line(context, true, text, n);
}

static void pipe_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer) {
    struct container *c = stream->data;
    size_t which = (uv_pipe_t *)stream == &c->pipes[1];
    output_line_fn *line = which == 1 ? stderr_line : stdout_line;
    if (n > 0)
        output_feed(&c->outputs[which], buffer->base, (size_t)n, line, c);
    if (n >= 0)
        return;
    output_end(&c->outputs[which], line, c);
    if (!uv_is_closing((uv_handle_t *)stream))
        uv_close((uv_handle_t *)stream, handle_closed);
}

static void kill_rest(struct container *c) {
    char mark[64];
    snprintf(mark, sizeof mark, "%s-%d-", c->options->guard->mark, c->port);
    processes_kill(&c->pid, 1, mark);
}

/* What a process wrote with its last breath is in the pipes; then they end, unless somebody got
 * away with them. */
static void pipes_late(uv_timer_t *timer) {
    struct container *c = timer->data;
    if (c->pid != 0) {
        kill_rest(c); /* a process that was being born at the first time */
        guard_forget(c->options->guard, c->pid);
    }
    limits_remove(&c->limits);
    for (size_t i = 0; i < 2; i++)
        if (!uv_is_closing((uv_handle_t *)&c->pipes[i]))
            pipe_read((uv_stream_t *)&c->pipes[i], UV_EOF, NULL);
    uv_close((uv_handle_t *)timer, handle_closed);
}

static void process_ended(uv_process_t *process, int64_t status, int signal_number) {
    struct container *c = process->data;
    c->exit_status = status;
    c->exit_signal = signal_number;
    c->ended_ns = clock_mono_ns();
    c->state = CONTAINER_ENDED;
    kill_rest(c);
    close_probe(c);
    uv_close((uv_handle_t *)process, handle_closed);
    uv_timer_start(&c->timer, pipes_late, PIPES_MS, 0);
    c->options->ended(c->options->context, c);
}

static void let_port_go(struct container *c) {
    if (c->port_fd >= 0)
        close(c->port_fd);
    c->port_fd = -1;
}

/* The end of one whose command does not run. */
static void ended_early(uv_timer_t *timer) {
    struct container *c = timer->data;
    let_port_go(c);
    c->ended_ns = clock_mono_ns();
    c->state = CONTAINER_ENDED;
    uv_timer_start(timer, pipes_late, 0, 0);
    c->options->ended(c->options->context, c);
}

static void signal_group(struct container *c, int signal_number) {
    if (c->state == CONTAINER_ENDED || c->pid == 0)
        return;
    kill(-c->pid, signal_number);
}

static void grace_over(uv_timer_t *timer) {
    signal_group(timer->data, SIGKILL);
}

void container_stop(struct container *c) {
    if (c->state >= CONTAINER_STOPPING)
        return;
    c->state = CONTAINER_STOPPING;
    c->cause = CONTAINER_STOPPED;
    c->sigterm_ns = clock_mono_ns();
    close_probe(c);
    signal_group(c, SIGTERM);
    container_hold(c, false);
    if (c->pid == 0)
        uv_timer_start(&c->timer, ended_early, 0, 0);
    else
        timer_after(&c->timer, grace_over, c->options->grace_ns);
}

void container_kill(struct container *c, enum container_cause cause) {
    if (c->state == CONTAINER_ENDED)
        return;
    if (cause != CONTAINER_STOPPED || c->state != CONTAINER_STOPPING)
        c->cause = cause;
    c->state = CONTAINER_STOPPING;
    close_probe(c);
    uv_timer_stop(&c->timer);
    if (c->pid == 0)
        uv_timer_start(&c->timer, ended_early, 0, 0);
    signal_group(c, SIGKILL);
}

void container_hold(struct container *c, bool held) {
    if (held == c->held)
        return;
    c->held = held;
    signal_group(c, held ? SIGSTOP : SIGCONT);
}

/* ---- the start ---- */

static void probed(uv_connect_t *request, int status) {
    struct container *c = request->data;
    free(request);
    if (status == UV_ECANCELED || c->state != CONTAINER_STARTING)
        return;
    close_probe(c);
    if (status == 0) {
        c->state = CONTAINER_READY;
        c->ready_ns = clock_mono_ns();
        uv_timer_stop(&c->timer);
        c->options->ready(c->options->context, c);
        return;
    }
    uint64_t wait = PROBE_FIRST_MS + c->attempts / 8;
    uv_timer_start(&c->timer, probe_now, wait < PROBE_LAST_MS ? wait : PROBE_LAST_MS, 0);
}

static void probe_now(uv_timer_t *timer) {
    struct container *c = timer->data;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (clock_mono_ns() - c->run_ns >= c->options->startup_limit_ns) {
        container_kill(c, CONTAINER_NO_PROBE);
        return;
    }
    c->attempts++;
    uv_connect_t *request = malloc(sizeof *request);
    c->probe = malloc(sizeof *c->probe);
    if (request == NULL || c->probe == NULL) {
        free(request);
        free(c->probe);
        c->probe = NULL;
        uv_timer_start(&c->timer, probe_now, PROBE_LAST_MS, 0);
        return;
    }
    uv_tcp_init(c->loop, c->probe);
    c->handles++;
    request->data = c->probe->data = c;
    int failed = uv_tcp_connect(request, c->probe, (struct sockaddr *)&to, probed);
    if (failed != 0)
        probed(request, failed);
}

static int spawn(struct container *c, char **environment) {
    const struct container_options *o = c->options;
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}};
    for (size_t i = 0; i < 2; i++) {
        stdio[i + 1].flags = (uv_stdio_flags)(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
        stdio[i + 1].data.stream = (uv_stream_t *)&c->pipes[i];
    }
    uv_process_options_t options = {
        .exit_cb = process_ended,
        .file = o->argv[0],
        .args = (char **)(uintptr_t)o->argv,
        .env = environment,
        .flags = UV_PROCESS_DETACHED,
        .stdio_count = 3,
        .stdio = stdio,
    };
    limits_enter(o->limits, &c->limits);
    int failed = uv_spawn(c->loop, &c->process, &options);
    limits_leave(o->limits);
    return failed;
}

static void init_handles(struct container *c) {
    for (size_t i = 0; i < 2; i++) {
        uv_pipe_init(c->loop, &c->pipes[i], 0);
        c->pipes[i].data = c;
    }
    uv_timer_init(c->loop, &c->timer);
    c->timer.data = c->process.data = c;
    c->handles = 3;
}

/* Runs the command. Where that fails, the process's handle is closing and the container is the
 * caller's to end. */
static int run(struct container *c, struct err *e) {
    const struct container_options *o = c->options;
    char texts[5][300];
    char *set[6] = {texts[0], texts[1], texts[2], texts[3], texts[4], NULL};
    snprintf(texts[0], sizeof texts[0], "PORT=%d", c->port);
    snprintf(texts[1], sizeof texts[1], "K_SERVICE=%s", o->service);
    snprintf(texts[2], sizeof texts[2], "K_REVISION=%s", o->revision);
    snprintf(texts[3], sizeof texts[3], "K_CONFIGURATION=%s", o->configuration);
    snprintf(texts[4], sizeof texts[4], PROCESSES_MARK_NAME "=%s-%d-", o->guard->mark, c->port);
    char **environment = make_environment(set, o->env);
    if (environment == NULL)
        return err_memory(e, "an instance");
    let_port_go(c);
    int failed = spawn(c, environment);
    free(environment);
    c->handles++;
    if (failed != 0) {
        uv_close((uv_handle_t *)&c->process, handle_closed);
        return err_set(e, "cannot start %.500s: %s", o->argv[0], uv_strerror(failed));
    }
    c->run_ns = clock_mono_ns();
    c->pid = uv_process_get_pid(&c->process);
    guard_watch(o->guard, c->pid);
    for (size_t i = 0; i < 2; i++)
        uv_read_start((uv_stream_t *)&c->pipes[i], wire_scratch, pipe_read);
    uv_timer_start(&c->timer, probe_now, PROBE_FIRST_MS, 0);
    return 0;
}

static void run_late(uv_timer_t *timer) {
    struct container *c = timer->data;
    struct err e;
    if (run(c, &e) == 0)
        return;
    pass_line(c, true, e.text, strlen(e.text));
    c->exit_status = 127; /* as a shell has it */
    ended_early(timer);
}

/* A start that failed: the same way out as for all, but the user is not told. */
static void never_lived(void *context, struct container *c) {
    (void)context;
    (void)c;
}

static void give_up(struct container *c) {
    static const struct container_options silent = {.closed = never_lived};
    c->options = &silent;
    let_port_go(c);
    uv_close((uv_handle_t *)&c->pipes[0], handle_closed);
    uv_close((uv_handle_t *)&c->pipes[1], handle_closed);
    uv_close((uv_handle_t *)&c->timer, handle_closed);
}

int container_start(uv_loop_t *loop, const struct container_options *o, void *owner,
                    struct container **out, struct err *e) {
    int port_fd = -1, port = free_port(&port_fd);
    if (port < 0)
        return err_set(e, "no free port for an instance between %d and %d", PORT_FIRST, PORT_LAST);
    struct container *c = calloc(1, sizeof *c);
    if (c == NULL) {
        close(port_fd);
        return err_memory(e, "an instance");
    }
    *c = (struct container){
        .owner = owner, .options = o, .loop = loop, .port = port, .port_fd = port_fd};
    init_handles(c);
    c->started_ns = clock_mono_ns();
    if (o->cold_start_ns > 0) {
        timer_after(&c->timer, run_late, o->cold_start_ns);
    } else if (run(c, e) != 0) {
        give_up(c);
        limits_remove(&c->limits);
        return -1;
    }
    *out = c;
    return 0;
}
