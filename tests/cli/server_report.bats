#!/usr/bin/env bats
# coldswarm report of runs with the server's side: numbers held against Python, pictures that are there or say why not,
# hostile names, and cold starts as the client alone guesses them.

bats_require_minimum_version 1.5.0

setup() {
    COLDSWARM=${COLDSWARM:-$BATS_TEST_DIRNAME/../../build/release/coldswarm}
    COLDSWARM=$(realpath "$COLDSWARM")
    cd "$BATS_TEST_TMPDIR"
}

make_run() {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db "$@"
}

# report [OPTION...]: into out. A test that looks at no picture says --no-figures: drawing takes most of the time.
report() {
    rm -rf out
    run --separate-stderr "$COLDSWARM" report run.db --out out "$@"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
}

# The numbers of the report, worked out again from the views.
check() {
    make_run "$@"
    report --no-figures
    python3 "$BATS_TEST_DIRNAME/check_server_report.py" run.db out
}

# The figures of the report: each has a script, from which it is drawn ("all pictures are there" sees to that).
figures() {
    (cd out/data && for script in *.gp; do [ "$script" = style.gp ] || echo "${script%.gp}"; done)
}

client_figures=$'latency_distribution\nlatency_heatmap\nrequests_per_second\nresponse_time\nusers'

@test "every number of the server's side, worked out again from the views" {
    check
    grep -q '^Unexplained (the four above) *0$' out/tables.txt
}

@test "the same for 3 s with one instance" {
    check --seconds 3 --instances 1 --start-ms 700
}

@test "the same where some instances started before the log" {
    check --unseen --rate 4 --instances 6
}

@test "the same for a log that is newest first, with entries that are missing, twice or different" {
    check --newest-first --faults --instances 9 --rate 15
    run ! grep -q '^Unexplained (the four above) *0$' out/tables.txt
}

@test "the same for metrics of a minute, and start-ups that take long" {
    check --seconds 65 --instances 2 --rate 2 --start-ms 20000 --step 60
}

@test "the SQL of docs/figures.md labels requests as the report does" {
    make_run --unseen --rate 4 --instances 6
    report --no-figures
    sed -n '/^```sql/,/^```/p' "$BATS_TEST_DIRNAME/../../docs/figures.md" | grep -v '^```' | tr -d ';' > label.sql
    sqlite3 run.db "SELECT label, count(*) FROM ($(cat label.sql)) WHERE latency_us IS NOT NULL GROUP BY 1" > sql.txt
    python3 -c 'import json
for r in sorted(json.load(open("out/tables.json"))["server"]["cold_starts"], key=lambda r: r["label"]):
    if r["times_of"] == "server":
        print(r["label"], r["requests"], sep="|")' | diff sql.txt -
    [ "$(wc -l < sql.txt)" -eq 3 ]
}

@test "all pictures are there, and none that has no data" {
    make_run
    report
    [ "$(figures | wc -l)" -eq 13 ]
    [ "$(cd out && printf '%s\n' *.png)" = "$(figures | sed 's/$/.png/')" ]
    [ "$(cd out && printf '%s\n' *.svg)" = "$(figures | sed 's/$/.svg/')" ]
    for name in instance_count billable_instance_time request_count request_latency cpu_utilization memory_utilization \
        cold_starts all_figures; do
        grep -q '<svg' "out/$name.svg"
    done
    # Drawn again, each by itself, they are the same.
    mkdir before
    mv out/*.svg out/*.png before
    for picture in before/*.svg; do
        name=${picture##*/}
        (cd out/data && gnuplot "${name%.svg}.gp")
        cmp "out/$name" "$picture"
        cmp "out/${name%.svg}.png" "${picture%.svg}.png"
    done
    # The panels of the page have the captions of the paper.
    for n in 2 3 4 5 6 7 8 9 10; do
        grep -q "Fig. $n. " out/all_figures.svg
    done

    # The same folder for a run without metrics: what it has no data for goes, and the report says why.
    make_run --no-metrics
    run -0 "$COLDSWARM" report run.db --out out
    [[ "$output" == *"No figure cpu_utilization: the file has no container/cpu/utilizations during the run"* ]]
    [[ "$output" == *"No figure memory_utilization: "* ]]
    [ ! -e out/cpu_utilization.png ]
    [ ! -e out/cpu_utilization.svg ]
    [ ! -e out/data/cpu_utilization.csv ]
    [ ! -e out/data/cpu_utilization.gp ]
    [ -e out/request_latency.png ]
    run ! grep -q 'Fig. 9. ' out/all_figures.svg
}

@test "what only an earlier report had is gone from its folder; the files of others stay" {
    make_run
    "$COLDSWARM" report run.db --out out --no-figures >/dev/null
    [ -s out/server_cost.csv ] && [ -s out/latex/server_cost.tex ]
    echo mine >out/server_notes.csv
    echo mine >out/requests.csv
    # By a plain run, the folder is as if there had been no other.
    python3 "$BATS_TEST_DIRNAME/make_run.py" plain.db
    "$COLDSWARM" report plain.db --out out --no-figures >/dev/null
    "$COLDSWARM" report plain.db --out fresh --no-figures >/dev/null
    [ "$(cat out/server_notes.csv out/requests.csv)" = $'mine\nmine' ]
    rm out/server_notes.csv out/requests.csv
    diff <(cd out && find . -type f | sort) <(cd fresh && find . -type f | sort)
}

@test "no instance at all, and requests that were all turned away" {
    make_run --instances 0
    report --no-figures
    [[ "$output" == *"No figure request_latency: no request reached an instance"* ]]
    [[ "$output" == *"No figure cold_starts: "* ]]
    [ -e out/data/instance_count.gp ]
    [ ! -e out/data/cold_starts.gp ]
    grep -q '^cold  *server  *0 ' out/tables.txt
}

@test "from metrics alone: figures and cost, and no more than they tell" {
    make_run --no-logs --step 10
    report
    [ -e out/cpu_utilization.png ] && [ -e out/request_latency.png ]
    [ "$(head -1 out/data/request_latency.csv)" = second,with_startup_mean_ms,without_startup_mean_ms ]
    [[ "$output" == *"No request log was imported"* ]]
    [[ "$output" != *"Requests at the client and in the server's log"* ]]
    # What the platform says was billable, and nothing else.
    want=$(sqlite3 run.db "SELECT sum(value) FROM server_series WHERE metric = 'container/billable_instance_time'")
    python3 -c 'import json, sys
cost = json.load(open("out/tables.json"))["server"]["cost"]
got, want = cost[0]["amount"], float(sys.argv[1])
assert abs(got - want) < 1e-5 * want, (got, want)' "$want"
}

@test "the cost follows the shape of an instance and the rule of billing" {
    make_run
    cost() {
        "$COLDSWARM" report run.db --format json "$@" | python3 -c 'import json, sys
s = json.load(sys.stdin)["server"]
print(*(round(r["usd"] * 1e6) for r in s["cost"] if r["item"] in ("CPU", "memory")), s["cost_basis"]["billing"])'
    }
    read -r cpu memory how < <(cost)
    [ "$how" = request ]
    read -r cpu2 memory4 _ < <(cost --cpu 2 --memory 2G)
    # Each is rounded to a millionth.
    [ $((cpu2 - 2 * cpu)) -ge -1 ]
    [ $((cpu2 - 2 * cpu)) -le 1 ]
    [ $((memory4 - 4 * memory)) -ge -3 ]
    [ $((memory4 - 4 * memory)) -le 3 ]
    read -r _ _ how < <(cost --billing instance)
    [ "$how" = instance ]
    run -3 --separate-stderr "$COLDSWARM" report run.db --region atlantis
    [[ "$stderr" == *atlantis* ]]
}

@test "an option for the cost that cannot take effect is an error" {
    make_run
    for option in '--cpu 2' '--memory 1G' '--gpu l4' '--billing instance' '--region us-east1' "--prices $BATS_TEST_DIRNAME/../../src/stats/prices.json"; do
        # shellcheck disable=SC2086
        run -2 "$COLDSWARM" report run.db --from 1s $option
        [[ "$output" == *"${option%% *} is for the cost, which the report of a part of a run does not have"* ]]
        # shellcheck disable=SC2086
        "$COLDSWARM" report run.db $option >/dev/null
    done
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" bare.db --no-server
    for option in '--cpu 2' '--memory 1G' '--gpu l4' '--billing instance' '--region us-east1' '--prices none.json'; do
        # shellcheck disable=SC2086
        run -2 "$COLDSWARM" report bare.db $option --out never
        [[ "$output" == *"${option%% *} is for the cost, and bare.db has no logs or metrics of the server"*"coldswarm import"* ]]
        [ ! -e never ]
    done
}

@test "hostile names of instances and revisions in every format" {
    make_run --hostile
    report
    python3 - <<'END'
import csv, json, re
names = ["`id` $(id)0", "\x1b[31mred1", "=CMD()2", "<script>alert(1)</script>3"]
texts = {n: open("out/" + n, newline="").read() for n in ("tables.txt", "tables.md", "tables.json", "server_instances.csv")}
for name, text in texts.items():
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text), name
assert "\\x1b[31mred1" in texts["tables.txt"]
assert "<script" not in texts["tables.md"] and "&lt;script" in texts["tables.md"] and "\\`id\\`" in texts["tables.md"]
assert [r["instance"] for r in json.loads(texts["tables.json"])["server"]["instances"]] == names
rows = list(csv.DictReader(texts["server_instances.csv"].splitlines()))
assert [r["instance"] for r in rows] == ["`id` $(id)0", "\\x1b[31mred1", "'=CMD()2", "<script>alert(1)</script>3"]
END
    [ ! -e out/data/HACKED ]
}

@test "long names are cut in the middle for people, and whole for programs" {
    make_run
    report --no-figures
    grep -q '^0069c7a9000\.\.b12ab120000 ' out/tables.txt
    name=$(sqlite3 run.db 'SELECT instance FROM instances ORDER BY started_us LIMIT 1')
    [ ${#name} -gt 100 ]
    grep -q "$name" out/tables.json
    grep -q "^$name," out/server_instances.csv
}

@test "of many instances people see 20, and programs all" {
    make_run --instances 30 --rate 40
    report --no-figures
    [ "$(wc -l < out/server_instances.csv)" -eq 31 ]
    [ "$(grep -c '^0069c7a9' out/tables.txt)" -eq 20 ]
    [[ "$output" == *"Not shown: 10 more instances"* ]]
}

@test "without the server: cold starts as the client sees them, near the truth" {
    make_run --no-server
    report --no-figures
    [[ "$output" == *"Cold and warm, estimated from the client's side (ms)"* ]]
    [[ "$output" == *"Cold starts are estimated from the client's side"* ]]
    [ "$(figures)" = "cold_starts"$'\n'"$client_figures" ]
    cp out/tables.json guess.json
    # The same run with the server's log has the truth.
    make_run
    report --no-figures
    python3 - <<'END'
import json
guess = {r["label"]: r["requests"] for r in json.load(open("guess.json"))["server"]["cold_starts_guess"]}
truth = {r["label"]: r["requests"] for r in json.load(open("out/tables.json"))["server"]["cold_starts"]
         if r["times_of"] == "client"}
assert 0.85 * truth["cold"] <= guess["cold"] <= truth["cold"], (guess, truth)
assert abs(guess["warm"] - truth["warm"]) < 0.02 * truth["warm"], (guess, truth)
END
}

@test "without the server: failed requests have no say in the estimate" {
    make_run --no-server
    report --no-figures
    cp out/tables.json alone.json
    sqlite3 run.db "
INSERT INTO endpoint VALUES (99, '/gone', 'GET');
INSERT INTO result(id, endpoint, status, outcome, error, new_connection, sent_again)
    SELECT 999, 99, 0, id, NULL, 0, 0 FROM outcome WHERE word = 'timeout';
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
INSERT INTO request(result, user, at_us, took_us, bytes_sent, bytes_received) SELECT 999, 1, i, 1000 + i, 0, 0 FROM n;"
    report --no-figures
    python3 - <<'END'
import json
alone, now = (json.load(open(f)) for f in ("alone.json", "out/tables.json"))
assert alone["server"]["cold_starts_guess"] == now["server"]["cold_starts_guess"], (alone["server"], now["server"])
assert sum(e["failures"] for e in now["endpoints"]) >= 3000, now["endpoints"]
END
}

@test "without the server and without a second part: no guess, whatever the tail" {
    for shape in "--start-ms 20" "--slow-tail --start-ms 20" "--slow-tail --start-ms 20 --rate 30 --instances 40" \
        "--start-ms 20 --rate 60 --instances 3"; do
        # shellcheck disable=SC2086
        make_run --no-server $shape
        report --no-figures
        [[ "$output" != *"estimated from"* ]] || { echo "$shape"; false; }
        [ "$(figures)" = "$client_figures" ]
        python3 -c 'import json; assert "server" not in json.load(open("out/tables.json"))'
    done
}
