/* Exception dispatch, waiting, bug checks. */
#include "ki.h"

static VOID KeContextFromKframes(PKTRAP_FRAME Trap, PKEXCEPTION_FRAME Ex, PCONTEXT C)
{
    C->ContextFlags = 0x10001F;
    C->SegCs = Trap->SegCs; C->SegSs = Trap->SegSs; C->SegDs = C->SegEs = C->SegGs = 0x2B; C->SegFs = 0x53;
    C->EFlags = Trap->EFlags; C->Rip = Trap->Rip; C->Rsp = Trap->Rsp; C->Rbp = Trap->Rbp; C->MxCsr = Trap->MxCsr;
    C->Rax = Trap->Rax; C->Rcx = Trap->Rcx; C->Rdx = Trap->Rdx; C->R8 = Trap->R8; C->R9 = Trap->R9; C->R10 = Trap->R10; C->R11 = Trap->R11;
    C->Rbx = Ex->Rbx; C->Rdi = Ex->Rdi; C->Rsi = Ex->Rsi; C->R12 = Ex->R12; C->R13 = Ex->R13; C->R14 = Ex->R14; C->R15 = Ex->R15;
    memcpy(&C->Xmm0, &Trap->Xmm0, 6 * 16);
    memcpy(&C->Xmm6, &Ex->Xmm6, 10 * 16);
}

static VOID KeContextToKframes(PKTRAP_FRAME Trap, PKEXCEPTION_FRAME Ex, PCONTEXT C)
{
    Trap->EFlags = C->EFlags; Trap->Rip = C->Rip; Trap->Rsp = C->Rsp; Trap->Rbp = C->Rbp;
    Trap->Rax = C->Rax; Trap->Rcx = C->Rcx; Trap->Rdx = C->Rdx; Trap->R8 = C->R8; Trap->R9 = C->R9; Trap->R10 = C->R10; Trap->R11 = C->R11;
    Ex->Rbx = C->Rbx; Ex->Rdi = C->Rdi; Ex->Rsi = C->Rsi; Ex->R12 = C->R12; Ex->R13 = C->R13; Ex->R14 = C->R14; Ex->R15 = C->R15;
}

NOINLINE VOID KiDispatchException(PEXCEPTION_RECORD Record, PKEXCEPTION_FRAME Ex, PKTRAP_FRAME Trap, KPROCESSOR_MODE PreviousMode, BOOLEAN FirstChance)
{
    CONTEXT Context __attribute__((aligned(16)));

    memset(&Context, 0, sizeof(Context));
    KeContextFromKframes(Trap, Ex, &Context);
    if (PreviousMode == 0 && FirstChance && RtlDispatchException(Record, &Context)) {
        KeContextToKframes(Trap, Ex, &Context);
        return;
    }
    KeBugCheckEx(0x1E, (ULONG_PTR)(LONGLONG)Record->ExceptionCode, (ULONG_PTR)Record->ExceptionAddress, Record->ExceptionInformation[0], Record->ExceptionInformation[1]);
}

NOINLINE VOID KiDumpWrite(VOID) { __asm__ volatile("hlt"); }

NOINLINE VOID KeBugCheck2(ULONG Code, ULONG_PTR P1, ULONG_PTR P2, ULONG_PTR P3, ULONG_PTR P4, PKTRAP_FRAME Trap)
{
    KiBugCheckData[0] = Code;
    KiBugCheckData[1] = P1;
    KiBugCheckData[2] = P2;
    KiBugCheckData[3] = P3;
    KiBugCheckData[4] = P4;
    KiDumpWrite();
}

NOINLINE LONG KiFatalFilter(ULONG Code, PEXCEPTION_POINTERS Pointers)
{
    PEXCEPTION_RECORD r = Pointers->ExceptionRecord;
    KeBugCheckEx(Code, (ULONG_PTR)(LONGLONG)r->ExceptionCode, (ULONG_PTR)r->ExceptionAddress, r->ExceptionInformation[0], r->ExceptionInformation[1]);
    return EXCEPTION_EXECUTE_HANDLER;
}

NOINLINE static NTSTATUS KeExpandKernelStackAndCalloutInternal(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, ULONG Flags)
{
    PKTHREAD Thread = KeGetCurrentThread();
    volatile ULONG CalloutActive = 1;

    if ((ULONG_PTR)&CalloutActive - (ULONG_PTR)Thread->StackLimit < Size)
        return (NTSTATUS)0xC0000017;
    __try {
        Callout(Parameter);
        CalloutActive = Flags;
    } __except (KiFatalFilter(0x1E, (PEXCEPTION_POINTERS)_exception_info())) {
        CalloutActive = 0;
    }
    return CalloutActive ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size, BOOLEAN Wait, PVOID Context)
{
    NTSTATUS Status;

    if (KeGetCurrentIrql() > DISPATCH_LEVEL || Size > 0x12000)
        return STATUS_INVALID_PARAMETER;
    Status = KeExpandKernelStackAndCalloutInternal(Callout, Parameter, Size, Wait | 2);
    if (Context)
        *(NTSTATUS *)Context = Status;
    return Status;
}

KIRQL KfRaiseIrql(KIRQL NewIrql)
{
    ULONG_PTR Old;
    __asm__ volatile("movq %%cr8, %0\n\tmovq %1, %%cr8" : "=&r"(Old) : "r"((ULONG_PTR)NewIrql) : "memory");
    return (KIRQL)Old;
}

VOID KeLowerIrql(KIRQL NewIrql) { __asm__ volatile("movq %0, %%cr8" ::"r"((ULONG_PTR)NewIrql) : "memory"); }

KIRQL KeAcquireSpinLockRaiseToDpc(ULONG_PTR *Lock)
{
    KIRQL Old = KfRaiseIrql(DISPATCH_LEVEL);
    __atomic_store_n(Lock, 1, __ATOMIC_SEQ_CST);
    return Old;
}

VOID KeReleaseSpinLock(ULONG_PTR *Lock, KIRQL NewIrql)
{
    __atomic_store_n(Lock, 0, __ATOMIC_SEQ_CST);
    KeLowerIrql(NewIrql);
}

NOINLINE VOID KiSwapThread(PKTHREAD Thread)
{
    Thread->WaitIrql = KeGetCurrentIrql();
    KiSwapContext(Thread);
    __asm__ volatile("" ::: "memory");
}

NOINLINE NTSTATUS KiCommitThreadWait(PKTHREAD Thread)
{
    Thread->State = 5;
    KiSwapThread(Thread);
    return (NTSTATUS)Thread->WaitStatus;
}

NOINLINE NTSTATUS KeWaitForSingleObject(PVOID Object, ULONG WaitReason, KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PVOID Timeout)
{
    PKTHREAD Thread = KeGetCurrentThread();
    struct _KWAIT_BLOCK *Block = &Thread->WaitBlock[0];
    struct _DISPATCHER_HEADER *Header = Object;

    Thread->WaitReason = (UCHAR)WaitReason;
    Thread->WaitMode = WaitMode;
    Thread->Alertable = Alertable;
    Thread->WaitBlockList = Block;
    Thread->WaitBlockCount = 1;
    Block->Thread = Thread;
    Block->Object = Object;
    Block->WaitType = 1;
    Block->BlockState = 4;
    InsertTailList(&Header->WaitListHead, &Block->WaitListEntry);
    return KiCommitThreadWait(Thread);
}

/* The thread's own timer ends the wait; the forge enters it into the processor's table. */
NOINLINE NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable, PVOID Interval)
{
    PKTHREAD Thread = KeGetCurrentThread();
    struct _KWAIT_BLOCK *Block = &Thread->WaitBlock[3];
    struct _DISPATCHER_HEADER *Header = &Thread->Timer.Header;

    Thread->WaitReason = 4;
    Thread->WaitMode = WaitMode;
    Thread->Alertable = Alertable;
    Thread->WaitBlockList = Block;
    Thread->WaitBlockCount = 1;
    Header->Type = 8;
    Header->WaitListHead.Flink = Header->WaitListHead.Blink = &Block->WaitListEntry;
    Block->WaitListEntry.Flink = Block->WaitListEntry.Blink = &Header->WaitListHead;
    Block->Thread = Thread;
    Block->Object = Header;
    Block->WaitType = 1;
    Block->BlockState = 4;
    return KiCommitThreadWait(Thread);
}

/* Waits as a worker of a queue, to which the thread belongs from then on. No function: Windows has none there either. */
#define WAIT_FOR_QUEUE(QueueHeader, Threads, Mode)                          \
    PKTHREAD Thread = KeGetCurrentThread();                                 \
    struct _KWAIT_BLOCK *Block = &Thread->WaitBlock[0];                     \
    Thread->WaitReason = 15;                                                \
    Thread->WaitMode = Mode;                                                \
    if (Thread->Queue != QueueHeader) {                                     \
        Thread->Queue = QueueHeader;                                        \
        InsertTailList(Threads, &Thread->QueueListEntry);                   \
    }                                                                       \
    Thread->WaitBlockList = Block;                                          \
    Thread->WaitBlockCount = 1;                                             \
    Block->Thread = Thread;                                                 \
    Block->Object = QueueHeader;                                            \
    Block->WaitType = 3;                                                    \
    Block->BlockState = 4;                                                  \
    InsertTailList(&(QueueHeader)->WaitListHead, &Block->WaitListEntry);    \
    KiCommitThreadWait(Thread)

NOINLINE PVOID KeRemoveQueueEx(struct _KQUEUE *Queue, KPROCESSOR_MODE WaitMode)
{
    WAIT_FOR_QUEUE(&Queue->Header, &Queue->ThreadListHead, WaitMode);
    return Queue->EntryListHead.Flink;
}

NOINLINE PVOID KeRemovePriQueue(struct _KPRIQUEUE *Queue, KPROCESSOR_MODE WaitMode)
{
    WAIT_FOR_QUEUE(&Queue->Header, &Queue->ThreadListHead, WaitMode);
    return Queue->EntryListHead[0].Flink;
}

/* The idle loop of a processor. */
NOINLINE VOID PpmIdleExecuteTransition(PKPRCB Prcb) { for (;;) __asm__ volatile("nop; hlt"); }
NOINLINE VOID PoIdle(PKPRCB Prcb) { PpmIdleExecuteTransition(Prcb); __asm__ volatile("" ::: "memory"); }
NOINLINE VOID KiIdleLoop(VOID)
{
    for (;;) {
        PKPRCB Prcb = KeGetCurrentPrcb();
        if (Prcb->NextThread)
            KiSwapContext((PKTHREAD)Prcb->IdleThread);
        else
            PoIdle(Prcb);
    }
}

/* Work that keeps a processor busy until it is frozen. */
NOINLINE VOID KeYieldProcessorEx(volatile ULONG *Iterations)
{
    for (;;) { ++*Iterations; if (*Iterations == 64) __asm__ volatile("nop; hlt"); }
}
