/* The rest of the window manager: here, in the module list. */
#include "nt.h"
EXPORT NOINLINE ULONG NtUserGetMessage(PVOID p) { return *(volatile ULONG *)p; }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
