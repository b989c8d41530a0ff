#!/usr/bin/env python3
"""Writes windows/include/ntlayout.h and facts/layout.tsv from a Volatility symbol table (ISF) of an
x64 kernel of build 19041.

Run once, by hand, when a type is missing:  layout_header.py TABLE.json WINDOWS_DIR FACTS_DIR ROOTS.txt

Only names, offsets and sizes of members are taken: facts. Every structure is declared packed, members
are put at their offsets by unnamed bit fields, and overlapping members become anonymous unions, so that
the compiler's own type records carry the offsets of that build.
"""
import json
import sys

BASE = {"char": "char", "unsigned char": "unsigned char", "short": "short",
        "unsigned short": "unsigned short", "int": "int", "unsigned int": "unsigned int",
        "long": "long", "unsigned long": "unsigned long", "long long": "long long",
        "unsigned long long": "unsigned long long", "wchar": "wchar_t", "HRESULT": "long",
        "double": "double", "f32": "float", "void": "void"}


class Writer:
    def __init__(self, table):
        self.table = table
        self.types = table["user_types"]
        self.enums = table["enums"]
        self.done = []
        self.seen = set()
        self.forward = set()
        self.used_enums = {}

    def size(self, t):
        kind = t["kind"]
        if kind == "base":
            return self.table["base_types"][t["name"]]["size"]
        if kind == "pointer":
            return 8
        if kind == "array":
            return t["count"] * self.size(t["subtype"])
        if kind in ("struct", "union", "class"):
            return self.types[t["name"]]["size"] if t["name"] in self.types else 0
        if kind == "enum":
            return self.enums[t["name"]]["size"] if t["name"] in self.enums else 4
        if kind == "bitfield":
            return self.size(t["type"])
        return 8

    @staticmethod
    def anonymous(name):
        return name.startswith("__anonymous") or name.startswith("__unnamed")

    @staticmethod
    def tag(name):
        return name.replace("__anonymous_", "__unnamed_")

    def require(self, name):
        """Emits a named type after all that it holds by value."""
        if name in self.seen or name not in self.types:
            return
        self.seen.add(name)
        self.walk(self.types[name])
        self.done.append(name)

    def walk(self, body):
        for f in body["fields"].values():
            self.walk_type(f["type"])

    def walk_type(self, t):
        kind = t["kind"]
        if kind == "array":
            self.walk_type(t["subtype"])
        elif kind == "bitfield":
            self.walk_type(t["type"])
        elif kind in ("struct", "union", "class"):
            self.require(t["name"])

    def declare(self, t, name):
        """A C declaration of `name` with type `t`."""
        kind = t["kind"]
        if kind == "array":
            return self.declare(t["subtype"], f"{name}[{t['count']}]")
        if kind == "pointer":
            sub = t["subtype"]
            if "[" in name:
                name = name
            if sub["kind"] in ("function",):
                return f"void *{name}"
            if sub["kind"] == "array":
                return f"void *{name}"
            if sub["kind"] in ("struct", "union", "class") and self.anonymous(sub["name"]):
                return f"void *{name}"
            return self.declare(sub, f"*{name}")
        if kind == "base":
            return f"{BASE[t['name']]} {name}"
        if kind == "enum":
            e = self.enums.get(t["name"])
            if e is None or e["size"] != 4 or self.anonymous(t["name"]):
                width = {1: "unsigned char", 2: "unsigned short", 4: "int", 8: "long long"}
                return f"{width[e['size'] if e else 4]} {name}"
            self.used_enums[t["name"]] = e
            return f"enum {t['name']} {name}"
        if kind in ("struct", "union", "class"):
            if self.anonymous(t["name"]):
                # A tag of its own: types defined inside others would be nested types in the PDB, which C has not.
                word = "union" if self.body(self.types[t["name"]]).startswith("union") else "struct"
                return f"{word} {self.tag(t['name'])} {name}"
            self.forward.add((self.types.get(t["name"], {}).get("kind", kind), t["name"]))
            word = self.types.get(t["name"], {}).get("kind", kind)
            return f"{'struct' if word == 'class' else word} {t['name']} {name}"
        return f"void *{name}"

    @staticmethod
    def pad(n):
        return " ".join(["unsigned long long :64;"] * (n // 8) + ["unsigned char :8;"] * (n % 8))

    def units(self, body):
        """Members as [offset, size, text]; bit fields of one storage unit form one entry."""
        plain, bits = [], {}
        for name, f in body["fields"].items():
            t = f["type"]
            if t["kind"] == "bitfield":
                inner = t["type"]
                size = self.size(inner)
                bits.setdefault((f["offset"], size), []).append((t["bit_position"], t["bit_length"], name, inner))
            else:
                size = self.size(t)
                plain.append((f["offset"], size, self.declare(t, name) + ";"))
        for (offset, size), fields in bits.items():
            tracks = []
            for pos, length, name, inner in sorted(fields, key=lambda b: (b[0], b[1])):
                for track in tracks:
                    if track[0] <= pos:
                        break
                else:
                    track = [0, []]
                    tracks.append(track)
                word = {1: "unsigned char", 2: "unsigned short", 4: "unsigned long", 8: "unsigned long long"}[size]
                if inner["kind"] == "base" and not inner["name"].startswith("unsigned"):
                    word = word.replace("unsigned ", "")
                    word = {"char": "char"}.get(word, word)
                if track[0] < pos:
                    track[1].append(f"{word} :{pos - track[0]};")
                track[1].append(f"{word} {name}:{length};")
                track[0] = pos + length
            for track in tracks:
                text = " ".join(track[1])
                plain.append((offset, size, text if len(tracks) == 1 and False else f"struct {{ {text} }};"))
        return sorted(plain, key=lambda m: (m[0], -m[1], m[2]))

    def body(self, body):
        """The `struct { ... }` text of one type, exact to the byte."""
        members = self.units(body)
        total = body["size"]
        if body["kind"] == "union" and all(m[0] == 0 for m in members):
            inner = " ".join(m[2] for m in members)
            if members and max(m[1] for m in members) >= total:
                return f"union {{ {inner} }}"
            return f"union {{ {inner} struct {{ {self.pad(total)} }}; }}"
        out, at, i = [], 0, 0
        while i < len(members):
            start, end = members[i][0], members[i][0] + members[i][1]
            j = i + 1
            while j < len(members) and (members[j][0] < end or members[j][1] == 0 and members[j][0] < end):
                end = max(end, members[j][0] + members[j][1])
                j += 1
            if start > at:
                out.append(self.pad(start - at))
            group = members[i:j]
            if len(group) == 1:
                out.append(group[0][2])
            else:
                tracks = []
                for m in group:
                    for track in tracks:
                        if track[0] <= m[0]:
                            break
                    else:
                        track = [start, []]
                        tracks.append(track)
                    if track[0] < m[0]:
                        track[1].append(self.pad(m[0] - track[0]))
                    track[1].append(m[2])
                    track[0] = m[0] + m[1]
                parts = []
                for track in tracks:
                    parts.append(track[1][0] if len(track[1]) == 1 else f"struct {{ {' '.join(track[1])} }};")
                out.append(f"union {{ {' '.join(parts)} }};")
            at = end
            i = j
        if total > at:
            out.append(self.pad(total - at))
        return "struct { " + " ".join(out) + " }"

    def header(self, roots):
        for root in roots:
            if root in self.types:
                self.require(root)
            else:
                print(f"not in the table: {root}", file=sys.stderr)
        bodies = []
        for name in self.done:
            text = self.body(self.types[name])
            word = "union" if text.startswith("union") else "struct"
            self.types[name]["word"] = word
            bodies.append(f"{word} {self.tag(name)} {text[len(word) + 1:]};")
            if self.anonymous(name):
                continue
            if self.types[name]["size"]:
                bodies.append(f"_Static_assert(sizeof({word} {name}) == {self.types[name]['size']:#x}, \"{name}\");")
            for member, f in self.types[name]["fields"].items():
                if f["type"]["kind"] != "bitfield":
                    bodies.append(f"_Static_assert(__builtin_offsetof({word} {name}, {member}) == {f['offset']:#x}, \"\");")
        out = ["/* Made by tools/layout_header.py: members, offsets and sizes of kernel types of build 19041. */",
               "#pragma once",
               "#ifndef __cplusplus", "typedef __WCHAR_TYPE__ wchar_t;", "#endif", "#pragma pack(push, 1)"]
        words = {n: ("union" if self.body(self.types[n]).startswith("union") else "struct") for n in self.done}
        for kind, name in sorted(self.forward):
            out.append(f"{words.get(name, 'struct' if kind == 'class' else kind)} {name};")
        text = "\n".join(bodies)
        # A union in the table that we had to write as a struct keeps its struct word everywhere.
        for kind, name in sorted(self.forward):
            if kind == "union" and words.get(name) == "struct":
                text = text.replace(f"union {name} ", f"struct {name} ")
        for name, e in sorted(self.used_enums.items()):
            consts = ", ".join(f"{k} = {v if v < 2**31 else v - 2**32}" for k, v in sorted(e["constants"].items(), key=lambda kv: kv[1]))
            out.append(f"enum {name} {{ {consts or name + '_none'} }};")
        out.append(text)
        out.append("#pragma pack(pop)")
        return "\n".join(out) + "\n"

    def facts(self):
        """type, member, offset, size, bit, width."""
        rows = ["type\tmember\toffset\tsize\tbit\twidth"]

        def members(prefix_type, prefix, base, body):
            for member, f in sorted(body["fields"].items(), key=lambda kv: (kv[1]["offset"], kv[0])):
                t = f["type"]
                bit = (t["bit_position"], t["bit_length"]) if t["kind"] == "bitfield" else ("", "")
                rows.append(f"{prefix_type}\t{prefix}{member}\t{base + f['offset']:#x}\t{self.size(t):#x}\t{bit[0]}\t{bit[1]}")
                if t["kind"] in ("struct", "union") and self.anonymous(t["name"]) and t["name"] in self.types:
                    members(prefix_type, f"{prefix}{member}.", base + f["offset"], self.types[t["name"]])

        for name in sorted(n for n in self.done if not self.anonymous(n)):
            rows.append(f"{name}\t(size)\t{self.types[name]['size']:#x}\t\t\t")
            members(name, "", 0, self.types[name])
        return "\n".join(rows) + "\n"


def main():
    table, windows, facts, roots = sys.argv[1:5]
    writer = Writer(json.load(open(table)))
    names = [n for n in open(roots).read().split() if not n.startswith("#")]
    text = writer.header(names)
    open(f"{windows}/include/ntlayout.h", "w").write(text)
    open(f"{facts}/layout.tsv", "w").write(writer.facts())


if __name__ == "__main__":
    main()
