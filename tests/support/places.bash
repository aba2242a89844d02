# Suites about where requests go: places.py as the server, and a run of one scenario against it.

# scenario JSON: writes it to $SCRATCH/s.json, with ' for ".
scenario() {
    printf '%s' "${1//\'/\"}" >"$SCRATCH/s.json"
}

# start_places OPTION... ADDRESS...: tests/support/places.py. Sets PORT and PLACES (its log).
start_places() {
    local line out=$SCRATCH/places.${#STARTED_PIDS[@]}.out
    PLACES=$SCRATCH/places.${#STARTED_PIDS[@]}.log
    : >"$out"
    python3 "$ROOT/tests/support/places.py" --log "$PLACES" "$@" >"$out" 2>&1 3>&- &
    PLACES_PID=$!
    STARTED_PIDS+=("$PLACES_PID")
    line=$(wait_line "$out" '^ready ' "$PLACES_PID") || return 1
    PORT=${line#ready }
}

# go TRANSPORT [OPTION...]: runs $SCRATCH/s.json into a new $DB, with an empty log of the server.
go() {
    rm -f "$DB"
    : >"$PLACES"
    run "$COLDSWARM" run "$SCRATCH/s.json" -o "$DB" --quiet --transport "$@"
}

query() {
    sqlite3 "$DB" "$1"
}
