#!/usr/bin/env bats
# Where requests go, and under which name: hosts, addresses, paths, on both transports.

load ../support/helpers
load ../support/places
bats_require_minimum_version 1.5.0

setup() {
    DB=$SCRATCH/run.db
    # One task: it is sent whatever the machine does.
    ONCE="'load':{'users':1,'duration':'500ms'},'wait':{'constant':'10s'}"
    # All of on_start and one task, however long that takes. Each task has ROW.
    (cd "$SCRATCH" && only 1)
    ALL="'load':{'users':1,'duration':'1h'},$FEED"
    ROW=$ONE
}

@test "a host beyond ASCII is sent as A-labels: Host, SNI, the name that is looked up, cookies" {
    "$ROOT/tests/support/make-certs" "$SCRATCH/certs"
    start_places --tls "$SCRATCH/certs/server.pem" "$SCRATCH/certs/server.key" 127.0.0.1
    # The A-label of bücher is that of RFC 3492 and of every browser: xn--bcher-kva.
    local url resolved
    for url in "https://bücher.invalid:$PORT" "https://BÜCHER.invalid:$PORT" "https://b%C3%BCcher.invalid:$PORT" "https://xn--bcher-kva.invalid:$PORT"; do
        for resolved in "bücher.invalid" "xn--bcher-kva.invalid"; do
            scenario "{'target':'$url','http':{'verify':false,'resolve':['$resolved:$PORT:127.0.0.1']},$ONCE,'tasks':[{'path':'/'}]}"
            for transport in direct curl; do
                go $transport
                [ "$status" -eq 0 ]
                [ "$(cat "$PLACES")" = "127.0.0.1 127.0.0.1 1 xn--bcher-kva.invalid:$PORT / xn--bcher-kva.invalid full" ]
            done
        done
    done
    [ "$(query 'select target from run')" = "https://xn--bcher-kva.invalid:$PORT" ]
    # --host, and whole URLs; what a path varies stays where it belongs.
    scenario "{'target':'http://example.invalid','variables':{'v':'x y'},'http':{'verify':false,'resolve':['bücher.invalid:$PORT:127.0.0.1']},$ALL,
      'on_start':[{'path':'https://bücher.invalid:$PORT/a?b=ü'},{'path':'https://bücher.invalid:$PORT/\${v}/\${v}'}],'tasks':[{'path':'https://bücher.invalid:$PORT',$ROW}]}"
    for transport in direct curl; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 4,5 "$PLACES")" = "xn--bcher-kva.invalid:$PORT /a?b=%C3%BC
xn--bcher-kva.invalid:$PORT /x%20y/x%20y
xn--bcher-kva.invalid:$PORT /" ]
    done
    # A Host of one's own as well.
    scenario "{'target':'https://127.0.0.1:$PORT','http':{'verify':false},'headers':{'Host':'Bücher.invalid:8443'},$ONCE,'tasks':[{'path':'/'}]}"
    for transport in direct curl; do
        go $transport
        [ "$(cut -d ' ' -f 4 "$PLACES")" = xn--bcher-kva.invalid:8443 ]
    done
    scenario "{'target':'https://127.0.0.1:$PORT','headers':{'Host':'bü cher.invalid'},$ONCE,'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 2 ]
    [[ $output == *'"Host" cannot be "bü cher.invalid"'* ]]
    scenario "{'http':{'verify':false,'resolve':['bücher.invalid:$PORT:127.0.0.1']},$ONCE,'tasks':[{'path':'/'}]}"
    go direct --host "https://Bücher.invalid:$PORT"
    [ "$status" -eq 0 ]
    [ "$(query 'select target from run')" = "https://Bücher.invalid:$PORT" ]
}

@test "a name that is no international name is refused where it stands" {
    scenario "{'target':'http://-ü.invalid',$ONCE,'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 2 ]
    [[ $output == *"s.json:1:11: "*"-ü.invalid"*"not a valid international name"* ]]
    scenario "{$ONCE,'tasks':[{'path':'http://☃.invalid/'}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 2 ]
    [[ $output == *"s.json:1:"*"☃.invalid"*"not a valid international name"* ]]
    scenario "{'http':{'resolve':['☃.invalid:80:127.0.0.1']},$ONCE,'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 2 ]
    [[ $output == *"s.json:1:21: "*"not a valid international name"* ]]
    scenario "{'http':{'proxy':'http://☃.invalid:80'},$ONCE,'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 2 ]
    [[ $output == *"s.json:1:18: "*"not a valid international name"* ]]
}

@test "a proxy beyond ASCII is found by its A-labels" {
    start_places 127.0.0.1
    scenario "{'target':'http://behind.invalid','http':{'proxy':'http://bücher.invalid:$PORT','resolve':['bücher.invalid:$PORT:127.0.0.1']},$ONCE,'tasks':[{'path':'/x'}]}"
    go auto
    [ "$status" -eq 0 ]
    [ "$(cut -d ' ' -f 4,5 "$PLACES")" = "behind.invalid http://behind.invalid/x" ]
}

@test "the zone of an IPv6 address chooses the interface and is not sent" {
    [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6 || skip "this machine has no IPv6"
    start_places ::1
    local url
    for url in "http://[::1%25lo]:$PORT" "http://[::1%lo]:$PORT" "http://[::1]:$PORT"; do
        scenario "{'target':'$url',$ONCE,'tasks':[{'path':'/z'}]}"
        for transport in direct curl; do
            go $transport
            [ "$status" -eq 0 ]
            [ "$(cut -d ' ' -f 4,5 "$PLACES")" = "[::1]:$PORT /z" ]
        done
        run "$COLDSWARM" validate -n "$SCRATCH/s.json"
        [[ $output == *"Host: [::1]:$PORT"* ]]
    done
    # As the socket's scope: an address that is there on one interface only.
    scenario "{'target':'http://[::1%25nope0]:$PORT',$ONCE,'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB"
    [ "$status" -eq 2 ]
    [[ $output == *"s.json:1:11: "*"this machine has no network interface \"nope0\""* ]]
    scenario "{'target':'http://[fe80::g%25lo]',$ONCE,'tasks':[{'path':'/'}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 2 ]
    [[ $output == *"must be an IPv6 address"* ]]
}

@test "a link-local address is reached by its zone" {
    command -v ip >/dev/null || skip "there is no ip(8)"
    unshare -n true 2>/dev/null || skip "this user may not make a network namespace"
    cat >"$SCRATCH/inside" <<'IN'
set -e
ip link set lo up
ip -6 addr add fe80::7/64 dev lo nodad
python3 "$ROOT/tests/support/places.py" --log "$SCRATCH/ll.log" --port 18090 fe80::7%lo >"$SCRATCH/ll.out" & server=$!
trap 'kill $server' EXIT
for i in $(seq 3000); do grep -qs ready "$SCRATCH/ll.out" && break; sleep 0.02; done
for transport in direct curl; do
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$SCRATCH/ll.$transport.db" --quiet --transport $transport
done
IN
    scenario "{'target':'http://[fe80::7%25lo]:18090',$ONCE,'tasks':[{'path':'/'}]}"
    ROOT=$ROOT SCRATCH=$SCRATCH COLDSWARM=$COLDSWARM unshare -n sh "$SCRATCH/inside" 2>"$SCRATCH/err" || { cat "$SCRATCH/err"; grep -q 'IPv6\|not supported' "$SCRATCH/err" && skip "no IPv6 here"; false; }
    [ "$(cut -d ' ' -f 4 "$SCRATCH/ll.log")" = '[fe80::7]:18090
[fe80::7]:18090' ]
}

@test "whole URLs in all tasks need no target" {
    start_places 127.0.0.1
    scenario "{$ALL,'variables':{'v':'1'},'on_start':[{'path':'http://127.0.0.1:$PORT/a'}],'tasks':[{'path':'http://127.0.0.1:$PORT/\${v}',$ROW}]}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 0 ]
    [[ $output == *"target    http://127.0.0.1:$PORT, from full URLs"* ]]
    [[ $output != *"no target"* ]]
    for transport in direct curl; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 5 "$PLACES")" = $'/a\n/1' ]
        [ "$(query 'select target from run')" = "http://127.0.0.1:$PORT" ]
    done
    # It says against whom, reports it, and can be repeated.
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.2"
    [[ $output == *"against http://127.0.0.1:$PORT"* ]]
    run "$COLDSWARM" run --replay "$DB.2" -o "$DB.3" --quiet
    [ "$status" -eq 0 ]
    # Several servers.
    scenario "{$ONCE,'tasks':[{'path':'http://127.0.0.1:$PORT/a'},{'path':'http://localhost:$PORT/b'},{'path':'http://127.0.0.1:$PORT/c'}]}"
    go auto
    [ "$status" -eq 0 ]
    [ "$(query 'select target from run')" = "http://127.0.0.1:$PORT, http://localhost:$PORT" ]
    # Where one path has no host, one is missing.
    scenario "{$ONCE,'tasks':[{'path':'http://127.0.0.1:$PORT/a'},{'path':'/b'}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.4"
    [ "$status" -eq 2 ]
    [[ $output == *"has no target"* ]]
    # A host from the environment stays secret.
    export NAMES_TEST_HOST=127.0.0.1
    scenario "{$ONCE,'tasks':[{'path':'http://\${env.NAMES_TEST_HOST}:$PORT/a'}]}"
    go direct
    [ "$status" -eq 0 ]
    [ "$(query 'select target from run')" = "http://***:$PORT" ]
}

@test "a path goes out as it is written, from the file and from a variable" {
    start_places 127.0.0.1
    scenario "{'target':'http://127.0.0.1:$PORT/pre',$ALL,'variables':{'v':'x/..'},'on_start':[
      {'path':'/a/../b'},{'path':'/a/../\${v}/../c'},{'path':'/./c//d/.'},{'path':'/%2e%2e/z?q=/../y'},{'path':'http://127.0.0.1:$PORT/../up'},
      {'path':'/s p/ü'},{'path':'/\${v}/s p/ü'}],'tasks':[{'path':'/..',$ROW}]}"
    for transport in direct curl; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 5 "$PLACES")" = '/pre/a/../b
/pre/a/../x%2F../../c
/pre/./c//d/.
/pre/%2e%2e/z?q=/../y
/../up
/pre/s%20p/%C3%BC
/pre/x%2F../s%20p/%C3%BC
/pre/..' ]
    done
}

@test "what a redirect says is resolved, the user's own path is not" {
    cat >"$SCRATCH/redirect.py" <<'IN'
import http.server
to = {"/x/../y/1": "../b", "/x/../y/2": "/a/../b", "/x/../y/3": "./c/./d", "/x/../y/4": "e/../f?g=/../h"}
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *a): pass
    def do_GET(self):
        print(self.path, flush=True)
        self.send_response(302 if self.path in to else 200)
        if self.path in to: self.send_header("Location", to[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("ready", s.server_port, flush=True)
s.serve_forever()
IN
    python3 "$SCRATCH/redirect.py" >"$SCRATCH/redirect.out" 3>&- &
    STARTED_PIDS+=($!)
    PORT=$(wait_line "$SCRATCH/redirect.out" '^ready ' $!)
    PORT=${PORT#ready }
    scenario "{'target':'http://127.0.0.1:$PORT','http':{'follow_redirects':true},$ALL,'on_start':[
      {'path':'/x/../y/1'},{'path':'/x/../y/2'},{'path':'/x/../y/3'}],'tasks':[{'path':'/x/../y/4',$ROW}]}"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet
    [ "$status" -eq 0 ] || { echo "$status: $output" && false; }
    [ "$(tail -n +2 "$SCRATCH/redirect.out")" = '/x/../y/1
/b
/x/../y/2
/b
/x/../y/3
/y/c/d
/x/../y/4
/y/f?g=/../h' ]
}
