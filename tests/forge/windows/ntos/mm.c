/* Page faults and address space teardown. */
#include "ki.h"

/* With five levels of page tables an address has 57 bits. */
FORCEINLINE BOOLEAN MiFiveLevels(VOID) { return MiVisibleState->PagingLevels == 5; }
FORCEINLINE ULONG64 *MiGetPteAddress(ULONG64 va) { return (ULONG64 *)(MmPteBase + ((va >> 9) & (MiFiveLevels() ? 0xFFFFFFFFFFF8 : 0x7FFFFFFFF8))); }

/* The entry that maps `va`, or NULL when a level above it is absent. */
NOINLINE static ULONG64 *MiFindPte(ULONG64 va)
{
    ULONG64 *pte = MiGetPteAddress(va), *pde = MiGetPteAddress((ULONG64)pte), *ppe = MiGetPteAddress((ULONG64)pde), *pxe = MiGetPteAddress((ULONG64)ppe);
    if (MiFiveLevels() && !(*MiGetPteAddress((ULONG64)pxe) & 1))
        return NULL;
    if (!(*pxe & 1) || !(*ppe & 1) || !(*pde & 1))
        return NULL;
    return (*pde & 0x80) ? pde : pte;
}

NOINLINE NTSTATUS MiSystemFault(ULONG_PTR FaultStatus, ULONG64 va, PKTRAP_FRAME Trap, ULONG64 *Pte)
{
    volatile ULONG64 contents = Pte ? *Pte : 0;

    if (Pte && (contents & 1) && (FaultStatus & 2))
        KeBugCheckEx(0xBE, va, contents, (ULONG_PTR)Trap, 0xA);
    KeBugCheckEx(0x50, va, FaultStatus & 0x12, Trap->Rip, 2);
    return STATUS_ACCESS_VIOLATION;
}

NOINLINE NTSTATUS MiCheckSystemNxFault(ULONG64 va, ULONG64 Contents, PKTRAP_FRAME Trap)
{
    KeBugCheckEx(0xFC, va, Contents, (ULONG_PTR)Trap, 2);
    return STATUS_ACCESS_VIOLATION;
}

NOINLINE NTSTATUS MmAccessFault(ULONG_PTR FaultStatus, ULONG64 va, KPROCESSOR_MODE PreviousMode, PKTRAP_FRAME Trap)
{
    volatile NTSTATUS status = STATUS_ACCESS_VIOLATION;
    ULONG64 *pte;

    if (va < MmSystemRangeStart) {
        if (va > MmHighestUserAddress)
            return status;
        return status;
    }
    pte = MiFindPte(va);
    if ((FaultStatus & 0x10) && pte && (*pte & 1))
        status = MiCheckSystemNxFault(va, *pte, Trap);
    else if (KeGetCurrentIrql() >= DISPATCH_LEVEL)
        status = KI_EXCEPTION_IRQL;
    else
        status = MiSystemFault(FaultStatus, va, Trap, pte);
    return status;
}

typedef struct _MI_DELETE_WALK {
    ULONG64 StartVa, EndVa;
    ULONG64 DeletedPages;
    PVOID Vad;
} MI_DELETE_WALK;

/* One leaf: an entry that is neither valid nor any software form is corrupt. */
NOINLINE ULONG MiDeleteVa(MI_DELETE_WALK *Walk, ULONG64 *Pte, ULONG64 va)
{
    ULONG64 contents = *(volatile ULONG64 *)Pte;

    if (contents == 0)
        return 0;
    if (!(contents & 1) && !(contents & 0xC00) && !(contents & 0x3E0))
        KeBugCheckEx(0x1A, 0x41792, (ULONG_PTR)Pte, contents, 0);
    *Pte = 0;
    Walk->DeletedPages++;
    return 1;
}

NOINLINE ULONG MiWalkPageTablesRecursively(MI_DELETE_WALK *Walk, ULONG64 Start, ULONG64 End, ULONG Level)
{
    ULONG64 step = 1ULL << (12 + 9 * Level), va = Start;
    volatile ULONG deleted = 0;

    while (va < End) {
        ULONG64 *entry = MiGetPteAddress(va), next = (va & ~(step - 1)) + step;
        ULONG i;
        for (i = 0; i < Level; i++)
            entry = MiGetPteAddress((ULONG64)entry);
        if (Level == 0)
            deleted += MiDeleteVa(Walk, entry, va);
        else if (*entry & 1)
            deleted += MiWalkPageTablesRecursively(Walk, va, next < End ? next : End, Level - 1);
        va = next;
    }
    return deleted;
}

NOINLINE ULONG MiWalkPageTables(MI_DELETE_WALK *Walk)
{
    volatile ULONG n = MiWalkPageTablesRecursively(Walk, Walk->StartVa, Walk->EndVa, MiFiveLevels() ? 4 : 3);
    return n;
}

NOINLINE ULONG MiDeletePagablePteRange(PMMVAD Vad, ULONG64 Start, ULONG64 End)
{
    MI_DELETE_WALK walk = {Start, End, 0, Vad};
    volatile ULONG n = MiWalkPageTables(&walk);
    return n + (ULONG)walk.DeletedPages;
}

NOINLINE VOID MiDeleteVad(PMMVAD Vad, PEPROCESS Process)
{
    ULONG64 start = ((ULONG64)Vad->Core.StartingVpnHigh << 32 | Vad->Core.StartingVpn) << 12;
    ULONG64 end = (((ULONG64)Vad->Core.EndingVpnHigh << 32 | Vad->Core.EndingVpn) + 1) << 12;
    volatile ULONG n = MiDeletePagablePteRange(Vad, start, end);
    Process->VadCount -= n ? 1 : 0;
}

NOINLINE PMMVAD MiLocateAddress(PEPROCESS Process, ULONG64 va)
{
    struct _RTL_BALANCED_NODE *n = Process->VadRoot.Root;
    while (n) {
        PMMVAD v = (PMMVAD)n;
        ULONG64 vpn = va >> 12, start = (ULONG64)v->Core.StartingVpnHigh << 32 | v->Core.StartingVpn, end = (ULONG64)v->Core.EndingVpnHigh << 32 | v->Core.EndingVpn;
        if (vpn < start)
            n = n->Left;
        else if (vpn > end)
            n = n->Right;
        else
            return v;
    }
    return NULL;
}

NOINLINE NTSTATUS NtUnmapViewOfSection(PVOID ProcessHandle, ULONG64 BaseAddress)
{
    PEPROCESS process = (PEPROCESS)KeGetCurrentThread()->ApcState.Process;
    PMMVAD vad = MiLocateAddress(process, BaseAddress);
    volatile NTSTATUS status = STATUS_SUCCESS;

    if (!vad)
        return (NTSTATUS)0xC0000019;
    MiDeleteVad(vad, process);
    return status;
}

/* Reserves a run of system PTEs in a bitmap page. */
NOINLINE ULONG RtlInterlockedSetClearRunEx(struct _RTL_BITMAP_EX *Bitmap, ULONG64 Start, ULONG64 Count)
{
    ULONG64 *word = Bitmap->Buffer + (Start >> 6), mask = ((1ULL << Count) - 1) << (Start & 63);
    *(volatile ULONG64 *)word |= mask;
    return 1;
}

struct _RTL_BITMAP_EX MiSystemPteBitmap;

NOINLINE ULONG64 *MiReservePtes(struct _RTL_BITMAP_EX *Bitmap, ULONG Count)
{
    volatile ULONG ok = RtlInterlockedSetClearRunEx(Bitmap, 0x41, Count);
    return ok ? MiGetPteAddress((ULONG64)Bitmap->Buffer) : NULL;
}

NOINLINE EXPORT NTSTATUS MmMapViewInSessionSpace(PVOID Section, PVOID *Base, SIZE_T *Size)
{
    volatile ULONG64 pte = (ULONG64)MiReservePtes(&MiSystemPteBitmap, 8);
    *Base = (PVOID)pte;
    return pte ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}
