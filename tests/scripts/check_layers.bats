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
    cd "$ROOT"
    run scripts/check-layers src "$(dirname "$COLDSWARM")"
    echo "$output"
    [ "$status" -eq 0 ]
}

# objects SOURCE...: compiles each into build/, and checks these, too.
objects() {
    for source in "$@"; do
        mkdir -p "build/$(dirname "$source")"
        cc -Isrc -c -o "build/${source%.c}.o" "$source"
    done
    run "$ROOT/scripts/check-layers" src build
}

# Two files of a folder that call each other, and one that both call.
circle() {
    printf 'int one(void);\nint two(void);\nint three(void);\n' >src/high/one.h
    printf '#include "high/one.h"\nint one(void) {\n    return two() + three();\n}\n' >src/high/one.c
    printf '#include "high/one.h"\nint two(void) {\n    return one() + three();\n}\n' >src/high/one_two.c
    printf '#include "high/one.h"\nint three(void) {\n    return 3;\n}\n' >src/high/one_three.c
    mkdir -p tests
    echo 'low()' >tests/test_a.c
    objects src/low/a.c src/high/one.c src/high/one_two.c src/high/one_three.c
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
    [[ $output == *"headers include each other in a circle: low/a.h low/c.h"* ]]
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

@test "a line of 101 columns, counted in characters" {
    printf '/* %s */\n' "$(printf 'é%.0s' $(seq 94))" >src/low/g.c
    check
    [ "$status" -eq 0 ]
    printf '/* %s */\n' "$(printf 'é%.0s' $(seq 95))" >src/low/g.c
    check
    [ "$status" -eq 1 ]
    [[ $output == "src/low/g.c:1: the line has 101 columns, 100 are allowed" ]]
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

@test "files of a folder in a circle: which, and what each needs of the other" {
    circle
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "src/high/one.c:1: files need each other in a circle: one.c one_two.c" ]
    [ "${lines[1]}" = "src/high/one.c:1: in it, needs of one_two.c: two" ]
    [ "${lines[2]}" = "src/high/one_two.c:1: in it, needs of one.c: one" ]
    [ "${#lines[@]}" -eq 3 ]
}

@test "a circle with a reason; without a reason, with another file, and when it is gone" {
    echo 'circle high: one one_two -- they take turns' >src/EXCEPTIONS
    circle
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    echo 'circle high: one one_two' >src/EXCEPTIONS
    circle
    [ "$status" -eq 1 ]
    [[ $output == *"src/EXCEPTIONS:1: not \"circle FOLDER: FILES -- WHY\""* ]]
    echo 'circle high: one one_two one_three -- they take turns' >src/EXCEPTIONS
    circle
    [ "$status" -eq 1 ]
    [[ $output == *"src/high/one.c:1: files need each other in a circle: one.c one_two.c"* ]]
    [[ $output == *"src/EXCEPTIONS:1: no longer needed: circle high: one one_three one_two"* ]]
}

@test "a call between folders is no matter of circles" {
    printf '#include "low/a.h"\nint top(void) {\n    return low();\n}\n' >src/high/b.c
    printf '#include "low/a.h"\nint top(void);\n' >src/high/b.h
    mkdir -p tests
    echo 'top()' >tests/test_b.c
    objects src/low/a.c src/high/b.c
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a tag that two headers define" {
    printf 'struct thing {\n    int a;\n};\n' | tee src/low/c.h >src/high/d.h
    check
    [ "$status" -eq 1 ]
    [ "$output" = "src/high/d.h:1: the tag thing is given twice: high/d.h low/c.h" ]
    echo 'tag thing: low/c.h high/d.h -- one is for the old compiler' >src/EXCEPTIONS
    check
    [ "$status" -eq 0 ]
    rm src/low/c.h
    check
    [ "$output" = "src/EXCEPTIONS:1: no longer needed: tag thing: high/d.h low/c.h" ]
}

@test "a base name in two folders" {
    echo 'int x;' >src/high/a.c
    check
    [ "$status" -eq 1 ]
    [[ $output == *"src/high/a.c:1: low has a file of this name, too"* ]]
    [[ $output == *"src/low/a.c:1: high has a file of this name, too"* ]]
}

# use: a file of src/high that needs low() and, if told so, other().
use() {
    printf '#include "low/a.h"\n#include "low/d.h"\nint top(void) {\n    return low() + %s;\n}\n' "${1:-0}" >src/high/c.c
    printf 'int top(void);\n' >src/high/c.h
    mkdir -p tests
    echo 'top()' >tests/test_c.c
}

@test "a function that another header than its file's declares" {
    use 'other()'
    printf '/* other(void); */\nstruct other {\n    int (*low)(int other);\n};\nint other(void);\n' >src/low/d.h
    printf '#include "low/d.h"\nint other(void) {\n    return 2;\n}\n' >src/low/e_of_d.c
    objects src/low/a.c src/low/e_of_d.c src/high/c.c
    [ "$status" -eq 1 ]
    [ "$output" = "src/low/e_of_d.c:1: other is declared in d.h: define it in d.c or d_*.c, or declare it elsewhere" ]
    echo 'place low: e_of_d -- it is older' >src/EXCEPTIONS
    run "$ROOT/scripts/check-layers" src build
    [ "$status" -eq 0 ]
    rm src/EXCEPTIONS
    mv src/low/e_of_d.c src/low/d_two.c
    mv src/low/d.h src/low/d_internal.h
    sed -i 's,low/d\.h,low/d_internal.h,' src/low/d_two.c src/high/c.c
    objects src/low/a.c src/low/d_two.c src/high/c.c
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a function that no other file uses, and one that only a test uses" {
    use
    printf 'int other(void);\n' >src/low/d.h
    printf '#include "low/d.h"\nint other(void) {\n    return 2;\n}\n' >src/low/d.c
    objects src/low/a.c src/low/d.c src/high/c.c
    [ "$status" -eq 1 ]
    [ "$output" = "src/low/d.c:1: nothing else uses other; make it static, or remove it" ]
    echo 'assert(other() == 2);' >>tests/test_c.c
    run "$ROOT/scripts/check-layers" src build
    [ "$status" -eq 0 ]
}
