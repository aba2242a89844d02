#!/bin/bash
# Package:   libcjson1 1.7.15-1+deb12u4 (Debian 12)
# Behaviour: cJSON prints a number with 15 digits, and with 17 only where those 15 do not give it back. It compares the two with a
#            tolerance of one unit in the last place, so a number whose 15 digits give its neighbour counts as given back. What it prints
#            is then another number, also for whole numbers below 2^53, which a double holds exactly.
# Seen:      9007199254740991 (2^53 - 1) becomes 9.00719925474099e+15, which is 9007199254740990; 0.30000000000000004 becomes 0.3.
#            1764000000123456 and 0.1 stay what they are.
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
package=libcjson1 version=1.7.15-1+deb12u4
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] && command -v python3 >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version python3 >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/numbers.py" <<'END'
import ctypes

cjson = ctypes.CDLL("libcjson.so.1")
cjson.cJSON_Parse.restype = ctypes.c_void_p
cjson.cJSON_PrintUnformatted.restype = ctypes.c_char_p
for text in "9007199254740991", "0.30000000000000004", "1764000000123456", "0.1":
    item = ctypes.c_void_p(cjson.cJSON_Parse(text.encode()))
    printed = cjson.cJSON_PrintUnformatted(item).decode()
    print(text, printed, "same" if float(printed) == float(text) else "another number")
END
seen=$(python3 "$dir/numbers.py")
echo "$seen"
grep -qx '9007199254740991 9.00719925474099e+15 another number' <<<"$seen" || fail "2^53 - 1 is printed otherwise"
grep -qx '0.30000000000000004 0.3 another number' <<<"$seen" || fail "0.1 + 0.2 is printed otherwise"
[ "$(grep -c ' same$' <<<"$seen")" -eq 2 ] || fail "numbers that were kept are not kept any more"
echo "as described ($package $version)"
