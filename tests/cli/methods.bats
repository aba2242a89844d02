#!/usr/bin/env bats
# What a paper needs beside the tables: numbers.json, whose SQL gives every number, and the paragraphs of methods.md/.tex.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup_file() {
    python3 "$BATS_TEST_DIRNAME/make_run.py" "$BATS_FILE_TMPDIR/many.db" many
}

setup() {
    cd "$BATS_TEST_TMPDIR"
}

report() {
    rm -rf out
    "$COLDSWARM" report run.db --out out --no-figures "$@" >out.txt 2>err.txt
}

check() {
    report "$@"
    python3 "$BATS_TEST_DIRNAME/check_numbers.py" run.db out
}

@test "the SQL of every number gives it" {
    cp "$BATS_FILE_TMPDIR/many.db" run.db
    check
    [ "${lines[0]:-}" = "" ]
    check --locust
    check --from 10.5 --to 30 --name /predict
    check --from 10.5 --locust
    check --name / --name /predict --to 20
}

@test "the same for a small run, one that was cut short, one without requests, and hostile names" {
    for kind in plain open killed empty hostile; do
        rm -f run.db*
        python3 "$BATS_TEST_DIRNAME/make_run.py" run.db $kind
        check
        check --locust
    done
}

@test "the same without cold starts; the tables of the server's side are named" {
    python3 "$BATS_TEST_DIRNAME/make_server_run.py" run.db --seconds 30
    check --warm-only
    check
    grep -q '"without_sql": \["server_reconciliation", ' out/numbers.json
}

@test "methods tell what the run's row and the manifest tell" {
    cp "$BATS_FILE_TMPDIR/many.db" run.db
    python3 - <<'END'
import sqlite3
db = sqlite3.connect("run.db")
db.executemany("INSERT INTO manifest VALUES (?, ?)", [
    ("argv", "coldswarm run 100%_sure.json --header 'X: <b>`id`$x'"), ("cpu", "Example CPU {3}"), ("cpus", "2"), ("kernel", "Linux 6.1"),
    ("libcurl", "libcurl/7.88.1 zlib/1.2"), ("libuv", "1.44.2"), ("openssl", "OpenSSL 3.0"), ("sqlite", "3.40.1"),
    ("memory_bytes", str(3 << 30)), ("load_users_max", "2"), ("load_spawn_rate", "1"), ("load_seconds", "59"),
    ("transport", "direct"), ("threads", "1"), ("receive_clock", "kernel"), ("scenario_sha256", "ab" * 32)])
db.commit()
END
    report
    tr '\n' ' ' <out/methods.md >methods.txt
    for words in 'Coldswarm 0.1.0 generated the load of the run' 'against http://127.0.0.1:8080' 'The random seed was 42.' 'lasted 60 s' \
        'SUSPECT: made by hand' 'at most 2 virtual users, started at 1 per second, and lasted 59 s' 'libcurl/7.88.1' '3.0 GiB' \
        'linear interpolation at p(n-1)' "Receive times are from the kernel's clock" '100%\_sure.json' '&lt;b&gt;\`id\`\$x' abababab; do
        grep -qF -- "$words" methods.txt || { echo "not there: $words"; cat methods.txt; return 1; }
    done
    [ "$(json out/tables.json '$.aggregated.requests' '$.aggregated.failures')" = \
        "$(sed -n 's/^Of \([0-9]*\) completed requests, \([0-9]*\) failed.*/\1|\2/p' out/methods.md)" ]
    grep -qF '100\%\_sure.json' out/methods.tex
    grep -qF 'Example CPU \{3\}' out/methods.tex
    report --locust
    grep -q "follow Locust's rules" out/methods.md
    report --from 5 --name /
    grep -q 'part of a longer run, which began 5 s earlier. Only requests with these names are counted: /.' out/methods.md
}

@test "methods of a load by rate tell the rate; its users are a limit" {
    cp "$BATS_FILE_TMPDIR/many.db" run.db
    sql run.db "insert into manifest values ('load_users_max', '1000'), ('load_rate_max', '2.5'), ('load_seconds', '60')"
    report
    grep -qE '^Users +at most [0-9]+ at once$' out/tables.txt
    tr '\n' ' ' <out/methods.md >methods.txt
    grep -qF 'Requests were scheduled at up to 2.5 per second, with at most 1000 in progress at once. The load lasted 60 s.' methods.txt
    run ! grep -q 'virtual user' methods.txt
}

# bats test_tags=more
@test "methods of a run that tells little, typeset" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db hostile
    python3 -c '
import sqlite3
db = sqlite3.connect("run.db")
db.execute("INSERT INTO manifest VALUES (?, ?)", ("argv", "\\input{/etc/passwd} %x $ \u65e5 \\end{document}"))
db.commit()'
    report
    printf '%s\n' '\documentclass{article}\begin{document}' '\input{out/methods.tex}' 'reached the end\end{document}' >document.tex
    pdflatex -no-shell-escape -interaction=nonstopmode -halt-on-error document.tex >tex.out </dev/null || { tail -30 tex.out; return 1; }
    pdftotext document.pdf text.txt
    grep -q 'reached the end' text.txt
    grep -qF '\input{/etc/passwd}' text.txt
}
