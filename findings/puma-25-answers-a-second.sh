#!/bin/bash
# Package:   puma 5.6.5-3+deb12u2 (Debian 12)
# Behaviour: after an answer on a kept connection a thread of Puma waits up to 0.2 s for that client's next request before it takes
#            another client's, although others are waiting. With the default of 5 threads, clients that pause longer than that
#            between requests get 25 answers a second together, from an application that needs no time and a processor that is idle.
#            The same clients with "Connection: close" are answered at once.
# Seen:      50 clients that connect at once and send one request each: the last answer after 1.8 s with kept connections (45 wait for a
#            turn, 5 at a time, 0.2 s each), after 0.01 s with "Connection: close".
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
package=puma version=5.6.5-3+deb12u2
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version python3 >/dev/null; }
dir=$(mktemp -d); trap 'kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

echo 'run lambda { |env| [200, { "Content-Length" => "6" }, ["hello\n"]] }' >"$dir/config.ru"
cat >"$dir/client.py" <<'END'
import select, socket, time

CLIENTS = 50

def connect():
    for _ in range(300):
        try:
            return socket.create_connection(("127.0.0.1", 18354))
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not listen")

def last_answer(extra):
    clients = [connect() for _ in range(CLIENTS)]
    start = time.monotonic()
    for client in clients:
        client.sendall(f"GET / HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode())
    waiting = set(clients)
    while waiting:
        for client in select.select(list(waiting), [], [], 60)[0]:
            if not client.recv(65536):
                raise SystemExit("a connection ended without an answer")
            waiting.discard(client)
    seconds = time.monotonic() - start
    for client in clients:
        client.close()
    return seconds

connect().close()
time.sleep(1)
close, kept = last_answer("Connection: close\r\n"), last_answer("")
print(f"kept connections: the last of {CLIENTS} answers after {kept:.2f} s; with Connection: close after {close:.2f} s")
# Threads that wait can only make it longer: 45 clients wait for a turn of 0.2 s, five at a time.
raise SystemExit(0 if kept > 1.7 and kept > close + 1 else 1)
END
puma --bind tcp://127.0.0.1:18354 "$dir/config.ru" >/dev/null 2>&1 & server=$!
python3 "$dir/client.py" || fail "no wait of 0.2 s for each kept connection"
echo "as described ($package $version)"
