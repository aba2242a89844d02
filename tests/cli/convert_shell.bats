#!/usr/bin/env bats
# `coldswarm convert` of shell commands: what is the shell's is not sent to anyone, and no host is asked that the source does not clearly name.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# sends COMMAND WHAT...: the scenario of it asks exactly this, as METHOD PATH. $stderr and c.json are left to look at.
sends() {
    printf '%s\n' "$1" >c.sh
    shift
    run --separate-stderr "$COLDSWARM" convert --from curl c.sh
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    printf '%s\n' "$output" >c.json
    diff <(printf '%s\n' "$@") <(grep -v '^ *//' c.json | tr -d '\n' | grep -oE '"method": "[A-Z]+", *"path": "[^"]*"' | sed -E 's/"method": "([A-Z]+)", *"path": "([^"]*)"/\1 \2/')
}

# told TEXT: a comment of the scenario, whose lines are broken, says so.
told() {
    sed -nE 's,^ *// *,,p' c.json | tr '\n' ' ' | tr -s ' ' | grep -qF -- "$1" || { cat c.json; return 1; }
}

@test "a redirection is the shell's, and told at the task and on the screen" {
    sends 'curl http://127.0.0.1:8080/x > install.sh' 'GET /x'
    told 'left out: > install.sh, a redirection'
    [ "${stderr_lines[0]}" = "c.sh:1: left out: a redirection (>) of the shell" ]
    sends 'curl http://h/x>a.sh 2>&1 >>b.sh 2> c.sh &>d.sh &>> e.sh >|f.sh <g.sh <>h.sh 3>&- {fd}>i.sh' 'GET /x'
    told 'left out: 2>& 1, a redirection'
    told 'left out: {fd}> i.sh, a redirection'
    sends 'curl -X POST 2>/dev/null http://h/x -o y.sh >z.sh -d a=1' 'POST /x'
    sends 'curl http://h/x > "two words.sh" http://h/y' 'GET /x' 'GET /y'
    sends $'curl http://h/1 > \\\n  a.sh\ncurl http://h/2' 'GET /1' 'GET /2'
    # In quotes, or behind a backslash, it is none.
    sends "curl 'http://h/a>b' \"http://h/c<d\" http://h/e\\>f" 'GET /a>b' 'GET /c<d' 'GET /e>f'
    sends 'curl http://h/x # > y.sh' 'GET /x'
    # A prompt that was copied too.
    sends '> curl http://h/x' 'GET /x'
    [ "${#stderr_lines[@]}" -eq 1 ] # the count alone
}

@test "prompts that were copied with their commands are nothing to run" {
    sends $'user@host:~$ curl http://h/1\nHTTP/1.1 200 OK\nroot@host:/etc# curl -d a=1 http://h/2\n[me@x ~]$ curl http://h/3' 'GET /1' 'POST /2' 'GET /3'
    sends $'me@mac ~ % curl http://h/1\nbash-5.1$ curl http://h/2\n~/src $ curl http://h/3\n$ curl http://h/4' 'GET /1' 'GET /2' 'GET /3' 'GET /4'
    sends $'PS C:\\Users\\me> curl.exe http://h/1\r\nC:\\>curl http://h/2\r\nPS> curl.exe http://h/3\r\n' 'GET /1' 'GET /2' 'GET /3'
    # These are none: a comment, programs, a variable, a file that is named curl.
    sends $'## curl http://h/1\n#$ curl http://h/2\necho 5% curl http://h/3\nx=$ ; y@z > curl http://h/4\ncurl http://h/5' 'GET /5'
}

@test "here-documents and here-strings are data for curl, no words, and not shown" {
    sends $'curl -d @- http://h/x <<EOF\ncurl http://evil.sh/\nEOF\ncurl http://h/y' 'POST /x' 'GET /y'
    sends $'cat <<-\'E F\' | curl -d @- http://h/x\n\tcurl http://evil.sh/\n\tE F\ncurl http://h/y' 'POST /x' 'GET /y'
    sends $'curl http://h/x <<A <<"B"\ncurl http://a.sh/\nA\ncurl http://b.sh/\nB\ncurl http://h/y' 'GET /x' 'GET /y'
    sends $'curl http://h/x <<EOF\nno end' 'GET /x'
    sends 'curl http://h/x -d @- <<< "pass-word-1234"' 'POST /x'
    grep -q '"body": "pass-word-1234"' c.json
    [[ $stderr != *pass-word* ]]
}

@test "pipes, lists, subshells, loops, functions and variables" {
    sends 'curl -s http://h/x | sh -s -- http://evil.sh/' 'GET /x'
    sends 'curl http://h/1 && curl http://h/2 || curl http://h/3; curl http://h/4 & curl http://h/5 |& tee x.sh' 'GET /1' 'GET /2' 'GET /3' 'GET /4' 'GET /5'
    sends '(cd /tmp; curl http://h/x) >/dev/null 2>&1 &' 'GET /x'
    sends '{ curl http://h/x; } > y.sh' 'GET /x'
    sends $'for i in a.sh b.sh; do\n  curl http://h/x\ndone' 'GET /x'
    told '$i of the loop is another of its values, at random, each time'
    sends $'while read i; do\n  curl http://h/$i\ndone' 'GET /${env.i}'
    told '"while" belongs to the shell'
    sends 'while ! curl -f http://h/up; do sleep 1; done' 'GET /up'
    sends 'if curl http://h/x; then curl http://h/y; else curl http://h/z; fi' 'GET /x' 'GET /y' 'GET /z'
    sends $'get() {\n  curl http://h/x\n}\nget' 'GET /x'
    sends 'A=1 B="x y" curl http://h/x' 'GET /x'
    told 'the variable A'
    sends $'TOKEN=abcdefgh1234\nx=$(curl -s http://h/a | jq -r ".b > c")\ncurl http://h/x' 'GET /x'
    run grep -n 'abcdefgh1234' c.json
    [ "$status" -eq 1 ]
    sends 'sudo -u bob timeout 5 nohup curl http://h/x' 'GET /x'
    sends 'curl -d "{\"t\": \"$(date "+%s > x" | tr a b)\"}" http://h/x' 'POST /x'
    sends 'curl -H "X: `date | cut -c 1`" http://h/x' 'GET /x'
    sends 'curl -K <(echo url=http://evil.sh/) http://h/x' 'GET /x'
    sends 'xs=(a.sh b.sh) ; curl http://h/x' 'GET /x'
}

@test "a word that only might be a URL is left out, and told" {
    sends 'curl http://127.0.0.1:8080/x install.sh' 'GET /x'
    told 'left out: the word "install.sh"'
    [ "${stderr_lines[0]}" = "c.sh:1: left out: a word that may not be a URL; the scenario has a comment about it" ]
    sends 'curl install.sh http://h/x' 'GET /x'
    sends 'curl --url http://h/x install.sh --next other.sh' 'GET /x'
    sends 'curl one.example/a two.example/b one.example/c' 'GET /a' 'GET /c'
    # What is clear stays: a scheme, the only word, the same host, this machine.
    sends 'curl install.example/a' 'GET /a'
    told 'assumed: http://'
    sends 'curl http://h/a http://other.example/b' 'GET /a' 'GET http://other.example/b'
    sends 'curl http://h:1/a h:1/b localhost:2/c 127.0.0.1:3/d' 'GET /a' 'GET /b' 'GET http://localhost:2/c' 'GET http://127.0.0.1:3/d'
    sends 'curl h.example/a --next h.example/b' 'GET /a' 'GET /b'
}

@test "what does not end is refused, with its line" {
    for text in 'curl http://h/$(date' 'curl "http://h/${x"'; do
        run --separate-stderr "$COLDSWARM" convert "$text"
        [ "$status" -eq 2 ]
        [[ $stderr == *"curl:1: this "*"is not closed"* ]]
    done
}
