#!/usr/bin/env bats
# scripts/fresh-machine says what it cannot do, and leaves nothing behind. With an mmdebstrap of our own: the real one takes minutes.

setup() {
    ROOT=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
    cd "$BATS_TEST_TMPDIR"
    mkdir -p bin tmp clone
    export TMPDIR=$PWD/tmp
    git init -q clone
    mkdir clone/scripts
    cp "$ROOT/scripts/fresh-machine" clone/scripts/
    git -C clone add -A
    git -C clone -c user.name=t -c user.email=t@example.org commit -qm one
    for program in apt-get apt-config; do
        printf '#!/bin/sh\n[ "$1" != indextargets ] || printf "%%s\\n" "http://debian.example/ bookworm main" "http://other.example/ bookworm stable"\n' \
            >bin/$program
        chmod +x bin/$program
    done
    PATH=$PWD/bin:$PATH
}

mmdebstrap_is() {
    printf '#!/bin/sh\n%s\n' "$1" >bin/mmdebstrap
    chmod +x bin/mmdebstrap
}

need_namespaces() {
    unshare --mount --pid --fork true 2>/dev/null || skip "no namespaces can be made here (root is needed)"
}

@test "help, and arguments that there are not" {
    run clone/scripts/fresh-machine --help
    [ "$status" -eq 0 ]
    [[ $output == "usage: scripts/fresh-machine [--suite SUITE] [--full|--packages|--image|--static]"* ]]
    for arguments in --fast '--full --full' '--full x' x --suite '--suite trixie x' '--full --suite trixie'; do
        run clone/scripts/fresh-machine $arguments
        [ "$status" -eq 2 ]
        [[ $output == "fresh-machine: it takes --suite SUITE, and one of --full, --packages, --image, --static or nothing, not: $arguments"* ]]
    done
}

@test "not as root" {
    if [ "$(id -u)" -eq 0 ]; then
        # The file may stand where only root may look: so it comes by the standard input, from the folder of scripts.
        run setpriv --reuid 65534 --regid 65534 --clear-groups sh -s <clone/scripts/fresh-machine
    else
        run clone/scripts/fresh-machine
    fi
    echo "$output"
    [ "$status" -eq 2 ]
    [[ $output == *"only root can make a machine"* ]]
}

@test "no source with Debian 12, and an mmdebstrap that fails: said, and nothing stays" {
    need_namespaces
    mmdebstrap_is 'echo no server answers >&2; exit 1'
    run clone/scripts/fresh-machine
    echo "$output"
    [ "$status" -eq 2 ]
    [[ $output == *"no server answers"*"fresh-machine: mmdebstrap failed"* ]]
    [ -z "$(ls tmp)" ]
    sed -i 's/bookworm/trixie/' bin/apt-get
    run clone/scripts/fresh-machine
    [ "$status" -eq 2 ]
    [[ $output == *"no source with Debian 12"* ]]
    [ -z "$(ls tmp)" ]
}

@test "the machine's own source of Debian is used, and no other" {
    need_namespaces
    mmdebstrap_is "cat >'$PWD/sources'; exit 1"
    run clone/scripts/fresh-machine
    [ "$(cat sources)" = "deb http://debian.example/ bookworm main" ]
}

@test "another suite comes from the same server; its name is a name" {
    need_namespaces
    mmdebstrap_is "echo \"\$@\" >'$PWD/arguments'; cat >'$PWD/sources'; exit 1"
    run clone/scripts/fresh-machine --suite trixie
    [ "$(cat sources)" = "deb http://debian.example/ trixie main" ]
    [[ " $(cat arguments) " == *" trixie /"* ]]
    run clone/scripts/fresh-machine --suite 'trixie main'
    [ "$status" -eq 2 ]
    [[ $output == *"--suite takes the name of a Debian"* ]]
    for what in --full --image; do
        run clone/scripts/fresh-machine --suite trixie $what
        [ "$status" -eq 2 ]
        [[ $output == *"$what is for Debian 12 alone"* ]]
    done
}

@test "Ctrl-C and SIGTERM: no folder, no process, no mount stays" {
    need_namespaces
    for signal in INT TERM; do
        mmdebstrap_is "echo \$\$ >'$PWD/inner'; mkdir -p \"\$(echo \"\$@\" | grep -o '/[^ ]*/root')/x\"; sleep 4321 & echo begun >'$PWD/begun'; wait"
        rm -f begun
        # With signals as a terminal's programs have them: what bats starts in the background ignores SIGINT.
        python3 -c 'import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])' \
            clone/scripts/fresh-machine >out 2>&1 3>&- &
        pid=$!
        for ((i = 0; i < 1500; i++)); do [ -e begun ] && break; sleep 0.04; done
        [ -n "$(ls tmp)" ]
        kill -$signal $pid
        code=0
        wait $pid || code=$?
        cat out
        [ $code -eq $([ $signal = INT ] && echo 130 || echo 143) ]
        [ -z "$(ls tmp)" ]
        [ -z "$(pgrep -f '^sleep 4321')" ]
        [ -z "$(grep -F "$TMPDIR" /proc/mounts)" ]
    done
}
