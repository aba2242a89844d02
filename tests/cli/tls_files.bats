#!/usr/bin/env bats
# Files for TLS that cannot be used: said before a run, by validate as well, and nobody is asked at the terminal.
load ../support/helpers

setup_file() {
    export CERTS="$BATS_FILE_TMPDIR/certs"
    "$BATS_TEST_DIRNAME/../support/make-certs" "$CERTS"
}

scenario() { # CERT KEY
    printf '{"target": "https://127.0.0.1:9", "http": {"ca": "%s/ca.pem", "cert": "%s/%s", "key": "%s/%s"},
        "load": {"users": 1, "duration": "1s"}, "tasks": [{"path": "/"}]}' "$CERTS" "$CERTS" "$1" "$CERTS" "$2" >"$BATS_TEST_TMPDIR/s.json"
}

@test "a key with a pass phrase is refused with these words, and nobody is asked" {
    for key in locked.key locked-old.key; do
        scenario client.pem "$key"
        for command in validate "run --transport direct" "run --transport curl"; do
            run timeout 60 "$COLDSWARM" $command "$BATS_TEST_TMPDIR/s.json" </dev/null
            [ "$status" -eq 2 ]
            [[ $output == *"http.key: $CERTS/$key has a pass phrase"* ]]
        done
    done
}

@test "a key of another certificate is named" {
    scenario client.pem server.key
    for command in validate run; do
        run "$COLDSWARM" $command "$BATS_TEST_TMPDIR/s.json"
        [ "$status" -eq 2 ]
        [[ $output == *"http.key: $CERTS/server.key cannot be used as the key of $CERTS/client.pem: key values mismatch"* ]]
    done
}

@test "a key of another kind than the certificate's is refused: OpenSSL would send no certificate" {
    openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$CERTS/rsa.key" 2>/dev/null ||
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$CERTS/rsa.key" 2>/dev/null
    scenario client.pem rsa.key
    for command in validate "run --transport direct" "run --transport curl"; do
        run "$COLDSWARM" $command "$BATS_TEST_TMPDIR/s.json"
        [ "$status" -eq 2 ]
        [[ $output == *"http.key: $CERTS/rsa.key cannot be used as the key of $CERTS/client.pem"* ]]
    done
}
