#!/usr/bin/env bats
# Which address a user's connection goes to and comes from, and what this machine cannot do, on both transports.

load ../support/helpers
load ../support/places
bats_require_minimum_version 1.5.0

setup() {
    DB=$SCRATCH/run.db
    TRANSPORTS="direct curl"
}

# in_namespace NAME: runs $SCRATCH/inside there, which is written from stdin, in a network (and mount) namespace of its own; with lo up.
in_namespace() {
    command -v ip >/dev/null || skip "there is no ip(8)"
    unshare -nm true 2>/dev/null || skip "this user may not make a network namespace"
    { echo 'set -e; ip link set lo up'; cat; } >"$SCRATCH/inside"
    run env ROOT="$ROOT" SCRATCH="$SCRATCH" COLDSWARM="$COLDSWARM" TRANSPORTS="$TRANSPORTS" unshare -nm sh "$SCRATCH/inside" 3>&-
    echo "$output"
    [ "$status" -eq 0 ]
}

# Each user sends once: 8 users.
EIGHT="'load':{'users':8,'spawn_rate':1000,'duration':'500ms'},'wait':{'constant':'10s'},'tasks':[{'path':'/'}]"

@test "users are spread over the addresses of a host, the same way with the same seed" {
    start_places 127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4
    scenario "{'target':'http://svc.invalid:$PORT','http':{'keepalive':false,'resolve':['svc.invalid:$PORT:127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4']},$EIGHT}"
    local first=
    for transport in $TRANSPORTS; do
        go $transport --seed 5
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 1 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 2 127.0.0.1
 2 127.0.0.2
 2 127.0.0.3
 2 127.0.0.4' ]
    done
    # Alone, user 0 goes where it went among others: another seed may send it elsewhere, and over seeds it goes everywhere.
    scenario "{'target':'http://svc.invalid:$PORT','http':{'keepalive':false,'resolve':['svc.invalid:$PORT:127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4']},
      'load':{'users':1,'duration':'100ms'},'wait':{'constant':'20ms'},'tasks':[{'path':'/'}]}"
    for transport in $TRANSPORTS; do
        go $transport --seed 5
        [ "$(cut -d ' ' -f 1 "$PLACES" | sort -u | wc -l)" -eq 1 ] # a user keeps its address
        first=${first:-$(head -n 1 "$PLACES" | cut -d ' ' -f 1)}
        [ "$(head -n 1 "$PLACES" | cut -d ' ' -f 1)" = "$first" ]
    done
    : >"$SCRATCH/all"
    for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
        go direct --seed $seed
        head -n 1 "$PLACES" | cut -d ' ' -f 1 >>"$SCRATCH/all"
    done
    [ "$(sort -u "$SCRATCH/all" | wc -l)" -ge 3 ]
}

@test "select first: all users at the first address; validate says what these settings do" {
    start_places 127.0.0.1 127.0.0.2
    scenario "{'target':'http://svc.invalid:$PORT','http':{'dns':{'select':'first','ttl':'5s'},'source':['127.0.0.1','127.0.0.9'],
      'resolve':['svc.invalid:$PORT:127.0.0.2,127.0.0.1']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 1 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 8 127.0.0.2' ]
        [ "$(cut -d ' ' -f 2 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 4 127.0.0.1
 4 127.0.0.9' ]
    done
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [[ $output == *"resolve svc.invalid:$PORT:127.0.0.2,127.0.0.1 (all users at the first)"* ]]
    [[ $output == *"users in turn from 127.0.0.1, from 127.0.0.9, all users at the first address of a host, addresses are looked up again after 5s"* ]]
}

@test "IPv4 and IPv6 addresses of a host both get their users" {
    grep -q ' lo$' /proc/net/if_inet6 2>/dev/null || skip "this machine has no IPv6"
    start_places 127.0.0.1 ::1
    scenario "{'target':'http://svc.invalid:$PORT','http':{'resolve':['svc.invalid:$PORT:127.0.0.1,[::1]']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 1 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 4 127.0.0.1
 4 ::1' ]
    done
    # Sources of one family leave the other out.
    scenario "{'target':'http://svc.invalid:$PORT','http':{'source':['127.0.0.5'],'resolve':['svc.invalid:$PORT:127.0.0.1,[::1]']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 1,2 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 8 127.0.0.1 127.0.0.5' ]
    done
    # Nothing left: the row says why.
    scenario "{'target':'http://[::1]:$PORT','http':{'source':['127.0.0.5']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 3 ]
        [ "$(query 'select distinct outcome, error from requests')" = "connect_error|no address of \"source\" has the same family (IPv4 or IPv6) as the target" ]
    done
}

@test "where an address of a host is dead, the connection goes to the next, and nothing fails" {
    start_places 127.0.0.2
    scenario "{'target':'http://svc.invalid:$PORT','http':{'resolve':['svc.invalid:$PORT:127.0.0.1,127.0.0.2,127.0.0.3']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(query 'select outcome, count(*) from requests group by 1')" = 'ok|8' ]
        [ "$(cut -d ' ' -f 1 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 8 127.0.0.2' ]
    done
    # All dead: one failure, in the words of the last.
    scenario "{'target':'http://svc.invalid:$PORT','http':{'resolve':['svc.invalid:$PORT:127.0.0.1,127.0.0.3']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 3 ]
        [ "$(query 'select distinct outcome, error from requests')" = 'connect_error|cannot connect: Connection refused' ]
    done
}

@test "an address that answers nothing: the next one gets its time, and where there is none the run ends" {
    start_places 127.0.0.1
    # A listener whose queue is full drops what comes: no answer, no refusal.
    cat >"$SCRATCH/full.py" <<'IN'
import socket, sys, time
s = socket.socket()
s.bind(("127.0.0.77", int(sys.argv[1])))
s.listen(0)
held = []
for i in range(6):
    c = socket.socket()
    c.setblocking(False)
    c.connect_ex(s.getsockname())
    held.append(c)
print("ready", flush=True)
time.sleep(600)
IN
    python3 "$SCRATCH/full.py" "$PORT" >"$SCRATCH/full.out" 3>&- &
    STARTED_PIDS+=($!)
    wait_line "$SCRATCH/full.out" ready $!
    scenario "{'target':'http://svc.invalid:$PORT','connect_timeout':'4s','http':{'dns':{'select':'first'},'resolve':['svc.invalid:$PORT:127.0.0.77,127.0.0.1']},$EIGHT}"
    for transport in $TRANSPORTS; do
        # Half of the time to connect is the first one's: of what is left of it, so there is another try for a machine that stood still.
        for _ in 1 2 3; do
            go $transport
            [ "$status" -eq 0 ]
            found=$(query 'select outcome, count(*), min(connect_us) >= 2000000 from requests group by 1')
            [ "$found" != 'ok|8|1' ] || break
            query 'select outcome, error, connect_us from requests'
        done
        [ "$found" = 'ok|8|1' ]
    done
    scenario "{'target':'http://127.0.0.77:$PORT','connect_timeout':'300ms',$EIGHT}"
    for transport in $TRANSPORTS; do
        rm -f "$DB"
        run timeout 120 "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet --transport $transport
        [ "$status" -eq 3 ]
        [ "$(query 'select distinct outcome, error from requests')" = 'timeout|no connection within 300ms' ]
    done
}

@test "source addresses: the users in turn, in the manifest, kept by a replay, refused before the load" {
    start_places 127.0.0.1
    scenario "{'target':'http://127.0.0.1:$PORT','http':{'source':['127.0.0.2','127.0.0.3']},$EIGHT}"
    for transport in $TRANSPORTS; do
        go $transport
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 2 "$PLACES" | sort | uniq -c | tr -s ' ')" = ' 4 127.0.0.2
 4 127.0.0.3' ]
        [ "$(query "select value from manifest where key = 'source_addresses'")" = '127.0.0.2, 127.0.0.3' ]
        go $transport --source 127.0.0.4,127.0.0.5 --source 127.0.0.6
        [ "$status" -eq 0 ]
        [ "$(cut -d ' ' -f 2 "$PLACES" | sort -u | tr '\n' ' ')" = '127.0.0.4 127.0.0.5 127.0.0.6 ' ]
    done
    : >"$PLACES"
    run "$COLDSWARM" run --replay "$DB" -o "$DB.again" --quiet
    [ "$status" -eq 0 ]
    [ "$(cut -d ' ' -f 2 "$PLACES" | sort -u | tr '\n' ' ')" = '127.0.0.4 127.0.0.5 127.0.0.6 ' ]
    # 203.0.113.0/24 is for documentation (RFC 5737): no machine has it.
    : >"$PLACES"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB.3" --source 127.0.0.2,203.0.113.7
    [ "$status" -eq 2 ]
    [[ $output == *"203.0.113.7 is not an address of this machine"* ]]
    [ ! -e "$DB.3" ]
    [ ! -s "$PLACES" ]
    scenario "{'target':'http://127.0.0.1:$PORT','http':{'source':['203.0.113.7']},$EIGHT}"
    run "$COLDSWARM" validate "$SCRATCH/s.json"
    [ "$status" -eq 0 ]
    [[ $output == *"Warnings:"*"203.0.113.7 is not an address of this machine"* ]]
    run "$COLDSWARM" run "$SCRATCH/s.json" --source 127.0.0.2,eth0
    [ "$status" -eq 2 ]
    [[ $output == *'--source: "eth0" is not an IPv4 or IPv6 address'* ]]
    scenario "{'target':'http://h.invalid','http':{'unix_socket':'/nowhere'},$EIGHT}"
    run "$COLDSWARM" run "$SCRATCH/s.json" --source 127.0.0.2
    [ "$status" -eq 2 ]
    [[ $output == *'--source cannot be combined with "unix_socket" of the scenario'* ]]
}

@test "no local port left: the run is INVALID and says what to do; more source addresses mend it" {
    cat >"$SCRATCH/s.json" <<'IN'
{ "target": "http://127.0.0.1:18203", "load": { "users": 60, "spawn_rate": 1000, "duration": "1s" }, "wait": { "constant": "300ms" },
  "tasks": [{ "path": "/" }] }
IN
    in_namespace <<'IN'
sysctl -q -w net.ipv4.ip_local_port_range="40000 40039"
python3 "$ROOT/tests/support/places.py" --log "$SCRATCH/ports.log" --port 18203 127.0.0.1 127.0.0.2 >"$SCRATCH/ports.out" & server=$!
trap 'kill $server' EXIT
for i in $(seq 3000); do grep -qs ready "$SCRATCH/ports.out" && break; sleep 0.02; done
# Ports that the run before has used are not free at once: each run has addresses of its own.
n=0
for transport in $TRANSPORTS; do
    n=$((n + 1))
    "$COLDSWARM" run "$SCRATCH/s.json" -H http://127.0.0.$n:18203 -o "$SCRATCH/short.$transport.db" --quiet --transport $transport >"$SCRATCH/short.$transport.out" 2>&1 && echo 0 || echo $?
    "$COLDSWARM" run "$SCRATCH/s.json" -o "$SCRATCH/wide.$transport.db" --quiet --transport $transport --source 127.0.$n.1,127.0.$n.2 >/dev/null 2>&1 && echo 0 || echo $?
done
IN
    [ "$output" = $'4\n0\n4\n0' ]
    for transport in $TRANSPORTS; do
        DB=$SCRATCH/short.$transport.db
        [ "$(query 'select outcome, error from requests where outcome <> "ok" group by 1, 2')" = "connect_error|this machine has no local port left to connect from (Cannot assign requested address)" ]
        [ "$(query 'select count(distinct user) from requests where outcome = "ok"')" -ge 39 ]
        local failed all
        failed=$(query 'select count(*) from requests where outcome <> "ok"')
        all=$(query 'select count(*) from requests')
        [[ $(query 'select verdict, exit_code, verdict_reason from run') == "INVALID|4|this machine could not send $failed of $all requests, which the target never saw: it had no local port left; connect from more addresses (--source"*ip_local_port_range* ]]
        [ "$(query 'select text from event where kind = "client_limit"')" = "this machine has no local port left to connect from (Cannot assign requested address)" ]
        # Report, JSON and gate say the same.
        run "$COLDSWARM" report "$DB"
        [[ $output == *"Verdict: INVALID: this machine could not send $failed of $all requests"* ]]
        run "$COLDSWARM" report "$DB" --format json
        [[ $output == *'"verdict": "INVALID"'* && $output == *"could not send $failed of $all requests"* ]]
        run "$COLDSWARM" gate "$DB" -e 'http_req_failed rate<1'
        [ "$status" -eq 4 ]
        [[ $output == *"the run is INVALID: this machine could not send $failed"* ]]
        [ "$(sqlite3 "$SCRATCH/wide.$transport.db" 'select verdict <> "INVALID", sum(outcome <> "ok") from run, requests')" = '1|0' ]
    done
}

@test "no file descriptor left: the run is INVALID, not the target" {
    command -v prlimit >/dev/null || skip "there is no prlimit(1)"
    start_places --close 127.0.0.1
    scenario "{'target':'http://127.0.0.1:$PORT','http':{'keepalive':false},'load':{'users':2,'spawn_rate':1000,'duration':'1h'},'wait':{'constant':'20ms'},'tasks':[{'path':'/'}]}"
    local transport
    for transport in $TRANSPORTS; do
        rm -f "$DB"
        : >"$PLACES"
        "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet --transport $transport >"$SCRATCH/out" 2>&1 3>&- &
        local pid=$!
        STARTED_PIDS+=("$pid")
        wait_line "$PLACES" . $pid
        # As many as it has open: none is left for a connection.
        prlimit --pid $pid --nofile=3:4096
        local i
        for ((i = 0; i < 3000; i++)); do
            [ "$(sqlite3 "$DB" 'select count(*) from event where kind = "client_limit"')" -gt 0 ] && break
            sleep 0.05
        done
        prlimit --pid $pid --nofile=4096:4096
        kill -INT $pid
        wait $pid || true
        [ "$(query 'select distinct error from requests where outcome = "connect_error"')" = "this client has no file descriptor left for a connection (Too many open files)" ]
        [[ $(query 'select verdict, verdict_reason from run') == "INVALID|"*"this process had no file descriptor left; raise the limit of open files (ulimit -n"* ]]
    done
}

@test "a machine without an address for the target says so" {
    scenario "{'target':'http://[2001:db8::1]:80','load':{'users':1,'duration':'500ms'},'wait':{'constant':'10s'},'tasks':[{'path':'/'}]}"
    in_namespace <<'IN'
sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 2>/dev/null || exit 0
sed 's/2001:db8::1/::1/' "$SCRATCH/s.json" >"$SCRATCH/v6.json"
for transport in $TRANSPORTS; do
    "$COLDSWARM" run "$SCRATCH/v6.json" -o "$SCRATCH/v6.$transport.db" --quiet --transport $transport >/dev/null 2>&1 && echo 0 || echo $?
done
IN
    [ -e "$SCRATCH/v6.curl.db" ] || skip "this kernel has no IPv6 to switch off"
    for transport in $TRANSPORTS; do
        DB=$SCRATCH/v6.$transport.db
        [ "$(query 'select error from requests')" = "this machine has no address to connect from (Cannot assign requested address)" ]
        [[ $(query 'select verdict, exit_code, verdict_reason from run') == "INVALID|4|"*"no address that can reach the target"* ]]
    done
}

@test "sessions of TLS are resumed by each user, with TLS 1.2 and 1.3, on both transports" {
    "$ROOT/tests/support/make-certs" "$SCRATCH/certs"
    for version in --tls12 ""; do
        start_places $version --tls "$SCRATCH/certs/server.pem" "$SCRATCH/certs/server.key" 127.0.0.1
        scenario "{'target':'https://127.0.0.1:$PORT','http':{'verify':false,'keepalive':false},'load':{'users':2,'spawn_rate':1000,'duration':'1h'},'wait':{'constant':'10ms'},
          'tasks':[{'name':'t','steps':[{'repeat':4,'steps':[{'path':'/'}]}]}]}"
        for transport in $TRANSPORTS; do
            rm -f "$DB"
            : >"$PLACES"
            "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet --transport $transport >"$SCRATCH/out" 2>&1 3>&- &
            local pid=$! i
            STARTED_PIDS+=("$pid")
            for ((i = 0; i < 3000; i++)); do
                [ "$(wc -l <"$PLACES")" -ge 20 ] && break
                sleep 0.02
            done
            kill -INT $pid
            wait $pid || true
            # One full handshake a user, and all others resumed.
            [ "$(cut -d ' ' -f 7 "$PLACES" | grep -c full)" -eq 2 ]
            [ "$(cut -d ' ' -f 7 "$PLACES" | grep -c resumed)" -ge 18 ]
        done
    done
}

# What follows has a resolver of its own: /etc/hosts, resolv.conf and nsswitch.conf are mounted over in a mount namespace.
RESOLVER='
echo "nameserver 127.0.0.53" >"$SCRATCH/resolv.conf"
echo "127.0.0.1 localhost" >"$SCRATCH/hosts"
echo "hosts: files dns" >"$SCRATCH/nsswitch.conf"
for f in resolv.conf hosts nsswitch.conf; do [ -e /etc/$f ] || exit 77; mount --bind "$SCRATCH/$f" /etc/$f; done
ready() { for i in $(seq 3000); do grep -qs ready "$1" && return; sleep 0.02; done; }
pids=
trap "kill \$pids 2>/dev/null || true" EXIT
places() { python3 "$ROOT/tests/support/places.py" --log "$SCRATCH/places.log" --port 18205 "$@" >"$SCRATCH/places.out" & pids="$pids $!"; ready "$SCRATCH/places.out"; }
dns() { python3 "$ROOT/tests/support/dns.py" 127.0.0.53 "$SCRATCH/dns.log" "$@" >"$SCRATCH/dns.out" & pids="$pids $!"; ready "$SCRATCH/dns.out"; }
# lines N PATTERN: until so many lines of the log of the server match.
lines() { for i in $(seq 3000); do [ "$(grep -c "$2" "$SCRATCH/places.log")" -ge "$1" ] && return; sleep 0.02; done; echo "no $1 lines $2"; exit 1; }
'

@test "the system's resolver: each host is looked up once for all users, whichever way its answers are turned" {
    scenario "{'target':'http://svc.test:18205','load':{'users':40,'spawn_rate':1000,'duration':'600ms'},'wait':{'constant':'50ms'},'http':{'keepalive':false},'tasks':[{'path':'/'}]}"
    in_namespace <<IN
$RESOLVER
places 127.0.0.1 127.0.0.2
dns svc.test=127.0.0.1,127.0.0.2
for transport in \$TRANSPORTS; do
    : >"\$SCRATCH/places.log"; : >"\$SCRATCH/dns.log"
    "\$COLDSWARM" run "\$SCRATCH/s.json" -o "\$SCRATCH/\$transport.db" --quiet --transport \$transport --seed 3 >/dev/null
    cp "\$SCRATCH/places.log" "\$SCRATCH/\$transport.places"; cp "\$SCRATCH/dns.log" "\$SCRATCH/\$transport.dns"
done
IN
    for transport in $TRANSPORTS; do
        DB=$SCRATCH/$transport.db
        [ "$(grep -c '^svc.test 1$' "$SCRATCH/$transport.dns")" -eq 1 ]
        [ "$(query 'select count(*) from requests where outcome <> "ok"')" -eq 0 ]
        # 20 users at each; a name that is looked up takes a while, one that is known does not.
        [ "$(query 'select count(distinct user) from requests')" -eq 40 ]
        cut -d ' ' -f 1 "$SCRATCH/$transport.places" | sort | uniq -c >"$SCRATCH/split"
        [ "$(wc -l <"$SCRATCH/split")" -eq 2 ]
        [ "$(query 'select min(dns_us) >= 0, (select dns_us > 0 from requests order by sent_us limit 1), (select dns_us < 1000000 from requests order by dns_us desc limit 1) from requests')" = '1|1|1' ]
    done
}

@test "a changed address is seen after the TTL, by new connections" {
    scenario "{'target':'http://svc.test:18205','load':{'users':2,'spawn_rate':1000,'duration':'1h'},'wait':{'constant':'20ms'},'http':{'keepalive':false,'dns':{'ttl':'200ms'}},'tasks':[{'path':'/'}]}"
    sed 's/"keepalive":false,//' "$SCRATCH/s.json" >"$SCRATCH/kept.json"
    in_namespace <<IN
$RESOLVER
places 127.0.0.1 127.0.0.2
for transport in \$TRANSPORTS; do
    for file in s kept; do
        : >"\$SCRATCH/places.log"
        printf '127.0.0.1 localhost\n127.0.0.1 svc.test\n' >"\$SCRATCH/hosts"
        "\$COLDSWARM" run "\$SCRATCH/\$file.json" -o "\$SCRATCH/\$transport.\$file.db" --quiet --transport \$transport >/dev/null 2>&1 & run=\$!
        lines 4 "^127.0.0.1"
        printf '127.0.0.1 localhost\n127.0.0.2 svc.test\n' >"\$SCRATCH/hosts"
        if [ \$file = s ]; then lines 20 "^127.0.0.2"; tail -n 2 "\$SCRATCH/places.log" | cut -d ' ' -f 1; else lines 60 "^127.0.0.1"; ! grep "^127.0.0.2" "\$SCRATCH/places.log"; fi
        kill -INT \$run; wait \$run && echo 0 || echo \$?
    done
done
IN
    [ "$output" = $'127.0.0.2\n127.0.0.2\n130\n130\n127.0.0.2\n127.0.0.2\n130\n130' ]
    for transport in $TRANSPORTS; do
        DB=$SCRATCH/$transport.s.db
        [ "$(query 'select count(*) from requests where outcome not in ("ok", "cancelled")')" -eq 0 ]
    done
}

@test "a name server that does not answer, a name that is not there, and one that cannot be told apart" {
    scenario "{'target':'http://svc.test:18205','connect_timeout':'300ms','load':{'users':3,'spawn_rate':1000,'duration':'700ms'},'wait':{'constant':'10ms'},'tasks':[{'path':'/'}]}"
    sed 's/"connect_timeout":"300ms"/"timeout":"250ms"/' "$SCRATCH/s.json" >"$SCRATCH/whole.json"
    # A name server that answers may stall before it does.
    sed 's/"connect_timeout":"300ms",//' "$SCRATCH/s.json" >"$SCRATCH/patient.json"
    in_namespace <<IN
$RESOLVER
dns silent
for transport in \$TRANSPORTS; do
    for file in s whole; do
        "\$COLDSWARM" run "\$SCRATCH/\$file.json" -o "\$SCRATCH/\$transport.\$file.db" --quiet --transport \$transport -s 1s >/dev/null 2>&1 && echo 0 || echo \$?
    done
done
kill \$pids; wait \$pids 2>/dev/null || true
dns other.test=127.0.0.1 broken.test=refuse
for transport in \$TRANSPORTS; do
    for name in absent broken; do
        "\$COLDSWARM" run "\$SCRATCH/patient.json" -H http://\$name.test:1 -o "\$SCRATCH/\$transport.\$name.db" --quiet --transport \$transport >/dev/null 2>&1 && echo 0 || echo \$?
    done
done
IN
    [ "$output" = $'3\n3\n3\n3\n3\n3\n3\n3' ]
    for transport in $TRANSPORTS; do
        DB=$SCRATCH/$transport.s.db
        [ "$(query 'select distinct outcome, error from requests where outcome <> "cancelled"')" = "timeout|the name svc.test was not resolved within 300ms" ]
        [ "$(query 'select min(service_us) >= 300000, max(new_connection), max(ttfb_us is not null) from requests where outcome = "timeout"')" = '1|0|0' ]
        DB=$SCRATCH/$transport.whole.db
        [ "$(query 'select distinct outcome, error from requests where outcome <> "cancelled"')" = "timeout|the name svc.test was not resolved within 250ms" ]
        DB=$SCRATCH/$transport.absent.db
        [ "$(query 'select distinct outcome, error from requests')" = "dns_error|Could not resolve host: absent.test" ]
        DB=$SCRATCH/$transport.broken.db
        [ "$(query 'select distinct outcome, error from requests')" = "dns_error|Could not resolve host: broken.test (Temporary failure in name resolution)" ]
    done
}

@test "a name server that says nothing about a receiver of metrics holds up neither the run nor its end" {
    scenario "{'target':'http://127.0.0.1:18205','load':{'users':2,'spawn_rate':1000,'duration':'1500ms'},'wait':{'constant':'20ms'},'tasks':[{'path':'/'}]}"
    in_namespace <<IN
$RESOLVER
# A look-up takes 150 s.
echo "options timeout:30 attempts:5" >>"\$SCRATCH/resolv.conf"
places 127.0.0.1
dns silent
timeout 100 "\$COLDSWARM" run "\$SCRATCH/s.json" -o "\$SCRATCH/a.db" --quiet --otlp http://collector.test:4318 --influx http://influx.test/db >/dev/null 2>"\$SCRATCH/err" && echo 0 || echo \$?
IN
    grep -q 'warning: --otlp: .* exports did not reach http://collector.test:4318/v1/metrics: no whole response in time' "$SCRATCH/err"
    grep -q 'warning: --influx: .* exports did not reach http://influx.test/write: no whole response in time' "$SCRATCH/err"
    grep -q collector.test "$SCRATCH/dns.log"
    DB=$SCRATCH/a.db
    [ "$(query 'select count(*) > 50, sum(outcome <> "ok") from requests')" = '1|0' ]
}
