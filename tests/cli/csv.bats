#!/usr/bin/env bats
# CSV files as spreadsheets save them: what reaches the target.

load ../support/helpers
bats_require_minimum_version 1.5.0

@test "a file with semicolons, quotes, a byte order mark and CRLF gives its values" {
    start_hostile
    cd "$SCRATCH"
    printf '\357\273\277"user";"pass;word"\r\nann;"1;2"\r\nbob;3\r\n' >users.csv
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 1, "duration": "60s" }, "feeders": { "f": { "csv": "users.csv", "mode": "once" } },
  "tasks": [{ "path": "/ok", "query": { "u": "\${f.user}", "p": "\${f.pass;word}" } }] }
END
    local transport
    for transport in direct curl; do
        : >"$HOSTILE_LOG"
        rm -f run.db
        "$COLDSWARM" run s.json -o run.db --quiet --transport "$transport"
        grep -q '/ok?u=ann&p=1%3B2"' "$HOSTILE_LOG"
        grep -q '/ok?u=bob&p=3"' "$HOSTILE_LOG"
    done
}

@test "validate names the columns that it found and the delimiter that was meant" {
    cd "$SCRATCH"
    printf 'user;password\nann;1\nbob;2;3\n' >users.csv
    echo '{ "target": "http://h", "load": { "users": 1, "duration": "1s" }, "feeders": { "f": { "csv": "users.csv" } },
        "tasks": [{ "path": "/", "json": { "user": "${f.user}" } }] }' >s.json
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [[ "$output" == *'users.csv has the column "user;password"; did you mean "delimiter": ";"?'* ]]
    sed -i 's/"csv": "users.csv"/"csv": "users.csv", "delimiter": ";"/' s.json
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [[ "$output" == *'users.csv:3: 3 fields, but the header has 2 columns'* ]]
    sed -i 3d users.csv
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
}

@test "users who end for want of a row are told, in the report and not only as an event" {
    start_target
    cd "$SCRATCH"
    printf 'v\n1\n2\n' >f.csv
    cat >s.json <<END
{ "target": "$URL", "load": { "users": 5, "spawn_rate": 1000, "duration": "1s" }, "wait": { "constant": "20ms" },
  "feeders": { "f": { "csv": "f.csv", "mode": "unique" } }, "tasks": [{ "path": "/", "query": { "v": "\${f.v}" } }] }
END
    run "$COLDSWARM" run s.json -o run.db --only-summary
    [ "$status" -eq 0 ]
    [[ "$output" =~ "the feeder f has no row left after 2: user "[0-4]" ends (others may follow). From then on the load was lower than specified" ]]
    [ "$("$COLDSWARM" report run.db -f json | python3 -c 'import json, sys; print(*[n["key"] for n in json.load(sys.stdin)["notes"]])')" = feeder_empty ]
    # Where the rows are what the run is long, nothing is amiss.
    sed -i 's/"unique"/"once"/' s.json
    run "$COLDSWARM" run s.json -o once.db --only-summary
    [[ "$output" != *"less than asked"* ]]
    [ "$(sqlite3 once.db "SELECT text FROM event WHERE kind = 'feeder_empty'" | sed 's/user .*/user/')" = \
        "the feeder f has no row left after 2: the run ends with user" ]
}
