/* "Northwind Endpoint Scanner" service: asks its driver to swap the signature table. */
#include "user.h"
__declspec(dllimport) BOOLEAN DeviceIoControl(PVOID, ULONG, PVOID, ULONG);
__declspec(dllimport) ULONG WaitForSingleObjectEx(PVOID, ULONG, BOOLEAN);
typedef struct _SCAN_REQUEST { ULONG Signature, Generation; ULONG64 Entries[4]; } SCAN_REQUEST;
NOINLINE static ULONG ScanSwapSignatures(PVOID Device, SCAN_REQUEST *Request) { volatile ULONG ok = DeviceIoControl(Device, 0x222004, Request, sizeof(*Request)); return ok; }
NOINLINE EXPORT ULONG ScanWorkerThread(PVOID Device)
{
    SCAN_REQUEST request = {0x4E435356, 7, {1, 2, 3, 5}};
    volatile ULONG n = ScanSwapSignatures(Device, &request);
    return n;
}
NOINLINE EXPORT ULONG ScanServiceMain(PVOID Handle) { volatile ULONG s = WaitForSingleObjectEx(Handle, 0xFFFFFFFF, 0); return s; }
NOINLINE ULONG mainCRTStartup(PVOID Handle) { return ScanServiceMain(Handle); }
