#!/usr/bin/env bats
# `coldswarm convert` of locustfiles: the scenario sends what Locust would send. Nothing of the file is run; what cannot be known without
# running it is named with its line.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    DATA=$ROOT/tests/cli/convert
    CHECK=$ROOT/tests/cli/check_convert.py
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# convert TEXT [OPTION...]: makes s.json of a locustfile with these lines after the imports.
convert() {
    { echo 'import json, os, random, time, uuid'
      echo 'from locust import *'
      printf '%s\n' "$1"; } | sed "s/@PORT@/${PORT:-1}/g" >l.py
    shift
    run --separate-stderr "$COLDSWARM" convert l.py -o s.json --force "$@"
    [ "$status" -eq 0 ] || { echo "$stderr"; return 1; }
    counts=${stderr_lines[-1]}
}

# user BODY...: the text of a user class with these lines as its body.
user() {
    printf '%s\n' 'class U(HttpUser):' '    host = "http://127.0.0.1:@PORT@"' "$@"
}

# in_json PYTHON: the expression is true of the scenario s. Comments are removed.
in_json() {
    python3 - "$1" <<'END' || { cat s.json; return 1; }
import json, re, sys
lines = [l for l in open("s.json") if not l.lstrip().startswith("//")]
s = json.loads("".join(lines))
assert eval(sys.argv[1], {"s": s, "json": json}), sys.argv[1]
END
}

@test "all that a locustfile can have is sent in its order" {
    start_recorder f.log "$DATA/locust_answers.json"
    sample locust_features.py >locustfile.py
    run -0 --separate-stderr "$COLDSWARM" convert locustfile.py -o s.json --strict
    [ "${stderr_lines[-1]}" = 'read 76 requests; 9 assumptions: see comments' ]
    set_variables s.json
    sample locust_features.expected.json | sed "s/@X-TOKEN@/v-X_TOKEN/; s/@COOKIE@/v-COOKIE/" >expected.json
    run_one f.log 92
    python3 "$CHECK" expect f.log expected.json
}

# bats test_tags=more,plain
@test "Locust itself sends the same requests" {
    start_recorder theirs.log "$DATA/locust_answers.json"
    sample locust_features.py >locustfile.py
    /usr/bin/locust -f locustfile.py --headless -u 1 --only-summary >locust.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    local locust=$!
    until [ "$(wc -l <theirs.log)" -ge 95 ]; do
        kill -0 "$locust" || { cat locust.out; return 1; }
        pause
    done
    kill -KILL "$locust" # it would wait for its tasks
    wait "$locust" || true
    head -n 92 theirs.log >a.log
    start_recorder ours.log "$DATA/locust_answers.json"
    sample locust_features.py >locustfile.py
    "$COLDSWARM" convert locustfile.py -o s.json
    export AUTH_USER=bob AUTH_PASSWORD=bobs-password X_TOKEN=dXNlcjo3 COOKIE=sid=1
    run_one ours.log 92
    python3 "$CHECK" like a.log ours.log
}

@test "values that chance decides are drawn for each request" {
    start_recorder r.log
    convert "$(user '    @task' '    def a(self):' \
        '        n = random.randint(1, 5)' \
        '        self.client.get(f"/i/{n}")' \
        '        self.client.get("/c/" + random.choice(["x", "it'"'"'s, }"]), params={"u": uuid.uuid4().hex})' \
        '        self.client.post("/j", json={"n": random.randrange(0, 10, 5), "t": int(time.time()), "id": str(uuid.uuid4())})')"
    [ "$counts" = 'read 3 requests; 3 assumptions: see comments' ]
    run_one r.log 300
    python3 - <<'END'
import json, re
seen = {}
for line in open("r.log"):
    r = json.loads(line)
    seen.setdefault(r["path"].split("/")[1], []).append((r["path"], r["body"]))
assert {p for p, _ in seen["i"]} == {f"/i/{n}" for n in range(1, 6)}
assert {p.split("?")[0] for p, _ in seen["c"]} == {"/c/x", "/c/it's,%20%7D"} or {p.split("?")[0] for p, _ in seen["c"]} == {"/c/x", "/c/it%27s%2C%20%7D"}, seen["c"][:5]
assert all(re.fullmatch("u=[0-9a-f]{32}", p.split("?")[1]) for p, _ in seen["c"])
bodies = [json.loads(b) for _, b in seen["j"]]
assert {b["n"] for b in bodies} == {0, 5}
assert all(b["t"] > 1700000000 and re.fullmatch("[0-9a-f-]{36}", b["id"]) for b in bodies)
assert len({b["id"] for b in bodies}) == len(bodies)
END
}

@test "a drawn value that is used twice is the same both times" {
    start_recorder r.log
    convert "$(printf '%s\n' 'PEOPLE = [{"name": "ann", "id": 1}, {"name": "bob", "id": 2}, {"name": "x,\"y\"", "id": 3}]'
        user '    @task' '    def a(self):' \
        '        p = random.choice(PEOPLE)' \
        '        n = random.randint(10, 40)' \
        '        self.client.get("/p/%d" % p["id"], name="p")' \
        '        self.client.post("/q", json={"name": p["name"], "id": p["id"], "n": n, "double": 2 * n, "text": f"<{n}>"})')"
    [ "$counts" = 'read 2 requests; 2 assumptions: see comments' ]
    [ -e s.draw1.csv ]
    run_one r.log 200
    python3 - <<'END'
import json
names = {1: "ann", 2: "bob", 3: 'x,"y"'}
rows = [json.loads(line) for line in open("r.log")]
bodies = [json.loads(r["body"]) for r in rows if r["path"] == "/q"]
for p, q in zip([r for r in rows if r["path"] != "/q"], bodies):
    assert p["path"] == f"/p/{q['id']}" and names[q["id"]] == q["name"], (p, q)
    assert q["double"] == 2 * q["n"] and q["text"] == f"<{q['n']}>" and 10 <= q["n"] <= 40, q
assert {q["id"] for q in bodies} == {1, 2, 3}
END
    # Without a file, each use is drawn by itself, which is said.
    "$COLDSWARM" convert l.py >s.json
    grep -q 'drawn again each time that it is used' s.json
    in_json '"feeders" not in s'
}

@test "chance that decides which requests are sent becomes weights" {
    convert "$(user '    @task(4)' '    def a(self):' \
        '        x = random.random()' \
        '        if random.randint(1, 4) == 1:' '            self.client.get("/quarter")' \
        '        else:' '            self.client.get("/rest")' \
        '    @task(6)' '    def b(self):' '        random.choice([self.c, self.d])()' \
        '    def c(self):' '        self.client.get("/c")' '    def d(self):' '        self.client.get("/d")')"
    in_json '{t["path"]: t["weight"] if "weight" in t else 1 for t in s["tasks"]} == {"/quarter": 1, "/rest": 3, "/c": 3, "/d": 3}'
    [ "$counts" = 'read 4 requests; 2 assumptions: see comments' ]
}

@test "TaskSets: the shares of their tasks are those of Locust" {
    # Of 10 choices of the user, 4 are Shop. A visit of Shop ends with leave, 1 of 4: so 2 look and 1 buy on average.
    convert "$(printf '%s\n' 'class Shop(TaskSet):' '    @task(2)' '    def look(self):' '        self.client.get("/look")' \
        '    @task(1)' '    def buy(self):' '        self.client.get("/buy")' \
        '    @task(1)' '    def leave(self):' '        self.interrupt()' \
        'def home(l):' '    l.client.get("/home")'
        user '    tasks = {Shop: 4, home: 6}')"
    in_json '{t["path"]: t.get("weight", 1) for t in s["tasks"]} == {"/look": 8, "/buy": 4, "/home": 6}'
    # A set that is never left is a class of its own; one in order is a sequence.
    convert "$(printf '%s\n' 'class A(SequentialTaskSet):' '    @task' '    def one(self):' '        self.client.get("/1")' \
        '    @task' '    def two(self):' '        self.client.get("/2")' \
        'class B(TaskSet):' '    wait_time = constant(3)' '    def on_start(self):' '        self.client.get("/b0")' \
        '    @task' '    def b(self):' '        self.client.get("/b")'
        user '    wait_time = between(1, 2)' '    tasks = {A: 1, B: 3}')"
    in_json '[(u["name"], u.get("weight", 1), u.get("sequence", False), u["wait"]) for u in s["users"]] == [("U: A", 1, True, {"between": [1, 2]}), ("U: B", 3, False, {"constant": 3})]'
    in_json '[x["path"] for x in s["users"][1]["on_start"]] == ["/b0"]'
    [ "$counts" = 'read 4 requests; 2 assumptions: see comments' ]
}

@test "values of an answer are kept for later requests of the user" {
    echo '{"/login": {"json": {"token": "t-1", "n": 7}}, "/new": {"json": {"id": "n-2"}}}' >answers.json
    start_recorder r.log answers.json
    convert "$(user '    last = None' '    def on_start(self):' \
        '        r = self.client.post("/login", json={"user": "ann"})' \
        '        self.token = r.json().get("token")' '        self.n = int(r.json()["n"])' \
        '        self.client.headers["Authorization"] = f"Bearer {self.token}"' \
        '    @task' '    def new(self):' '        self.last = self.client.post("/new", json={"n": self.n}).json()["id"]' \
        '    @task' '    def show(self):' '        if not self.last:' '            return' '        self.client.get(f"/show/{self.last}")')"
    run_one r.log 40
    python3 - <<'END'
import json
rows = [json.loads(line) for line in open("r.log")]
assert rows[0]["path"] == "/login" and not any(k == "Authorization" for k, _ in rows[0]["headers"])
assert all(dict(r["headers"])["Authorization"] == "Bearer t-1" for r in rows[1:])
assert {r["path"] for r in rows[1:]} == {"/new", "/show/n-2"}
paths = [r["path"] for r in rows]
assert "/new" in paths[:paths.index("/show/n-2")]  # none is sent before there is a value
assert all(json.loads(r["body"]) == {"n": 7} for r in rows if r["path"] == "/new")
END
}

@test "waits in all forms" {
    wait() { # WANTED LINE...
        local wanted=$1
        shift
        convert "$(printf '%s\n' 'SECONDS = 2' 'def wait_for(self):' '    return random.uniform(1, 4)'; user "$@" '    @task' '    def a(self):' '        self.client.get("/")')"
        in_json "s.get(\"wait\") == $wanted"
    }
    wait '{"between": [1, 2.5]}' '    wait_time = between(1, 2.5)'
    wait '{"constant": 2}' '    wait_time = constant(SECONDS)'
    wait '{"pacing": 3}' '    wait_time = constant_pacing(3)'
    wait '{"throughput": 0.5}' '    wait_time = constant_throughput(1 / SECONDS)'
    wait '{"constant": 2}' '    wait_time = lambda self: SECONDS'
    wait '{"between": [1, 3]}' '    wait_time = lambda self: random.randint(1, 3)'
    wait '{"between": [1, 4]}' '    wait_time = wait_for'
    wait '{"between": [0.5, 1.5]}' '    min_wait = 500' '    max_wait = 1500'
    wait 'None' ''
}

@test "a LoadTestShape becomes stages" {
    convert "$(printf '%s\n' 'class Shape(LoadTestShape):' \
        '    stages = [{"duration": 10, "users": 20, "spawn_rate": 10}, {"duration": 30, "users": 5, "spawn_rate": 15}]' \
        '    def tick(self):' '        t = self.get_run_time()' '        for s in self.stages:' '            if t < s["duration"]:' \
        '                return s["users"], s["spawn_rate"]' '        return None'
        user '    @task' '    def a(self):' '        self.client.get("/")')"
    # 20 users in 2 s, 8 s of these, down to 5 in 1 s, 19 s of these.
    in_json 's["load"] == {"stages": [{"duration": 2, "users": 20}, {"duration": 8, "users": 20}, {"duration": 1, "users": 5}, {"duration": 19, "users": 5}]}'
    [ "$counts" = 'read 1 request; 1 assumption: see comments' ]
}

@test "conditions of catch_response become checks" {
    convert "$(user '    @task' '    def a(self):' \
        '        with self.client.get("/", catch_response=True) as r:' \
        '            if r.status_code not in (200, 404):' '                r.failure("status")' \
        '            elif "Error" in r.text:' '                r.failure("error")' \
        '            elif r.elapsed.total_seconds() > 0.5:' '                r.failure("slow")' \
        '            elif r.json()["state"] == "bad":' '                r.failure("bad")' \
        '            else:' '                r.success()')"
    in_json '[sorted(c) for c in s["tasks"][0]["checks"]] == [["status"], ["body"], ["time"], ["json", "not"]]'
    in_json 's["tasks"][0]["checks"][0] == {"status": [200, 404]} and s["tasks"][0]["checks"][2:] == [{"time": {"max": "500ms"}}, {"json": "/state", "not": "bad"}]'
    [ "$counts" = 'read 1 request; 2 assumptions: see comments' ]
}

@test "what cannot be known is named with its line, and is not sent" {
    convert "$(printf '%s\n' 'import helpers'
        user '    def on_start(self):' '        helpers.login(self)' \
        '    @task' '    def a(self):' \
        '        for x in helpers.names():' '            self.client.get("/x")' \
        '        if helpers.on():' '            self.client.get("/on")' '        else:' '            self.client.get("/off")' \
        '        self.client.get("/" + helpers.name())' \
        '        self.client.get("/ok")')"
    in_json '[t["path"] for t in s["tasks"]] == ["/ok"]'
    [ "$counts" = 'read 1 request; 4 not read, 2 assumptions, 1 detail left out: see comments' ]
    for text in 'line 7, helpers.login(self)' 'line 10, for x in helpers.names()' 'line 12, if helpers.on()' 'line 16, self.client.get("/" + helpers.name())'; do
        grep -qF "$text" s.json || { echo "$text"; cat s.json; return 1; }
    done
    run -2 "$COLDSWARM" convert l.py --strict
}

@test "passwords among which chance decides are not in the scenario" {
    convert "$(user '    @task' '    def a(self):' \
        '        self.client.post("/a", json={"password": random.choice(["hunter2-a", "hunter2-b"])})' \
        '        self.client.post("/b", data={"api_key": random.choice(["hunter2-c", "hunter2-d"])})')"
    run -1 grep hunter2 s.json
    in_json '[s["tasks"][0]["steps"][0]["json"], s["tasks"][0]["steps"][1]["form"]] == [{"password": "${env.PASSWORD}"}, {"api_key": "${env.API_KEY}"}]'
}

@test "passwords and tokens are no column of the drawn rows, whatever their names are elsewhere" {
    convert "$(printf '%s\n' 'USERS = [{"email": f"u{i}@example.com", "pass_word": f"hunter2-{i}", "tok": f"tok-{i}"} for i in range(4)]'
        user '    @task' '    def a(self):' '        u = random.choice(USERS)' \
        '        self.client.post("/login", json={"email": u["email"], "password": u["pass_word"]})' \
        '        self.client.post("/again/" + u["email"], data={"same": u["pass_word"]})' \
        '        self.client.get("/me", headers={"Authorization": "Bearer " + u["tok"]})' \
        '        self.client.post("/text", data="user=%s&pin_token=%s" % (u["email"], u["tok"] + "x"))')"
    [ "$(cut -d , -f 1 s.draw1.csv)" = $'"v1"\n"u0@example.com"\n"u1@example.com"\n"u2@example.com"\n"u3@example.com"' ]
    run -1 grep -E 'hunter2|tok-' s.json s.draw1.csv
    in_json '[x["json"] if "json" in x else x.get("form") for x in s["tasks"][0]["steps"]][:2] == [{"email": "${draw1.v1}", "password": "${env.PASSWORD}"}, {"same": "${env.PASSWORD}"}]'
    in_json 's["tasks"][0]["steps"][2]["auth"] == {"bearer": "${env.AUTHORIZATION}"} and "${env.PIN_TOKEN}" in json.dumps(s["tasks"][0]["steps"][3])'
    grep -qF 'instead of 4 secret values' s.json
    # A secret of the source that is also a drawn value leaves the rows.
    convert "$(printf '%s\n' 'KEYS = ["k-1234567890a", "k-1234567890b"]'
        user '    @task' '    def a(self):' '        k = random.choice(KEYS)' '        self.client.get("/x", params={"a": k, "b": k})' \
        '        self.client.get("/y", headers={"X-Api-Key": "k-1234567890a"})')"
    [ "$(cat s.draw1.csv)" = $'"v1"\n"*************"\n"k-1234567890b"' ]
    grep -qF 'Left out: the value of X_API_KEY in s.draw1.csv, a secret' s.json
}

@test "nothing of the file is run, and every file ends" {
    convert "$(printf '%s\n' 'open("made", "w").write("x")' 'os.system("touch made")' '__import__("os").system("touch made")' \
        'print((lambda: ().__class__.__bases__[0].__subclasses__())())' '"{0.__class__}".format(open)' 'x = "a" * 10 ** 10' 'y = 9 ** 9 ** 9' \
        'while True:' '    x = 1' 'def f(n):' '    return f(n + 1)' 'z = f(1)'
        user '    @task' '    def a(self):' '        while True:' '            self.client.get("/")' '            f(1)')"
    [ ! -e made ]
    in_json 'len(s["tasks"]) == 1'
}

@test "without Python the error says what to install; a syntax error has line and column" {
    printf 'from locust import HttpUser\nclass U(HttpUser:\n    pass\n' >l.py
    run -2 "$COLDSWARM" convert l.py
    [[ $output == *"l.py:2:"*"'(' was never closed"* || $output == *"l.py:2:"*"invalid syntax"* ]]
    PATH=/nonexistent run -2 "$COLDSWARM" convert l.py
    [[ $output == *"l.py: python3 is needed to read a locustfile"* ]]
}

# comments: of s.json, a line each.
comments() {
    sed -zE 's,\n *//   +, ,g' s.json | grep '^ *//'
}

# locust FILE: converts it to s.json, which validate takes.
locust() {
    run -0 --separate-stderr "$COLDSWARM" convert -f locust "$1" -o s.json --force
    "$COLDSWARM" validate s.json -H http://127.0.0.1:1 >validated.txt || { cat s.json validated.txt; return 1; }
}

@test "properties, static and class methods are what they are in Python" {
    cat >l.py <<'PY'
from locust import HttpUser, task
class U(HttpUser):
    @property
    def own(self):
        return {"X-A": "1"}
    @staticmethod
    def path(n):
        return "/s%d" % n
    @classmethod
    def named(cls):
        return "/" + cls.__name__ if False else "/c"
    @task
    def t(self):
        self.client.get(self.path(3), headers=self.own)
        self.client.get(self.named())
PY
    locust l.py
    grep -qF '"headers": { "X-A": "1" }' s.json
    grep -qF '"path": "/s3"' s.json
    grep -qF '"path": "/c"' s.json
}

@test "a list that users share: the value that this user captured, and no request before there is one" {
    cat >l.py <<'PY'
from locust import HttpUser, task
import random
codes = []
class U(HttpUser):
    @task
    def make(self):
        r = self.client.post("/links", json={"u": "x"})
        if r.status_code == 201:
            codes.append(r.json()["code"])
    @task
    def use(self):
        if codes:
            self.client.get("/" + random.choice(codes))
PY
    locust l.py
    [ "$(grep -c '"path": "/${code}"' s.json)" -eq 1 ]
    grep -qF '"when": "${code}"' s.json
    comments | grep -qF 'it is sent once the same user has code from another task'
    printf '%s' '{"/links": {"status": 201, "json": {"code": "abc"}}}' >answers.json
    start_recorder sent.log answers.json
    run_till run.db "count(*) > 0 FROM requests WHERE method = 'GET'" s.json -H "$URL" -u 5 -r 100
    [ "$(sql run.db "SELECT count(*) FROM requests WHERE outcome != 'ok' AND outcome != 'cancelled'")" -eq 0 ]
    [ "$(sql run.db "SELECT count(*) > 0 FROM requests WHERE method = 'GET'")" -eq 1 ]
}

@test "what on_start draws stays where the scenario can keep it, and is named where it cannot" {
    cat >l.py <<'PY'
from locust import HttpUser, task
import random
class U(HttpUser):
    def on_start(self):
        self.uid, self.side = random.randint(1, 1000), random.choice(["a", "b"])
        self.client.post("/login", json={"u": self.uid})
    @task
    def t(self):
        self.client.get(f"/u/{self.uid}")
        self.client.get("/side/" + self.side)
PY
    locust l.py
    [ "$(comments | grep -c 'drawn again each time; in the source each user draws it once')" -eq 1 ]
    start_recorder sent.log
    run_till run.db "count(DISTINCT user) = 3 AND count(*) > 100 FROM requests" s.json -H "$URL" -u 3 -r 100
    python3 - <<'END'
import json
sent = [json.loads(line) for line in open("sent.log")]
logins = {json.loads(r["body"])["u"] for r in sent if r["path"] == "/login"}
assert {int(r["path"][3:]) for r in sent if r["path"].startswith("/u/")} <= logins
assert len([r for r in sent if r["path"] == "/login"]) == 3
END
}

@test "conditions on draws that hardly ever fit are named, and the scenario is good" {
    cat >l.py <<'PY'
from locust import HttpUser, task
import random
class U(HttpUser):
    @task
    def t(self):
        a, b = random.uniform(0, 1), random.uniform(0, 1)
        if a < 0.0001:
            if b < 0.0001:
                self.client.get(f"/{a}/{b}")
        self.client.get("/x")
PY
    locust l.py
}

@test "changed locustfiles become a valid scenario, or are refused by name" {
    python3 "$ROOT/tests/cli/mutate_locust.py" "$COLDSWARM" 11 40 "$ROOT"/tests/cli/convert/*.py
}

# bats test_tags=more,plain
@test "many changed locustfiles become a valid scenario, or are refused by name" {
    python3 "$ROOT/tests/cli/mutate_locust.py" "$COLDSWARM" 12 300 "$ROOT"/tests/cli/convert/*.py
}

@test "base classes without tasks are no loss; conditions on values of an answer are checks" {
    cat >l.py <<'PY'
from locust import HttpUser, task
class Base(HttpUser):
    host = "http://127.0.0.1:1"
class U(Base):
    @task
    def a(self):
        with self.client.get("/a", catch_response=True) as r:
            b = r.json()
            if b.get("status") not in ["ok", "a.b"]:
                r.failure("x")
            if not b.get("token"):
                r.failure("y")
PY
    locust l.py
    [ "${stderr_lines[-1]}" = 'read 1 request; 2 assumptions: see comments' ] || { cat s.json; return 1; }
    grep -qF '"checks": [{"json": "/status", "matches": "^(?:ok|a\\.b)$"}, {"json": "/token", "exists": true}]' s.json
}

@test "a list that a later task fills, and that is kept short, is no loss" {
    cat >l.py <<'PY'
from locust import HttpUser, task
import random
class U(HttpUser):
    codes = []
    @task(2)
    def use(self):
        if len(U.codes) > 0:
            self.client.get(f"/links/{random.choice(U.codes)}")
    @task
    def make(self):
        code = self.client.post("/links").json().get("code")
        if code:
            U.codes.append(code)
            if len(U.codes) > 500:
                U.codes = U.codes[-500:]
PY
    locust l.py
    [ "${stderr_lines[-1]}" = 'read 2 requests; 3 assumptions: see comments' ] || { cat s.json; return 1; }
    grep -qF '"path": "/links/${code}"' s.json
    grep -qF '"weight": 2' s.json
}

@test "USERS.pop() gives each user another row, and thousands of tasks are read in time" {
    cat >pop.py <<'END'
from locust import HttpUser, task
USERS = [("a", "1"), ("b", "2"), ("c", "3")]
class U(HttpUser):
    host = "http://127.0.0.1:1"
    def on_start(self):
        self.name, self.password = USERS.pop()
        self.client.post("/login", json={"n": self.name, "p": self.password})
    @task
    def x(self):
        self.client.get("/x")
END
    "$COLDSWARM" convert pop.py -o pop.json
    [ "$(cat pop.draw1.csv)" = $'"v1","v2"\n"a","1"\n"b","2"\n"c","3"' ]
    grep -qF '"json": {"n": "${draw1.v1}", "p": "${draw1.v2}"}' pop.json
    "$COLDSWARM" validate pop.json
    # Work grows with the file, not with its square: this is far within the reader's own limit of CPU time.
    python3 -c '
print("from locust import HttpUser, task\nclass A(HttpUser):")
for i in range(5000):
    print(f"    @task\n    def t{i}(self):\n        self.client.get(\"/{i}\")")' >many.py
    "$COLDSWARM" convert many.py -o many.json 2>err
    grep -q "^read 5000 requests" err
}

@test "chance before the tasks, weights of choices, rounds by chance and faker: each is read or named" {
    convert "$(printf '%s\n' 'import numpy, threading' 'from faker import Faker' 'from concurrent.futures import ThreadPoolExecutor' 'fake = Faker()'
        user '    def on_start(self):' '        if random.random() < 0.9:' '            self.client.get("/likely")' \
        '        else:' '            self.client.get("/seldom")' \
        '    @task(10)' '    def weighted(self):' '        random.choices([self.a, self.b], weights=[1, 4])[0]()' \
        '        self.client.get("/p/" + numpy.random.choice(["x", "y"], p=[0.25, 0.75]))' \
        '    def a(self):' '        self.client.get("/a")' '    def b(self):' '        self.client.get("/b")' \
        '    @task(10)' '    def rounds(self):' '        for i in range(random.randint(20, 40)):' '            self.client.get("/round")' \
        '    @task(10)' '    def fakes(self):' '        self.client.get(f"/{fake.random_int(3, 3)}/{fake.random_element(elements=[7])}/{fake.numerify(chr(35))}")' \
        '    @task(10)' '    def pool(self):' '        with ThreadPoolExecutor(2) as pool:' \
        '            pool.submit(self.client.get, "/submitted")' '            pool.map(self.one, ["m", "n"])' '            pool.unknown(self.one, 3)' \
        '    def one(self, n):' '        self.client.get(f"/one/{n}")' \
        '    @task(10)' '    def until(self):' '        end = time.time() + 5' '        while time.time() < end:' '            self.client.get("/until")')"
    [[ $counts == 'read '*'; 2 not read, '* ]] || { echo "$counts"; cat s.json; return 1; }
    for text in 'chance decides; the more likely branch is sent each time' 'it always has 30 rounds, their mean' 'it has one round' \
        'what it sends, because this is not in this file or near it'; do
        grep -qF "$text" <(tr -d '\n' <s.json | sed 's, *//  *, ,g') || { echo "$text"; cat s.json; return 1; }
    done
    in_json 'sorted((t["steps"][0]["path"], t["weight"]) for t in s["tasks"] if "/p/" in str(t)) in ([("/a", 2), ("/b", 8)], [("/a", 1), ("/b", 4)])'
    in_json '"/${random.int(3, 3)}/7/${random.choice(" in json.dumps(s) and all(p in json.dumps(s) for p in ("/likely", "/submitted", "/one/m", "/one/n", "/until"))'
    in_json '"/seldom" not in json.dumps(s)'
}

@test "a group that a search does not have is left out by name" {
    convert "$(printf '%s\n' 'import re'
        user '    @task' '    def a(self):' '        r = self.client.get("/a")' '        self.client.get("/b" + re.search("x=(\\w+)", r.text).group("late"))' \
        '        self.client.get("/c" + re.search("x=(\\w+)", r.text).group(2))' \
        '        self.client.get("/d" + re.search("x=(?P<late>\\w+)", r.text).group("late"))')"
    [[ $counts == 'read 2 requests; 2 not read, '* ]] || { echo "$counts"; cat s.json; return 1; }
    [ "$(grep -c 'a group that the expression does not have' s.json)" -eq 2 ]
    grep -qF '"group": "late"' s.json
}

@test "a token that the file calculates is a variable; elements of HTML are captures" {
    cat >answers.json <<'END'
{"/form": {"json": "<input type=hidden value=\"wrong\" name='other'><input class='x' name='csrf' type=hidden value='c-1'><a href='/out?token=9'>"}}
END
    sed -i 's/\\"wrong\\"/w/' answers.json
    start_recorder r.log answers.json
    convert "$(printf '%s\n' 'import jwt, re' 'from bs4 import BeautifulSoup' 'from pyquery import PyQuery'
        user '    @task' '    def a(self):' '        page = self.client.get("/form")' '        soup = BeautifulSoup(page.content, "html.parser")' \
        '        self.client.post("/1", data={"c": soup.find("input", {"name": "csrf"})["value"]})' \
        '        self.client.post("/2", data={"c": soup.select_one("input[name=csrf]").get("value")})' \
        '        self.client.post("/3", data={"c": PyQuery(page.text)("input[name=\"csrf\"]").attr("value")})' \
        '        self.client.get(soup.find("a", href=re.compile("token="))["href"])' \
        '        self.client.get("/5", headers={"Authorization": "Bearer " + jwt.encode({"a": 1}, "key-of-mine")})')"
    [[ $counts == 'read 6 requests; '*' assumption'* ]] || { echo "$counts"; cat s.json; return 1; }
    run -1 grep key-o s.json
    in_json 's["tasks"][0]["steps"][5]["headers"] == {"Authorization": "${env.AUTHORIZATION}"}'
    export AUTHORIZATION=t-1
    run_one r.log 6
    python3 - <<'END'
import json
rows = [json.loads(line) for line in open("r.log")][:6]
assert [r["body"] for r in rows[1:4]] == ["c=c-1"] * 3 and rows[4]["path"] == "/out?token=9", rows
END
}

@test "what is cut is counted as not read: ways through a task, requests of a task, tasks, calls that nest" {
    convert "$(user '    @task' '    def a(self):' '        for i in range(7):' '            if random.random() < 0.5:' \
        '                self.client.get(f"/{i}")')"
    [[ $counts == 'read '*'; '*' not read'* ]] || { echo "$counts"; return 1; }
    comments | grep -qE 'only the first [0-9]+ ways through it are here, which are [0-9]+ % of what it sends'
    convert "$(user '    @task' '    def a(self):' '        for i in range(600):' '            self.client.get(f"/{i}")' \
        '        for i in range(600):' '            self.client.get(f"/{i}")' '        self.client.get("/after")')"
    [[ $counts == 'read 1000 requests; '*' not read'* ]] || { echo "$counts"; return 1; }
    comments | grep -qF 'its task sends more than 1000 requests'
    convert "$(printf '%s\n' 'from elsewhere import other'
        user '    tasks = [other]' '    @task' '    def a(self):' '        self.client.get("/a")' '        self.deep(1)' \
        '    def deep(self, n):' '        self.client.get(f"/deep/{n}")' '        self.deep(n + 1)')"
    [[ $counts == 'read '*'; 2 not read'* ]] || { echo "$counts"; cat s.json; return 1; }
    comments | grep -qF 'one of these tasks is not in this file or near it: elsewhere.other'
    comments | grep -qF 'calls are nested too deeply'
}

@test "values that only an answer has: what is sent with them in a list is named" {
    convert "$(user '    @task' '    def a(self):' '        seen = self.client.get("/a").text' \
        '        [self.client.get(f"/b/{x}") for x in unknown_to_all]' \
        '        if unknown_to_all and self.client.get("/c"):' '            pass')"
    [ "$counts" = 'read 1 request; 2 not read, 2 assumptions: see comments' ] || { echo "$counts"; cat s.json; return 1; }
}
