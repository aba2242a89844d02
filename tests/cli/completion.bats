#!/usr/bin/env bats
# Completion in real shells: zsh and fish. That of bash is in help.bats.
# bats file_tags=more

bats_require_minimum_version 1.5.0

load ../support/helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    "$COLDSWARM" completion zsh >_coldswarm
    "$COLDSWARM" completion fish >coldswarm.fish
}

setup() {
    cd "$BATS_FILE_TMPDIR"
}

zsh_completes() {
    python3 "$ROOT/tests/support/zsh_completes.py" "$BATS_FILE_TMPDIR" "$1"
}

# Without the descriptions.
fish_offers() {
    HOME=$BATS_FILE_TMPDIR fish --no-config -c "source coldswarm.fish; complete -C '$1'" | cut -f 1
}

commands() {
    "$COLDSWARM" help | sed -n '/^commands:/,/^$/s/^  \([a-z][a-z-]*\) .*/\1/p'
}

options() {
    "$COLDSWARM" help "$1" | sed -n '/^options:/,/^$/s/^  ....\(--[a-z0-9-]*\).*/\1/p'
}

@test "fish offers the commands, every option, choices and files" {
    diff <(fish_offers 'coldswarm ' | sort) <(commands | sort)
    local name option offered
    for name in $(commands); do
        offered=$(fish_offers "coldswarm $name --")
        [ -n "$(options "$name")" ]
        for option in $(options "$name"); do
            grep -qx -e "$option" -e "$option=" <<<"$offered" || { echo "$name $option"; false; }
        done
    done
    [ "$(fish_offers 'coldswarm run --transport ' | sort | xargs)" = "auto curl direct" ]
    [ "$(fish_offers 'coldswarm run --transport=d')" = "--transport=direct" ]
    [ "$(fish_offers 'coldswarm completion ' | sort | xargs)" = "bash fish zsh" ]
    [ "$(fish_offers 'coldswarm help mani')" = manifest ]
    [ "$(fish_offers 'coldswarm run -u 5 --run-t')" = --run-time ]
    [ "$(fish_offers 'coldswarm run coldsw')" = coldswarm.fish ]
    # The option of one command is not offered for another, also where that one's name is an argument.
    [ -z "$(fish_offers 'coldswarm manifest run --spawn')" ]
}

@test "zsh completes commands, options, choices and files" {
    local name option offered
    offered=$(zsh_completes "coldswarm ")
    for name in $(commands); do
        grep -qxF "$name" <<<"$offered" || { echo "$name"; false; }
    done
    for name in run capacity report help; do
        offered=$(zsh_completes "coldswarm $name --")
        for option in $(options "$name"); do
            grep -qx -e "$option" -e "$option=" <<<"$offered" || { echo "$name $option"; false; }
        done
    done
    [[ $(zsh_completes "coldswarm compa") == "coldswarm compare "* ]]
    [[ $(zsh_completes "coldswarm run --transport=d") == "coldswarm run --transport=direct "* ]]
    [[ $(zsh_completes "coldswarm run -u 5 --run-t") == "coldswarm run -u 5 --run-time="* ]]
    [[ $(zsh_completes "coldswarm run --tags a --ta") == "coldswarm run --tags a --tags="* ]]
    [[ $(zsh_completes "coldswarm completion f") == "coldswarm completion fish "* ]]
    [[ $(zsh_completes "coldswarm run coldsw") == "coldswarm run coldswarm.fish"* ]]
}

@test "zsh takes the script by source too" {
    run -0 zsh -f -c 'autoload -Uz compinit; compinit -D -u; source ./_coldswarm; print $_comps[coldswarm]'
    [ "$output" = _coldswarm ]
}
