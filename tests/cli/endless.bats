#!/usr/bin/env bats
# Inputs without an end are refused by name, place and size, in little memory; those that end late are read as if they were files.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# refuses CODE TEXT ARGUMENT...: the message has the text. With 1 GB of address space; 60 s is for a busy machine.
refuses() {
    local code=$1 text=$2
    shift 2
    run "-$code" --separate-stderr bash -c 'ulimit -v 1000000; exec timeout 60 "$@"' _ "$COLDSWARM" "$@"
    [[ $stderr == *"$text"* ]] || { echo "$stderr"; return 1; }
    [[ $stderr != *"out of memory"* ]] || { echo "$stderr"; return 1; }
}

# late PART1 PART2 ARGUMENT...: the command reads ./pipe, which has part 1, and part 2 only when the command waits for it. Sets $output.
late() {
    local first=$1 second=$2 reader
    shift 2
    rm -f pipe go began
    mkfifo pipe go
    { cat "$first"; : >began; read -r _ <go; cat "$second"; } >pipe 3>&- &
    STARTED_PIDS+=("$!")
    timeout 120 "$COLDSWARM" "$@" >out.txt 2>err.txt 3>&- &
    reader=$!
    for ((i = 0; i < 3000; i++)); do [ ! -e began ] || break; pause; done
    [ -e began ]
    kill -0 "$reader"
    echo >go
    wait "$reader" || { cat err.txt; return 1; }
    output=$(cat out.txt)
}

# bats test_tags=plain
@test "import: a log and metrics that are no text, one entry, blanks, or lost for ever" {
    python3 "$BATS_TEST_DIRNAME/make_log.py" run run.db 5
    sqlite3 run.db .dump >before
    refuses 2 '/dev/zero:1: an entry is longer than the limit of 4 MiB' import run.db --logs /dev/zero
    refuses 2 '/dev/zero:1: an entry is longer than the limit of 64 MiB' import run.db --metrics /dev/zero
    refuses 2 '/dev/fd/9:2: an entry is longer than the limit of 4 MiB' import run.db --logs /dev/fd/9 \
        9< <(printf '[\n{"insertId": "'; yes 0123456789 | tr -d '\n')
    refuses 2 '/dev/fd/9:1: an entry is longer than the limit of 4 MiB' import run.db --logs /dev/fd/9 9< <(yes ' ' | tr -d '\n')
    refuses 2 '/dev/fd/9:1: an entry is longer than the limit of 4 MiB' import run.db --logs /dev/fd/9 9< <(yes '[' | tr -d '\n')
    refuses 2 '/dev/fd/9:1: an entry is longer than the limit of 4 MiB' import run.db --logs /dev/fd/9 \
        9< <(printf '{"entries": [], "nextPageToken": "'; yes x | tr -d '\n')
    sqlite3 run.db .dump | diff before -
}

# bats test_tags=plain
@test "convert: a log or a list of URLs of one line" {
    refuses 2 '/dev/zero:1: a line is longer than 1 MiB' convert --from urls /dev/zero
    refuses 2 '/dev/zero:1: a line is longer than 1 MiB' convert --from access-log /dev/zero
    refuses 2 '/dev/fd/9:2: a line is longer than 1 MiB' convert --from urls /dev/fd/9 9< <(echo http://h/; yes http://h/ | tr -d '\n')
    refuses 2 '/dev/fd/9:1: an entry is longer than the limit of 4 MiB' convert --from access-log /dev/fd/9 \
        9< <(printf '{"httpRequest": "'; yes x | tr -d '\n')
}

# bats test_tags=plain
@test "convert: a source that is read whole" {
    for from in har openapi postman locust curl grpcurl proto; do
        refuses 2 '/dev/zero: this is not text: byte 1 is NUL' convert --from $from /dev/zero
    done
    refuses 2 '/dev/zero: this is not text: byte 1 is NUL' convert /dev/zero
    refuses 2 'larger than the limit of 536870912 bytes' convert --from har - < <(yes)
}

# bats test_tags=plain
@test "scenarios, their files, and other files that are read whole" {
    refuses 2 '/dev/zero is larger than the limit of 16777216 bytes' validate /dev/zero
    refuses 2 '/dev/zero is larger than the limit of 16777216 bytes' run /dev/zero
    # One without data on the disk, too large to be read: its size is enough.
    truncate -s 1T huge.json
    refuses 2 'huge.json is larger than the limit of 16777216 bytes' validate huge.json
    ln -s /dev/zero zero
    mkfifo pipe
    for file in zero pipe; do
        for feeder in csv jsonl sharegpt messages custom mooncake; do
            echo '{"target": "http://h", "load": {"users": 1, "duration": "1s"},
                "feeders": {"f": {"'$feeder'": "'$file'"}}, "tasks": [{"path": "/${f.a}"}]}' >s.json
            refuses 2 "$file is not a file" validate s.json
        done
        echo '{"target": "http://h", "load": {"users": 1, "duration": "1s"}, "tasks": [{"path": "/", "body_file": "'$file'"}]}' >s.json
        refuses 2 "$file is not a file" validate s.json
        echo '{"target": "http://h", "load": {"trace": "'$file'", "max_users": 1}, "tasks": [{"path": "/"}]}' >s.json
        refuses 2 "$file is not a file" validate s.json
        echo '{"target": "http://h", "load": {"users": 1, "duration": "1s"},
            "tasks": [{"grpc": "p.S/M", "proto": "'$file'", "message": {}}]}' >s.json
        refuses 2 "$file is not a file" validate s.json
    done
}

# bats test_tags=plain
@test "files whose only line is a terabyte" {
    truncate -s 1T rows
    for feeder in csv jsonl; do
        echo '{"target": "http://h", "load": {"users": 1, "duration": "1s"},
            "feeders": {"f": {"'$feeder'": "rows"}}, "tasks": [{"path": "/${f.a}"}]}' >s.json
        refuses 2 'rows:1: a ' validate s.json
        [[ $stderr == *'longer than 1 MiB'* || $stderr == *'longer than 1048576 bytes'* ]]
    done
    refuses 3 'rows:1: a line is longer than 16 MiB' import out.db --from k6-json rows
    refuses 3 'rows:1: a row longer than 1048576 bytes' import out.db --from jtl rows
    refuses 2 'rows: this is not text: byte 1 is NUL' convert --from har rows
    [ ! -e out.db ]
}

# bats test_tags=plain
@test "results, run files and replays" {
    for format in jtl k6-csv k6-json locust-csv-requests vegeta-csv vegeta-json; do
        refuses 3 '/dev/zero is not a file' import out.db --from $format /dev/zero
    done
    for command in report gate manifest; do
        refuses 3 'cannot read /dev/zero: it is not a regular file' $command /dev/zero
    done
    refuses 2 'cannot read /dev/zero: it is not a regular file' run --replay /dev/zero
}

@test "a log, a list and a whole source that end late" {
    python3 "$BATS_TEST_DIRNAME/make_log.py" run run.db 2000
    python3 "$BATS_TEST_DIRNAME/make_log.py" log 2000 >log.json
    size=$(stat -c %s log.json)
    [ "$size" -gt 400000 ] # more than a pipe holds: what is written has been read
    late <(head -c 300001 log.json) <(tail -c +300002 log.json) import run.db --logs pipe
    [[ $output == 'pipe: 2000 entries, 2000 used'* ]]

    seq -f 'http://h/%g' 30000 >urls
    late <(head -c 300001 urls) <(tail -c +300002 urls) convert --from urls pipe
    grep -v pipe out.txt >piped.json
    "$COLDSWARM" convert --from urls urls 2>/dev/null | grep -v urls | diff - piped.json

    cp "$BATS_TEST_DIRNAME/convert/shop.har" .
    late <(head -c 3000 shop.har) <(tail -c +3001 shop.har) convert --from har pipe
    grep -v pipe out.txt >piped.json
    "$COLDSWARM" convert shop.har 2>/dev/null | grep -v shop.har | diff - piped.json

    echo '{"target": "http://h", "load": {"users": 1, "duration": "1s"}, "tasks": [{"path": "/"}]}' >s.json
    late <(head -c 20 s.json) <(tail -c +21 s.json) validate pipe
    [[ $output == 'pipe is valid.'* ]]
}
