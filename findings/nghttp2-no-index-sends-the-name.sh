#!/bin/bash
# Package:   libnghttp2-dev 1.52.0-1+deb12u3 (Debian 12)
# Behaviour: its HPACK encoder puts a header whose value is another in each request, such as traceparent, into the dynamic table of 4096
#            bytes each time, and so pushes out the headers that stay the same. NGHTTP2_NV_FLAG_NO_INDEX prevents that, and yet the
#            blocks become longer: a field with this mark never enters the table, so its name is sent in full each time. The shortest
#            blocks come from leaving the mark out in the first block of a connection, and setting it in all others: then the table has
#            the name, and the fields with the mark refer to it.
# Seen:      1000 blocks with a user-agent of 100 bytes and a traceparent: without the mark 43.7 bytes a block, and the user-agent in full
#            25 times; with the mark 50.9 bytes, once; with the mark from the second block on 42.9 bytes, once.
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
cat >"$dir/hpack.c" <<'C'
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 1000, AGENT = 100 };

/* Bytes of all blocks, and in how many the user-agent was sent in full: those of more than AGENT / 2 bytes above the smallest. */
int main(int argc, char **argv) {
    static size_t bytes[BLOCKS];
    char agent[AGENT + 1], trace[64];
    unsigned char out[4096];
    const char *varying = argv[1];
    int from = argc > 2 ? atoi(argv[2]) : BLOCKS; /* the first block whose field is marked */
    nghttp2_hd_deflater *d;
    size_t all = 0, least = sizeof out, full = 0;
    if (nghttp2_hd_deflate_new(&d, 4096) != 0)
        return 1;
    for (int i = 0; i < AGENT; i++)
        agent[i] = (char)('a' + i % 26);
    agent[AGENT] = 0;
    for (int i = 0; i < BLOCKS; i++) {
        snprintf(trace, sizeof trace, "00-%016x%016x-%016x-01", i * 7919u, i * 104729u, i * 1299709u);
        nghttp2_nv fields[] = {
            {(uint8_t *)":method", (uint8_t *)"GET", 7, 3, 0}, {(uint8_t *)":scheme", (uint8_t *)"http", 7, 4, 0},
            {(uint8_t *)"user-agent", (uint8_t *)agent, 10, AGENT, 0},
            {(uint8_t *)varying, (uint8_t *)trace, strlen(varying), strlen(trace),
             i >= from ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE}};
        ssize_t n = nghttp2_hd_deflate_hd(d, out, sizeof out, fields, 4);
        if (n < 0)
            return 1;
        bytes[i] = (size_t)n;
        all += bytes[i];
        if (bytes[i] < least)
            least = bytes[i];
    }
    for (int i = 0; i < BLOCKS; i++)
        full += bytes[i] > least + AGENT / 2;
    printf("%.1f %zu\n", (double)all / BLOCKS, full);
    nghttp2_hd_deflate_del(d);
    return 0;
}
C
gcc -O1 -w -o "$dir/hpack" "$dir/hpack.c" -lnghttp2
read -r plain plain_full <<<"$("$dir/hpack" traceparent)"
read -r marked marked_full <<<"$("$dir/hpack" traceparent 0)"
read -r once once_full <<<"$("$dir/hpack" traceparent 1)"
echo "no mark:                      $plain bytes a block, user-agent in full $plain_full times"
echo "NO_INDEX in every block:      $marked bytes a block, user-agent in full $marked_full times"
echo "NO_INDEX from the second on:  $once bytes a block, user-agent in full $once_full times"
[ "$plain_full" -gt 10 ] || fail "a varying header no longer pushes others out"
[ "$marked_full" = 1 ] && [ "$once_full" = 1 ] || fail "NO_INDEX does not keep the table"
awk -v a="$marked" -v b="$plain" -v c="$once" 'BEGIN { exit !(a > b + 5 && c < b) }' || fail "the order of sizes is another"
echo "as described (libnghttp2 $version)"
