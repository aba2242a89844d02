#!/usr/bin/env bats
# Loads that replay recorded arrivals, from outside: intended times are those of the file, whatever the machine, and each request has its
# own row. tests/cli/trace_rows.py computes the times by itself.

load ../support/helpers
bats_require_minimum_version 1.5.0

setup() {
    DB=$SCRATCH/run.db
    cd "$SCRATCH"
}

# scenario JSON: writes it to $SCRATCH/s.json, with ' for ".
scenario() {
    printf '%s' "${1//\'/\"}" >"$SCRATCH/s.json"
}

# a_trace FORMAT: 300 arrivals, in bursts and with gaps, as each format writes them.
a_trace() {
    python3 - "$1" <<'PY'
import datetime, json, random, sys
form, rng, t = sys.argv[1], random.Random(5), 0
out = {"azure": "TIMESTAMP,ContextTokens,GeneratedTokens\r\n", "mooncake": "",
       "burstgpt": "Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n"}[form]
for i in range(300):
    tick = {"azure": rng.randrange(0, 900000), "mooncake": rng.randrange(0, 90) * 10000, "burstgpt": rng.randrange(0, 2) * 10**6}[form]
    t += 0 if rng.random() < 0.3 else tick  # in 100 ns
    if form == "azure":
        moment = datetime.datetime(2023, 11, 16, 18, 15, 46) + datetime.timedelta(seconds=t // 10**7)
        out += f"{moment}.{t % 10**7:07d},{i + 1},{i % 7}\r\n"
    elif form == "mooncake":
        out += json.dumps({"timestamp": t // 10000, "input_length": i + 1, "output_length": i % 7, "hash_ids": [0, i]}) + "\n"
    else:
        out += f"{19440110 + t / 10**7:.1f},,2,GPT-4,{i + 1},{i % 7},9,API log\n"
open("trace", "w", newline="").write(out)
PY
}

# due_times FORMAT SPEED FROM TO LENGTH
due_times() {
    python3 "$ROOT/tests/cli/trace_rows.py" "$1" trace "$2" "$3" "$4" "$5" | sort -n >expected
    sql "$DB" 'select intended_us from requests order by 1' >got
    [ -s expected ]
    diff expected got
}

@test "intended times are those of the trace, in each format" {
    start_target
    for format in azure mooncake burstgpt; do
        a_trace $format
        rm -f "$DB"
        scenario "{'target':'$URL','load':{'trace':'trace','speed':20.5},'tasks':[{'path':'/'}]}"
        run --separate-stderr "$COLDSWARM" run s.json -o "$DB"
        ended 0 "$DB"
        due_times $format 20.5 0 0 0
        [ "$(wc -l <got)" -eq 300 ]
    done
    [ "$(served GET /)" -eq 900 ]
}

@test "a part of a trace, again and again, by several threads" {
    start_target
    a_trace azure
    scenario "{'target':'$URL','load':{'trace':'trace','speed':7,'from':'2.5s','to':'6s','loop':true,'duration':'1.7s'},'tasks':[{'path':'/'}]}"
    run --separate-stderr "$COLDSWARM" run s.json -o "$DB" --threads 2 -u 50
    ended 0 "$DB"
    due_times azure 7 2.5 6 1.7
    [ "$(sql "$DB" "select value from manifest where key = 'load_trace_arrivals'")" -eq "$(wc -l <got)" ]
    [ "$(sql "$DB" "select value from manifest where key = 'load_trace_speed'")" = 7 ]
}

@test "--speed and --run-time" {
    start_target
    a_trace mooncake
    scenario "{'target':'$URL','load':{'trace':'trace'},'tasks':[{'path':'/'}]}"
    run --separate-stderr "$COLDSWARM" run s.json -o "$DB" --speed 40 -t 200ms
    ended 0 "$DB"
    [[ $stderr == *"recorded arrivals at 40 times their speed, up to 1000 at once, for 200ms"* ]]
    python3 "$ROOT/tests/cli/trace_rows.py" mooncake trace 40 0 0 0 | awk '$1 < 200000' | sort -n >expected
    sql "$DB" 'select intended_us from requests order by 1' | diff expected -
    head -n 1 trace >one
    scenario "{'target':'$URL','load':{'trace':'one'},'tasks':[{'path':'/'}]}"
    run --separate-stderr "$COLDSWARM" run s.json -o one.db
    ended 0 one.db
    [[ $stderr == *" 1 recorded arrival, up to"* ]]
    scenario "{'target':'$URL','load':{'trace':'trace'},'tasks':[{'path':'/'}]}"
    run -2 --separate-stderr "$COLDSWARM" run s.json -o "$DB.2" --rate 5
    [[ $stderr == *"--rate cannot be used with a trace"* ]]
    run -2 --separate-stderr "$COLDSWARM" run s.json -o "$DB.2" -t 10h
    [[ $stderr == *"--run-time is longer than the trace"* ]]
    scenario "{'target':'$URL','load':{'rate':5,'duration':'1s'},'tasks':[{'path':'/'}]}"
    run -2 --separate-stderr "$COLDSWARM" run s.json -o "$DB.2" --speed 2
    [[ $stderr == *"--speed applies only to a load with a trace"* ]]
}

@test "each arrival sends its own row and its own prompt, the same with one thread and three" {
    a_trace mooncake
    for threads in 1 3; do
        : >ready >log
        python3 "$ROOT/tests/support/recorder.py" log >ready 2>&1 3>&- &
        STARTED_PIDS+=("$!")
        line=$(wait_line ready '^ready ' "$!")
        URL=http://127.0.0.1:${line#ready }
        scenario "{'target':'$URL','load':{'trace':'trace','speed':30},'feeders':{'p':{'prompts':{}}},'tasks':[{'path':'/ok',
            'json':{'row':'\${value(trace.input_tokens)}','max_tokens':'\${value(p.output_tokens)}','words':'\${value(p.words)}','text':'\${p.text}','ids':'\${value(trace.hash_ids)}'}}]}"
        run --separate-stderr "$COLDSWARM" run s.json -o "$SCRATCH/$threads.db" --threads $threads --seed 9
        ended 0 "$SCRATCH/$threads.db"
        diff <(echo '300|ok|') <(sql "$SCRATCH/$threads.db" 'select count(*), outcome, error from requests group by 2, 3')
        python3 - log >bodies.$threads <<'PY'
import json, sys
seen = [json.loads(json.loads(line)["body"]) for line in open(sys.argv[1])]
rows = {b["row"]: b for b in seen}
assert len(seen) == 300 and len(rows) == 300, (len(seen), len(rows))
for i in range(300):
    b = rows[i + 1]
    assert b["words"] == i + 1 and len(b["text"].split(" ")) == i + 1 and b["max_tokens"] == max(i % 7, 1) and b["ids"] == [0, i], b
    # Every row shares block 0, and none has more than its 512 words.
    assert rows[300]["text"].startswith(b["text"])
print(json.dumps([rows[i + 1] for i in range(300)]))
PY
        stop_all
    done
    cmp bodies.1 bodies.3
}

@test "each answer is compared with the length that its own row asked for" {
    start_target --tokens 4 --ttft 0 --token-gap 0
    a_trace mooncake
    scenario "{'target':'$URL','load':{'trace':'trace','speed':30},'feeders':{'p':{'prompts':{}}},'tasks':[{'path':'/v1/chat/completions','stream':'openai',
        'json':{'stream':true,'stream_options':{'include_usage':true},'max_tokens':'\${value(p.output_tokens)}','messages':[{'role':'user','content':'\${p.text}'}]}}]}"
    run --separate-stderr "$COLDSWARM" run s.json -o "$DB"
    ended 0 "$DB"
    sql "$DB" 'select asked_words, asked_tokens, output_tokens from streams' | sort -n >got
    # Rows ask for 0 to 6 tokens, at least for 1 as prompts say it; the server never gives more than 4.
    python3 - >expected <<'PY'
import json
for line in open("trace"):
    x = json.loads(line)
    asked = max(x["output_length"], 1)
    print(x["input_length"], asked, min(asked, 4), sep="|")
PY
    diff expected got
    "$COLDSWARM" report "$DB" -f json >report.json
    python3 - <<'PY'
import json
rows = [[int(v) for v in line.split("|")] for line in open("expected")]
got = json.load(open("report.json"))["stream_asked"][0]
asked, came = (sum(r[i] for r in rows) / len(rows) for i in (1, 2))
for key, value in ("asked_output_tokens", asked), ("got_output_tokens", came), ("got_percent", 100 * came / asked), ("asked_prompt_words", sum(r[0] for r in rows) / len(rows)):
    assert abs(got[key] - value) < 1e-6 * value, (key, got[key], value)
PY
    # 15 % shorter than asked
    json_sql report.json "select value->>'$.key' from file, json_each(doc, '$.notes')" | grep -q stream_length
}

@test "validate says what the file is, and what is wrong with it" {
    a_trace azure
    scenario "{'target':'http://127.0.0.1:9','load':{'trace':'trace','speed':2},'feeders':{'p':{'prompts':{'shared':3}}},'tasks':[{'path':'/','body':'\${p.text}'}]}"
    run -0 "$COLDSWARM" validate s.json
    [[ $output == *"trace: Azure LLM inference trace, timestamps are dates (UTC)"* ]]
    [[ $output == *"300 arrivals in "* && $output == *"replayed at 2 times the recorded speed: 300 arrivals in "* ]]
    [[ $output == *"prompts of 150.5 tokens and answers of "* ]]
    [[ $output == *"made prompts of as many words as the trace has tokens, the first 3 equal in all"* ]]
    [[ $output == *"43 of 300 arrivals were answered with 0 tokens"* ]]
    sed -i '100s/,[0-9]*,/,-4,/' trace
    run -2 "$COLDSWARM" validate s.json
    [[ $output == *"s.json:1:"*": trace:100: \"ContextTokens\" is negative: -4"* ]]
    scenario "{'target':'http://127.0.0.1:9','load':{'trace':'trace','speeed':2},'tasks':[{'path':'/'}]}"
    sed -i '100d' trace
    run -2 "$COLDSWARM" validate s.json
    [[ $output == *'unknown key "speeed" in load; did you mean "speed"?'* ]]
}

@test "what does not go together with a trace is an error" {
    a_trace mooncake
    wrong() {
        scenario "{'target':'http://127.0.0.1:9',$1}"
        run -2 "$COLDSWARM" validate s.json
        [[ $output == *"$2"* ]] || { echo "$output"; return 1; }
    }
    wrong "'load':{'trace':'trace','rate':2},'tasks':[{}]" '"rate" cannot be combined with "trace"'
    wrong "'load':{'trace':'trace','arrivals':'poisson'},'tasks':[{}]" '"arrivals" applies only with "rate"'
    wrong "'load':{'rate':2,'duration':1,'speed':2},'tasks':[{}]" '"speed" applies only with "trace"'
    wrong "'load':{'trace':'trace','loop':true},'tasks':[{}]" '"loop" needs a "duration"'
    wrong "'load':{'trace':'trace','duration':'10h'},'tasks':[{}]" 'the trace is over after'
    wrong "'load':{'trace':'trace','speed':0},'tasks':[{}]" '"speed" must be from 0.000001 to 1000000, not 0'
    wrong "'load':{'trace':'trace','from':'2s','to':'1s'},'tasks':[{}]" '"to" must be after "from"'
    wrong "'load':{'trace':'none'},'tasks':[{}]" 'cannot open none: No such file or directory'
    wrong "'load':{'trace':'trace'},'feeders':{'trace':{'csv':'x'}},'tasks':[{}]" 'x'
    wrong "'load':{'trace':'trace'},'setup':[{'path':'/\${trace.input_tokens}'}],'tasks':[{}]" 'only the tasks of the load with the "trace" have a row of it'
    wrong "'load':{'trace':'trace'},'feeders':{'p':{'prompts':{}}},'on_start':[{'path':'/\${p.words}'}],'tasks':[{}]" 'only the tasks of the load with the "trace" have a row of it'
    wrong "'loads':[{'name':'a','load':{'trace':'trace'}},{'name':'b','load':{'trace':'trace'}}],'tasks':[{}]" 'a scenario can replay one'
    wrong "'loads':[{'name':'a','load':{'trace':'trace'}},{'name':'b','load':{'rate':1,'duration':1}}],'tasks':[{'path':'/\${trace.input_tokens}'}]" "another load's tasks"
}

# bats test_tags=more,plain
@test "ten million arrivals take 16 bytes each" {
    python3 -c '
with open("trace", "w") as f:
    f.write("Timestamp,Request tokens,Response tokens\n")
    for i in range(1000):
        f.write("".join(f"{i * 10000 + k},7,8\n" for k in range(10000)))'
    scenario "{'target':'http://127.0.0.1:9','load':{'trace':'trace','speed':100},'tasks':[{'path':'/\${trace.input_tokens}'}]}"
    run -0 python3 -c '
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$COLDSWARM" validate s.json
    [[ $output == *"10000000 arrivals in 2777h"* ]]
    [ "${lines[-1]#peak }" -lt 220000 ] || { echo "$output"; return 1; } # kB
}
