#!/usr/bin/env bats
# make install puts a program there that works from its new place, and uninstall takes all of it away.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    unset MAKEFLAGS MFLAGS MAKELEVEL CC CFLAGS SAN
    STAGE=$BATS_TEST_TMPDIR/stage
}

make_in_root() {
    make --no-print-directory -s -C "$ROOT" PREFIX=/opt/cs DESTDIR="$STAGE" "$@"
}

@test "install: program, man pages, completion, documents; uninstall: nothing stays" {
    make_in_root install
    [ "$("$STAGE/opt/cs/bin/coldswarm" --version)" = "$("$ROOT/build/release/coldswarm" --version)" ]
    grep -q '^\.TH COLDSWARM 1' "$STAGE/opt/cs/share/man/man1/coldswarm.1"
    for name in $("$STAGE/opt/cs/bin/coldswarm" help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
        grep -q "^\.TH COLDSWARM-${name^^} 1" "$STAGE/opt/cs/share/man/man1/coldswarm-$name.1"
    done
    bash -n "$STAGE/opt/cs/share/bash-completion/completions/coldswarm"
    grep -q '^#compdef coldswarm$' "$STAGE/opt/cs/share/zsh/site-functions/_coldswarm"
    grep -q '^complete -c coldswarm' "$STAGE/opt/cs/share/fish/vendor_completions.d/coldswarm.fish"
    grep -q MIT "$STAGE/opt/cs/share/doc/coldswarm/LICENSE"
    # The pages that help, the README and the messages send the reader to.
    diff -r "$ROOT/docs" "$STAGE/opt/cs/share/doc/coldswarm/docs"
    if [ -d "$ROOT/scenarios" ]; then
        diff -r "$ROOT/scenarios" "$STAGE/opt/cs/share/coldswarm/scenarios"
    fi
    make_in_root uninstall
    [ -z "$(find "$STAGE" -type f)" ]
}

@test "a change of flags builds anew, no change builds nothing" {
    mkdir "$BATS_TEST_TMPDIR/tree"
    cd "$BATS_TEST_TMPDIR/tree"
    mkdir -p src/util src/cli scripts
    cp "$ROOT/Makefile" .
    cp "$ROOT/scripts/missing-packages" scripts/
    echo '/* empty */' >src/util/banned.h
    printf 'int answer(void);\nint answer(void) {\n    return 0;\n}\n' >src/util/a.c
    printf 'int answer(void);\nint main(void) {\n    return answer();\n}\n' >src/cli/main.c
    make >first
    grep -q 'CC src/util/a.c' first
    run make
    [[ $output != *"CC "* ]]
    run make CFLAGS=-g0
    [[ $output == *"CC src/util/a.c"* && $output == *"CC src/cli/main.c"* ]]
    run make CFLAGS=-g0
    [[ $output != *"CC "* ]]
    # A source that goes leaves nothing behind in the library.
    printf 'int main(void) {\n    return 0;\n}\n' >src/cli/main.c
    echo 'extern int gone; int gone = 1;' >src/util/b.c
    make CFLAGS=-g0
    ar t build/release/libcoldswarm.a | grep -q b.o
    rm src/util/b.c
    make CFLAGS=-g0
    run ar t build/release/libcoldswarm.a
    [[ $output != *b.o* ]]
}
