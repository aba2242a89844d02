#!/usr/bin/env bats
# `coldswarm convert` of OpenAPI documents: what the operations send. Expected requests were written by hand from the specification;
# convert_judges.bats asks Prism about the same documents.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    CHECK=$ROOT/tests/cli/check_convert.py
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# sends NAME COUNT: what the scenario of NAME sends is among NAME's expected requests, in their order.
sends() {
    local base=${1%.*}
    start_recorder api.log
    sample "$1" >"$1"
    "$COLDSWARM" convert "$1" -o s.json
    sed -i 's/"name": "\(.*\)",/&/; s/"load"/"sequence": true, "load"/' s.json
    set_variables s.json
    run_one api.log "$2"
    sample "$base.expected.json" >expected.json
    python3 "$CHECK" expect api.log expected.json
}

@test "OpenAPI 3: styles, forms, files, patterns, formats, and schemas that are made of others" {
    sends api.yaml 9
    grep -q 'left out: POST /xml: its body is application/xml, of which convert makes no examples' s.json
}

@test "OpenAPI 2 (Swagger): parameters, bodies, forms, files and authentication" {
    sends swagger.json 4
}

@test "OpenAPI: references lead to other files of the document's folder, and nowhere else" {
    mkdir -p api/ops api/shared
    printf '%s\n' 'openapi: 3.0.3' 'servers: [{url: "http://127.0.0.1:1"}]' 'paths:' '  /a: {post: {$ref: "ops/a.yaml"}}' '  /b: {$ref: "ops/paths.json#/~1b"}' \
        '  /c: {get: {$ref: "ops/none.yaml"}}' '  /d: {get: {$ref: "../secret.yaml"}}' '  /e: {get: {$ref: "http://h.example/x"}}' >api/api.yaml
    printf '%s\n' 'requestBody: {content: {application/json: {schema: {$ref: "../shared/models.yaml#/Thing"}}}}' >api/ops/a.yaml
    printf '%s\n' '{"/b": {"get": {"parameters": [{"$ref": "../shared/models.yaml#/n"}]}}}' >api/ops/paths.json
    printf '%s\n' 'Thing: {type: object, properties: {n: {$ref: "#/Number"}, self: {$ref: "models.yaml#/Thing"}}}' 'Number: {type: integer, minimum: 4}' \
        'n: {name: n, in: query, required: true, schema: {$ref: "#/Number"}}' >api/shared/models.yaml
    printf '%s\n' 'parameters: [{name: leak, in: query, required: true, schema: {type: string, default: leaked}}]' >secret.yaml
    run -0 --separate-stderr "$COLDSWARM" convert api/api.yaml
    [[ $output == *'"json": {"n": 4}'* ]]
    [[ $output == *'"path": "/b?n=4"'* ]]
    [[ $output == *'ops/none.yaml, a file that cannot be read'* ]]
    [[ $output == *"../secret.yaml, which is not in this document's folder"* && $output != *leaked* ]]
    [[ ${stderr_lines[-1]} == "read 2 requests; 3 not read, "* ]]
}

@test "OpenAPI: servers of an operation are its own; lists and objects in a path" {
    cat >o.yaml <<'END'
openapi: 3.0.0
servers: [{url: "http://127.0.0.1:1/v1"}]
paths:
  /a: {get: {}}
  /b: {servers: [{url: "http://127.0.0.2:{port}/v2", variables: {port: {default: 8080}}}], get: {parameters: [{name: q, in: query, required: true, example: x}]}}
  /c: {get: {servers: [{url: /v3}]}}
  "/d#second": {get: {}}
  /e/{simple}/{label}/{matrix}/{object}:
    get:
      parameters:
        - {name: simple, in: path, required: true, example: [a, "b,c"], schema: {type: array, items: {type: string}}}
        - {name: label, in: path, required: true, style: label, explode: true, example: [a, b], schema: {type: array, items: {type: string}}}
        - {name: matrix, in: path, required: true, style: matrix, example: [a, b], schema: {type: array, items: {type: string}}}
        - {name: object, in: path, required: true, explode: true, example: {a: 1, b: 2}, schema: {type: object}}
END
    run -0 "$COLDSWARM" convert o.yaml
    for path in /v1/a 'http://127.0.0.2:8080/v2/b?q=x' /v3/c /v1/d "/v1/e/a,b%2Cc/.a.b/;matrix=a,b/a=1,b=2"; do
        [[ $output == *"\"path\": \"$path\""* ]] || { echo "$path"; echo "$output"; return 1; }
    done
}
