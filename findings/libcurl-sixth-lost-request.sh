#!/bin/bash
# Package:   libcurl4 7.88.1-10+deb12u15 (Debian 12)
# Behaviour: where a server ends a kept connection under a request, libcurl sends it once more on a new one and says nothing (a POST as well, which
#            the server has read). It allows five of those and counts them in the easy handle, where successes between them do not set the
#            count back: so a handle that is used for long fails every sixth such request ("Connection died, tried 5 times before giving up",
#            CURLE_SEND_ERROR) after one try, whatever became of the others, minutes or hours apart.
# Seen:      24 POSTs over one handle to a server that answers once a connection and reads the second request before it closes: the 7th, 14th and
#            21st fail so, 21 are good, and the server read 41 requests.
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
[ "$have" = "$version" ] && command -v python3 >/dev/null || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades $package=$version python3 >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED ($package $version): $*"; exit 1; }

cat >"$dir/sixth.py" <<'END'
import ctypes, socket, threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CURLOPT_URL, CURLOPT_POSTFIELDS, CURLOPT_WRITEFUNCTION, CURLOPT_ERRORBUFFER = 10002, 10015, 20011, 10010
read = 0

def request(client):
    global read
    data = b""
    while not data.endswith(b"body"):
        more = client.recv(65536)
        if not more:
            return False
        data += more
    read += 1
    return True

def serve(listener):
    while True:
        client = listener.accept()[0]
        if request(client):
            client.sendall(ANSWER)
            request(client)
        client.close()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
curl = ctypes.CDLL("libcurl.so.4")
curl.curl_version.restype = ctypes.c_char_p
curl.curl_easy_init.restype = ctypes.c_void_p
easy = ctypes.c_void_p(curl.curl_easy_init())
ignore = ctypes.CFUNCTYPE(ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p)(lambda a, n, m, c: n * m)
text = ctypes.create_string_buffer(256)
for option, value in ((CURLOPT_URL, ctypes.c_char_p(b"http://127.0.0.1:%d/" % listener.getsockname()[1])),
                      (CURLOPT_POSTFIELDS, ctypes.c_char_p(b"body")), (CURLOPT_WRITEFUNCTION, ignore), (CURLOPT_ERRORBUFFER, text)):
    assert curl.curl_easy_setopt(easy, ctypes.c_int(option), value) == 0
print("seen:", curl.curl_version().split()[0].decode())
for i in range(1, 25):
    code = curl.curl_easy_perform(easy)
    if code != 0:
        print("request", i, "failed:", code, text.value.decode())
print("requests that the server read:", read)
END
seen=$(python3 "$dir/sixth.py")
echo "$seen"
[ "$(grep -c ' failed: ' <<<"$seen")" = 3 ] || fail "not three of 24 requests fail"
for i in 7 14 21; do
    grep -qx "request $i failed: 55 Connection died, tried 5 times before giving up" <<<"$seen" || fail "request $i does not fail with these words"
done
grep -qx 'requests that the server read: 41' <<<"$seen" || fail "the server did not read 41 requests"
echo "as described ($package $version)"
