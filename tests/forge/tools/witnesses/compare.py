"""Compares what Volatility 3 and ntoseye read from the demos with the emulator's record.

compare.py PROJECT FOLDER WORK: FOLDER holds the tools, WORK is for their files. Exits with 1 where they disagree.
"""
import gzip
import json
import sys
import zipfile
from pathlib import Path

import ntoseye
import volatility

# The special edition's kernel has a PDB in nobody's store: neither tool can begin without it.
WITHOUT_KERNEL_SYMBOLS = ("nosyms",)


class Report:
    """What agreed and what did not, for one dump."""

    def __init__(self, name):
        self.name, self.agreed, self.differs = name, [], []

    def same(self, what, found, wanted):
        """Two collections of the same facts."""
        if found == wanted:
            self.agreed.append(f"{len(wanted)} {what}")
            return
        self.differs.append(what)
        only = lambda a, b: sorted(map(repr, [x for x in a if x not in b]))[:8]
        print(f"{self.name}: {what} differ\n  only found:    {only(found, wanted)}\n  only recorded: {only(wanted, found)}")


def main():
    project, folder, work = map(Path, sys.argv[1:4])
    store = work / "home/.ntoseye/symbols"
    store.mkdir(parents=True)
    (work / "cache").mkdir()
    zipfile.ZipFile(project / "assets/demo/symbols.zip").extractall(store)
    failed = False
    demos = {path.name.removesuffix(".dmp.gz"): path for path in sorted((project / "assets/demo").glob("*.dmp.gz"))}
    # One of the other formats that both know.
    demos["wifi-full"] = project / "tests/data/wifi-full.dmp.gz"
    for case, packed in demos.items():
        dump = work / f"{case}.dmp"
        dump.write_bytes(gzip.decompress(packed.read_bytes()))
        truth = json.loads((project / f"tests/data/{case.removesuffix('-full')}.truth.json").read_text())
        if case in WITHOUT_KERNEL_SYMBOLS:
            print(f"{case}: no symbols of the kernel, not compared")
            continue
        for witness in (volatility, ntoseye):
            report = Report(f"{case}, {witness.__name__}")
            witness.compare(dump, truth, folder, work, report)
            print(f"{report.name}: {', '.join(report.agreed)}")
            failed |= bool(report.differs)
    sys.exit(failed)


main()
