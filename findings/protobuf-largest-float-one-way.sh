#!/bin/bash
# Package:   python3-protobuf 3.21.12-3+deb12u1 (Debian 12)
# Behaviour: json_format writes a float with the fewest digits that name it, and reads one by comparing the text, as a double, with the
#            largest float. The shortest text of the largest float is a little above it. So what MessageToJson() writes of this value,
#            Parse() refuses. A double of this value comes back.
# Seen:      MessageToJson() of the largest float is 3.4028235e+38; Parse() of this text raises "Float value too large"; 3.4028234e+38 is read.
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
package=python3-protobuf version=3.21.12-3+deb12u1
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version >/dev/null; }
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

seen=$(/usr/bin/python3 - <<'END'
from google.protobuf import json_format, wrappers_pb2
largest = (2 - 2**-23) * 2.0**127
written = json_format.MessageToJson(wrappers_pb2.FloatValue(value=largest))
print("written:", written)
for text in written, "3.4028234e+38":
    try:
        print(text, "is read as", json_format.Parse(text, wrappers_pb2.FloatValue()).value)
    except json_format.ParseError as e:
        print(text, "is refused:", e)
double = wrappers_pb2.DoubleValue(value=largest)
print("a double comes back:", json_format.Parse(json_format.MessageToJson(double), wrappers_pb2.DoubleValue()) == double)
END
)
echo "$seen"
grep -qxF 'written: 3.4028235e+38' <<<"$seen" || fail "the largest float is written in another way"
grep -q '^3.4028235e+38 is refused: Float value too large' <<<"$seen" || fail "what was written is read again"
grep -q '^3.4028234e+38 is read as' <<<"$seen" || fail "a text just below is refused too"
grep -qx 'a double comes back: True' <<<"$seen" || fail "a double does not come back"
echo "as described ($package $version)"
