# For bats suites of run --shard: the parts of a load on one machine. Load it behind helpers.bash.

TASKS='"tasks": [{ "name": "a", "path": "/a", "weight": 2 }, { "name": "b", "path": "/b" }, { "name": "c", "path": "/c" }]'

# parts "N..." THREADS...: splits the load of s.json into N parts, for each N, and runs all of them at the same time: pN-0.db and on. Part i
# has the i-th number of threads, again from the front. A machine that was too busy to start them in time tries again, with more time.
parts() {
    local all=$1 wait at n i k code missed
    shift
    local threads=("$@")
    for wait in 3 20 60; do
        at=$(date -u -d "+$wait seconds" +%FT%TZ) missed=0 k=0
        # What the servers have seen is of the last try.
        [ -z "${HOSTILE_LOG:-}" ] || : >"$HOSTILE_LOG"
        [ -z "${METRICS_LOG:-}" ] || : >"$METRICS_LOG"
        for n in $all; do
            for ((i = 0; i < n; i++)); do
                rm -f "p$n-$i.db"
                "$COLDSWARM" run s.json --seed 7 --shard "$i/$n" --start-at "$at" --threads "${threads[i % ${#threads[@]}]}" -o "p$n-$i.db" \
                    --quiet >"out$n-$i" 2>"err$n-$i" 3>&- &
                pids[k++]=$!
            done
        done
        k=0
        for n in $all; do
            for ((i = 0; i < n; i++)); do
                code=0
                wait "${pids[k++]}" || code=$?
                grep -q 'was to start\|that was .* s ago' "err$n-$i" && missed=1 && continue
                # 4: the client was late, which a busy machine is.
                [ "$code" -eq 0 ] || [ "$code" -eq 4 ] || { cat "err$n-$i"; return 1; }
            done
        done
        [ "$missed" -eq 1 ] || return 0
    done
    return 1
}

whole() {
    rm -f whole.db
    status=0 output=
    "$COLDSWARM" run s.json --seed 7 --threads 2 -o whole.db --quiet >out 2>err || status=$?
    case $status in
    1 | 99) ;; # some scenarios have requests that fail, or thresholds
    *) ended 0 whole.db ;;
    esac
}

# all N QUERY: of the N parts
all() {
    local i
    for ((i = 0; i < $1; i++)); do
        sql "p$1-$i.db" "$2"
    done
}

sum() {
    awk '{ sum += $1 } END { print sum }'
}
