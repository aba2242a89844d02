#include "target/target.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "target/target_internal.h"

#define LISTEN_BACKLOG 4096
#define SPARE_DESCRIPTORS 64       /* for everything that is not a connection */
#define CONNECTIONS_MAX (1U << 20) /* where the system sets no limit */

/* The URL of a bound socket: the port may have been chosen by the kernel. */
static int note_url(struct target *t, struct err *e) {
    struct sockaddr_storage address;
    socklen_t n = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    if (getsockname(t->listen_fd, (struct sockaddr *)&address, &n) != 0)
        return err_set(e, "cannot read the socket's address: %s", strerror(errno));
    int failed = getnameinfo((struct sockaddr *)&address, n, host, sizeof host, port, sizeof port,
                             NI_NUMERICHOST | NI_NUMERICSERV);
    if (failed != 0)
        return err_set(e, "cannot read the socket's address: %s", gai_strerror(failed));
    bool colons = strchr(host, ':') != NULL;
    snprintf(t->url, sizeof t->url, "%s://%s%.64s%s:%.8s", t->tls != NULL ? "https" : "http",
             colons ? "[" : "", host, colons ? "]" : "", port);
    return 0;
}

static int bind_socket(struct target *t, struct err *e) {
    const char *where = t->spec.bind;
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char port[16];
    snprintf(port, sizeof port, "%d", t->spec.port);
    if (getaddrinfo(where, port, &hints, &found) != 0)
        return err_set(e,
                       "\"%.100s\" is not an address to listen on; write a numeric address, like "
                       "127.0.0.1 or ::1",
                       where);
    int result = -1, on = 1;
    t->listen_fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (t->listen_fd < 0) {
        err_set(e, "cannot create a socket: %s", strerror(errno));
        goto done;
    }
    setsockopt(t->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(t->listen_fd, found->ai_addr, found->ai_addrlen) != 0) {
        if (errno == EADDRINUSE)
            err_set(e,
                    "port %d of %s is in use; stop the program that uses it, or choose another "
                    "--port (0: any free port)",
                    t->spec.port, where);
        else
            err_set(e, "cannot bind to port %d of %s: %s", t->spec.port, where, strerror(errno));
        goto done;
    }
    result = note_url(t, e);
done:
    freeaddrinfo(found);
    return result;
}

/* True where no request needs to wait for anything. */
static bool is_instant(const struct target_spec *s) {
    bool get = s->get.kind == VARIATE_CONSTANT && s->get.low == 0;
    bool post = s->post.kind == VARIATE_CONSTANT && s->post.low == 0;
    return get && post && s->cpu_ns == 0 && s->instance.cold_start_ns == 0;
}

int target_open(const struct target_spec *spec, struct target **out, struct err *e) {
    struct target *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return err_memory(e, NULL);
    t->spec = *spec;
    t->listen_fd = -1;
    t->instant = is_instant(spec);
    counts_init(&t->counts);
    t->done_fd = eventfd(0, EFD_CLOEXEC);
    if (t->done_fd < 0) {
        err_set(e, "cannot create an eventfd: %s", strerror(errno));
        goto fail;
    }
    if (spec->tls_cert != NULL && grpc_tls_new(spec->tls_cert, spec->tls_key, &t->tls, e) != 0)
        goto fail;
    if (bind_socket(t, e) != 0 || handle_prepare(t, e) != 0)
        goto fail;
    *out = t;
    return 0;
fail:
    target_free(t);
    return -1;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code) {
    struct target *t = cls;
    (void)connection;
    (void)socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        counts_connection(&t->counts);
}

static unsigned connection_limit(void) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > CONNECTIONS_MAX)
        return CONNECTIONS_MAX;
    return files.rlim_cur > 2 * SPARE_DESCRIPTORS ? (unsigned)files.rlim_cur - SPARE_DESCRIPTORS
                                                  : SPARE_DESCRIPTORS;
}

int target_start(struct target *t, struct err *e) {
    assert(t->daemon == NULL && !t->stopped);
    if (job_queue_new(&t->spec.instance, t->spec.cpu_ns, handle_served, &t->jobs, e) != 0)
        return -1;
    if (t->spec.fault.kind == FAULT_HANG && watch_new(handle_client_gone, &t->watch, e) != 0)
        return -1;
    static const struct token_sender_events events = {tokens_ending, tokens_over};
    if (t->spec.tokens.log_path != NULL && token_log_open(t->spec.tokens.log_path, &t->log, e) != 0)
        return err_prefix(e, "--token-log");
    if (token_sender_new(&events, t->log, &t->sender, e) != 0)
        return -1;
    if (listen(t->listen_fd, LISTEN_BACKLOG) != 0)
        return err_set(e, "cannot listen on %s: %s", t->url, strerror(errno));
    /* MHD_USE_TURBO: without it a close is a shutdown first, and a reset on purpose would begin
     * with a FIN. */
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO;
    struct MHD_OptionItem listening[] = {{MHD_OPTION_LISTEN_SOCKET, t->listen_fd, NULL},
                                         {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem threads[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)t->spec.threads, NULL}, {MHD_OPTION_END, 0, NULL}};
    if (t->spec.grpc) /* the connections come from grpc_server.c */
        flags |= MHD_USE_NO_LISTEN_SOCKET;
    t->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle_request, t, MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
        MHD_OPTION_NOTIFY_COMPLETED, handle_completed, t, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, t, MHD_OPTION_ARRAY, t->spec.grpc ? listening + 1 : listening,
        MHD_OPTION_ARRAY, t->spec.threads > 1 ? threads : threads + 1, MHD_OPTION_END);
    if (t->daemon == NULL)
        return err_set(e, "cannot start the HTTP server: %s", strerror(errno));
    int listen_fd = t->listen_fd;
    t->listen_fd = -1; /* whoever has it now closes it */
    return t->spec.grpc ? grpc_server_new(t, listen_fd, &t->grpc, e) : 0;
}

const char *target_url(const struct target *t) {
    return t->url;
}

int target_done_fd(const struct target *t) {
    return t->done_fd;
}

int target_stop(struct target *t, struct err *e) {
    if (t->stopped)
        return 0;
    t->stopped = true;
    /* libmicrohttpd must not be stopped while it has suspended connections: these three resume them
     * all, and from here on whoever wants to wait is resumed at once. */
    job_queue_stop(t->jobs);
    watch_stop(t->watch);
    token_sender_stop(t->sender);
    grpc_server_stop(t->grpc);
    if (t->daemon != NULL)
        MHD_stop_daemon(t->daemon);
    t->daemon = NULL;
    int result = token_log_close(t->log, e);
    t->log = NULL;
    return result != 0 ? err_prefix(e, "--token-log") : 0;
}

void target_free(struct target *t) {
    if (t == NULL)
        return;
    target_stop(t, NULL);
    handle_release(t);
    token_sender_free(t->sender);
    grpc_server_free(t->grpc);
    job_queue_free(t->jobs);
    watch_free(t->watch);
    counts_done(&t->counts);
    SSL_CTX_free(t->tls);
    if (t->listen_fd >= 0)
        close(t->listen_fd);
    if (t->done_fd >= 0)
        close(t->done_fd);
    free(t);
}
