#!/usr/bin/env bats
# bats file_tags=more,plain
# Cold starts as marks on the page of a run, held against the log of the local Cloud Run, which knows them.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/cloudrun

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "cold starts of the local Cloud Run are marks in the charts, called a guess, where its log has them" {
    # From zero instances, and from zero again after a pause. Times that differ by themselves hide what a busy machine adds.
    start_cloudrun --cold-start 3s --idle 1s --concurrency 50 --no-hold -- \
        sh -c "exec '$COLDSWARM' target --port \"\$PORT\" --service-time uniform:40ms,200ms"
    cat >s.json <<'END'
{"name": "s", "wait": {"constant": "20ms"}, "tasks": [{"path": "/"}], "load": {"stages": [{"duration": "100ms", "users": 6}, {"duration": "7s", "users": 6},
 {"duration": "100ms", "users": 0}, {"duration": "4s", "users": 0}, {"duration": "100ms", "users": 6}, {"duration": "7s", "users": 6}]}}
END
    : >run.err
    "$COLDSWARM" run s.json -H "$URL" --web 0 --web-linger 120s --json-progress lines -o a.db --quiet >run.out 2>run.err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    page=$(wait_line run.err '^page: ' "$pid")
    python3 "$ROOT/tests/cli/cold_in_browser.py" "${page#page: }" ${PICTURES:+"$PICTURES"} >seen.json
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 4 ]
    "$COLDSWARM" report a.db -f json >guess.json
    [ "$(sql a.db "select count(*) from event where kind = 'cold_start'")" = 0 ]
    stop_cloudrun
    "$COLDSWARM" import a.db --logs "$LOG"
    python3 - <<'END'
import json, sqlite3
seen, lines = json.load(open("seen.json")), [json.loads(x) for x in open("lines")]
marks = [m for m in seen["events"] if m["kind"] == "cold_start"]
told = [m for x in lines for m in x["events"] if m["kind"] == "cold_start"]
assert [(m["at_s"], m["text"]) for m in told] == [(m["at_s"], m["text"]) for m in marks], (told, marks)
db = sqlite3.connect("a.db")
cold = db.execute("""SELECT r.sent_us, r.service_us FROM requests AS r JOIN server_requests AS s ON s.request_id = r.id
                     JOIN instances AS i ON i.instance = s.instance WHERE s.at_us < i.ready_us AND r.outcome = 'ok'""").fetchall()
assert len(cold) >= 4 and len({sent // 5000000 for sent, _ in cold}) >= 2, cold
guessed = {x["label"]: x["requests"] for x in json.load(open("guess.json")).get("server", {}).get("cold_starts_guess", [])}
print("guessed in the report:", guessed, "by the log:", len(cold), "marks:", marks)
if not guessed:
    # The machine was so busy that the report sees no two groups: then no guess stands.
    assert not marks or "withdrawn" in marks[-1]["text"], marks
else:
    assert {int(m["at_s"]) for m in marks} == {sent // 1000000 for sent, _ in cold}, (marks, cold)
    assert all(m["text"].startswith("cold start (a guess): GET / took ") and " times its median" in m["text"] for m in marks), marks
# In each chart, a line of a class of its own, with the text.
assert len(seen["drawn"]) >= 4, seen["drawn"]
for lines in seen["drawn"]:
    assert len(lines) == len(marks) and all("cold_start: " in x for x in lines), lines
assert seen["listed"] == len(marks) and seen["complaints"] == [], seen
END
}
