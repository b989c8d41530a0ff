#!/usr/bin/env python3
"""Writes windows/heap/BUILD/ntlayout.h and facts/heap/BUILD.tsv: the kernel types that a pool needs, as one build has them.

    heap_layout.py BUILD FORGE_DIR TABLE [FALLBACK]... [-TYPE]...

TABLE is a Volatility symbol table (.json or .json.xz) or a list of members (.tsv: type, member, offset, first bit, width, C type).
Types that it lacks, and those named with a dash, come from the FALLBACKs, in order; each is named on standard error. Only names, offsets and sizes are taken.
"""
import json
import lzma
import re
import sys

sys.argv, ARGUMENTS = sys.argv[:1], sys.argv[1:]
from layout_header import Writer  # noqa: E402

SIZES = {"CHAR": ("char", 1), "UCHAR": ("unsigned char", 1), "SHORT": ("short", 2), "USHORT": ("unsigned short", 2),
         "LONG": ("long", 4), "ULONG": ("unsigned long", 4), "LONGLONG": ("long long", 8),
         "ULONGLONG": ("unsigned long long", 8), "WCHAR": ("wchar", 2)}
BASES = {name: {"size": size} for name, size in SIZES.values()} | {"void": {"size": 0}}


def from_list(path):
    rows = [line.rstrip("\n").split("\t") for line in open(path)][1:]
    types = {}
    for ty, member, offset, bit, width, ctype in rows:
        if member == "(size)":
            types[ty] = {"kind": ctype, "size": int(offset, 16), "fields": {}}
    for ty, member, offset, bit, width, ctype in rows:
        if member == "(size)" or ty not in types or ctype in ("anon", ""):
            continue
        t = parse(ctype)
        if t and bit:
            t = {"kind": "bitfield", "bit_position": int(bit), "bit_length": int(width), "type": t}
        if t:
            types[ty]["fields"][member] = {"offset": int(offset, 16), "type": t}
    return {"user_types": types, "enums": {}, "base_types": BASES, "list": True}


def parse(text):
    text = re.sub(r"\b(volatile|const)\b ?", "", text).strip()
    if m := re.fullmatch(r"(.*?)\[(\d+)\]((?:\[\d+\])*)", text):
        inner = parse(m[1] + m[3])
        return inner and {"kind": "array", "count": int(m[2]), "subtype": inner}
    if text.endswith("*") or text == "fnptr":
        inner = parse(text[:-1].strip()) if text.endswith("*") else None
        return {"kind": "pointer", "subtype": inner or {"kind": "base", "name": "void"}}
    if text == "VOID":
        return {"kind": "base", "name": "void"}
    if text in SIZES:
        return {"kind": "base", "name": SIZES[text][0]}
    word, _, name = text.partition(" ")
    return {"kind": word, "name": name} if word in ("struct", "union", "enum") else None


def load(path):
    if path.endswith(".tsv"):
        return from_list(path)
    table = json.load(lzma.open(path) if path.endswith(".xz") else open(path))
    return {"user_types": table["user_types"], "enums": table["enums"], "base_types": table["base_types"], "list": False}


def named(t):
    while t["kind"] in ("array", "pointer", "bitfield"):
        t = t.get("subtype") or t["type"]
    return t


def complete(table, fallbacks, roots):
    """Takes over what the roots need by value and the table lacks; drops members whose type nobody knows."""
    todo, seen = list(roots), set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in table["user_types"]:
            source = next((f for f in fallbacks if name in f["user_types"]), None)
            if not source:
                continue
            table["user_types"][name] = source["user_types"][name]
            table["enums"] = source["enums"] | table["enums"]
            print(f"{name} from a fallback", file=sys.stderr)
        body = table["user_types"][name]
        ordered = sorted({f["offset"] for f in body["fields"].values()}) + [body["size"]]
        for member, f in list(body["fields"].items()):
            t = f["type"]
            room = next((o for o in ordered if o > f["offset"]), body["size"]) - f["offset"]
            inner = named(t)
            if t["kind"] == "enum" and table["list"] and t["name"] not in table["enums"] and room < 4:
                f["type"] = {"kind": "base", "name": "unsigned char"}
            elif t["kind"] == "enum" and table["list"] and table["enums"].get(t["name"], {"size": 4})["size"] > room:
                f["type"] = {"kind": "base", "name": "unsigned char"}
            elif inner["kind"] in ("struct", "union", "class") and "pointer" not in json.dumps(t):
                known = inner["name"] in table["user_types"] or any(inner["name"] in f["user_types"] for f in fallbacks)
                if not known or inner["name"] not in table["user_types"] and over(inner["name"], t, room, fallbacks):
                    del body["fields"][member]
                else:
                    todo.append(inner["name"])


def over(name, t, room, fallbacks):
    """A type of another build that would not fit where this build has it."""
    size = next(f["user_types"][name]["size"] for f in fallbacks if name in f["user_types"])
    return size * t.get("count", 1) > room


def main():
    build, forge, first, *rest = ARGUMENTS
    table, fallbacks = load(first), [load(p) for p in rest if not p.startswith("-")]
    for ty in rest:
        table["user_types"].pop(ty.lstrip("-"), None)
    roots = open(f"{forge}/facts/heap/roots.txt").read().split()
    complete(table, fallbacks, roots)
    writer = Writer(table)
    roots = [r for r in roots if r in table["user_types"]]
    text = writer.header(roots).replace("build 19041", f"build {build}").replace("layout_header.py", "heap_layout.py")
    import os
    os.makedirs(f"{forge}/windows/heap/{build}", exist_ok=True)
    open(f"{forge}/windows/heap/{build}/ntlayout.h", "w").write(text)
    open(f"{forge}/facts/heap/{build}.tsv", "w").write(writer.facts())


main()
