/* Pool on a segment heap's variable size blocks, and worker threads. */
#include "ki.h"

/* Where the allocator carves from: the free chunk at the end of the newest VS subsegment. */
ULONG64 ExpPoolTail[2], ExpPoolSubsegment[2];
LIST_ENTRY ExpPoolLookaside;

FORCEINLINE VOID ExpEncodeChunk(ULONG64 chunk, ULONG64 sizes) { *(ULONG64 *)chunk = sizes ^ chunk ^ RtlpHpHeapGlobals.HeapKey; }
FORCEINLINE VOID ExpEncodePage(ULONG64 chunk, ULONG64 subsegment)
{
    ((ULONG64 *)chunk)[1] = (UCHAR)((chunk - subsegment) >> 12 ^ chunk ^ RtlpHpHeapGlobals.HeapKey);
}
FORCEINLINE ULONG64 ExpDecodeChunk(ULONG64 chunk) { return *(ULONG64 *)chunk ^ chunk ^ RtlpHpHeapGlobals.HeapKey; }

/* Takes `units` 16-byte units (header included) from the tail chunk; sizes: cost, size, previous, allocated. */
POOLCODE NOINLINE static ULONG64 RtlpHpVsContextAllocate(ULONG Pool, ULONG units)
{
    ULONG64 chunk = ExpPoolTail[Pool], sizes = ExpDecodeChunk(chunk), rest = chunk + units * 16ULL;
    ULONG have = (sizes >> 16) & 0xFFFF;

    if (have < units + 4)
        return 0;
    ExpEncodeChunk(chunk, (sizes & 0xFFFF00000000) | (ULONG64)units << 16 | 1ULL << 48);
    ExpEncodePage(chunk, ExpPoolSubsegment[Pool]);
    ExpEncodePage(rest, ExpPoolSubsegment[Pool]);
    ExpEncodeChunk(rest, (ULONG64)(have - units) << 16 | (ULONG64)units << 32);
    ExpPoolTail[Pool] = rest;
    return chunk;
}

POOLCODE NOINLINE PVOID ExAllocatePoolWithTag(ULONG PoolType, SIZE_T NumberOfBytes, ULONG Tag)
{
    ULONG pool = PoolType & 1, units = (ULONG)((NumberOfBytes + 15) / 16) + 2;
    struct _POOL_HEADER *h;
    ULONG64 chunk;

    /* Small session blocks come from a lookaside list, whose links are checked before use. */
    if ((PoolType & 0x20) && ExpPoolLookaside.Flink) {
        PLIST_ENTRY e = ExpPoolLookaside.Flink, next = e->Flink;
        if (next->Blink != e || e->Blink != &ExpPoolLookaside)
            __asm__ volatile("int $0x29" ::"c"(3));
        ExpPoolLookaside.Flink = next;
        next->Blink = &ExpPoolLookaside;
        return e;
    }
    chunk = RtlpHpVsContextAllocate(pool, units);
    if (chunk && ((chunk + 0x10) & 0xFFF) + units * 16 - 0x10 > 0x1000) {
        /* The block would straddle a page: leave the rest of this page to a filler. */
        h = (struct _POOL_HEADER *)(chunk + 0x10);
        memset(h, 0, 16);
        h->PoolTag = 0x20726944; h->BlockSize = units - 1; h->PoolType = 2 | pool;
        chunk = RtlpHpVsContextAllocate(pool, units);
    }
    if (!chunk)
        return NULL;
    h = (struct _POOL_HEADER *)(chunk + 0x10);
    memset(h, 0, (units - 1) * 16);
    h->BlockSize = (UCHAR)(units - 1);
    h->PoolType = 2 | pool;
    h->PoolTag = Tag;
    return h + 1;
}

POOLCODE VOID ExFreePoolWithTag(PVOID P, ULONG Tag)
{
    ULONG64 chunk = (ULONG64)P - 0x20, sizes = ExpDecodeChunk(chunk);
    ExpEncodeChunk(chunk, sizes & ~(0xFFULL << 48));
}

typedef struct _WORK_ITEM { LIST_ENTRY List; VOID (*WorkerRoutine)(PVOID); PVOID Parameter; } WORK_ITEM;
extern struct _EPARTITION *PspSystemPartition;
WORK_ITEM *ExpPendingItem;

VOID ExQueueWorkItem(PVOID WorkItem, ULONG QueueType) { ExpPendingItem = WorkItem; }

NOINLINE VOID ExpWorkerThread(PVOID Context)
{
    extern PVOID KeRemovePriQueue(struct _KPRIQUEUE *, KPROCESSOR_MODE);
    struct _EX_WORK_QUEUE *queue = ((struct _EX_PARTITION *)PspSystemPartition->ExPartition)->WorkQueues[0][0];
    queue->ThreadCount++;
    if (Context) {
        /* It has its work already, as if the queue had given it. */
        PKTHREAD thread = KeGetCurrentThread();
        thread->Queue = &queue->WorkPriQueue.Header;
        InsertTailList(&queue->WorkPriQueue.ThreadListHead, &thread->QueueListEntry);
        queue->WorkPriQueue.CurrentCount[(UCHAR)thread->Priority]++;
    }
    for (;;) {
        WORK_ITEM *item = Context ? Context : KeRemovePriQueue(&queue->WorkPriQueue, 0);
        item->WorkerRoutine(item->Parameter);
        Context = NULL;
    }
}

NOINLINE VOID PspSystemThreadStartup(PKSTART_ROUTINE StartRoutine, PVOID StartContext)
{
    PKTHREAD Thread = KeGetCurrentThread();
    Thread->SystemCallNumber = 0;
    StartRoutine(StartContext);
    __asm__ volatile("hlt" ::: "memory");
}

NOINLINE VOID MiZeroPageThread(PVOID Context) { extern NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, PVOID); for (;;) KeDelayExecutionThread(0, 0, Context); }
NOINLINE VOID KeBalanceSetManager(PVOID Event) { for (;;) KeWaitForSingleObject(Event, 0, 0, 0, NULL); }
