"""A locustfile as people write them."""
import os
import elsewhere
import time

from locust import FastHttpUser, HttpUser, between, constant, events, tag, task

BASE = "/api"
PAYLOAD = {"instances": [[5.1, 3.5, 1.4, 0.2]], "note": "caf\u00e9 ${x}", "n": None}


class ApiBase(HttpUser):
    abstract = True


class Reader(HttpUser):
    host = "http://127.0.0.1:@PORT@"
    wait_time = constant(0)
    weight = 3
    page = 7

    def on_start(self):
        self.login()

    def login(self):
        self.client.post("/login", json={"username": "ann", "password": "open-sesame"})

    @tag("fast")
    @task
    def index(self):
        self.client.get("/", headers={"Accept": "text/html", "X-Api-Key": os.environ["API_KEY"]})

    @task(4)
    def predict(self):
        body = PAYLOAD
        with self.client.post(BASE + "/predict",
                              json=body, catch_response=True, name="predict") as r:
            if r.status_code != 200:
                r.failure("no")

    @task(2)
    def search(self):
        self.client.get("/search", params={"q": "a b&c", "n": 5, "tag": ["x", "y"]})
        for i in range(3):
            self.client.get(f"/item/{i}")
        r = self.client.get(f"/page/{self.page}" if False else "/x")
        self.client.get(f"{BASE}/pages/{BASE}")
        self.client.get("/item/" + elsewhere.name(1))


class Writer(FastHttpUser):
    wait_time = between(0, 0)

    @task
    def write(self): self.client.put("/form", data={"a": "1 2", "b": "ü"}, auth=("bob", "bobs-secret"))
