#!/usr/bin/env bats
# What a report says where a server serves some users only, or answers late on kept connections: of rows that were made for it.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# of KIND: $output is the report of such a run, $keys the keys of its notes.
of() {
    python3 "$BATS_TEST_DIRNAME/make_served_run.py" "$1.db" "$1"
    "$COLDSWARM" report "$1.db" -f json >"$1.json"
    keys=$(python3 -c 'import json, sys; print(*[n["key"] for n in json.load(open(sys.argv[1]))["notes"]])' "$1.json")
    run -0 "$COLDSWARM" report "$1.db"
}

# users_of KIND: started, least, median and most requests of a user, users without and with one answer, starved.
users_of() {
    python3 -c 'import json, sys; u = json.load(open(sys.argv[1])).get("client", {}).get("users"); print(*(u.values() if u else ["none"]))' "$1.json"
}

@test "users whose connections are held and not served" {
    of held # 98 with 100 answers, 4 with one, 98 with none; sorted, the middle two of 200 are ones
    [ "$keys" = starved_users ]
    [ "$(users_of held)" = "200 0 1 100 98 4 102" ]
    [[ $output == *"Requests per user"*" minimum 0, median 1, maximum 100, of 200 users"* ]]
    [[ $output == *"Without a response"*" 98 users; only one response: 4"* ]]
    [[ $output == *"Starved users: 102 of 200 got at most one response while the others continued (no response: 98, one: 4, median of the others: 100)."* ]]
    [[ $output == *"Verdict: VALID"* ]] # the client did its part
    "$COLDSWARM" report held.db --no-figures --out out >/dev/null
    grep -q '^Starved users: 102 of 200' out/tables.md
    grep -q '^| Requests per user | minimum 0, median 1' out/tables.md
    grep -q '<li>Starved users: 102 of 200' out/report.html
    grep -q 'minimum 0, median 1' out/report.html
    grep -q '^\\item Starved users: 102 of 200' out/tables.tex
    # A part of the run says nothing of it.
    run -0 "$COLDSWARM" report held.db --from 10s
    [[ $output != *Starved* ]]
}

@test "users of whom there is no row are known by the number of users" {
    of rowless
    [ "$keys" = starved_users ]
    [ "$(users_of rowless)" = "10 0 50 50 4 0 4" ]
}

@test "who comes late, leaves early or pauses long is not starved" {
    of ramp # 60, 59, ..., 1 requests; the middle ones are 30 and 31
    [ "$keys" = "" ]
    [ "$(users_of ramp)" = "60 1 30.5 60 0 1 0" ]
    of down
    [ "$keys" = "" ]
    [ "$(users_of down)" = "10 1 1 60 0 8 0" ]
    of slow
    [ "$keys" = "" ]
    [ "$(users_of slow)" = "10 1 3 3 0 1 0" ]
}

@test "classes of users differ: there it takes an answer that did not come" {
    of classes
    [ "$keys" = "" ]
    [ "$(users_of classes)" = "10 1 30.5 60 0 5 0" ]
    of classes-held
    [ "$keys" = starved_users ]
    [ "$(users_of classes-held)" = "10 1 30.5 60 0 5 5" ]
}

@test "who pauses in on_start, or has no row of a feeder left, is not starved" {
    of on-start-pause
    [ "$keys" = "" ]
    [ "$(users_of on-start-pause)" = "10 0 60 60 2 2 0" ]
    of feeder-ends
    [ "$keys" = "" ]
    of feeder-goes-on # the same rows, where no user ends
    [ "$keys" = starved_users ]
    [ "$(users_of feeder-goes-on)" = "10 0 60 60 2 2 4" ]
}

@test "whom a limit of this machine kept from connecting the server has not starved" {
    of no-descriptor
    [ "$keys" = "" ]
    [ "$(users_of no-descriptor)" = "10 60 60 60 4 0 0" ]
    of refused
    [ "$keys" = starved_users ]
    [ "$(users_of refused)" = "10 60 60 60 4 0 4" ]
}

@test "under a rate users are not compared, with a pace they are" {
    of rate
    [ "$keys" = "" ]
    [ "$(users_of rate)" = none ]
    of paced
    [ "$keys" = starved_users ]
    [ "$(users_of paced)" = "10 1 60 60 0 1 1" ]
}

@test "answers that wait for a delayed acknowledgement are told, with what helps" {
    of late
    [ "$keys" = delayed_acknowledgement ]
    [[ $output == *'300 of 300 responses on keep-alive connections took 40 to 45 ms, and 10 of 10 on new connections less than 35 ms'*'"http": {"quickack": true}'* ]]
    "$COLDSWARM" report late.db --no-figures --out out >/dev/null
    grep -qF '300 of 300 responses on keep-alive connections took 40 to 45 ms' out/tables.md
    grep -q '<li>300 of 300 responses on keep-alive connections took 40 to 45 ms' out/report.html
    grep -q '^\\item 300 of 300 responses on keep-alive connections took 40 to 45 ms' out/tables.tex
}

@test "opening a connection is no part of its answer" {
    of late-tls # 4 ms, and 60 ms for connecting and TLS
    [ "$keys" = delayed_acknowledgement ]
    [[ $output == *'and 10 of 10 on new connections less than 35 ms'* ]]
}

@test "a service that takes 42 ms by itself, or hardly ever, is not told so" {
    for kind in slow-42 new-42 other-42 late-half late-few; do
        of $kind
        [ "$keys" = "" ]
        [[ $output != *quickack* ]]
    done
}
