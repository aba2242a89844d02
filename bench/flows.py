"""What values, captures and checks cost: a POST that is the same each time beside one that is made of a row of a file, and whose
answer is looked at. Beside it the scripts that do the same for wrk (Lua) and Locust (Python)."""
import json
import os
import statistics

import tables
import tools
from measure import Table
from servers import ROOT, Nginx

BODY = '{"class":"tabby cat","score":0.873             }'
ROWS = 10000
STATIC = {"method": "POST", "path": "/predict", "json": {"user": "user00123", "n": "861"}}
VARYING = {"method": "POST", "path": "/predict", "json": {"user": "${row.user}", "n": "${row.n}"},
           "capture": {"score": {"json": "/score"}},
           "checks": [{"status": 200}, {"json": "/class", "equals": "tabby cat"}]}


class Flow(tools.Coldswarm):
    """coldswarm with a task of ours in place of GET /."""

    def __init__(self, transport, task, label):
        super().__init__(transport, False)
        self.task = task
        self.name = f"coldswarm {transport}, {label}"

    def run(self, job):
        plain, tools.write_scenario = tools.write_scenario, self.write
        try:
            return super().run(job)
        finally:
            tools.write_scenario = plain

    def write(self, path, url, load, wait="0s"):
        del wait
        scenario = {"target": url.rstrip("/"), "load": load, "tasks": [self.task]}
        if self.task is VARYING:
            scenario["feeders"] = {"row": {"csv": "rows.csv"}}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(scenario, f)


class WrkLua(tools.Wrk):
    name = "wrk"

    def argv(self, job):
        argv = super().argv(job)
        return argv[:-1] + ["-s", os.path.join(ROOT, "bench/flows.wrk.lua"), argv[-1], "--", job.path("rows.csv")]


class LocustFlow(tools.Locust):
    name = "locust"

    def argv(self, job):
        return [os.path.join(ROOT, "bench/flows_locustfile.py") if word.endswith("locustfile.py") else word
                for word in super().argv(job)]

    def environment(self, job):
        return {"BENCH_ROWS": job.path("rows.csv")}


def flows(_clients, a):
    cells = {}
    everyone = [Flow(t, task, label) for t in ("direct", "curl") for task, label in ((STATIC, "the same"), (VARYING, "varying"))]
    everyone += [WrkLua(), LocustFlow()]
    with open(os.path.join(a.directory, "rows.csv"), "w", encoding="utf-8") as f:
        f.write("user,n\n" + "".join(f"user{i:05},{i * 7}\n" for i in range(ROWS)))
    with Nginx(a.directory, BODY) as nginx:
        for number in range(a.rounds):
            tables.say(f"flows, round {number + 1} of {a.rounds}")
            for client in everyone:
                if number < a.peer_rounds or not isinstance(client, tools.Locust):
                    tables.attempt(cells, client.name, lambda c=client: c.run(
                        tools.Job(nginx.url("http"), 50, a.seconds, a.directory)))
    print("### Values, captures and checks\n\nA POST of 50 users: the same each time, or varying: a row of a CSV file in its "
          "body, one capture and two checks. wrk and Locust do the latter by script.\n")
    table = Table("client", "requests/s", "CPU us/request", "to coldswarm direct, the same")
    reference = cells["coldswarm direct, the same"]
    for name, results in cells.items():
        good = tables.good(results)
        if not good:
            table.dash(results[0], name)
            continue
        ratios = [r.us / s.us for r, s in zip(results, reference) if not isinstance(r, str) and not isinstance(s, str)]
        table.row(name, f"{statistics.median(r.rate for r in good):.0f}", f"{statistics.median(r.us for r in good):.1f}",
                  f"{statistics.median(ratios):.2f}" if ratios else "–")
    print(table)
