#!/usr/bin/env bats
# The files that ARCHITECTURE.md, CONTRIBUTING.md and docs/ name exist.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

# Prints "PAGE: PATH" for each path in backquotes that does not exist. A path begins with a folder of the repository, or with one of
# src/ as in an #include. A pattern (proxy*.c, cmd_NAME.c) must match something.
missing_paths() {
    local page path
    grep -oHE '`[a-z_]+/[A-Za-z0-9_./*-]*`' "$@" | tr -d '`' | while IFS=: read -r page path; do
        case $path in
        build/* | runs/* | out/*) continue ;; # made by the program
        esac
        [[ $path == *.[ch] ]] || [ -d "${path%%/*}" ] || [ -d "src/${path%%/*}" ] || continue
        path=$(sed -E 's/[A-Z]{2,}|\*/*/g' <<<"$path") # NAME stands for any name
        path=${path%/}
        compgen -G "$path" >/dev/null || compgen -G "src/$path" >/dev/null || echo "$page: $path"
    done
}

@test "every path that the documents name exists" {
    run missing_paths ARCHITECTURE.md CONTRIBUTING.md README.md docs/*.md docs/internals/*.md
    [ -z "$output" ] || { echo "$output"; false; }
}

@test "a path that does not exist is found, and one of the program's own files is not" {
    printf '%s\n' '`engine/no_such.c`, `tests/gone/`, `scripts/lost`, `gone/a.h`, `src/util/buf.h`, `util/buf.h`, `cli/cmd_NAME.c`' \
        '`build/release/coldswarm`, `runs/NAME.db`, `application/json`, `report/none*.c`' >"$BATS_TEST_TMPDIR/page.md"
    run missing_paths -- "$BATS_TEST_TMPDIR/page.md"
    [ "$(sed 's/.*: //' <<<"$output" | tr '\n' ' ')" = "engine/no_such.c tests/gone scripts/lost gone/a.h report/none*.c " ]
}

@test "ARCHITECTURE.md lists the folders of src/, and no others" {
    diff <(sed -n '/^## Folders/,/^## /s/^| `\([a-z]*\)` .*/\1/p' ARCHITECTURE.md | sort) <(sed -n 's/^\([a-z]*\):.*/\1/p' src/LAYERS | sort)
}
