#include "transport/curl_aim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "transport/idle_close.h"
#include "util/clock.h"

#define URL_FLAGS                                                                                  \
    (CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS | CURLU_DEFAULT_SCHEME)

/* ---- of a transport ---- */

static char *part(CURLU *url, CURLUPart what, unsigned flags) {
    char *text = NULL;
    return curl_url_get(url, what, &text, flags) == CURLUE_OK ? text : NULL;
}

/* `port` NULL: the scheme's own. */
static int host_of(struct curl_aims *a, const char *text, const char *port,
                   struct address_host **out) {
    CURLU *url = curl_url();
    char *host = NULL, *own = NULL;
    int result = -1;
    *out = NULL;
    if (url != NULL && curl_url_set(url, CURLUPART_URL, text, URL_FLAGS) == CURLUE_OK) {
        host = part(url, CURLUPART_HOST, 0);
        own = part(url, CURLUPART_PORT, port == NULL ? CURLU_DEFAULT_PORT : 0);
    }
    if (url != NULL && host == NULL)
        result = 0; /* libcurl will say what is wrong with it */
    else if (host != NULL && (own != NULL || port != NULL))
        result = addresses_host(&a->addresses, host, own != NULL ? own : port, out, NULL);
    curl_free(host);
    curl_free(own);
    curl_url_cleanup(url);
    return result;
}

int curl_aims_host(struct curl_aims *a, const char *url, struct address_host **out) {
    *out = a->proxy;
    return a->options->proxy != NULL ? 0 : host_of(a, url, NULL, out);
}

static void on_late(void *context, struct deadline *d) {
    struct curl_aims *a = context;
    struct curl_aim *aim = (struct curl_aim *)(void *)d;
    char text[CURL_ERROR_SIZE * 2];
    addresses_late(aim->host, a->limit_ns, text, sizeof text);
    int64_t waited_ns = clock_mono_ns() - aim->wait.since_ns;
    addresses_forget(&aim->wait);
    a->aimed(aim, waited_ns, &(struct address_failure){.outcome = OUTCOME_TIMEOUT, .text = text});
}

int curl_aims_init(struct curl_aims *a, uv_loop_t *loop, struct curl_loop *sockets,
                   const struct transport_options *options, curl_aimed_fn *aimed, struct err *e) {
    *a = (struct curl_aims){.options = options, .loop = sockets, .aimed = aimed};
    a->limit_ns = options->connect_timeout_ns < options->timeout_ns ? options->connect_timeout_ns
                                                                    : options->timeout_ns;
    if (addresses_init(&a->addresses, loop, options, e) != 0)
        return -1;
    deadlines_init(&a->late, loop, &a->limit_ns, on_late, a);
    /* libcurl's own default port of proxies. */
    bool tls = options->proxy != NULL && strncmp(options->proxy, "https:", 6) == 0;
    if (options->proxy != NULL &&
        host_of(a, options->proxy, tls ? "443" : "1080", &a->proxy) != 0) {
        uv_close((uv_handle_t *)&a->late.timer, NULL);
        return err_set(e, "not enough memory for the proxy");
    }
    return 0;
}

static void part_closed(void *context) {
    struct curl_aims *a = context;
    if (--a->closing == 0)
        a->closed(a->context);
}

static void timer_closed(uv_handle_t *timer) {
    part_closed(timer->data);
}

void curl_aims_close(struct curl_aims *a, void (*closed)(void *context), void *context) {
    a->closed = closed;
    a->context = context;
    a->closing = 2;
    deadlines_close(&a->late, timer_closed);
    addresses_close(&a->addresses, part_closed, a);
}

/* ---- of a session ---- */

void curl_aim_init(struct curl_aim *aim, struct curl_aims *all, uint32_t user) {
    *aim = (struct curl_aim){.all = all, .user = user};
}

CURLcode curl_aim_setup(struct curl_aim *aim, CURL *easy) {
    int64_t ttl_s = (aim->all->options->dns_ttl_ns + NS_PER_S - 1) / NS_PER_S;
    aim->easy = easy;
    /* For what libcurl still looks up by itself: the target behind a SOCKS proxy that takes
     * addresses only. */
    return curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, (long)ttl_s);
}

void curl_aim_done(struct curl_aim *aim) {
    curl_slist_free_all(aim->list);
    aim->list = NULL;
}

/* Tells libcurl what it does not know yet. */
static int load(struct curl_aim *aim) {
    struct address_host *h = aim->host;
    if (h == NULL || (h == aim->loaded && addresses_generation(h) == aim->loaded_generation))
        return 1;
    struct curl_slist *list =
        addresses_list(&aim->all->addresses, h, aim->user, aim->all->options->proxy != NULL);
    if (list == NULL || curl_easy_setopt(aim->easy, CURLOPT_RESOLVE, list) != CURLE_OK) {
        curl_slist_free_all(list);
        return -1;
    }
    curl_slist_free_all(aim->list);
    aim->list = list;
    aim->loaded = h;
    aim->loaded_generation = addresses_generation(h);
    return 1;
}

static void on_found(struct address_wait *w, const struct address_failure *failure) {
    static const struct address_failure no_memory = {
        .outcome = OUTCOME_CONNECT_ERROR,
        .limit = TRANSPORT_LIMIT_MEMORY,
        .text = "this machine has no memory left for a connection",
    };
    struct curl_aim *aim = (struct curl_aim *)(void *)((char *)w - offsetof(struct curl_aim, wait));
    int64_t waited_ns = clock_mono_ns() - w->since_ns;
    deadline_remove(&aim->all->late, &aim->deadline);
    if (failure == NULL && load(aim) < 0)
        failure = &no_memory;
    aim->all->aimed(aim, waited_ns, failure);
}

int curl_aim_take(struct curl_aim *aim, struct address_host *host, int kept, int64_t allowed_ns) {
    struct curl_aims *all = aim->all;
    int64_t limit_ns = allowed_ns < all->limit_ns ? allowed_ns : all->limit_ns;
    aim->host = host;
    aim->seen = (struct shortage_seen){0};
    if (host == NULL)
        return 1;
    bool there = kept >= 0 && aim->opened == host;
    if (there && (!addresses_old(host) || !idle_close_seen(kept)))
        return load(aim);
    if (addresses_ask(host, &aim->wait, on_found))
        return load(aim);
    deadline_add(&all->late, &aim->deadline, aim->wait.since_ns - (all->limit_ns - limit_ns));
    return 0;
}

bool curl_aim_waits(const struct curl_aim *aim) {
    return addresses_waits(&aim->wait);
}

void curl_aim_forget(struct curl_aim *aim) {
    addresses_forget(&aim->wait);
    deadline_remove(&aim->all->late, &aim->deadline);
}

curl_socket_t curl_aim_open(struct curl_aim *aim, struct curl_sockaddr *address) {
    ipaddr_of_socket(&address->addr, &aim->seen.to);
    addresses_zone(aim->host, &address->addr);
    curl_socket_t fd = curl_loop_open(aim->all->loop, address);
    if (fd != CURL_SOCKET_BAD &&
        source_bind(&aim->all->addresses.sources, fd, address->family, aim->user) != 0) {
        int reason = errno;
        curl_loop_close_socket(aim->all->loop, fd);
        errno = reason;
        fd = CURL_SOCKET_BAD;
    }
    aim->seen.socket_errno = fd == CURL_SOCKET_BAD ? errno : 0;
    aim->opened = aim->host;
    return fd;
}
