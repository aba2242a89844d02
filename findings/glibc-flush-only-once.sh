#!/bin/bash
# Package:   libc6 2.36-9+deb12u14 (Debian 12)
# Behaviour: a flush that fails empties the stream's buffer all the same. A second fflush() has nothing to write: it returns 0, although
#            nothing was written, and so does fclose(). So asking again after EAGAIN on a non-blocking pipe loses all that was buffered,
#            and what is written next follows the gap. And checking fclose(), the usual advice, misses a full disk when something
#            flushed before it. Only ferror() remembers.
# Seen:      on a full pipe fflush() returns -1 (EAGAIN); after the reader emptied it fflush() returns 0, fclose() too, and the reader gets
#            the 3 bytes written after that and none of the 10000 before. On /dev/full fflush() returns -1 (ENOSPC), fclose() 0.
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
package=libc6 version=2.36-9+deb12u14
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] && command -v gcc >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades \
        $package=$version libc6-dev=$version gcc >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/flush.c" <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char bytes[1 << 20], buffer[1 << 15];

static void say(const char *what, long result) {
    printf("%s %ld%s%s\n", what, result, errno ? " " : "", errno ? strerrorname_np(errno) : "");
    errno = 0;
}

static void full_pipe(void) {
    int ends[2];
    if (pipe2(ends, O_NONBLOCK) != 0) return;
    FILE *f = fdopen(ends[1], "w");
    setvbuf(f, buffer, _IOFBF, sizeof buffer);
    long held = write(ends[1], bytes, sizeof bytes);
    errno = 0;
    say("pipe: fwrite", (long)fwrite(bytes, 1, 10000, f));
    say("pipe: fflush", fflush(f));
    say("pipe: emptied", read(ends[0], bytes, sizeof bytes) == held);
    say("pipe: fflush again", fflush(f));
    say("pipe: fwrite more", (long)fwrite("end", 1, 3, f));
    say("pipe: ferror", ferror(f) != 0);
    say("pipe: fclose", fclose(f));
    say("pipe: read", read(ends[0], bytes, sizeof bytes));
    say("pipe: read at the end", read(ends[0], bytes, sizeof bytes));
    close(ends[0]);
}

static void full_disk(void) {
    FILE *f = fopen("/dev/full", "w");
    say("disk: fwrite", (long)fwrite(bytes, 1, 1000, f));
    say("disk: fflush", fflush(f));
    say("disk: ferror", ferror(f) != 0);
    say("disk: fclose", fclose(f));
    f = fopen("/dev/full", "w");
    say("disk, without fflush: fwrite", (long)fwrite(bytes, 1, 1000, f));
    say("disk, without fflush: fclose", fclose(f));
}

int main(void) {
    full_pipe();
    full_disk();
    return 0;
}
END
gcc -O1 -o "$dir/flush" "$dir/flush.c"
seen=$("$dir/flush")
echo "$seen"
expect() { grep -qx "$1" <<<"$seen" || fail "no \"$1\""; }
expect 'pipe: fwrite 10000'
expect 'pipe: fflush -1 EAGAIN'
expect 'pipe: emptied 1'
expect 'pipe: fflush again 0'
expect 'pipe: ferror 1'
expect 'pipe: fclose 0'
expect 'pipe: read 3'
expect 'pipe: read at the end 0'
expect 'disk: fflush -1 ENOSPC'
expect 'disk: ferror 1'
expect 'disk: fclose 0'
expect 'disk, without fflush: fclose -1 ENOSPC'
echo "as described ($package $version)"
