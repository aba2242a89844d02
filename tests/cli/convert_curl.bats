#!/usr/bin/env bats
# `coldswarm convert` of curl commands: curl itself says what is right. Both send to a recorder.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

@test "curl: quotes, data and headers are sent as curl sends them" {
    start_pairs
    printf 'A\0B\377\n' >body.bin
    same_as_curl 'curl $URL/'
    same_as_curl "curl '\$URL/a/b?x=1&y=a%20b' -H 'X-A: 1' --header \"X-B: two words\" -H 'X-Empty;'"
    same_as_curl "curl -X POST \$URL/p -d a=1 -d 'b=c d&e' --data-urlencode 'f=g h&\$'"
    same_as_curl $'curl $URL/p \\\n  --data-raw $\'{"a":"it\\\'s \\u00e9 \\U0001f600\\x41\\101","b":[1,2.50]}\' \\\n  -H "Content-Type: application/json" --compressed'
    same_as_curl "curl -sS -L \$URL/j --json '{\"a\": 1}'"
    same_as_curl 'curl -XPUT $URL/f --data-binary @body.bin -H Content-Type:application/x-thing'
    same_as_curl 'curl -G $URL/g?z=0 -d a=1 --data-urlencode "b=x y"'
    same_as_curl 'curl -kI $URL/head -A agent/1.0 -e http://from/'
    same_as_curl "curl \$URL/dollar -d 'x=\${HOME}&y=\$\${Z}'"
    same_as_curl 'curl --request DELETE --url $URL/d -r 0-99'
    same_as_curl 'curl $URL/raw -H "Content-Type: text/plain" -d "  {\"a\": 1} // no JSON\"quoted\"  "'
    check_pairs
}

@test "curl: forms with files are the same parts" {
    start_pairs
    printf 'PNG\0\1\2' >cat.png
    same_as_curl 'curl $URL/u -F name=ann -F "file=@cat.png;type=image/x-cat;filename=\"my cat.png\"" --form-string "raw=@a;b" -F "semi=a;b"'
    same_as_curl 'curl $URL/u -F image=@cat.png'
    check_pairs
}

@test "curl: a file that is uploaded to a folder gets its name, and a redirection sends nothing" {
    printf 'hello' >'a b&c.txt'
    printf 'x' >body.bin
    start_recorder curl.log
    for command in "-T body.bin $URL/dir/" "-T 'a b&c.txt' $URL" "-T ./body.bin $URL/dir/name" "-T body.bin '$URL/d/?q=1'"; do
        bash -c "curl $command > body.txt 2>&1"
        printf 'curl %s > body.txt 2>&1\n' "$command" >>command.txt
    done
    "$COLDSWARM" convert command.txt -o s.json
    python3 - <<'END'
import json, re
asked = [r["path"] for r in map(json.loads, open("curl.log"))]
text = re.sub("^ *//.*$", "", open("s.json").read(), flags=re.M)
assert [t["path"] for t in json.loads(text)["tasks"]] == asked and len(asked) == 4, (asked, text)
END
}

@test "curl: secrets become variables; with the same values the same is sent" {
    start_pairs
    same_as_curl "curl -u ann:s3cr3t \$URL/b" "AUTH_USER=ann AUTH_PASSWORD=s3cr3t"
    same_as_curl "curl -H 'Authorization: Bearer abc.def-ghi' \$URL/b -b 'sid=12345678; x=y'" "TOKEN=abc.def-ghi 'COOKIE=sid=12345678; x=y'"
    same_as_curl "curl '\$URL/q?api_key=k%2F1234567&x=1' -d 'user=a&password=p%26ssword'" "'API_KEY=k/1234567' 'PASSWORD=p&ssword'"
    same_as_curl "curl \$URL/j -H 'X-Auth-Token: tttttttt' --json '{\"a\":1,\"nested\":{\"client_secret\":\"sssssss\"}}'" "X_AUTH_TOKEN=tttttttt CLIENT_SECRET=sssssss"
    same_as_curl "curl \$URL/d -H 'Authorization: Bearer tok-ABC123' -H 'X-Price: \$tok-ABC123 \${tok-ABC123}' -d 'a=\$\$tok-ABC123{&b=\${c}'" TOKEN=tok-ABC123
    check_pairs
    run grep -hE 'sssssss|tttttttt' s.json
    [ "$status" -eq 1 ]
}

@test "curl: from a file, stdin, one argument and many; all are the same scenario but for the name" {
    echo "curl 'http://h.example/x' -d 'a=1'" >c.sh
    "$COLDSWARM" convert c.sh | tail -n +2 >a
    "$COLDSWARM" convert - <c.sh | tail -n +2 >b
    "$COLDSWARM" convert "$(cat c.sh)" | tail -n +2 >c
    "$COLDSWARM" convert -- curl http://h.example/x -d a=1 | tail -n +2 >d
    cmp a b && cmp b c && cmp c d
}

@test "curl: several commands become a sequence; what is left out is named with its line" {
    cat >c.sh <<'SH'
# two of them
curl http://h.example/1 --limit-rate 1k ;
curl http://h.example/2 --data @absent.txt -d b=2 && echo done
wget http://h.example/3
curl http://other.example/4 | jq .
SH
    run --separate-stderr "$COLDSWARM" convert c.sh
    [[ $output == *'"sequence": true'* ]]
    [[ $output == *'left out: --limit-rate'* ]]
    [[ $output == *'c.sh:4: the request of "wget"'* ]]
    [[ $output == *'"path": "http://other.example/4"'* ]]
    [[ $output == *"absent.txt"* ]]
}

@test "curl: what cannot be read is refused with its line" {
    refuse() {
        run --separate-stderr "$COLDSWARM" convert "$1"
        [ "$status" -eq 2 ] || return 1
        [ -z "$output" ] || return 1
        [[ $stderr == *"$2"* ]] || { echo "$stderr"; return 1; }
    }
    refuse 'curl --no-such-option http://h/' 'curl:1: curl has no option --no-such-option'
    refuse "curl 'http://h/" "curl:1: this quote, ', is not closed"
    refuse 'curl -H' 'curl:1: -H needs an argument'
    refuse 'curl ftp://h/x -s' 'no request'
}

@test "curl: variables of the shell are those of the environment, and the source's own have their value" {
    start_pairs
    same_as_curl 'curl "$BASE/v1/$MODEL:predict" -H "X-A: ${NAME}s" -d "{\"a\": \"$NAME\"}"' "BASE=$URL MODEL=m1 NAME=ann"
    same_as_curl 'curl "http://$HOST:$PORT_NUMBER/x" -u "$U_NAME:$PASS_WORD" -F "a=$NAME"' "HOST=127.0.0.1 PORT_NUMBER=$PORT U_NAME=u PASS_WORD=p NAME=ann"
    same_as_curl $'export BASE=$URL/v1\nID=42; Q="a b"\ncurl "$BASE/things/${ID}?q=x" -H "Q: $Q" -d \'$ID\' -d "${NONE:-dflt}"'
    same_as_curl $'OPTS="-s -H X-B:1"\ncurl $OPTS $URL/o -H "Authorization: Bearer $(printf tok)"' "PRINTF_TOK=tok"
    same_as_curl 'curl -G "$BASE/s" --data-urlencode "q=$NAME x/y" --data-urlencode "$NAME"' "BASE=$URL NAME='ann&bob'"
    check_pairs
}

@test "curl: data from here-documents, pipes and files" {
    start_pairs
    printf 'line one\nline & two\n' >two.txt
    printf 'X-F: 1\nX-G: two words\n' >headers.txt
    same_as_curl $'curl $URL/h -H "Content-Type: text/x" --data-binary @- <<EOF\n{"n": "$NAME",\n \\$x}\nEOF' NAME=ann
    same_as_curl $'curl $URL/h -d @- <<\'EOF\' | cat\n{"n": "$NAME"}\n\nEOF\ncurl $URL/i'
    same_as_curl $'echo \'{"q": 1}\' | curl $URL/e -d @-'
    same_as_curl $'cat two.txt | curl $URL/c --data-binary @-'
    same_as_curl 'curl $URL/c --data-binary @- <two.txt'
    same_as_curl 'curl $URL/w -d @- <<<"a=1 2"'
    same_as_curl 'curl $URL/d -d @two.txt -d b=2'
    same_as_curl 'curl $URL/d -d a=1 -d @two.txt'
    same_as_curl 'curl $URL/d -d @two.txt'
    same_as_curl 'curl $URL/j --json @two.txt --json more'
    same_as_curl 'curl $URL/j --json @two.txt'
    same_as_curl 'curl $URL/u --data-urlencode name@two.txt --data-urlencode @two.txt --data-urlencode "=x y"'
    same_as_curl 'curl $URL/f -F "a=<two.txt" -F b=2'
    same_as_curl 'curl $URL/g -H @headers.txt'
    check_pairs
    # A file that is not there is named, and the method stays.
    "$COLDSWARM" convert "curl --data-urlencode name@absent.txt $URL/" >s.json
    grep -q '"method": "POST"' s.json
    grep -q 'left out: the content of file absent.txt' s.json
}

@test "curl: URLs with patterns are several requests" {
    start_pairs
    same_as_curl "curl '\$URL/{a,b}/[1-3]?x=[08-10]'"
    same_as_curl "curl '\$URL/[a-e:2]/{one}' -d a=1"
    same_as_curl "curl -g '\$URL/{a,b}'"
    same_as_curl 'curl $URL/\\[x\\]'
    check_pairs
    [ "$(python3 -c 'print(len(open("pair-0.curl").readlines()))')" -eq 18 ]
}

@test "curl: what only curl can authenticate is refused by name" {
    for option in --digest --ntlm --negotiate '--aws-sigv4 aws:amz' --anyauth; do
        run --separate-stderr "$COLDSWARM" convert "curl $option -u ann:s3cr3t0 http://127.0.0.1:1/"
        [ "$status" -eq 2 ]
        [ -z "$output" ]
        [[ $stderr == *"the request with ${option%% *}, a kind of authentication"* ]] || { echo "$stderr"; return 1; }
    done
    # Without a user, it is an ordinary request.
    "$COLDSWARM" convert "curl --digest http://127.0.0.1:1/" | grep -q '"path": "/"'
}

@test "curl: a command that curl would refuse does not spoil the others" {
    printf 'curl http://127.0.0.1:1/a\ncurl --no-such http://127.0.0.1:1/b\nwget http://127.0.0.1:1/c\ncurl http://127.0.0.1:1/d -H\n' >c.sh
    run --separate-stderr "$COLDSWARM" convert c.sh
    [ "$status" -eq 0 ]
    [ "${stderr_lines[-1]}" = "read 1 request; 3 not read, 1 assumption: see comments" ]
    [[ $output == *'c.sh:2: curl has no option --no-such'* ]]
    [[ $output == *'c.sh:3: the request of "wget"'* ]]
}

# windows: the command lines for Windows in a.txt are what those for a POSIX shell in b.txt are.
windows() {
    "$COLDSWARM" convert --from curl a.txt | grep -v '^ *//' >a.json
    "$COLDSWARM" convert --from curl b.txt | grep -v '^ *//' >b.json
    diff a.json b.json
}

@test "curl: command lines for cmd, as Chrome copies them" {
    cat >a.txt <<'END'
curl ^"http://h/x?a=1^&b=2^" ^
  -H ^"A: b ^%^ c^" ^
  --data-raw ^"^{^\^"a^\^":^\^"it's ^\^\^\^" ^\^",^

^\^"b^\^":1^}^"
curl http://h/2
END
    cat >b.txt <<'END'
curl "http://h/x?a=1&b=2" -H "A: b % c" --data-raw '{"a":"it'\''s \" ",
"b":1}'
curl http://h/2
END
    windows
    sed -i 's/$/\r/' a.txt
    windows
    printf '%s\r\n' 'curl.exe -X PUT "http://h/%ID%" ^' ' -d "{\"a\": 1}"' 'curl http://h/2' >a.txt
    printf '%s\n' "curl -X PUT \"http://h/\$ID\" -d '{\"a\": 1}'" 'curl http://h/2' >b.txt
    windows
}

@test "curl: command lines for PowerShell" {
    cat >a.txt <<'END'
$BASE = "http://h"
curl.exe -X POST "$BASE/v1/$($ID)" `
  -H "Authorization: Bearer $env:TOKEN" `
  -d '{\"a\": \"it''s\"}'
curl.exe http://h/y -d @'
{"b": 1,
"c": 2}
'@ -H "X: `"q`" ""r"""
END
    cat >b.txt <<'END'
BASE=http://h
curl -X POST "$BASE/v1/$ID" -H "Authorization: Bearer $TOKEN" -d "{\"a\": \"it's\"}"
curl http://h/y -d '{"b": 1,
"c": 2}' -H 'X: "q" "r"'
END
    windows
}

@test "curl: a body that asks for a stream of tokens makes a streaming scenario of its interface" {
    start_target --tokens 9 --ttft 1ms --token-gap 0
    convert_to() { # FORMAT PATH BODY: the line's scenario reads a stream of this format
        printf 'curl -N %s%s \\\n  -H "Content-Type: application/json" \\\n  -d '"'%s'\n" "$URL" "$2" "$3" >line.sh
        "$COLDSWARM" convert line.sh -o s.json --force
        grep -qF "\"stream\": \"$1\"" s.json || { cat s.json; return 1; }
        run_till run.db "count(*) > 2 from requests where outcome = 'ok'" s.json
        [ "$(sql run.db "select distinct token_events from streams natural join (select id as request_id, outcome from requests) where outcome = 'ok'")" = 9 ]
        rm -f run.db*
    }
    convert_to openai /v1/chat/completions '{"model": "m", "stream": true, "messages": [{"role": "user", "content": "a"}]}'
    convert_to completions '/v1/completions?x=1' '{"model": "m", "stream": true, "prompt": "a"}'
    convert_to responses /v1/responses '{ "stream": true, "input": "a" }'
    convert_to anthropic /v1/messages '{"model": "m", "max_tokens": 99, "stream": true, "messages": [{"role": "user", "content": "a"}]}'
    convert_to tgi /generate_stream '{"inputs": "a"}'
    convert_to ollama /api/chat '{"model": "m", "messages": [{"role": "user", "content": "a"}]}'
    convert_to ollama /api/generate '{"model": "m", "prompt": "a", "stream": true}'
    for line in "/v1/chat/completions -d '{\"stream\": false, \"messages\": []}'" "/api/chat -d '{\"stream\": false, \"messages\": []}'" \
        "/v1/chat/completions -d '{\"messages\": []}'" "/v1/messages -d '{\"stream\": true, \"text\": \"of another service\"}'" \
        "/v1/chat/completions -I -X HEAD -d '{\"stream\": true, \"messages\": []}'"; do
        run -0 "$COLDSWARM" convert "curl http://h$line"
        [[ $output != *'"stream": "'* ]]
    done
    # Variables of the shell may be numbers, and quotes and braces part of a text.
    run -0 "$COLDSWARM" convert "curl http://h/v1/completions -d \"{\\\"prompt\\\": \\\"a\\\\\\\"} \$P\\\", \\\"max_tokens\\\": \$N, \\\"stream\\\": true}\""
    [[ $output == *'"max_tokens\": ${env.N}'*'"stream": "completions"'* ]] || { echo "$output"; return 1; }
    run -0 "$COLDSWARM" convert "curl http://h/completion -d '{\"stream\": true}'"
    [[ $output == *'assumed: the response is no stream of tokens, although the body has "stream": true'* ]]
    # A file's content is not read, so it is said.
    echo '{}' >body.json
    for path in /v1/chat/completions /v1/messages /api/chat; do
        run -0 "$COLDSWARM" convert "curl http://h$path -H 'Content-Type: application/json' --data-binary @body.json"
        [[ $output == *'no stream of tokens; if the body'* ]] || { echo "$output"; return 1; }
    done
    run -0 "$COLDSWARM" convert "curl http://h/api/messages -H 'Content-Type: application/json' --data-binary @body.json"
    [[ $output != *'no stream of tokens'* ]]
}

@test "curl: what only some commands have of the ways to travel applies to all, and a comment says which" {
    run -0 --separate-stderr "$COLDSWARM" convert "curl -L -k http://h/a; curl -kL -m 5 http://h/b"
    [[ $output == *"Assumed: --max-time for all requests; not all of the curl commands have this"* ]]
    run -0 "$COLDSWARM" convert "curl -m 5 -x http://p:1 http://h/a; curl -x http://p:1 --max-time 9 http://h/b"
    [[ $output == *"Assumed: --max-time for all requests"* ]]
    run -0 "$COLDSWARM" convert "curl --unix-socket /s http://h/a --next http://h/b; curl http://h/c"
    [[ $output == *"Assumed: --unix-socket for all requests"* ]]
    run -0 "$COLDSWARM" convert "curl -L -m 5 --resolve h:80:127.0.0.1 http://h/a http://h/b; curl --location -m 5 http://h/c"
    [[ $output != *"for all requests"* ]]
}
