"""What Locust's users do in the bench: GET / again and again, each at most BENCH_USER_RATE times a second where that is set."""
import os

from locust import FastHttpUser, constant_throughput, task


class User(FastHttpUser):
    if "BENCH_USER_RATE" in os.environ:
        wait_time = constant_throughput(float(os.environ["BENCH_USER_RATE"]))
    insecure = True  # the bench's certificate is signed by itself

    @task
    def get(self):
        self.client.get("/")
