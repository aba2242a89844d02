#!/usr/bin/env bats
# Paths from a file: what stands in the request line.

load ../support/helpers
bats_require_minimum_version 1.5.0

@test "a column of paths and URLs goes out as it is written, by either transport" {
    start_hostile
    cd "$SCRATCH"
    printf 'path\n/ok?id=7\n/ok/a%%20b\n"/ok/\303\244 b?x=<1>#top"\n%s/ok?url\nhttp://elsewhere.example/\nok\n' "$URL" >urls.csv
    cat >s.json <<END
{ "target": "$URL", "feeders": { "url": { "csv": "urls.csv", "mode": "once" } }, "load": { "users": 1, "duration": "60s" },
  "tasks": [{ "path": "\${url.path}" }] }
END
    local transport
    for transport in direct curl; do
        : >"$HOSTILE_LOG"
        rm -f run.db
        run --separate-stderr "$COLDSWARM" run s.json -o run.db --transport "$transport"
        [ "$status" -eq 1 ]
        [ "$(grep -o '"path": *"[^"]*"' "$HOSTILE_LOG" | sed 's/.*: *//' | sort -u)" = \
            $'"/ok/%C3%A4%20b?x=%3C1%3E"\n"/ok/a%20b"\n"/ok?id=7"\n"/ok?url"' ]
        [ "$(sqlite3 run.db "select count(distinct error) from requests where outcome = 'unsendable'")" -eq 2 ]
        [[ "$output" == *"its value is a URL with a scheme, host or port different from the target"* ]]
        [[ "$output" == *"is not a path: it begins with neither \"/\" nor http:// nor https://"* ]]
        [ "$(sqlite3 run.db "select count(*) from event where kind = 'unsendable' and text like '%(http://elsewhere.example, row 5 of %urls.csv)'")" -ge 1 ]
    done
    sed -i 's|"${url.path}"|"/${url.path}"|' s.json
    : >"$HOSTILE_LOG"
    "$COLDSWARM" run s.json -o again.db --quiet || true
    grep -q '"/ok?id=7"' "$HOSTILE_LOG"
    grep -q '"/ok/a%20b"' "$HOSTILE_LOG"
    run grep -c '%2Fok' "$HOSTILE_LOG"
    [ "$output" -ge 1 ] # the URL, which is a part of the path behind the author's own "/"
}

@test "validate shows what becomes of such a path, and when the first value is none" {
    cd "$SCRATCH"
    printf 'path\n/shop/cart?id=7\n' >urls.csv
    echo '{ "target": "http://h/pre", "feeders": { "url": { "csv": "urls.csv" } }, "load": { "users": 1, "duration": "1s" },
        "tasks": [{ "path": "${url.path}", "capture": { "next": { "header": "Location" } } }, { "path": "${next}", "name": "next" }] }' >s.json
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 0 ]
    [[ "$output" == *'GET ${url.path}  as /pre/shop/cart?id=7  a value that begins with "/" is sent unchanged'* ]]
    [[ "$output" == *'GET ${next}  named next  as /pre/'* ]]
    run "$COLDSWARM" validate --dry-run s.json
    [ "$status" -eq 0 ]
    printf 'path\nshop\n' >urls.csv
    run "$COLDSWARM" validate s.json
    [[ "$output" == *'(fails with the first values: the path: the value of ${url.path} is not a path: it begins with neither "/" nor'* ]]
}
