#!/usr/bin/env bats
# The documents and sources keep to the table of words in CONTRIBUTING.md.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
}

@test "no document or source has a phrase that CONTRIBUTING.md tells us not to say" {
    "$ROOT/scripts/check-words"
}

@test "a phrase is found over a line break, with its line; not in code, and not in another word" {
    printf '%s\n' 'One.' '' 'It Heeds all, and so' 'many more.' '`so many`' '```' 'it heeds' '```' '[x](so-many/heeds)' 'heedsome' \
        >"$BATS_TEST_TMPDIR/page.md"
    run "$ROOT/scripts/check-words" "$BATS_TEST_TMPDIR/page.md"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ $output == *'page.md:3: "heeds"; we say: follows, obeys'* ]]
    [[ $output == *'page.md:3: "so many"'* ]]
}

@test "in C, comments and string literals are checked, also over the end of a line; code is not" {
    cat >"$BATS_TEST_TMPDIR/code.c" <<'END'
/* It heeds
 * so
 * many rules. */
int so(int many, char heeds);
const char *a = "so "
                "many", *b = "so" "\"heed\"", *c = "so" /* x */ "many";
const char *d[] = {"so", "many"}; // gives
char e = '"'; /* anew */
END
    run "$ROOT/scripts/check-words" "$BATS_TEST_TMPDIR/code.c"
    [ "$status" -eq 1 ]
    printf '%s\n' "${lines[@]##*/}" | sort >"$BATS_TEST_TMPDIR/found"
    diff - "$BATS_TEST_TMPDIR/found" <<'END'
code.c:1: "heeds"; we say: follows, obeys
code.c:2: "so many"; we say: this many, N; up to
code.c:5: "so many"; we say: this many, N; up to
code.c:6: "heed"; we say: follows, obeys
code.c:8: "anew"; we say: rewritten; again
END
}

@test "in C, an error of memory is err_memory()'s" {
    cat >"$BATS_TEST_TMPDIR/code.c" <<'END'
/* It runs out of memory, which is said so: */
int a = err_memory(e, "%d rows", n), b = err_set(e, "%s: out of memory", name);
int c = err_set(e, "too large, or out of memory");
struct err why = {"Out of memory for rows"};
END
    run "$ROOT/scripts/check-words" "$BATS_TEST_TMPDIR/code.c"
    [ "$status" -eq 1 ]
    printf '%s\n' "${lines[@]##*/}" >"$BATS_TEST_TMPDIR/found"
    diff - "$BATS_TEST_TMPDIR/found" <<'END'
code.c:2: "out of memory"; we say: err_memory()
code.c:4: "out of memory"; we say: err_memory()
END
}
