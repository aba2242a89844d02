#!/usr/bin/env bats
# `coldswarm convert` of locustfiles that import modules of their own and read data: they are read where they are, within bounds, and never run.

bats_require_minimum_version 1.5.0
load ../support/helpers
load ../support/convert

setup() {
    cd "$BATS_TEST_TMPDIR"
    unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
}

# write FILE: from stdin; makes its folder.
write() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# project: a repository whose locustfile gets nearly everything from elsewhere.
project() {
    mkdir -p repo/.git
    write repo/load/locustfile.py <<'PY'
import csv, json, os, sys
from pathlib import Path
from locust import task, between
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
from common.auth import login, HEADERS as AUTH_HEADERS
from load.base import BaseUser
from .paths import *
from . import settings
import common.names as names
import deep.inner.most
from fromlib import LIB_PATH

HERE = Path(__file__).resolve().parent
ITEMS = json.load(open(HERE / "data" / "items.json"))
with open(os.path.join(os.path.dirname(__file__), "data", "users.csv")) as f:
    USERS = list(csv.DictReader(f))
WORDS = [line.strip() for line in open("data/words.txt")]


class Shopper(BaseUser):
    weight = 3

    def on_start(self):
        login(self.client, USERS[0]["name"])

    @task(2)
    def item(self):
        self.client.get(f"{ITEMS_PATH}/{ITEMS[1]['id']}", headers=AUTH_HEADERS)
        self.client.get(names.Path.SEARCH.value, params={"q": WORDS[2], "n": settings.PAGE_SIZE})

    @task
    def rest(self):
        self.send_one()
        self.client.get(deep.inner.most.path(4))
        self.client.get(LIB_PATH)
PY
    write repo/load/base.py <<'PY'
from locust import HttpUser, constant, task
from common.mixins import Extra


class BaseUser(Extra, HttpUser):
    abstract = True
    host = "http://127.0.0.1:@PORT@"
    wait_time = constant(2)

    @task
    def health(self):
        self.client.get("/health")
PY
    printf 'ITEMS_PATH = "/items"\n_HIDDEN = 1\n' >repo/load/paths.py
    printf 'PAGE_SIZE = 20\n' >repo/load/settings.py
    write repo/common/__init__.py </dev/null
    write repo/common/auth.py <<'PY'
import load.base  # a circle
HEADERS = {"X-Kind": "shop"}


def login(client, name):
    client.post("/login", json={"name": name, "kind": kind()})


def kind():
    return "user"
PY
    write repo/common/mixins.py <<'PY'
class Extra:
    def send_one(self):
        self.client.delete("/one")
PY
    write repo/common/names.py <<'PY'
from enum import Enum


class Path(str, Enum):
    SEARCH = "/search"
PY
    write repo/deep/inner/most.py <<'PY'
def path(n):
    return "/deep/%d" % n
PY
    write repo/lib/fromlib.py <<'PY'
LIB_PATH = "/lib"
PY
    write repo/load/data/items.json <<<'[{"id": 5}, {"id": 7}]'
    write repo/load/data/users.csv <<<$'name,age\nann,7\nbob,8'
    write repo/load/data/words.txt <<<$'one\ntwo\nthree'
}

@test "modules, base classes, mixins, constants, enumerations and data of a repository are read" {
    project
    sed -i 's/@PORT@/1/' repo/load/base.py
    run -0 --separate-stderr "$COLDSWARM" convert repo/load/locustfile.py -o s.json --strict
    [ "${stderr_lines[-1]}" = 'read 7 requests; 2 assumptions: see comments' ] || { cat s.json; printf '%s\n' "$stderr"; return 1; }
    python3 - <<'END'
import json
s = json.loads("".join(l for l in open("s.json") if not l.lstrip().startswith("//")))
steps = lambda t: [(r.get("method", "GET"), r["path"]) for r in t.get("steps", [t])]
assert [(t["weight"] if "weight" in t else 1, steps(t)) for t in s["tasks"]] == [
    (1, [("GET", "/health")]), (2, [("GET", "/items/7"), ("GET", "/search?q=three&n=20")]),
    (1, [("DELETE", "/one"), ("GET", "/deep/4"), ("GET", "/lib")])], s["tasks"]
assert s["tasks"][1]["steps"][0]["headers"] == {"X-Kind": "shop"}
assert s["on_start"][0]["json"] == {"name": "ann", "kind": "user"}, s["on_start"]
assert s["wait"] == {"constant": 2}, s["wait"]
END
}

# bats test_tags=more
@test "Locust itself sends the same of a repository with modules" {
    project
    # Locust imports no relative names in a file that is no module of a package.
    sed -i 's/from \.paths/from paths/; s/from \. import/import/; s/constant(2)/constant(0)/' repo/load/*.py
    start_recorder theirs.log
    sed -i "s/@PORT@/$PORT/" repo/load/base.py
    (cd repo/load && PYTHONPATH=$PWD/.. exec /usr/bin/locust -f locustfile.py --headless -u 1 --only-summary >../../locust.out 2>&1 3>&-) &
    STARTED_PIDS+=("$!")
    local locust=$!
    until [ "$(wc -l <theirs.log)" -ge 200 ]; do
        kill -0 "$locust" || { cat locust.out; return 1; }
        pause
    done
    kill -KILL "$locust"
    wait "$locust" || true
    start_recorder ours.log
    sed -i "s/127.0.0.1:[0-9]*/127.0.0.1:$PORT/" repo/load/base.py
    "$COLDSWARM" convert repo/load/locustfile.py -o s.json
    run_one ours.log 200
    python3 - <<'END'
import json
plain = lambda body: json.loads(body) if body else None
kinds = [{json.dumps([r["method"], r["path"], plain(r["body"])]) for r in map(json.loads, open(f))} for f in ("theirs.log", "ours.log")]
assert kinds[0] == kinds[1] and len(kinds[0]) == 7, kinds
END
}

@test "what is not near is named with its line; nothing outside the repository is read" {
    mkdir -p repo/.git repo/sub
    echo 'OUT = "/out"' >outside.py
    echo 'OUT = "/linked"' >linked_target.py
    ln -s "$PWD/linked_target.py" repo/linked.py
    mkfifo repo/pipe.py
    printf 'def broken(:\n' >repo/broken.py
    printf 'import big2\nX = "/big"\n' >repo/big.py
    head -c 5000000 /dev/zero | tr '\0' ' ' >repo/huge.py
    printf 'import touching\nPATH = "/touched"\nopen("made", "w").write("x")\n__import__("os").system("touch made")\n' >repo/touching.py
    write repo/sub/l.py <<'PY'
from locust import HttpUser, task
from outside import OUT
from linked import OUT as LINKED
import pipe, huge
from broken import broken
from big import X
import touching
from elsewhere.names import PATH as AWAY


class U(HttpUser):
    host = "http://127.0.0.1:1"

    @task
    def a(self):
        self.client.get(X)
        self.client.get(touching.PATH)
        self.client.get(OUT)
        self.client.get(LINKED)
        self.client.get(pipe.PATH)
        self.client.get(broken())
        self.client.get(AWAY)
PY
    run -0 --separate-stderr "$COLDSWARM" convert repo/sub/l.py -o s.json
    [ "${stderr_lines[-1]}" = 'read 2 requests; 5 not read, 2 assumptions, 2 details left out: see comments' ] || { cat s.json; echo "$stderr"; return 1; }
    sed -zE 's,\n *//   +, ,g' s.json | grep '^ *//' >comments
    for text in 'line 5, from broken import broken: ../broken.py, which is no Python' 'line 4, import pipe, huge: ../huge.py, which cannot be read' \
        'line 18, self.client.get(OUT)' 'imported in line 2' 'line 22, self.client.get(AWAY)' 'imported in line 8'; do
        grep -qF "$text" comments || { echo "$text"; cat comments; return 1; }
    done
    run ! grep -e '/out"' -e /linked s.json
    [ ! -e made ] && [ ! -e repo/made ] && [ ! -e repo/sub/made ]
    run -2 "$COLDSWARM" convert - <repo/sub/l.py
    [[ $output == *'big.X is not in this file or near it (imported in line 6)'* ]]
}

@test "without a repository, modules beside the file and a little above it are read" {
    echo 'A = "/near"' | write one/two/three/four/five/near.py
    echo 'A = "/above"' | write one/two/three/above.py
    echo 'A = "/far"' | write one/far.py
    write one/two/three/four/five/l.py <<'PY'
from locust import HttpUser, task
import near, above, far


class U(HttpUser):
    host = "http://127.0.0.1:1"

    @task
    def a(self):
        self.client.get(near.A)
        self.client.get(above.A)
        self.client.get(far.A)
PY
    "$COLDSWARM" convert one/two/three/four/five/l.py -o s.json
    grep -qF '"path": "/near"' s.json
    grep -qF '"path": "/above"' s.json
    run ! grep -F '"path": "/far"' s.json
    chmod o+w one/two/three
    "$COLDSWARM" convert one/two/three/four/five/l.py -o s.json --force
    run ! grep -F '"path": "/above"' s.json
}

@test "many modules, large ones and circles end" {
    mkdir -p repo/.git
    python3 - <<'END'
for i in range(300):
    open(f"repo/m{i}.py", "w").write(f"from m{(i + 1) % 300} import *\nA{i} = '/a{i}'\nwhile True:\n    X = 1\n")
open("repo/l.py", "w").write("""from locust import HttpUser, task
from m0 import A0


class U(HttpUser):
    host = "http://127.0.0.1:1"

    @task
    def a(self):
        self.client.get("/" + str(len("abc")))
""")
END
    "$COLDSWARM" convert repo/l.py -o s.json
    grep -qF '"path": "/3"' s.json
    grep -qF 'more than 200 modules' s.json
}

@test "what Locust evaluates around users: listeners, the environment, generators, context managers" {
    start_recorder got.log <(echo '{"/token": {"json": {"access": "tok-1"}}, "/ids": {"json": {"results": [{"id": 41}, {"id": 42}]}}}')
    printf 'MODE=fast\nAPI_TOKEN=open-sesame-1\n' >.env
    sed "s/@PORT@/$PORT/" >l.py <<'PY'
import os, queue, requests, threading
from contextlib import contextmanager
from dotenv import load_dotenv
from locust import HttpUser, constant, events, task
from locust.runners import WorkerRunner

load_dotenv()
STATE = {"token": None, "ids": [], "names": queue.Queue(), "mode": None}
KINDS = [{"kind": "a", "n": 1}, {"kind": "a", "n": 1}]
lock = threading.Lock()


@events.test_start.add_listener
def prepare(environment, **kwargs):
    if isinstance(environment.runner, WorkerRunner):
        return
    base = environment.host.rstrip("/")
    STATE["token"] = requests.post(f"{base}/token", json={"u": 1}).json()["access"]
    r = requests.get(base + "/ids", headers={"Authorization": "Bearer " + STATE["token"]})
    STATE["ids"] = [x["id"] for x in r.json().get("results", []) if x["id"]]
    STATE["mode"] = os.getenv("MODE", "slow")
    STATE["names"].put("ann")


@contextmanager
def checked(client, path):
    with client.get(path, catch_response=True) as r:
        yield r


def pages():
    for i in range(2):
        yield "/page/%d" % i


class U(HttpUser):
    host = "http://127.0.0.1:@PORT@"
    wait_time = constant(0)

    def on_start(self):
        self.url = "{}/{}".format(self.environment.host, STATE["mode"])
        with lock:
            self.name = STATE["names"].get()

    @task
    def all(self):
        if not STATE["ids"]:
            return
        self.client.get(self.url)
        for page in pages():
            self.client.get(page)
        with checked(self.client, "/checked") as r:
            if r.status_code != 200:
                r.failure("no")
        data = r.json() if isinstance(self.name, str) and r.status_code == 200 else {}
        self.client.post("/last", json={**KINDS[0], "id": STATE["ids"][0], "name": self.name, "class": self.__class__.__name__ == "U"},
                         headers={"X-Of": type(self).host, "Authorization": f"Bearer {STATE['token']}"})
PY
    sed -i 's/, "class": self.__class__.__name__ == "U"//' l.py
    run -0 --separate-stderr "$COLDSWARM" convert l.py -o s.json --strict
    run_one got.log 14
    python3 - <<'END'
import json
got = [json.loads(line) for line in open("got.log")]
assert [(r["method"], r["path"]) for r in got[:2]] == [("POST", "/token"), ("GET", "/ids")], got[:2]
rest = [(r["method"], r["path"]) for r in got[2:]]
assert rest[:5] == rest[5:10] == [("GET", "/fast"), ("GET", "/page/0"), ("GET", "/page/1"), ("GET", "/checked"), ("POST", "/last")], rest
head = {k.lower(): v for k, v in got[6]["headers"]}
assert head["authorization"] == "Bearer tok-1", head
assert {k: str(v) for k, v in json.loads(got[6]["body"]).items()} == {"kind": "a", "n": "1", "id": "41", "name": "ann"}, got[6]["body"]
END
    run ! grep sesame s.json
}

@test "a loop that only an answer ends has one round; draws of numpy and of dicts" {
    cat >l.py <<'PY'
import random, numpy as np
from locust import HttpUser, task

JOBS = [{"kind": "a", "n": 1}, {"kind": "b", "n": 2}]


class U(HttpUser):
    host = "http://127.0.0.1:1"

    @task
    def poll(self):
        done = False
        while done is False:
            r = self.client.get("/poll")
            if "ready" in r.text and r.elapsed.total_seconds() > 1000:
                done = True

    @task
    def send(self):
        self.client.post("/n", json={"n": np.random.randint(3, 4), **random.choice(JOBS)})
PY
    sed -i 's/"n": np/"m": np/' l.py
    "$COLDSWARM" convert l.py -o s.json
    python3 - <<'END'
import json
s = json.loads("".join(l for l in open("s.json") if not l.lstrip().startswith("//")))
assert [t["path"] for t in s["tasks"]] == ["/poll", "/n"], s["tasks"]
assert s["tasks"][1]["json"]["m"] in (3, "${value(random.int(3, 3))}", "${value(random.choice('3'))}"), s["tasks"][1]
assert set(s["tasks"][1]["json"]) == {"m", "kind", "n"}
END
    grep -qF 'it has one round' s.json
}

@test "rows of a CSV file of the source stay in it: each user has the password of its own row" {
    write repo/.git/HEAD </dev/null
    write repo/load/users.csv <<'CSV'
email,password,group
u0@example.com,pass-of-u0,a
u1@example.com,pass-of-u1,b
"u2,x@example.com",pass-of-u2,a
CSV
    write repo/load/locustfile.py <<'PY'
import csv, random
from locust import HttpUser, task
with open("users.csv") as f:
    USERS = list(csv.DictReader(f))
class U(HttpUser):
    def on_start(self):
        user = random.choice(USERS)
        self.email = user["email"]
        self.client.post("/login", json={"email": self.email, "password": user["password"], "group": user.get("group")})
    @task
    def t(self):
        self.client.get("/me", params={"email": self.email})
        other = random.choice([u for u in USERS if u["email"] != self.email])
        self.client.post("/to", json={"from": self.email, "to": other["email"]})
PY
    run -0 --separate-stderr "$COLDSWARM" convert -f locust repo/load/locustfile.py -o s.json --force
    [[ ${stderr_lines[-1]} == 'read 3 requests; '*' assumption'* ]] || { cat s.json; return 1; }
    [ -z "$(grep -l pass-of s.*)" ] # not copied
    start_recorder sent.log
    run_till run.db "count(DISTINCT user) = 12 AND count(*) > 200 FROM requests" s.json -H "$URL" -u 12 -r 100
    python3 - <<'END'
import collections, csv, json, urllib.parse
rows = {r["email"]: r for r in csv.DictReader(open("repo/load/users.csv"))}
sent = [json.loads(line) for line in open("sent.log")]
logins = [json.loads(r["body"]) for r in sent if r["path"] == "/login"]
assert logins and all(l == rows[l["email"]] for l in logins), logins
assert len({l["email"] for l in logins}) > 1
mails = {urllib.parse.unquote_plus(r["path"].split("=")[1]) for r in sent if r["path"].startswith("/me")}
assert mails <= {l["email"] for l in logins}, mails
pairs = [json.loads(r["body"]) for r in sent if r["path"] == "/to"]
assert pairs and all(p["from"] in rows and p["to"] in rows for p in pairs), pairs[:5]
END
}
