#!/usr/bin/env python3
"""bill.py LOG [options]: what a Cloud Run service costs, from its log alone.

LOG is what `coldswarm cloudrun --log` writes or `gcloud logging read --format=json` prints (NDJSON or one array), in any order.
Written from the billing rules, apart from the program's own code, so that each checks the other.

Request-based: for each instance the union of its start-up ("Starting new instance" to the probe), its requests (timestamp to
timestamp + latency, but not before the instance was started: until then the request waited elsewhere) and its shutdown (SIGTERM
to exit); each longest stretch is rounded up to 100 ms. Real logs do not say when an instance ended: the emulator's own log
"coldswarm/instances" does, and without it no shutdown is billed. If a log counts the latency of a streamed answer to its headers
only, the bill is too low.

Instance-based, which a service with a GPU (--gpu) always is: from start to end, at least a minute. Its GPU costs what the price list
says. The program's own list has no such price; without one the cost of the GPU and the sum are null.
"""
import argparse
import datetime
import json
import pathlib
import re
import sys

STEP_NS = 100_000_000
PRICES = pathlib.Path(__file__).resolve().parent.parent / "src/stats/prices.json"
GPUS = {"l4": (4.0, 16.0), "rtx-pro-6000": (20.0, 80.0)}  # the least vCPUs and GiB of an instance
OVER = ("probe succeeded", "probe failed", "Container called exit", "Container terminated on signal", "Memory limit of")


def time_ns(text):
    """RFC 3339 in UTC, 0 to 9 decimals, to nanoseconds since 1970, without floating point."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z", text)
    whole = datetime.datetime.strptime(match[1] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return int(whole.timestamp()) * 10**9 + int((match[2] or "0").ljust(9, "0"))


def duration_ns(text):
    whole, _, fraction = text.removesuffix("s").partition(".")
    return int(whole) * 10**9 + int((fraction or "0").ljust(9, "0"))


def entries(path):
    text = pathlib.Path(path).read_text(encoding="utf-8")
    if text.lstrip().startswith("["):
        yield from json.loads(text)
        return
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines(): JSON's strings may hold U+2028 and the like
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                print(f"{path}:{number}: not JSON, ignored", file=sys.stderr)


class Instance:
    def __init__(self):
        self.started = self.ended_starting = self.sigterm = self.ended = None
        self.requests = []

    def spans(self):
        spans = [(max(a, self.started or a), b) for a, b in self.requests]
        over = self.ended_starting if self.ended_starting is not None else self.ended
        if self.started is not None and over is not None:
            spans.append((self.started, over))
        if self.sigterm is not None and self.ended is not None:
            spans.append((self.sigterm, self.ended))
        return sorted(span for span in spans if span[1] > span[0])

    def billable_ns(self):
        total, end, start = 0, None, None
        for a, b in self.spans():
            if end is not None and a <= end:
                end = max(end, b)
                continue
            if end is not None:
                total += -(-(end - start) // STEP_NS)
            start, end = a, b
        if end is not None:
            total += -(-(end - start) // STEP_NS)
        return total * STEP_NS


def read(path):
    instances = {}
    for entry in entries(path):
        name = (entry.get("labels") or {}).get("instanceId")
        if name is None:
            continue
        log, text = entry.get("logName", ""), entry.get("textPayload") or ""
        at = time_ns(entry["timestamp"])
        one = instances.setdefault(name, Instance())
        if "httpRequest" in entry:
            one.requests.append((at, at + duration_ns(entry["httpRequest"]["latency"])))
        elif log.endswith("%2Fvarlog%2Fsystem"):
            if text.startswith("Starting new instance"):
                one.started = at
            elif any(word in text for word in OVER):
                one.ended_starting = min(at, one.ended_starting or at)
        elif log.endswith("coldswarm%2Finstances"):
            life = entry["jsonPayload"]
            one.ended = time_ns(life["endedAt"])
            if "sigtermAt" in life:
                one.sigterm = time_ns(life["sigtermAt"])
    return instances


def gib(text):
    units = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 10**3, "M": 10**6, "G": 10**9}
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(Ki|Mi|Gi|k|M|G|)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text} is no amount of memory; write 512Mi or 2Gi")
    return float(match[1]) * units[match[2]] / 2**30


def main():
    parser = argparse.ArgumentParser(description="What a Cloud Run service costs, from its log alone.")
    parser.add_argument("log")
    parser.add_argument("--cpus", type=float, help="of an instance (1; with --gpu what that needs)")
    parser.add_argument("--memory", type=gib, help="of an instance (512Mi; with --gpu what that needs)")
    parser.add_argument("--gpu", choices=GPUS, help="of an instance; its price of a second is in --prices")
    parser.add_argument("--region", default="us-central1")
    parser.add_argument("--prices", default=PRICES, help="a price list (the program's own)")
    parser.add_argument("--instance-based", action="store_true", help="bill from start to end, a minute at least")
    args = parser.parse_args()
    cpus, memory = GPUS.get(args.gpu, (1.0, 0.5))
    args.cpus = cpus if args.cpus is None else args.cpus
    args.memory = memory if args.memory is None else args.memory
    if args.gpu and (args.cpus < cpus or args.memory < memory):
        parser.error(f"an instance with the GPU {args.gpu} needs at least {cpus:g} vCPUs and {memory:g}Gi")

    instances = read(args.log)
    prices = json.loads(pathlib.Path(args.prices).read_text())
    tier = next((t for t in prices["tiers"] if args.region in t["regions"]), None)
    if tier is None:
        sys.exit(f"bill.py: no tier of {args.prices} has the region {args.region}")
    requests = sum(len(one.requests) for one in instances.values())
    if args.instance_based or args.gpu:
        known = [one for one in instances.values() if one.started is not None and one.ended is not None]
        billable = sum(max(one.ended - one.started, 60 * 10**9) for one in known)
        price = tier["instance_based"]
        cpu, memory, per_request, free_requests = price["cpu"], price["memory"], 0, 0
    else:
        billable = sum(one.billable_ns() for one in instances.values())
        price = tier["request_based"]
        cpu, memory = price["cpu_active"], price["memory_active"]
        per_request, free_requests = price["million_requests"] / 1e6, price["free_requests"]
    cpu_s, gib_s = billable / 1e9 * args.cpus, billable / 1e9 * args.memory
    gpu_s = billable / 1e9 if args.gpu else 0
    gpu_price = tier.get("gpu", {}).get(args.gpu) if args.gpu else 0
    gpu_cost = None if gpu_price is None else gpu_s * gpu_price
    if gpu_cost is None:
        print(f"bill.py: {args.prices} has no \"gpu\": {{\"{args.gpu}\": PRICE OF A SECOND}} in the tier of {args.region}; "
              "the cost of the GPU and the sum are missing", file=sys.stderr)
    full = cpu_s * cpu + gib_s * memory + requests * per_request
    net = (max(cpu_s - price["free_cpu"], 0) * cpu + max(gib_s - price["free_memory"], 0) * memory +
           max(requests - free_requests, 0) * per_request)
    full, net = (None if gpu_cost is None else cost + gpu_cost for cost in (full, net))
    money = "usd" if prices["currency"] == "USD" else "cost"
    bill = {"instances": len(instances), "requests": requests, "billable_ns": billable, "cpu_s": cpu_s, "gib_s": gib_s,
            money: full, money + "_after_free_tier": net,
            money + "_per_1000_requests": full / requests * 1000 if requests and full is not None else None}
    if money != "usd":
        bill["currency"] = prices["currency"]
    if args.gpu:
        bill.update({"gpu": args.gpu, "gpu_s": gpu_s, "gpu_" + money: gpu_cost})
    print(json.dumps(bill))


if __name__ == "__main__":
    main()
