#!/bin/bash
# Package:   libcurl4 7.88.1-10+deb12u15 (Debian 12)
# Behaviour: curl_version(), which returns a text of version numbers, asks libldap for its version. libldap initialises itself then, and
#            looks up the name of this machine. Where a name server does not answer, and /etc/hosts lacks the name, the call takes as long
#            as the resolver tries: seconds to minutes. curl_version_info() has the same numbers, and asks nobody.
# Seen:      with a name server that says nothing, curl_version() asks it for the machine's name; curl_version_info() does not.
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
package=libcurl4 version=7.88.1-10+deb12u15
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] && command -v python3 >/dev/null && command -v ip >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version python3 iproute2 hostname >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/lookups.py" <<'END'
import ctypes, socket, subprocess, sys, threading

curl = ctypes.CDLL("libcurl.so.4")
curl.curl_version.restype = ctypes.c_char_p
curl.curl_version_info.restype = ctypes.c_void_p
if len(sys.argv) > 1: # one call in a process of its own
    curl.curl_version() if sys.argv[1] == "curl_version" else curl.curl_version_info(9)
    sys.exit()

asked = []
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.53", 53))
def listen():
    while True:
        question, _ = server.recvfrom(4096)
        asked.append(question[13:13 + question[12]].decode())
threading.Thread(target=listen, daemon=True).start()
for call in "curl_version_info", "curl_version":
    asked.clear()
    subprocess.run([sys.executable, sys.argv[0], call], check=True)
    print(call, "asked for:", " ".join(sorted(set(asked))) or "nothing")
END
echo 'nameserver 127.0.0.53' >/etc/resolv.conf
echo 'options timeout:1 attempts:1' >>/etc/resolv.conf
echo '127.0.0.1 localhost' >/etc/hosts
echo 'hosts: files dns' >/etc/nsswitch.conf
seen=$(unshare --net --uts sh -c 'hostname lonely && ip link set lo up && exec python3 "$0"' "$dir/lookups.py")
echo "$seen"
grep -qx 'curl_version_info asked for: nothing' <<<"$seen" || fail "curl_version_info() asks, too"
grep -qx 'curl_version asked for: lonely' <<<"$seen" || fail "curl_version() does not ask for the machine's name any more"
echo "as described ($package $version)"
