#!/usr/bin/env bats
# scripts/run-tests must count what goes wrong in every way that a test can go wrong.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
}

# suite NAME: makes a test program from a shell script on stdin.
suite() {
    { echo '#!/bin/sh'; cat; } >"$1"
    chmod +x "$1"
}

run_tests() {
    run "$ROOT/scripts/run-tests" "$@"
    last=${lines[-1]}
}

@test "good suites: counted, exit 0, their output not shown" {
    suite one <<<'echo 1..2; echo ok 1 - a; echo chatter; echo ok 2 - b'
    suite two <<<'echo 1..1; echo ok 1 - c'
    run_tests one two
    [ "$status" -eq 0 ]
    [ "$last" = "3 passed, 0 failed" ]
    [[ $output != *chatter* ]]
}

@test "a failing test: counted and shown with its output" {
    suite bad <<<'echo 1..3; echo ok 1 - a; echo not ok 2 - b; echo "# expected 3"; echo ok 3 - c; exit 1'
    run_tests bad
    [ "$status" -eq 1 ]
    [ "$last" = "2 passed, 1 failed" ]
    [[ $output == *"not ok 2 - b"* && $output == *"# expected 3"* ]]
}

@test "a crash before all tests have reported" {
    suite crash <<<'echo 1..3; echo ok 1 - a; echo last words; kill -SEGV $$'
    run_tests crash
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed" ]
    [[ $output == *"SIGSEGV"* && $output == *"last words"* ]]
}

@test "fewer tests than planned, with exit code 0" {
    suite short <<<'echo 1..3; echo ok 1 - a; echo ok 2 - b'
    run_tests short
    [ "$status" -eq 1 ]
    [ "$last" = "2 passed, 1 failed" ]
}

@test "an exit code although no test failed" {
    suite code <<<'echo 1..1; echo ok 1 - a; exit 7'
    run_tests code
    [ "$last" = "1 passed, 1 failed" ]
    [[ $output == *"exit code 7"* ]]
}

@test "no output at all, no such program" {
    suite silent <<<'exit 0'
    run_tests silent "$BATS_TEST_TMPDIR/nowhere"
    [ "$status" -eq 1 ]
    [ "$last" = "0 passed, 2 failed" ]
}

@test "a suite that hangs is ended with everything it started" {
    suite hang <<<'echo 1..2; echo ok 1 - a; sleep 1000 & echo $! >child; wait'
    run_tests --timeout 1 hang
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed" ]
    [[ $output == *"not finished after 1 s"* ]]
    # Killed; it may stay a zombie for a moment where nobody reaps it.
    state=$(sed 's/.*) //' "/proc/$(cat child)/stat" 2>/dev/null || true)
    [[ -z $state || $state == [ZX]* ]]
}

@test "a skipped test is neither passed nor failed" {
    suite skip <<<'echo 1..3; echo "ok 1 - a # SKIP no network"; echo "not ok 2 # SKIP b"; echo ok 3 - c'
    run_tests skip
    [ "$status" -eq 0 ]
    [ "$last" = "1 passed, 0 failed, 2 skipped" ]
}

@test "a result behind noise on the same line is found" {
    suite noise <<<'echo 1..2; printf "no line end"; echo "not ok 1 - a"; echo "ok 2 - b"; exit 1'
    run_tests noise
    [ "$last" = "1 passed, 1 failed" ]
}

@test "a sanitiser's report counts, even of a program whose exit code nobody looks at" {
    cat >wild.c <<<'#include <stdlib.h>
        int main(void) { volatile char *p = malloc(4); p[4] = 1; return 0; }'
    gcc -fsanitize=address -o wild wild.c
    suite careless <<<'echo 1..1; ./wild 2>/dev/null; echo ok 1 - a'
    run_tests careless
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed" ]
    [[ $output == *"heap-buffer-overflow"* ]]
}

@test "bats files, and choosing suites by a word" {
    printf '@test "good" { true; }\n@test "bad" { echo why; false; }\n' >file.bats
    suite other <<<'echo 1..1; echo not ok 1 - x; exit 1'
    run_tests --only file file.bats other
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed" ]
    [[ $output == *"why"* ]]
    run_tests --only nothing file.bats
    [ "$status" -eq 2 ]
}

@test "scripts/check takes a build that fails and tests that do not run as failures" {
    mkdir -p tree/scripts
    cp "$ROOT/scripts/check" tree/scripts/
    printf 'format-check layers lint all tests warnings:\n\t@true\ntest check-classifier:\n\t@echo "3 passed, 0 failed, 1 skipped"\n' >tree/Makefile
    run tree/scripts/check
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = "19 passed, 0 failed, 4 skipped" ]   # 7 steps, 4 times 3 tests
    printf 'format-check layers lint all warnings:\n\t@true\ntests:\n\t@false\ntest check-classifier:\n\t@echo "3 passed, 0 failed"\n' >tree/Makefile
    run tree/scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "7 passed, 3 failed" ]   # 4 steps that make no tests, and 3 tests of what needs no build
    printf 'format-check layers lint all tests warnings:\n\t@true\ntest check-classifier:\n\t@echo "3 passed, 2 failed"; exit 1\n' >tree/Makefile
    run tree/scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "19 passed, 8 failed" ]
    printf 'format-check layers lint all tests warnings:\n\t@true\ntest check-classifier:\n\t@false\n' >tree/Makefile
    run tree/scripts/check
    [ "$status" -eq 1 ]
    [ "${lines[-1]}" = "7 passed, 4 failed" ]
}
