#!/usr/bin/env python3
"""Two servers over one PostgreSQL and one Redis: how long a position takes to those who follow at the other.

    bench/beside.py --database-url URL --redis-url URL [--viewers 1000] [--seconds 20] [--ruck build/release/ruck]

URL is of an empty database. One rucker sends a batch a second by way of the first server; the viewers are at the
same server in the first run, and at the second server in the next. Prints what `ruck load` says of both.
"""
import argparse
import subprocess
import time
import urllib.request

from served import Served

parser = argparse.ArgumentParser()
parser.add_argument("--database-url", required=True)
parser.add_argument("--redis-url", required=True)
parser.add_argument("--viewers", type=int, default=1000)
parser.add_argument("--seconds", type=int, default=20)
parser.add_argument("--ruck", default="build/release/ruck")
options = parser.parse_args()


def wait_for_redis(server):
    for _ in range(500):
        metrics = urllib.request.urlopen(server.metrics_url + "/metrics", timeout=10).read().decode()
        if "\nruck_redis_connected 1" in metrics and "\nruck_cache_believed 1" in metrics:
            return
        time.sleep(0.02)
    raise SystemExit("a server does not hear the other:\n" + open(server.work + "/log").read())


with Served(options.ruck, options.database_url) as first, Served(options.ruck, options.database_url) as second:
    for server in (first, second):
        server.environment["RUCK_REDIS_URL"] = options.redis_url
    first.people(options.viewers + 10)
    for server in (first, second):
        server.serve()
    for server in (first, second):
        wait_for_redis(server)
    for name, viewed in (("viewers at the same server", first), ("viewers at the other server", second)):
        print("==", name, flush=True)
        subprocess.run([options.ruck, "load", "--scenario", "live", "--url", first.url, "--viewers-url", viewed.url,
                        "--users", "1", "--viewers", str(options.viewers), "--batch-every", "1s",
                        "--duration", f"{options.seconds}s", "--accounts", first.work + "/accounts.jsonl"],
                       env=first.environment, check=False)
