/* The Windows API's base layer. */
#include "user.h"
EXPORT NOINLINE ULONG WaitForSingleObjectEx(PVOID Handle, ULONG Milliseconds, BOOLEAN Alertable) { volatile ULONG s = (ULONG)NtWaitForSingleObject(Handle, Alertable, NULL); return s; }
EXPORT NOINLINE ULONG WaitForSingleObject(PVOID Handle, ULONG Milliseconds) { volatile ULONG s = WaitForSingleObjectEx(Handle, Milliseconds, 0); return s; }
EXPORT NOINLINE ULONG SleepEx(ULONG Milliseconds, BOOLEAN Alertable) { long long interval = -10000LL * Milliseconds; volatile ULONG s = (ULONG)NtDelayExecution(Alertable, &interval); return s; }
EXPORT NOINLINE BOOLEAN DeviceIoControl(PVOID Device, ULONG Code, PVOID In, ULONG InSize)
{
    ULONG64 status[2];
    volatile NTSTATUS s = NtDeviceIoControlFile(Device, NULL, NULL, NULL, status, Code, In, InSize);
    return s >= 0;
}
EXPORT NOINLINE BOOLEAN WriteFile(PVOID File, PVOID Buffer, ULONG Size)
{
    ULONG64 status[2];
    volatile NTSTATUS s = NtWriteFile(File, NULL, NULL, NULL, status, Buffer, Size);
    return s >= 0;
}
BOOLEAN DllMain(VOID) { return TRUE; }
