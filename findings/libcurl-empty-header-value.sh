#!/bin/bash
# Package:   libcurl4 7.88.1-10+deb12u15 (Debian 12)
# Behaviour: curl_easy_header() and curl_easy_nextheader() promise values without white space around them. The value of a header that is
#            empty, which RFC 9110 allows ("field-value = *field-content"), comes as the CR of its line instead: a string of one byte,
#            0x0d. Whoever asks for value[0] == '\0' takes an empty Location for a place to go to, or an empty Content-Encoding for a coding.
# Seen:      of "X-Empty:", "X-Space: " and "X-One: a" the values 0d, 0d and 61.
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

cat >"$dir/headers.py" <<'END'
import ctypes, socket, threading

ANSWER = b"HTTP/1.1 200 OK\r\nX-Empty:\r\nX-Space: \r\nX-One: a\r\nContent-Length: 0\r\n\r\n"
CURLOPT_URL, CURLH_HEADER = 10002, 1

class Header(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p), ("amount", ctypes.c_size_t),
                ("index", ctypes.c_size_t), ("origin", ctypes.c_uint), ("anchor", ctypes.c_void_p)]

def serve(listener):
    client = listener.accept()[0]
    client.recv(65536)
    client.sendall(ANSWER)
    client.close()

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
curl = ctypes.CDLL("libcurl.so.4")
curl.curl_version.restype = ctypes.c_char_p
curl.curl_easy_init.restype = ctypes.c_void_p
easy = ctypes.c_void_p(curl.curl_easy_init())
url = ctypes.c_char_p(b"http://127.0.0.1:%d/" % listener.getsockname()[1])
assert curl.curl_easy_setopt(easy, ctypes.c_int(CURLOPT_URL), url) == 0
assert curl.curl_easy_perform(easy) == 0
print("seen:", curl.curl_version().split()[0].decode())
for name in b"X-Empty", b"X-Space", b"X-One":
    header = ctypes.POINTER(Header)()
    assert curl.curl_easy_header(easy, name, ctypes.c_size_t(0), ctypes.c_uint(CURLH_HEADER), ctypes.c_int(-1), ctypes.byref(header)) == 0
    print(name.decode(), header.contents.value.hex() or "(empty)")
END
seen=$(python3 "$dir/headers.py")
echo "$seen"
grep -qx 'X-One 61' <<<"$seen" || fail "a usual value is not what was sent"
grep -qx 'X-Empty 0d' <<<"$seen" || fail "an empty value is no CR any more"
grep -qx 'X-Space 0d' <<<"$seen" || fail "a value of white space is no CR any more"
echo "as described ($package $version)"
