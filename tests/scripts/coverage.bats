#!/usr/bin/env bats
# scripts/coverage counts what gcc counted: lines and branches of a small source that can be counted by hand.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
    mkdir -p scripts src/gate src/cli build/coverage
    cp "$ROOT/scripts/coverage" scripts/
    # gcc counts the head of a function, the condition and the returns. Without arguments the first return is not taken.
    printf '%s\n' 'int gate(int n);' 'int gate(int n) {' '    if (n > 2)' '        return n + 1;' '    return n;' '}' >src/gate/a.c
    printf '%s\n' 'int gate(int n);' 'int main(int n, char **v) {' '    (void)v;' '    return gate(n) - 1;' '}' >src/cli/main.c
    printf '%s\n' 'int never(void);' 'int never(void) {' '    return 1;' '}' >src/cli/never.c
    for file in gate/a cli/main cli/never; do
        mkdir -p "build/coverage/src/${file%/*}"
        gcc --coverage -O0 -c -o "build/coverage/src/$file.o" "src/$file.c"
    done
    gcc --coverage -o program build/coverage/src/*/*.o
    ./program
}

@test "lines and branches by folder, a file that never ran, the goal, and the lines that no test took" {
    run scripts/coverage --folder gate --folder cli
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *$'\n'"cli             4      2   50.0         0  100.0"$'\n'* ]]
    [[ $output == *$'\n'"gate            4      3   75.0         2   50.0  90  BELOW"$'\n'* ]]
    [[ $output == *$'\n'"all             8      5   62.5         2   50.0"$'\n'* ]]
    [[ $output == *$'\n'"src/gate/a.c: 4"$'\n'* ]]
    [[ $output == *$'\n'"src/cli/never.c: 2-3"* ]]
    [[ $output == *"coverage: below the goal: gate" ]]
    # Another run takes the rest.
    ./program 1 2 || true
    run scripts/coverage
    [ "$status" -eq 0 ]
    [[ $output == *"gate            4      4  100.0         2  100.0  90"* ]]
}

@test "without counters it says what to do" {
    rm -r build/coverage
    run scripts/coverage
    [ "$status" -eq 1 ]
    [[ $output == *"build/coverage has no counters: run make coverage" ]]
}
