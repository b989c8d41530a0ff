/* Session initialisation of the window manager. */
#include "nt.h"
__declspec(dllimport) NTSTATUS MmMapViewInSessionSpace(PVOID Section, PVOID *Base, SIZE_T *Size);
PVOID gpvSharedBase;
EXPORT NOINLINE NTSTATUS InitializeGreCSRSS(PVOID p) { SIZE_T size = 0x8000; volatile NTSTATUS s = MmMapViewInSessionSpace(p, &gpvSharedBase, &size); return s; }
NOINLINE NTSTATUS InitCreateSharedSection(PVOID p) { volatile NTSTATUS s = InitializeGreCSRSS(p); return s; }
EXPORT NOINLINE NTSTATUS Win32kBaseInitialize(PVOID p) { volatile NTSTATUS s = InitCreateSharedSection(p); return s; }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
