#!/usr/bin/env bats
# "compressed": what a scenario asks for is decoded, or refused before anything is sent; convert leaves out what cannot be.

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

scenario() {
    printf '{ "target": "http://127.0.0.1:1", "http": { "compressed": %s }, "headers": { "X-A": "1" }, "load": { "users": 1, "duration": "1s" },
  "tasks": [{ "path": "/", "headers": {
      "accept-Encoding": "%s" } }] }\n' "$1" "$2" >s.json
}

@test "an Accept-Encoding that cannot be decoded is refused with line and column" {
    for bad in 'zstd' 'gzip, zstd' 'br;q=1.0, *;q=0.5' 'compress' 'gzip,deflate,dcb'; do
        scenario true "$bad"
        run "$COLDSWARM" validate s.json
        [ "$status" -eq 2 ]
        [[ "$output" == *"s.json:3:26: \"accept-Encoding\" asks for"*", which coldswarm cannot decode; ask for gzip"* ]]
    done
    for good in 'gzip, deflate, br' 'GZIP' 'x-gzip, identity' 'gzip, zstd;q=0' 'br, *;q=0' ''; do
        scenario true "$good"
        "$COLDSWARM" validate s.json
    done
    # Without "compressed" answers are taken as they come.
    scenario false 'zstd'
    "$COLDSWARM" validate s.json
}

@test "the scenario's own headers are looked at as well" {
    printf '{ "target": "http://127.0.0.1:1", "headers": { "Accept-Encoding": "zstd" }, "http": { "compressed": true },
  "load": { "users": 1, "duration": "1s" }, "tasks": [{ "path": "/" }] }\n' >s.json
    run "$COLDSWARM" validate s.json
    [ "$status" -eq 2 ]
    [[ "$output" == *"s.json:1:67: \"Accept-Encoding\" asks for \"zstd\""* ]]
}

@test "what a browser copies as cURL becomes a scenario that is loaded" {
    echo "curl 'http://127.0.0.1:1/' -H 'Accept-Encoding: gzip, deflate, br, zstd' --compressed" >c.curl
    "$COLDSWARM" convert c.curl -o s.json
    grep -q '"Accept-Encoding": "gzip, deflate, br"' s.json
    grep -q 'Left out: "zstd" of Accept-Encoding' s.json
    "$COLDSWARM" validate s.json
    echo "curl 'http://127.0.0.1:1/' -H 'Accept-Encoding: zstd' --compressed" >c.curl
    "$COLDSWARM" convert c.curl -o s.json --force
    fails grep -q '"Accept-Encoding"' s.json
    "$COLDSWARM" validate s.json
    # Not decoded: nothing to leave out.
    echo "curl 'http://127.0.0.1:1/' -H 'Accept-Encoding: gzip, zstd'" >c.curl
    "$COLDSWARM" convert c.curl -o s.json --force
    grep -q '"Accept-Encoding": "gzip, zstd"' s.json
}
