#!/bin/bash
# Package:   python3-grpcio 1.51.1-3+b1 (Debian 12)
# Behaviour: ServicerContext.time_remaining() of a call without a deadline is documented to be None. It is a number: the largest 64-bit
#            number minus the time of day, 9.2e18 seconds. A server that asks "is there a deadline?" by
#            `is not None` takes each call for one with a deadline.
# Seen:      with a time limit of 5 s: just under 5; without: 9.2e18.
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
version=1.51.1-3+b1
have=$(dpkg-query -W -f '${Version}' python3-grpcio 2>/dev/null || true)
[ "$have" = "$version" ] || { apt-get update -q >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --allow-downgrades "python3-grpcio=$version" >/dev/null; }
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
fail() { echo "CHANGED (python3-grpcio $version): $*"; exit 1; }
cat >"$dir/ask.py" <<'PY'
from concurrent import futures
import grpc

def answer(request, context):
    return repr(context.time_remaining()).encode()

handler = grpc.method_handlers_generic_handler("s.S", {"M": grpc.unary_unary_rpc_method_handler(answer)})
server = grpc.server(futures.ThreadPoolExecutor(2), handlers=[handler])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
call = grpc.insecure_channel(f"127.0.0.1:{port}").unary_unary("/s.S/M")
print(grpc.__version__, call(b"", timeout=5).decode(), call(b"").decode())
server.stop(0)
PY
read -r shown limited unlimited <<<"$(/usr/bin/python3 "$dir/ask.py")"
echo "grpcio $shown: with a limit of 5 s: $limited, without: $unlimited"
awk -v x="$limited" 'BEGIN { exit !(x > 0 && x <= 5) }' || fail "a deadline is another"
[ "$unlimited" != None ] || fail "it is None"
awk -v x="$unlimited" 'BEGIN { exit !(x > 1e9) }' || fail "the number is another"
echo "as described (python3-grpcio $version)"
