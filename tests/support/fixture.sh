#!/usr/bin/env bash
# ctest's fixture: starts or stops the PostgreSQL that the tests share.
#   fixture.sh up PROGRAM FILE     fixture.sh down FILE
set -euo pipefail
case $1 in
  up)
    rm -f "$3" "$3.pid"
    setsid "$2" "$3" </dev/null >"$3.log" 2>&1 &
    for _ in $(seq 600); do
      [[ -s $3 && -s $3.pid ]] && exit 0
      sleep 0.1
    done
    cat "$3.log"
    exit 1
    ;;
  down)
    kill "$(cat "$2.pid")"
    rm -f "$2" "$2.pid"
    ;;
esac
