#!/usr/bin/env bats
# Reports of streamed answers: the tables against Python's own numbers from the rows, in every format, and what is said of doubtful streams.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

make_streams() {
    python3 "$BATS_TEST_DIRNAME/make_streams.py" "$@"
}

# doubts [KEY=VALUE...]: the keys of what a report says of such a run
doubts() {
    rm -f d.db
    make_streams d.db steady "$@"
    "$COLDSWARM" report d.db -f json | python3 -c 'import json, sys; print(*[x["key"] for x in json.load(sys.stdin)["notes"]])'
}

@test "tables of streams hold what Python computes from the rows" {
    for kind in many rate few; do
        make_streams "$kind.db" "$kind"
        "$COLDSWARM" report "$kind.db" --out "$kind" --no-figures >/dev/null
        python3 "$BATS_TEST_DIRNAME/check_stream_report.py" "$kind.db" "$kind/tables.json" "$kind"
        python3 "$BATS_TEST_DIRNAME/check_numbers.py" "$kind.db" "$kind"
    done
    # A part of a run: its own numbers, which its SQL gives again, and no steady state.
    "$COLDSWARM" report many.db --from 5s --to 12s --out cut --no-figures >/dev/null
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" many.db cut
    [ "$(json cut/tables.json '$.stream_times[0].count' '$.stream_times[0].steady_count')" = "35|" ]
}

@test "every format has the tables of streams, and a run without streams has none" {
    make_streams s.db steady per_event=2
    # Of 7800 gaps, as Python has them.
    p99=$(python3 - <<'END'
import json, sqlite3
gaps = sorted(x for (g,) in sqlite3.connect("s.db").execute("SELECT gaps_us FROM streams") for x in json.loads(g))
k = 0.99 * (len(gaps) - 1)
low = int(k)
print("%.1f" % ((gaps[low] + (gaps[low + 1] - gaps[low]) * (k - low)) / 1000))
END
)
    "$COLDSWARM" report s.db --out out --no-figures >/dev/null
    for file in tables.txt tables.md tables.tex report.html; do
        grep -F token_gap <(sed 's/\\_/_/g' "out/$file") | grep -q "$p99" || { echo "$file"; false; }
        sed 's/\\\\/ /g' "out/$file" | grep -q "Tokens per event"
        grep -q "how answers ended" "out/$file"
        [ "$file" = tables.tex ] && continue # has no notes
        # Whose clock it was, and where the steady state begins
        tr '\n' ' ' <"out/$file" | grep -q "Times of token events are the kernel"
        tr '\n' ' ' <"out/$file" | grep -q "Steady state: from "
    done
    grep -q '^POST,/v1/chat,token_gap,7800,' out/stream_times.csv
    [ "$(json out/tables.json '$.stream_ends[0].finish')" = length ]
    "$COLDSWARM" report s.db -f junit >junit.xml
    python3 -c 'import xml.etree.ElementTree as e; e.parse("junit.xml")'
    python3 "$BATS_TEST_DIRNAME/make_run.py" plain.db
    "$COLDSWARM" report plain.db --out plain --no-figures >/dev/null
    [ ! -e plain/streams.csv ]
    run grep -qi stream plain/tables.json plain/tables.txt plain/tables.tex
    [ "$status" -ne 0 ]
}

@test "a report says what is doubtful of streams, and nothing of streams that are fine" {
    [ "$(doubts)" = "" ]
    # A proxy that buffers: in one read, or one after the other
    [ "$(doubts burst=8)" = stream_bursts ]
    [ "$(doubts gaps=8)" = stream_bursts ]
    # Each response is held to its own gaps: most of all gaps are far below those of the slow endpoint, and nothing buffers
    [ "$(doubts other=100)" = "" ]
    # ... and one whose events do come in bursts shows beside many that are fine
    [ "$(doubts other=100 gaps=8)" = stream_bursts ]
    "$COLDSWARM" report d.db | grep -q "Token events of POST /v1/chat come in bursts: 0 % of the reads .* and 90 % of the gaps"
    # Usage that no server can mean changes nothing about gaps
    rm d.db
    make_streams d.db steady
    sqlite3 d.db "UPDATE stream SET usage_tokens = 9000000000000000000 WHERE request < 150"
    "$COLDSWARM" report d.db >out
    fails grep -q "come in bursts" out
    grep -q "usage counts 18446744073709551615 tokens" out
    # Several tokens an event; without usage nobody knows
    [ "$(doubts per_event=4)" = stream_usage_differs ]
    [ "$(doubts usage=none)" = "" ]
    # 40 tokens of 64; of 42
    [ "$(doubts asked=64)" = stream_length ]
    [ "$(doubts asked=42)" = "" ]
    # Cached tokens are fine where prompts repeat, and a few always
    [ "$(doubts cached=50)" = "" ]
    [ "$(doubts cached=3 unique=1)" = "" ]
    [ "$(doubts cached=50 unique=1)" = stream_cached ]
    # A tenth of the median gap of 10 ms
    [ "$(doubts lag=900)" = "" ]
    [ "$(doubts lag=1100)" = stream_loop_lag ]
    [ "$(doubts lag=150 scale=0.1)" = stream_loop_lag ]
    "$COLDSWARM" report d.db >out
    grep -q "up to 0.15 ms late (p99), and token events are usually 1" out
}

@test "a remark on streams has its numbers" {
    make_streams s.db steady per_event=4 asked=200 cached=25 unique=1
    "$COLDSWARM" report s.db >out
    grep -q "usage counts 32000 tokens, and 8000 token events came: 4 tokens per event" out
    grep -q "Answers have 160 output tokens on average, and 200 were asked for" out
    grep -q "25 % of their tokens in its cache (5000 of 20000)" out
}

@test "usage without a token event, and more reasoning than output, give no odd number" {
    make_streams s.db steady
    sqlite3 s.db "UPDATE stream SET token_events = 0, reads = 0, first_tokens = 0, first_token_us = NULL, first_output_us = NULL,
        last_token_us = NULL, gaps_us = NULL, gap_max_us = NULL"
    "$COLDSWARM" report s.db >out
    grep -q 'Streaming: tokens' out
    fails grep -qiE '(^| )-?nan( |$)|usage counts' out
    rm s.db
    make_streams s.db steady
    sqlite3 s.db "UPDATE stream SET reasoning_tokens = 700"
    "$COLDSWARM" report s.db -f aiperf >s.jsonl
    python3 -c 'import json
counts = [json.loads(line)["metrics"]["output_token_count"]["value"] for line in open("s.jsonl")]
assert len(counts) == 200 and set(counts) == {40}, set(counts)'
}

# Values that compare found in a.db and b.db, against Python's: what was sent from second 1 on, when all users were there, to the end of the load.
compared() {
    python3 - "$1" <<'END'
import json, math, sqlite3, sys

def at(values, p):
    values, k = sorted(values), p * (len(values) - 1)
    low = math.floor(k)
    return values[low] + (values[min(low + 1, len(values) - 1)] - values[low]) * (k - low)

def of(path):
    rows = sqlite3.connect(path).execute("SELECT sent_us, ttft_us, last_token_us, output_tokens, first_tokens, gaps_us FROM streams JOIN requests"
                                         " ON id = request_id").fetchall()
    inside = lambda us: 1e6 <= us < 40e6
    here = [r for r in rows if inside(r[0])]
    gaps = []
    for sent, ttft, _, _, _, text in rows:
        moment = sent + ttft
        for gap in json.loads(text):
            moment += gap
            gaps += [gap / 1000] if inside(moment) else []
    ttft, token = [r[1] / 1000 for r in here], [(r[2] - r[1]) / (r[3] - r[4]) / 1000 for r in here]
    return {"ttft_p50": at(ttft, 0.5), "ttft_p90": at(ttft, 0.9), "ttft_p99": at(ttft, 0.99), "time_per_token_p50": at(token, 0.5),
            "time_per_token_p90": at(token, 0.9), "token_gap_p50": at(gaps, 0.5), "token_gap_p99": at(gaps, 0.99),
            "output_tokens_per_second": sum(r[3] for r in here) / 39}

found = json.load(open(sys.argv[1]))["comparisons"]
base, new = of("a.db"), of("b.db")
for name in "/v1/chat", "":
    got = {x["statistic"]: x for x in found if x["name"] == name and x["statistic"] in base}
    assert set(got) == set(base), (name, list(got))
    for key, x in got.items():
        assert abs(x["base"] - base[key]) < 2e-6 and abs(x["new"] - new[key]) < 2e-6, (key, x, base[key], new[key])
        assert abs(x["ratio"] - new[key] / base[key]) < 1e-6, x
# An endpoint without streams has the statistics of requests only.
assert not [x for x in found if x["name"] == "/health" and x["statistic"] in base]
END
}

@test "compare, gate and series know the times of streams" {
    make_streams a.db steady
    make_streams b.db steady seed=2 scale=1.2
    make_streams c.db steady seed=3
    "$COLDSWARM" compare a.db --with b.db -f json >ab.json
    compared ab.json
    verdicts() {
        json_sql "$1" "select value->>'$.verdict' from file, json_each(doc, '$.comparisons')
            where value->>'$.name' = '' and value->>'$.statistic' in ($2)" | sort -u
    }
    slower="'ttft_p50', 'ttft_p90', 'time_per_token_p50', 'time_per_token_p90', 'token_gap_p50', 'token_gap_p99'"
    [ "$(verdicts ab.json "$slower")" = slower ]
    [ "$(verdicts ab.json "'output_tokens_per_second'")" = no_difference ]
    "$COLDSWARM" compare a.db --with c.db -f json >ac.json
    [ "$(verdicts ac.json "$slower")" = no_difference ]
    "$COLDSWARM" compare a.db --with b.db | grep -q "ttft p90 of /v1/chat is 20.* % slower"

    run "$COLDSWARM" gate b.db --baseline a.db --max-regression 'ttft p(90) 5%' --max-regression 'time_per_token{name:/v1/chat} med 5%' \
        --max-regression 'token_gap p(99) 25%'
    [ "$status" -eq 99 ]
    [[ $output == *"ttft p(90) 5%: FAILED"* && $output == *"time_per_token{name:/v1/chat} med 5%: FAILED"* ]]
    [[ $output == *"token_gap p(99) 25%: ok: +"* ]]
    "$COLDSWARM" gate c.db --baseline a.db --max-regression 'ttft p(90) 5%' --max-regression 'output_tokens rate 30%'
    run "$COLDSWARM" gate b.db --baseline a.db --max-regression 'output_tokens p(90) 5%'
    [ "$status" -eq 2 ]

    # A series: the mean of the runs' own medians, as reports of them have it.
    "$COLDSWARM" report a.db b.db c.db --force -f json >series.json
    for run in a b c; do "$COLDSWARM" report $run.db -f json >$run.json; done
    python3 - <<'END'
import json
series = json.load(open("series.json"))
runs = [json.load(open(x + ".json")) for x in "abc"]
of = lambda run, time, key: next(x[key] for x in run["stream_times"] if x["name"] == "/v1/chat" and x["time"] == time)
chat = next(x for x in series["endpoints"] if x["name"] == "/v1/chat")
for key, time, column in (("ttft_p50_ms", "ttft", "p50_ms"), ("ttft_p99_ms", "ttft", "p99_ms"), ("time_per_token_p50_ms", "time_per_token", "p50_ms"),
                          ("time_per_token_p99_ms", "time_per_token", "p99_ms"), ("token_gap_p99_ms", "token_gap", "p99_ms")):
    assert abs(chat[key]["mean"] - sum(of(x, time, column) for x in runs) / 3) < 1e-9 and chat[key]["runs"] == 3, key
assert abs(series["aggregated"]["output_tokens_per_second"]["mean"] - 200) < 1e-9
assert "ttft_p50_ms" not in next(x for x in series["endpoints"] if x["name"] == "/health")
END
}

# A run of answers from the token server, until there are N of them: real_run N [OPTION of the target...]. The tables at its end are in `out`.
real_run() {
    local n=$1 i
    shift
    start_target --tokens 40 --ttft 20ms --token-gap 2ms --cached 0.5 "$@"
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 5, \"spawn_rate\": 50, \"duration\": \"10m\" },
        \"tasks\": [{ \"name\": \"chat\", \"path\": \"/v1/chat/completions\", \"stream\": \"openai\", \"json\": { \"stream\": true, \"max_tokens\": 60,
            \"stream_options\": { \"include_usage\": true }, \"messages\": [{ \"role\": \"user\", \"content\": \"one two three four\" }] } }] }" >s.json
    rm -f r.db*
    "$COLDSWARM" run s.json -o r.db --stop-timeout 60s >out 2>err 3>&- &
    local pid=$!
    for ((i = 0; i < 3000; i++)); do
        [ -e r.db ] && [ "$(sqlite3 r.db 'select count(*) from requests' 2>/dev/null || echo 0)" -ge "$n" ] && break
        kill -0 "$pid" 2>/dev/null || break
        pause
    done
    kill -INT "$pid" 2>/dev/null || true
    wait "$pid" || true
    stop_target
}

@test "the tables of a real run are those of its rows, at its end and in its report" {
    real_run 120
    "$COLDSWARM" report r.db -f json >r.json
    python3 "$BATS_TEST_DIRNAME/check_stream_report.py" r.db r.json
    # The token server's own facts: 40 tokens of 60 asked for, half of each prompt cached, one token an event, the end "stop".
    [ "$(json r.json '$.stream_asked[0].asked_output_tokens' '$.stream_asked[0].got_output_tokens')" = "60|40" ]
    [ "$(json r.json '$.stream_tokens[0].cached_percent' '$.stream_tokens[0].tokens_per_event')" = "50|1" ]
    [ "$(json r.json '$.stream_ends[0].finish')" = stop ]
    # At the end of the run there were the same tables.
    diff <(sed -n '/^Streaming: times/,/^$/p' out) <("$COLDSWARM" report r.db | sed -n '/^Streaming: times/,/^$/p')
    diff <(sed -n '/^Streaming: tokens/,/^$/p' out) <("$COLDSWARM" report r.db | sed -n '/^Streaming: tokens/,/^$/p')
    [ "$(sql r.db "select value >= 0 from manifest where key = 'loop_lag_p99_us'")" = 1 ]
    # Shorter than asked: the numbers are doubtful, whatever else the machine did.
    [ "$(sql r.db 'select verdict from run')" != VALID ]
    json_sql r.json "select value->>'$.key' from file, json_each(doc, '$.notes')" | grep -q stream_length
}

@test "a server that sends 8 events at once makes a run suspect" {
    real_run 60 --events-per-write 8
    "$COLDSWARM" report r.db -f json >r.json
    json_sql r.json "select value->>'$.key' from file, json_each(doc, '$.notes')" | grep -q stream_bursts
    [ "$(json_sql r.json "select doc->>'$.stream_tokens[0].shared_reads_percent' >= 50 from file")" = 1 ]
    sql r.db "select verdict, verdict_reason from run" >verdict
    # A client that was late comes first.
    grep -q "SUSPECT|token events of POST .* come in bursts: " verdict || fails grep -q "^VALID" verdict
}

@test "what run --stream asks for is compared with what came, and its unique prompts with the cache" {
    start_target --tokens 40 --ttft 1ms --token-gap 1ms --cached 0.5
    "$COLDSWARM" run -H "$URL" --stream openai --prompt-words 50 --max-tokens 30 -u 2 -r 50 -t 1h -o r.db --quiet >out 2>err 3>&- &
    local pid=$!
    STARTED_PIDS+=("$pid")
    until_rows 50 r.db
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ]
    stop_target
    [ "$(sql r.db "select value from manifest where key = 'stream_asked'")" = \
        '[{"endpoint": 0, "unique": true}]' ]
    [ "$(sql r.db "select min(asked_tokens), max(asked_tokens), min(asked_words), max(asked_words) from streams")" = "30|30|50|50" ]
    "$COLDSWARM" report r.db -f json >r.json
    python3 "$BATS_TEST_DIRNAME/check_stream_report.py" r.db r.json
    [ "$(json r.json '$.stream_asked[0].got_percent' '$.stream_asked[0].asked_prompt_words' '$.stream_asked[0].tokens_per_word')" = "100|50|1" ]
    json_sql r.json "select value->>'$.key' from file, json_each(doc, '$.notes')" | grep -q stream_cached
}

@test "what is asked for is known of data sets, and not of a conversation's later turns" {
    start_target --tokens 5 --ttft 1ms --token-gap 0
    only 3
    echo '[{ "id": "a", "conversations": [{ "from": "human", "value": "one two" }, { "from": "gpt", "value": "three" }] }]' >data.json
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 1, "duration": "1h" },
  "feeders": { "only": { "csv": "only.csv", "mode": "once" }, "s": { "sharegpt": "data.json" }, "p": { "prompts": { "words": 30 } }, "q": { "prompts": { "words": 12 } } },
  "tasks": [{ "name": "t", "steps": [
    { "name": "data", "path": "/v1/chat/completions", "stream": "openai", $ONE, "json": { "stream": true, "max_tokens": 400, "messages": "\${value(s.messages)}" } },
    { "name": "first", "path": "/v1/chat/completions", "stream": "openai", "capture": { "answer": { "text": true } },
      "json": { "stream": true, "max_tokens": 25, "messages": [{ "role": "user", "content": "\${p.text}" }] } },
    { "name": "then", "path": "/v1/chat/completions", "stream": "openai", "json": { "stream": true, "max_tokens": 25, "messages": [
      { "role": "user", "content": "\${p.text}" }, { "role": "assistant", "content": "\${answer}" }, { "role": "user", "content": "\${q.text}" }] } } ] }] }
END
    run "$COLDSWARM" run s.json -o r.db --quiet
    ended 0 r.db
    [ "$(sql r.db "select e.value from manifest as m, json_each(m.value) as e where m.key = 'stream_asked'")" = '{"endpoint":1,"unique":true}' ]
    [ "$(sql r.db "select distinct name, asked_tokens, asked_words from streams join requests on requests.id = request_id order by name")" = \
'data|400|
first|25|30
then|25|' ]
}

@test "goodput has the answers within limits, of thresholds and of --goodput, as a count, a share and a rate" {
    make_streams g.db
    sqlite3 g.db "INSERT OR REPLACE INTO manifest VALUES ('thresholds', 'goodput{ttft<200} rate>0.9
goodput{ttft<200} rate>0.1 over 10s
ttft p(95)<1')"
    local limits='ttft<180,ttfo<250,time_per_token<50,token_gap<40,e2e<=900'
    "$COLDSWARM" report g.db -o out --no-figures --goodput "$limits" --goodput 'ttft<200' --goodput 'e2e<700,name:/v1/chat' >table
    grep -q 'Streaming: goodput' table
    # The same once more from the rows, answer by answer.
    python3 - g.db out/tables.json "$limits" <<'END'
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.row_factory = sqlite3.Row
duration = db.execute("SELECT duration_us FROM run").fetchone()[0] / 1e6
rows = [dict(x) for x in db.execute("SELECT r.*, s.* FROM requests r LEFT JOIN streams s ON s.request_id = r.id")]
streams = {(x["method"], x["name"]) for x in rows if x["request_id"]}
rows = [x for x in rows if (x["method"], x["name"]) in streams and x["outcome"] not in ("cancelled", "not_sent")]
def good(x, ttft=9e9, ttfo=9e9, each=9e9, gap=9e9, e2e=9e9, **more):
    if not x["request_id"] or x["outcome"] != "ok" or x["ttft_us"] is None or x["ttfo_us"] is None:
        return False
    gaps = json.loads(x["gaps_us"])
    behind = x["output_tokens"] - x["first_tokens"]
    slow = gaps and behind > 0 and x["output_tokens"] > 1 and sum(gaps) / behind / 1e3 >= each
    return x["ttft_us"] < 1e3 * ttft and x["ttfo_us"] < 1e3 * ttfo and not slow and max(gaps, default=0) < 1e3 * gap and \
        x["end_us"] - x["sent_us"] <= 1e3 * e2e
want = {"ttft<200": [good(x, ttft=200) for x in rows],
        sys.argv[3]: [good(x, 180, 250, 50, 40, 900) for x in rows],
        "name:/v1/chat,e2e<700": [good(x, e2e=699.9999) for x in rows if x["name"] == "/v1/chat"]}
got = json.load(open(sys.argv[2]))["stream_goodput"]
assert [x["limits"] for x in got] == list(want), got
for x in got:
    of = want[x["limits"]]
    assert 0 < sum(of) < len(of)
    assert (x["requests"], x["good"]) == (len(of), sum(of)), (x, len(of), sum(of))
    assert abs(x["good_percent"] - 100 * sum(of) / len(of)) < 1e-9 and abs(x["good_per_second"] - sum(of) / duration) < 1e-9, x
END
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" g.db out
    # A part of the run
    "$COLDSWARM" report g.db --from 10s --to 20s -o part --no-figures >/dev/null
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" g.db part
    head -n 1 part/stream_goodput.csv | tr -d '\r' | grep -qx 'limits,requests,good,good_percent,good_per_second'
    # Without limits there is nothing to show; a run without streams, a limit or a name that is not there is refused.
    make_streams few.db few
    "$COLDSWARM" report few.db | fails grep -qi goodput
    run -2 "$COLDSWARM" report g.db --goodput 'tftt<200'
    [[ $output == *'--goodput: goodput has no filter "tftt"; did you mean "ttft"?'* ]]
    run -3 "$COLDSWARM" report g.db --goodput 'ttft<200,name:/nowhere'
    [[ $output == *'name:/nowhere matches nothing that the run has'* ]]
    python3 "$BATS_TEST_DIRNAME/make_run.py" plain.db
    run -2 "$COLDSWARM" report plain.db --goodput 'ttft<200'
    [[ $output == *'plain.db has no streamed answers; leave --goodput out'* ]]
    run -2 "$COLDSWARM" report plain.db --dialects
    [[ $output == *'leave --dialects out'* ]]
    run -2 "$COLDSWARM" report g.db few.db --goodput 'ttft<200'
}
