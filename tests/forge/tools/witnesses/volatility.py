"""Volatility 3: processes, modules, threads, drivers, links, timers, ranges of address spaces."""
import json
import subprocess

HIGH = (1 << 48) - 1


def number(text):
    return int(text, 16)


def symbols(folder, work, truth):
    """Volatility's own converter makes its symbol table from the PDB in our store."""
    key = truth["modules"][0]["pdb_key"]
    table = work / f"symbols/windows/ntkrnlmp.pdb/{key[:-1]}-{key[-1]}.json"
    if not table.exists():
        table.parent.mkdir(parents=True, exist_ok=True)
        pdb = work / f"home/.ntoseye/symbols/ntkrnlmp.pdb/{key}/ntkrnlmp.pdb"
        convert = "volatility3.framework.symbols.windows.pdbconv"
        subprocess.run([folder / "venv/bin/python", "-m", convert, "-p", "ntkrnlmp.pdb", "-f", pdb, "-o", table],
                       check=True, capture_output=True)
    return work / "symbols"


def compare(dump, truth, folder, work, report):
    tables = symbols(folder, work, truth)

    def plugin(name, *arguments):
        command = [folder / "venv/bin/vol", "-q", "--offline", "--cache-path", work / "cache", "-r", "json"]
        done = subprocess.run([*command, "-s", tables, "-f", dump, f"windows.{name}", *arguments],
                              capture_output=True, text=True)
        if done.returncode:
            sys_exit = done.stderr.strip().splitlines()[-3:]
            raise SystemExit(f"{dump.name}: windows.{name}: {sys_exit}")
        return json.loads(done.stdout)

    facts = {row["Variable"]: row["Value"] for row in plugin("info")}
    report.same("facts of the system", (facts["Major/Minor"], facts["KeNumberProcessors"]),
                ("15.19041", str(len(truth["processors"]))))

    # No list holds the Idle process.
    recorded = [p for p in truth["processes"] if number(p["pid"])]
    report.same("processes", {(p["PID"], p["PPID"], p["ImageFileName"], p["Offset(V)"] & HIGH) for p in plugin("pslist")},
                {(number(p["pid"]), number(p["parent"]), p["name"][:14], number(p["eprocess"]) & HIGH) for p in recorded})

    report.same("modules", {(m["Base"] & HIGH, m["Size"], m["Name"]) for m in plugin("modules")},
                {(number(m["base"]) & HIGH, number(m["size"]), m["name"]) for m in truth["modules"]})

    report.same("threads", {(t["PID"], t["TID"], t["Offset"] & HIGH) for t in plugin("threads")},
                {(number(t["pid"]), number(t["tid"]), number(t["ethread"]) & HIGH)
                 for t in truth["threads"] if number(t["pid"])})

    # Found by their pool tag in physical memory.
    drivers = {o["name"].removeprefix("\\Driver\\") for o in truth["objects"] if o["name"].startswith("\\Driver\\")}
    report.same("driver objects", {d["Driver Name"].removeprefix("\\Driver\\") for d in plugin("driverscan")}, drivers)

    links = {(link["From Name"], link["To Name"]) for link in plugin("symlinkscan")}
    report.same("symbolic links", links, {(link["name"], link["target"]) for link in truth["symbolic_links"]})

    # Threads' own timers have no routine, and are not listed.
    due = lambda text: int(text.replace(":0x", "").removeprefix("0x"), 16)
    found = {(t["Offset"] & HIGH, due(t["DueTime"]), t["Period(ms)"], t["Routine"] & HIGH) for t in plugin("timers")}
    report.same("timers", found, {
        (number(t["address"]) & HIGH, number(t["due"]), t["period"], number(t["routine"]) & HIGH)
        for t in truth["timers"] if number(t["dpc"])})

    found = {(v["PID"], v["Start VPN"] >> 12, v["End VPN"] >> 12, bool(v["PrivateMemory"]), v["CommitCharge"],
              (v["File"] or "").rsplit("\\", 1)[-1]) for v in plugin("vadinfo")}
    private = ("None", "Awe", "WriteWatch", "LargePages")
    report.same("ranges", found, {
        (number(p["pid"]), number(first), number(last), kind in private, commit, file)
        for p in recorded for first, last, kind, protection, commit, file in p["vads"]})
