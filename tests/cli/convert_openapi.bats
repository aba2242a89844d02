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

@test "references lead into what is read only when it is needed" {
    cat >o.json <<'JSON'
{"openapi": "3.0.0", "servers": [{"url": "http://127.0.0.1:1"}],
"x-shared": {"thing": {"type": "object", "properties": {"n": {"type": "integer", "example": 7}}}},
"paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"type": "string", "example": "from-an-answer"}}}}}},
  "post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/paths/~1a/get/responses/200/content/application~1json/schema"}}}}},
  "put": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/x-shared/thing"}}}}},
  "patch": {"requestBody": {"$ref": "#/components/requestBodies/b"}},
  "delete": {"parameters": [{"$ref": "#/components/parameters/twice"}]}}},
"components": {"requestBodies": {"b": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/s"}}}}},
  "parameters": {"twice": {"name": "q", "in": "query", "in": "query"}},
  "schemas": {"s": {"type": "array", "items": {"$ref": "#/components/schemas/i"}, "minItems": 1}, "i": {"enum": ["red"]}, "unused": {"a": 1, "a": 2}}}}
JSON
    run -0 --separate-stderr "$COLDSWARM" convert o.json
    for text in '"json": "from-an-answer"' '"json": {"n": 7}' '"json": ["red"]' '"in" is given twice'; do
        [[ $output == *"$text"* ]] || { echo "$text"; echo "$output"; return 1; }
    done
}

# bats test_tags=plain
@test "OpenAPI with millions of values that no request needs is read in little memory" {
    python3 - <<'END'
import json
answer = {"content": {"application/json": {"schema": {"type": "object", "properties": {f"p{i}": {"type": "string", "description": "x" * 40} for i in range(500)}}}}}
paths = {f"/p{i}": {"get": {"parameters": [{"name": "q", "in": "query", "required": True, "schema": {"type": "integer", "minimum": i}}],
                            "responses": {"200": answer, "404": answer}}} for i in range(900)}
json.dump({"openapi": "3.0.0", "servers": [{"url": "http://127.0.0.1:1"}], "paths": paths}, open("large.json", "w"))
END
    [ "$(stat -c %s large.json)" -gt 60000000 ]
    (
        ulimit -v 300000 # the file, the program and its libraries
        "$COLDSWARM" convert large.json -o s.json 2>err
    ) || { cat err; return 1; }
    grep -q '^read 900 requests; ' err
    grep -qF '"path": "/p899?q=899"' s.json
}

@test "a made value that is also that of a secret's name stays in other places" {
    cat >o.yaml <<'YAML'
openapi: 3.0.3
servers: [{url: "http://127.0.0.1:1"}]
paths:
  /a: {post: {requestBody: {content: {application/json: {schema: {type: object, properties: {credential_id: {type: string, format: uuid}}}}}}}}
  /b/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string, format: uuid}}]}}
  /c/{id}: {get: {parameters: [{name: id, in: path, required: true, schema: {type: string, pattern: "^[0-9a-f]{12}$"}},
                               {name: api_secret, in: query, required: true, schema: {type: string, pattern: "^[0-9a-f]{12}$"}}]}}
YAML
    run -0 --separate-stderr "$COLDSWARM" convert o.yaml
    [[ $output == *'{"credential_id": "${env.CREDENTIAL_ID}"}'* ]] || { echo "$output"; return 1; }
    [[ $output == *'"path": "/b/3f2504e0-4f89-41d3-9a0c-0305e82c3301"'* ]] || { echo "$output"; return 1; }
    [[ $output == *'"path": "/c/aaaaaaaaaaaa?api_secret=${env.API_SECRET}"'* ]] || { echo "$output"; return 1; }
}

@test "OpenAPI: lists in the forms of version 2, and examples of JSON that are texts" {
    cat >forms.json <<'END'
{"swagger": "2.0", "info": {"title": "t", "version": "1"}, "host": "127.0.0.1:1", "paths": {
 "/form": {"post": {"consumes": ["application/x-www-form-urlencoded"], "parameters": [
  {"in": "formData", "name": "m", "type": "array", "items": {"type": "string"}, "collectionFormat": "multi", "default": ["a", "b"]},
  {"in": "formData", "name": "c", "type": "array", "items": {"type": "string"}, "default": ["a", "b"]},
  {"in": "formData", "name": "p", "type": "array", "items": {"type": "integer"}, "collectionFormat": "pipes", "default": [1, 2]}]}},
 "/parts": {"post": {"consumes": ["multipart/form-data"], "parameters": [
  {"in": "formData", "name": "f", "type": "file"},
  {"in": "formData", "name": "s", "type": "array", "items": {"type": "string"}, "collectionFormat": "ssv", "default": ["a", "b"]}]}}}}
END
    run -0 "$COLDSWARM" convert forms.json
    [[ $output == *'"m": ["a", "b"],'*'"c": "a,b",'*'"p": "1|2"'* ]]
    [[ $output == *'{ "name": "s", "value": "a b" }'* ]]
    cat >texts.yaml <<'END'
openapi: 3.0.3
servers: [{url: "http://127.0.0.1:1"}]
paths:
  /object: {post: {requestBody: {content: {application/json: {example: '{"a": 1}'}}}}}
  /schema: {post: {requestBody: {content: {application/json: {schema: {type: object}, example: '{"b": 1}'}}}}}
  /text: {post: {requestBody: {content: {application/json: {schema: {type: string}, example: '{"c": 1}'}}}}}
  /word: {post: {requestBody: {content: {application/json: {example: word}}}}}
END
    run -0 "$COLDSWARM" convert texts.yaml
    for text in '"json": {"a": 1}' '"json": {"b": 1}' '"json": "{\"c\": 1}"' '"json": "word"'; do
        [[ $output == *"$text"* ]] || { echo "$text"; echo "$output"; return 1; }
    done
}
