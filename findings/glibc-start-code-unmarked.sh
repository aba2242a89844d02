#!/bin/bash
# Package:   libc6-dev 2.36-9+deb12u14 (Debian 12, amd64)
# Behaviour: gcc -fcf-protection=full marks each object as fit for control-flow protection (IBT and SHSTK in its notes), and the linker
#            marks a program if all of its objects are. Scrt1.o and crt1.o of libc6-dev, with which every program begins, have no mark. So
#            no program that this compiler links is marked, however it was compiled. A check of hardening must look at the objects.
# Seen:      main.o: IBT, SHSTK; Scrt1.o and crt1.o: none; the program: none.
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
for package in libc6-dev gcc binutils; do
    have=$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || true)
    case $package in
    libc6-dev) [ "$have" = "$version" ] || wanted="${wanted:-} $package=$version" ;;
    *) [ -n "$have" ] || wanted="${wanted:-} $package" ;;
    esac
done
# shellcheck disable=SC2086
[ -z "${wanted:-}" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $wanted >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED (libc6-dev $version): $*"; exit 1; }
mark() { readelf -nW "$1" | sed -n 's/.*x86 feature: //p'; }
echo 'int main(void) { return 0; }' >"$dir/main.c"
gcc -O2 -fcf-protection=full -c -o "$dir/main.o" "$dir/main.c"
gcc -fcf-protection=full -o "$dir/main" "$dir/main.o"
for file in "$dir/main.o" "$(gcc -print-file-name=Scrt1.o)" "$(gcc -print-file-name=crt1.o)" "$dir/main"; do
    echo "$(basename "$file"): $(mark "$file")"
done
[ "$(mark "$dir/main.o")" = "IBT, SHSTK" ] || fail "the object has no mark"
[ -z "$(mark "$(gcc -print-file-name=Scrt1.o)")" ] || fail "Scrt1.o is marked"
[ -z "$(mark "$dir/main")" ] || fail "the program is marked"
echo "as described (libc6-dev $version)"
