#!/usr/bin/env bats
# docs/formats.md names every format and file there is, and what it says of them is so.

bats_require_minimum_version 1.5.0

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    page="$BATS_TEST_DIRNAME/../../docs/formats.md"
    python3 "$BATS_TEST_DIRNAME/make_run.py" run.db
}

@test "docs/formats.md: every file of a report for other tools is there under its name" {
    run -0 "$COLDSWARM" report run.db --out out --no-figures
    for file in $(grep -oE '`(response_time|service_time|requests|k6_summary|junit)\.[a-z]+`' "$page" | tr -d '`' | sort -u); do
        [ -s "out/$file" ] || { echo "no $file"; false; }
    done
    [ "$(ls out/*.hgrm out/*.jtl out/k6_summary.json out/junit.xml | wc -l)" -eq 5 ]
    [[ $output == *"requests.jtl, k6_summary.json, junit.xml"* ]]
}

@test "docs/formats.md: every word of --format that is not a table has its heading, and prints its file" {
    run -0 "$COLDSWARM" report run.db --out out --no-figures
    for pair in hgrm:response_time.hgrm hgrm-service:service_time.hgrm jtl:requests.jtl k6-summary:k6_summary.json junit:junit.xml; do
        word=${pair%%:*}
        grep -qE "^## .*\`$word\`" "$page" || { echo "no heading for $word"; false; }
        "$COLDSWARM" report run.db --format "$word" | cmp - "out/${pair#*:}"
    done
}

@test "docs/formats.md: the columns of the JTL are those of the file" {
    "$COLDSWARM" report run.db --format jtl | head -1 | tr , '\n' >file
    awk '/^## `jtl`/ { on = 1 } /^## `k6/ { on = 0 } on && /^\| `/' "$page" | cut -d'|' -f2 | grep -oE '`[A-Za-z]+`' | tr -d '`' >named
    diff file named
}

@test "docs/formats.md: the keys of a group's JSON" {
    cp run.db b.db
    "$COLDSWARM" report run.db b.db --format json >g.json
    python3 - "$page" <<'END'
import json, sys
g, page = json.load(open("g.json")), open(sys.argv[1]).read()
for key in list(g) + list(g["aggregated"]) + list(g["aggregated"]["p50_ms"]) + list(g["runs"][0]):
    if key not in ("confidence", "method"):
        assert key in page, key
assert g["aggregated"]["p50_ms"]["sd"] == 0 and g["aggregated"]["p50_ms"]["runs"] == 2
END
}

@test "a cell of the JTL that a spreadsheet would run, and JUnit that nothing breaks out of, by the CLI" {
    python3 "$BATS_TEST_DIRNAME/make_run.py" a.db attack
    run -0 "$COLDSWARM" report a.db --out out --no-figures
    python3 "$BATS_TEST_DIRNAME/../report/check_exports.py" a.db out
    [ ! -e pwned ]
}
