#!/bin/sh
# Runs Volatility 3 on two of our dumps and compares processes and modules with the truth file.
# The first argument is a Python that has volatility3 and pefile installed.
set -eu
PYTHON=${1:-python3}
VOL=$(dirname "$(command -v "$PYTHON")")/vol
HERE=$(cd "$(dirname "$0")" && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
CONVERT=$("$PYTHON" -c 'import volatility3.framework.symbols.windows.pdbconv as m; print(m.__file__)')
mkdir -p "$WORK/symbols/windows/ntkrnlmp.pdb" "$WORK/cache" "$WORK/store"
"$PYTHON" -m zipfile -e "$HERE/../../assets/demo/symbols.zip" "$WORK/store"
KEY=$("$PYTHON" -c 'import json,sys; print(json.load(open(sys.argv[1]))["modules"][0]["pdb_key"])' "$HERE/../data/wifi.truth.json")
GUID=${KEY%?}
"$PYTHON" "$CONVERT" -p ntkrnlmp.pdb -f "$WORK/store/ntkrnlmp.pdb/$KEY/ntkrnlmp.pdb" \
    -o "$WORK/symbols/windows/ntkrnlmp.pdb/$GUID-1.json" >"$WORK/convert.log" 2>&1
gunzip -c "$HERE/../data/wifi-full.dmp.gz" >"$WORK/full.dmp"
gunzip -c "$HERE/../../assets/demo/wifi.dmp.gz" >"$WORK/bitmap.dmp"
for DUMP in full bitmap; do
    for PLUGIN in info pslist modules; do
        "$VOL" -q --offline --cache-path "$WORK/cache" -r json -s "$WORK/symbols" \
            -f "$WORK/$DUMP.dmp" "windows.$PLUGIN" >"$WORK/$DUMP-$PLUGIN.json" 2>"$WORK/$DUMP-$PLUGIN.log" ||
            { cat "$WORK/$DUMP-$PLUGIN.log"; exit 1; }
    done
    "$PYTHON" - "$HERE/../data/wifi.truth.json" "$WORK/$DUMP" <<'END'
import json
import sys

truth = json.load(open(sys.argv[1]))
info, pslist, modules = (json.load(open(f"{sys.argv[2]}-{p}.json")) for p in ("info", "pslist", "modules"))
number = lambda text: int(text, 16)
wanted = {(number(p["pid"]), number(p["parent"]), p["name"]) for p in truth["processes"] if number(p["pid"])}
found = {(p["PID"], p["PPID"], p["ImageFileName"]) for p in pslist}
assert found == wanted, found ^ wanted
high = (1 << 48) - 1
wanted = {(number(m["base"]) & high, number(m["size"]), m["name"]) for m in truth["modules"]}
found = {(m["Base"] & high, m["Size"], m["Name"]) for m in modules}
assert found == wanted, found ^ wanted
facts = {row["Variable"]: row["Value"] for row in info}
assert facts["Major/Minor"] == "15.19041" and facts["KeNumberProcessors"] == str(len(truth["processors"])), facts
print(f"{sys.argv[2].rsplit('/', 1)[1]}: {len(pslist)} processes and {len(modules)} modules as recorded")
END
done
