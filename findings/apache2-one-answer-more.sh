#!/bin/bash
# Package:   apache2-bin 2.4.71-1~deb12u1 (Debian 12)
# Behaviour: "MaxKeepAliveRequests 100", the default, gives 101 answers on a connection: the limit counts what may follow the first
#            request. Only the last answer says "Connection: close". The header "Keep-Alive: timeout=5, max=100", which tells a client
#            all this, comes only to a client that sends "Connection: keep-alive", which HTTP/1.1 does not ask it to.
# Seen:      with and without that header 101 answers, the last with "Connection: close"; "max=100" in the first answer, "max=1" in
#            the last but one, and no "Keep-Alive" line at all for the client that did not ask.
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
package=apache2-bin version=2.4.71-1~deb12u1
have=$(dpkg-query -W -f '${Version}' $package 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version python3 >/dev/null; }
dir=$(mktemp -d); trap 'kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

mkdir "$dir/www"; echo hello >"$dir/www/index.html"; chmod 755 "$dir" "$dir/www"
cat >"$dir/apache2.conf" <<END
ServerRoot $dir
PidFile $dir/pid
Listen 127.0.0.1:18351
ServerName localhost
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
User www-data
Group www-data
DocumentRoot $dir/www
ErrorLog $dir/error.log
MaxKeepAliveRequests 100
END
/usr/sbin/apache2 -D FOREGROUND -f "$dir/apache2.conf" & server=$!

# Prints for each client: answers on one connection, "Connection" of the last, "Keep-Alive" of the first and of the last but one.
cat >"$dir/client.py" <<'END'
import socket, time

def answer(file):
    head = {}
    if not file.readline():
        return None
    while (line := file.readline().strip()):
        name, value = line.decode().split(":", 1)
        head[name.lower()] = value.strip()
    file.read(int(head["content-length"]))
    return head

def connect():
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", 18351))
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server does not listen")

for name, extra in (("silent", ""), ("asking", "Connection: keep-alive\r\n")):
    connection = connect()
    file, heads = connection.makefile("rb"), []
    try:
        for _ in range(200):
            connection.sendall(f"GET /index.html HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode())
            head = answer(file)
            if head is None:
                break
            heads.append(head)
    except OSError:
        pass
    print(name, len(heads), heads[-1].get("connection"), "|", heads[0].get("keep-alive"), "|", heads[-2].get("keep-alive"))
END
seen=$(python3 "$dir/client.py")
echo "$seen"
[ "$seen" = "silent 101 close | None | None
asking 101 close | timeout=5, max=100 | timeout=5, max=1" ] || fail "$seen"
echo "as described ($package $version)"
