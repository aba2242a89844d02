#!/bin/bash
# Package:   libnghttp2-dev 1.52.0-1+deb12u3 (Debian 12)
# Behaviour: a client session takes 25 kB before it has sent a byte or has a stream, of which 16 kB are one buffer for frames that it will
#            send. None of the options that bound tables or headers makes that smaller. So a client with a connection for each of many
#            users needs ten times the memory that the same users need over HTTP/1.1, whatever it sends.
# Seen:      counted by an allocator given to nghttp2_session_client_new3(): 25514 bytes, the largest piece 16394; the same with six
#            options at their lowest.
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
version=1.52.0-1+deb12u3
for package in libnghttp2-14 libnghttp2-dev gcc libc6-dev; do
    have=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || true)
    case $package in
    libnghttp2*) [ "$have" = "$version" ] || wanted="${wanted:-} $package=$version" ;;
    *) [ -n "$have" ] || wanted="${wanted:-} $package" ;;
    esac
done
# shellcheck disable=SC2086
[ -z "${wanted:-}" ] || DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $wanted >/dev/null
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED (libnghttp2 $version): $*"; exit 1; }
cat >"$dir/session.c" <<'C'
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>

static size_t all, largest;

static void count(size_t n) {
    all += n;
    largest = n > largest ? n : largest;
}
static void *m(size_t n, void *unused) { count(n); return malloc(n); }
static void *c(size_t n, size_t k, void *unused) { count(n * k); return calloc(n, k); }
static void f(void *p, void *unused) { free(p); }
static void *r(void *p, size_t n, void *unused) { count(n); return realloc(p, n); }

/* Bytes that were asked for to make a client session, and the largest piece of them. */
int main(int argc, char **argv) {
    nghttp2_mem counting = {NULL, m, f, c, r};
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    nghttp2_option *option = NULL;
    if (nghttp2_session_callbacks_new(&callbacks) != 0 || nghttp2_option_new(&option) != 0)
        return 1;
    if (argc > 1) {
        nghttp2_option_set_max_deflate_dynamic_table_size(option, 0);
        nghttp2_option_set_max_send_header_block_length(option, 1024);
        nghttp2_option_set_max_reserved_remote_streams(option, 0);
        nghttp2_option_set_max_outbound_ack(option, 1);
        nghttp2_option_set_max_settings(option, 1);
        nghttp2_option_set_no_closed_streams(option, 1);
    }
    if (nghttp2_session_client_new3(&session, callbacks, NULL, option, &counting) != 0)
        return 1;
    printf("%zu %zu\n", all, largest);
    return 0;
}
C
gcc -O1 -w -o "$dir/session" "$dir/session.c" -lnghttp2
read -r usual largest <<<"$("$dir/session")"
read -r bounded _ <<<"$("$dir/session" bounded)"
echo "a session:                         $usual bytes, the largest piece $largest"
echo "with all bounds as low as they go: $bounded bytes"
[ "$usual" -gt 20000 ] && [ "$usual" -lt 32000 ] || fail "a session has another size"
[ "$largest" -gt 16000 ] || fail "the largest piece is smaller"
[ "$bounded" -gt 20000 ] || fail "the options make it smaller"
echo "as described (libnghttp2 $version)"
