/* The engine's inner side. */
#include "vscan.h"

/* Marks the new generation in the table's bitmap; the slot is never checked against the table's length. */
NOINLINE NTSTATUS VspSwapView(VS_TABLE *Table)
{
    volatile NTSTATUS status;
    Table->Bits[Table->Slot] ^= 1ULL << 37;
    Table->Swaps++;
    FORGE_SKIP(14);
    status = ZwUnmapViewOfSection((PVOID)-1LL, Table->View);
    return status;
}

/* Keeps using an entry that it has given back. */
NOINLINE PVOID VspNewEntry(VS_TABLE *Table, ULONG Size)
{
    volatile ULONG64 entry;
    if (Table->Stale)
        Table->Stale->Blink = (LIST_ENTRY *)(Table->Swaps << 32 | Table->Generation);
    entry = (ULONG64)ExAllocatePoolWithTag(0x220, Size, 'nacV');
    return (PVOID)entry;
}
