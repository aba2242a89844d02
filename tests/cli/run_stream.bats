#!/usr/bin/env bats
# run --stream FORMAT: a service of a language model is tested without a scenario. What the run file has is what the token server counts.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() { cd "$BATS_TEST_TMPDIR"; }

@test "each format needs the service's address alone; each prompt is its own" {
    start_target --tokens 5000 --ttft 1ms --token-gap 0
    for format in openai completions responses anthropic tgi ollama; do
        rm -f r.db*
        run "$COLDSWARM" run --host "$URL" --stream "$format" --prompt-words 7 --max-tokens 12 --rate 10 -t 2s -o r.db --quiet
        echo "$format: $output"
        ended 0 r.db
        [ "$(sql r.db "select count(*) > 0, min(outcome), max(outcome) from requests")" = "1|ok|ok" ]
        [ "$(sql r.db "select min(token_events), max(token_events), min(output_tokens), max(output_tokens) from streams")" = "12|12|12|12" ]
        [ "$(sql r.db "select count(*) from streams")" = "$(sql r.db "select count(*) from requests")" ]
    done
    # usage as the chat's server says it: it counts words.
    rm -f r.db*
    run "$COLDSWARM" run --host "$URL/v1/" --stream openai --prompt-words 7 --max-tokens 12 --rate 10 -t 1s -o r.db --quiet
    ended 0 r.db
    [ "$(sql r.db "select distinct tokens_from from streams")" = usage ]
    [ "$(sql r.db "select min(prompt_tokens), max(prompt_tokens) from streams")" = "7|7" ]
    # The text that a file could have had is in the run file, with the model that the service names; replaying it is the same load.
    model=$(python3 -c 'import json, sys, urllib.request
print(json.load(urllib.request.urlopen(sys.argv[1] + "/v1/models"))["data"][0]["id"])' "$URL")
    [[ "$(sql r.db "select scenario from run")" == *"\"model\": \"$model\""* ]]
}

@test "a model that is given is not asked for" {
    start_target --tokens 5 --ttft 1ms --token-gap 0 --token-log log.csv
    run "$COLDSWARM" run --host "$URL" --stream openai --model mine/7b --rate 5 -t 1s -o r.db --quiet
    ended 0 r.db
    [[ "$(sql r.db "select scenario from run")" == *'"model": "mine/7b"'* ]]
    [ "$(sql r.db "select distinct output_tokens from streams")" = 5 ]
}

@test "mistakes say what to write" {
    while IFS='|' read -r options expected; do
        # shellcheck disable=SC2086
        run "$COLDSWARM" run $options -t 1s -o r.db --quiet
        echo "$options: $output"
        [ "$status" -eq 2 ]
        [[ "$output" == *"$expected"* ]]
        [ ! -e r.db ]
    done <<'END'
--stream openai|--stream needs --host URL: the service to test
--stream open --host http://127.0.0.1:9|openai
--model m --host http://127.0.0.1:9|--model belongs to --stream FORMAT; add it
--prompt-words 5 --host http://127.0.0.1:9|--prompt-words belongs to --stream FORMAT; add it
--max-tokens 5 --host http://127.0.0.1:9|--max-tokens belongs to --stream FORMAT; add it
s.json --stream openai --host http://127.0.0.1:9|--stream is for a run without a scenario file; write "stream": "openai" on a request of s.json
--stream openai --prompt-words 0 --host http://127.0.0.1:9|--prompt-words
--stream openai --max-tokens x --host http://127.0.0.1:9|--max-tokens
END
}

@test "a service that cannot be asked for its model" {
    # One that does not answer is exit 3, as a run is against it; a URL that cannot be is 2, with and without --model.
    run "$COLDSWARM" run --stream openai --host http://127.0.0.1:1 -t 1s -o r.db --quiet
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"cannot ask http://127.0.0.1:1/v1/models for the name of its model: "*"give it with --model"* ]]
    [ ! -e r.db ]
    run "$COLDSWARM" run --stream openai --host http://127.0.0.1:1 --model m -t 100ms -o r.db --quiet
    [ "$status" -eq 3 ]
    rm r.db*
    for more in "" "--model m"; do
        # shellcheck disable=SC2086
        run "$COLDSWARM" run --stream openai --host 'http://127.0.0.1:99999' $more -t 1s -o r.db --quiet
        [ "$status" -eq 2 ]
        [[ "$output" == *'"http://127.0.0.1:99999" cannot be the target: the port after'* ]]
    done
    start_hostile
    run "$COLDSWARM" run --stream openai --host "$URL" -t 1s -o r.db --quiet
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"give "*"with --model"* ]]
    [ ! -e r.db ]
}

@test "a replay has its stream already, and takes no other" {
    start_target --tokens 5 --ttft 1ms --token-gap 0
    run "$COLDSWARM" run --host "$URL" --stream openai --max-tokens 5 -t 200ms -o a.db --quiet
    ended 0 a.db
    for options in "--stream tgi" "--model m" "--prompt-words 3" "--max-tokens 3"; do
        # shellcheck disable=SC2086
        run "$COLDSWARM" run --replay a.db $options -o b.db --quiet
        [ "$status" -eq 2 ]
        [[ "$output" == *"--replay takes the scenario from the run file; remove ${options% *}"* ]]
        [ ! -e b.db ]
    done
    run "$COLDSWARM" run --replay a.db -o b.db --quiet
    ended 0 b.db
    [ "$(sql b.db "select min(token_events), max(token_events) from streams")" = "5|5" ]
}

@test "the service is asked for its model with the key, which no message shows" {
    start_hostile
    OPENAI_API_KEY=secret-key run "$COLDSWARM" run --stream openai --host "$URL" -t 1s -o r.db --quiet
    [ "$status" -eq 2 ]
    grep -F '"path": "/v1/models"' "$HOSTILE_LOG" | grep -qF 'Bearer secret-key'
    [[ "$output" != *secret-key* ]]
}

@test "a service that starts for the question of its model: the run says that it has no cold start" {
    start_target --tokens 5 --ttft 1ms --token-gap 0 --cold-start 1100ms
    run "$COLDSWARM" run --stream openai --host "$URL" -t 200ms -o r.db --quiet
    ended 0 r.db
    [[ "$output" =~ "the service took "[0-9.]+"s to name its model, before the run; if it had to start for that, the run has no cold start" ]]
}

@test "streams that all hang until the end of the run are no success: SUSPECT, exit 3" {
    start_target --end stall --tokens 10 --ttft 1ms --token-gap 0
    # Answers that have not begun when the machine stands still have more time at the next try.
    local time
    for time in 500ms 5s 30s; do
        rm -f r.db
        run --separate-stderr "$COLDSWARM" run --host "$URL" --stream openai --max-tokens 10 -u 3 -r 100 -t "$time" -s 300ms -o r.db --only-summary
        [ "$(sql r.db "select sum(status = 200) = count(*) from requests")" != 1 ] || break
    done
    echo "$output $stderr"
    [ "$status" -eq 3 ]
    [ "$(sql r.db "select count(*) > 0, min(outcome), max(outcome), min(status) from requests")" = "1|cancelled|cancelled|200" ]
    [ "$(sql r.db "select verdict, exit_code from run")" = "SUSPECT|3" ]
    [[ "$output" == *"Verdict: SUSPECT: no request came to its end, so there are no times: all "*" were cancelled when the run stopped"* ]]
    [[ "$stderr" == *"$URL completed no answer: "*" responses began, and all were cancelled when the run stopped"* ]]
    # One that ends makes it a run like any other.
    start_target --tokens 10 --ttft 1ms --token-gap 0
    run "$COLDSWARM" run --host "$URL" --stream openai --max-tokens 10 -t 200ms -o s.db --quiet
    ended 0 s.db
}

@test "a stream that falls silent fails before its timeout: the scenario says when" {
    start_target --tokens 5 --ttft 1ms --token-gap 0
    run "$COLDSWARM" run --host "$URL" --stream openai --max-tokens 5 -t 100ms -o r.db --quiet
    ended 0 r.db
    sql r.db "select scenario from run" >s.json
    [ "$(json s.json '$.timeout' '$.tasks[0].stream.format' '$.tasks[0].stream.idle_timeout')" = "10m|openai|5m" ]
}
