#!/usr/bin/env bats
# run --replay, run --repeat, manifest and the report on several runs.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

scenario() {
    cat >s.json <<'END'
{"name": "mix", "load": {"users": 4, "spawn_rate": 100, "duration": "10s"}, "wait": {"between": ["1ms", "9ms"]},
 "headers": {"X-Secret": "${env.SECRET}"},
 "tasks": [{"path": "/", "weight": 3}, {"name": "body", "method": "POST", "path": "/predict", "body_file": "body.txt"},
           {"name": "other", "path": "/?q=1", "weight": 2}]}
END
    echo "some bytes" >body.txt
    export SECRET=hunter22
}

# sequences A.db B.db: each user's tasks, as far as both runs got.
sequences() {
    python3 - "$@" <<'END'
import sqlite3, sys
def users(path):
    out = {}
    for user, name in sqlite3.connect(path).execute("SELECT user, name FROM requests ORDER BY user, sent_us"):
        out.setdefault(user, []).append(name)
    return out
a, b = users(sys.argv[1]), users(sys.argv[2])
assert a.keys() == b.keys() == set(range(4)), (a.keys(), b.keys())
for user in a:
    n = min(len(a[user]), len(b[user]))
    assert n > 20, n
    same = a[user][:n] == b[user][:n]
    if not same:
        sys.exit(f"user {user} differs")
END
}

# long DB COMMAND...: runs it once more where a user has too few requests to compare, as on a machine that stood still.
long() {
    local i db=$1
    shift
    for i in 1 2 3 4 5 6 7 8 9 10; do
        rm -f "$db"
        run -0 --separate-stderr "$@" -o "$db" --quiet
        [ "$(sql "$db" 'select count(*) = 4 from (select user from requests group by user having count(*) > 20)')" -ne 1 ] || return 0
    done
    return 1
}

@test "a replay draws the same tasks, with the options of the run and not those of the environment" {
    scenario
    start_target
    COLDSWARM_RUN_TIME=900ms long a.db "$COLDSWARM" run s.json -H "$URL" --seed 99 --threads 2
    mkdir elsewhere
    cd elsewhere
    COLDSWARM_USERS=1 COLDSWARM_SEED=5 long ../b.db "$COLDSWARM" run --replay ../a.db
    [ -z "$stderr" ]
    cd ..
    sequences a.db b.db
    [ "$(sql b.db 'SELECT seed FROM run')" = 99 ]
    [ "$(sql b.db "SELECT value FROM manifest WHERE key = 'threads'")" = 2 ]
    [ "$(sql b.db "SELECT value FROM manifest WHERE key = 'load_seconds'")" = 0.9 ]
    [ "$(sql b.db "SELECT value FROM manifest WHERE key = 'replay_of'")" = ../a.db ]
    # And a replay of the replay is the same again; another seed is not.
    long c.db "$COLDSWARM" run --replay b.db
    sequences a.db c.db
    long d.db "$COLDSWARM" run --replay a.db --seed 100
    run sequences a.db d.db
    [[ $status -eq 1 && $output == "user "*" differs" ]] || { echo "$output"; false; }
    fails grep -q hunter22 a.db b.db
}

@test "what is not as it was is said" {
    scenario
    start_target
    run -0 "$COLDSWARM" run s.json -H "$URL" -t 300ms --seed 1 -o a.db --quiet
    echo "other bytes" >body.txt
    run -0 --separate-stderr "$COLDSWARM" run --replay a.db -u 2 -t 200ms --no-trace -o b.db --quiet
    [[ $stderr == *"replay: --run-time 200ms instead of the original 300ms"* ]]
    [[ $stderr == *"replay: --users 2 is new: the original run did not use it"* ]]
    [[ $stderr == *"replay: --no-trace is new"* ]]
    [[ $stderr == *"replay: body.txt has changed since"* ]]
    [ "$(sql b.db 'SELECT users_max FROM run')" = 2 ]
}

@test "a replay takes the scenario from the file, its secrets from the environment" {
    scenario
    start_target
    run -0 "$COLDSWARM" run s.json -H "$URL" -t 200ms -o a.db --quiet
    echo '{}' >s.json
    unset SECRET
    run "$COLDSWARM" run --replay a.db -o b.db --quiet
    [ "$status" -eq 2 ]
    [[ $output == *SECRET* ]]
    [ ! -e b.db ]
    export SECRET=x1y2z3
    run -0 "$COLDSWARM" run --replay a.db -o b.db --quiet
    [ "$(sql a.db 'SELECT scenario FROM run')" = "$(sql b.db 'SELECT scenario FROM run')" ]
    fails grep -q hunter22 a.db
    fails grep -q x1y2z3 b.db
}

@test "a replay needs a run file that has what it takes, and no scenario beside it" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" old.db
    run "$COLDSWARM" run --replay old.db
    [ "$status" -eq 2 ]
    [[ $output == *"old.db was made by coldswarm 0.1.0, which did not record what a replay needs"* ]]
    run "$COLDSWARM" run --replay missing.db
    [ "$status" -eq 2 ]
    [[ $output == *missing.db* ]]
    run "$COLDSWARM" run s.json --replay old.db
    [ "$status" -eq 2 ]
    [[ $output == *"remove s.json"* ]]
}

@test "manifest: its command runs the run again" {
    scenario
    start_target
    long a.db "$COLDSWARM" run s.json -H "$URL" -t 900ms --seed 4711
    # Without what this test's own environment may say of the transport.
    command=$("$COLDSWARM" manifest a.db --format json | json - '$.command')
    [ "${command/ --transport curl/}" = "coldswarm run s.json --host $URL --run-time 900ms --seed 4711" ]
    eval "long b.db ${command/#coldswarm/\"\$COLDSWARM\"}"
    sequences a.db b.db
    run -0 "$COLDSWARM" manifest a.db
    [[ $output == *"coldswarm run --replay a.db"* ]]
    [[ $output == *"file_sha256:body.txt"*"$(sha256sum body.txt | cut -d' ' -f1)"* ]]
    [[ $output == *"$(sha256sum s.json | cut -d' ' -f1)"* ]]
    "$COLDSWARM" manifest a.db --format json | python3 -c '
import json, sqlite3, sys
d = json.load(sys.stdin)
db = sqlite3.connect("a.db")
assert d["manifest"] == dict(db.execute("SELECT key, value FROM manifest"))
assert d["scenario"] == open("s.json").read() and d["seed"] == 4711
assert (d["verdict"],) == db.execute("SELECT verdict FROM run").fetchone()'
}

@test "manifest: hostile text and files without one" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" x.db
    sql x.db "INSERT INTO manifest VALUES ('argv', 'a' || char(27) || '[31m' || char(10) || '\$(touch pwned)')"
    run -0 "$COLDSWARM" manifest x.db
    [[ $output == *'a\x1b[31m\x0a$(touch pwned)'* ]]
    [[ $output == *"It cannot be replayed"* ]]
    "$COLDSWARM" manifest x.db --format json >x.json
    [ "$(json x.json '$.argv')" = $'a\e[31m\n$(touch pwned)' ]
    [ "$(json_sql x.json "select json_type(doc, '$.command') from file")" = null ]
    run "$COLDSWARM" manifest no.db
    [ "$status" -eq 3 ]
    [ ! -e pwned ]
}

@test "repeat: files, seeds, reports and the spread between the runs" {
    scenario
    start_target
    run -0 "$COLDSWARM" run s.json -H "$URL" -t 300ms --seed 10 --repeat 3 --pause 10ms -o out/r.db --csv c --report rep --no-figures --html page.html --quiet
    [[ $output == *"Variation between the runs"* ]]
    [ "$(ls out)" = "r-1.db
r-2.db
r-3.db" ]
    for i in 1 2 3; do
        [ "$(sql out/r-$i.db 'SELECT seed FROM run')" = $((9 + i)) ]
        [ "$(sql out/r-$i.db "SELECT value FROM manifest WHERE key = 'repeat_run'")" = "$i of 3" ]
        [ -s rep/$i/tables.json ]
        [ -s c-$i""_stats.csv ]
        [ -s page-$i.html ]
    done
    # The second one again, by its own file: its own seed.
    run -0 "$COLDSWARM" run --replay out/r-2.db -o again.db --quiet
    [ "$(sql again.db 'SELECT seed FROM run')" = 11 ]
    run -0 "$COLDSWARM" report out/r-*.db --format json
    printf '%s' "$output" >group.json
    cmp group.json <(printf '%s' "$(cat rep/group.json)")
    python3 - <<'END'
import json, math, sqlite3, statistics
group = json.load(open("group.json"))
assert [r["seed"] for r in group["runs"]] == [10, 11, 12]
def quantile(v, p):
    v, at = sorted(v), p * (len(v) - 1)
    return v[int(at)] + (v[min(int(at) + 1, len(v) - 1)] - v[int(at)]) * (at % 1)
p50, rate = [], []
for i in (1, 2, 3):
    db = sqlite3.connect(f"out/r-{i}.db")
    us = [x for x, in db.execute("SELECT response_us FROM requests WHERE response_us IS NOT NULL")]
    p50.append(quantile(us, 0.5) / 1000)
    rate.append(len(us) / db.execute("SELECT duration_us FROM run").fetchone()[0] * 1e6)
for key, values in (("p50_ms", p50), ("requests_per_second", rate)):
    got, mean, sd = group["aggregated"][key], statistics.mean(values), statistics.stdev(values)
    half = 4.302652729749464 * sd / math.sqrt(3)  # t of two degrees of freedom, 97.5 %
    for name, want in (("mean", mean), ("sd", sd), ("min", min(values)), ("max", max(values))):
        assert math.isclose(got[name], want, rel_tol=1e-9, abs_tol=1e-12), (key, name, got, want)
    assert all(math.isclose(x, y, rel_tol=1e-9) for x, y in zip(got["interval"], (mean - half, mean + half))), got
assert [e["name"] for e in group["endpoints"]] == ["/", "body", "other"]
END
}

@test "repeat: the worst code wins, and Ctrl-C ends the series, the pause too" {
    scenario
    start_hostile
    cat >bad.json <<'END'
{"name": "bad", "load": {"users": 1, "spawn_rate": 1, "duration": "200ms"}, "tasks": [{"path": "/status/500"}]}
END
    run "$COLDSWARM" run bad.json -H "$URL" --repeat 2 -o bad.db --quiet
    [ "$status" -eq 1 ]
    [ -e bad-2.db ]
    : >err
    "$COLDSWARM" run s.json -H "$URL" -t 200ms --repeat 3 --pause 1h -o p.db >out 2>err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    wait_line err 'pause of 3600 s before run 2 of 3' "$pid"
    code=0
    kill -INT "$pid"
    wait "$pid" || code=$?
    [ "$code" -eq 130 ]
    [ ! -e p-2.db ]
    grep -qx 'coldswarm: SIGINT ended the series after run 1 of 3; 2 runs were not made' err
    # Where no target answers, the rest of the series is left out.
    run "$COLDSWARM" run s.json -H http://127.0.0.1:1 -t 200ms --repeat 3 -o n.db --quiet
    [ "$status" -eq 3 ]
    [[ $output == *"run 1 of 3 could not be completed, so 2 more runs were not made"* ]]
    [ -e n-1.db ]
    [ ! -e n-2.db ]
}

@test "repeat: a name of any run that is taken shows before the first" {
    scenario
    start_hostile
    touch r-2.db
    run -3 "$COLDSWARM" run s.json -H "$URL" -t 200ms --repeat 3 -o r.db --quiet
    [[ $output == "coldswarm: cannot create r-2.db: it already exists (choose another name, or remove it)"* ]]
    mkdir page-3.html
    run -2 "$COLDSWARM" run s.json -H "$URL" -t 200ms --repeat 3 -o q.db --html page.html --quiet
    [[ $output == *"--html page-3.html is a directory"* ]]
    [ ! -e r-1.db ] && [ ! -e q-1.db ] && [ ! -e page-1.html ]
    [ "$(hostile_count)" = 0 ]
}

@test "a disk that is full before the run begins: an error, and no file stays" {
    scenario
    unshare --mount true 2>/dev/null || skip "mounting is not permitted here (root is needed)"
    mkdir disk
    # From a disk without any room to one where the schema almost fits.
    for used in 200 180 150 100 60 0; do
        run -3 unshare --mount bash -c 'mount -t tmpfs -o size=200k none disk && head -c "$1"k /dev/zero >disk/fill
            "$2" run s.json -H http://127.0.0.1:9 -t 200ms -o disk/x.db --quiet; code=$?; ls disk; exit $code' - "$used" "$COLDSWARM"
        [[ ${lines[0]} == "coldswarm: cannot create disk/x.db: "*"the disk is full (free some space, or write to another disk)" ]]
        [ "${lines[*]:1}" = fill ]
    done
}

@test "a group of different scenarios or loads is refused unless forced" {
    scenario
    start_target
    run -0 "$COLDSWARM" run s.json -H "$URL" -t 200ms -o a.db --quiet
    run -0 "$COLDSWARM" run s.json -H "$URL" -t 200ms -u 2 -o b.db --quiet
    run -0 "$COLDSWARM" run -H "$URL" -t 200ms -u 2 -o c.db --quiet
    run "$COLDSWARM" report a.db b.db
    [ "$status" -eq 3 ]
    [[ $output == *'a.db and b.db ran different loads (load_users_max: "4" and "2"); --force'* ]]
    run "$COLDSWARM" report a.db c.db
    [ "$status" -eq 3 ]
    [[ $output == *"a.db and c.db ran different scenarios; --force"* ]]
    run -0 "$COLDSWARM" report a.db c.db --force --out g
    [ -s g/group.txt ] && [ -s g/group.md ] && [ -s g/group.csv ] && [ -s g/group.json ]
    run "$COLDSWARM" report a.db a.db --format junit
    [ "$status" -eq 2 ]
    [[ $output == *"several runs can be shown only as"* ]]
}

@test "a group with hostile texts stays what it is in each format" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" a.db attack
    python3 "$BATS_TEST_DIRNAME/make_run.py" b.db attack
    for format in table markdown csv; do
        "$COLDSWARM" report a.db b.db -f $format >out.$format
        python3 -c '
import sys
text = open(sys.argv[1], encoding="utf-8").read()
assert not any(ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 or c in "\u202e\u2066" for c in text)' out.$format
    done
    fails grep -q '<script' out.markdown
    [ "$("$COLDSWARM" report a.db b.db -f json | json_sql - "select json_array_length(doc, '$.endpoints') from file")" -eq 18 ]
    python3 - <<'END'
import csv
rows = list(csv.DictReader(open("out.csv", newline=""), strict=True))
assert len(rows) == 19 * 6, len(rows)
assert not any(c[:1] in "=+-@" for r in rows for c in (r["method"], r["name"]) if c)
END
}

@test "runs that begin in the same second have files of their own" {
    scenario
    start_target
    for i in 1 2 3 4 5 6 7 8; do
        "$COLDSWARM" run s.json -H "$URL" -t 100ms --quiet >"out.$i" 2>&1 3>&- &
        pids[i]=$!
    done
    for i in 1 2 3 4 5 6 7 8; do
        wait "${pids[i]}"
    done
    [ "$(ls runs/*.db | wc -l)" -eq 8 ]
    for f in runs/*.db; do
        [ -n "$(sql "$f" 'SELECT verdict FROM run')" ]
    done
}
