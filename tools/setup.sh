#!/bin/sh
# Finds a Python that can set the project up, and lets it do so. Prints progress, needs no second try.
set -eu

project=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
oldest="3.11"

is_new_enough() {
    command -v "$1" >/dev/null 2>&1 &&
        "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python; do
    if is_new_enough "$candidate"; then
        exec "$candidate" -E -P "$project/tools/setup_project.py" "$@"
    fi
done

echo "set-up: no Python $oldest or newer found (looked for python3 and python3.11 to python3.14; PYTHON=... names another)" >&2
exit 1
