#!/usr/bin/env bats
# coldswarm cloudrun and report with a GPU: what an instance must have, when it starts, what it costs. The bill is worked out again by Python
# from the log's own times, and by scripts/bill.py.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/cloudrun

setup_file() {
    find_python
}

teardown() {
    stop_all
}

# make_prices FILE GPUS: the program's list with "gpu": GPUS in the tier of us-central1.
make_prices() {
    "$PYTHON" -c '
import json, sys
prices = json.load(open(sys.argv[1]))
next(t for t in prices["tiers"] if "us-central1" in t["regions"])["gpu"] = json.loads(sys.argv[3])
json.dump(prices, open(sys.argv[2], "w"), indent=1)' "$ROOT/src/stats/prices.json" "$1" "$2"
}

# refused TEXT OPTION...: a mistake of usage, and its text.
refused() {
    local text=$1
    shift
    run -2 "$COLDSWARM" cloudrun --port 0 "$@" -- true
    [[ ${output//$'\n'/ } == *"$text"* ]] || { echo "$output"; return 1; }
}

@test "what does not go with a GPU is refused, and the message says what does" {
    refused 'needs at least 4 vCPUs, not 2; leave --cpu out, or give 4 or more' --gpu l4 --cpu 2
    refused 'needs at least 16 GiB of memory, not 8; leave --memory out, or give 16G or more' --gpu l4 --memory 8G
    refused 'needs at least 20 vCPUs, not 4' --gpu rtx-pro-6000 --cpu 4
    refused 'needs at least 80 GiB of memory, not 16' --gpu rtx-pro-6000 --memory 16G
    refused 'instance-based billing only; leave --billing request' --gpu l4 --billing request
    refused '"h100" is not one of l4|rtx-pro-6000' --gpu h100
    run -2 "$COLDSWARM" report "$SCRATCH/none.db" --gpu l4 --billing request
    [[ $output == *"instance-based billing only"* ]]
    run -2 "$COLDSWARM" report "$SCRATCH/none.db" --gpu l4 --cpu 1
    [[ $output == *"at least 4 vCPUs, not 1"* ]]
    run -2 "$PYTHON" "$ROOT/scripts/bill.py" none --gpu l4 --cpus 1
    [[ $output == *"at least 4 vCPUs"* ]]
}

@test "a mistake in the prices of GPUs is found, with line and column" {
    make_prices "$SCRATCH/prices.json" '{"L4": 0.0002}'
    line=$(grep -n '"L4"' "$SCRATCH/prices.json" | cut -d: -f1)
    refused "prices.json:$line:5: \"gpu\" has no \"L4\"; did you mean \"l4\"?" --gpu l4 --prices "$SCRATCH/prices.json"
    make_prices "$SCRATCH/prices.json" '{"l4": "cheap"}'
    refused "prices.json:$line:11: \"l4\" must be a number, not a string" --gpu l4 --prices "$SCRATCH/prices.json"
    make_prices "$SCRATCH/prices.json" '{"l4": -1}'
    refused "prices.json:$line:11: \"l4\" must be a number of 0 or more" --gpu l4 --prices "$SCRATCH/prices.json"
    make_prices "$SCRATCH/prices.json" '[]'
    refused "\"gpu\" must be an object, not an array" --gpu l4 --prices "$SCRATCH/prices.json"
    sed -i 's/"gpu"/"gpus"/' "$SCRATCH/prices.json"
    refused "a tier has no \"gpus\"; did you mean \"gpu\"?" --gpu l4 --prices "$SCRATCH/prices.json"
}

# bill_is CODE: client() with `lives` (from the log: start and end in seconds) and `billable`, what they cost by hand.
bill_is() {
    local code=$1
    shift
    client '
from datetime import datetime
at = lambda text: datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").timestamp()
lives = [(at(e["jsonPayload"]["startedAt"]), at(e["jsonPayload"]["endedAt"])) for e in entries("coldswarm%2Finstances")]
billable = sum(max(60, end - start) for start, end in lives)
def same(got, want):
    assert abs(got - want) <= 1e-5 * abs(want) + 1e-9, (got, want)
'"$code" "$@"
}

@test "a service with a GPU starts 5 s late, keeps the CPU, and is billed for its whole life, in every bill" {
    make_prices "$SCRATCH/prices.json" '{"l4": 0.0002}'
    start_cloudrun --gpu l4 --prices "$SCRATCH/prices.json" --max-instances 1 -- "$PYTHON" "$SERVICE" good
    printf '%s' '{"load": {"users": 1, "duration": "1h"}, "timeout": "60s", "tasks": [{"name": "all", "steps": [{"repeat": 3, "steps": [{"path": "/pid"}]},
        {"wait": {"constant": "1h"}}]}]}' >"$SCRATCH/s.json"
    "$COLDSWARM" run "$SCRATCH/s.json" -H "$URL" -o "$SCRATCH/run.db" --quiet >/dev/null 2>&1 3>&- &
    local pid=$! i
    STARTED_PIDS+=("$pid")
    for ((i = 0; i < 3000; i++)); do
        [ -e "$SCRATCH/run.db" ] && [ "$(sqlite3 "$SCRATCH/run.db" 'select count(*) from requests' 2>/dev/null || echo 0)" -ge 3 ] && break
        pause
    done
    kill -INT "$pid"
    wait "$pid" || true
    client '
born, pid = float(get("/born")[2]), int(get("/pid")[2])
json.dump(born, open(args[0], "w"))
time.sleep(0.5)  # held back it would be after 0.1 s
assert open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] != "T"' "$SCRATCH/born"
    stop_cloudrun
    grep -q 'COMMAND gets no GPU' "$ERR"
    "$COLDSWARM" import "$SCRATCH/run.db" --logs "$LOG" --metrics "$METRICS" >/dev/null
    "$COLDSWARM" report "$SCRATCH/run.db" --gpu l4 --prices "$SCRATCH/prices.json" --out "$SCRATCH/out" --no-figures >/dev/null
    [ "$(json_sql "$SCRATCH/out/tables.json" "select count(*) from file, json_each(doc, '$.notes') where value->>'$.key' = 'billing_differs'")" = 0 ]
    # Whose list that is, although it is a copy of the built-in one.
    [[ "$(json "$SCRATCH/out/tables.json" '$.server.cost_basis.prices')" == "your list $SCRATCH/prices.json, which names as its source \"http"* ]]
    grep -qF "(your list $SCRATCH/prices.json, which names as its source \"http" "$SCRATCH/out/tables.txt"
    # Without --gpu, the report counts by requests, and says that the metrics do not.
    "$COLDSWARM" report "$SCRATCH/run.db" >"$SCRATCH/plain.txt"
    grep -q '^Cost: the metrics have [0-9.]* s of billable time. That fits instance-based billing ([0-9.]* s) and not request-based billing' "$SCRATCH/plain.txt"
    grep -q 'Give --billing instance, or --gpu KIND if the service has a GPU.' "$SCRATCH/plain.txt"
    grep -q 'https://cloud.google.com/run/pricing' "$SCRATCH/plain.txt"
    run -0 "$COLDSWARM" report "$SCRATCH/run.db" --billing instance
    [[ "$output" != *"by which this report counts"* && "$output" != *"your list"* ]]
    bill_is '
from datetime import timezone
import csv
assert len(lives) == 1
started = datetime.strptime(entries("coldswarm%2Finstances")[0]["jsonPayload"]["startedAt"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()
assert json.load(open(args[0] + "/born")) - started >= 4.99, "COMMAND ran too soon"
assert float(requests()[0]["httpRequest"]["latency"].rstrip("s")) >= 5
summary = open(args[1]).read()
told = [float(x) for x in re.search(r"billable +([\d.]+) s of instances, ([\d.]+) vCPU-s, ([\d.]+) GiB-s, ([\d.]+) GPU-s \(l4\)", summary).groups()]
for got, want in zip(told, [billable, 4 * billable, 16 * billable, billable]):
    assert abs(got - want) <= 0.051, (told, billable)
cost = [float(x) for x in re.search(r"cost +([\d.]+) USD \(CPU ([\d.]+), memory ([\d.]+), GPU ([\d.]+), requests 0.000000\)", summary).groups()]
cpu, memory, gpu = 4 * billable * 0.000018, 16 * billable * 0.000002, billable * 0.0002
for got, want in zip(cost, [cpu + memory + gpu, cpu, memory, gpu]):
    assert abs(got - want) <= 2e-6, (cost, cpu, memory, gpu)
document = json.load(open(args[0] + "/out/tables.json"))
server = document["server"]
rows = {r["item"]: r for r in server["cost"]}
same(rows["billable instance time"]["amount"], billable)
same(rows["the same by the metrics"]["amount"], billable)
same(rows["GPU"]["amount"], billable)
assert rows["GPU"]["unit"] == "GPU-s"
same(rows["GPU"]["usd"], gpu)
same(rows["all"]["usd"], cpu + memory + gpu)
same(rows["all"]["usd_after_free_tier"], gpu)  # the free tier has no GPU
same(rows["per 1000 requests"]["usd"], (cpu + memory + gpu) / len(requests()) * 1000)
same(sum(i["billable_s"] for i in server["instances"]), billable)
basis = server["cost_basis"]
assert (basis["billing"], basis["cpus"], basis["memory_bytes"], basis["gpu"], basis["gpu_second_price"]) == ("instance", 4, 16 << 30, "l4", 0.0002), basis
table = {r["item"]: r for r in csv.DictReader(open(args[0] + "/out/server_cost.csv"))}
same(float(table["GPU"]["usd"]), gpu)
bill = json.loads(subprocess.run([sys.executable, args[2], log, "--gpu", "l4", "--prices", args[0] + "/prices.json"], capture_output=True, check=True).stdout)
same(bill["billable_ns"] / 1e9, billable)
same(bill["gpu_usd"], gpu)
same(bill["usd"], rows["all"]["usd"])
same(bill["usd_after_free_tier"], rows["all"]["usd_after_free_tier"])
assert "no_gpu_price" not in [n["key"] for n in document["notes"]]' "$SCRATCH" "$OUT" "$ROOT/scripts/bill.py"
}

@test "without a price the rest is told, and where to give one" {
    start_cloudrun --gpu rtx-pro-6000 --cold-start 200ms -- "$PYTHON" "$SERVICE" good
    client 'assert get()[0] == 200'
    stop_cloudrun
    grep -q '60.0 s of instances, 1200.0 vCPU-s, 4800.0 GiB-s, 60.0 GPU-s (rtx-pro-6000)' "$OUT"
    grep -q 'no price of the GPU rtx-pro-6000 is known in tier 1' "$OUT"
    grep -q 'give --prices FILE' "$OUT"
    run ! grep -q 'after the month' "$OUT"
    "$PYTHON" "$ROOT/tests/cli/make_run.py" "$SCRATCH/run.db"
    "$COLDSWARM" import "$SCRATCH/run.db" --logs "$LOG" --all >/dev/null
    for format in table markdown json html latex; do
        "$COLDSWARM" report "$SCRATCH/run.db" --gpu rtx-pro-6000 --format "$format" | tr -s ' \n' '  ' >"$SCRATCH/report.$format"
        grep -q 'no price of the GPU rtx-pro-6000 is known in tier 1' "$SCRATCH/report.$format" || { echo "not in $format"; return 1; }
    done
    # What is not known is null, and not 0; what is known is there.
    [ "$(json_sql "$SCRATCH/report.json" "select json_group_array(json_array(value->>'$.item', value->>'$.amount', value->>'$.usd')) from file,
        json_each(doc, '$.server.cost') where value->>'$.item' in ('CPU', 'GPU', 'all')")" = '[["CPU",1200,0.0216],["GPU",60,null],["all",null,null]]' ]
    "$PYTHON" "$ROOT/scripts/bill.py" "$LOG" --gpu rtx-pro-6000 >"$SCRATCH/bill" 2>"$SCRATCH/bill.err"
    [ "$(json "$SCRATCH/bill" '$.gpu_s' '$.cpu_s' '$.usd' '$.gpu_usd')" = "60.0|1200.0||" ]
    grep -q 'the cost of the GPU and the sum are missing' "$SCRATCH/bill.err"
}

@test "a life of more than a minute, idle time and start included, from a log that real Cloud Run could have written" {
    make_prices "$SCRATCH/prices.json" '{"l4": 0.0005}'
    "$PYTHON" -c '
import json, sys
resource = {"type": "cloud_run_revision", "labels": {"service_name": "s", "revision_name": "s-1", "project_id": "p", "location": "us-central1", "configuration_name": "s"}}
def entry(name, at, instance, **more):
    print(json.dumps({"insertId": f"{at}{instance}{name}", "logName": "projects/p/logs/" + name, "resource": resource, "timestamp": at,
                      "labels": {"instanceId": instance}, **more}))
for instance, end in ("one", "16:01:35.250000"), ("two", "16:00:30.000000"):
    day = "2025-11-24T"
    entry("run.googleapis.com%2Fvarlog%2Fsystem", day + "16:00:00.000000Z", instance, textPayload="Starting new instance. Reason: AUTOSCALING")
    entry("run.googleapis.com%2Fvarlog%2Fsystem", day + "16:00:05.000000Z", instance, textPayload="Default STARTUP TCP probe succeeded after 1 attempt")
    entry("run.googleapis.com%2Frequests", day + "16:00:06.000000Z", instance, httpRequest={"requestMethod": "GET", "requestUrl": "http://x/",
          "status": 200, "latency": "2s"})
    entry("coldswarm%2Finstances", day + end + "Z", instance, jsonPayload={"startedAt": day + "16:00:00.000000Z", "readyAt": day + "16:00:05.000000Z",
          "sigtermAt": day + end + "Z", "endedAt": day + end + "Z", "end": "idle"})' >"$SCRATCH/log.json"
    "$PYTHON" "$ROOT/tests/cli/make_run.py" "$SCRATCH/run.db"
    "$COLDSWARM" import "$SCRATCH/run.db" --logs "$SCRATCH/log.json" --all >/dev/null
    "$COLDSWARM" report "$SCRATCH/run.db" --gpu l4 --prices "$SCRATCH/prices.json" --format json >"$SCRATCH/report.json"
    # 95.25 s, and 60 s for 30; times 0.0005.
    [ "$(json_sql "$SCRATCH/report.json" "select value->>'$.amount', round(value->>'$.usd', 9) from file, json_each(doc, '$.server.cost')
        where value->>'$.item' = 'GPU'")" = "155.25|0.077625" ]
    [ "$(json_sql "$SCRATCH/report.json" "select json_group_array(value->>'$.billable_s') from file, json_each(doc, '$.server.instances')")" = "[95.25,60]" ]
    "$PYTHON" "$ROOT/scripts/bill.py" "$SCRATCH/log.json" --gpu l4 --prices "$SCRATCH/prices.json" >"$SCRATCH/bill"
    [ "$(json "$SCRATCH/bill" '$.gpu_s')" = 155.25 ]
    # A list in another currency: nothing is called a dollar.
    sed 's/"currency": "USD"/"currency": "EUR"/' "$SCRATCH/prices.json" >"$SCRATCH/euro.json"
    "$COLDSWARM" report "$SCRATCH/run.db" --gpu l4 --prices "$SCRATCH/euro.json" --out "$SCRATCH/euro" --no-figures >/dev/null
    [ "$(json_sql "$SCRATCH/euro/tables.json" "select round(value->>'$.cost', 9), value->>'$.currency', value->>'$.usd', doc->>'$.server.cost_basis.currency'
        from file, json_each(doc, '$.server.cost') where value->>'$.item' = 'GPU'")" = "0.077625|EUR||EUR" ]
    head -n 1 "$SCRATCH/euro/server_cost.csv" | tr -d '\r' | grep -qx 'item,amount,unit,cost,cost_after_free_tier,currency'
    fails grep -riE 'us[$]|usd' "$SCRATCH/euro"
    "$PYTHON" "$ROOT/scripts/bill.py" "$SCRATCH/log.json" --gpu l4 --prices "$SCRATCH/euro.json" >"$SCRATCH/bill"
    [ "$(json "$SCRATCH/bill" '$.gpu_cost' '$.currency' '$.usd')" = "0.077625|EUR|" ]
    # The same run without a GPU, request-based: 8 s a request and its start are one stretch with a gap: 5 s and 2 s.
    "$COLDSWARM" report "$SCRATCH/run.db" --format json >"$SCRATCH/report.json"
    [ "$(json_sql "$SCRATCH/report.json" "select value->>'$.amount' from file, json_each(doc, '$.server.cost') limit 1")" = 14 ]
    [ "$(json_sql "$SCRATCH/report.json" "select json_group_array(value->>'$.billable_s') from file, json_each(doc, '$.server.instances')")" = "[7,7]" ]
    # Instance-based billing without a GPU goes by the same lives.
    "$COLDSWARM" report "$SCRATCH/run.db" --billing instance --format json >"$SCRATCH/report.json"
    [ "$(json_sql "$SCRATCH/report.json" "select value->>'$.amount' from file, json_each(doc, '$.server.cost') limit 1")" = 155.25 ]
}

@test "an instance that is stopped in its cold start ends at once, without COMMAND, and is billed" {
    start_cloudrun --gpu l4 --cold-start 300s --min-instances 1 --admin-port 0 -- "$PYTHON" "$SERVICE" good "$$"
    client '
where = int(re.search(r":(\d+)/", next(l for l in open(args[0]) if "status page" in l))[1])
def now():
    c = http.client.HTTPConnection("127.0.0.1", where, timeout=10)
    c.request("GET", "/status.json")
    return json.loads(c.getresponse().read())
until(lambda: [i["state"] for i in now()["instances"]] == ["starting"])
time.sleep(0.7)  # two looks at what it uses: nothing
one = now()["instances"][0]
assert one["pid"] == 0 and one["memory_bytes"] == 0 and one["cpus"] == 0, one
assert not processes(f"service.py\x00good\x00{args[1]}")' "$ERR" "$$"
    stop_cloudrun
    client '
life = entries("coldswarm%2Finstances")[0]["jsonPayload"]
assert "readyAt" not in life and life["end"] == "shutdown" and life["billableTime"] == "60s", life
assert len(events()) == 1, events()'
    grep -q 'billable   60.0 s' "$OUT"
    # A request's timeout includes it.
    start_cloudrun --cold-start 300s --timeout 300ms -- "$PYTHON" "$SERVICE" good
    client 'assert get()[0] == 504'
    stop_cloudrun
}

@test "a command that cannot run after the cold start is told as one that ended" {
    cp /bin/true "$SCRATCH/gone"
    start_cloudrun --cold-start 500ms --pending 2s -- "$SCRATCH/gone"
    rm "$SCRATCH/gone"
    client '
assert get()[0] == 500
until(lambda: "Container called exit(127)." in events())'
    stop_cloudrun
    grep -q 'exited with code 127 before it was ready: "cannot start .*gone: no such file' "$ERR"
    client '
assert any(e.get("textPayload", "").startswith("cannot start ") for e in entries("2Fstderr"))
assert "Container called exit(127)." in events(), events()'
}

@test "a service's file names the GPU; what contradicts is refused" {
    make_service() {
        cat >"$SCRATCH/service.yaml" <<EOF
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: llm}
spec:
  template:
    metadata:
      annotations: {run.googleapis.com/cpu-throttling: '$1'}
    spec:
      containers:
      - image: IMG
        resources: {limits: {$2'nvidia.com/gpu': '$3'}}
      $4
EOF
    }
    make_service false '' 1 'nodeSelector: {run.googleapis.com/accelerator: nvidia-l4}'
    start_cloudrun -f "$SCRATCH/service.yaml" --cold-start 0 -- "$PYTHON" "$SERVICE" good
    client 'assert get()[0] == 200'
    stop_cloudrun
    grep -q '240.0 vCPU-s, 960.0 GiB-s, 60.0 GPU-s (l4)' "$OUT"
    run ! grep -q 'not supported' "$ERR"
    make_service true '' 1 'nodeSelector: {run.googleapis.com/accelerator: nvidia-l4}'
    refused "cpu-throttling: 'true'" -f "$SCRATCH/service.yaml"
    make_service false "cpu: '2', " 1 'nodeSelector: {run.googleapis.com/accelerator: nvidia-l4}'
    refused 'at least 4 vCPUs, not 2' -f "$SCRATCH/service.yaml"
    make_service false '' 2 'nodeSelector: {run.googleapis.com/accelerator: nvidia-l4}'
    refused 'service.yaml:11:' -f "$SCRATCH/service.yaml"
    refused '"2" is not 1, the only number of GPUs' -f "$SCRATCH/service.yaml"
    make_service false '' 1 'nodeSelector: {run.googleapis.com/accelerator: nvidia-h100}'
    refused '"nvidia-h100" is neither nvidia-l4 nor nvidia-rtx-pro-6000' -f "$SCRATCH/service.yaml"
    make_service false '' 1 'serviceAccountName: me'
    refused 'has nvidia.com/gpu but no kind of it' -f "$SCRATCH/service.yaml"
}
