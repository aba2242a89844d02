#!/bin/bash
# Package:   libc6 2.36-9+deb12u14 (Debian 12), with its gcc
# Behaviour: -D_FORTIFY_SOURCE makes snprintf() compare the length that it is given with the size of the array, not what it writes. A call
#            whose text fits, but whose length is larger than what is left of the array, ends the program ("buffer overflow detected").
#            C11 7.21.6.5 only says that no more than n - 1 bytes are written, so such code is right without the option. Level 3 sees more
#            arrays than level 2: also one that is reached through a pointer that moves.
# Seen:      two digits and a NUL into the last three bytes of an array, with the length 4: right without the option and at level 2; abort
#            at level 3.
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
version=2.36-9+deb12u14
for package in libc6 libc6-dev gcc; do
    have=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || true)
    case $package in
    libc6*) [ "$have" = "$version" ] || wanted="${wanted:-} $package=$version" ;;
    *) [ -n "$have" ] || wanted="${wanted:-} $package" ;;
    esac
done
# shellcheck disable=SC2086
[ -z "${wanted:-}" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $wanted >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED (libc6 $version): $*"; exit 1; }
cat >"$dir/hex.c" <<'C'
#include <stdio.h>
int main(int argc, char **argv) {
    char text[9], *to = text;
    (void)argv;
    for (int i = 0; i < 4; i++)
        to += snprintf(to, 4, "%02x", (unsigned)(i + argc));
    puts(text);
    return 0;
}
C
for level in 0 2 3; do
    gcc -O2 -w -U_FORTIFY_SOURCE "-D_FORTIFY_SOURCE=$level" -o "$dir/hex$level" "$dir/hex.c"
    code=0; out=$("$dir/hex$level" 2>"$dir/err") || code=$?
    echo "level $level: exit code $code, \"$out\" $(grep -o 'buffer overflow detected' "$dir/err" || true)"
    eval "code$level=$code"
done
[ "$code0" = 0 ] || fail "it fails without the option"
[ "$code2" = 0 ] || fail "level 2 sees it"
[ "$code3" = 134 ] || fail "level 3 lets it pass"
echo "as described (libc6 $version)"
