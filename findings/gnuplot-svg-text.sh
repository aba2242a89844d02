#!/bin/bash
# Package:   gnuplot-nox 5.4.4+dfsg1-2+b2 (Debian 12)
# Behaviour: the SVG terminal escapes < and & of a text ("noenhanced" or not), but writes > as it is, also behind ]], which XML does not
#            allow in text (XML 1.0, 2.4); and it passes on whatever begins with &#x, whether a reference to a character follows or not.
#            So a title that is plain text ("a]]>b", "R&#x", "&#xFFFE;") makes a picture that no reader of XML takes, and "&#x41;" is
#            shown as "A", while "&#65;" and "&#X41;" are shown as they are. gnuplot ends with 0 and says nothing; its PNG of the same
#            titles is right. "]]&#x3E;" comes out as "]]>".
# Seen:      of eight titles the SVGs of three are not well-formed, two are well-formed and show another text, three are right.
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
package=gnuplot-nox version=5.4.4+dfsg1-2+b2
for p in "$package=$version" libxml2-utils; do
    have=$(dpkg-query -W -f '${Package}=${Version}' "${p%%=*}" 2>/dev/null || true)
    [ "$have" = "$p" ] || { [ "$p" = libxml2-utils ] && [ -n "$have" ]; } || { apt-get update -q >/dev/null 2>&1
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades "$p" >/dev/null; }
done
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

# look TITLE: what a reader of XML finds in the SVG of it, or "not well-formed".
look() {
    printf '"%s"\n1 1\n2 2\n' "$1" >t.dat
    gnuplot -e 'set terminal svg noenhanced; set encoding utf8; set output "t.svg"; plot "t.dat" using 1:2 with lines title columnheader(1)' ||
        fail "gnuplot ended with $? for $1"
    xmllint --noout t.svg 2>/dev/null || { echo 'not well-formed'; return; }
    xmllint --xpath "string(//*[local-name() = 'text'][contains(., 'a') and contains(., 'z')])" t.svg
}

seen() {
    got=$(look "$1")
    printf '%-14s %s\n' "$1" "$got"
    [ "$got" = "$2" ] || fail "$1 gave \"$got\", not \"$2\""
}

seen 'a]]>z' 'not well-formed'
seen 'a&#xFFFE;z' 'not well-formed'
seen 'a&#xz' 'not well-formed'
seen 'a&#x41;z' 'aAz'
seen 'a]]&#x3E;z' 'a]]>z'
seen 'a&#65;z' 'a&#65;z'
seen 'a&#X41;z' 'a&#X41;z'
seen 'a<&>z' 'a<&>z'
echo "as described ($package $version)"
