/* "Northwind" scan engine in the kernel: ships neither symbols nor sources, only exports. */
#pragma once
#include "nt.h"
typedef struct _VS_TABLE { ULONG Magic, Generation; ULONG64 *Bits; ULONG64 Slot; PVOID View; LIST_ENTRY *Stale; ULONG64 Swaps; } VS_TABLE;
extern VS_TABLE VsTable;
NTSTATUS VspSwapView(VS_TABLE *Table);
PVOID VspNewEntry(VS_TABLE *Table, ULONG Size);
