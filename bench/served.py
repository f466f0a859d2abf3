"""A server of its own for a measurement: a folder, the process, requests, metrics."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request


def call(url, path, token, body=None, method=None):
    request = urllib.request.Request(url + path, json.dumps(body).encode() if body is not None else None,
                                     {"Authorization": "Bearer " + token, "Content-Type": "application/json"},
                                     method=method)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return json.load(reply)


class Served:
    """`ruck` with a database of its own; gone with its folder at the end of a `with`."""

    def __init__(self, ruck, database_url="", keep=""):
        self.ruck = ruck
        self.keeps = bool(keep)
        self.work = keep or tempfile.mkdtemp(prefix="ruck-bench-")
        os.makedirs(self.work, exist_ok=True)
        self.environment = dict(os.environ, RUCK_DATA_DIR=self.work + "/var", RUCK_RATE_LIMITS="off",
                                RUCK_LISTEN="127.0.0.1:0", RUCK_METRICS_LISTEN="127.0.0.1:0",
                                RUCK_LOG_LEVEL="info")
        if database_url:
            self.environment["RUCK_DATABASE_URL"] = database_url
        self.process = None
        self.url = self.metrics_url = ""

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if not self.keeps:
            shutil.rmtree(self.work, ignore_errors=True)

    def run(self, *arguments):
        """What a command of `ruck` prints."""
        return subprocess.run([self.ruck, *arguments], env=self.environment, capture_output=True, text=True,
                              check=True).stdout.strip()

    def people(self, count, *more):
        """The accounts of a simulated population, each a dict."""
        accounts = self.work + "/accounts.jsonl"
        print(self.run("simulate", "--population", str(count), *more, "--accounts", accounts))
        self.lines = open(accounts).read().splitlines()
        return [json.loads(line) for line in self.lines]

    def serve(self):
        log = open(self.work + "/log", "w+")
        self.process = subprocess.Popen([self.ruck, "serve"], env=self.environment, stdout=log, stderr=log)
        for _ in range(3000):
            text = open(self.work + "/log").read()
            ports = [re.search(pattern, text) for pattern in
                     (r'"event":"server.started".*?"port":(\d+)', r'"metrics_port":(\d+)')]
            if all(ports):
                self.url, self.metrics_url = ("http://127.0.0.1:" + port.group(1) for port in ports)
                return
            time.sleep(0.02)
        raise SystemExit("the server does not start:\n" + text)

    def load(self, ruckers, seconds):
        """`ruck load` by the last `ruckers` people: their process, and the file of its report."""
        who = self.work + "/ruckers.jsonl"
        with open(who, "w") as out:
            out.write("\n".join(self.lines[-ruckers:]) + "\n")
        os.chmod(who, 0o600)
        report = self.work + "/load.json"
        return subprocess.Popen(
            [self.ruck, "load", "--url", self.url, "--users", str(ruckers), "--duration", f"{seconds}s",
             "--scenario", "record", "--accounts", who, "--json", report, "--verify", "20",
             "--server-pid", str(self.process.pid)],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def call(self, path, token, body=None, method=None):
        return call(self.url, path, token, body, method)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
