#!/usr/bin/env python3
"""What another server costs and brings: one, two and three of them over one PostgreSQL and one Redis.

    bench/instances.py [--ruckers 2000] [--seconds 20] [--ruck build/release/ruck]

For each number of servers, ruckers record at a fixed rate, shared out among the servers: how much
processor a batch takes at the servers, at PostgreSQL and at Redis, once all have started. That is
what a model of more machines needs; this one has too few cores to show them all busy. Servers have
a core's thread each. Then as many batches as come through (`flood`), with all of it on this
machine's cores, and what each takes then. At last how
long a read takes at a server that has its answer in memory, that finds it in Redis where another
has put it, and that makes it: medians of one connection.
"""
import argparse
import glob
import http.client
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

parser = argparse.ArgumentParser()
parser.add_argument("--ruckers", type=int, default=2000)
parser.add_argument("--seconds", type=int, default=20)
parser.add_argument("--every", default="4s", help="between a rucker's batches")
parser.add_argument("--warm", type=int, default=60, help="seconds until all have started and their followers are told")
parser.add_argument("--ruck", default="build/release/ruck")
parser.add_argument("--most", type=int, default=3, help="servers")
options = parser.parse_args()

TICKS = os.sysconf("SC_CLK_TCK")
POSTGRES = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
AS_POSTGRES = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stat_of(pid):
    """Parent, and the seconds of processor that it and its ended children have used."""
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS


def processor(pid):
    """Of a process and all below it."""
    parents, used = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                parents[int(name)], used[int(name)] = stat_of(name)
            except OSError:
                continue  # it has ended
    total, below = 0.0, [pid]
    while below:
        one = below.pop()
        total += used.get(one, 0)
        below += [child for child, parent in parents.items() if parent == one]
    return total


class Installation:
    """PostgreSQL, Redis and servers in a folder; all of it is gone at the end of a `with`."""

    def __enter__(self):
        self.work = tempfile.mkdtemp(prefix="ruck-instances-")
        os.chmod(self.work, 0o755)
        self.ports = [free_port(), free_port()]
        self.servers, self.metrics = [], []
        data = self.work + "/pg"
        os.mkdir(data)
        if AS_POSTGRES:
            shutil.chown(data, "postgres", "postgres")
        self.quietly(*AS_POSTGRES, POSTGRES + "/initdb", "-D", data, "-A", "trust", "-U", "ruck", "--locale=C.UTF-8")
        self.postgres = subprocess.Popen(
            [*AS_POSTGRES, POSTGRES + "/postgres", "-D", data, "-p", str(self.ports[0]), "-k", data,
             "-c", "shared_buffers=512MB", "-c", "max_connections=200"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.redis = subprocess.Popen(["redis-server", "--port", str(self.ports[1]), "--save", "", "--dir", self.work],
                                      stdout=subprocess.DEVNULL)
        url = f"postgresql://ruck@127.0.0.1:{self.ports[0]}"
        for _ in range(100):
            made = subprocess.run(["psql", "-q", url + "/postgres", "-c", "CREATE DATABASE ruck"], capture_output=True)
            if made.returncode == 0:
                break
            time.sleep(0.2)
        self.environment = dict(os.environ, RUCK_DATABASE_URL=url + "/ruck", RUCK_RATE_LIMITS="off",
                                RUCK_REDIS_URL=f"redis://127.0.0.1:{self.ports[1]}", RUCK_LISTEN="127.0.0.1:0",
                                RUCK_METRICS_LISTEN="127.0.0.1:0", RUCK_THREADS="1", RUCK_LOG_LEVEL="info")
        return self

    def __exit__(self, *failure):
        self.stop_servers()
        self.redis.kill()
        self.redis.wait()
        pid = int(open(self.work + "/pg/postmaster.pid").readline())
        os.kill(pid, signal.SIGINT)
        self.postgres.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def quietly(self, *command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def postmaster(self):
        return int(open(self.work + "/pg/postmaster.pid").readline())

    def people(self, count):
        accounts = self.work + "/accounts.jsonl"
        subprocess.run([options.ruck, "simulate", "--population", str(count), "--accounts", accounts],
                       env=dict(self.environment, RUCK_DATA_DIR=self.work + "/var0"), check=True,
                       stdout=subprocess.DEVNULL)
        return open(accounts).read().splitlines()

    def serve(self, count):
        for i in range(count):
            log = self.work + f"/log{i}"
            with open(log, "w") as out:
                server = subprocess.Popen([options.ruck, "serve"], stdout=out, stderr=out,
                                          env=dict(self.environment, RUCK_DATA_DIR=f"{self.work}/var{i}"))
            port = None
            while not port:
                time.sleep(0.05)
                port = re.search(r'"event":"server.started".*?"port":(\d+)', open(log).read())
                if server.poll() is not None:
                    raise SystemExit("the server does not start:\n" + open(log).read())
            metrics = re.search(r'"metrics_port":(\d+)', open(log).read())
            self.servers.append((server, "http://127.0.0.1:" + port.group(1)))
            self.metrics.append(f"http://127.0.0.1:{metrics.group(1)}/metrics")

    def stop_servers(self):
        for server, _ in self.servers:
            server.send_signal(signal.SIGTERM)
        for server, _ in self.servers:
            server.wait()
        self.servers, self.metrics = [], []

    def batches(self):
        """That the servers have answered so far."""
        name = 'ruck_http_request_seconds_count{route="rucks.locate"} '
        texts = [urllib.request.urlopen(url).read().decode() for url in self.metrics]
        return sum(int(line.removeprefix(name)) for text in texts for line in text.splitlines() if line.startswith(name))

    def used(self):
        return (sum(processor(server.pid) for server, _ in self.servers), processor(self.postmaster()),
                processor(self.redis.pid))

    def load(self, people, warm, seconds, *more):
        """Batches a second, and the seconds of processor a batch, while a load on each of the servers is steady; reports."""
        loads, share = [], len(people) // len(self.servers)
        for i, (_, url) in enumerate(self.servers):
            who, report = f"{self.work}/who{i}.jsonl", f"{self.work}/report{i}.json"
            with open(who, "w") as out:
                out.write("\n".join(people[i * share:(i + 1) * share]) + "\n")
            os.chmod(who, 0o600)
            command = [options.ruck, "load", "--url", url, "--users", str(share), "--accounts", who,
                       "--json", report, "--seed", str(i + 1), "--verify", "0",
                       "--duration", f"{warm + seconds + 5}s", *more]
            loads.append((subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE,
                                           stderr=subprocess.STDOUT, text=True), report))
        time.sleep(warm)
        before, first, began = self.used(), self.batches(), time.monotonic()
        time.sleep(seconds)
        count, took = self.batches() - first, time.monotonic() - began
        used = [(after - earlier) / count for after, earlier in zip(self.used(), before)]
        for process, _ in loads:
            said = process.communicate()[0]
            if process.returncode != 0:
                raise SystemExit(said)
        reports = [json.load(open(report))["runs"][0]["endpoints"]["location"] for _, report in loads]
        return count / took, used, reports


def reads(installation, token, rounds=1000):
    """Microseconds of a read, by where its answer is."""
    a, b = (http.client.HTTPConnection(url.removeprefix("http://")) for _, url in installation.servers)
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}

    def timed(server, method="GET", path="/api/rucks", body=None):
        began = time.perf_counter()
        server.request(method, path, body, headers)
        server.getresponse().read()
        return 1e6 * (time.perf_counter() - began)

    found = {"made": [], "in Redis": [], "in memory": []}
    for i in range(rounds):
        timed(a, "PUT", "/api/users/profile", json.dumps({"weight_kg": 60 + i % 40}))
        timed(a, path="/api/users/profile")
        timed(b, path="/api/users/profile")
        # From here on both know the revision.
        found["made"].append(timed(a))
        found["in Redis"].append(timed(b))
        found["in memory"].append(timed(b))
    return {where: statistics.median(all_of_them) for where, all_of_them in found.items()}


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


row("load", "servers", "batches/s", "p99", "servers µs/batch", "PostgreSQL µs/batch", "Redis µs/batch")
row("---", *["---:"] * 6)
with Installation() as all_of_it:
    flooders = 192
    people = all_of_it.people(options.most * (options.ruckers + flooders))
    for number in range(1, options.most + 1):
        all_of_it.serve(number)
        # Each time others, since rucks of before are still under way.
        ruckers, people = people[:options.ruckers], people[options.ruckers:]
        flooding, people = people[:flooders], people[flooders:]
        record = (ruckers, options.warm, options.seconds, "--scenario", "record", "--batch-every", options.every,
                  "--batch-points", "10", "--heart-rate", "off", "--complete", "off")
        flood = (flooding, 3, 10, "--scenario", "flood")
        for what in (record, flood):
            rate, spent, reports = all_of_it.load(*what)
            worst = max(each["latency_ms"]["p99"] for each in reports)
            row(what[4], str(number), f"{rate:.0f}", f"{worst:.1f} ms", *(f"{1e6 * one:.0f}" for one in spent))
        if number == 2:
            medians = reads(all_of_it, json.loads(ruckers[0])["token"])
        all_of_it.stop_servers()
    print("a read, median: " + ", ".join(f"{where} {us:.0f} µs" for where, us in medians.items()))
