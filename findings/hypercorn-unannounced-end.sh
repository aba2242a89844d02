#!/bin/bash
# Package:   python3-hypercorn 0.13.2-3 (Debian 12)
# Behaviour: whether an HTTP/1.1 connection is kept depends on what the ASGI application reads. An application that answers a GET
#            without awaiting receive() loses the connection after each answer, and neither "Connection: close" nor anything else in
#            the answer announces it. One that awaits receive() first has its connection kept. The ASGI specification does not ask
#            an application to read a request without a body.
# Seen:      without receive() 1 answer of 3 on a connection, with it 3 of 3; no "Connection" line in any answer.
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
package=python3-hypercorn version=0.13.2-3
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version >/dev/null; }
dir=$(mktemp -d); trap 'kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/answer.py" <<'END'
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/reads":
        await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
    await send({"type": "http.response.body", "body": b"hello\n"})
END
cat >"$dir/client.py" <<'END'
import socket, time

def connect():
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", 18352))
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not listen")

for path in ("/reads", "/does-not-read"):
    connection, answers, announced = connect(), 0, False
    file = connection.makefile("rb")
    try:
        for _ in range(3):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            if not file.readline():
                break
            while (line := file.readline().strip()):
                announced |= line.lower().startswith(b"connection:")
            file.read(6)
            answers += 1
            time.sleep(0.3)
    except OSError:
        pass
    print(path, answers, "of 3 answers,", "announced" if announced else "nothing announced")
END
cd "$dir"; /usr/bin/python3 -m hypercorn --bind 127.0.0.1:18352 answer:app >/dev/null 2>&1 & server=$!
seen=$(/usr/bin/python3 "$dir/client.py")
echo "$seen"
[ "$seen" = "/reads 3 of 3 answers, nothing announced
/does-not-read 1 of 3 answers, nothing announced" ] || fail "$seen"
echo "as described ($package $version)"
