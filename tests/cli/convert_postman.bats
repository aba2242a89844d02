#!/usr/bin/env bats
# `coldswarm convert` of Postman collections. convert_judges.bats compares one with newman.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# items JSON...: p.json with these items.
items() {
    local IFS=,
    printf '{"info":{"name":"n"},"item":[%s]}' "$*" >p.json
}

# auth TYPE FIELDS: an item whose authentication is of this type.
auth() {
    printf '{"name":"%s","request":{"method":"GET","url":"http://127.0.0.1:1/%s","auth":{"type":"%s","%s":[%s]}}}' "$1" "$1" "$1" "$1" "$2"
}

@test "Postman: stored tokens of OAuth 2 become a variable, wherever they are sent" {
    items "$(auth oauth2 '{"key":"accessToken","value":"tok-123456789"},{"key":"addTokenTo","value":"header"}')"
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'"auth": { "bearer": "${env.TOKEN}" }'* && $output != *tok-123456789* ]]
    items "$(auth oauth2 '{"key":"accessToken","value":"tok-123456789"},{"key":"headerPrefix","value":"Token"}')"
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'"Authorization": "Token ${env.TOKEN}"'* && $output != *tok-123456789* ]]
    items "$(auth oauth2 '{"key":"accessToken","value":"tok-123456789"},{"key":"addTokenTo","value":"queryParams"}')"
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'"path": "/oauth2?access_token=${env.TOKEN}"'* && $output != *tok-123456789* ]]
    items "$(auth oauth2 '')"
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'"bearer": "${env.TOKEN}"'* && $output == *'assumed: the OAuth 2 token is in TOKEN'* ]]
}

@test "Postman: authentication that coldswarm does not have is refused by name" {
    for type in digest awsv4 hawk oauth1 ntlm edgegrid; do
        items "$(auth $type '')" '{"name":"plain","request":{"method":"GET","url":"http://127.0.0.1:1/plain"}}'
        run -0 --separate-stderr "$COLDSWARM" convert p.json
        [[ $output == *"left out: request $type: its authentication is $type"* ]]
        [ "${stderr_lines[-1]}" = "read 1 request; 1 not read, 2 assumptions: see comments" ]
        items "$(auth $type '')"
        run -2 "$COLDSWARM" convert p.json
        [[ $output == *"no request of this collection can be sent; left out: request $type"* ]]
    done
}

@test "Postman: empty path variables, a scheme that is a variable, and old collections" {
    items '{"name":"a","request":{"method":"DELETE","url":{"host":["127","0","0","1"],"port":"1","path":["things",":id",":other"],"variable":[{"key":"id","value":""},{"key":"other","value":"x y"}]}}}' \
        '{"name":"b","request":{"method":"GET","url":"{{scheme}}://127.0.0.1:1/b"}}'
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'"path": "/things/${env.ID}/x y"'* ]]
    [[ $output == *"assumed: http://, because the URL's scheme is a variable"* && $output == *'"path": "/b"'* ]]
    printf '{"id":"1","name":"old","order":["a"],"requests":[]}' >old.json
    run -2 "$COLDSWARM" convert old.json
    [[ $output == *'Postman collection of version 1; export it as version 2.1'* ]]
}

@test "Postman: headers that are one text, and fields of a form without a name" {
    items '{"name":"text","request":{"method":"POST","url":"http://127.0.0.1:1/t","header":"X-Plain: a: b\r\n//X-Off: no\nAuthorization: Bearer tok-123456789\n\nX-Empty:\nnonsense",
        "body":{"mode":"formdata","formdata":[{"key":"","value":"lost"},{"key":"kept","value":"v"}]}}}'
    run -0 "$COLDSWARM" convert p.json
    echo "$output"
    [[ $output == *'"X-Plain": "a: b"'* && $output == *'"X-Empty": ""'* && $output == *'"bearer": "${env.TOKEN}"'* ]]
    [[ $output != *X-Off* && $output != *nonsense* && $output != *tok-123456789* ]]
    [[ $output == *'"kept"'* && $output != *lost* && $output == *'left out: a field of the form that has no name'* ]]
    # The empty line at the end of Postman's editor is no loss.
    for form in urlencoded formdata; do
        items "{\"name\":\"f\",\"request\":{\"method\":\"POST\",\"url\":\"http://127.0.0.1:1/f\",\"body\":{\"mode\":\"$form\",\"$form\":[{\"key\":\"kept\",\"value\":\"v\"},{\"key\":\"\",\"value\":\"\"}]}}}"
        run -0 "$COLDSWARM" convert p.json
        [[ $output == *'"kept"'* && $output != *'no name'* ]]
    done
    items '{"name":"f","request":{"method":"POST","url":"http://127.0.0.1:1/f","body":{"mode":"urlencoded","urlencoded":[{"key":"","value":"lost"},{"key":"k","value":"v"}]}}}'
    run -0 "$COLDSWARM" convert p.json
    [[ $output != *lost* && $output == *'left out: a field of the form that has no name'* ]]
}

@test "Postman: bodies of GET are not sent, unless the collection says so" {
    local request='"request":{"method":"GET","url":"http://127.0.0.1:1/a","body":{"mode":"raw","raw":"x=1"}}'
    items "{\"name\":\"a\",$request}"
    run -0 "$COLDSWARM" convert p.json
    [[ $output != *'x=1'* ]]
    items "{\"name\":\"a\",\"protocolProfileBehavior\":{\"disableBodyPruning\":true},$request}"
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'x=1'* ]]
    printf '{"info":{"name":"n"},"protocolProfileBehavior":{"disableBodyPruning":true},"item":[{"name":"f","item":[{"name":"a",%s}]}]}' "$request" >p.json
    run -0 "$COLDSWARM" convert p.json
    [[ $output == *'x=1'* ]]
}

@test "Postman: dynamic variables are another value of the same form each time" {
    start_recorder log
    items "{\"name\":\"a\",\"request\":{\"method\":\"POST\",\"url\":\"$URL/{{\$randomInt}}\",\"header\":[{\"key\":\"X-Ip\",\"value\":\"{{\$randomIP}}\"}],
        \"body\":{\"mode\":\"raw\",\"raw\":\"{\\\"mail\\\":\\\"{{\$randomEmail}}\\\",\\\"id\\\":\\\"{{\$guid}}\\\",\\\"mac\\\":\\\"{{\$randomMACAddress}}\\\"}\",\"options\":{\"raw\":{\"language\":\"json\"}}}}}"
    "$COLDSWARM" convert p.json -o s.json
    run_one log 5
    python3 - <<'END'
import json, re
all = [json.loads(line) for line in open("log")][:5]
for r in all:
    body = json.loads(r["body"])
    assert re.fullmatch(r"/\d{1,4}", r["path"]), r
    assert re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", dict(r["headers"])["X-Ip"]), r
    assert re.fullmatch(r"\S+@example\.\w+", body["mail"]) and re.fullmatch(r"[0-9a-f-]{36}", body["id"]), r
    assert re.fullmatch(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", body["mac"]), r
assert len({r["body"] for r in all}) == 5
END
}

@test "Postman: a collection of thousands of requests, each with a secret of its own, converts in the time of a loop" {
    python3 - <<'END'
import json
n = 6000
json.dump({"info": {"name": "big"}, "variable": [{"key": f"v{i}", "value": str(i)} for i in range(n)], "item": [
    {"name": f"r {i}", "request": {"method": "POST", "url": "http://127.0.0.1:1/{{v%d}}?q={{w%d}}" % (i, i), "body": {"mode": "raw", "raw": json.dumps({"password": f"pw{i}word{i}"})}}}
    for i in range(n)]}, open("p.json", "w"))
END
    # It took hours once; a minute is enough for any machine.
    run -0 --separate-stderr timeout 60 "$COLDSWARM" convert p.json
    [ "${stderr_lines[-1]%%;*}" = "read 6000 requests" ]
}
