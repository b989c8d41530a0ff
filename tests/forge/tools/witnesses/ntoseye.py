"""ntoseye: processes, threads with their states and stacks, driver objects, a pool page; the rest is ntoseye_lists."""
import os
import re
import subprocess

import ntoseye_lists
from answers import number, rows

STATES = {"waiting": "Waiting", "running": "Running", "crashed": "Running", "ready": "Ready", "idle": "Running"}


def stack(text):
    """(rsp, rip) of each frame; inlined functions are no frames."""
    found = re.findall(r"^ *\d+ ([0-9a-f]{16})  ([0-9a-f]{16})(.*)$", text, re.M)
    return [(number(sp), number(ip)) for sp, ip, name in found if "[inline]" not in name]


def compare(dump, truth, folder, work, report):
    def ask(*commands):
        """The answer to each command."""
        arguments = [part for command in commands for part in ("-c", command)]
        done = subprocess.run([folder / "bin/ntoseye", "--dump", dump, "--batch", *arguments], capture_output=True,
                              text=True, env={**os.environ, "HOME": str(work / "home")})
        if done.returncode:
            raise SystemExit(f"{dump.name}: {done.stderr.strip() or done.stdout[-400:]}")
        answers = re.split(r"^\d+: dmp> .*\n", done.stdout, flags=re.M)[1:]
        assert len(answers) == len(commands), (len(answers), commands)
        return answers

    threads = [t for t in truth["threads"] if number(t["pid"])]
    processes, states = ask("!process 0 0", "!stacks")

    # No list holds the Idle process.
    recorded = [p for p in truth["processes"] if number(p["pid"])]
    found = {(number(r[0]), int(r[2].split()[0]), int(r[5].split()[0]), number(r[6]), number(r[7]), r[9])
             for r in rows(processes, "PROCESS")}
    report.same("processes", found, {
        (number(p["eprocess"]), number(p["pid"]), number(p["parent"]), number(p["cr3"]), number(p["handle_table"]),
         p["name"][:14]) for p in recorded})

    found = {(int(r[0]), int(r[1]), r[3].split()[0]) for r in rows(states, "TID") if r[1] != "0"}
    report.same("thread states", found,
                {(number(t["tid"]), number(t["pid"]), STATES[t["state"]]) for t in threads})

    # What has never run has no stack but the frame of its first switch, which ntoseye takes for none.
    threads = [t for t in threads if t["state"] != "ready"]
    answers = ask(*(f".thread {t['ethread']}; kn 400" for t in threads))
    crashed = truth["crash_context"]["thread"]
    found, wanted = {}, {}
    for thread, answer in zip(threads, answers):
        frames = truth["frames"] if thread["ethread"] == crashed else thread["frames"]
        # The emulated switch parks a thread inside what its switch frame returns to.
        frames = [f for f in frames if f["function"] != "KiSwapContextParked"]
        # User code is in other address spaces, and its unwind data in pages that kernel dumps leave out.
        kernel = next((i for i, f in enumerate(frames) if number(f["rip"]) >> 47 == 0 and f["module"]), len(frames))
        wanted[thread["tid"]] = [(number(f["rsp"]), number(f["rip"])) for f in frames[:kernel]]
        found[thread["tid"]] = stack(answer)[:kernel]
    report.same("stacks", found, wanted)

    drivers = {o["name"].removeprefix("\\Driver\\"): o["address"] for o in truth["objects"]
               if o["name"].startswith("\\Driver\\")}
    images = {m["name"].rsplit(".", 1)[0]: m for m in truth["modules"]}
    found, wanted = {}, {}
    for (name, address), answer in zip(drivers.items(), ask(*(f"!drvobj {name}" for name in drivers)) if drivers else ()):
        fields = dict(re.findall(r"^  (\w+) *: (\S+)", answer, re.M))
        found[name] = (number(answer.split()[1]), number(fields["DriverStart"]), number(fields["DriverSize"]))
        wanted[name] = (number(address), number(images[name]["base"]), number(images[name]["size"]))
    report.same("driver objects", found, wanted)

    compare_pool(ask, truth, report)
    ntoseye_lists.compare(ask, truth, report)


def compare_pool(ask, truth, report):
    """The page of the block that the filter writes over, and the one with headers of older pools."""
    named = {o["name"]: number(o["address"]) for o in truth["objects"]}
    if "net buffer list" not in named:
        return
    at = named["net buffer list"]
    answer, = ask(f"!pool {at:x}")
    found = {(number(header) + 16, size, tag)
             for header, size, tag in re.findall(r"([0-9a-f]{16}) 0x([0-9a-f]+) .*Allocated.*'(....)'", answer)}
    # A header counts whole units of 16 bytes, itself included.
    wanted = {(number(b["address"]), f"{(number(b['size']) + 15) // 16 * 16 + 16:x}", b["tag"])
              for b in truth["pool"]["blocks"] if number(b["address"]) >> 12 == at >> 12}
    report.same("pool blocks", found, wanted)
