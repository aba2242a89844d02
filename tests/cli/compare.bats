#!/usr/bin/env bats
# coldswarm compare and gate --baseline: verdicts on simulated runs, what is refused, formats, hostile names, and real runs.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# pair DB [KEY=VALUE...]: what make_pair.py makes of these, each once for this file.
pair() {
    local made
    made=$BATS_FILE_TMPDIR/$(printf '%s\n' "${@:2}" | md5sum | cut -d' ' -f1).db
    [ -e "$made" ] || python3 "$ROOT/tests/cli/make_pair.py" "$made" "${@:2}"
    cp "$made" "$1"
}

# compared FILE COLUMN CONDITION: of the comparisons in JSON those for which it holds.
compared() {
    json_sql "$1" "select distinct value->>'$.$2' from file, json_each(doc, '$.comparisons') where $3"
}

@test "a slowdown is found where it is, and told in a sentence" {
    pair a.db seed=1
    pair b.db seed=2 factor=1.3
    run -0 --separate-stderr "$COLDSWARM" compare a.db --with b.db
    [ -z "$stderr" ]
    [[ "$output" == *"base  a.db: 3.0 s to 40.0 s, 3700 requests; from then on all 2 users are active; excluded: 300 before, 0 after"* ]]
    grep -qE '^p95 of /predict is [0-9.]+ % slower \(95 % interval [0-9.]+ to [0-9.]+ %; [0-9.]+ ms became [0-9.]+ ms\)\.$' \
        <(sed 's/^ *//' <<<"$output")
    fails grep -qE '(of|for) / is .*(slower|faster)' <<<"$output"
    [[ "$output" == *"2000 bootstrap resamples of blocks of time, seed 1."* ]]
    [[ "$output" == *"With one run per side"* ]]
}

@test "JSON: every key of the contract, values equal to those worked out in Python" {
    pair a.db seed=1
    pair b.db seed=2 factor=1.3
    "$COLDSWARM" compare a.db --with b.db --format json >c.json
    python3 - <<'END'
import json, math, sqlite3
d = json.load(open("c.json"))

def times(path):
    db = sqlite3.connect(path)
    return [[r for r in db.execute("SELECT response_us / 1000.0, outcome != 'ok' FROM requests "
                                   "WHERE sent_us >= 3000000 AND sent_us < 40000000" + where + " ORDER BY 1")]
            for where in ("", " AND name = '/predict'")]

def quantile(x, p):
    at = p * (len(x) - 1)
    i = int(at)
    return x[i] + (at - i) * (x[min(i + 1, len(x) - 1)] - x[i])

for which, name in ((0, ""), (1, "/predict")):
    for key, path in (("base", "a.db"), ("new", "b.db")):
        rows = times(path)[which]
        x = [r[0] for r in rows]
        want = {"mean": sum(x) / len(x), "p50": quantile(x, .5), "p90": quantile(x, .9), "p95": quantile(x, .95),
                "p99": quantile(x, .99), "failure_rate": sum(r[1] for r in rows) / len(x), "requests_per_second": len(x) / 37}
        for s, v in want.items():
            c = next(c for c in d["comparisons"] if c["name"] == name and c["statistic"] == s)
            assert math.isclose(c[key], v, rel_tol=1e-9), (name, s, key, c[key], v)
            assert math.isclose(c["ratio"], c["new"] / c["base"], rel_tol=1e-9)
            assert math.isclose(c["difference"], c["new"] - c["base"], rel_tol=1e-6, abs_tol=1e-9)
            assert c["interval"][0] <= c["ratio"] <= c["interval"][1]
p95 = next(c for c in d["comparisons"] if c["name"] == "/predict" and c["statistic"] == "p95")
assert p95["verdict"] == "slower" and p95["interval"][0] > 1
assert {c["verdict"] for c in d["comparisons"] if c["name"] == "/"} == {"no_difference"}
m = d["method"]
assert m["resamples"] == 2000 and m["seed"] == "1" and m["confidence"] == 0.95 and m["family"] == 21
assert m["files"][0]["left_out"] == {"before": 300, "after": 0, "without_time": 0}
assert all(b > 0 for b in p95["block_seconds"])
END
}

@test "the same runs and seed give the same bytes, another seed does not" {
    pair a.db requests=1000
    pair b.db requests=1000 seed=2
    [ "$("$COLDSWARM" compare a.db --with b.db)" = "$("$COLDSWARM" compare a.db --with b.db)" ]
    [ "$("$COLDSWARM" compare a.db --with b.db)" != "$("$COLDSWARM" compare a.db --with b.db --seed 2)" ]
}

@test "failures without a ratio are told by their difference" {
    pair a.db requests=1000 failing=0
    pair b.db requests=1000 failing=0 seed=2
    "$COLDSWARM" compare a.db --with b.db --format json >c.json
    python3 - <<'END'
import json, re
text = open("c.json").read()
assert not re.search(r"\b(nan|inf)\b", text), text
for c in json.loads(text)["comparisons"]:
    if c["statistic"] == "failure_rate" and c["verdict"] == "no_difference":
        assert c["ratio"] is None and c["interval"] is None
        low, high = (100 * v for v in c["difference_interval"])
        assert c["sentence"].endswith(f"(95 % interval of the difference {low:.2f} to {high:.2f} points)."), c
        break
else:
    raise AssertionError("no such comparison")
END
}

@test "few requests: too little data, with the reason" {
    pair a.db requests=330
    pair b.db requests=330 seed=2
    "$COLDSWARM" compare a.db --with b.db --format json >c.json
    [ "$(compared c.json verdict "value->>'$.name' = ''")" = too_little_data ]
    run -0 "$COLDSWARM" compare a.db --with b.db
    [[ "$output" == *"too little data: one side has fewer than 50 requests."* ]]
}

@test "runs that cannot be compared are refused with the reason, --force compares them" {
    pair a.db requests=1000 manifest=load_users_max:2,transport:direct,load_rate_max:100
    refused() {
        local words=$1
        rm -f b.db
        pair b.db requests=1000 seed=2 "${@:2}"
        run -2 --separate-stderr "$COLDSWARM" compare a.db --with b.db
        [ -z "$output" ]
        [[ "$stderr" == *"$words"* ]] || { echo "$stderr"; false; }
        [[ "$stderr" == *"--force"* ]]
    }
    refused "ran different scenarios" 'scenario={"a": 1}'
    refused "differ in the users: 2 and 3" manifest=load_users_max:3
    refused "differ in the transport: direct and curl" manifest=transport:curl
    refused "differ in the rate: 100 and 50" manifest=load_rate_max:50
    refused "b.db is INVALID: made by hand" verdict=INVALID
    refused "b.db was interrupted or is still in progress" verdict=
    refused "different endpoints: only a.db has GET /predict" name=/other
    refused "nothing after its warm-up" full=200
    run -2 "$COLDSWARM" compare a.db --with a.db
    [[ "$output" == *"a.db is given twice"* ]]
    run -0 "$COLDSWARM" compare a.db --with b.db --force
    [[ "$output" == *"Compared because of --force, although:"* ]]
    [[ "$output" == *"nothing after its warm-up"* ]]
    "$COLDSWARM" compare a.db --with b.db --force --format json | json - '$.method.forced[0]' | grep -q "nothing after its warm-up"
}

@test "several runs a side: what lies between runs is not taken for a slowdown" {
    local i
    for i in 1 2 3; do
        pair a$i.db requests=2000 seed=$i factor=1.${i} spread=0.2
        pair b$i.db requests=2000 seed=1$i factor=1.$((i + 1)) spread=0.2
    done
    "$COLDSWARM" compare a1.db --with b1.db --format json >one.json
    "$COLDSWARM" compare a1.db a2.db a3.db --with b1.db b2.db b3.db --format json >many.json
    local mean="value->>'$.name' = '/predict' and value->>'$.statistic' = 'mean'"
    [ "$(compared one.json verdict "$mean")" = slower ]
    [ "$(compared many.json verdict "$mean")" = no_difference ]
    [ "$(json many.json '$.method.runs')" = "[3,3]" ]
}

@test "exit codes: --fail-on, usage, a file that is none" {
    pair a.db requests=2000
    pair b.db requests=2000 seed=2 factor=1.5
    run -99 "$COLDSWARM" compare a.db --with b.db --fail-on slower
    run -0 "$COLDSWARM" compare b.db --with a.db --fail-on slower
    run -2 "$COLDSWARM" compare a.db
    [[ "$output" == *"--with"* ]]
    run -2 "$COLDSWARM" compare --with a.db b.db
    [[ "$output" == *"the base runs before --with are missing"* ]]
    run -3 "$COLDSWARM" compare a.db --with nothing.db
    [[ "$output" == *"nothing.db: No such file"* ]]
}

@test "the picture of the shift is drawn" {
    pair a.db requests=2000
    pair b.db requests=2000 seed=2 factor=1.2
    "$COLDSWARM" compare a.db --with b.db --out out >/dev/null
    python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("out/shift.svg")'
    [ "$(head -c 4 out/shift.png | tail -c 3)" = PNG ]
    grep -q '"/predict"' out/data/shift.dat
    awk '$1 == 50 { if ($3 > $2 || $4 < $2) exit 1; n++ } END { exit n == 3 ? 0 : 1 }' out/data/shift.dat
}

@test "a hostile name stays a name in every format" {
    local name='`touch pwned`\x1b[31m<script>|"; $(touch pwned) @all\n\xff]]>'
    pair a.db requests=1000 name="$name"
    pair b.db requests=1000 seed=2 factor=2 name="$name"
    "$COLDSWARM" compare a.db --with b.db --out out >text
    fails grep -q $'\x1b' text
    grep -qiF '\x1b' text
    "$COLDSWARM" compare a.db --with b.db --format json >c.json
    [ "$(LC_ALL=C tr -d '\000-\176' <c.json | wc -c)" -eq 0 ]
    [ "$(json_sql c.json "select substr(doc->>'$.comparisons[#-8].name', -5) from file")" = $'\n�]]>' ]
    "$COLDSWARM" compare a.db --with b.db --format markdown >c.md
    fails grep -qE $'\x1b|<script|[^\\\\]`| @all' c.md
    python3 -c 'import xml.dom.minidom; xml.dom.minidom.parse("out/shift.svg")'
    [ ! -e pwned ] && [ ! -e out/pwned ] && [ ! -e out/data/pwned ]
}

@test "gate --baseline: failed, kept, open, too little, strict" {
    pair a.db requests=3000
    pair b.db requests=3000 seed=2 factor=1.3
    run -99 "$COLDSWARM" gate b.db --baseline a.db --max-regression 'response_time{name:/predict} p(95) 5%'
    [[ "$output" == *"FAILED: +"*"5 allowed"* ]]
    run -0 "$COLDSWARM" gate b.db --baseline a.db --max-regression 'response_time{name:/predict} med 50%'
    [[ "$output" == *"50%: ok: +"* ]]
    run -0 "$COLDSWARM" gate a.db --baseline b.db --max-regression 'p(95) 5%' --max-regression 'http_reqs rate 5%' \
        --max-regression 'http_req_failed rate 2%'
    run -0 "$COLDSWARM" gate b.db --baseline a.db --max-regression 'response_time{name:/predict} med 30%'
    [[ "$output" == *"ok (no regression shown)"* ]]
    run -0 "$COLDSWARM" gate b.db --baseline a.db --max-regression 'response_time{name:/} p(99.9) 1%' --format json
    [ "$(json - '$.regressions[0].verdict' '$.ok' <<<"$output")" = "too_little_data|1" ]
    run -99 "$COLDSWARM" gate b.db --baseline a.db --max-regression 'response_time{name:/} p(99.9) 1%' --strict
    [[ "$output" == *"FAILED (too little data)"* ]]
}

@test "gate --baseline beside thresholds, as JUnit, Markdown and annotations" {
    pair a.db requests=3000
    pair b.db requests=3000 seed=2 factor=1.3
    run -99 "$COLDSWARM" gate b.db -e 'http_reqs count>10' --baseline a.db --max-regression 'p(95) 5%' --junit j.xml --github
    [[ "$output" == *"::error title=Slower than the baseline::p(95) 5%25: FAILED"* ]]
    python3 - <<'END'
import xml.etree.ElementTree as x
suites = x.parse("j.xml").getroot().findall("testsuite")
assert [s.get("failures") for s in suites] == ["0", "1"], suites
assert len(suites[1].findall("testcase/failure")) == 1
END
    run -99 "$COLDSWARM" gate b.db --baseline a.db --max-regression 'p(95) 5%' --format markdown
    [[ "$output" == *"- p(95) 5%: FAILED"* ]]
}

@test "gate --baseline: what cannot be judged is an error, not a pass" {
    pair a.db requests=1000
    pair b.db requests=1000 seed=2 'scenario={"a": 1}'
    local text
    run -2 "$COLDSWARM" gate a.db --baseline b.db --max-regression 'p(95) 5%'
    [[ "$output" == *"different scenarios"* ]]
    run -2 "$COLDSWARM" gate a.db --baseline b.db
    run -2 "$COLDSWARM" gate a.db --max-regression 'p(95) 5%'
    run -2 "$COLDSWARM" gate a.db --strict -e 'http_reqs count>1'
    pair c.db requests=1000 seed=3
    for text in 'p(95) 5' 'p(95)' '5%' 'p(95 5%' 'p(95) -5%' 'p(100) 5%' 'max 5%' 'checks rate 5%' 'http_reqs count 5%' \
        'response_time{status:200} p(95) 5%' 'response_time{name:/nothing} p(95) 5%' 'http_req_durations p(95) 5%'; do
        run -2 "$COLDSWARM" gate a.db --baseline c.db --max-regression "$text"
        [[ "$output" == *"$text"* || "$output" == *"${text%% *}"* ]] || { echo "$text: $output"; false; }
    done
}

@test "files that differ between the runs are named in every format, by the hashes of sha256sum" {
    start_target
    for side in v1 v2 v3; do
        mkdir $side
        echo "{\"of\": \"$side\"}" >$side/body.json
        printf 'n\n1\n2\n%s\n' "${side#v}" >$side/rows.csv
        echo same >$side/same.txt
        cp "$ROOT/tests/support/echo.proto" $side
        echo "// $side" >>$side/echo.proto
        cat >$side/s.json <<'END'
{"name": "t", "load": {"users": 1, "duration": "2s"}, "wait": {"constant": "20ms"}, "feeders": {"r": {"csv": "rows.csv"}},
 "tasks": [{"name": "a", "method": "POST", "path": "/?${r.n}", "body_file": "body.json"},
           {"name": "b", "method": "POST", "path": "/", "body_file": "same.txt"}]}
END
        # That the target refuses a body does not matter.
        "$COLDSWARM" run $side/s.json -H "$URL" -o $side.db --quiet >/dev/null || true
    done
    run -0 "$COLDSWARM" compare v1.db v3.db --with v2.db --format json
    echo "$output" >c.json
    sha() { sha256sum "$1" | cut -d' ' -f1; }
    json_sql c.json "select value->>'$.file', value->>'$.base[0]', value->>'$.base[1]', value->>'$.new[0]', value->>'$.new[1]' from file, json_each(doc, '$.inputs')" >told
    for f in body.json rows.csv; do echo "$f|$(sha v1/$f)|$(sha v3/$f)|$(sha v2/$f)|"; done | diff told -
    for format in text markdown; do
        run -0 "$COLDSWARM" compare v1.db --with v2.db --format $format
        for f in body.json rows.csv; do
            [[ "$output" == *"$f: base $(sha v1/$f | cut -c1-12), new $(sha v2/$f | cut -c1-12)"* ]] || { echo "$output"; false; }
        done
        [[ "$output" != *same.txt* ]]
    done
    # What does not differ is not said.
    "$COLDSWARM" run v1/s.json -H "$URL" -o again.db --quiet >/dev/null || true
    run -0 "$COLDSWARM" compare v1.db --with again.db
    [[ "$output" != *SHA-256* ]]
    "$COLDSWARM" compare v1.db --with again.db --format json >c.json
    [ "$(json_sql c.json "select doc->>'$.inputs' from file")" = '[]' ]
    # A .proto file, and one that only some runs use. That the target is no gRPC server does not matter.
    for side in v1 v2; do
        echo '{"name": "t", "load": {"users": 1, "duration": "2s"}, "wait": {"constant": "20ms"},
               "tasks": [{"name": "a", "grpc": "test.Echo/Unary", "proto": "echo.proto", "message": {}}]}' >$side/g.json
        "$COLDSWARM" run $side/g.json -H "$URL" -o g$side.db --transport direct --quiet >/dev/null || true
    done
    run -0 "$COLDSWARM" compare gv1.db --with gv2.db
    [[ "$output" == *"echo.proto: base $(sha v1/echo.proto | cut -c1-12), new $(sha v2/echo.proto | cut -c1-12)"* ]] || { echo "$output"; false; }
    run -0 "$COLDSWARM" compare v1.db --with gv1.db --force
    [[ "$output" == *"body.json: base $(sha v1/body.json | cut -c1-12), new without it"* ]] || { echo "$output"; false; }
}

@test "real runs: the ramp is left out, a slower target is found, one endpoint has one table" {
    cat >s.json <<'END'
{"name": "t", "load": {"users": 20, "spawn_rate": 40, "duration": "8s"}, "wait": {"between": ["1ms", "20ms"]},
 "tasks": [{"method": "GET", "path": "/"}]}
END
    local fast first time
    start_target --service-time lognormal:10ms,0.3
    fast=$URL
    start_target --service-time lognormal:100ms,0.3
    # More time where the machine stalls, so that too little is left of a run.
    for time in 8s 30s 60s; do
        rm -f a.db c.db
        "$COLDSWARM" run s.json -H "$fast" -t $time -o a.db --quiet >/dev/null 3>&- &
        first=$!
        "$COLDSWARM" run s.json -H "$URL" -t $time -o c.db --quiet >/dev/null
        wait "$first"
        run -0 "$COLDSWARM" compare a.db --with c.db --force
        [ "$(grep -c "p50 of / is .* slower" <<<"$output")" -eq 0 ] || break
    done
    [[ "$output" == *"from then on all 20 users are active"* ]]
    grep -q 'p50 of / is .* slower' <<<"$output" || { echo "$output"; false; }
    fails grep -qi 'all requests' <<<"$output"
    grep -q '^## GET / (base: ' <("$COLDSWARM" compare a.db --with c.db --force --format markdown)
    run -99 "$COLDSWARM" gate c.db --baseline a.db --max-regression 'p(50) 20%'
}
