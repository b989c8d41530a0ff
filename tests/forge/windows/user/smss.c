/* The session manager: starts a session, and with it the window manager. */
#include "user.h"
NOINLINE NTSTATUS SmpLoadSubSystem(PVOID Name) { volatile NTSTATUS s = NtLoadDriver(Name); return s; }
NOINLINE NTSTATUS SmpStartCsr(PVOID Name) { volatile NTSTATUS s = SmpLoadSubSystem(Name); return s; }
NOINLINE EXPORT ULONG SmpSessionThread(PVOID Name) { volatile NTSTATUS s = SmpStartCsr(Name); return s; }
NOINLINE EXPORT ULONG SmpApiLoop(PVOID Port) { volatile NTSTATUS s = NtRemoveIoCompletion(Port); return s; }
NOINLINE ULONG NtProcessStartup(PVOID Name) { volatile NTSTATUS s = SmpSessionThread(Name); return s; }
