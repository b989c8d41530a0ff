/* The user-mode end of the system services. */
#include "user.h"
typedef ULONG THREAD_START(PVOID);
typedef ULONG BASE_THREAD_INIT(THREAD_START *, PVOID);
BASE_THREAD_INIT *Kernel32ThreadInitThunkFunction;

EXPORT NOINLINE VOID RtlUserThreadStart(THREAD_START *Start, PVOID Parameter)
{
    volatile ULONG status = Kernel32ThreadInitThunkFunction ? Kernel32ThreadInitThunkFunction(Start, Parameter) : Start(Parameter);
    for (;;) __asm__ volatile("nop; hlt" ::"r"(status));
}

EXPORT VOID LdrSetThreadInit(BASE_THREAD_INIT *f) { Kernel32ThreadInitThunkFunction = f; }
EXPORT NOINLINE NTSTATUS RtlpWaitOnAddress(PVOID Handle) { volatile NTSTATUS s = NtWaitForSingleObject(Handle, 0, NULL); return s; }
EXPORT NOINLINE ULONG TppWorkerThread(PVOID Pool) { volatile NTSTATUS s = NtRemoveIoCompletion(Pool); return s; }
BOOLEAN DllMain(VOID) { return TRUE; }
