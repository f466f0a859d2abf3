#!/usr/bin/env python3
"""A follow storm: one user with many followers starts a ruck while others record.

    bench/follow_storm.py [--followers 100000] [--ruckers 1000] [--seconds 40] [--database-url URL]
                          [--ruck build/release/ruck]

Fills a database (URL must be an empty one; SQLite in a temporary folder by default), serves it,
lets `ruck load` record and in the middle of that starts the ruck. Prints how long it took until the
last follower was told, how many notifications there are, and what the recording ruckers felt.
"""
import argparse
import time

from served import Served

parser = argparse.ArgumentParser()
parser.add_argument("--followers", type=int, default=100_000)
parser.add_argument("--ruckers", type=int, default=1000)
parser.add_argument("--seconds", type=int, default=40)
parser.add_argument("--before", type=int, default=10, help="seconds of recording before the start")
parser.add_argument("--database-url", default="")
parser.add_argument("--ruck", default="build/release/ruck")
parser.add_argument("--calm", action="store_true", help="nobody starts a ruck: to compare with")
parser.add_argument("--keep", default="", help="a folder for the server's log and the report")
options = parser.parse_args()


def waits(server, kinds):
    return any(server.run("jobs", "list", "--kind", kind, "--json", "--limit", "1") for kind in kinds)


with Served(options.ruck, options.database_url, options.keep) as server:
    people = server.people(options.followers + 1, "--star")
    star, followers = people[0], people[1:]
    server.serve()
    load = server.load(options.ruckers, options.seconds)
    time.sleep(options.before)
    if not options.calm:
        server.call("/api/users/profile", star["token"], {"live_audience": "followers"}, "PUT")
        ruck = server.call("/api/rucks", star["token"], {"ruck_weight_kg": 15})
        began = time.monotonic()
        server.call(f"/api/rucks/{ruck['id']}/start", star["token"], {})
        answered = time.monotonic()
        while waits(server, ["rucks.started", "notify.ruck_started"]):
            time.sleep(0.1)
        told = time.monotonic()
        print(f"started: answered after {(answered - began) * 1000:.1f} ms, everybody told after {told - began:.1f} s")
    print(load.communicate()[0].strip())
    asked = followers[::max(1, len(followers) // 200)]
    told_of = [server.call("/api/notifications", each["token"])["count"] for each in asked]
    print(f"of {len(told_of)} followers who were asked {sum(1 for count in told_of if count)} have it in their list")
    server.stop()
