#!/bin/bash
# Package:   curl 7.88.1-10+deb12u15 (Debian 12)
# Behaviour: where the first address of a host is silent, curl goes to the next one of the same family after half of the time to connect.
#            That one accepts at once, but curl does not look at its new socket until the other half is over, and then calls it a timeout:
#            one silent address makes the whole host unreachable. An address that refuses is no trouble.
# Seen:      "ipv4 connect timeout after 1000ms, move on!", the second server has taken the connection and gets no byte, exit code 28
#            after two seconds; the second address alone answers at once.
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
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version python3 >/dev/null; }
dir=$(mktemp -d); trap 'kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

# 127.0.0.71 is silent: its queue of connections is full. 127.0.0.72 takes connections and answers.
cat >"$dir/server.py" <<'END'
import socket, threading

silent, good = socket.socket(), socket.socket()
silent.bind(("127.0.0.71", 18371))
silent.listen(0)
held = [socket.socket() for _ in range(6)]
for c in held:
    c.setblocking(False)
    c.connect_ex(("127.0.0.71", 18371))
good.bind(("127.0.0.72", 18371))
good.listen(16)
print("ready", flush=True)

def serve(c):
    print("taken", flush=True)
    if c.recv(4096):
        print("asked", flush=True)
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    c.close()

while True:
    threading.Thread(target=serve, args=(good.accept()[0],), daemon=True).start()
END
python3 "$dir/server.py" >"$dir/log" & server=$!
for _ in $(seq 100); do grep -q ready "$dir/log" && break; sleep 0.05; done

[ "$(curl -s --max-time 10 http://127.0.0.72:18371/)" = ok ] || fail "the second address alone does not answer"
grep -c asked "$dir/log" | grep -qx 1 || fail "the server did not note that request"
: >"$dir/text"
code=0
curl -sv --connect-timeout 2 --resolve two.invalid:18371:127.0.0.71,127.0.0.72 http://two.invalid:18371/ >"$dir/out" 2>"$dir/text" || code=$?
sleep 0.3
grep -E 'Trying|move on|Failed' "$dir/text"
echo "exit code $code; the second server took $(($(grep -c taken "$dir/log") - 1)) connection and was asked $(($(grep -c asked "$dir/log") - 1)) times"
[ "$code" = 28 ] || fail "exit code $code, not 28 (timeout)"
grep -q 'Trying 127.0.0.72' "$dir/text" || fail "the second address was not tried"
[ "$(grep -c taken "$dir/log")" = 2 ] || fail "the second server took no connection"
[ "$(grep -c asked "$dir/log")" = 1 ] || fail "the second server was asked"
echo "as described ($package $version)"
