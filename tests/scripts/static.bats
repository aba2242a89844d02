#!/usr/bin/env bats
# make static: a program that needs no library but the C library's, and whose numbers are those of the other.
# bats file_tags=more

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

setup_file() {
    unset MAKEFLAGS MFLAGS MAKELEVEL CC CFLAGS SAN
    make --no-print-directory -s -C "$BATS_TEST_DIRNAME/../.." static
}

STATIC=$ROOT/build/release/static/coldswarm

@test "it needs the C library alone, and says the same of itself" {
    [ "$(readelf -dW "$STATIC" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort | tr '\n' ' ')" = "libc.so.6 libm.so.6 " ]
    # No newer one than README.md says.
    [ "$(objdump -T "$STATIC" | grep -o 'GLIBC_[0-9.]*' | sort -V | tail -n 1)" = GLIBC_2.35 ]
    grep -q 'glibc 2.35 or later' "$ROOT/README.md"
    "$STATIC" --version --json >static
    "$ROOT/build/release/coldswarm" --version --json | cmp - static
}

@test "where there is nothing but the C library, it runs a load test" {
    [ "$(id -u)" -eq 0 ] || skip "only root can change the root folder"
    local file
    mkdir -p bare/bin bare/tmp bare/dev bare/proc
    for file in $(ldd "$STATIC" /bin/sh /usr/bin/sed /usr/bin/grep /usr/bin/mktemp /usr/bin/rm /usr/bin/sleep | grep -o '/lib[^ ]*' | sort -u); do
        install -D "$(realpath "$file")" "bare$file"
    done
    cp /bin/sh /usr/bin/sed /usr/bin/grep /usr/bin/mktemp /usr/bin/rm /usr/bin/sleep bare/bin/
    cp "$STATIC" "$ROOT/scripts/try-run" bare/
    mkdir bare/etc
    echo '127.0.0.1 localhost' >bare/etc/hosts
    [ -z "$(find bare -name 'libcurl*' -o -name 'libcjson*' -o -name 'libssl*')" ]
    run unshare --mount sh -c 'mount -t tmpfs dev bare/dev && mknod -m 666 bare/dev/null c 1 3 && mknod -m 666 bare/dev/urandom c 1 9 &&
        mount -t proc proc bare/proc && exec chroot bare /bin/sh /try-run /coldswarm'
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"Verdict: "* ]]
}

@test "reports of one run are the same bytes, and so are the requests of one seed" {
    local format
    python3 "$ROOT/tests/cli/make_run.py" many.db many
    python3 "$ROOT/tests/cli/make_run.py" flows.db flows
    for format in table json csv html hgrm jtl; do
        for db in many flows; do
            "$ROOT/build/release/coldswarm" report "$db.db" --format "$format" >a
            "$STATIC" report "$db.db" --format "$format" >b
            [ -s a ]
            cmp a b
        done
    done
    start_target
    echo '{"load": {"rate": 100, "duration": "1s"}, "tasks": [{"name": "a", "path": "/"}, {"name": "b", "path": "/", "weight": 2}, {"name": "c", "path": "/", "weight": 3}]}' >s.json
    for program in "$ROOT/build/release/coldswarm" "$STATIC"; do
        run "$program" run s.json --host "$URL" --seed 5 --out run.db --quiet
        ended 0 run.db
        sql run.db 'SELECT name, intended_us, outcome FROM requests ORDER BY intended_us' >"$(basename "$(dirname "$program")").rows"
        rm run.db
    done
    [ "$(wc -l <static.rows)" -eq 100 ]
    cmp release.rows static.rows
}

@test "https, HTTP/2 and a page with a certificate work in it" {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 \
        -keyout key.pem -out cert.pem 2>log
    mkdir runs
    : >web.err
    "$STATIC" web "$ROOT/scenarios/smoke.json" --port 0 --out runs --tls-cert cert.pem --tls-key key.pem >web.out 2>web.err 3>&- &
    STARTED_PIDS+=("$!")
    url=$(wait_line web.err 'https://' "$!" | grep -o 'https://[0-9.:]*')
    echo '{"http": {"ca": "cert.pem"}, "load": {"users": 1, "duration": "1s"}, "wait": {"constant": "100ms"}, "tasks": [{"path": "/api/scenarios"}]}' >s.json
    for transport in direct curl; do
        run "$STATIC" run s.json --host "$url" --transport $transport --out "$transport.db" --quiet
        ended 0 $transport.db
        [ "$(sql $transport.db "SELECT count(*) > 0, sum(outcome <> 'ok') FROM requests")" = "1|0" ]
    done
}
