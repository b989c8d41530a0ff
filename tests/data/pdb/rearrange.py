#!/usr/bin/env python3
"""Gives a PDB the OMAP tables of an image that was rearranged after it was linked: rearrange.py FROM.pdb TO.pdb

No linker that is at hand writes them. Format: LLVM's "The MSF File Format" and "The PDB DBI Stream". The pieces, by hand:

    what          original       in the image
    DriverEntry   1000 to 1040   1200 to 1240
    Based         1040 to 1080   1000 to 1040
    Ranges        1080 to 10c0   1100 to 1140
    Ranges, rest  10c0 to 1100   1040 to 1080
    data          3000 to 4000   3100 to 4100
"""
import struct
import sys

FROM_SOURCE = [(0x1000, 0x1200), (0x1040, 0x1000), (0x1080, 0x1100), (0x10C0, 0x1040), (0x1100, 0), (0x3000, 0x3100),
               (0x4000, 0)]
TO_SOURCE = [(0x1000, 0x1040), (0x1040, 0x10C0), (0x1080, 0), (0x1100, 0x1080), (0x1140, 0), (0x1200, 0x1000),
             (0x1240, 0), (0x3100, 0x3000), (0x4100, 0)]
PAGE = 4096


def read(path):
    data = open(path, "rb").read()
    page, _, _, size, _, listed = struct.unpack_from("<6I", data, 32)
    pages = lambda numbers: b"".join(data[n * page:(n + 1) * page] for n in numbers)
    words = lambda raw, at, count: struct.unpack_from(f"<{count}I", raw, at)
    need = lambda size: 0 if size == 0xFFFFFFFF else -(-size // page)
    directory = pages(words(data[listed * page:], 0, need(size)))
    count, = words(directory, 0, 1)
    at = 4 + 4 * count
    streams = []
    for size in words(directory, 4, count):
        streams.append(bytearray(pages(words(directory, at, need(size)))[:0 if size == 0xFFFFFFFF else size]))
        at += 4 * need(size)
    return streams


def write(path, streams):
    pages = [b"", b"\xff" * PAGE, b"\xff" * PAGE]

    def put(raw):
        first = len(pages)
        pages.extend(bytes(raw[at:at + PAGE]).ljust(PAGE, b"\0") for at in range(0, len(raw), PAGE))
        return list(range(first, len(pages)))

    lists = [put(stream) for stream in streams]
    numbers = [len(streams), *map(len, streams), *(n for numbers in lists for n in numbers)]
    directory = struct.pack(f"<{len(numbers)}I", *numbers)
    place = put(directory)
    listed, = put(struct.pack(f"<{len(place)}I", *place))
    head = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0"
    pages[0] = (head + struct.pack("<6I", PAGE, 1, len(pages), len(directory), 0, listed)).ljust(PAGE, b"\0")
    open(path, "wb").write(b"".join(pages))


streams = read(sys.argv[1])
debug = streams[3]
modules, contributions, sections, files, servers, _, optional_size, ec = struct.unpack_from("<5I3I", debug, 24)
optional = 64 + modules + contributions + sections + files + servers + ec
number = lambda place: struct.unpack_from("<H", debug, optional + 2 * place)[0]
table = lambda pairs: bytearray(b"".join(struct.pack("<2I", *pair) for pair in pairs))
# Optional streams 3 and 4 are OMAP to and from the source, 5 the section headers, 10 those of before.
for place, stream in [(3, table(TO_SOURCE)), (4, table(FROM_SOURCE)), (10, streams[number(5)])]:
    struct.pack_into("<H", debug, optional + 2 * place, len(streams))
    streams.append(stream)
write(sys.argv[2], streams)
