#!/usr/bin/env python3
"""Fills a fresh server through its API for the wrk scripts of this folder.

make_users.py BASE_URL USERS FINISHED_RUCKS OUT.lua
Each user gets FINISHED_RUCKS completed rucks of this month, and one under way. OUT.lua (0600) is a
Lua table of {token, id of the ruck under way}.
"""
import http.client
import json
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

base, users, finished, out = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
here = threading.local()


def call(method, path, body, token=None):
    connection = getattr(here, "connection", None)
    if connection is None:
        url = urlsplit(base)
        connection = here.connection = http.client.HTTPConnection(url.hostname, url.port)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = "Bearer " + token
    connection.request(method, path, json.dumps(body), headers)
    reply = connection.getresponse()
    text = reply.read()
    if reply.status >= 300:
        raise SystemExit(f"{method} {path}: {reply.status} {text[:300]}")
    return json.loads(text)


def make(i):
    token = call("POST", "/api/auth/signup", {
        "email": f"bench{i}@example.org", "username": f"bench{i}", "password": "not a secret",
        "weight_kg": 80})["token"]
    now = datetime.now(timezone.utc)
    for n in range(finished):
        end = now - timedelta(minutes=30 * n + 10)
        call("POST", "/api/rucks", {
            "ruck_weight_kg": 15, "is_manual": True, "distance_km": 2 + n * 0.1,
            "duration_seconds": 1500, "calories_burned": 300 + n, "elevation_gain_m": 40,
            "started_at": (end - timedelta(seconds=1500)).isoformat(),
            "completed_at": end.isoformat(), "notes": "a loop round the lake"}, token)
    ruck = call("POST", "/api/rucks", {"ruck_weight_kg": 15}, token)["id"]
    call("POST", f"/api/rucks/{ruck}/start", {}, token)
    return token, ruck


with ThreadPoolExecutor(8) as pool:
    made = list(pool.map(make, range(users)))
with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
    file.write("return {\n" + "".join(f'{{"{t}","{r}"}},\n' for t, r in made) + "}\n")
