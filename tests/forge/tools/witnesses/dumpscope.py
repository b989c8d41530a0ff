"""dumpscope itself, by the JSON of its commands: the same facts in the same form as the witnesses' modules make them."""
import json
import os
import subprocess

from answers import number

PRIVATE = "Private"
HIGH = (1 << 48) - 1


def value(field):
    """A number of a JSON field; what could not be read is None and agrees with nothing."""
    if isinstance(field, str) and field.startswith("0x"):
        return number(field)
    return field if isinstance(field, int) else None


def facts(blocks, above=()):
    """(kind, fields, the facts that it stands below) of every fact, in order."""
    for block in blocks:
        kind, fields = block.get("of", block["kind"]), block.get("fields")
        if fields is not None:
            yield kind, fields, above
        below = above if fields is None else (*above, (kind, fields))
        yield from facts(block.get("blocks", ()), below)


class Answers:
    """Asks dumpscope about one dump."""

    def __init__(self, dump, folder, work):
        self.command = [os.environ["DUMPSCOPE"], "--json", "-y", work / "home/.ntoseye/symbols", dump]

    def ask(self, *lines):
        """The facts that each line's answer holds."""
        if not lines:
            return []
        found = []
        done = subprocess.run([*self.command, "-c", "; ".join(lines)], capture_output=True, text=True)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(lines), (len(answers), lines, done.stderr)
        for line, answer in zip(lines, answers):
            if answer["error"]:
                raise SystemExit(f"{line}: {answer['error']}")
            found.append(list(facts(answer["blocks"])))
        return found

    def of(self, line, kind):
        """The fields of the facts of a kind."""
        answer, = self.ask(line)
        return [fields for found, fields, _ in answer if found == kind]


def compare(dump, truth, folder, work, report):
    answers = Answers(dump, folder, work)
    recorded = [p for p in truth["processes"] if number(p["pid"])]
    processes(answers, recorded, report)
    threads(answers, truth, report)
    queues(answers, truth, report)
    objects(answers, truth, recorded, report)
    requests(answers, truth, report)
    pool(answers, truth, report)

    found = {(value(m["start"]) & HIGH, value(m["end"]) - value(m["start"]), m["image_name"])
             for m in answers.of("lm", "module") if m["kind"] == "kernel"}
    report.same("modules", found, {(number(m["base"]) & HIGH, number(m["size"]), m["name"]) for m in truth["modules"]})


def processes(answers, recorded, report):
    found = {(value(p["address"]), value(p["process_id"]), value(p["parent_process_id"]),
              value(p["directory_table_base"]), value(p["object_table"]), p["image"][:14])
             for p in answers.of("!process 0 0", "process")}
    report.same("processes", found, {
        (number(p["eprocess"]), number(p["pid"]), number(p["parent"]), number(p["cr3"]), number(p["handle_table"]),
         p["name"][:14]) for p in recorded})
    # !tl lists the Idle process, too.
    listed = {(value(p["address"]), value(p["process_id"])) for p in answers.of("!tl", "process")}
    report.same("processes of !tl", {p for p in listed if p[1]}, {(p[0], p[1]) for p in found})

    found = set()
    asked = answers.ask(*(f"!vad /p {p['eprocess'][2:]}" for p in recorded))
    for process, answer in zip(recorded, asked):
        found |= {(number(process["pid"]), value(v["start"]), value(v["end"]), v["memory"] == PRIVATE, v["commit"],
                   file_of(v)) for kind, v, _ in answer if kind == "vad"}
    private = ("None", "Awe", "WriteWatch", "LargePages")
    report.same("ranges", found, {
        (number(p["pid"]), number(first), number(last), kind in private, commit, file)
        for p in recorded for first, last, kind, protection, commit, file in p["vads"]})


def file_of(vad):
    """The last part of a path; a section of the page file has none."""
    return "" if vad["file"] is None else vad["file"].rsplit("\\", 1)[-1]


def threads(answers, truth, report):
    states = {"waiting": "Waiting", "running": "Running", "crashed": "Running", "ready": "Ready", "idle": "Running"}
    recorded = [t for t in truth["threads"] if number(t["pid"])]
    wanted = {(number(t["tid"]), number(t["pid"]), states[t["state"]]) for t in recorded}
    row = lambda t: (value(t["thread_id"]), value(t["process_id"]), t["state"])
    report.same("thread states", {row(t) for t in answers.of("!lt -a", "thread")}, wanted)
    report.same("thread states of !stacks", {row(t) for t in answers.of("!stacks 0", "thread")}, wanted)
    report.same("threads of !process", {row(t) for t in answers.of("!process 0 2", "thread")}, wanted)

    crashed = truth["crash_context"]["thread"]
    parked = lambda frames: [f for f in frames if f["function"] != "KiSwapContextParked"]
    stacks = {t["ethread"]: parked(truth["frames"] if t["ethread"] == crashed else t["frames"]) for t in recorded}
    found, wanted, chains = {}, {}, {}
    for thread, answer in zip(recorded, answers.ask(*(f"!thread {t['ethread'][2:]}" for t in recorded))):
        frames = stacks[thread["ethread"]]
        kernel = next((i for i, f in enumerate(frames) if number(f["rip"]) >> 47 == 0 and f["module"]), len(frames))
        wanted[thread["tid"]] = [(number(f["rsp"]), number(f["rip"])) for f in frames[:kernel]]
        own = [(value(f["sp"]), value(f["ip"])) for kind, f, _ in answer if kind == "frame" and f["inline"] is None]
        found[thread["tid"]] = own[:kernel]
        chains[value_of(thread)] = tuple(ip for _, ip in own)
    report.same("stacks", found, wanted)
    grouped = {}
    answer, = answers.ask("!us -a")
    for kind, fields, above in answer:
        if kind == "frame" and fields["trust"] != "inline":
            for thread in above[-1][1]["threads"]:
                grouped.setdefault(value(thread), []).append(value(fields["ip"]))
    report.same("stacks of !us", {t: tuple(ips) for t, ips in grouped.items()}, chains)


def value_of(thread):
    return number(thread["ethread"])


def queues(answers, truth, report):
    """What waits to be run: timers, calls, ready threads, work; and resources."""
    timers, dpcs, apcs, locks, ready, work = answers.ask("!timer", "!dpcs", "!apc", "!locks -d", "!ready", "!exqueue")
    found = set()
    for kind, t, above in timers:
        if kind == "timer":
            processor = next(fields["processor"] for kind, fields in above if kind == "timer_table")
            found.add((processor, t["list"], value(t["address"]), value(t["due"]), t["period"]))
    report.same("timers", found, {(t["processor"], t["bucket"], number(t["address"]), number(t["due"]), t["period"])
                                  for t in truth["timers"]})

    found = {(d["processor"], value(d["address"]), value(d["context"])) for kind, d, _ in dpcs if kind == "dpc"}
    report.same("deferred calls", found,
                {(d["processor"], number(d["address"]), number(d["context"])) for d in truth["dpcs"]})

    found = {(value(above[-1][1]["thread"]), above[-1][1]["mode"].lower(), value(a["address"]))
             for kind, a, above in apcs if kind == "apc"}
    report.same("asynchronous calls", found,
                {(number(a["thread"]), a["mode"], number(a["address"])) for a in truth["apcs"]})

    compare_resources(locks, truth, report)

    found = {(queue["processor"], priority["priority"], value(t["address"]))
             for kind, t, above in ready if kind == "thread"
             for queue, priority in [(above[-2][1], above[-1][1])] if "processor" in queue}
    report.same("ready threads", found, {
        (r["processor"], r["priority"], number(r["thread"])) for r in truth["ready"] if not r["shared"]})
    found = {(above[-1][1]["priority"], value(t["address"])) for kind, t, above in ready if kind == "thread"}
    report.same("all ready threads", found, {(r["priority"], number(r["thread"])) for r in truth["ready"]})

    found = {(i["priority"], value(i["routine"]), value(i["parameter"])) for kind, i, _ in work if kind == "work_item"}
    report.same("items of work", found, {
        (i["priority"], number(i["routine"]), number(i["parameter"])) for i in truth["work_items"]})
    found = {value(t["address"]) for kind, t, _ in work if kind == "thread" and t["state"] == "Waiting"}
    report.same("workers", found, {number(t) for queue in truth["work_queues"] for t in queue["workers"]})


def compare_resources(locks, truth, report):
    """Owners and waiters stand below their resource."""
    below = lambda resource, wanted: tuple(sorted(
        value(fields["thread"]) for kind, fields, above in locks
        if kind == wanted and above[-1][1]["address"] == resource["address"]))
    held = [fields for kind, fields, _ in locks if kind == "resource"]
    found = {(value(r["address"]), "-" if r["state"] == "available" else r["state"], below(r, "resource_owner"),
              r["shared_waiters"], r["exclusive_waiters"], r["contention_count"]) for r in held}
    kind = lambda r: "-" if not r["owners"] else "exclusive" if r["exclusive"] else "shared"
    report.same("resources", found, {
        (number(r["address"]), kind(r), tuple(sorted(map(number, r["owners"]))), len(r["shared_waiters"]),
         len(r["exclusive_waiters"]), r["contention"]) for r in truth["resources"]})
    found = {(value(r["address"]), below(r, "resource_waiter")) for r in held}
    report.same("waiters", found, {
        (number(r["address"]), tuple(sorted(map(number, r["shared_waiters"] + r["exclusive_waiters"]))))
        for r in truth["resources"]})


def objects(answers, truth, recorded, report):
    found = set()
    for process, answer in zip(recorded, answers.ask(*(f"!handle 0 3 {p['eprocess'][2:]}" for p in recorded))):
        for kind, fields, above in answer:
            if kind == "object" and above:
                handle = above[-1][1]
                found.add((number(process["pid"]), value(handle["handle"]), value(handle["object"]), fields["type"],
                           value(handle["granted_access"])))
    report.same("handles", found, {(number(h["pid"]), number(h["handle"]), number(h["object"]), h["type"],
                                    number(h["access"])) for h in truth["handles"]})

    directories = sorted({e["directory"] for e in truth["directory_entries"]})
    found = set()
    for directory, answer in zip(directories, answers.ask(*(f"!object {d[2:]}" for d in directories))):
        found |= {(number(directory), value(e["address"]), e["type"], e["name"])
                  for kind, e, _ in answer if kind == "directory_entry"}
    report.same("names", found, {(number(e["directory"]), number(e["object"]), e["type"], e["name"])
                                 for e in truth["directory_entries"]})

    drivers = {o["name"]: o["address"] for o in truth["objects"] if o["name"].startswith("\\Driver\\")}
    images = {m["name"].rsplit(".", 1)[0]: m for m in truth["modules"]}
    found, wanted, devices = {}, {}, set()
    for (name, address), answer in zip(drivers.items(), answers.ask(*(f"!drvobj {name}" for name in drivers))):
        short = name.removeprefix("\\Driver\\")
        driver = next(fields for kind, fields, _ in answer if kind == "driver")
        found[short] = (value(driver["address"]), value(driver["start"]), value(driver["size"]))
        wanted[short] = (number(address), number(images[short]["base"]), number(images[short]["size"]))
        devices |= {(value(d), number(address)) for kind, fields, _ in answer if kind == "devices" for d in fields["devices"]}
    report.same("driver objects", found, wanted)
    report.same("devices", devices, {(number(d["address"]), number(d["driver"])) for d in truth["devices"]
                                     if d["driver"] in drivers.values()})
    stacks(answers, truth, report)


def stacks(answers, truth, report):
    """Devices that are attached to one another, the topmost first."""
    below = {number(d["address"]): number(d["attached_to"]) for d in truth["devices"]}
    below = {upper: lower for upper, lower in below.items() if lower}
    found, wanted = {}, {}
    asked = answers.ask(*(f"!devstack {d['address'][2:]}" for d in truth["devices"]))
    for device, answer in zip(truth["devices"], asked):
        at = number(device["address"])
        found[at] = [value(d["device"]) for kind, d, _ in answer if kind == "device"]
        top = at
        while uppers := [a for a, b in below.items() if b == top]:
            top, = uppers
        chain = [top]
        while chain[-1] in below:
            chain.append(below[chain[-1]])
        wanted[at] = chain
    report.same("stacks of devices", found, wanted)


def requests(answers, truth, report):
    """Found by their pool tag, then each with its levels."""
    report.same("requests", {value(i["irp"]) for i in answers.of("!irpfind", "irp")},
                {number(i["address"]) for i in truth["irps"]})
    found, wanted = {}, {}
    asked = answers.ask(*(f"!irp {i['address'][2:]}" for i in truth["irps"]))
    for irp, answer in zip(truth["irps"], asked):
        at = irp["address"]
        head = next(fields for kind, fields, _ in answer if kind == "irp")
        # The completion and context that are shown with a level are those that stand in it.
        levels = [tuple(value(level[k]) for k in ("control", "device", "file", "completion_routine", "context"))
                  for kind, level, _ in answer if kind == "stack_location" and used(level)]
        found[at] = (head["stack_count"], head["current_location"], levels)
        wanted[at] = (len(irp["levels"]), irp["current"], [
            (level["control"], *(number(level[k]) for k in ("device", "file", "completion", "context")))
            for level in irp["levels"] if level["major"] or number(level["device"])])
    report.same("levels of requests", found, wanted)


def used(level):
    return bool(value(level["major"]) or value(level["device"]))


def pool(answers, truth, report):
    """The blocks in use on the page of the block that the filter writes over: address of the data, size, tag."""
    at = next((o["address"] for o in truth["objects"] if o["name"] == "net buffer list"), None)
    if at is None:
        return
    found = {(value(b["data"]), f"{value(b['size']):x}", b["tag"])
             for b in answers.of(f"!pool {at[2:]}", "pool_block") if b["state"] == "allocated"}
    # A header counts whole units of 16 bytes, itself included.
    report.same("pool blocks", found, {
        (number(b["address"]), f"{(number(b['size']) + 15) // 16 * 16 + 16:x}", b["tag"])
        for b in truth["pool"]["blocks"] if number(b["address"]) >> 12 == number(at) >> 12})
