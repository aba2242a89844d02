#!/usr/bin/env bats
# The search for capacity as users meet it: real steps against `coldswarm target`.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    FIGURES=--no-figures
    cd "$BATS_TEST_TMPDIR"
    cat >s.json <<END
{ "load": {"users": 1, "duration": "5s"}, "tasks": [{"name": "/", "path": "/"}, {"name": "/b", "path": "/", "tags": ["b"]}] }
END
}

# search [OPTION...]: a quick search by users into cap. A machine that is busy makes clients SUSPECT; users without pacing have no schedule
# that it could miss.
search() {
    measured --from 1 --to 64 "$@"
}

# sweep [OPTION...]: the same with five loads, once each: 8 users take 160 ms, 16 take 320 ms.
sweep() {
    measured --loads 1,2,4,8,16 "$@"
}

# A machine that stalls for seconds makes steps of a second fail; not in each search.
measured() {
    for _ in 1 2 3 4 5; do
        run --separate-stderr "$COLDSWARM" capacity s.json -H "$URL" --unit users --step 1s --settle 0.2s \
            --cool-down 0s --accept-suspect $FIGURES -o cap "$@"
        echo "$stderr"
        stalled || break
        echo "the machine stalled"
        rm -r cap
    done
}

# stalled: a step of cap had no answer that counts, or one that took a second longer than any queue here.
stalled() {
    local file
    [ -e cap/capacity.json ] || return 1
    [ "$(json_sql cap/capacity.json "select count(*) from file, json_each(doc, '$.steps') s where s.value->>'$.counts' = 0")" = 0 ] || return 0
    for file in cap/step-*.db; do
        [ "$(sql "$file" "select max(response_us) > 1500000 from requests")" != 1 ] || return 0
    done
    return 1
}

# Two at a time, 40 ms each: with u users, a response takes u / 2 * 40 ms.
start_queue() {
    start_target --service-time 40ms --concurrency 2
}

@test "users: an interval, the steps' files, and numbers that the files have" {
    start_queue
    search --slo 'http_req_duration p(60)<170' --slo 'http_req_failed rate<0.5' --precision 20
    [ "$status" -eq 0 ]
    # 8 users take 160 ms, 12 take 240 ms. What the machine is late makes it less, never more.
    [ "$(json cap/capacity.json '$.kind')" = found ]
    [ "$(json_sql cap/capacity.json "select (doc->>'$.capacity.interval[1]') <= 12 and (doc->>'$.capacity.interval[0]') < (doc->>'$.capacity.interval[1]') from file")" = 1 ]
    [ "$(json cap/capacity.json '$.capacity.unit' '$.capacity.confidence' '$.limited_by')" = "users|0.95|http_req_duration p(60)<170" ]
    [[ "$output" == *"Capacity: between "*" users, with 95 % confidence"* ]]
    [[ "$output" == *"What gave way first: http_req_duration p(60)<170."* ]]
    [[ "$stderr" == *"step 1: 1 users"*"holds"* ]]
    python3 - <<'END'
import json, sqlite3
d = json.load(open("cap/capacity.json"))
assert len(d["steps"]) >= 5, d["steps"]
assert [s["load"] for s in d["steps"]][:4] == [1, 2, 4, 8]
for s in d["steps"]:
    db = sqlite3.connect(f"file:cap/{s['file']}?mode=ro", uri=True)
    rows = db.execute("SELECT response_us, outcome FROM requests WHERE sent_us >= ? AND sent_us < ? AND response_us >= 0",
                      (s["from_s"] * 1e6, s["to_s"] * 1e6)).fetchall()
    times = sorted(t for t, _ in rows)
    at = 0.5 * (len(times) - 1)
    p50 = times[int(at)] + (times[min(int(at) + 1, len(times) - 1)] - times[int(at)]) * (at - int(at))
    assert abs(p50 / 1000 - s["p50_ms"]) < 1e-6, (p50, s)
    # By their end, as docs/capacity.md says: one may be in progress where the measured time begins, and none where it ends.
    ok = db.execute("SELECT count(*) FROM requests WHERE outcome = 'ok' AND end_us >= ? AND end_us < ?",
                    (s["from_s"] * 1e6, s["to_s"] * 1e6)).fetchone()[0]
    assert abs(ok / (s["to_s"] - s["from_s"]) - s["throughput"]) < 1e-6, (ok, s)
    assert s["slo"][0]["expression"] == "http_req_duration p(60)<170"
    assert s["verdict"] in ("VALID", "SUSPECT")
END
}

@test "an SLO that never holds: below the lowest load; one that always holds: above the highest" {
    start_target --service-time 20ms
    search --slo 'http_req_duration p(60)<5' --from 2
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.capacity.interval[1]' '$.capacity.value')" = "below|2|" ]
    [[ "$output" == *"Capacity: below 2 users"* ]]
    rm -r cap
    search --slo 'http_req_duration p(60)<60000' --from 2 --to 5
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.capacity.interval[0]' '$.capacity.interval[1]')" = "above|5|" ]
    [[ "$output" == *"Capacity: above 5 users"* ]]
}

@test "--loads tries these loads once each" {
    start_queue
    run --separate-stderr "$COLDSWARM" capacity s.json -H "$URL" --unit users --loads 12,2,4 --slo 'http_req_duration p(60)<150' \
        --step 1s --settle 0.2s --cool-down 0s --accept-suspect $FIGURES --quiet -f csv -o cap
    echo "$stderr $output"
    [ "$status" -eq 0 ]
    [ "$(cut -d, -f1 <<<"$output" | paste -sd' ')" = "load 2 4 12" ]
    [ -z "$stderr" ]
    [ "$(json cap/capacity.json '$.steps[2].slo[0].ok' '$.search.sweep')" = "0|1" ]
}

@test "gate: 0 above the limit, 99 below, undecided 0 or, with --strict, 99; report shows the folder again" {
    start_queue
    sweep --slo 'http_req_duration p(60)<250'
    [ "$status" -eq 0 ]
    shown=$output
    run --separate-stderr "$COLDSWARM" report cap
    [ "$status" -eq 0 ]
    [ "$output" = "$shown" ]
    run "$COLDSWARM" gate cap --min-capacity 1
    [ "$status" -eq 0 ]
    run "$COLDSWARM" gate cap --min-capacity 50
    [ "$status" -eq 99 ]
    [[ "$output" == "FAILED: capacity between "* ]]
    run --separate-stderr "$COLDSWARM" gate cap/capacity.json --min-capacity 50 -f json
    [ "$status" -eq 99 ]
    [ "$(json - '$.ok' '$.capacity[0].verdict' <<<"$output")" = "0|below" ]
    inside=$(json_sql cap/capacity.json "select (doc->>'$.capacity.interval[0]') + 0.5 from file")
    run --separate-stderr "$COLDSWARM" gate cap --min-capacity "$inside"
    [ "$status" -eq 0 ]
    [[ "$output" == "undecided: "* ]]
    [[ "$stderr" == *"warning: "* ]]
    run "$COLDSWARM" gate cap --min-capacity "$inside" --strict
    [ "$status" -eq 99 ]
    run "$COLDSWARM" gate cap
    [ "$status" -eq 2 ]
    [[ "$output" == *"--min-capacity"* ]]
    run "$COLDSWARM" gate "cap/step-001.db" --min-capacity 5
    [ "$status" -eq 2 ]
}

@test "the folder has the tables and the figure; its data are those of the steps" {
    start_queue
    FIGURES=
    sweep --slo 'http_req_duration p(60)<250' --slo 'http_req_failed rate<0.5' --quiet
    [ "$status" -eq 0 ]
    for file in tables.txt tables.md tables.csv tables.json tables.tex report.html numbers.json loads.csv latex/steps.tex latex/loads.tex \
        latex/figure_capacity.tex data/capacity.csv data/capacity.gp capacity.svg capacity.png; do
        [ -s "cap/$file" ]
    done
    # What only a run has.
    [ ! -e cap/junit.xml ]
    [ ! -e cap/requests.jtl ]
    cmp <(json cap/tables.json '$.capacity') <(json cap/capacity.json '$.capacity')
    [ "$(head -1 cap/data/capacity.csv)" = "load,p50_ms,p95_ms,p99_ms,throughput,failures_percent" ]
    python3 - <<'END'
import csv, json, re
d = json.load(open("cap/capacity.json"))
rows = list(csv.DictReader(open("cap/data/capacity.csv")))
assert [float(r["load"]) for r in rows] == [x["load"] for x in d["loads"]]
for r in rows:
    assert any(abs(float(r["p50_ms"]) - s["p50_ms"]) < 1e-6 and s["load"] == float(r["load"]) for s in d["steps"])
svg = open("cap/capacity.svg").read()
for text in ("p95", "SLO", "Load (users)", "Successes/s", "Failures (%)"):
    assert text in svg, text
# No label of an upright axis covers the next.
at = sorted(float(y) for y in re.findall(r'translate\([\d.]+,([\d.]+)\)"[^>]*text-anchor="end"', svg))
assert len(at) > 6 and all(b - a >= 12 for a, b in zip(at, at[1:])), at
END
    # What a paper says of it.
    grep -q '^# Methods$' cap/methods.md
    grep -qF "The loads 1, 2, 4, 8 and 16 users were tried once each." cap/methods.md
    grep -qF "then 1 s were measured" cap/methods.md
    grep -qF "5 of 5 steps count." cap/methods.md
    grep -qF 'http\_req\_duration p(60)' cap/methods.tex
    rm cap/capacity.svg
    run "$COLDSWARM" report cap --out again --no-figures
    [ "$status" -eq 0 ]
    [[ "$output" == *"wrote again/report.html (all of it as one page)"* ]]
    cmp cap/tables.md again/tables.md
    cmp cap/report.html again/report.html
    cmp cap/methods.tex again/methods.tex
    [ ! -e again/capacity.svg ]
    python3 "$ROOT/tests/cli/check_capacity.py" cap
    for format in html:report.html latex:tables.tex csv:tables.csv json:tables.json markdown:tables.md table:tables.txt; do
        "$COLDSWARM" report cap -f "${format%:*}" >shown
        cmp "cap/${format#*:}" shown
    done
}

# made FILE EDIT: the capacity.json of the corpus, changed by a line of Python.
made() {
    mkdir -p "$(dirname "$1")"
    python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); c = d["capacity"]; exec(sys.argv[3]); json.dump(d, open(sys.argv[2], "w"))' \
        "$ROOT/tests/fuzz/corpus/capacity/found.json" "$1" "$2"
}

@test "compare: better, worse and undecided, with the ratio of the intervals" {
    made a/capacity.json 'c.update(value=105, interval=[100, 110])'
    made b/capacity.json 'c.update(value=210, interval=[200, 220])'
    made c/capacity.json 'c.update(value=115, interval=[109, 120])'
    run "$COLDSWARM" compare a --with b
    [ "$status" -eq 0 ]
    [[ "$output" == *"The new capacity is better: 1.818 to 2.200 times the base, with 90 % confidence."* ]]
    both=$output
    run "$COLDSWARM" compare a b
    [ "$output" = "$both" ]
    run "$COLDSWARM" compare a b -f json
    [ "$(json - '$.comparisons[0].verdict' '$.comparisons[0].ratio' '$.method.confidence' <<<"$output")" = "better|2|0.9" ]
    [ "$(json_sql - "select abs((doc->>'$.comparisons[0].interval[0]') - 200.0 / 110) < 1e-12, abs((doc->>'$.comparisons[0].interval[1]') - 2.2) < 1e-12 from file" <<<"$output")" = "1|1" ]
    run "$COLDSWARM" compare b a --fail-on worse
    [ "$status" -eq 99 ]
    [[ "$output" == *"The new capacity is worse: 0.455 to 0.550 times the base"* ]]
    run "$COLDSWARM" compare a/capacity.json --with c --fail-on worse -f markdown
    [ "$status" -eq 0 ]
    [[ "$output" == *"Undecided: the intervals overlap. The new capacity is 0.991 to 1.200 times the base"* ]]
    made open/capacity.json 'c.update(value=None, interval=[300, None]); d["kind"] = "above"'
    run "$COLDSWARM" compare a open
    [[ "$output" == *"better: at least 2.727 times the base"* ]]
    made none/capacity.json 'c.update(value=None, interval=[None, None]); d["kind"] = "unknown"'
    run "$COLDSWARM" compare none a --fail-on worse
    [ "$status" -eq 0 ]
    [[ "$output" == *"Undecided: nothing bounds the ratio"* ]]
}

@test "compare refuses what does not fit, in words" {
    made a/capacity.json ''
    made b/capacity.json 'e = "http_req_duration p(60)<180"; d["search"]["slo"] = [e]; [x["slo"][0].update(expression=e) for x in d["steps"] + d["loads"]]'
    made c/capacity.json 'd["search"]["options"] += [["max-users", "7"], ["no-trace", ""]]; d["search"]["name"] = "other"'
    made d/capacity.json 'c["unit"] = "rate"'
    "$COLDSWARM" run s.json -H http://127.0.0.1:9 -t 0.1s -o r.db --quiet || true
    while IFS='|' read -r code expected options; do
        eval "run \"\$COLDSWARM\" compare $options"
        echo "$options: $output"
        [ "$status" -eq "$code" ]
        [[ "$output" == *"$expected"* ]]
    done <<END
2|the SLOs differ: only a has 'http_req_duration p(60)<170'|a b
0|Compared because of --force, although:|a b --force
2|--max-users differs: base without it, new 7|a c
2|--no-trace differs: base without it, new with it|a c
2|the scenarios differ: 's' and 'other'|a c
2|the units differ: a is about users, d about requests/s|a d --force
2|a is a capacity, but r.db is a run file; compare two of one kind|a --with r.db
2|a is a capacity, but r.db is a run file; compare two of one kind|r.db --with a
2|one with one|a b --with c
2|is given twice|a a
2|a/capacity.json is given twice|a a/capacity.json
2|--resamples is about a run file, but a is a capacity|a b --resamples 500
2|use --fail-on worse|a b --fail-on slower
2|use --fail-on slower|r.db --with r.db --fail-on worse
3|nowhere|a nowhere/capacity.json
END
}

# options_of COMMAND: the long options that its help has.
options_of() {
    "$COLDSWARM" "$1" --help | sed -n 's/^ \{2,6\}\(-[a-zA-Z], \)\{0,1\}--\([a-z-]*\).*/\2/p' | sort -u
}

# Each option of these commands works with a capacity, or is refused by name: a new one cannot be ignored in silence.
@test "report, gate and compare refuse every option that a capacity has no use for, by name" {
    made cap/capacity.json ''
    made new/capacity.json ''
    local -A value=([goodput]='ttft<5' [from]=1s [to]=5s [stage]=1 [name]=/ [csv]=x [cpu]=2 [memory]=1G [gpu]=l4 [billing]=instance
        [region]=europe-west1 [prices]=p.json [expression]='http_req_failed rate<0.1' [baseline]=b.db [max-regression]='p(95) 5%'
        [confidence]=90 [time]=service [resamples]=500 [seed]=3 [warmup]=1s [out]=out)
    local -A arguments=([report]=cap [gate]='cap --min-capacity 5' [compare]='cap --with new')
    while read -r command works; do
        options=$(options_of "$command")
        [ "$(wc -w <<<"$options")" -ge 10 ]
        for option in $options; do
            case " $works " in *" $option "*) continue ;; esac
            # shellcheck disable=SC2206
            all=(${arguments[$command]} "--$option${value[$option]:+=${value[$option]}}")
            [ "$option" != csv-full-history ] || all+=(--csv x)
            run "$COLDSWARM" "$command" "${all[@]}"
            echo "$command ${all[*]}: $output"
            [ "$status" -eq 2 ]
            [[ "$output" == *"--${option%-full-history}"*" is about a run file, but cap is a capacity"* ]]
        done
    done <<END
report format out no-figures help version
gate format junit github min-capacity strict help version
compare with format force fail-on help version
END
    [ ! -e out ]
    for format in hgrm hgrm-service jtl k6-summary junit vllm aiperf; do
        run "$COLDSWARM" report cap -f "$format"
        [ "$status" -eq 2 ]
        [[ "$output" == *"but not as $format"* ]]
    done
    run "$COLDSWARM" report cap new
    [ "$status" -eq 2 ]
    [[ "$output" == *"cap is a capacity, which is shown alone; \`coldswarm compare\` takes two of them"* ]]
}

@test "gate: JUnit and GitHub, as for runs" {
    made a/capacity.json 'c.update(value=105, interval=[100, 110]); d["search"]["name"] = "a & b"'
    run "$COLDSWARM" gate a --min-capacity 100 --junit ok.xml --github
    [ "$status" -eq 0 ]
    [ "$output" = "ok: capacity between 100 and 110 users; at least 100 is needed" ]
    run "$COLDSWARM" gate a --min-capacity 200 --junit low.xml --github
    [ "$status" -eq 99 ]
    [[ "$output" == *"::error title=Capacity too small::capacity between 100 and 110 users; at least 200 is needed"* ]]
    run --separate-stderr "$COLDSWARM" gate a --min-capacity 105 --junit open.xml --github -f json
    [ "$status" -eq 0 ]
    [[ "$stderr" == *"::notice title=Capacity undecided::"* ]]
    [ "$(json - '$.ok' '$.capacity[0].verdict' <<<"$output")" = "1|undecided" ]
    run "$COLDSWARM" gate a --min-capacity 105 --junit strict.xml --strict
    [ "$status" -eq 99 ]
    python3 - <<'END'
import xml.etree.ElementTree as tree
for name, failures, skipped in ("ok", 0, 0), ("low", 1, 0), ("open", 0, 1), ("strict", 1, 0):
    suite, = tree.parse(name + ".xml").getroot()
    assert suite.get("name") == "a & b" and (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("1", str(failures), str(skipped)), name
    case, = suite.findall("testcase")
    assert case.get("classname") == "capacity" and case.get("name").startswith("at least ") and case.get("name").endswith(" users"), case.attrib
    assert (case.find("failure") is not None, case.find("skipped") is not None) == (failures == 1, skipped == 1), name
END
    run "$COLDSWARM" gate a --min-capacity 100 --junit none/x.xml
    [ "$status" -eq 3 ]
    [[ "$output" == *"none/x.xml"* ]]
}

# children PID: the processes that it started and that live.
children() {
    cat "/proc/$1/task/$1/children" 2>/dev/null || true
}

@test "SIGTERM and SIGHUP give the interval so far; kill -9 leaves no step running" {
    start_queue
    for end in TERM:143 HUP:129 KILL:137; do
        rm -rf cap
        : >err
        "$COLDSWARM" capacity s.json -H "$URL" --unit users --from 1 --to 64 --slo 'http_req_duration p(60)<60000' --step 2s --settle 0.2s \
            --cool-down 0s --accept-suspect --no-figures -o cap >out 2>err &
        pid=$!
        wait_line err '^step 1: ' "$pid"
        until step=$(children "$pid") && [ -n "$step" ]; do pause; done
        kill "-${end%:*}" "$pid"
        code=0
        wait "$pid" || code=$?
        echo "$end: $code"
        [ "$code" -eq "${end#*:}" ]
        for ((i = 0; i < 3000; i++)); do
            [ -e "/proc/${step% }" ] || break
            pause
        done
        [ ! -e "/proc/${step% }" ]
        [ "$(json cap/capacity.json '$.steps[0].file')" = step-001.db ]
        [ "$code" -eq 137 ] || grep -q "^Capacity: " out
    done
    # The search that was killed goes on, still without figures.
    "$COLDSWARM" capacity --resume cap --to 2 --quiet >out
    [ "$(json cap/capacity.json '$.kind' '$.capacity.interval[0]')" = "above|2" ]
    [ -e cap/report.html ]
    [ ! -e cap/capacity.svg ]
}

@test "a service that restarts in a step: the step does not count" {
    # Equal times: that they drift by microseconds must not leave a limit of a minute in doubt.
    start_target --port "$(free_port)" --service-time 40ms --concurrency 2
    "$COLDSWARM" capacity s.json -H "$URL" --unit users --loads 1,2 --slo 'http_req_duration p(60)<60000' --slo 'http_req_failed rate<0.5' \
        --step 4s --settle 0.2s --cool-down 6s --accept-suspect --no-figures -o cap >out 2>err &
    pid=$!
    wait_line err '^step 1: ' "$pid"
    stop_target || true
    wait_line err '^step 2: ' "$pid"
    start_target --port "$PORT" --service-time 40ms --concurrency 2
    code=0
    wait "$pid" || code=$?
    cat err
    [ "$code" -eq 0 ]
    # No load looks as if it failed.
    [ "$(json cap/capacity.json '$.kind' '$.capacity.interval[0]' '$.steps[0].counts')" = "above|2|1" ]
    [ "$(json cap/capacity.json '$.steps[1].load' '$.steps[1].counts')" = "2|0" ]
}

@test "Ctrl-C gives the interval so far; --resume goes on from there" {
    start_queue
    # Where the machine stalls in a step, the search goes another way.
    for _ in 1 2 3 4 5; do
        rm -rf cap
        : >err
        "$COLDSWARM" capacity s.json -H "$URL" --unit users --from 1 --to 64 --slo 'http_req_duration p(60)<170' --step 1s --settle 0.2s \
            --precision 20 --cool-down 0s --accept-suspect $FIGURES -o cap >out 2>err &
        pid=$!
        wait_line err '^step 3: ' "$pid" || true
        kill -INT "$pid" || true
        code=0
        wait "$pid" || code=$?
        stalled || break
    done
    [ "$code" -eq 130 ]
    [ "$(json cap/capacity.json '$.end' '$.steps[2].load')" = "stopped|4" ]
    grep -q "^Capacity: " out
    first=$(json_sql cap/capacity.json "select json_array_length(doc->'$.steps') from file")
    # 4: the machine stalled again and again, and the search can go on once more.
    for _ in 1 2 3; do
        run --separate-stderr "$COLDSWARM" capacity --resume cap
        echo "$stderr"
        [ "$status" -eq 4 ] || break
    done
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.steps[0].file')" = "found|step-001.db" ]
    [ "$(json_sql cap/capacity.json "select json_array_length(doc->'$.steps') > $first from file")" = 1 ]
    # What is there is not made again, and what it was about cannot change.
    [[ "$stderr" != *"step 1: "* ]]
    mkdir other
    (cd other && run -2 "$COLDSWARM" capacity --resume ../cap && [[ $output == "coldswarm: the scenario of this search, s.json, is not here; --resume works in the folder where the search began" ]])
    run "$COLDSWARM" capacity --resume cap --slo 'http_req_duration p(95)<1'
    [ "$status" -eq 2 ]
    [[ "$output" == *"goes on with the same SLOs"* ]]
    run "$COLDSWARM" capacity s.json -H "$URL" --slo 'http_req_duration p(95)<1' -o cap
    [ "$status" -ne 0 ]
    [[ "$output" == *"--resume cap"* ]]
}

@test "a service that dies on the way: exit 3, what is known is kept" {
    start_target --port "$(free_port)" --service-time 40ms --concurrency 2
    "$COLDSWARM" capacity s.json -H "$URL" --unit users --from 1 --to 64 --slo 'http_req_duration p(60)<60000' --step 1s --settle 0.2s \
        --cool-down 0s --accept-suspect $FIGURES -o cap >out 2>err &
    pid=$!
    wait_line err '^step [2-9]: .*; holds' "$pid"
    stop_target || true
    code=0
    wait "$pid" || code=$?
    cat err
    [ "$code" -eq 3 ]
    grep -q '^step .*; does not count, the service answered no request' err
    grep -q '^coldswarm: the service answered no request of the last steps' err
    [ "$(json cap/capacity.json '$.end' '$.steps[0].file')" = "stopped|step-001.db" ]
    [ "$(json_sql cap/capacity.json "select count(*) > 0 from file, json_each(doc, '$.steps') s where s.value->>'failures' = 0 and s.value->>'ok' = 1 and s.value->>'counts' = 1")" = 1 ]
    "$COLDSWARM" report cap/step-001.db >/dev/null
    # Requests that are refused are not fast ones.
    [ "$(json_sql cap/capacity.json "select count(*) from file, json_each(doc, '$.steps') s where s.value->>'failures' = 1 and s.value->>'ok' = 1")" = 0 ]
    # Those of a dead service say nothing of a live one, neither now nor when the search goes on.
    [ "$(json_sql cap/capacity.json "select count(*) from file, json_each(doc, '$.steps') s where s.value->>'failures' = 1 and s.value->>'counts' = 1")" = 0 ]
    [ "$(json cap/capacity.json '$.capacity.interval[1]')" = "" ]
    run -2 "$COLDSWARM" capacity --resume cap -H http://127.0.0.1:9
    [[ $output == *"--resume goes on with the same SLOs, --host, --unit and --step"* ]]
    start_target --port "$PORT" --service-time 40ms --concurrency 2
    "$COLDSWARM" capacity --resume cap --to 8 --quiet >out 2>err
    [ "$(json cap/capacity.json '$.kind' '$.capacity.interval[0]')" = "above|8" ]
}

@test "what the environment says of a load is not for the steps, whose load the search decides" {
    start_target
    export COLDSWARM_USERS=1 COLDSWARM_SPAWN_RATE=0.5 COLDSWARM_RATE=7 COLDSWARM_SPEED=2
    measured --slo 'http_req_failed rate<0.9' --loads 3
    [ "$status" -eq 0 ]
    [ "$(sql cap/step-001.db 'select users_max from run')" = 3 ]
    echo '{ "load": {"rate": 5, "max_users": 40, "duration": "5s"}, "tasks": [{"path": "/"}] }' >open.json
    "$COLDSWARM" capacity open.json -H "$URL" --loads 20 --slo 'http_req_failed rate<0.9' --step 1s --settle 1s --cool-down 0s --accept-suspect \
        --no-figures -o open || [ $? -eq 4 ]
    [ "$(sql open/step-001.db 'select users_max from run')" = 40 ]
    # The rate rises in quarters; then a second has its twenty arrivals.
    [ "$(sql open/step-001.db 'select count(*) from requests where intended_us >= 1000000 and intended_us < 2000000')" = 20 ]
}

@test "a --max-time that the search does not end in: the first step says so, without contradiction" {
    start_target
    "$COLDSWARM" capacity s.json -H "$URL" --unit users --from 1 --to 64 --slo 'http_req_failed rate<0.5' --step 2s \
        --settle 0s --cool-down 0s --accept-suspect --no-figures --max-time 11s -o cap >/dev/null 2>err 3>&- &
    STARTED_PIDS+=("$!")
    # Five more steps at least, of two seconds each; what is left depends on the machine.
    [[ $(wait_line err '^step 1: ' $!) =~ "step 1: 1 users".*"; at least 10s needed, at most "[1-9]"s left" ]]
}

@test "between steps the service is asked as one user; no time to settle is none" {
    start_queue
    run --separate-stderr "$COLDSWARM" capacity s.json -H "$URL" --unit users --loads 1,30 --slo 'http_req_duration p(60)<60000' --step 1s \
        --settle 0s --accept-suspect -o cap
    echo "$stderr $output"
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.end' '$.steps[0].from_s' '$.steps[0].load' '$.steps[1].load')" = "decided|0|1|30" ]
    # The probe before the first step has no file, but the service has seen it.
    [ "$(served GET /)" -gt "$(($(sql cap/step-001.db 'select count(*) from request') + $(sql cap/step-002.db 'select count(*) from request')))" ]
    # gnuplot has nothing to say of a figure without failures.
    [[ "$stderr" != *arning* ]]
}

@test "a scenario that sends nothing in the time of a probe is no service without an answer" {
    start_target
    echo '{ "load": {"users": 1, "duration": "5s"}, "tasks": [{"name": "t", "steps": [{"wait": {"constant": "3s"}}, {"path": "/"}]}] }' >late.json
    "$COLDSWARM" capacity late.json -H "$URL" --loads 3 --slo 'http_req_duration p(60)<60000' --step 3s --settle 2s --accept-suspect --no-figures -o cap
    [ "$(json cap/capacity.json '$.end' '$.steps[0].failures')" = "decided|0" ]
}

@test "names and tags of thresholds; those of the scenario without --slo" {
    start_target --service-time 5ms
    search --slo 'http_req_duration{name:/c} p(95)<300'
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"/c"* ]]
    search --slo 'http_req_duration{name:/} p(95)<300' -T b
    [ "$status" -eq 2 ]
    search
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"there is no SLO"* ]]
    sed -i 's/"load"/"thresholds": {"http_req_duration{name:\/b}": ["p(60)<60000"]}, "load"/' s.json
    search --to 2 --quiet
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.steps[0].slo[0].expression' '$.kind')" = "http_req_duration{name:/b} p(60)<60000|above" ]
}

@test "an SLO of one name fails and that of another holds; tags choose what is sent" {
    start_hostile
    cat >s.json <<END
{ "load": {"users": 1, "duration": "5s"}, "thresholds": {"http_req_duration{name:quick}": ["p(60)<200"]},
  "tasks": [{"name": "quick", "path": "/status/200", "weight": 9, "tags": ["a"]}, {"name": "slow", "path": "/slow/250", "tags": ["b"]},
    {"name": "broken", "path": "/status/503", "tags": ["c"]}] }
END
    search --slo 'http_req_failed{name:broken} rate<0.5' -E c
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"broken"* ]]
    # A dozen slow ones: a second has three or four, and three are too few to say that they fail.
    sweep --loads 1,2 --step 3s --slo 'http_req_duration{name:quick,method:GET} p(60)<200' --slo 'http_req_duration{name:slow} p(60)<200' \
        --slo 'http_req_failed{name:slow} rate<0.5' -E c
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.limited_by')" = "below|http_req_duration{name:slow} p(60)<200" ]
    # What holds need not be certain yet.
    [ "$(json_sql cap/capacity.json "select (doc->>'$.loads[0].slo[0].ok') is not 0, doc->>'$.loads[0].slo[1].ok' from file")" = "1|0" ]
    [[ "$output" == *"What gave way first: http_req_duration{name:slow} p(60)<200. At 1 users it is "* ]]
    # Each value is that of its own requests alone. One that the end of the step cancelled is slower than all of these.
    python3 - <<'END'
import json, sqlite3
d = json.load(open("cap/capacity.json"))
for s in d["steps"]:
    db = sqlite3.connect(f"file:cap/{s['file']}?mode=ro", uri=True)
    assert {n for n, in db.execute("SELECT DISTINCT name FROM requests")} == {"quick", "slow"}
    for slo, name in zip(s["slo"], ("quick", "slow")):
        times = sorted(t for t, in db.execute("SELECT service_us - coalesce(dns_us, 0) - coalesce(connect_us, 0) - coalesce(tls_us, 0) FROM requests"
                       " WHERE name = ? AND sent_us >= ? AND sent_us < ? AND service_us >= 0", (name, s["from_s"] * 1e6, s["to_s"] * 1e6)))
        at = 0.6 * (len(times) - 1)
        value = times[int(at)] + (times[min(int(at) + 1, len(times) - 1)] - times[int(at)]) * (at - int(at))
        assert value / 1000 - 1e-6 <= slo["value"] <= max(times) / 1000 + 1e-6, (name, value, slo)
END
    for tags in "-T a" "-E b -E c"; do
        rm -r cap
        # shellcheck disable=SC2086
        sweep --loads 1,2 $tags
        [ "$status" -eq 0 ]
        # Certain or not, it does not fail.
        [ "$(json cap/capacity.json '$.capacity.interval[1]' '$.limited_by' '$.search.slo[0]')" = "||http_req_duration{name:quick} p(60)<200" ]
        [ "$(sql cap/step-001.db 'select count(distinct name), min(name) from requests')" = "1|quick" ]
    done
    # The scenario's own threshold is also one of the steps.
    rm -r cap
    sweep --loads 1 --slo 'http_req_failed{name:broken} rate<0.5' -T c
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"s.json:1:"*"{name:quick}: name:quick matches nothing that the scenario sends"* ]]
    [ ! -e cap ]
    # By status, too.
    sed -i 's/"thresholds": {[^}]*}[^}]*}, *//' s.json
    sweep --loads 1 --slo 'http_req_failed{name:broken} rate<0.5' --slo 'http_req_duration{name:broken,status:503} p(60)<60000' -T c
    [ "$status" -eq 0 ]
    [ "$(json cap/capacity.json '$.kind' '$.limited_by')" = "below|http_req_failed{name:broken} rate<0.5" ]
    [ "$(json_sql cap/capacity.json "select (doc->>'$.steps[0].slo[1].ok') is not 0 from file")" = 1 ]
}

# The steps are real. What their client was blamed for is written into their files, because no test can make a machine late by so much.
@test "late sending that cannot change a decision does not spoil a step; more of it does, and so does any other doubt" {
    start_target --service-time 5ms
    echo '{ "load": {"rate": 1, "duration": "5s"}, "tasks": [{"path": "/"}] }' >s.json
    "$COLDSWARM" capacity s.json -H "$URL" --loads 300 --slo 'http_req_duration p(95)<60000' --step 1s --settle 0.2s --cool-down 0s \
        --accept-suspect --no-figures --quiet -o made >out
    # p(95)<60000: what is later than 600 ms is late. 0.5 % of the requests may be, here 1.
    while read -r only late counts; do
        rm -rf cap
        cp -r made cap
        python3 - "$only" "$late" <<'END'
import json, sqlite3, sys
only, late = map(int, sys.argv[1:])
d = json.load(open("cap/capacity.json"))
d["search"]["options"] = [x for x in d["search"]["options"] if x[0] != "accept-suspect"]
json.dump(d, open("cap/capacity.json", "w"))
db = sqlite3.connect("cap/step-001.db")
db.execute("UPDATE run SET verdict = 'SUSPECT', verdict_reason = 'of a test'")
db.execute("DELETE FROM manifest WHERE key = 'suspect_only_late'")
if only:
    db.execute("INSERT INTO manifest VALUES ('suspect_only_late', '1')")
db.execute("UPDATE request SET lag_us = 3000 WHERE lag_us IS NOT NULL")
# Those in the middle of the measured time.
db.execute("UPDATE request SET lag_us = 700000 WHERE id IN (SELECT id FROM request WHERE at_us >= 1000000 ORDER BY at_us LIMIT ?)", (late,))
db.commit()
END
        # No time for another step.
        run --separate-stderr "$COLDSWARM" capacity --resume cap --max-time 1ms --quiet
        echo "$only $late: $stderr $output"
        [ "$(json cap/capacity.json '$.steps[0].verdict' '$.steps[0].counts')" = "SUSPECT|$counts" ]
    done <<END
1 0 1
1 1 1
1 2 0
0 0 0
END
}

@test "the client is the limit: what to do then is named, --accept-suspect where it would help" {
    start_target
    echo '{ "load": {"rate": 1, "duration": "5s"}, "tasks": [{"path": "/"}] }' >s.json
    # As many as a machine may send; none sends them on time beside its own target.
    run -4 --separate-stderr "$COLDSWARM" capacity s.json -H "$URL" --loads 100000 --slo 'http_req_duration p(95)<60000' --step 1s --settle 0.2s \
        --cool-down 0s --threads 1 --no-figures --quiet -o cap
    echo "$stderr"
    read -r steps verdict <<<"$(json_sql cap/capacity.json "select count(distinct value->>'$.verdict'), (doc->>'$.steps[2].verdict') from file, json_each(doc, '$.steps')" | tr '|' ' ')"
    how=were
    [ "$steps" = 1 ] || how='did not count, and the last was'
    [[ $stderr == *"the client is the limit at 100000 requests/s, as 3 steps $how $verdict: "*"; to send more, give it more --threads, or more machines with coldswarm-mpi capacity"* ]]
    [ "$verdict" != SUSPECT ] || [[ $stderr == *"; to count such steps, with its delays in the times, --accept-suspect" ]]
}

# The steps are real. The times are written into their files, because the answer must not depend on the machine.
@test "cold starts are named as the limit if the SLO would hold without them; other slow requests are not cold" {
    start_target --service-time 5ms
    "$COLDSWARM" capacity s.json -H "$URL" --unit users --loads 1,2 --slo 'http_req_failed rate<0.5' --slo 'http_req_duration p(95)<60000' \
        --step 2s --settle 0.2s --cool-down 0s --accept-suspect --no-figures --quiet -o made >out
    [ "$(json made/capacity.json '$.cold_starts')" = "" ]
    sed -i 's/p(95)<60000/p(95)<20000/g' made/capacity.json
    # Every fifth request of two users took half a minute, on a new connection or on an old one; or all took about so long.
    while read -r new share named; do
        rm -rf cap
        cp -r made cap
        python3 - "$new" "$share" <<'END'
import sqlite3, sys
new, share = map(int, sys.argv[1:])
db = sqlite3.connect("cap/step-002.db")
db.execute("INSERT INTO result SELECT 900 + id, endpoint, status, outcome, error, ?, sent_again, http_version, previous_end, grpc_status FROM result", (new,))
db.execute("UPDATE request SET took_us = 30000000 + 1000 * id, rest_us = NULL, result = result + 900 WHERE id % 5 = 0")
db.execute("UPDATE request SET took_us = ? + id * 7919 % 3000 WHERE id % 5 > 0", (5000 if share < 100 else 25000000,))
db.commit()
END
        run --separate-stderr "$COLDSWARM" capacity --resume cap --quiet
        echo "$new $share: $stderr $output"
        [ "$status" -eq 0 ]
        [ "$(json cap/capacity.json '$.limited_by' '$.capacity.interval[1]')" = "http_req_duration p(95)<20000|2" ]
        if [ "$named" = no ]; then
            [ "$(json cap/capacity.json '$.cold_starts')" = "" ]
            [[ "$output" != *"Cold starts"* ]]
            continue
        fi
        python3 - <<'END'
import json, sqlite3
d = json.load(open("cap/capacity.json"))
cold, s = d["cold_starts"], d["steps"][1]
db = sqlite3.connect("cap/step-002.db")
rows = [t / 1e3 for t, in db.execute("SELECT service_us - coalesce(dns_us, 0) - coalesce(connect_us, 0) - coalesce(tls_us, 0) FROM requests WHERE sent_us >= ?"
        " AND sent_us < ? AND service_us >= 0", (s["from_s"] * 1e6, s["to_s"] * 1e6))]
warm = sorted(t for t in rows if t < 20000)
at = 0.95 * (len(warm) - 1)
value = warm[int(at)] + (warm[min(int(at) + 1, len(warm) - 1)] - warm[int(at)]) * (at - int(at))
assert (cold["load"], cold["cold"], cold["known_by"]) == (2, len(rows) - len(warm), "estimate"), (cold, len(rows), len(warm))
assert cold["ok"] is not False, cold # on a busy machine, the others come in bursts, and it is not certain
assert cold["requests"] >= len(rows)
# Those that the end of the step cancelled are slower.
assert value - 1e-6 <= cold["value"] <= max(warm) + 1e-6, (cold, value)
END
        [[ "$output" == *"Cold starts are the limit: without the "*" requests there that waited for a cold start, as estimated from the client's side, it would be "*", which "* ]]
        "$COLDSWARM" report cap >again
        [ "$(cat again)" = "$output" ]
    done <<END
1 20 yes
0 20 no
1 100 no
END
}

@test "a full disk: exit 3, and the steps before are kept" {
    unshare --mount true 2>/dev/null || skip "mounting is not permitted here (root is needed)"
    start_queue
    mkdir disk
    # Room for four or five steps; each file has 180 kB.
    run -3 --separate-stderr unshare --mount bash -c 'mount -t tmpfs -o size=1200k none disk
        "$0" capacity s.json -H "$1" --unit users --loads 1,2,3,4,5,6,7,8 --slo "http_req_failed rate<0.5" --step 1s --settle 0.2s \
            --cool-down 0s --accept-suspect --no-figures --quiet -o disk/cap; code=$?
        cp -r disk/cap kept; exit $code' "$COLDSWARM" "$URL"
    echo "$stderr"
    [[ "$stderr" == *"the disk is full"* ]]
    [[ "$output" == *"Capacity: above "* ]]
    [ "$(json kept/capacity.json '$.end' '$.steps[0].ok')" = "stopped|1" ]
    "$COLDSWARM" report kept | grep -q '^Capacity: above '
    # What is known goes on, where there is room.
    "$COLDSWARM" capacity --resume kept --quiet >out
    [ "$(json kept/capacity.json '$.kind' '$.capacity.interval[0]')" = "above|8" ]
}

@test "a folder that takes no file: the reason, and no word about the service" {
    start_target
    echo kept >taken
    run -3 "$COLDSWARM" capacity s.json -H "$URL" --unit users --loads 1 --slo 'http_req_failed rate<0.5' --step 1s --settle 0.2s -o taken
    [ "$output" = "coldswarm: cannot write a report to taken: it is not a directory" ]
    [ "$(cat taken)" = kept ]
    unshare --mount true 2>/dev/null || skip "mounting is not permitted here (root is needed)"
    mkdir disk
    run -3 --separate-stderr unshare --mount bash -c 'mount -t tmpfs -o size=64k none disk
        "$0" capacity s.json -H "$1" --unit users --loads 1 --slo "http_req_failed rate<0.5" --step 1s --settle 0.2s --no-figures -o disk/cap' \
        "$COLDSWARM" "$URL"
    echo "$stderr"
    [[ "$stderr" == *"the probe at 1 users was not completed: "*"the disk is full"* ]]
    [[ "$stderr" != *"answered no request"* ]]
}

@test "mistakes are exit 2, before anything is sent" {
    start_target
    while IFS='|' read -r expected options; do
        eval "run \"\$COLDSWARM\" capacity $options"
        echo "$options: $output"
        [ "$status" -eq 2 ]
        [[ "$output" == *"$expected"* ]]
        [ ! -e cap ]
    done <<END
nothing to run|--slo 'http_req_duration p(95)<1'
has no target|s.json -o cap --slo 'http_req_duration p(95)<1'
did you mean|s.json -o cap -H $URL --slo 'http_req_duraton p(95)<1'
no request has|s.json -o cap -H $URL --slo 'vus value<1'
use a percentile|s.json -o cap -H $URL --slo 'http_req_duration max<1'
must be less than --to|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --from 10 --to 5
whole numbers|s.json -o cap -H $URL --unit users --slo 'http_req_duration p(95)<1' --from 1.5
separated by commas|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --loads 1,x
combined with --to|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --loads 1,2 --to 9
combined with --precision|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --loads 1,2 --precision 9
twice|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --loads 5,1,5
trace|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --unit speed
at least 1s|s.json -o cap -H $URL --slo 'http_req_duration p(95)<1' --step 10ms
END
}

@test "a broken or foreign capacity.json is an error with its place" {
    mkdir cap
    run "$COLDSWARM" report cap
    [ "$status" -eq 3 ]
    [[ "$output" == *"cap is a folder without capacity.json"* ]]
    for text in '' '{' '[]' '{"capacity": 1}' '{"search": {"slo": []}}' '{"search": {"slo": [1]}, "steps": 3}'; do
        echo "$text" >cap/capacity.json
        for command in "report cap" "gate cap --min-capacity 5" "capacity --resume cap"; do
            # shellcheck disable=SC2086
            run "$COLDSWARM" $command
            echo "$text: $command: $output"
            [ "$status" -eq 2 ] || [ "$status" -eq 3 ]
            [[ "$output" == *"cap/capacity.json:"[12]":"* ]]
        done
    done
}

@test "if nothing listens, the search ends with this reason" {
    echo '{ "load": {"users": 1, "duration": "5s"}, "tasks": [{"path": "/"}] }' >s.json
    for cool in auto 0s; do
        run -3 --separate-stderr "$COLDSWARM" capacity s.json -H "http://127.0.0.1:$(free_port)" --loads 1 --slo 'http_req_failed rate<0.5' --step 1s --settle 0s \
            --cool-down $cool --no-figures -o "$cool"
        [[ ${stderr_lines[-1]} == "coldswarm: the service answered no request"*": connect_error (100 %); start it, and go on with --resume $cool" ]]
    done
    [[ $stderr == *"does not count, the service answered no request; most failures: connect_error (100 %)"* ]]
}
