#!/usr/bin/env bats
# docs/scenarios.md: its tables are the schema's, with every key and default, and each of its examples is a good scenario. So is
# that of README.md.

bats_require_minimum_version 1.5.0
load ../support/helpers

@test "the tables have the schema's keys and defaults, and no others" {
    "$ROOT/scripts/scenario-docs" --check
    # The check itself: another default, a key more, and a missing table are found.
    for change in 's/Default 60s\./Default 61s./' 's/"timeout": {/"time_out": {/' 's/"part": {/"parts": {/'; do
        sed "$change" "$ROOT/scenarios/schema.json" >"$BATS_TEST_TMPDIR/schema.json"
        run "$ROOT/scripts/scenario-docs" --check "$ROOT/docs/scenarios.md" "$BATS_TEST_TMPDIR/schema.json"
        [ "$status" -ne 0 ]
    done
}

@test "every example is a scenario that validate accepts" {
    cd "$BATS_TEST_TMPDIR"
    cp "$ROOT"/scenarios/*.proto .
    awk '/^```jsonc$/ { n++; on = 1; next } /^```/ { on = 0 } on { print >("example-" n ".json") }' "$ROOT/docs/scenarios.md"
    [ -e example-6.json ]
    for file in example-*.json; do
        run "$COLDSWARM" validate "$file"
        [ "$status" -eq 0 ] || { cat "$file"; echo "$output"; return 1; }
        [[ $output != *"Warnings"* ]] || { cat "$file"; echo "$output"; return 1; }
        run "$COLDSWARM" validate "$file" --dry-run
        [ "$status" -eq 0 ] || { cat "$file"; echo "$output"; return 1; }
    done
}

@test "README's scenario is what its lines for the shell make of it" {
    cd "$BATS_TEST_TMPDIR"
    unset TOKEN
    awk '/^```jsonc$/ { on = 1; next } /^```/ { on = 0 } on' "$ROOT/README.md" >my.json
    # From the block that validates it: what comes before the run.
    awk '/^```sh$/ { block = ""; on = 1; next } /^```/ { on = 0 } on { block = block $0 "\n"; if (/validate my.json/) { print block; exit } }' \
        "$ROOT/README.md" | sed "s|coldswarm validate|\"$COLDSWARM\" validate|" >block.sh
    grep -q 'validate my.json' block.sh
    run -0 bash -e block.sh
    [[ $output == *"my.json is valid"* && $output == *"TOKEN from the environment"* ]]
}
