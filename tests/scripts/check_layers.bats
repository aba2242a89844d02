#!/usr/bin/env bats
# scripts/check-layers finds each kind of violation, and the real sources have none.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
    mkdir -p src/low src/high
    printf '# a comment\nlow:\nhigh: low\n' >src/LAYERS
    printf '#include "low/a.h"\nint low(void) {\n    return 1;\n}\n' >src/low/a.c
    printf 'int low(void);\n' >src/low/a.h
    printf '#include <stdio.h>\n#include "low/a.h"\n' >src/high/b.h
}

check() {
    run "$ROOT/scripts/check-layers" src
}

@test "the real sources" {
    run "$ROOT/scripts/check-layers" "$ROOT/src"
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a sound tree" {
    check
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "an include upwards" {
    printf '\n#include "high/b.h"\n' >>src/low/a.c
    check
    [ "$status" -eq 1 ]
    [[ $output == "src/low/a.c:6: low may not include high"* ]]
}

@test "a folder that is not in the table" {
    mkdir src/new
    echo 'int x;' >src/new/x.c
    check
    [ "$status" -eq 1 ]
    [[ $output == *"the folder new is not in the table"* ]]
}

@test "a table that names a folder below, and so could have a circle" {
    printf 'low: high\nhigh: low\n' >src/LAYERS
    check
    [ "$status" -eq 1 ]
    [[ $output == *"src/LAYERS:1: high does not stand above low"* ]]
}

@test "headers in a circle within a folder" {
    printf '#include "low/c.h"\n' >>src/low/a.h
    printf '#include "low/a.h"\n' >src/low/c.h
    check
    [ "$status" -eq 1 ]
    [[ $output == *"headers include each other: low/a.h -> low/c.h -> low/a.h"* ]]
}

@test "an include without its folder, and one of nothing" {
    printf '#include "a.h"\n#include "low/none.h"\n' >src/low/d.c
    check
    [ "$status" -eq 1 ]
    [[ $output == *'src/low/d.c:1: "a.h" without its folder'* ]]
    [[ $output == *'src/low/d.c:2: there is no "low/none.h"'* ]]
}

@test "a function of 71 lines, and none of 70" {
    { echo 'static int f(int a,'; echo '             int b) {'; yes '    a++;' | head -n 67; echo '}'; } >src/low/e.c
    check
    [ "$status" -eq 0 ]
    sed -i '3i\    b++;' src/low/e.c
    check
    [ "$status" -eq 1 ]
    [[ $output == "src/low/e.c:1: the function has 71 lines"* ]]
}

@test "a file of 601 lines" {
    yes '/* line */' | head -n 600 >src/low/f.c
    check
    [ "$status" -eq 0 ]
    echo >>src/low/f.c
    check
    [ "$status" -eq 1 ]
    [[ $output == *"the file has 601 lines"* ]]
}
