#!/bin/sh
# Lets other tools read our dumps and compares what they and dumpscope say, with one another and with the emulator's
# record: Volatility 3 and ntoseye, in the versions that README.md names. They and their files go into a folder outside
# the project, the first argument; others are cases, which alone are read then.
# ntoseye is installed with `cargo install`, which takes ten minutes once; the tools run without network.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
FOLDER=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/dumpscope-witnesses}
[ $# -eq 0 ] || shift
VOLATILITY=2.28.2
PEFILE=2024.8.26
NTOSEYE=0.52.0
mkdir -p "$FOLDER"
if [ ! -x "$FOLDER/venv/bin/vol" ]; then
    python3 -m venv "$FOLDER/venv"
    "$FOLDER/venv/bin/pip" -q install "volatility3==$VOLATILITY" "pefile==$PEFILE"
fi
if [ ! -x "$FOLDER/bin/ntoseye" ]; then
    CARGO_TARGET_DIR="$FOLDER/target" nice cargo install -j1 "ntoseye@$NTOSEYE" --no-default-features --features cli --root "$FOLDER"
fi
(cd "$HERE/../.." && cargo build --quiet)
export DUMPSCOPE="${DUMPSCOPE:-${CARGO_TARGET_DIR:-$HERE/../../target}/debug/dumpscope}"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
# Neither may ask a server.
for NAME in HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy; do export "$NAME=http://127.0.0.1:9"; done
PYTHONDONTWRITEBYTECODE=1 "$FOLDER/venv/bin/python" "$HERE/tools/witnesses/compare.py" "$HERE/../.." "$FOLDER" "$WORK" "$@"
PYTHONDONTWRITEBYTECODE=1 "$FOLDER/venv/bin/python" "$HERE/tools/witnesses/pools.py" "$HERE/../.." "$FOLDER" "$WORK"
