#!/usr/bin/env bats
# Thresholds on streams: from the rows of files and of runs with both transports, against Python on the same rows (check_stream_thresholds.py); and
# while a run goes on.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    case ${TRANSPORT:-} in curl) TRANSPORTS=curl ;; *) TRANSPORTS="direct curl" ;; esac
}

make_streams() {
    python3 "$BATS_TEST_DIRNAME/make_streams.py" "$@"
}

# checked DB JSON N: Python finds the same values for the N thresholds on streams in that document.
checked() {
    [ "$(python3 "$BATS_TEST_DIRNAME/check_stream_thresholds.py" "$1" "$2")" = "$3" ]
}

# gated DB CODE EXPRESSION...: `gate` ends with CODE, and its JSON is in gate.json.
gated() {
    local db=$1 code=$2 x options=()
    for x in "${@:3}"; do options+=(-e "$x"); done
    status=0
    "$COLDSWARM" gate "$db" -f json "${options[@]}" >gate.json 2>err || status=$?
    output=$(cat gate.json err)
    ended "$code" "$db"
}

# scenario N THRESHOLDS [PATH]: two users that stream from the target, N requests, into s.json; a second request is no stream.
scenario() {
    only "$1"
    cat >s.json <<END
{ "load": {"users": 2, "spawn_rate": 100, "duration": "1h"}, $FEED,
  "tasks": [{"name": "chat", "method": "POST", "path": "${3:-/v1/chat/completions}", "stream": "openai", $ONE,
             "json": {"model": "coldswarm", "stream": true, "messages": [{"role": "user", "content": "hello"}]}},
            {"name": "plain", "path": "/", $ONE}],
  "thresholds": $2 }
END
}

@test "every metric, filter and range has the value that Python finds in the rows" {
    for kind in many rate few; do
        make_streams "$kind.db" "$kind"
        gated "$kind.db" 99 'ttft p(95)<200' 'ttft{name:/v1/chat} med<1' 'ttft{outcome:stream_cut} max<1' 'ttft avg<300 from 2s' \
            'ttfo p(99)<2000' 'ttfo{expected_response:true} min>0' 'time_per_token avg<1000' 'time_per_token{name:/v1/completions} p(90)<5' \
            'time_per_token max<1' 'token_gap p(99.9)<50' 'token_gap{method:POST} med<=5' 'token_gap max<1 from 1.5s' 'token_gap p(95)<40 over 3s' \
            'ttft p(50)<250 over 5s from 1s' 'time_per_token med<10 over 4s' 'output_tokens count>3' 'output_tokens rate>100' \
            'output_tokens{name:/v1/chat,status:200} rate>100 over 2s' 'output_tokens{outcome:cancelled} count<1' 'output_tokens rate>1 from 3s' \
            'goodput{ttft<200,time_per_token<50} rate>0.95' 'goodput{name:/v1/chat,ttft<=250} rate>0.5' 'goodput{token_gap<60,e2e<1500} rate<0.1' \
            'goodput{ttfo<250} rate>=0.3 over 5s' 'goodput{ttft<1e9} rate>0.99 from 2.5s'
        checked "$kind.db" gate.json 25
    done
    # Whether a limit may be touched.
    make_streams s.db steady
    sql s.db 'UPDATE stream SET first_token_us = 99000'
    gated s.db 0 'goodput{ttft<99} rate==0' 'goodput{ttft<=99} rate==1' 'ttft max==99'
}

@test "a request that failed before its stream counts for goodput, by what the run file says streams" {
    make_streams m.db many
    # 15 failed with 503 on an endpoint with streams; 15 of /health need none
    gated m.db 0 'goodput{ttft<1e9} rate<1'
    checked m.db gate.json 1
    [ "$(json gate.json '$.thresholds[0].samples')" = \
        "$(sql m.db "select count(*) from requests where name like '/v1/%' and outcome not in ('cancelled', 'not_sent')")" ]
    sql m.db "insert into manifest values ('stream_endpoints', '[0, 1, 2]')"
    gated m.db 0 'goodput{ttft<1e9} rate<1' 'goodput{name:/health,ttft<1e9} rate==0'
    checked m.db gate.json 2
    # What is no such list is as if it were not there.
    sql m.db "update manifest set value = '[7, -1, \"x\", {}]' where key = 'stream_endpoints'"
    gated m.db 99 'goodput{name:/health,ttft<1e9} rate==0'
    [[ "$(json gate.json '$.thresholds[0].reason')" == "no data: no answer to these requests was read as a stream"* ]]
}

@test "a file without streams, or of an older version, has no data, and says what it lacks" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" 7.db plain
    for v in 3 4 5; do sqlite3 "$v.db" <"$ROOT/tests/record/old/schema-$v.sql"; done
    for v in 3 4 5 7; do
        gated "$v.db" 99 'ttft p(95)<200' 'token_gap max<1' 'output_tokens count<9' 'goodput{ttft<200} rate<2' 'http_reqs count>0'
        [ "$(json gate.json '$.thresholds[0].value' '$.thresholds[3].value' '$.thresholds[4].ok')" = "||1" ]
        for i in 0 1 2 3; do
            [ "$(json gate.json "\$.thresholds[$i].ok" "\$.thresholds[$i].reason")" = \
                '0|no data: no answer to these requests was read as a stream; is "stream" in the scenario, and does the server stream?' ]
        done
    done
}

@test "a run judges what it streamed, and gate and every report say the same" {
    start_target --tokens 20 --ttft 20ms --token-gap 2ms
    for transport in $TRANSPORTS; do
        scenario 150 '{"ttft": ["p(95)<60000", "min>=20"], "ttfo{name:chat}": ["med<60000"], "time_per_token": ["avg<60000"],
            "token_gap": ["p(99)<60000", {"threshold": "max<60000", "from": "1s"}], "output_tokens": ["count>19", "rate>0.1"],
            "goodput{ttft<60000,time_per_token<60000}": ["rate>0.99"], "goodput{name:chat,e2e<=1}": [{"threshold": "rate<0.5", "abortOnFail": true}]}'
        rm -rf r.db* out
        run --separate-stderr "$COLDSWARM" run s.json -H "$URL" --transport "$transport" -o r.db --seed 1 --threshold 'output_tokens{outcome:ok} count>=20'
        ended 0 r.db
        [[ "$output" == *$'\nok '*'goodput{ttft<60000,time_per_token<60000}'* && "$output" != *FAILED* ]]
        [ "$(sql r.db "select value from manifest where key = 'stream_endpoints'")" = "[0]" ]
        "$COLDSWARM" report r.db -f json >report.json
        checked r.db report.json 11
        gated r.db 0
        checked r.db gate.json 11
        [ "$(json gate.json '$.thresholds')" = "$(json report.json '$.thresholds')" ]
        # Every answer has the 20 tokens that the target sends.
        [ "$(json_sql gate.json "select value->>'$.value' = $(sql r.db "select 20 * count(*) from requests where name = 'chat' and outcome = 'ok'")
            from file, json_each(doc, '$.thresholds') where value->>'$.metric' = 'output_tokens{outcome:ok}'")" = 1 ]
        run "$COLDSWARM" gate r.db
        [[ "$output" == *'goodput{ttft<60000,time_per_token<60000}'*'11 of 11 thresholds passed'* ]]
        run "$COLDSWARM" gate r.db -f markdown
        [[ "$output" == *'time\_per\_token'* ]]
        "$COLDSWARM" report r.db --out out --no-figures >/dev/null
        grep -q '"goodput{ttft<60000,time_per_token<60000}"' out/thresholds.csv
        "$COLDSWARM" report r.db -f html >page.html
        grep -q 'goodput{ttft&lt;60000' page.html
    done
}

@test "abortOnFail on a number of streams ends an hour's run early" {
    start_target --tokens 20 --ttft 40ms --token-gap 1ms
    local thresholds=('ttft p(90)<20' 'token_gap max<0.5 over 1s' 'ttfo{name:chat} min>40000' 'time_per_token avg<0.5' 'output_tokens count<50'
        'goodput{ttft<20} rate>0.5')
    for transport in $TRANSPORTS; do
        for threshold in "${thresholds[@]}"; do
            scenario 1000000 '{}'
            rm -f r.db*
            run --separate-stderr "$COLDSWARM" run s.json -H "$URL" --transport "$transport" -o r.db --quiet --stop-timeout 1s \
                --threshold "$threshold abortOnFail"
            ended 99 r.db
            [[ "$stderr" == *"threshold $threshold abortOnFail failed at "*"s, which ended the run"* ]]
            [ "$(sql r.db 'select duration_us < 1000000 * 600 from run')" = 1 ]
            [ "$(sql r.db "select count(*) from event where kind = 'threshold' and text like '%which ends the run'")" = 1 ]
            [[ "$(sql r.db "select value from manifest where key = 'thresholds_end'")" == *" $threshold abortOnFail" ]]
            gated r.db 99 "$threshold"
            checked r.db gate.json 1
        done
        thresholds=("${thresholds[@]:0:2}") # all of them with one transport
    done
}

@test "answers that never stream fail goodput while the run goes on" {
    start_target --tokens 5 --ttft 1ms
    for transport in $TRANSPORTS; do
        scenario 1000000 '{}' /nothing/here
        rm -f r.db*
        run --separate-stderr "$COLDSWARM" run s.json -H "$URL" --transport "$transport" -o r.db --quiet --threshold 'goodput{ttft<1000} rate>0.9 abortOnFail'
        ended 99 r.db
        [ "$(sql r.db "select count(*) > 0, count(*) = sum(outcome <> 'ok') from requests where name = 'chat' and outcome <> 'cancelled'")" = "1|1" ]
        gated r.db 99 'goodput{ttft<1000} rate>0.9'
        checked r.db gate.json 1
        [ "$(json_sql gate.json "select doc->>'$.thresholds[0].value' = 0, doc->>'$.thresholds[0].samples' > 0 from file")" = "1|1" ]
    done
}

@test "what cannot be is refused before anything is sent" {
    start_target
    printf '%s' '{ "load": {"users": 1, "duration": "1s"}, "tasks": [{"name": "/", "path": "/"}], "thresholds": {"ttft": ["p(95)<1"]} }' >plain.json
    run --separate-stderr "$COLDSWARM" validate plain.json -H "$URL"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *'plain.json:1:'*'ttft: nothing that the scenario sends is read as a stream; add "stream" to the request, such as "stream": "openai"'* ]]
    scenario 1 '{}'
    while IFS='|' read -r threshold why; do
        run --separate-stderr "$COLDSWARM" run s.json -H "$URL" -o r.db --quiet --threshold "$threshold"
        [ "$status" -eq 2 ] || { echo "$threshold"; false; }
        [[ "$stderr" == *"$why"* ]] || { echo "$stderr"; false; }
        [ ! -e r.db ]
    done <<'END'
ttft{name:plain} p(95)<1|ttft{name:plain}: nothing that the scenario sends and that fits is read as a stream
ttft{name:chta} p(95)<1|did you mean chat?
tpot p(95)<1|unknown metric "tpot": tools differ in what it means; use time_per_token
ttftt p(95)<1|unknown metric "ttftt"; did you mean "ttft"?
ttft rate<1|"rate" does not fit ttft, which is a trend of times
goodput rate>0.9|goodput needs limits that make an answer good, such as goodput{ttft<200,time_per_token<50}
goodput{ttft<200ms} rate>0.9|times are milliseconds without a unit (200, not 200ms)
goodput{time_per_tokn<5} rate>0.9|did you mean "time_per_token"?
goodput{ttft<200} rate>0.9 over 1500ms|over: windows are whole seconds
END
    [ "$(served POST /v1/chat/completions)" = 0 ]
    # One that can never fail is named.
    scenario 1 '{"goodput{ttft<5}": ["rate<=1"], "token_gap": ["p(99)<99999999"]}'
    run --separate-stderr "$COLDSWARM" validate s.json -H "$URL"
    [ "$status" -eq 0 ]
    [[ "$output$stderr" == *"can never fail: goodput{ttft<5} rate<=1"*"can never fail: token_gap p(99)<99999999"* ]]
}
