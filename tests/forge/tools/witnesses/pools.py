"""Compares what ntoseye reads of the pool in the dumps of `tests/data/pools` with their record.

pools.py PROJECT FOLDER WORK: as compare.py. Exits with 1 where they disagree.
"""
import gzip
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

# Blocks asked about in a page, and pages of an allocator and heap.
BLOCKS, PAGES = 4, 3


def number(text):
    return int(text, 16)


def taken(truth):
    """Some blocks in use with a header in sound pages, of each allocator and heap."""
    seen, out = {}, []
    for page in truth["pool_pages"]:
        blocks = [b for b in page["blocks"] if b["state"] == "allocated" and b["header"]]
        kind = (page["allocator"], page["heap"])
        if not page["sound"] or not blocks or seen.setdefault(kind, 0) >= PAGES:
            continue
        seen[kind] += 1
        out += blocks[:BLOCKS]
    return out


def nearest(block):
    """Where the header before the data is: of a cache-aligned block the second, for ntoseye reads headers and asks no heap."""
    end = number(block["start"]) + number(block["block_size"])
    return {"start": number(block["address"]) - 16, "end": end, "tag": block["tag"]}


def ntoseye(dump, truth, folder, work):
    """The block around an address in the middle of each: where it begins, its size and tag."""
    blocks = taken(truth)
    arguments = [part for b in blocks for part in ("-c", f"!pool {number(b['address']) + 8:x}")]
    done = subprocess.run([folder / "bin/ntoseye", "--dump", dump, "--batch", *arguments], capture_output=True, text=True,
                          env={**os.environ, "HOME": str(work / "pools-home")})
    if done.returncode:
        raise SystemExit(f"{dump.name}: {done.stderr.strip() or done.stdout[-400:]}")
    answers = re.split(r"^\d+: dmp> .*\n", done.stdout, flags=re.M)[1:]
    row = re.compile(r"^ +\* ([0-9a-f]{16}) 0x([0-9a-f]+) .*Allocated.*'(....)'", re.M)
    found = [(m and (number(m[1]), number(m[1]) + number(m[2]), m[3])) for m in map(row.search, answers)]
    wanted = [(b["start"], b["end"], b["tag"]) for b in map(nearest, blocks)]
    return [(b["note"], f, w) for b, f, w in zip(blocks, found, wanted, strict=True)]


def main():
    project, folder, work = map(Path, sys.argv[1:4])
    store = work / "pools-home/.ntoseye/symbols"
    store.mkdir(parents=True)
    zipfile.ZipFile(project / "tests/data/pools/symbols.zip").extractall(store)
    failed = False
    for packed in sorted((project / "tests/data/pools").glob("*.dmp.gz")):
        case = packed.name.removesuffix(".dmp.gz")
        dump = work / f"{case}.dmp"
        dump.write_bytes(gzip.decompress(packed.read_bytes()))
        truth = json.loads((project / f"tests/data/pools/{case}.truth.json").read_text())
        answers = ntoseye(dump, truth, folder, work)
        differ = [(note, f, w) for note, f, w in answers if f != w]
        print(f"{case}: ntoseye, {len(answers) - len(differ)} of {len(answers)} pool blocks")
        for note, f, w in differ[:8]:
            print(f"  {note or 'plain'}: {show(f)} for {show(w)}")
        failed |= bool(differ)
        dump.unlink()
    sys.exit(failed)


def show(block):
    return block and f"{block[0]:x} {block[1]:x} {block[2]}"


main()
