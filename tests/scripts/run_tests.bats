#!/usr/bin/env bats
# scripts/run-tests must count what goes wrong in every way that a test can go wrong.
bats_require_minimum_version 1.5.0

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
    [ "$last" = "3 passed, 0 failed, 0 skipped" ]
    [[ $output != *chatter* ]]
}

@test "a failing test: counted and shown with its output" {
    suite bad <<<'echo 1..3; echo ok 1 - a; echo not ok 2 - b; echo "# expected 3"; echo ok 3 - c; exit 1'
    run_tests bad
    [ "$status" -eq 1 ]
    [ "$last" = "2 passed, 1 failed, 0 skipped" ]
    [[ $output == *"not ok 2 - b"* && $output == *"# expected 3"* ]]
}

@test "a crash before all tests have reported" {
    suite crash <<<'echo 1..3; echo ok 1 - a; echo last words; kill -SEGV $$'
    run_tests crash
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
    [[ $output == *"SIGSEGV"* && $output == *"last words"* ]]
}

@test "fewer tests than planned, with exit code 0" {
    suite short <<<'echo 1..3; echo ok 1 - a; echo ok 2 - b'
    run_tests short
    [ "$status" -eq 1 ]
    [ "$last" = "2 passed, 1 failed, 0 skipped" ]
}

@test "an exit code although no test failed" {
    suite code <<<'echo 1..1; echo ok 1 - a; exit 7'
    run_tests code
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
    [[ $output == *"exit code 7"* ]]
}

@test "no output at all, no such program" {
    suite silent <<<'exit 0'
    run_tests silent "$BATS_TEST_TMPDIR/nowhere"
    [ "$status" -eq 1 ]
    [ "$last" = "0 passed, 2 failed, 0 skipped" ]
}

@test "a suite that hangs is ended with everything it started" {
    suite hang <<<'echo 1..2; echo ok 1 - a; sleep 1000 & echo $! >child; wait'
    # More time where the machine stalls, so that it has not even started its child.
    for seconds in 1 10 60; do
        run_tests --timeout $seconds hang
        [ ! -s child ] || break
    done
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
    [[ $output == *"not finished after $seconds s"* ]]
    # Killed; it may stay a zombie for a moment where nobody reaps it.
    state=$(sed 's/.*) //' "/proc/$(cat child)/stat" 2>/dev/null || true)
    [[ -z $state || $state == [ZX]* ]]
}

@test "a skipped test is neither passed nor failed, and its reason is shown" {
    suite skip <<<'echo 1..3; echo "ok 1 - a # SKIP no network"; echo "# skip: no mount"; echo "not ok 2 # SKIP b"; echo ok 3 - c'
    suite whole <<<'echo "1..0 # skip no stamps"'
    run_tests skip whole
    [ "$status" -eq 0 ]
    [ "$last" = "1 passed, 0 failed, 3 skipped" ]
    [[ $output == *$'\n    skipped: a: no network\n    skipped: b: no mount\n'* ]]
    [[ $output == *$'\n    skipped: all of it: no stamps\n'* ]]
}

@test "a test skipped without a reason has failed, and so has a suite without tests" {
    suite skip <<<'echo 1..3; echo "# skip: no mount"; echo "ok 1 # SKIP a"; echo "ok 2 # SKIP b"; echo "ok 3 c # skip"'
    suite none <<<'echo 1..0'
    run_tests skip none
    [ "$status" -eq 1 ]
    [ "$last" = "0 passed, 3 failed, 1 skipped" ]
    [[ $output == *"b was skipped without a reason"* && $output == *"c was skipped without a reason"* ]]
    [[ $output == *"it has no tests"* ]]
}

@test "cmocka's skip with SKIP()" {
    printf '%s\n' '#include <setjmp.h>' '#include <stdarg.h>' '#include <stddef.h>' '#include <stdint.h>' '#include <cmocka.h>' \
        '#include "support/skip.h"' 'static void a(void **s) { (void)s; SKIP("no moon"); }' 'static void b(void **s) { (void)s; skip(); }' \
        'int main(void) { const struct CMUnitTest t[] = {cmocka_unit_test(a), cmocka_unit_test(b)}; return cmocka_run_group_tests(t, NULL, NULL); }' >c.c
    gcc -I "$ROOT/tests" -o c c.c -lcmocka
    run_tests c
    [ "$last" = "0 passed, 1 failed, 1 skipped" ]
    [[ $output == *"skipped: a: no moon"* && $output == *"b was skipped without a reason"* ]]
}

@test "of one suite only the tests with a tag, besides the tags of all" {
    printf '# bats test_tags=more\n@test "first" { true; }\n# bats test_tags=more,plain\n@test "second" { false; }\n@test "third" { false; }\n' >some.bats
    run_tests --tags '!plain' TAGS=more,some.bats
    [ "$last" = "1 passed, 0 failed, 0 skipped" ]
    run_tests TAGS=more,some.bats
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
}

@test "bats tests by their tags" {
    printf '@test "first" { true; }\n# bats test_tags=more\n@test "second" { false; }\n' >tags.bats
    printf '# bats file_tags=more\n@test "third" { true; }\n' >all.bats
    run_tests --tags '!more' tags.bats all.bats
    [ "$last" = "1 passed, 0 failed, 0 skipped" ]
    [[ $output != *all.bats* ]]
    run_tests --tags more tags.bats all.bats
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
}

@test "a result behind noise on the same line is found" {
    suite noise <<<'echo 1..2; printf "no line end"; echo "not ok 1 - a"; echo "ok 2 - b"; exit 1'
    run_tests noise
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
}

@test "a sanitiser's report counts, even of a program whose exit code nobody looks at" {
    cat >wild.c <<<'#include <stdlib.h>
        int main(void) { volatile char *p = malloc(4); p[4] = 1; return 0; }'
    gcc -fsanitize=address -o wild wild.c
    suite careless <<<'echo 1..1; ./wild 2>/dev/null; echo ok 1 - a'
    run_tests careless
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
    [[ $output == *"heap-buffer-overflow"* ]]
}

@test "bats files, and choosing suites by a word" {
    printf '@test "good" { true; }\n@test "bad" { echo why; false; }\n' >file.bats
    suite other <<<'echo 1..1; echo not ok 1 - x; exit 1'
    run_tests --only file file.bats other
    [ "$status" -eq 1 ]
    [ "$last" = "1 passed, 1 failed, 0 skipped" ]
    [[ $output == *"why"* ]]
    run_tests --only nothing file.bats
    [ "$status" -eq 2 ]
}

@test "no test has a line that cannot fail it, as one that begins with !" {
    run -1 grep -rnE '^[[:space:]]+! |([|][|]|&&) ! [a-z"$]' "$ROOT/tests" --include='*.bats'
    [ "$output" = "" ]
}
