#!/bin/bash
# Package:   python3-waitress 2.1.2-2+deb12u1 (Debian 12)
# Behaviour: "connection_limit" (default 100) neither refuses nor closes what comes beyond it, and answers no 503. The listening socket
#            stays open, so the kernel completes the handshake: a client sees a connection, sends its request and hears nothing until
#            another client goes. Two of the 100 are the server's own, so 98 clients are served. Clients that keep their connections
#            keep all others out, while the server's log shows no error.
# Seen:      of 120 clients that connect, send one request and stay, all 120 connected and 98 were answered; after 30 of those left,
#            the other 22 were answered.
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
package=python3-waitress version=2.1.2-2+deb12u1
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version >/dev/null; }
dir=$(mktemp -d); trap 'kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/answer.py" <<'END'
def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "6")])
    return [b"hello\n"]
END
cat >"$dir/client.py" <<'END'
import select, socket, time

CLIENTS, LEAVE = 120, 30

def connect():
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", 18353))
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not listen")

# Takes what comes until 5 seconds pass without an answer.
def answered(clients):
    done = set()
    while (ready := select.select([c for c in clients if c not in done], [], [], 5)[0]):
        for client in ready:
            if client.recv(65536):
                done.add(client)
        if len(done) == len(clients):
            break
    return done

connect().close()
clients = [connect() for _ in range(CLIENTS)]
for client in clients:
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
first = answered(clients)
print(len(clients), "connected,", len(first), "answered")
for client in list(first)[:LEAVE]:
    client.close()
rest = [client for client in clients if client not in first]
print("of the other", len(rest), "then", len(answered(rest)))
END
cd "$dir"; /usr/bin/python3 -m waitress --listen=127.0.0.1:18353 answer:app >/dev/null 2>&1 & server=$!
seen=$(/usr/bin/python3 "$dir/client.py")
echo "$seen"
[ "$seen" = "120 connected, 98 answered
of the other 22 then 22" ] || fail "$seen"
echo "as described ($package $version)"
