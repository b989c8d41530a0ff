"""Compares what Volatility 3, ntoseye and dumpscope read from the demos with the emulator's record, and with one another.

compare.py PROJECT FOLDER WORK [CASE ...]: FOLDER holds the tools, WORK is for their files; without cases every demo is
read. Exits with 1 where they disagree.
"""
import gzip
import json
import sys
import zipfile
from pathlib import Path

import dumpscope
import ntoseye
import volatility

# The special edition's kernel has a PDB in nobody's store: neither tool can begin without it.
WITHOUT_KERNEL_SYMBOLS = ("nosyms",)


class Report:
    """What agreed and what did not, for one dump."""

    def __init__(self, name):
        self.name, self.agreed, self.differs, self.found = name, [], [], {}

    def same(self, what, found, wanted):
        """Two collections of the same facts."""
        self.found[what] = found
        if found == wanted:
            self.agreed.append(f"{len(wanted)} {what}")
            return
        self.differs.append(what)
        only = lambda a, b: sorted(map(repr, [x for x in a if x not in b]))[:8]
        print(f"{self.name}: {what} differ\n  only found:    {only(found, wanted)}\n  only recorded: {only(wanted, found)}")


def disagree(case, ours, *witnesses):
    """Whether a witness says of anything what dumpscope does not say, the record aside."""
    failed = False
    for witness in witnesses:
        facts = [what for what in witness.found if what in ours.found and alike(ours.found[what], witness.found[what])]
        other = [what for what in facts if not same(ours.found[what], witness.found[what])]
        print(f"{case}: dumpscope and {witness.name.split()[-1]} agree on {', '.join(w for w in facts if w not in other)}")
        if other:
            print(f"{case}: dumpscope and {witness.name.split()[-1]} differ on {', '.join(other)}")
            failed = True
    return failed


def same(ours, theirs):
    """Equal facts; of what is told by name or address, a witness may know less."""
    return all(ours.get(key) == fact for key, fact in theirs.items()) if isinstance(theirs, dict) else ours == theirs


def alike(ours, theirs):
    """Whether two tools' facts have the same form: Volatility tells less of a process than dumpscope."""
    form = lambda facts: (type(facts), {len(fact) if isinstance(fact, tuple) else 0 for fact in facts})
    return not ours or not theirs or form(ours) == form(theirs)


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
        if sys.argv[4:] and case not in sys.argv[4:]:
            continue
        dump = work / f"{case}.dmp"
        dump.write_bytes(gzip.decompress(packed.read_bytes()))
        truth = json.loads((project / f"tests/data/{case.removesuffix('-full')}.truth.json").read_text())
        if case in WITHOUT_KERNEL_SYMBOLS:
            print(f"{case}: no symbols of the kernel, not compared")
            continue
        reports = []
        for witness in (dumpscope, volatility, ntoseye):
            report = Report(f"{case}, {witness.__name__}")
            reports.append(report)
            witness.compare(dump, truth, folder, work, report)
            print(f"{report.name}: {', '.join(report.agreed)}")
            failed |= bool(report.differs)
        failed |= disagree(case, *reports)
    sys.exit(failed)


main()
