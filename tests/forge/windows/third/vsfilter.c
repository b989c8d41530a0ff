/* "Northwind" file filter: hands requests to the scan engine. */
#include "nt.h"
__declspec(dllimport) NTSTATUS VSSwapTable(ULONG Generation);
__declspec(dllimport) PVOID VSAllocateEntry(ULONG Size);
typedef struct _VSF_STATE { ULONG Magic, Requests; NTSTATUS Last; } VSF_STATE;
VSF_STATE VsfState = {0x46535356};

static NOINLINE NTSTATUS VsfSwapSignatures(VSF_STATE *State, ULONG Generation) { State->Requests++; State->Last = VSSwapTable(Generation); return State->Last; }

NOINLINE VOID VsfWorkerThread(PVOID Context)
{
    VSF_STATE *state = &VsfState;
    ULONG generation = 7;
    for (;;) {
        if (VsfSwapSignatures(state, generation) >= 0)
            generation++;
    }
}

NOINLINE NTSTATUS VsfDeviceControl(PDEVICE_OBJECT Device, PIRP Irp)
{
    PVOID entry = VSAllocateEntry(0x80);
    Irp->IoStatus.Information = (ULONG64)entry;
    IofCompleteRequest(Irp, 0);
    return entry ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT Object, PVOID Path) { Object->MajorFunction[14] = (PVOID)VsfDeviceControl; return 0; }
