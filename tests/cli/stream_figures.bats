#!/usr/bin/env bats
# The figures of streamed answers: their numbers are those of the rows, in each format.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    TRANSPORT=${TRANSPORT:-direct}
}

# stopped CONDITION OPTION...: a run into r.db that is ended when the condition, a query, holds of its file; requests in flight are cut.
stopped() {
    local condition=$1 pid i
    shift
    rm -f r.db*
    "$COLDSWARM" run "$@" -t 1h -o r.db --quiet --stop-timeout 0 >out 2>err 3>&- &
    pid=$!
    STARTED_PIDS+=("$pid")
    for ((i = 0; i < 6000; i++)); do
        [ "$(sql r.db "$condition" 2>/dev/null)" != 1 ] || break
        pause
    done
    kill -INT "$pid"
    wait "$pid" || [ $? -eq 130 ] || { cat err; return 1; }
}

# chat URL USERS CONDITION [KEYS]: r.db with answers to prompts of several lengths.
chat() {
    local n steps="" sep=""
    for n in 2 30 150 400; do
        steps+="$sep{ \"path\": \"/v1/chat/completions\", \"stream\": \"openai\", \"json\": { \"model\": \"m\", \"stream\": true,
            \"stream_options\": { \"include_usage\": true }, \"messages\": [{ \"role\": \"user\", \"content\": \"$(yes word | head -n "$n" | tr '\n' ' ')\" }] } }"
        sep=,
    done
    echo "{ \"target\": \"$1\", ${4:-} \"load\": { \"users\": $2, \"duration\": \"1h\" }, \"tasks\": [{ \"name\": \"t\", \"steps\": [ $steps ] }] }" >s.json
    stopped "$3" s.json --transport "$TRANSPORT"
}

SOME_SECONDS="select count(distinct end_us / 1000000) >= 4 and count(*) > 30 from requests where outcome = 'ok'"

# scraped_in N: in so many seconds of the load there is a point.
scraped_in() {
    echo "select count(distinct at_us / 1000000) >= $1 from server_series where at_us >= 0"
}

figures="ttft output_tokens streams_in_flight token_gaps ttft_by_prompt"

@test "figures of streams: numbers, pictures, the page and LaTeX; the end of the run cuts some answers" {
    start_target --tokens uniform:5,30 --ttft lognormal:60ms,0.5 --token-gap lognormal:10ms,0.8 --tokens-per-event 2
    chat "$URL" 4 "$SOME_SECONDS"
    "$COLDSWARM" report r.db -o folder >/dev/null
    python3 "$ROOT/tests/cli/check_stream_figures.py" r.db folder
    for figure in $figures; do
        [ -s "folder/$figure.svg" ]
        [ -s "folder/$figure.png" ]
        grep -q "id=\"figure-$figure\"" folder/report.html
    done
    grep -q '<li>gaps:</li>' folder/report.html
    grep -q 'Prompt (tokens)' folder/report.html
    fails grep -q 'cold starts marked' folder/report.html
    grep -q 'xlabel={Prompt (tokens)}' folder/latex/figure_ttft_by_prompt.tex
    fails grep -q addlegendentry folder/latex/figure_ttft.tex
}

@test "prompts of one length: each answer has its point" {
    start_target --tokens 3 --ttft 30ms --token-gap 0
    stopped "select count(*) > 40 from requests" --host "$URL" --stream openai --prompt-words 20 --max-tokens 3 --users 4
    "$COLDSWARM" report r.db -o folder >/dev/null
    [ "$(sql r.db "select min(prompt_tokens), max(prompt_tokens) from streams")" = "20|20" ]
    sql r.db "select 20, ttft_us from streams join requests on id = request_id where outcome = 'ok' order by 2" >want
    [ "$(wc -l <want)" -gt 20 ]
    python3 -c 'import csv
for r in sorted((round(float(r["prompt_tokens"])), round(float(r["ttft_ms"]) * 1000)) for r in csv.DictReader(open("folder/data/ttft_by_prompt.csv"))):
    print(*r, sep="|")' >got
    diff want got
    grep -q 'Time to the first token of each answer over the length of its prompt' folder/report.html
}

@test "figures of streams: a run without streams has none and loses those of another" {
    start_target --tokens 5
    chat "$URL" 1 "select count(*) > 0 from requests"
    "$COLDSWARM" report r.db -o folder --no-figures >/dev/null
    [ -s folder/data/ttft.csv ]
    "$COLDSWARM" run --host "$URL" --users 1 --run-time 1s -o q.db --quiet >/dev/null 2>&1 || true
    "$COLDSWARM" report q.db -o folder --no-figures >table
    for figure in $figures; do
        [ ! -e "folder/data/$figure.csv" ]
        [ ! -e "folder/data/$figure.dat" ]
    done
    fails grep -q ttft table
}

@test "figures of streams: cold and warm are told apart by the server's log" {
    : >err
    "$COLDSWARM" cloudrun --port 0 --log log.json --metrics metrics.json --concurrency 2 --max-instances 3 -- \
        "$COLDSWARM" target --tokens 10 --ttft 30ms --token-gap 5ms --listen-after 500ms >out 2>err 3>&- &
    STARTED_PIDS+=("$!")
    local pid=$! line
    line=$(wait_line err 'listening on ' "$pid")
    chat "${line##*listening on }" 6 "$SOME_SECONDS"
    kill -INT "$pid"
    wait "$pid" || true
    "$COLDSWARM" import r.db --logs log.json --metrics metrics.json >/dev/null
    "$COLDSWARM" report r.db -o folder --no-figures >/dev/null
    run python3 "$ROOT/tests/cli/check_stream_figures.py" r.db folder
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *" 0 cold"* ]]
    grep -q ',cold$' folder/data/ttft.csv
    grep -q 'cold starts marked' folder/report.html
}

# By second, from the rows: requests are added up over the engines, shares averaged. The run's end is read too: of two in a second the later one.
series() {
    sql r.db "select second, $2 from (select at_us / 1000000 as second, value, max(at_us) from server_series where metric = '$1' and at_us >= 0
        group by at_us / 1000000, label) group by second order by 1"
}

drawn() {
    tail -n +2 "folder/data/$1.csv" | awk -F, -v c="$2" '$c != "" { printf "%d|%s\n", $1, $c }'
}

@test "the server's queue and KV cache, from its own metrics, are beside the time to the first token" {
    start_metrics
    start_target --tokens 10 --ttft 50ms --token-gap 10ms
    chat "$URL" 2 "$(scraped_in 6)" "\"scrape\": \"$METRICS/engines\","
    "$COLDSWARM" report r.db -o folder >/dev/null
    [ "$(drawn server_queue 2 | wc -l)" -ge 4 ]
    same() { diff <(awk -F'|' '{ printf "%d|%.6f\n", $1, $2 }' <<<"$1") <(awk -F'|' '{ printf "%d|%.6f\n", $1, $2 }' <<<"$2"); }
    last=$(($(wc -l <folder/data/users.csv) - 1))
    same "$(drawn server_queue 2)" "$(series vllm:num_requests_running 'sum(value)' | awk -F'|' -v n="$last" '$1 < n')"
    same "$(drawn server_queue 3)" "$(series vllm:num_requests_waiting 'sum(value)' | awk -F'|' -v n="$last" '$1 < n')"
    same "$(drawn server_kv_cache 2)" "$(series vllm:kv_cache_usage_perc '100 * avg(value)' | awk -F'|' -v n="$last" '$1 < n')"
    for figure in server_queue server_kv_cache; do
        [ -s "folder/$figure.png" ]
        grep -q "id=\"figure-$figure\"" folder/report.html
    done
    # Next to each other on the page.
    [ "$(grep -o 'id="figure-[a-z_]*"' folder/report.html | tr -d '\n' | grep -c 'id="figure-ttft"id="figure-server_queue"id="figure-server_kv_cache"')" -eq 1 ]
    # One of the two alone has one line, and a run that read none has no such figure.
    chat "$URL" 1 "$(scraped_in 3)" "\"scrape\": \"$METRICS/metrics\","
    "$COLDSWARM" report r.db -o folder --no-figures >/dev/null
    [ "$(head -1 folder/data/server_queue.csv)" = second,waiting ]
    [ ! -e folder/data/server_kv_cache.csv ]
}
