# For the suites of a page: of `run --web`, `coldswarm web` and coldswarm-mpi. Load it behind helpers.bash.

CURL=() # arguments of each request to it, such as a header with its token

# page_at FILE PID: sets PAGE, the address that FILE says, without query and slash.
page_at() {
    PAGE=$(wait_line "$1" '^page: ' "$2") || return 1
    PAGE=${PAGE#page: }
    PAGE=${PAGE%%\?*}
    PAGE=${PAGE%/}
}

# serve_run [OPTION...]: a run with the page, in the background. Sets PAGE and RUN_PID. Its file is a.db.
serve_run() {
    : >run.err
    "$COLDSWARM" run "$@" -o a.db --quiet >run.out 2>run.err 3>&- &
    RUN_PID=$!
    STARTED_PIDS+=("$RUN_PID")
    page_at run.err "$RUN_PID"
}

# until_page PATH FILE CONDITION: waits until it holds of the document at that address; FILE has it then.
until_page() {
    local i
    for ((i = 0; i < 3000; i++)); do
        curl -fsS "${CURL[@]}" "$PAGE/$1" >"$2" && [ "$(json_sql "$2" "select $3 from file")" = 1 ] && return 0
        pause
    done
    cat "$2" ./*.err >&2
    return 1
}

# The same of the state, which is in state.json then.
until_state() { until_page api/state state.json "$1"; }
until_phase() { until_state "doc->>'\$.phase' = '$1'"; }

# status_of CURL ARGUMENT...: the status alone; the body is in `body`.
status_of() {
    curl -sS -o body -w '%{http_code}' "${CURL[@]}" "$@"
}
