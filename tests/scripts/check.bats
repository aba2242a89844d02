#!/usr/bin/env bats
# scripts/check counts rightly, whatever the numbers are and whatever goes wrong; .ci/run adds the two tiers. Against a Makefile and
# an install-deps of our own, which say what the real ones would.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
    mkdir -p scripts .ci
    cp "$ROOT/scripts/check" scripts/
    cp "$ROOT/.ci/run" .ci/
    echo '#!/bin/sh' >scripts/install-deps
    chmod +x scripts/install-deps
}

# makefile TEST-RECIPE [GOAL...]: the goals fail, the others of the steps pass, and the tests do as the recipe says.
makefile() {
    {
        printf 'format-check layers all tests warnings-tests lint fuzz:\n\t@case " $(BAD) " in *" $@ "*) exit 1 ;; esac\n'
        printf 'test check-classifier:\n\t@%s\n' "$1"
        printf 'check:\n\t@scripts/check\ncheck-more:\n\t@scripts/check more\n'
    } >Makefile
    export BAD="${*:2}"
}

# The steps of the first tier are 5 (packages, layout, layers, two builds), and tests run 2 times.
@test "all well" {
    makefile 'echo "3 passed, 0 failed, 1 skipped"'
    run scripts/check
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "11 passed, 0 failed, 2 skipped" ]
}

@test "counts that a shell could take for octal: 8, 9 and 10 skipped, alone and as sums" {
    for skipped in 0 7 8 9 10 08 09 010 18; do
        makefile "echo '108 passed, 0 failed, $skipped skipped'"
        run scripts/check
        echo "$output"
        [ "$status" -eq 0 ]
        [ "${lines[-1]}" = "221 passed, 0 failed, $((10#$skipped * 2)) skipped" ]
    done
    for failed in 8 9 10; do
        makefile "echo '0 passed, $failed failed, 8 skipped'; exit 1"
        run scripts/check
        [ "$status" -eq 1 ]
        [ "${lines[-1]}" = "5 passed, $((failed * 2)) failed, 16 skipped" ]
    done
}

@test "with a real test runner: 8, 9 and 10 skipped tests, each with its reason" {
    cp "$ROOT/scripts/run-tests" scripts/
    for n in 8 9 10; do
        printf '#!/bin/sh\necho 1..%d\nfor i in $(seq %d); do echo "ok $i - t$i # SKIP no moon"; done\n' "$n" "$n" >suite
        chmod +x suite
        makefile 'scripts/run-tests ./suite'
        run scripts/check
        [ "$status" -eq 0 ]
        [ "${lines[-1]}" = "5 passed, 0 failed, $((n * 2)) skipped" ]
        [ "${lines[-2]}" = "    skipped: t9: no moon" ] || [ "$n" -eq 8 ]
        [ "$(sed -n '/^Skipped, as/,$p' <<<"$output" | grep -c 'skipped: t[0-9]*: no moon')" -eq "$n" ]
    done
}

@test "what fails is counted and its output shown, and the others still run" {
    makefile 'echo "3 passed, 2 failed, 0 skipped"; exit 1' layers format-check
    run scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "9 passed, 6 failed, 0 skipped" ]
    [[ $output == *"layout of the sources: FAILED"*"layers and sizes: FAILED"* ]]
}

@test "what failed is named at the end, by CI for both tiers" {
    cat >own <<'END'
echo "  tests/a.bats: 2 passed, 1 FAILED (0.1 s, CPU 0.1 s)"
echo "    not ok 2 cold starts are counted"
echo "      what it said"
echo "  tests/b.bats: 1 passed, ok (0.1 s, CPU 0.1 s)"
echo "3 passed, 1 failed, 0 skipped"; exit 1
END
    makefile 'sh own' lint
    run .ci/run
    [ "$status" -eq 1 ]
    one=$'failed: tests/a.bats\nfailed:     2 cold starts are counted'
    [[ $output == *$'\n'"== make check-more"$'\n'*$'\n\n'"$one"$'\n'*"$one"$'\nfailed: lint\n28 passed, 7 failed, 0 skipped' ]]
    [ "$(grep -c '^failed: tests/a.bats$' <<<"$output")" = 12 ]
}

@test "no tests run where the build failed, and tests that count nothing have failed" {
    makefile 'echo "3 passed, 0 failed, 0 skipped"' tests
    run scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "3 passed, 2 failed, 0 skipped" ]
    makefile 'echo oh; exit 1'
    run scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "5 passed, 2 failed, 0 skipped" ]
}

@test "packages that cannot be installed: one failure, and the end is still a count" {
    makefile 'echo "3 passed, 0 failed, 0 skipped"'
    printf '#!/bin/sh\necho no network for the group "$@"; exit 100\n' >scripts/install-deps
    run scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "0 passed, 1 failed, 0 skipped" ]
    [[ $output == *"no network for the group check"* ]]
    run scripts/check more
    [ "${lines[-1]}" = "0 passed, 1 failed, 0 skipped" ]
    [[ $output == *"no network for the group check-more"* ]]
}

@test "a tier that there is not" {
    run scripts/check everything
    [ "$status" -eq 2 ]
    [[ $output == *"no tier everything"* ]]
}

# The second tier has 6 steps, and tests run 4 times.
@test "what CI runs: both tiers, and their sum" {
    makefile 'echo "3 passed, 0 failed, 4 skipped"'
    run .ci/run
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "29 passed, 0 failed, 24 skipped" ]
    [[ $output == *$'\n11 passed, 0 failed, 8 skipped\n'*$'\n18 passed, 0 failed, 16 skipped\n'* ]]
}

@test "what CI runs: under ASan each test once" {
    for bad in "" layers; do
        makefile 'echo "tests: $(SAN) $(TIER)"; echo "3 passed, 0 failed, 0 skipped"' $bad
        CHECKED=yes run .ci/run
        [ "$(grep '^tests: address' <<<"$output")" = $'tests: address \ntests: address rest' ]
    done
    # By itself, the second tier runs both.
    run scripts/check more
    [ "$(grep '^tests: address' <<<"$output")" = $'tests: address \ntests: address rest' ]
}

# suites TIER [VARIABLE=VALUE]: what make would run, a line each.
suites() {
    make -s -n -C "$ROOT" TIER="$@" test | sed -n 's/.* scripts.run-tests //p' | tr ' ' '\n' | grep -E '(^|,)(build/[a-z]*/)?tests/[^ /]*/[^ ]*$' | sort
}

@test "make check runs each test once: in a normal build or under ASan, and those that are not for ASan in the normal one" {
    suites plain >plain
    suites check SAN=address >watched
    suites check >all
    [ "$(wc -l <all)" -gt 280 ]
    sed 's,build/address,build/release,; s/.*,//' plain watched | grep -v tests/fuzz | sort -u | cmp - all
    # In both: unit tests, and of suites under ASan the tests that are not for it.
    grep '\.bats$' watched | sort >twice
    [ "$(wc -l <twice)" -gt 20 ]
    (cd "$ROOT" && grep -lE '^# bats (test|file)_tags=(.*,)?plain\b' $(cat "$OLDPWD/twice")) | sed 's/^/TAGS=plain,/' | sort >want
    [ -s want ]
    grep '^TAGS=' plain | sort | cmp - want
    [ "$(grep -v '^TAGS=' plain | sort | comm -12 - twice)" = "" ]
}

@test "under ASan, no test runs in both tiers, what sends runs with libcurl, and sanitize runs all" {
    suites check SAN=address >first
    suites rest SAN=address >rest
    suites all SAN=address >all
    [ "$(wc -l <all)" -gt 300 ]
    [ "$(sed 's/.*,//' first rest | sort -u | comm -23 - all)" = "" ]
    [ "$(sort first rest | uniq -d)" = "" ]
    # What sends is what a normal build runs with libcurl.
    suites check TRANSPORT=curl | sed -n 's/^COLDSWARM_TRANSPORT=curl,//p' >sending
    [ "$(wc -l <sending)" -gt 30 ]
    sed -n 's/^TAGS=!more,COLDSWARM_TRANSPORT=curl,//p' rest | cmp - sending
}

@test "what CI runs: the second tier also after the first has failed, and a tier that breaks is a failure" {
    makefile 'echo "3 passed, 0 failed, 4 skipped"' layers lint
    run .ci/run
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "27 passed, 2 failed, 24 skipped" ]
    # It dies before it counts.
    makefile 'echo "3 passed, 0 failed, 4 skipped"'
    sed -i 's,@scripts/check$,@exit 1,' Makefile
    run .ci/run
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "18 passed, 1 failed, 16 skipped" ]
    # It dies after it has counted.
    sed -i 's,@exit 1,@scripts/check; exit 1,' Makefile
    run .ci/run
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "29 passed, 1 failed, 24 skipped" ]
}
