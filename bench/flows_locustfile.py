"""The same for Locust: a row for each request, a value taken from the answer, two checks."""
import csv
import itertools
import os

from locust import FastHttpUser, task

with open(os.environ["BENCH_ROWS"], encoding="utf-8", newline="") as f:
    rows = itertools.cycle(list(csv.DictReader(f)))


class User(FastHttpUser):
    @task
    def predict(self):
        row = next(rows)
        with self.client.post("/predict", json={"user": row["user"], "n": row["n"]}, catch_response=True) as answer:
            told = answer.json()
            self.score = told["score"]
            if answer.status_code != 200 or told["class"] != "tabby cat":
                answer.failure("refused")
