#!/bin/bash
# Package:   libmicrohttpd12 0.9.75-6 (Debian 12)
# Behaviour: with MHD_create_response_from_callback() the head goes out alone, before the reader of the content is asked for the first
#            time, whether the size is known or not. The first byte that a client sees is thus no sign of content: its time to first byte
#            is that of MHD_queue_response(). When a reader fails at once, before it gave a byte (MHD_CONTENT_READER_END_WITH_ERROR),
#            "200 OK" is on its way. To a client of HTTP/1.0 its answer is then a complete one without content: nothing is missing in
#            it, and the connection ends as usual.
# Seen:      a reader that takes 0.7 s for its first bytes: first byte at once, first content after 0.7 s, of known size or not, with one
#            thread or one for each connection. A reader that fails at its first call: "HTTP/1.1 200 OK", no content, the end.
# Everything it installs goes into a throw-away layer over / in a temporary folder (an overlay; needs root): the system stays as it is.
if [ -z "${IN_LAYER:-}" ]; then
    LAYER=$(mktemp -d); export LAYER IN_LAYER=1; code=0
    unshare --mount --fork --kill-child bash -euc '
        mount -t tmpfs tmpfs "$LAYER"; mkdir "$LAYER/up" "$LAYER/work" "$LAYER/root"
        mount -t overlay overlay -o "lowerdir=/,upperdir=$LAYER/up,workdir=$LAYER/work" "$LAYER/root"
        for d in dev proc sys; do mount --rbind "/$d" "$LAYER/root/$d"; done
        printf "#!/bin/sh\nexit 101\n" >"$LAYER/root/usr/sbin/policy-rc.d"; chmod +x "$LAYER/root/usr/sbin/policy-rc.d"
        cp "$0" "$LAYER/root/tmp/finding.sh"; exec chroot "$LAYER/root" /bin/bash /tmp/finding.sh' "$0" || code=$?
    rmdir "$LAYER"; exit "$code"
fi
set -eu
package=libmicrohttpd12 version=0.9.75-6
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
dev=$(dpkg-query -W -f '${Version}' libmicrohttpd-dev 2>/dev/null || true)
[ "$have $dev" = "$version $version" ] && command -v gcc >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        $package=$version libmicrohttpd-dev=$version gcc libc6-dev >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/head.c" <<'END'
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static ssize_t slow(void *unused, uint64_t at, char *to, size_t room) {
    (void)unused; (void)room;
    if (at > 0) return MHD_CONTENT_READER_END_OF_STREAM;
    usleep(700000);
    memcpy(to, "answer", 6);
    return 6;
}

static ssize_t failing(void *unused, uint64_t at, char *to, size_t room) {
    (void)unused; (void)at; (void)to; (void)room;
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

static enum MHD_Result handle(void *unused, struct MHD_Connection *c, const char *path, const char *method, const char *version,
                              const char *data, size_t *size, void **seen) {
    (void)unused; (void)method; (void)version; (void)data; (void)size;
    if (*seen == NULL) { *seen = c; return MHD_YES; }
    struct MHD_Response *r = MHD_create_response_from_callback(strstr(path, "known-size") ? 6 : MHD_SIZE_UNKNOWN, 4096,
                                                               strstr(path, "failing") ? failing : slow, NULL, NULL);
    enum MHD_Result result = MHD_queue_response(c, MHD_HTTP_OK, r);
    MHD_destroy_response(r);
    return result;
}

/* One request: when its first byte came and when the first of its content, its status, and how much content came. */
static void get(int port, const char *version, const char *path) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char request[200], answer[4096];
    size_t have = 0;
    ssize_t n;
    double start = now(), first = 0, content = 0;
    int s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (struct sockaddr *)&to, sizeof to) != 0) { perror("connect"); return; }
    int length = snprintf(request, sizeof request, "GET /%s HTTP/%s\r\nHost: localhost\r\nConnection: close\r\n\r\n", path, version);
    if (write(s, request, (size_t)length) != length) return;
    errno = 0;
    while ((n = read(s, answer + have, sizeof answer - 1 - have)) > 0) {
        if (have == 0) first = now() - start;
        have += (size_t)n;
        answer[have] = '\0';
        char *end = strstr(answer, "\r\n\r\n");
        if (content == 0 && end != NULL && end[4] != '\0') content = now() - start;
    }
    char *end = strstr(answer, "\r\n\r\n"), *line = strchr(answer, '\r');
    if (have == 0 || end == NULL || line == NULL) { printf("%s %s: no answer\n", path, version); return; }
    printf("HTTP/%s %s: \"%.*s\"; first byte %s, content %s; %zu bytes behind the head, %s\n", version, path, (int)(line - answer), answer,
           first < 0.35 ? "at once" : "later", content == 0 ? "never" : content < 0.35 ? "at once" : "after 0.7 s",
           have - (size_t)(end + 4 - answer), errno ? "an error" : "the end");
    close(s);
}

int main(void) {
    unsigned modes[] = {MHD_USE_INTERNAL_POLLING_THREAD, MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION};
    for (int m = 0; m < 2; m++) {
        int port = 18355 + m;
        struct MHD_Daemon *d = MHD_start_daemon(modes[m], (uint16_t)port, NULL, NULL, handle, NULL, MHD_OPTION_END);
        if (d == NULL) return 1;
        printf("%s, %s\n", MHD_get_version(), m == 0 ? "one thread" : "a thread for each connection");
        get(port, "1.1", "slow");
        get(port, "1.1", "slow-of-known-size");
        get(port, "1.1", "failing");
        get(port, "1.1", "failing-of-known-size");
        get(port, "1.0", "failing");
        MHD_stop_daemon(d);
    }
    return 0;
}
END
gcc -O1 -o "$dir/head" "$dir/head.c" -lmicrohttpd
seen=$("$dir/head")
echo "$seen"
# expect LINE: once for each of the two ways to run the server.
expect() { [ "$(grep -cxF "$1" <<<"$seen")" = 2 ] || fail "not in both ways: $1"; }
expect 'HTTP/1.1 slow: "HTTP/1.1 200 OK"; first byte at once, content after 0.7 s; 16 bytes behind the head, the end'
expect 'HTTP/1.1 slow-of-known-size: "HTTP/1.1 200 OK"; first byte at once, content after 0.7 s; 6 bytes behind the head, the end'
expect 'HTTP/1.1 failing: "HTTP/1.1 200 OK"; first byte at once, content never; 0 bytes behind the head, the end'
expect 'HTTP/1.1 failing-of-known-size: "HTTP/1.1 200 OK"; first byte at once, content never; 0 bytes behind the head, the end'
expect 'HTTP/1.0 failing: "HTTP/1.1 200 OK"; first byte at once, content never; 0 bytes behind the head, the end'
echo "as described ($package $version)"
