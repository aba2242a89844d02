#!/usr/bin/env bats
# What the repository's documents link to is there, and nothing lies around in it that nobody meant to keep.

setup() {
    cd "$BATS_TEST_DIRNAME/../.."
}

@test "every relative link of the documents leads to a file" {
    local missing=0 page target
    while IFS=: read -r page target; do
        target=${target#*](}
        target=${target%%[)#]*}
        [ -z "$target" ] || [ -e "$(dirname "$page")/$target" ] || { echo "$page: $target"; missing=1; }
    done < <(find . -name '*.md' -not -path './build/*' -not -path './runs/*' -not -path './.git/*' -not -path '*/node_modules/*' -exec grep -oHE '\]\([^)]*\)' {} + | grep -vE '\]\((https?:|mailto:|#)')
    [ "$missing" -eq 0 ]
}

@test "the indexes of docs/ and docs/internals/ list every page" {
    for folder in docs docs/internals; do
        diff <(ls "$folder" | grep '\.md$' | grep -v README | sort) <(grep -oE '\]\([a-z0-9-]+\.md\)' "$folder/README.md" | tr -d ']()' | sort -u)
    done
}

@test "no empty file and no name that a shell would take for a pattern is kept" {
    git rev-parse --git-dir >/dev/null 2>&1 || skip "not a clone: what is kept is not known"
    [ -z "$(git ls-files | grep -E '[][*?"\\ ]' | grep -v '^tests/fuzz/corpus/')" ]
    # Empty inputs of the fuzz targets are meant.
    [ -z "$(git ls-files -z | grep -zv '^tests/fuzz/corpus/' | xargs -0 sh -c 'for f; do [ -s "$f" ] || [ ! -e "$f" ] || echo "$f"; done' sh)" ]
}
