"""What a locustfile can have, in an order that chance does not change. Locust itself and `convert` send the same."""
import base64
import json
import os
import random
import re
import threading
import time
from functools import partial
from urllib.parse import quote

from locust import HttpUser, SequentialTaskSet, between, constant, tag, task

API = "/api"
HEADERS = {"X-Client": "features"}
WORDS = ["red"]
VERSION = os.environ.get("FEATURES_VERSION", "v1")
STEPS = [("a", 1), ("b", 2)]


def path_of(name, number=0):
    return f"{API}/{VERSION}/{name}/{number:03d}"


def send_to(user, name):
    user.client.get("/function/" + name)


class Paths:
    """A mixin."""
    prefix = "/mixin"

    def mixed(self, what):
        return "%s/%s" % (self.prefix, what)


class Base(HttpUser):
    abstract = True
    host = "http://127.0.0.1:@PORT@"
    wait_time = constant(0)
    token = None
    headers = {}

    def login(self):
        r = self.client.post("/login", json={"user": "ann", "remember": True, "n": None})
        self.token = r.json()["token"]
        self.session = r.headers["X-Session"]
        self.items = r.json().get("items")
        self.headers = {"Authorization": "Bearer " + self.token}


class Flow(Paths, SequentialTaskSet):
    count = 0

    def on_start(self):
        self.count = 41

    @task
    def plain(self):
        self.client.get("/")
        self.client.get("/plain?x=1&y=%20", headers={"X-One": "1", **HEADERS})
        self.client.request("OPTIONS", "/options")
        self.client.head("/head")
        self.client.patch("/patch", data="text of a body", headers={"Content-Type": "text/plain; charset=utf-8"})

    @tag("texts")
    @task
    def texts(self):
        name = "Ann" + "!" * 2
        self.client.get("/f/{}/{x}".format(1, x="y"))
        self.client.get("/percent/%d/%s" % (7, "s"))
        self.client.get(path_of("n", number=5))
        self.client.get("/quote/" + quote("a b/ü", safe=""))
        self.client.get("/join/" + "-".join([w.upper() for w in WORDS]))
        self.client.get("/params", params={"q": name, "list": [1, 2], "none": None, "flag": True})
        self.client.get(self.mixed("x"))

    @task
    def bodies(self):
        payload = {"a": [1, 2.5, {"b": None}], "c": "ü"}
        payload["d"] = payload.pop("c")
        payload.update(e=False)
        self.client.post("/json", json=payload)
        self.client.post("/dumps", data=json.dumps({"k": [1, "x"]}), headers={"Content-Type": "application/json"})
        self.client.post("/form", data={"a": "1 2", "b": "ü&", "n": 3})
        self.client.put("/file", files={"f": ("name.txt", "content of it", "text/plain")}, data={"field": "v"})
        self.client.get("/basic", auth=("bob", "bobs-password"))
        self.client.get("/basic64", headers={"X-Token": base64.b64encode(b"user:7").decode()})
        self.client.get("/cookies", cookies={"sid": "1"})

    @task
    def answers(self):
        self.client.get("/me", headers=self.user.headers)
        self.client.get(f"/sessions/{self.user.session}")
        self.client.get("/items/%s" % self.user.items[1]["id"])
        r = self.client.get("/page")
        csrf = re.search(r'"csrf": "(\w+)"', r.text).group(1)
        self.client.post("/save", data={"csrf": csrf, "of": r.json()["next"]["of"]})

    @task
    def control(self):
        for name, n in STEPS:
            if n > 1:
                self.client.get("/loop/" + name)
            elif name == "a":
                self.client.get("/loop/first")
            else:
                self.client.get("/never")
        for _ in range(12):
            self.client.get("/twelve")
        n = 0
        while n < 2:
            self.client.get(f"/while/{n}")
            n += 1
        try:
            self.client.get("/try")
        except Exception:
            self.client.get("/never")
        finally:
            self.client.get("/finally")
        self.count += 1
        self.client.get(f"/count/{self.count}")
        send_to(self, "inlined")
        time.sleep(0.01)
        self.client.get("/random/%d/%s" % (random.randint(7, 7), random.choice(WORDS)))

    @task
    def checks(self):
        with self.client.get("/missing", catch_response=True) as r:
            if r.status_code == 404:
                r.success()
            else:
                r.failure("it is there")
        with self.client.get("/login", catch_response=True, name="checked") as r:
            if "tok" not in r.text:
                r.failure("no token")
            elif r.json()["token"] != "tok-1":
                r.failure("another token")
        r = self.client.get("/login")
        if r.status_code == 200:
            self.client.get("/after")
        else:
            self.client.get("/never")

    @task
    def helpers(self):
        pattern = re.compile(r'"of": "(\w+)"')
        page = self.client.get("/page")
        self.client.get("/found/" + pattern.search(page.text).group(1))
        self.client.get("/every/" + re.findall(r'"csrf": "(\w+)"', page.text)[0])
        for name, _ in sorted(STEPS, key=lambda s: -s[1]):
            self.client.get("/sorted/" + name)
        for name, _ in filter(lambda s: s[1] > 1, STEPS):
            self.client.get("/filtered/" + name)
        partial(self.client.get, "/partial")(params={"n": 1})
        thread = threading.Thread(target=send_to, args=(self, "thread"))
        thread.start()
        thread.join()
        lines = "".join(json.dumps(line) + "\n" for line in [{"index": page.json()["csrf"]}, {"q": [self.count, None]}])
        self.client.post("/lines", data=lines, headers={"Content-Type": "application/x-ndjson"})
        status = None
        while status != "s-9":
            status = self.client.get("/login").headers["X-Session"]
        items = list(filter(lambda item: item["id"] == 5, self.client.get("/login").json()["items"]))
        self.client.get(f"/filtered/{items[0]['id']}")
        self.client.get(f"{self.user.host}/whole", headers={"X-Host": "x" if "example.com" in self.user.host else "y"})
        version = re.match(r"v(\d)", VERSION).group(1)
        self.client.get("/version/" + version)
        self.client.get("/set-cookie")
        self.client.post("/guarded", headers={"X-CSRFToken": self.client.cookies["csrftoken"]})

    def ready(self, answer):
        r = self.client.get("/ready")
        return r.status_code == answer

    def pages(self, number):
        r = self.client.get("/login", params={"page": number})
        if r.json().get("more"):
            self.pages(number + 1)

    @task
    def searches(self):
        page = self.client.get("/page")
        found = re.search(r'"csrf": "(?P<first>\w)(?P<rest>\w+)"', page.text)
        self.client.get(f"/named/{found['rest']}/{found.group('first')}/{found[1]}")
        self.client.get("/whole/" + re.search(r"p(\d)", page.text).group())
        self.client.get("/pair/%s-%s" % found.groups())
        self.client.get("/dict/" + found.groupdict()["rest"])
        self.client.get("/flags/" + re.search('CSRF": "(.*?)"', page.text, re.I | re.S).group(1))
        self.client.get("/start/" + re.match(r'\W+(\w)', page.text)[1])
        self.client.get("/first/" + re.findall(r'"(\w+)": "(\w+)"', page.text)[0][1])
        session = self.client.get("/login").headers["X-Session"]
        self.client.get("/split/" + session.split("-")[0])
        self.client.get("/last/" + session.split("-")[-1])
        letter, number = session.split("-")
        self.client.get(f"/both/{number}{letter}")
        self.client.get("/text/" + page.text.split('"of": "')[1].split('"')[0])
        if not self.ready(200):
            self.client.get("/never")
        if self.ready(200) and self.ready(200):
            self.client.get("/twice")
        self.pages(1)
        self.wait()

    @task
    def last(self):
        self.client.headers.update({"X-Late": "yes"})
        self.client.get("/late")
        del self.client.headers["X-Late"]
        self.client.get("/end")


class Features(Base):
    tasks = [Flow]

    def __init__(self, environment):
        super().__init__(environment)
        self.client.get("/init")

    def on_start(self):
        self.client.headers["X-Api-Version"] = "2"
        self.login()
