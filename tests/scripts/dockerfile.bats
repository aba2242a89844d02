#!/usr/bin/env bats
# The Dockerfile: its syntax, that the image has what the program needs, and that it does not run as root. No image is built here; what
# its stages run, `scripts/fresh-machine --image` runs on a fresh Debian.

load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    python3 "$ROOT/tests/support/dockerfile.py" "$ROOT/Dockerfile" >stages.json
}

# steps STAGE WORD: the texts of these instructions, a line each.
steps() {
    json_sql stages.json "select replace(value->>'\$[1]', char(10), ' ') from file, json_each(doc, '\$[$1].steps') where value->>'\$[0]' = '$2'"
}

@test "two stages of Debian 12; the second gets the installed files, has another user than root and a program" {
    [ "$(json stages.json '$[0].from' '$[0].name' '$[1].from' '$[2].from')" = "debian:12-slim|build|debian:12-slim|" ]
    [ "$(steps 1 COPY)" = "--from=build /out/ /" ]
    [ "$(steps 1 USER)" = coldswarm ]
    [ "$(steps 1 ENTRYPOINT)" = '["coldswarm"]' ]
    steps 1 RUN | grep -q 'useradd .* coldswarm '
    # What is installed with apt-get leaves no lists in the image.
    for stage in 0 1; do
        [ "$(steps $stage RUN | grep -c 'apt-get update')" = "$(steps $stage RUN | grep -c 'rm -rf /var/lib/apt/lists')" ]
    done
    for stage in 0 1; do
        python3 "$ROOT/tests/support/dockerfile.py" "$ROOT/Dockerfile" $stage | sh -n
    done
}

@test "the second stage installs the packages of all libraries that the program needs, and no other libraries" {
    # Of the libraries that the program names itself; theirs come with them.
    readelf -d "$COLDSWARM" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -vE '^(libc|libm|ld-linux.*|lib[a-z]*san)\.so' |
        while read -r library; do dpkg -S "*/$library" | sed -n 's/^\([a-z0-9.-]*\):.*/\1/p' | head -n 1; done | sort -u >needed
    [ "$(wc -l <needed)" -gt 10 ]
    steps 1 RUN | tr ' ' '\n' | grep -E '^(lib|zlib)' | sort -u >installed
    diff needed installed
}

@test "a mistake is found: no instruction, and one before FROM" {
    printf 'FROM debian:12\nRUNN make\n' >Dockerfile
    run python3 "$ROOT/tests/support/dockerfile.py" Dockerfile
    [ "$status" -eq 1 ]
    [ "$output" = "Dockerfile:2: RUNN is no instruction" ]
    printf '# x\n\nRUN a \\\n  b\n' >Dockerfile
    run python3 "$ROOT/tests/support/dockerfile.py" Dockerfile
    [ "$output" = "Dockerfile:3: RUN is before the first FROM" ]
}

# bats test_tags=more
@test "a linter's rules find nothing in it, and a mistake in another" {
    run "$ROOT/tests/ci/node_modules/.bin/dockerfile-utils" lint "$ROOT/Dockerfile"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
    printf 'FROM debian:12\nRUNN make\n' >Dockerfile
    run "$ROOT/tests/ci/node_modules/.bin/dockerfile-utils" lint Dockerfile
    [ "$status" -eq 1 ]
    [[ $output == *"Unknown instruction: RUNN"* ]]
}
