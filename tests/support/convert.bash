# Helpers for tests of `coldswarm convert`: a recorder, and what it wrote down for curl and for us. Load after helpers.bash.

# start_recorder LOG [ANSWERS.json]: sets PORT and URL.
start_recorder() {
    local line
    : >"$1"
    : >"$1.out" # the ready of an earlier one is not ours
    python3 "$ROOT/tests/support/recorder.py" "$@" >"$1.out" 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    line=$(wait_line "$1.out" '^ready ' "$!") || return 1
    PORT=${line#ready }
    URL=http://127.0.0.1:$PORT
}

# Every variable that a converted scenario asks for has the value v-NAME.
set_variables() {
    local name
    for name in $(grep -o '\${env\.[A-Za-z_0-9]*}' "$1" | sort -u | sed 's/.*\.//; s/}//'); do
        export "$name=v-$name"
    done
}

# start_pairs: a recorder for same_as_curl.
start_pairs() {
    PAIRS=()
    start_recorder both.log
}

# same_as_curl COMMAND [VARIABLES]: a shell runs the command, in which $URL is the recorder's; then the scenario of it is run, with the variables
# set for both. check_pairs, at the end of the test, compares all that curl sent with as much of ours.
same_as_curl() {
    local pair=pair-${#PAIRS[@]}
    printf '%s\n' "${1//'$URL'/$URL}" >"$pair.command"
    (
        eval "export ${2:-PAIR=}"
        bash "$pair.command" >/dev/null 2>&1 </dev/null
    ) || true # curl's exit code is not the question
    [ -s both.log ] || { echo "curl sent nothing: $1"; return 1; }
    cp both.log "$pair.curl"
    : >both.log
    "$COLDSWARM" convert --from curl "$pair.command" -o s.json --force || { cat "$pair.command"; return 1; }
    if [ -n "${2:-}" ]; then
        set_variables s.json
        eval "export $2"
    fi
    run_one both.log "$(wc -l <"$pair.curl")"
    cp both.log "$pair.ours"
    : >both.log
    PAIRS+=("$pair.curl" "$pair.ours")
}

check_pairs() {
    python3 "$ROOT/tests/cli/check_convert.py" same "${PAIRS[@]}" || { cat pair-*.command; return 1; }
}

# run_one LOG COUNT [OPTION...]: runs s.json until LOG has COUNT requests.
run_one() {
    local run
    "$COLDSWARM" validate s.json >validated.txt
    "$COLDSWARM" run s.json -t 1h --quiet -o run.db "${@:3}" >/dev/null 2>run.err 3>&- &
    run=$!
    STARTED_PIDS+=("$run")
    until [ "$(wc -l <"$1")" -ge "$2" ]; do
        kill -0 "$run" 2>/dev/null || { cat run.err; return 1; }
        pause
    done
    kill -INT "$run"
    wait "$run" || true # interrupted
    rm -f run.db
}

# sample NAME: the sample with the recorder's port in it.
sample() {
    sed "s/@PORT@/$PORT/g" "$ROOT/tests/cli/convert/$1"
}
