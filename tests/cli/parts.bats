#!/usr/bin/env bats
# run --shard and merge, together: what the parts of real runs tell the merged file, which parts are of one load, and what ends a part.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# merge_of N WORDS...: merges the N parts into m.db; with words, it is refused with them.
merge_of() {
    local n=$1
    shift
    rm -f m.db
    if [ $# -gt 0 ]; then
        run -2 "$COLDSWARM" merge m.db p"$n"-*.db
        [[ $output == *"$1"* ]] || { echo "$output" && false; }
        [ ! -e m.db ]
    else
        local code=0
        "$COLDSWARM" merge m.db p"$n"-*.db >merged || code=$?
        # 4: of a load by rate, a busy machine sends some late.
        [ $code -eq 0 ] || [ $code -eq 4 ] || { cat merged && false; }
    fi
}

@test "the exit code in the merged file is that of one machine: failed requests count, and --exit-code-on-error says how" {
    start_hostile
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 4, \"spawn_rate\": 40, \"duration\": \"1s\" }, \"wait\": { \"constant\": \"100ms\" }, \"tasks\": [{ \"path\": \"/status/500\" }] }" >s.json
    parts 2 1
    merge_of 2
    [ "$(sql m.db "select exit_code from run")" = 1 ]
    [ "$(sql m.db "select count(*) > 3 and sum(outcome = 'http_error') = count(*) from requests")" = 1 ]
    COLDSWARM_EXIT_CODE_ON_ERROR=7 parts 2 1
    merge_of 2
    [ "$(sql m.db "select exit_code from run")" = 7 ]
    COLDSWARM_EXIT_CODE_ON_ERROR=0 parts 2 1
    merge_of 2
    [ "$(sql m.db "select exit_code from run")" = 0 ]
}

# host NAME: a machine's folder, with the scenario and all its files.
host() {
    rm -rf "$1"
    mkdir -p "$1/in/images"
    printf 'n\n1\n2\n3\n' >"$1/in/rows.csv"
    printf 'picture' >"$1/in/images/a.png"
    printf '{ "timestamp": %d }\n' 0 100 200 300 400 500 >"$1/in/t.jsonl"
    printf 'body' >"$1/in/body.txt"
    echo "{ \"target\": \"$URL\", \"load\": { \"trace\": \"t.jsonl\", \"max_users\": 8 },
        \"feeders\": { \"r\": { \"csv\": \"rows.csv\" }, \"i\": { \"files\": \"images\" } },
        \"tasks\": [{ \"name\": \"x\", \"path\": \"/ok?\${r.n}\${i.name}\", \"method\": \"POST\", \"body_file\": \"body.txt\" }] }" >"$1/in/s.json"
}

# both: part 0 in the folder a, part 1 in b, by another path.
both() {
    local wait at missed one two code
    for wait in 2 20 60; do
        at=$(date -u -d "+$wait seconds" +%FT%TZ)
        rm -f p2-*.db
        (cd a/in && exec "$COLDSWARM" run s.json --seed 7 --shard 0/2 --start-at "$at" -o ../../p2-0.db --quiet >../../err0 2>&1 3>&-) &
        one=$!
        "$COLDSWARM" run "$PWD/b/in/s.json" --seed 7 --shard 1/2 --start-at "$at" -o p2-1.db --quiet >err1 2>&1 3>&- &
        two=$!
        missed=0
        for pid in $one $two; do
            code=0
            wait $pid || code=$?
            [ $code -ne 2 ] || missed=1
        done
        [ $missed -eq 1 ] || return 0
    done
    cat err0 err1
    return 1
}

@test "hosts may have the scenario in different folders, but the files that it uses must be equal, and the merge names the one that is not" {
    start_hostile
    host a
    host b
    both
    merge_of 2
    [ "$(sql m.db "select count(*) from requests")" = 6 ]
    local file
    printf 'n\n1\n2\n4\n' >b/in/rows.csv
    both
    merge_of 2 "not parts of one load: file_sha256:rows.csv is"
    host b
    sed -i s/300/301/ b/in/t.jsonl
    both
    merge_of 2 "not parts of one load: file_sha256:t.jsonl is"
    host b
    printf 'picture!' >b/in/images/a.png
    both
    merge_of 2 "not parts of one load: file_sha256:images is"
    host b
    mv b/in/images/a.png b/in/images/b.png
    both
    merge_of 2 "not parts of one load: file_sha256:images is"
    # The hash of a file is that of its bytes.
    [ "$(sql p2-0.db "select value from manifest where key = 'file_sha256:rows.csv'")" = "$(sha256sum a/in/rows.csv | cut -d' ' -f1)" ]
    # A replay says what has changed since.
    host b
    both
    merge_of 2
    printf 'n\n9\n' >a/in/rows.csv
    run "$COLDSWARM" run --replay m.db --quiet -o r.db
    [[ $output == *"rows.csv has changed since"* ]]
    [ "$(grep -c 'has changed since' <<<"$output")" = 1 ]
}

@test "all users are active when those of the last part are: one event, with the users of all" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 5, \"spawn_rate\": 5, \"duration\": \"2s\" }, \"wait\": { \"constant\": \"50ms\" }, $TASKS }" >s.json
    # A run looks ten times a second: one that stands still may miss its users. Then there is more time.
    local time
    for time in 2s 15s 60s; do
        sed -i "s/\"duration\": \"[0-9]*s\"/\"duration\": \"$time\"/" s.json
        parts 3 1
        [ "$(all 3 "select count(*) from event where kind = 'spawning_complete'" | sum)" -ne 3 ] || break
    done
    merge_of 3
    [ "$(sql m.db "select text from event where kind = 'spawning_complete'")" = "all 5 users are active" ]
    # The fifth user starts at 800 ms, and a run looks ten times a second.
    [ "$(sql m.db "select at_us >= 800000 from event where kind = 'spawning_complete'")" = 1 ]
    # Without a part they never are.
    rm m.db
    run -4 "$COLDSWARM" merge --partial m.db p3-0.db p3-1.db
    [ "$(sql m.db "select count(*) from event where kind = 'spawning_complete'")" = 0 ]
}

@test "one part reads the target's metrics, and the merged file has its series" {
    start_metrics
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 20, \"duration\": \"2s\", \"max_users\": 4 }, \"scrape\": \"$METRICS/metrics\", $TASKS }" >s.json
    parts 3 1
    [ "$(all 3 "select count(*) > 0 from server_series" | tr '\n' ' ')" = "1 0 0 " ]
    merge_of 3
    [ "$(sql m.db "select count(*) from server_series")" = "$(sql p3-0.db "select count(*) from server_series")" ]
    # Every time that it was asked is of that part.
    [ "$(wc -l <"$METRICS_LOG")" = "$(sql p3-0.db "select value from manifest where key = 'scrapes'")" ]
}

@test "a part whose ssh is gone ends in order: SIGHUP is a signal like others, unless nohup ignores it" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 50, \"duration\": \"1h\", \"max_users\": 4 }, $TASKS }" >s.json
    local pid code=0
    # The tests themselves may have been started by nohup.
    env --default-signal=HUP "$COLDSWARM" run s.json -o a.db --quiet >out 2>err 3>&- &
    pid=$!
    until [ -e a.db ] && [ "$(sql a.db "select count(*) > 9 from requests")" = 1 ]; do pause; done
    kill -HUP $pid
    wait $pid || code=$?
    [ $code -eq 129 ]
    [ "$(sql a.db "select exit_code from run")" = 129 ]
    [ "$(sql a.db "select text from event where kind = 'signal'")" = "SIGHUP: no new requests" ]
    nohup "$COLDSWARM" run s.json -o b.db --quiet >out 2>err 3>&- &
    pid=$!
    until [ -e b.db ] && [ "$(sql b.db "select count(*) > 9 from requests")" = 1 ]; do pause; done
    kill -HUP $pid
    rows=$(sql b.db "select count(*) from requests")
    until [ "$(sql b.db "select count(*) from requests")" -gt "$((rows + 50))" ]; do pause; done
    kill -TERM $pid
    code=0
    wait $pid || code=$?
    [ $code -eq 143 ]
}

@test "merge: a part that has the temporary name of the output stays as it is" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 20, \"duration\": \"1s\", \"max_users\": 4 }, $TASKS }" >s.json
    parts 2 1
    local sum
    sum=$(cksum p2-1.db)
    mv p2-1.db m.db.merging
    run -3 "$COLDSWARM" merge m.db p2-0.db m.db.merging
    [[ $output == *"cannot create m.db: it is written as m.db.merging first, which is the part m.db.merging (rename the part)"* ]]
    [ "$(cksum m.db.merging | sed s/m.db.merging/p2-1.db/)" = "$sum" ]
    ln m.db.merging p2-1.db
    run -3 "$COLDSWARM" merge m.db p2-0.db p2-1.db
    [ "$(cksum p2-1.db)" = "$sum" ]
    rm m.db.merging
    merge_of 2
}

@test "merge: a part that was killed needs its -wal, and the message says so" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 50, \"duration\": \"1h\", \"max_users\": 4 }, $TASKS }" >s.json
    local pid wait
    for wait in 3 20 60; do # as parts() does
        rm -f a.db*
        "$COLDSWARM" run s.json --seed 7 --shard 0/1 --start-at "$(date -u -d "+$wait seconds" +%FT%TZ)" -o a.db --quiet >out 2>err 3>&- &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            [ ! -e a.db ] || [ "$(sql a.db "select count(*) > 9 from requests" 2>/dev/null)" != 1 ] || break 2
            pause
        done
    done
    kill -KILL $pid
    wait $pid || true
    mkdir alone with
    cp a.db alone
    cp a.db a.db-wal with
    run -3 "$COLDSWARM" merge m.db alone/a.db
    [[ $output == *"cannot read alone/a.db: it has no manifest. A run that was killed leaves its newest data in a.db-wal; copy that file too"* ]]
    run -4 "$COLDSWARM" merge m.db with/a.db
    [[ $output == *"INVALID: part 0 of 1"*"it was interrupted"* ]]
    [ "$(sql m.db "select count(*) > 9 from requests")" = 1 ]
}

@test "merge: hundreds of parts, with the few open files that a shell allows at first" {
    local n=600
    python3 "$BATS_TEST_DIRNAME/make_whole_run.py" whole.db many
    mkdir many
    python3 "$BATS_TEST_DIRNAME/split_run.py" whole.db $n many
    (ulimit -Sn 256 && "$COLDSWARM" merge m.db many/*.db >merged)
    grep -q "^Parts     $n of $n" merged
    [ "$(sql m.db "select count(*) from requests")" = "$(sql whole.db "select count(*) from requests")" ]
    # Where the machine does not allow more, that is the reason which is said.
    rm m.db
    run -3 bash -c "ulimit -n 256 && exec \"\$1\" merge m.db many/*.db" - "$COLDSWARM"
    [[ $output == *"too many open files (raise the limit: ulimit -n)"* ]]
    [ ! -e m.db ]
}

@test "report of several parts is that of the whole, in every format, and leaves no file; compare refuses a part" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 60, \"duration\": \"2s\", \"max_users\": 9 }, $TASKS }" >s.json
    parts 3 1
    merge_of 3
    mkdir tmp
    export TMPDIR=$PWD/tmp
    local format
    for format in table markdown csv json latex html hgrm hgrm-service jtl k6-summary junit; do
        "$COLDSWARM" report -f $format m.db >whole
        "$COLDSWARM" report -f $format p3-2.db p3-0.db p3-1.db >parts
        [ -s parts ]
        diff <(sed 's/"file": *"[^"]*"//' whole) <(sed 's/"file": *"[^"]*"//' parts)
    done
    "$COLDSWARM" report --out out --no-figures --csv locust --from 500ms p3-*.db >/dev/null
    [ -s out/tables.txt ] && [ -s locust_stats.csv ]
    # A part that is missing: the report says so.
    run -0 "$COLDSWARM" report p3-0.db p3-2.db
    [[ $output == *"Verdict: INVALID: part 1 of 3 is missing"* ]]
    cp m.db whole.db
    run -2 "$COLDSWARM" report p3-0.db whole.db
    [[ $output == *"whole.db is a whole run, not a part of one"* ]]
    TMPDIR=$PWD/none run -3 "$COLDSWARM" report p3-0.db p3-1.db
    [[ $output == *"cannot create the folder"*"set TMPDIR to a folder with enough space"* ]]
    [ -z "$(ls tmp)" ]
    run -2 "$COLDSWARM" compare p3-0.db --with p3-1.db
    [[ $output == *"p3-0.db is part 0/3 of a load, not a run: merge the parts first"* ]]
}

@test "what answers say of their own times is said of all of them, not of those of one part" {
    # 4 tokens where 16 are asked for.
    start_target --tokens 4 --ttft 300ms --token-gap 300ms # so far apart that no lag of a busy machine counts
    echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 10, \"duration\": \"2s\", \"max_users\": 30 }, \"tasks\": [{ \"path\": \"/v1/chat/completions\", \"stream\": \"openai\",
        \"json\": { \"model\": \"m\", \"stream\": true, \"max_tokens\": 16, \"messages\": [{ \"role\": \"user\", \"content\": \"a\" }] } }] }" >s.json
    whole
    [[ "$(sql whole.db "select verdict_reason from run")" == *"answers have 4 output tokens on average, and 16 were asked for"* ]] || was_late whole.db
    parts 2 1
    [ "$(all 2 "select verdict_reason like '%output tokens%' from run" | sum)" = 0 ]
    merge_of 2
    [[ "$(sql m.db "select verdict || ' ' || verdict_reason from run")" == "SUSPECT answers have 4 output tokens on average"* ]] ||
        [ "$(all 2 "select verdict = 'VALID' from run" | sum)" -lt 2 ]
    [ "$(sql m.db "select count(*) from streams")" = 20 ]
}
