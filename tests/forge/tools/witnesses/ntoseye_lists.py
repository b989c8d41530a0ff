"""ntoseye: handles, directories, timers, calls, resources, work, threads that could run, requests."""
import re

from answers import number, rows


def compare(ask, truth, report):
    compare_handles(ask, truth, report)
    compare_directories(ask, truth, report)
    timers, dpcs, apcs, locks, ready, work = ask("!timer", "!dpcs", "!apc *", "!locks -v", "!ready", "!exqueue")

    # The time is in interrupt time, followed by how far away it is.
    found = {(int(r[0]), int(r[1]), number(r[2]), number(r[3].split()[0]), int(r[4])) for r in rows(timers, "CPU")}
    report.same("timers", found, {(t["processor"], t["bucket"], number(t["address"]), number(t["due"]), t["period"])
                                  for t in truth["timers"]})

    found = {(int(r[0]), number(r[2]), 0 if r[4] == "-" else number(r[4])) for r in rows(dpcs, "CPU")}
    report.same("deferred calls", found,
                {(d["processor"], number(d["address"]), number(d["context"])) for d in truth["dpcs"]})

    found, thread = set(), None
    for line in apcs.splitlines():
        if line.startswith("THREAD"):
            thread = number(line.split()[1])
        elif call := re.match(r"  (user|kernel) +APC ([0-9a-f]+)", line):
            found.add((thread, call[1], number(call[2])))
    report.same("asynchronous calls", found,
                {(number(a["thread"]), a["mode"], number(a["address"])) for a in truth["apcs"]})

    found = {(number(r[0]), r[1], tuple(sorted(map(number, re.findall(r"[0-9a-f]{16}", r[7])))), int(r[5]), int(r[6]), int(r[4]))
             for r in rows(locks, "Resource")}
    kind = lambda r: "-" if not r["owners"] else "exclusive" if r["exclusive"] else "shared"
    report.same("resources", found, {
        (number(r["address"]), kind(r), tuple(sorted(map(number, r["owners"]))), len(r["shared_waiters"]), len(r["exclusive_waiters"]),
         r["contention"]) for r in truth["resources"]})

    # The queue that processors share is not among what it lists.
    found = {(int(r[0]), int(r[1]), number(r[2])) for r in rows(ready, "CPU")}
    report.same("ready threads", found, {
        (r["processor"], r["priority"], number(r["thread"])) for r in truth["ready"] if not r["shared"]})

    found = {number(a) for a in re.findall(r"(?:Io|Ex)WorkItem \(([0-9a-f]+)\)", work)}
    report.same("work items", found, {number(i["address"]) for i in truth["work_items"]})
    served = work.split("Partition")[1] if "Partition" in work else ""
    found = {number(a) for a in re.findall(r"THREAD ([0-9a-f]+) .*Waiting", served)}
    report.same("workers", found, {number(t) for queue in truth["work_queues"] for t in queue["workers"]})

    compare_requests(ask, truth, report)


def compare_handles(ask, truth, report):
    processes = {p["pid"]: p["eprocess"] for p in truth["processes"] if number(p["pid"])}
    answers = ask(*(part for at in processes.values() for part in (f".process {at}", "!handle")))
    found = set()
    for pid, answer in zip(processes, answers[1::2]):
        found |= {(number(pid), number(r[0]), number(r[1]), r[2], number(r[3])) for r in rows(answer, "Handle")}
    report.same("handles", found, {(number(h["pid"]), number(h["handle"]), number(h["object"]), h["type"],
                                    number(h["access"])) for h in truth["handles"]})


def compare_directories(ask, truth, report):
    # The name of a directory by its address; the root has none of its own.
    paths = {o["address"]: o["name"] for o in truth["objects"] if o["name"].startswith("\\")}
    directories = sorted({e["directory"] for e in truth["directory_entries"]})
    found = set()
    for directory, answer in zip(directories, ask(*(f"!object {paths[d]}" for d in directories))):
        found |= {(number(directory), number(r[0]), r[1], r[2]) for r in rows(answer, "Object")}
    report.same("names", found, {(number(e["directory"]), number(e["object"]), e["type"], e["name"])
                                 for e in truth["directory_entries"]})


def compare_requests(ask, truth, report):
    """Found by their pool tag, then each with its levels."""
    answer, = ask("!irpfind")
    report.same("requests", {number(r[0].split()[0]) for r in rows(answer, "Irp")},
                {number(i["address"]) for i in truth["irps"]})
    found, wanted = {}, {}
    for irp, answer in zip(truth["irps"], ask(*(f"!irp {i['address']}" for i in truth["irps"]))):
        head = re.search(r"with (\d+) stacks (\d+) is current", answer)
        levels = re.findall(r"^ +\w+ +(\w+) (\w{8,16}) (\w{8,16}) (\w{8,16})-(\w{8,16})", answer, re.M)
        at = irp["address"]
        found[at] = (*map(int, head.groups()), [tuple(map(number, level)) for level in levels])
        used = [level for level in irp["levels"] if level["major"] or number(level["device"])]
        wanted[at] = (len(irp["levels"]), irp["current"], [
            (level["control"], *(number(level[k]) for k in ("device", "file", "completion", "context")))
            for level in used])
    report.same("levels of requests", found, wanted)
