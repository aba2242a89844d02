#!/usr/bin/env bats
# What 1000 requests cost at capacity, against a computation of its own from the price list and the steps' files.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    echo '{ "load": {"users": 1, "duration": "5s"}, "tasks": [{"path": "/"}] }' >s.json
}

# sweep OPTION...: two loads that hold, and one that fails.
sweep() {
    run --separate-stderr "$COLDSWARM" capacity s.json -H "$URL" --unit users --loads 4,8,60 --slo 'http_req_duration p(60)<200' --step 2s \
        --settle 0.2s --cool-down 0s --accept-suspect --no-figures --quiet -o cap "$@"
    echo "$output $stderr"
}

@test "the cost is that of the instances at the highest load that holds, request-based, instance-based, by another list" {
    start_target --service-time uniform:10ms,30ms --concurrency 4 --seed 5
    sed 's/"currency": "USD"/"currency": "EUR"/; s/0.000024,/0.5,/' "$ROOT/src/stats/prices.json" >own.json
    while read -r options; do
        rm -rf cap
        # shellcheck disable=SC2086
        sweep $options
        [ "$status" -eq 0 ]
        "$COLDSWARM" report cap >again
        [ "$(cat again)" = "$output" ]
        cmp <(json cap/tables.json '$.cost') <(json cap/capacity.json '$.cost')
        python3 - "$ROOT/src/stats/prices.json" "$options" <<'END'
import csv, json, sqlite3, sys
options = dict(zip(*[iter(sys.argv[2].split())] * 2))
prices = json.load(open(options.get("--prices", sys.argv[1])))
tier = next(t for t in prices["tiers"] if options.get("--region", "us-central1") in t["regions"])
n, cpus, gib = float(options["--instances"]), float(options.get("--cpu", 1)), {None: 0.5, "2G": 2}[options.get("--memory")]
d = json.load(open("cap/capacity.json"))
load, got = d["capacity"]["interval"][0], d["cost"]
ok = seconds = 0
for s in (s for s in d["steps"] if s["load"] == load and s["counts"]):
    db = sqlite3.connect(f"file:cap/{s['file']}?mode=ro", uri=True)
    ok += db.execute("SELECT count(*) FROM requests WHERE outcome = 'ok' AND end_us >= ? AND end_us < ?", (s["from_s"] * 1e6, s["to_s"] * 1e6)).fetchone()[0]
    seconds += s["to_s"] - s["from_s"]
rate = ok / seconds
if options.get("--billing") == "instance":
    second, fee = cpus * tier["instance_based"]["cpu"] + gib * tier["instance_based"]["memory"], 0
else:
    second, fee = cpus * tier["request_based"]["cpu_active"] + gib * tier["request_based"]["memory_active"], tier["request_based"]["million_requests"] / 1e6
want = (n * second / rate + fee) * 1000
assert load in (4, 8) and got["load"] == load and abs(got["throughput"] - rate) < 1e-6, (got, rate)
assert abs(got["per_1000_requests"] - want) < 1e-4 * want, (got, want)
assert abs(got["per_hour"] - (n * second + rate * fee) * 3600) < 1e-4 * got["per_hour"], got
assert (got["instances"], got["cpus"], got["memory_bytes"], got["currency"]) == (n, cpus, gib * 2**30, prices["currency"])
text = open("cap/tables.txt").read()
assert f"{got['per_1000_requests']:.6f} {prices['currency']} per 1000 requests" in text, text
END
    done <<END
--instances 3
--instances 2.5 --cpu 2 --memory 2G --billing instance --region europe-west2
--instances 1 --prices own.json
END
}

@test "options that would change nothing, and a GPU without a price, are mistakes; without --instances there is no cost" {
    start_target
    while IFS='|' read -r expected options; do
        # shellcheck disable=SC2086
        sweep $options
        [ "$status" -eq 2 ]
        [[ $stderr == *"$expected"* ]]
        [ ! -e cap ]
    done <<'END'
--cpu needs --instances|--cpu 2
no price of the GPU l4|--instances 1 --gpu l4
has instance-based billing only|--instances 1 --gpu l4 --billing request
atlantis|--instances 1 --region atlantis
--instances|--instances 0
END
    sweep
    [ "$status" -eq 0 ]
    [ "$(json_sql cap/capacity.json "select json_type(doc, '$.cost') from file")" = null ]
    fails grep -q 'per 1000' cap/tables.txt
}
