#!/bin/bash
# Package:   curl 7.88.1-10+deb12u15 (Debian 12)
# Behaviour: RFC 3986 allows the characters ! $ & ' ( ) * + , ; = in the name of a host, beside letters, digits, "-", ".", "_" and "~"
#            (section 3.2.2, reg-name). curl refuses a URL with any of the eleven before it looks the name up, also where --resolve gives
#            the address. It takes "_" and "~".
# Seen:      exit code 3, a malformed URL, for each of the eleven; 7, nobody listens at the address, for "_" and "~".
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
package=curl version=7.88.1-10+deb12u15
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version libcurl4=$version >/dev/null; }
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

# The exit code of a request to a name with the character, whose address is given.
code_of() {
    local code=0
    curl -s -g --noproxy '*' -m 5 --resolve "a$1b:1:127.0.0.1" "http://a$1b:1/" || code=$?
    echo $code
}
for c in '!' '$' '&' "'" '(' ')' '*' '+' ',' ';' '='; do
    code=$(code_of "$c")
    echo "http://a${c}b/: exit code $code"
    [ "$code" = 3 ] || fail "a name with $c is not refused as malformed"
done
for c in _ '~'; do
    code=$(code_of "$c")
    echo "http://a${c}b/: exit code $code"
    [ "$code" = 7 ] || fail "a name with $c is not connected to"
done
echo "as described ($package $version)"
