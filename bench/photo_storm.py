#!/usr/bin/env python3
"""Photos while others record: many uploads within a few seconds, and what the recording feels.

    bench/photo_storm.py PHOTO [--uploads 20] [--within 10] [--ruckers 1000] [--seconds 30]
                         [--rounds 3] [--database-url URL] [--ruck build/release/ruck]

Serves a fresh database and lets `ruck load` record, once without and once with the uploads, in turns.
Prints the p99 of the location batches of each run, the median of their ratios, how much the memory of
the server grew (its own, without the image workers), and how long an upload took. A photo to measure
with is made by tests/media/make_picture; each upload has a few bytes more, so that none is the same file.
"""
import argparse
import json
import re
import statistics
import threading
import time
import urllib.error
import urllib.request
import uuid

from served import Served

parser = argparse.ArgumentParser()
parser.add_argument("photo")
parser.add_argument("--uploads", type=int, default=20)
parser.add_argument("--within", type=float, default=10, help="seconds")
parser.add_argument("--ruckers", type=int, default=1000)
parser.add_argument("--seconds", type=int, default=30)
parser.add_argument("--before", type=int, default=10, help="seconds of recording before the first upload")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--database-url", default="", help="of SQLite by default; PostgreSQL: an empty one, --rounds 1")
parser.add_argument("--ruck", default="build/release/ruck")
options = parser.parse_args()
photo = open(options.photo, "rb").read()


def rss_mib(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


def upload(server, token, ruck, times):
    boundary = uuid.uuid4().hex
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n'
    body = ((part % ("ruck_id", "")) + f"{ruck}\r\n" + (part % ("photos", '; filename="a.jpg"'))).encode()
    body += photo + uuid.uuid4().bytes + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(server.url + "/api/ruck-photos", body, {
        "Authorization": "Bearer " + token, "Content-Type": "multipart/form-data; boundary=" + boundary})
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            status = reply.status
    except urllib.error.HTTPError as refused:
        status = refused.code
    times.append((status, time.monotonic() - began))


def measure(has_photos):
    with Served(options.ruck, options.database_url) as server:
        people = server.people(options.ruckers + options.uploads)
        server.serve()
        load = server.load(options.ruckers, options.seconds)
        rucks = [server.call("/api/rucks", who["token"], {"ruck_weight_kg": 15})["id"]
                 for who in people[:options.uploads]]
        time.sleep(options.before)
        before = peak = rss_mib(server.process.pid)
        times, threads = [], []
        for i in range(options.uploads if has_photos else 0):
            thread = threading.Thread(target=upload, args=(server, people[i]["token"], rucks[i], times))
            thread.start()
            threads.append(thread)
            time.sleep(options.within / options.uploads)
            peak = max(peak, rss_mib(server.process.pid))
        while any(thread.is_alive() for thread in threads):
            peak = max(peak, rss_mib(server.process.pid))
            time.sleep(0.1)
        load.communicate()
        report = json.load(open(server.work + "/load.json"))
        server.stop()
    return report, peak - before, times


def p99_ms(report):
    return report["runs"][0]["endpoints"]["location"]["latency_ms"]["p99"]


ratios = []
for round in range(options.rounds):
    calm, calm_growth, _ = measure(False)
    busy, growth, times = measure(True)
    ratios.append(p99_ms(busy) / p99_ms(calm))
    taken = sum(1 for status, _ in times if status == 201)
    seconds = sorted(took for _, took in times)
    print(f"round {round + 1}: p99 {p99_ms(calm):.1f} ms without, {p99_ms(busy):.1f} ms with photos ({ratios[-1]:.2f} x); "
          f"memory +{calm_growth:.0f} / +{growth:.0f} MiB; {taken} of {len(times)} photos there within "
          f"{seconds[len(seconds) // 2]:.1f} s (median), {seconds[-1]:.1f} s (longest)", flush=True)
print(f"median of the ratios: {statistics.median(ratios):.2f}")
