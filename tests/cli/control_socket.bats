#!/usr/bin/env bats
# run --control FD: a part that an agent starts, watches and stops over a socket. tests/support/agent.py is the agent.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts

setup() {
    cd "$BATS_TEST_TMPDIR"
}

agent() {
    python3 "$ROOT/tests/support/agent.py" "$COLDSWARM" "$@"
}

code_of() { # PART CODE: the exit code of a part; 4 too, if only the client was late
    local code
    code=$(cat "code$1")
    [ "$code" = "$2" ] || { [ "$2$code" = 04 ] && was_late "p$1.db"; } || { echo "part $1: $code"; cat "err$1"; return 1; }
}

open_load() { # DURATION [MORE KEYS]
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 90, \"duration\": \"$1\", \"max_users\": 20, \"arrivals\": \"poisson\" }, $TASKS ${2-} }" >s.json
}

@test "parts that an agent starts are one run: the schedule, the start and the trace of one machine" {
    start_target
    open_load 2500ms ', "thresholds": { "http_reqs{name:b}": [{ "threshold": "count>1000000", "abortOnFail": true }], "http_req_failed": ["rate<2"] }'
    whole
    agent go 3
    for i in 0 1 2; do code_of $i 0; done
    sql whole.db "select intended_us, name from requests" | sort >want
    [ -s want ]
    for i in 0 1 2; do sql p$i.db "select intended_us, name from requests"; done | sort | cmp want -
    [ "$(for i in 0 1 2; do sql p$i.db "select value from manifest where key = 'start_at'"; done | sort -u | wc -l)" = 1 ]
    [ "$(sql p2.db "select value from manifest where key = 'trace_run'")" = 00000000deadbeef ]
    "$COLDSWARM" merge all.db p0.db p1.db p2.db || [ $? = 4 ]
    [ "$(sql all.db "select count(*) from requests")" = "$(wc -l <want)" ]
}

@test "the reports have every request once: in all, by second, and for the thresholds that may end the run" {
    start_target
    open_load 2500ms ', "thresholds": { "http_reqs{name:b}": [{ "threshold": "count>1000000", "abortOnFail": true }],
        "http_req_duration": [{ "threshold": "p(95)<60000", "abortOnFail": true }, "p(90)<70000"], "response_time{name:c}": [{ "threshold": "avg<60000", "abortOnFail": true, "over": "1s" }] }'
    agent go 2
    for i in 0 1; do
        code_of $i 0
        [ "$(grep -c '^threshold ' said$i)" = 4 ]
        # report ELAPSED USERS REQUESTS FAILURES UNSENDABLE: the last one is of the whole part.
        [ "$(grep '^report ' said$i | tail -1 | cut -d' ' -f4,5)" = "$(sql p$i.db "select count(*), sum(outcome <> 'ok') from requests where status not null" | tr '|' ' ')" ]
        # second S REQUESTS FAILURES HISTOGRAM, in pieces
        grep '^second ' said$i | awk '{ n[$2] += $3 } END { for (s in n) print s "|" n[s] }' | sort -n >seconds
        sql p$i.db "select end_us / 1000000, count(*) from requests where status not null group by 1" | sort -n | cmp seconds -
        # Its histogram: 6 bits, so that up to 128 us each value has its own bucket. GAP:COUNT
        [ "$(grep '^second ' said$i | tr ' ' '\n' | grep : | cut -d: -f2 | sum)" = "$(sql p$i.db "select count(*) from requests where status not null")" ]
        [ "$(grep '^second ' said$i | awk '{ k = 0; for (i = 8; i <= NF; i++) { split($i, x, ":"); k += x[1]; if (k < 128) n[k] += x[2] } } END { for (k in n) print k "|" n[k] }' | sort -n)" = \
            "$(sql p$i.db "select response_us, count(*) from requests where response_us < 128 and status not null group by 1 order by 1")" ]
        # rule RULE SECOND AMOUNT TOTAL TIMES SUM MIN MAX HISTOGRAM, only of those with abortOnFail: three of the four.
        grep '^rule ' said$i | awk '{ a[$2] += $4; n[$2] += $6; s[$2] += $7 } END { for (r in n) print r, a[r], n[r], s[r] }' | sort >rules
        { # their order is that of the lines "threshold"
            grep '^threshold ' said$i | awk '/http_reqs/ { print NR - 1, "A" } /p\(95\)/ { print NR - 1, "B" } /avg/ { print NR - 1, "C" }' | while read -r r which; do
                case $which in
                A) echo "$r $(sql p$i.db "select count(*), 0, 0 from requests where name = 'b'" | tr '|' ' ')" ;;
                B) echo "$r 0 $(sql p$i.db "select count(*), sum(service_us - coalesce(connect_us, 0) - coalesce(tls_us, 0) - coalesce(dns_us, 0)) from requests" | tr '|' ' ')" ;;
                C) echo "$r 0 $(sql p$i.db "select count(*), sum(response_us) from requests where name = 'c'" | tr '|' ' ')" ;;
                esac
            done
        } | sort >want
        diff rules want
    done
}

@test "an agent that stops a part, or ends, makes it INVALID, and its file says why; a threshold of the whole does not" {
    start_target
    open_load 1h
    agent stop
    for i in 0 1; do
        code_of $i 4
        [ "$(sql p$i.db "select verdict || ': ' || verdict_reason from run")" = "INVALID: it was stopped before its time: part 9 is on fire" ]
        [ "$(sql p$i.db "select text from event where kind = 'control'")" = "part 9 is on fire" ]
        [ "$(sql p$i.db "pragma integrity_check")" = ok ]
        [ "$(tail -1 said$i)" = "end 4" ]
    done
    run -4 "$COLDSWARM" merge all.db p0.db p1.db
    [[ $output == *"INVALID: part 0 of 2 "*"it was stopped before its time: part 9 is on fire; part 1 of 2 "* ]]
    rm -f p?.db
    agent leave
    for i in 0 1; do
        code_of $i 4
        [ "$(sql p$i.db "select verdict || ': ' || verdict_reason from run")" = "INVALID: it was stopped before its time: the agent ended: its socket was closed" ]
        [ "$(sql p$i.db "pragma integrity_check")" = ok ]
    done
    rm -f p?.db
    agent nonsense
    for i in 0 1; do
        code_of $i 4
        [[ "$(sql p$i.db "select verdict_reason from run")" == *'a line that makes no sense here: "faster '* ]]
    done
    rm -f p?.db
    agent signal
    for i in 0 1; do
        code_of $i 143
        [ "$(sql p$i.db "select verdict from run")" = INVALID ]
    done
    rm -f p?.db
    agent threshold
    for i in 0 1; do
        code_of $i 0
        [ "$(sql p$i.db "select value from manifest where key = 'thresholds_end'")" = "1.5 http_reqs rate>1000" ]
        [ "$(sql p$i.db "select verdict from run where verdict_reason like '%stopped%'")" = "" ]
    done
}

@test "before the start, a stop, an end or nonsense of the agent leaves no file, and nothing is sent" {
    start_hostile
    open_load 2s
    agent stop-before 3
    grep -qF 'not started: host h7 has no such file' err0
    grep -qF 'not started: the agent ended: its socket was closed' err1
    grep -qF 'not started: host h7 has no such file' err2
    agent nonsense-before 6
    for i in 0 1 2 3 4; do
        grep -qF 'not started: the agent sent a line that makes no sense here' err$i
    done
    grep -qF 'not started: the agent sent a line without an end' err5
    for i in 0 1 2 3 4 5; do code_of $i 2; done
    agent late 2
    for i in 0 1; do
        code_of $i 2
        grep -qE 'the load was to start (1|[0-9]+)\.[0-9]+ s ago; nothing was sent' err$i
    done
    [ "$(ls ./*.db* 2>/dev/null)" = "" ]
    [ "$(hostile_count)" = 0 ]
}

@test "what the setup of part 0 captures, all parts send; the teardown waits for them" {
    start_hostile
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 30, \"duration\": \"1s\", \"max_users\": 6 },
        \"setup\": [{ \"path\": \"/echo?secret-4711\", \"capture\": { \"token\": { \"regex\": \"secret-([0-9]+)\", \"group\": 1 }, \"line\": { \"regex\": \"\\\"(method)\" } } }],
        \"teardown\": [{ \"path\": \"/ok?down-\${token}\" }], \"tasks\": [{ \"name\": \"x\", \"path\": \"/ok?\${token}-\${line}\" }] }" >s.json
    SERVER_LOG=$HOSTILE_LOG agent values 3
    for i in 0 1 2; do code_of $i 0; done
    [ "$(grep -c '/ok?4711-method' "$HOSTILE_LOG")" = 30 ]
    [ "$(hostile_count '/echo?secret-4711') $(hostile_count '/ok?down-4711')" = "1 1" ]
    [ "$(grep -c '' "$HOSTILE_LOG")" = 32 ]
}

@test "an agent that reads no reports slows nothing down" {
    start_target
    open_load 3s
    whole
    agent deaf 2
    for i in 0 1; do code_of $i 0; done
    [ "$(for i in 0 1; do sql p$i.db "select count(*) from requests"; done | sum)" = "$(sql whole.db "select count(*) from requests")" ]
}

@test "--control needs --shard and a socket" {
    start_target
    open_load 1s
    run -2 "$COLDSWARM" run s.json --seed 7 --control 3
    [[ $output == *"--control needs --shard"* ]]
    run -2 "$COLDSWARM" run s.json --shard 0/2 --control 3
    [[ $output == *"--shard needs --seed, the same for all parts"* ]]
    run -2 "$COLDSWARM" run s.json --seed 7 --shard 0/2 --control 3 --start-at 2200-01-01T00:00:00Z
    [[ $output == *"the agent of --control says when to start; leave --start-at out"* ]]
    for value in x -1 3x 3:12 3:123456789abcdefg 99999999999; do
        run -2 "$COLDSWARM" run s.json --seed 7 --shard 0/2 "--control=$value"
        [[ $output == *"--control $value: write the number of an open socket"* ]]
    done
    for fd in 2 77; do
        run -3 "$COLDSWARM" run s.json --seed 7 --shard 0/2 --control $fd -o a.db
        [[ $output == *"--control $fd: that is no open socket of this process"* ]]
    done
    [ ! -e a.db ]
}
