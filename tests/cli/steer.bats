#!/usr/bin/env bats
# A load that is changed while it runs: by the page, by Locust's calls, by keys, by --change; and its replay.

bats_require_minimum_version 1.5.0

load ../support/helpers
load ../support/page

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# serve OPTION...: as serve_run, on any port, until the load is sent.
serve() {
    serve_run --web 0 "$@"
    until_phase running
}

@test "users go up and down, each change is an event, and a replay repeats them" {
    start_target
    serve -H "$URL" -u 4 -r 100 -t 1h --threads 2
    [ "$(curl -fsS -d '{"users": 30, "spawn_rate": 50}' "$PAGE/api/load")" = '{"users":30,"spawn_rate":50}' ]
    until_state "doc->>'$.users' = 30 and doc->>'$.users_max' = 30"
    [ "$(curl -fsS -d 'user_count=2&spawn_rate=100&host=http%3A%2F%2Fx' "$PAGE/swarm" | json - '$.success' '$.message')" = "1|Swarming started" ]
    until_state "doc->>'$.users' = 2"
    curl -fsS -d '{"users": 0}' "$PAGE/api/load"
    until_state "doc->>'$.users' = 0"
    curl -fsS -d '{"users": 5}' "$PAGE/api/load"
    until_state "doc->>'$.users' = 5"
    curl -fsS -X POST "$PAGE/api/stop"
    run_ended 0 a.db
    good_run a.db
    [ "$(sql a.db "select text from event where kind = 'load_change' order by rowid")" = "the page: to 30 users, 50 per second
the page: to 2 users, 100 per second
the page: to 0 users, 100 per second
the page: to 5 users, 100 per second" ]
    # The manifest has each at the event's time, for the replay.
    [ "$(sql a.db "select count(*) from manifest where key like 'option_change%'")" = 4 ]
    python3 - <<'END'
import sqlite3
db = sqlite3.connect("a.db")
def us(text):
    return round(float(text.rstrip("ms")) * (1e3 if text.endswith("ms") else 1e6))
options = [us(x.split()[0]) for x, in db.execute("select value from manifest where key like 'option_change%'")]
assert sorted(options) == [x for x, in db.execute("select at_us from event where kind = 'load_change' order by at_us")], options
END
    [ "$(sql a.db "select count(distinct user) from requests")" = 30 ]
    [ "$(sql a.db "select users_max from run")" = 30 ]
    seconds=$(sql a.db 'select ceil(duration_us / 1e6) from run')
    run -0 "$COLDSWARM" run --replay a.db -t "${seconds%.*}s" -o b.db --quiet
    [ "$(sql b.db "select group_concat(at_us) from event where kind = 'load_change'")" = "$(sql a.db "select group_concat(at_us) from event where kind = 'load_change'")" ]
    [ "$(sql b.db "select users_max from run")" = 30 ]
    [ "$(sql b.db "select count(distinct user) from requests")" = 30 ]
}

@test "a rate goes up and down without a break in the schedule, and a replay has the same arrivals" {
    start_target
    serve -H "$URL" --rate 40 -u 60 -t 1h --threads 3 --seed 5
    curl -fsS -d '{"rate": 300}' "$PAGE/api/load"
    until_state "doc->>'$.total.requests_per_second' > 150"
    curl -fsS -d '{"rate": 0}' "$PAGE/api/load"
    until_state "doc->>'$.total.requests_per_second' = 0"
    curl -fsS -d 'rate=20.5' "$PAGE/api/load"
    until_state "doc->>'$.total.requests_per_second' > 15"
    # The last second before the stop is left out below.
    until_state "doc->>'$.elapsed_s' > 2 + $(sql a.db "select max(at_us) / 1e6 from event where kind = 'load_change'")"
    curl -fsS -X POST "$PAGE/api/stop"
    run_ended 0 a.db
    not_blamed a.db
    # Between two changes, arrivals are evenly spaced: the gaps of the file, against 1/rate.
    python3 - <<'END'
import sqlite3
db = sqlite3.connect("a.db")
at = [x for x, in db.execute("select intended_us from requests order by intended_us")]
changes = [x for x, in db.execute("select at_us from event where kind = 'load_change' order by rowid")]
assert len(changes) == 3, changes
# Threads that hear of the stop later have sent a few more.
end, = db.execute("select at_us - 1000000 from event where kind = 'web'").fetchone()
at = [x for x in at if x < end]
edges, rates = [0] + changes + [end], [40, 300, 0, 20.5]
expected = 0.0
for from_us, to_us, rate in zip(edges, edges[1:], rates):
    own = [x for x in at if from_us <= x < to_us]
    gaps = {b - a for a, b in zip(own, own[1:])}
    assert (not own) if rate == 0 else all(abs(g - 1e6 / rate) <= 2 for g in gaps), (rate, gaps)
    expected += rate * (to_us - from_us) / 1e6
assert abs(expected - len(at)) <= 1, (expected, len(at))
# On a busy machine no user may be free for some.
outcomes = {x for x, in db.execute("select distinct outcome from requests where outcome <> 'cancelled'")}
assert "ok" in outcomes and outcomes <= {"ok", "not_sent"}, outcomes
END
    seconds=$(sql a.db 'select ceil(duration_us / 1e6) from run')
    run "$COLDSWARM" run --replay a.db -t "${seconds%.*}s" -o b.db --quiet
    [ "$(sql b.db "attach 'a.db' as a; select count(*) from (select intended_us from a.requests except select intended_us from main.requests)")" = 0 ]
}

@test "--change is known from the start" {
    start_target
    run -0 "$COLDSWARM" run -H "$URL" -u 2 -r 100 -t 1500ms --change '1s users=1 spawn_rate=10' --change '500ms users=12 spawn_rate=100' -o a.db --quiet
    [ "$(sql a.db "select at_us, text from event where kind = 'load_change'")" = "500000|to 12 users, 100 per second
1000000|to 1 user, 10 per second" ]
    [ "$(sql a.db "select users_max from run")" = 12 ]
    for bad in x 5s '5s users' '5s users=-1' '5s users=1.5' '5s users=1e9' '5s users=0x2' '5s users=+2' '5s rate=5' '5s users=2 spawn_rate=0' '5s users=2 users=3' '5s users=2 spawn_rate=1 spawn_rate=2' '1h users=5' 'users=5 5s'; do
        run -2 "$COLDSWARM" run -H "$URL" -u 2 -t 10s --change "$bad" -o b.db
        [[ $output == *"--change '$bad': "* ]]
    done
    run -2 "$COLDSWARM" run -H "$URL" -u 2 -t 10s --change '5s users=5' --change '5s users=6' -o b.db
    [[ $output == *"a change must be later than the one before it"* ]]
    [ ! -e b.db ]
}

@test "what cannot be is refused with a reason, and nothing changes" {
    start_target
    serve -H "$URL" -u 4 -r 100 -t 1h
    for body in '{"users": -1}' '{"users": 1000000000}' '{"users": 1.5}' '{"users": "5"}' '{"users": 5, "spawn_rate": 0}' '{"rate": 5}' '{}' '{' '[]' '' 'users=' \
        'users=x' 'users=0x10' 'users=%2B5' 'users=nan' 'users=1e999' '%' '&&=&' '{"users": 5} x'; do
        [ "$(curl -sS -o body -w '%{http_code}' -d "$body" "$PAGE/api/load")" = 400 ]
        json body '$.error' | grep -q .
    done
    [ "$(curl -sS -d 'user_count=-5' "$PAGE/swarm" | json - '$.success')" = 0 ]
    [ "$(curl -sS -o body -w '%{http_code}' -H 'Origin: http://evil.example' -d 'users=9' "$PAGE/api/load")" = 403 ]
    until_state "doc->>'$.users' = 4"
    [ "$(sql a.db "select count(*) from event where kind = 'load_change'")" = 0 ]
    curl -fsS -X POST "$PAGE/api/stop"
    run_ended 0 a.db
    rm a.db
    cat >s.json <<'END'
{"name": "s", "load": {"stages": [{"users": 3, "duration": "1h"}]}, "wait": {"constant": "50ms"}, "tasks": [{"path": "/"}]}
END
    serve s.json -H "$URL"
    [ "$(curl -sS -o body -w '%{http_code}' -d 'users=9' "$PAGE/api/load")" = 409 ]
    [ "$(json body '$.error')" = "the load of this run cannot be changed: its stages say how the load changes" ]
    [ "$(json state.json '$.run.no_change')" = "its stages say how the load changes" ]
    kill -INT "$RUN_PID"
    wait "$RUN_PID" || [ $? -eq 130 ]
}

@test "the keys w W s S change the load of a run on a terminal, which gets its settings back" {
    start_target
    # It waits for what the run shows, presses, and at the end looks at the terminal.
    python3 - "$COLDSWARM" "$URL" <<'END'
import os, pty, re, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], [sys.argv[1], "run", "-H", sys.argv[2], "-u", "3", "-r", "100", "-t", "1h", "-o", "a.db"])
before, shown = termios.tcgetattr(terminal), b""
def until(pattern):
    global shown
    end = time.monotonic() + 60
    while not re.search(pattern, shown):
        assert time.monotonic() < end, (pattern, shown[-2000:])
        shown += os.read(terminal, 65536)
    shown = b""
until(rb"users 3/3")
assert not termios.tcgetattr(terminal)[3] & (termios.ICANON | termios.ECHO)
for key, users in ((b"w", 4), (b"W", 14), (b"s", 13), (b"S", 3), (b"wwW", 15), (b"SSSS", 0), (b"xq\x1b[A1 ww", 2)):
    os.write(terminal, key)
    until(rb"users %d/%d " % (users, users))
os.write(terminal, b"\x03")
while True:
    try:
        more = os.read(terminal, 65536)
    except OSError:
        break
    if not more:
        break
    shown += more
    if b"Request statistics" in shown:
        try:
            after = termios.tcgetattr(terminal)
        except termios.error:
            pass
_, status = os.waitpid(pid, 0)
assert os.waitstatus_to_exitcode(status) == 130, status
assert after[3] == before[3], (after, before)
END
    [ "$(sql a.db "select count(*) from event where kind = 'load_change'")" = 7 ]
    [ "$(sql a.db "select text from event where kind = 'load_change' order by rowid limit 1")" = "a key: to 4 users, 100 per second" ]
    # Not a terminal: what comes on standard input is not read.
    run -0 "$COLDSWARM" run -H "$URL" -u 1 -t 300ms -o b.db --quiet <<<"WWWW"
    [ "$(sql b.db "select count(*) from event where kind = 'load_change'")" = 0 ]
}
