#!/usr/bin/env bats
# run --shard: the parts of a load are the whole, whatever their number and their threads.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/parts

setup() {
    cd "$BATS_TEST_TMPDIR"
}


@test "arrivals of 2, 3 and 7 parts with unequal threads are those of one machine: evenly, Poisson, in stages, of a trace" {
    start_target
    local load n
    for ((n = 0; n < 150; n++)); do echo "{ \"timestamp\": $((n * 13 + n % 7)) }"; done >t.jsonl
    for load in '{ "rate": 90, "duration": "2s", "max_users": 20 }' '{ "rate": 90, "duration": "2s", "max_users": 20, "arrivals": "poisson" }' \
        '{ "max_users": 9, "stages": [{ "rate": 20, "duration": "500ms" }, { "rate": 200, "duration": "1s" }, { "rate": 0, "duration": "500ms" }] }' \
        '{ "trace": "t.jsonl", "max_users": 20 }'; do
        echo "{ \"target\": \"$URL\", \"load\": $load, $TASKS }" >s.json
        whole
        parts "2 3 7" 1 3 2
        sql whole.db "select intended_us, name from requests" | sort >want
        [ -s want ]
        for n in 2 3 7; do
            all $n "select intended_us, name from requests" | sort | cmp want -
            [ "$(all $n "select count(*) from requests" | grep -cx 0 || true)" = 0 ]
        done
    done
    # A user is of the part that its number names; all parts have one trace, and one start.
    for n in 0 1 2 3 4 5 6; do
        [ "$(sql p7-$n.db "select count(*) from requests where user % 7 <> $n")" = 0 ]
    done
    [ "$(all 7 "select group_concat(value, '|') from (select value from manifest where key in ('trace_run', 'start_at', 'scenario_sha256') order by key)" |
        sort -u | wc -l)" = 1 ]
    [ "$(all 7 "select started_utc from run" | sort -u | wc -l)" = 1 ]
    [ "$(sql p7-3.db "select value from manifest where key = 'shard'")" = 3/7 ]
    [ "$(all 7 "select users_max from run" | sum)" = 20 ]
}

@test "users of a closed load do in the parts what they do on one machine, and start when they do there" {
    start_target
    echo "{ \"target\": \"$URL\", \"load\": { \"users\": 13, \"spawn_rate\": 10, \"duration\": \"3s\" },
        \"wait\": { \"between\": [\"5ms\", \"30ms\"] }, $TASKS }" >s.json
    # A user has little to compare where a machine stood still. Then there is more time.
    local n f time
    for time in 3s 20s 60s; do
        sed -i "s/\"duration\": \"[0-9]*s\"/\"duration\": \"$time\"/" s.json
        whole
        parts "3 5" 2 1
        for f in whole.db p3-*.db p5-*.db; do
            sql "$f" "select user from requests group by user having count(*) > 3"
        done >enough
        [ "$(wc -l <enough)" -ne 39 ] || break
    done
    for n in 3 5; do
        for f in whole $(seq -f "p$n-%g" 0 $((n - 1))); do
            sql "$f.db" "select user, group_concat(name, '') from (select user, name from requests where user not null order by id) group by user"
        done >sequences
        # Each user: twice, and one sequence begins with the other.
        python3 - <<'END'
users = {}
for line in open("sequences"):
    user, names = line.rstrip("\n").split("|")
    users.setdefault(int(user), []).append(names)
assert sorted(users) == list(range(13)), sorted(users)
for user, (a, b) in users.items():
    assert min(len(a), len(b)) > 3 and (a.startswith(b) or b.startswith(a)), (user, a, b)
END
        [ "$(all $n "select users_max from run" | sum)" = 13 ]
    done
}

@test "no row of a feeder is drawn twice, in no mode; parts draw the rows that one machine would" {
    start_hostile
    local mode
    { echo n; seq 100 160; } >rows.csv
    for mode in once sequential shuffle; do
        echo "{ \"target\": \"$URL\", \"load\": { \"rate\": 30, \"duration\": \"2s\", \"max_users\": 8 },
            \"feeders\": { \"f\": { \"csv\": \"rows.csv\", \"mode\": \"$mode\" } }, \"tasks\": [{ \"name\": \"x\", \"path\": \"/ok?\${f.n}\" }] }" >s.json
        : >"$HOSTILE_LOG"
        parts "3" 1 2
        # 60 arrivals in three parts of 20: rows 0 to 59 of the order.
        grep -o '/ok?[0-9]*' "$HOSTILE_LOG" | sort >served
        [ "$(wc -l <served)" = 60 ]
        [ "$(sort -u served | wc -l)" = 60 ]
        [ "$mode" = shuffle ] || [ "$(cat served)" = "$(seq 100 159 | sed 's|^|/ok?|')" ]
    done
}
