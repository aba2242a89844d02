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
        # second all S REQUESTS FAILURES TOKENS HISTOGRAM, in pieces
        grep '^second all ' said$i | awk '{ n[$3] += $4 } END { for (s in n) print s "|" n[s] }' | sort -n >seconds
        [ "$(grep -cE '^(second|row) [^a]|^error |^event ' said$i)" = 0 ]
        sql p$i.db "select end_us / 1000000, count(*) from requests where status not null group by 1" | sort -n | cmp seconds -
        # Its histogram: 5 bits, so that up to 64 us each value has its own bucket. GAP:COUNT
        [ "$(grep '^second ' said$i | tr ' ' '\n' | grep : | cut -d: -f2 | sum)" = "$(sql p$i.db "select count(*) from requests where status not null")" ]
        [ "$(grep '^second ' said$i | awk '{ k = 0; for (i = 10; i <= NF; i++) { split($i, x, ":"); k += x[1]; if (k < 64) n[k] += x[2] } } END { for (k in n) print k "|" n[k] }' | sort -n)" = \
            "$(sql p$i.db "select response_us, count(*) from requests where response_us < 64 and status not null group by 1 order by 1")" ]
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

@test "an agent puts the start off, in time: all parts start later; once the load has begun, it cannot" {
    start_target
    open_load 1s
    agent put-off 2
    for i in 0 1; do
        code_of $i 0
        [ "$(sql p$i.db "select cast(1e6 * unixepoch(started_utc, 'subsec') + 0.5 as int) from run")" = "$(cat start)" ] || sql p$i.db "select started_utc from run"
        [ "$(sql p$i.db "select min(sent_us) >= 0 and count(*) > 0 from requests")" = 1 ]
    done
    rm -f p?.db
    open_load 1m
    agent put-off-late 2
    for i in 0 1; do
        code_of $i 4
        [[ "$(sql p$i.db "select verdict_reason from run")" == *'a line that makes no sense here: "go '* ]]
    done
}

@test "an agent that asks for rows gets each endpoint, error and event: their sum over the parts is what the files have" {
    start_hostile
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 60, \"duration\": \"2500ms\", \"max_users\": 20 }, \"thresholds\": { \"http_reqs\": [\"count>1\"] },
        \"tasks\": [{ \"name\": \"a \\n<b>\", \"path\": \"/status/200\", \"weight\": 2 }, { \"name\": \"c\", \"path\": \"/status/503\" }, { \"name\": \"d\", \"path\": \"/reset\" }] }" >s.json
    agent rows 2
    for i in 0 1; do code_of $i 0; done
    python3 - <<'END'
import collections, json, sqlite3
ended = "outcome not in ('not_sent', 'cancelled', 'unsendable')"
for part in 0, 1:
    db = sqlite3.connect(f"p{part}.db")
    said = open(f"said{part}").read().split("\n")
    about = json.loads(next(x for x in said if x.startswith("about "))[6:])
    names = [x["name"] for x in about["endpoints"]]
    assert names == sorted(["a \n<b>", "c", "d"]) and about["open"] and not about["streams"], about
    want = {n: (r, f, b, t) for n, r, f, b, t in db.execute(
        f"select name, count(*), sum(outcome <> 'ok'), sum(bytes_received), sum(response_us) from requests where {ended} group by 1")}
    got, seconds, errors, bounds = collections.defaultdict(lambda: [0] * 4), collections.Counter(), collections.Counter(), 0
    for line in said:
        word, *x = line.split(" ")
        if word == "row":
            for k, column in enumerate((1, 2, 6, 8)):
                got[names[int(x[0])]][k] += int(x[column])
            assert len(x) == 13 + 18, line
            bounds += sum(map(int, x[13:]))
        elif word == "second":
            assert sum(int(y.split(":")[1]) for y in x[8:]) == int(x[2]), line
            seconds[names[int(x[0])], int(x[1])] += int(x[2])
        elif word == "error":
            errors[names[int(x[0])], int(x[1]), json.loads(" ".join(x[5:]))] += int(x[2])
    assert {k: tuple(v) for k, v in got.items()} == want, (got, want)
    assert bounds == sum(x[0] for x in want.values())
    assert seconds == {(n, s): k for n, s, k in db.execute(f"select name, end_us / 1000000, count(*) from requests where {ended} group by 1, 2")}
    texts = {(n, t): k for n, t, k in db.execute("select name, error, count(*) from requests where outcome <> 'ok' group by 1, 2")}
    assert {(n, t): k for (n, s, t), k in errors.items()} == texts and len(texts) >= 2, (errors, texts)
    events = [x.split(" ", 3) for x in said if x.startswith("event ")]
    assert {"load_end"} <= {x[2] for x in events}, events
    for _, at, kind, text in events:
        assert db.execute("select count(*) from event where kind = ? and text = ?", (kind, json.loads(text))).fetchone()[0] >= 1, (kind, text)
    assert any(x.startswith("rule 0 ") for x in said)
END
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
    agent asked
    for i in 0 1; do
        code_of $i 0
        [ "$(sql p$i.db "select text from event where kind = 'control'")" = "the page: no new requests" ]
    done
    rm -f p?.db
    agent threshold
    for i in 0 1; do
        code_of $i 0
        [ "$(sql p$i.db "select value from manifest where key = 'thresholds_end'")" = "1.5 http_reqs rate>1000" ]
        [ "$(sql p$i.db "select verdict from run where verdict_reason like '%stopped%'")" = "" ]
    done
}

@test "a part that is killed says when it started: its rows can be merged with the others" {
    start_target
    open_load 5s
    agent kill 2
    code_of 0 -9
    code_of 1 0
    run -4 "$COLDSWARM" merge all.db p0.db p1.db
    [[ $output == *"INVALID: part 0 of 2 "*"it was interrupted"* ]]
    [ "$(sql all.db "select min(requests) > 0 from shard")" = 1 ]
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

@test "an agent changes users and rate of a run by the rules of the page; each change is an event, and a replay repeats it" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 4, \"spawn_rate\": 100, \"duration\": \"1h\" }, \"wait\": { \"constant\": \"20ms\" }, $TASKS }" >s.json
    printf '%s\n' "users 30 50" "await 30" "users 2" "await 2" "users 0" "await 0" "users 3" "users -1" "users 1.5" "users 1000000000" "users" "users x" \
        "users 5 0" "users 5 6 7" "rate 5" "await 3" >changes
    WHOLE_RUN=1 agent change 1
    code_of 0 4
    [ "$(sql p0.db "select verdict_reason from run")" = "it was stopped before its time: enough" ]
    [ "$(sql p0.db "select text from event where kind = 'load_change' order by rowid")" = "the agent: to 30 users, 50 per second
the agent: to 2 users, 50 per second
the agent: to 0 users, 50 per second
the agent: to 3 users, 50 per second" ]
    [ "$(sql p0.db "select 'changes ' || at_us from event where kind = 'load_change' order by rowid")" = "$(grep '^changes ' answers0 | sed 's/000$//')" ]
    [ "$(sql p0.db "select count(distinct user), (select users_max from run) from requests")" = "30|30" ]
    [ "$(grep -c '^refused users must be a whole number from 0 to [0-9]*, for which this process has files$' answers0)" = 3 ]
    [ "$(grep -c '^refused write users N, users N PER_SECOND, or rate R$' answers0)" = 3 ]
    [ "$(grep -c '^refused spawn_rate must be from 0.001 to ' answers0)" = 1 ]
    [ "$(grep -c '^refused this run has users, not a rate; give users$' answers0)" = 1 ]
    [ "$(grep -c '' answers0)" = 12 ]
    run "$COLDSWARM" run --replay p0.db -t "$(sql p0.db "select ceil(duration_us / 1e6) from run" | cut -d. -f1)s" -o again.db --quiet
    [ "$(sql again.db "select group_concat(at_us) from event where kind = 'load_change'")" = "$(sql p0.db "select group_concat(at_us) from event where kind = 'load_change'")" ]
    rm p0.db
    # A rate: between two changes the arrivals are 1/rate apart.
    open_load 1h
    sed -i 's/, "arrivals": "poisson"//' s.json
    printf '%s\n' "rate 200" "users 5" "rate -1" "rate 1e9" "rate" >changes
    WHOLE_RUN=1 agent change 1
    code_of 0 4
    [ "$(sql p0.db "select text from event where kind = 'load_change'")" = "the agent: to 200 requests per second" ]
    [ "$(tail -4 answers0)" = "refused this run has an arrival rate, for which users start on demand; give rate
refused rate must be from 0 to 100000 requests per second
refused rate must be from 0 to 100000 requests per second
refused write users N, users N PER_SECOND, or rate R" ]
}

@test "the load of a part cannot be changed, nor one with stages: the agent gets the reason, and nothing changes" {
    start_target
    open_load 1h
    printf '%s\n' "rate 200" "users 5" "rate x" >changes
    agent change 2
    for i in 0 1; do
        code_of $i 4
        [ "$(sort -u answers$i)" = "refused the load of this run cannot be changed: it is a part of a load" ]
        [ "$(sql p$i.db "select count(*) from event where kind = 'load_change'")" = 0 ]
    done
    rm -f p?.db
    echo "{ \"target\": \"$URL\", \"load\": { \"stages\": [{ \"users\": 3, \"duration\": \"1h\" }] }, \"wait\": { \"constant\": \"20ms\" }, $TASKS }" >s.json
    WHOLE_RUN=1 agent change 1
    [ "$(sort -u answers0)" = "refused the load of this run cannot be changed: its stages say how the load changes" ]
}

@test "a whole run with an agent: it starts when the agent says so, has its trace, and evaluates its own thresholds" {
    start_target
    open_load 1500ms ', "thresholds": { "http_reqs": [{ "threshold": "count>1000000", "abortOnFail": true }], "http_req_failed": ["rate<0.5"] }'
    WHOLE_RUN=1 agent go 1
    [ "$(cat code0)" = 99 ] || was_late p0.db
    [ "$(sql p0.db "select value from manifest where key = 'trace_run'")" = 00000000deadbeef ]
    [ "$(sql p0.db "select count(*) from manifest where key in ('shard', 'start_at')")" = 1 ]
    fails grep -q '^rule ' said0
    [ "$(grep '^report ' said0 | tail -1 | cut -d' ' -f4)" = "$(sql p0.db "select count(*) from requests where status not null")" ]
    rm p0.db
    WHOLE_RUN=1 agent late 1
    code_of 0 2
    WHOLE_RUN=1 agent stop-before 3
    code_of 0 2
    [ ! -e p0.db ]
    run -2 "$COLDSWARM" run s.json --control 3 --repeat 2
    [[ $output == *"--control is for one run; leave --repeat out"* ]]
}

@test "--control needs a socket, and a part its seed" {
    start_target
    open_load 1s
    run -3 "$COLDSWARM" run s.json --seed 7 --control 77
    [[ $output == *"--control 77: that is no open socket of this process"* ]]
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
