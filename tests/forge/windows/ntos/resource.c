/* Executive resources: taking them, and waiting for them in a chain of entries on the waiters' stacks. */
#include "ki.h"
extern NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, PVOID);
#define RESOURCE_OWNED_EXCLUSIVE 0x80
#define WR_RESOURCE 27

FORCEINLINE VOID ExpOwn(struct _OWNER_ENTRY *Entry) { Entry->OwnerThread = (ULONG64)KeGetCurrentThread(); Entry->OwnerCount = 1; }

NOINLINE VOID ExpWaitForResource(struct _ERESOURCE *Resource, PVOID *Chain)
{
    struct _KWAIT_CHAIN_ENTRY entry;
    PLIST_ENTRY first = *Chain;

    memset(&entry, 0, sizeof(entry));
    entry.Thread = (PVOID)KeGetCurrentThread();
    entry.Event.Header.Type = 1;
    entry.Event.Header.Size = 6;
    entry.Event.Header.WaitListHead.Flink = entry.Event.Header.WaitListHead.Blink = &entry.Event.Header.WaitListHead;
    if (first) {
        InsertTailList(first, &entry.ListEntry);
    } else {
        entry.ListEntry.Flink = entry.ListEntry.Blink = &entry.ListEntry;
        *Chain = &entry.ListEntry;
    }
    Resource->ContentionCount++;
    KeWaitForSingleObject(&entry.Event, WR_RESOURCE, 0, 0, NULL);
}

NOINLINE EXPORT BOOLEAN ExAcquireResourceExclusiveLite(struct _ERESOURCE *Resource, BOOLEAN Wait)
{
    if (Resource->ActiveEntries) {
        if (!Wait)
            return FALSE;
        Resource->NumberOfExclusiveWaiters++;
        ExpWaitForResource(Resource, &Resource->ExclusiveWaiters);
        return TRUE;
    }
    Resource->ActiveEntries = 1;
    Resource->ActiveCount = 1;
    Resource->Flag |= RESOURCE_OWNED_EXCLUSIVE;
    ExpOwn(&Resource->OwnerEntry);
    return TRUE;
}

NOINLINE EXPORT BOOLEAN ExAcquireResourceSharedLite(struct _ERESOURCE *Resource, BOOLEAN Wait)
{
    if (Resource->ActiveEntries && (Resource->Flag & RESOURCE_OWNED_EXCLUSIVE || Resource->NumberOfExclusiveWaiters)) {
        if (!Wait)
            return FALSE;
        Resource->NumberOfSharedWaiters++;
        ExpWaitForResource(Resource, &Resource->SharedWaiters);
        return TRUE;
    }
    if (!Resource->OwnerEntry.OwnerThread)
        ExpOwn(&Resource->OwnerEntry);
    else
        ExpOwn(&Resource->OwnerTable[Resource->ActiveEntries]);
    Resource->ActiveEntries++;
    Resource->ActiveCount = 1;
    return TRUE;
}

/* Threads of the memory and cache managers, which keep what they took. */
NOINLINE VOID MiModifiedPageWriter(PVOID Resource) { ExAcquireResourceExclusiveLite(Resource, TRUE); for (;;) KeDelayExecutionThread(0, 0, NULL); }
NOINLINE VOID MiMappedPageWriter(PVOID Resource) { ExAcquireResourceExclusiveLite(Resource, TRUE); for (;;) KeDelayExecutionThread(0, 0, NULL); }
NOINLINE VOID CcQueueLazyWriteScanThread(PVOID Resource) { ExAcquireResourceSharedLite(Resource, TRUE); for (;;) KeDelayExecutionThread(0, 0, NULL); }
