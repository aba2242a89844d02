#!/usr/bin/env bats
# Help, man page, completion and the way the program ends, for every command that the program itself lists.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    COLDSWARM=${COLDSWARM:-$BATS_TEST_DIRNAME/../../build/release/coldswarm}
    COLDSWARM=$(realpath "$COLDSWARM")
}

# The names under "commands:" of the overview.
commands() {
    "$COLDSWARM" help | sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'
}

# What bash would offer for the words given; the last one is being typed.
complete_words() {
    PATH=$(dirname "$COLDSWARM"):$PATH bash --norc -c '
        source <(coldswarm completion bash)
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _coldswarm
        printf "%s\n" "${COMPREPLY[@]}"' bash "$@"
}

@test "without arguments: a short overview on stderr, exit 2" {
    run --separate-stderr "$COLDSWARM"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == *"usage: coldswarm COMMAND"* ]]
}

@test "help goes to stdout, exit 0, in every spelling" {
    expected=$("$COLDSWARM" help)
    [[ $expected == *"exit status:"* ]]
    [ "$("$COLDSWARM" --help)" = "$expected" ]
    [ "$("$COLDSWARM" -h)" = "$expected" ]
}

@test "the overview fits on a screen, and each command has two to four examples" {
    [ "$("$COLDSWARM" help | wc -l)" -le 60 ]
    for name in $(commands | grep -vx -e completion -e help); do
        examples=$("$COLDSWARM" help "$name" | sed -n '/^examples:/,$p' | grep -c '^  # ')
        [ "$examples" -ge 2 ]
        [ "$examples" -le 4 ]
    done
}

@test "every command has help, by three ways, with a usage line that names it" {
    names=$(commands)
    [ "$(wc -l <<<"$names")" -ge 2 ]
    for name in $names; do
        help=$("$COLDSWARM" help "$name")
        [[ $help == "usage: coldswarm $name"* ]]
        [ "$("$COLDSWARM" "$name" --help)" = "$help" ]
        [ "$("$COLDSWARM" "$name" -h)" = "$help" ]
    done
}

@test "help is at most 80 columns wide where there is no terminal" {
    for name in "" $(commands); do
        # Examples are commands to paste: they are not wrapped.
        "$COLDSWARM" help $name | sed '/^examples:/,/^exit status:/d' >"$BATS_TEST_TMPDIR/help"
        run grep -E '^.{81}' "$BATS_TEST_TMPDIR/help"
        [ -z "$output" ]
    done
}

@test "--version names the libraries" {
    run --separate-stderr "$COLDSWARM" --version
    [ "$status" -eq 0 ]
    [[ ${lines[0]} =~ ^coldswarm\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
    for library in libcurl libuv SQLite libmicrohttpd; do
        [[ ${lines[1]} =~ $library\ [0-9]+\.[0-9]+ ]]
    done
    [ "$("$COLDSWARM" -V)" = "$output" ]
    # As JSON: the same, with the version of run files.
    "$COLDSWARM" --version --json >"$BATS_TEST_TMPDIR/v.json"
    [ "coldswarm $(json "$BATS_TEST_TMPDIR/v.json" '$.coldswarm')" = "${lines[0]}" ]
    [ "$(json_sql "$BATS_TEST_TMPDIR/v.json" "select group_concat(key || ' ' || value, ', ') from file, json_each(doc, '$.libraries')")" = "${lines[1]}" ]
    "$COLDSWARM" run -H http://127.0.0.1:1 -u 1 -r 1 -t 100ms -o "$BATS_TEST_TMPDIR/v.db" --quiet >/dev/null 2>&1 || true
    [ "$(json "$BATS_TEST_TMPDIR/v.json" '$.schema')" = "$(sqlite3 "$BATS_TEST_TMPDIR/v.db" 'PRAGMA user_version')" ]
    # Nothing else may follow.
    local more
    for more in --jsn "--json --json" help; do
        # shellcheck disable=SC2086
        run --separate-stderr "$COLDSWARM" --version $more
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        [[ $stderr == *"--version takes nothing but --json"* ]]
    done
}

@test "mistakes exit 2 with a suggestion, on stderr alone" {
    run --separate-stderr "$COLDSWARM" hlep
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == *"did you mean help?"* ]]
    run --separate-stderr "$COLDSWARM" help --mna
    [ "$status" -eq 2 ]
    [[ $stderr == *"did you mean --man?"* ]]
    run --separate-stderr "$COLDSWARM" --man
    [ "$status" -eq 2 ]
    run --separate-stderr "$COLDSWARM" completion
    [ "$status" -eq 2 ]
    [[ $stderr == *"usage: coldswarm completion bash|zsh|fish"* ]]
    run --separate-stderr "$COLDSWARM" completion bash more
    [ "$status" -eq 2 ]
    [[ $stderr == *'"more"'* ]]
}

@test "the terminal obeys nothing that stands in an argument" {
    evil=$'\e[31m\a\nx\x9b'
    for command in "$evil" "help $evil" "completion $evil" "help --$evil" "help -$evil" "help --man=$evil"; do
        IFS=' ' read -r -d '' -a words <<<"$command" || true
        run --separate-stderr "$COLDSWARM" "${words[@]}"
        [ "$status" -eq 2 ]
        [[ $stderr != *$'\e'* && $stderr != *$'\a'* && $stderr != *$'\x9b'* ]]
    done
}

@test "output that cannot be written is an error: exit 3 and the reason" {
    for arguments in "--help" "--version" "completion bash" "help --man"; do
        run --separate-stderr sh -c '"$0" '"$arguments"' >/dev/full' "$COLDSWARM"
        [ "$status" -eq 3 ]
        [[ $stderr == *"cannot write to standard output"* ]]
    done
    # A long text, of which an earlier piece failed.
    run -3 --separate-stderr sh -c '"$0" help --man >/dev/full' "$COLDSWARM"
    [[ $stderr == *"cannot write to standard output: No space left on device"* ]]
    run --separate-stderr sh -c '"$0" --help >&-' "$COLDSWARM"
    [ "$status" -eq 3 ]
}

@test "a reader that leaves early is no error" {
    run --separate-stderr bash -c 'set -o pipefail; "$0" --help | head -n 1; exit "${PIPESTATUS[0]}"' "$COLDSWARM"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    mkfifo "$BATS_TEST_TMPDIR/pipe"
    exec {keep}<>"$BATS_TEST_TMPDIR/pipe"   # lets the writer open it, and then nobody reads
    exec {writer}>"$BATS_TEST_TMPDIR/pipe"
    exec {keep}<&-
    run --separate-stderr bash -c '"$0" --help >&"$1"' "$COLDSWARM" "$writer"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
}

# Renders man page $1 and fails on a warning. Nobody dates the pages, which mandoc minds.
rendered() {
    run --separate-stderr groff -man -ww -Tascii -P-cbou "$1"
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    [ -z "$(mandoc -T lint -W warning "$1" | grep -v 'WARNING: missing date')" ]
}

@test "the man page is roff without warnings and has every command" {
    "$COLDSWARM" help --man >"$BATS_TEST_TMPDIR/coldswarm.1"
    rendered "$BATS_TEST_TMPDIR/coldswarm.1"
    for section in NAME SYNOPSIS DESCRIPTION COMMANDS "EXIT STATUS"; do
        [[ $output == *"$section"* ]]
    done
    for name in $(commands); do
        [[ $output == *"coldswarm $name"* && $output == *"coldswarm-$name(1)"* ]]
    done
}

@test "every command has a man page without warnings" {
    for name in $(commands); do
        "$COLDSWARM" help "$name" --man >"$BATS_TEST_TMPDIR/coldswarm-$name.1"
        rendered "$BATS_TEST_TMPDIR/coldswarm-$name.1"
        for part in "coldswarm-$name - " "SYNOPSIS" "coldswarm $name" OPTIONS --help "EXIT STATUS" "coldswarm(1)"; do
            [[ $output == *"$part"* ]] || { echo "$name: $part"; false; }
        done
    done
}

@test "completion offers the commands, a command's options and the words after help" {
    run complete_words coldswarm ""
    for name in $(commands) --help --version; do
        [[ $'\n'$output$'\n' == *$'\n'$name$'\n'* ]]
    done
    [ "$(complete_words coldswarm comple)" = completion ]
    [ "$(complete_words coldswarm help --m)" = --man ]
    [ "$(complete_words coldswarm help comple)" = completion ]
    [ "$(complete_words coldswarm completion "" | xargs)" = "bash zsh fish" ]
}

@test "completion offers every option that a command's help shows" {
    for name in $(commands); do
        offered=$'\n'$(complete_words coldswarm "$name" --)$'\n'
        shown=$("$COLDSWARM" help "$name" | sed -n '/^options:/,/^$/s/^  ....\(--[a-z0-9-]*\).*/\1/p')
        [ -n "$shown" ]
        for option in $shown; do
            [[ $offered == *$'\n'$option$'\n'* ]]
        done
    done
}

@test "completion offers the choices of an option, also after =" {
    for name in $(commands); do
        "$COLDSWARM" help "$name" | tr -s ' \n' ' ' | grep -oP -- '--[a-z-]+ [A-Z]+ (?:(?! --[a-z]).)*?one of [a-z0-9|-]+' |
            sed -E 's/^(--[a-z-]+) .*one of ([^|]*).*/\1 \2/' |
            while read -r option choice; do
                [[ $'\n'$(complete_words coldswarm "$name" "$option" "")$'\n' == *$'\n'$choice$'\n'* ]]
                [[ $'\n'$(complete_words coldswarm "$name" "$option" = "")$'\n' == *$'\n'$choice$'\n'* ]]
                # A choice may begin like another, longer one: all that begin so are offered, and nothing else.
                offered=$(complete_words coldswarm "$name" "$option" = "$choice")
                [[ $'\n'$offered$'\n' == *$'\n'$choice$'\n'* ]]
                [ -z "$(grep -v "^$choice" <<<"$offered")" ]
            done
    done
}


@test "no help says a thing twice, or a number that nobody can read" {
    for name in $(commands); do
        text=$("$COLDSWARM" help "$name" | tr -s ' \n' ' ')
        [[ ! $text =~ [0-9]e\+[0-9] ]] || { echo "$name"; false; }
        # Only the program adds "may be repeated", once for each option.
        [[ $text != *"may be repeated; may be repeated"* && $text != *"several times; may be"* && $text != *"again; may be"* ]] || { echo "$name"; false; }
    done
    [[ $("$COLDSWARM" help run | tr -s ' \n' ' ') == *"a whole number from 0 to 9007199254740992 [env: COLDSWARM_SEED]"* ]]
}
