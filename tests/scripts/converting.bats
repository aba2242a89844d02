#!/usr/bin/env bats
# docs/converting.md: what its tables say of each format is so.

bats_require_minimum_version 1.5.0
load ../support/helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
}

@test "the first column of each table of docs/converting.md becomes the second" {
    python3 - "$COLDSWARM" "$ROOT/docs/converting.md" <<'END'
import json, re, subprocess, sys
program, document = sys.argv[1], open(sys.argv[2]).read()


def merge(a, b):
    return {**a, **{k: merge(a[k], v) if isinstance(v, dict) and isinstance(a.get(k), dict) else v for k, v in b.items()}}


def har(text):
    plain = {"startedDateTime": "2024-05-01T10:00:00Z", "request": {"method": "GET", "url": "http://h/", "headers": []},
             "response": {"status": 200, "content": {"mimeType": "text/html"}}}
    return json.dumps({"log": {"entries": [plain, merge(plain, json.loads(text))]}})


def postman(text):
    items = [{"name": "first", "request": {"method": "GET", "url": "http://h/first"}},
             {"name": "n", "request": merge({"method": "GET", "url": "http://h/"}, json.loads(text))}]
    return json.dumps({"info": {"name": "c"}, "item": items})


wrap = {"curl": lambda t: t, "gRPC": lambda t: t, "HAR": har, "Postman": postman,
        "OpenAPI": lambda t: 'openapi: 3.0.3\nservers: [{url: "http://h"}]\npaths:\n  /x: {%s}\n' % t,
        "Locust": lambda t: "from locust import HttpUser, task\nclass U(HttpUser):\n    @task\n    def t(self):\n        %s\n" % t}
wrap["Access logs"] = lambda t: '192.0.2.1 - - [10/Oct/2024:13:55:35 +0200] "GET / HTTP/1.1" 200 5\n' + t + "\n"
wrap["URLs"] = lambda t: "http://h/\n" + t + "\n"
words = {"Access logs": "access-log", "gRPC": "grpcurl"}
squeeze = lambda t: re.sub(r"\s", "", re.sub(r"\n *// {1,3}", "", t))
rows, wrong = 0, []
for section in re.split(r"^## ", document, flags=re.M)[1:]:
    name = section.split("\n")[0]
    for row in re.findall(r"^\| `(.*)` \| `(.*)` \|$", section, re.M):
        source, wanted = (cell.replace("\\|", "|") for cell in row)
        open("t", "w").write(wrap[name](source))
        ran = subprocess.run([program, "convert", "--from", words.get(name, name.lower()), "t"], capture_output=True, text=True)
        if ran.returncode != 0 or squeeze(wanted) not in squeeze(ran.stdout):
            wrong.append(f"{name}: {source}\nis not {wanted}\nin {ran.stdout}{ran.stderr}")
        rows += 1
    assert len(re.findall(r"^\| ", section, re.M)) == len(re.findall(r"^\| `.*` \| `.*` \|$", section, re.M)) + 1, name
assert not wrong, "\n".join(wrong)
assert rows > 45, rows
END
}
