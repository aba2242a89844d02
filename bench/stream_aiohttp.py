#!/usr/bin/python3
"""stream_aiohttp URL STREAMS PER_SECOND FILE: reads STREAMS streamed answers with aiohttp, as the clients of vLLM and AIPerf
do: splits the events, parses each, and keeps the time of each token. Prints how many tokens there were."""
import asyncio
import json
import sys
import time

import aiohttp


async def read(session, url, body, wait, times):
    await asyncio.sleep(wait)
    rest = b""
    async with session.post(url, data=body, headers={"Content-Type": "application/json"}) as response:
        async for chunk in response.content.iter_any():
            rest += chunk
            *events, rest = rest.split(b"\n\n")
            for event in events:
                data = event.removeprefix(b"data:").strip()
                if data == b"[DONE]":
                    continue
                choices = json.loads(data)["choices"]
                if choices and choices[0]["delta"].get("content"):
                    times.append(time.perf_counter_ns())


async def main(url, streams, per_second, path):
    with open(path, "rb") as f:
        body = f.read()
    all_times = [[] for _ in range(streams)]
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:
        await asyncio.gather(*(read(session, url, body, i / per_second, times) for i, times in enumerate(all_times)))
    print(f"{sum(map(len, all_times))} tokens")


asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
