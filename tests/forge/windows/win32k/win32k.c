/* The window manager's entry. */
#include "nt.h"
__declspec(dllimport) NTSTATUS Win32kBaseInitialize(PVOID);
__declspec(dllimport) extern NTSTATUS (*MmSessionDriverEntry)(PVOID);
NOINLINE NTSTATUS Win32kSessionEntry(PVOID p) { volatile NTSTATUS s = Win32kBaseInitialize(p); return s; }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { MmSessionDriverEntry = Win32kSessionEntry; return 0; }
