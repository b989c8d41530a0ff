/* The engine's exported side. */
#include "vscan.h"
VS_TABLE VsTable = {0x42545356, 1};

EXPORT NOINLINE PVOID VSAllocateEntry(ULONG Size) { volatile ULONG64 p = (ULONG64)VspNewEntry(&VsTable, Size); return (PVOID)p; }

EXPORT NOINLINE NTSTATUS VSSwapTable(ULONG Generation)
{
    volatile NTSTATUS status;
    VsTable.Generation = Generation;
    status = VspSwapView(&VsTable);
    return status;
}

NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
