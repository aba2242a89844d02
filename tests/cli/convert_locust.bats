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
assert eval(sys.argv[1], {"s": s}), sys.argv[1]
END
}

@test "all that a locustfile can have is sent in its order" {
    start_recorder f.log "$DATA/locust_answers.json"
    sample locust_features.py >locustfile.py
    run -0 --separate-stderr "$COLDSWARM" convert locustfile.py -o s.json --strict
    [ "${stderr_lines[-1]}" = 'read 41 requests; 4 assumptions: see comments' ]
    set_variables s.json
    sample locust_features.expected.json | sed "s/@X-TOKEN@/v-X_TOKEN/; s/@COOKIE@/v-COOKIE/" >expected.json
    run_one f.log 57
    python3 "$CHECK" expect f.log expected.json
}

# bats test_tags=more
@test "Locust itself sends the same requests" {
    start_recorder theirs.log "$DATA/locust_answers.json"
    sample locust_features.py >locustfile.py
    /usr/bin/locust -f locustfile.py --headless -u 1 --only-summary >locust.out 2>&1 3>&- &
    STARTED_PIDS+=("$!")
    local locust=$!
    until [ "$(wc -l <theirs.log)" -ge 60 ]; do
        kill -0 "$locust" || { cat locust.out; return 1; }
        pause
    done
    kill -KILL "$locust" # it would wait for its tasks
    wait "$locust" || true
    head -n 57 theirs.log >a.log
    start_recorder ours.log "$DATA/locust_answers.json"
    sample locust_features.py >locustfile.py
    "$COLDSWARM" convert locustfile.py -o s.json
    export AUTH_USER=bob AUTH_PASSWORD=bobs-password X_TOKEN=dXNlcjo3 COOKIE=sid=1
    run_one ours.log 57
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
