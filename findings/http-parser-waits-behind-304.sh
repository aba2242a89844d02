#!/bin/bash
# Package:   libhttp-parser-dev 2.9.4-5 (Debian 12)
# Behaviour: http_parser waits for a body behind 304 where the head has a Content-Length, and reads the next answer on the connection
#            as that body. A 304 may have the length that 200 would have had (RFC 9110 8.6), and has no body whatever its head says
#            (RFC 9112 6.3 rule 1).
# Seen:      304 with Content-Length 5, then 200: one message of five bytes, "HTTP/", and then
#            HPE_INVALID_CONSTANT in what is left of the second.
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
version=2.9.4-5
have=$(dpkg-query -W -f '${Version}' libhttp-parser-dev 2>/dev/null || true)
[ "$have" = $version ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        libhttp-parser-dev=$version gcc libc6-dev >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
cat >"$dir/read.c" <<'END'
#include <http_parser.h>
#include <stdio.h>
#include <string.h>

static int messages;
static size_t body;
static int on_body(http_parser *p, const char *at, size_t n) { (void)p; (void)at; body += n; return 0; }
static int on_end(http_parser *p) {
    printf("message %d: status %d, body %zu\n", ++messages, (int)p->status_code, body);
    body = 0;
    return 0;
}

int main(int argc, char **argv) {
    static const char *const inputs[] = {
        "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
    const char *in = inputs[argc > 1 && argv[1][0] == '1'];
    http_parser_settings s = {.on_body = on_body, .on_message_complete = on_end};
    http_parser p;
    http_parser_init(&p, HTTP_RESPONSE);
    http_parser_execute(&p, &s, in, strlen(in));
    if (HTTP_PARSER_ERRNO(&p) == HPE_OK)
        http_parser_execute(&p, &s, "", 0); /* the end of the connection */
    printf("%s\n", http_errno_name(HTTP_PARSER_ERRNO(&p)));
    return 0;
}
END
gcc -o "$dir/read" "$dir/read.c" -lhttp_parser
fail() { echo "CHANGED (libhttp-parser-dev $version): $*"; exit 1; }
without=$("$dir/read" 0) with=$("$dir/read" 1)
printf '304 without a length, then 200:\n%s\n304 with Content-Length 5, then 200:\n%s\n' "$without" "$with"
[[ $without == *"message 2: status 200, body 0"* ]] || fail "304 without a length is read otherwise"
[[ $with == "message 1: status 304, body 5"* ]] || fail "304 with a length is read otherwise"
[[ $with != *"status 200"* ]] || fail "the answer behind 304 is read"
echo "as described (libhttp-parser-dev $version)"
