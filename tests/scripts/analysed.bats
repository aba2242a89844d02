#!/usr/bin/env bats
# scripts/analysed shows what the analysers found, without what src/FINDINGS explains, and no more than that.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
    mkdir -p scripts src/gate found/src/gate
    cp "$ROOT/scripts/analysed" scripts/
    printf '%s\n' 'int a(int *p) {' '    return *p;' '}' 'int b(int *q) {' '    return q[1];' '}' >src/gate/a.c
    # gcc's form, at two levels; clang's; cppcheck's. What is no finding of ours is not counted.
    printf '%s\n' "src/gate/a.c: In function 'a':" \
        "src/gate/a.c:2:12: warning: dereference of NULL 'p' [CWE-476] [-Wanalyzer-null-dereference]" \
        "/usr/include/x.h:2:12: warning: not ours [-Wanalyzer-null-dereference]" >found/src/gate/a.c.O0
    cp found/src/gate/a.c.O0 found/src/gate/a.c.O2
    printf '%s\n' 'src/gate/a.c:5:12: warning: Out of bound memory access [alpha.security.ArrayBoundV2]' \
        'src/gate/a.c:4:1: note: Entered' '1 warning generated.' >found/src/gate/a.c.clang
    : >found/cppcheck
    : >list
}

@test "each finding once, with its line; no list explains it" {
    run scripts/analysed found list
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"src/gate/a.c:2: analyzer-null-dereference: dereference of NULL 'p' (O0)"$'\n'"    return *p;"* ]]
    [[ $output == *"src/gate/a.c:5: alpha.security.ArrayBoundV2: Out of bound memory access (clang)"$'\n'"    return q[1];"* ]]
    [[ $output == *"2 findings, 0 explained by 0 lines of list" ]]
}

@test "a reason explains the findings of its check, file and line, and no others" {
    printf '%s\n' '# a comment' '' 'analyzer-null-dereference src/gate/a.c: return *p; -- callers have one' >list
    run scripts/analysed found list
    [ "$status" -eq 1 ]
    [[ $output != *"a.c:2:"* ]]
    [[ $output == *"1 findings, 1 explained by 1 lines of list" ]]
    echo 'alpha.security.ArrayBoundV2 src/gate/a.c: q[1] -- callers have two' >>list
    run scripts/analysed found list
    [ "$status" -eq 0 ]
    [[ $output == "0 findings, 2 explained by 2 lines of list" ]]
    # By the message, in any file; and all of a check.
    printf '%s\n' "analyzer-null-dereference *: NULL 'p' -- b" 'alpha.security.ArrayBoundV2 *: * -- c' >list
    run scripts/analysed found list
    [ "$status" -eq 0 ]
    [[ $output == "0 findings, 2 explained by 2 lines of list" ]]
    printf '%s\n' "analyzer-null-dereference *: NULL 'q' -- b" >list
    run scripts/analysed found list
    [ "$status" -eq 1 ]
}

@test "a reason for nothing is an error, and so is one without its words" {
    rm found/src/gate/a.c.*
    echo 'analyzer-null-dereference src/gate/a.c: return *p; -- callers have one' >list
    run scripts/analysed found list
    [ "$status" -eq 1 ]
    [[ $output == *"list:1: explains nothing: analyzer-null-dereference src/gate/a.c: return *p;"* ]]
    echo 'analyzer-null-dereference src/gate/a.c: return *p;' >list
    run scripts/analysed found list
    [ "$status" -eq 1 ]
    [[ $output == *"list:1: not CHECK FILE: TEXT -- WHY"* ]]
}

@test "without findings to read it says what to do" {
    run scripts/analysed elsewhere list
    [ "$status" -eq 1 ]
    [[ $output == *"elsewhere is not there: run make analyze" ]]
}

@test "make analyze's compilers find what is planted" {
    rm -r found
    cp "$ROOT/Makefile" .
    cp "$ROOT"/scripts/{missing-packages,embed} scripts/
    mkdir src/util
    cp "$ROOT/src/util/banned.h" src/util/
    printf '%s\n' '#include <stdlib.h>' 'int twice(int n);' 'int twice(int n) {' '    int *p = malloc(sizeof *p);' '    if (p == NULL)' \
        '        return n;' '    free(p);' '    free(p);' '    return 0;' '}' >src/gate/a.c
    make -s build/analysed/src/gate/a.c.O0 build/analysed/src/gate/a.c.clang
    run scripts/analysed build/analysed list
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"src/gate/a.c:8: analyzer-double-free: "*" (O0)"* ]]
    [[ $output == *"src/gate/a.c:8: unix.Malloc: "*" (clang)"* ]]
}
