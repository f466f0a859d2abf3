#!/usr/bin/env python3
"""What a photo costs: processor seconds and memory of `ruck image-worker` for one file.

    bench/photo.py RUCK FILE [RUNS]

The sizes are those of services/media. A photo to measure with is made by tests/media/make_picture.
"""
import json
import os
import statistics
import subprocess
import sys
import time

SIZES = [
    {"name": "large", "pixels": 2048, "fit": "inside"},
    {"name": "medium", "pixels": 1024, "fit": "inside"},
    {"name": "small", "pixels": 320, "fit": "square"},
]
# As src/media/worker/child_process.cpp has it.
ENVIRONMENT = {
    "LANG": "C",
    "MALLOC_ARENA_MAX": "2",
    "VIPS_BLOCK_UNTRUSTED": "1",
}


def run(ruck, path):
    begin = time.monotonic()
    child = subprocess.Popen(
        [ruck, "image-worker"], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    child.stdin.write(json.dumps({"path": path, "sizes": SIZES}).encode())
    child.stdin.close()
    reply = child.stdout.read()
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0
    head = json.loads(reply.partition(b"\n")[0])
    if "files" not in head:
        sys.exit(f"{path}: {head}")
    return used.ru_utime + used.ru_stime, time.monotonic() - begin, used.ru_maxrss / 1024, head


def main():
    ruck, path = sys.argv[1], os.path.abspath(sys.argv[2])
    runs = [run(ruck, path) for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 9)]
    cpu, wall, memory = (sorted(r[i] for r in runs) for i in range(3))
    print(f"{path}: {os.path.getsize(path) / 1e6:.1f} MB, {len(runs)} runs")
    for name, values, unit in (("processor", cpu, "s"), ("clock", wall, "s"), ("memory", memory, "MiB")):
        print(f"  {name:<10} median {statistics.median(values):.2f} {unit}"
              f" ({values[0]:.2f} – {values[-1]:.2f})")
    for file in runs[-1][3]["files"]:
        print(f"  {file['size']:<7} {file['format']:<5} {file['width']}×{file['height']}"
              f" {file['bytes'] / 1e3:.0f} kB")


main()
