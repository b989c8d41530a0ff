/* The I/O manager's edge and the services of waiting. */
#include "ki.h"
extern NTSTATUS KeDelayExecutionThread(KPROCESSOR_MODE, BOOLEAN, PVOID);
extern PVOID KeRemoveQueueEx(struct _KQUEUE *, KPROCESSOR_MODE);
typedef NTSTATUS DRIVER_DISPATCH(PDEVICE_OBJECT, PIRP);

NOINLINE NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp)
{
    PIO_STACK_LOCATION location;
    volatile NTSTATUS status;

    Irp->CurrentLocation--;
    location = --Irp->Tail.Overlay.CurrentStackLocation;
    location->DeviceObject = DeviceObject;
    status = ((DRIVER_DISPATCH *)DeviceObject->DriverObject->MajorFunction[location->MajorFunction])(DeviceObject, Irp);
    return status;
}

NOINLINE VOID IofCompleteRequest(PIRP Irp, CHAR Boost) { Irp->IoStatus.Status = 0; Irp->PendingReturned = Boost; }

NOINLINE NTSTATUS ObWaitForSingleObject(PVOID Object, BOOLEAN Alertable, PVOID Timeout)
{
    volatile NTSTATUS s = KeWaitForSingleObject(Object, 6, 1, Alertable, Timeout);
    return s;
}

extern struct _EPROCESS *PsIdleProcess;

/* Finds the object of a handle in the process's one-level table. */
NOINLINE PVOID ObpReferenceObjectByHandle(ULONG64 Handle)
{
    PEPROCESS process = (PEPROCESS)KeGetCurrentThread()->ApcState.Process;
    ULONG64 *entry = (ULONG64 *)((process->ObjectTable->TableCode & ~3ULL) + (Handle & 0x3FC) * 4);
    LONGLONG header = (LONGLONG)entry[0] >> 16 & ~15LL;
    return (PVOID)(header + 0x30);
}

NOINLINE NTSTATUS NtWaitForSingleObject(ULONG64 Handle, BOOLEAN Alertable, PVOID Timeout)
{
    volatile NTSTATUS s = ObWaitForSingleObject(ObpReferenceObjectByHandle(Handle), Alertable, Timeout);
    return s;
}

NOINLINE NTSTATUS NtDelayExecution(BOOLEAN Alertable, PVOID Interval)
{
    volatile NTSTATUS s = KeDelayExecutionThread(1, Alertable, Interval);
    return s;
}

NOINLINE NTSTATUS IoRemoveIoCompletion(struct _KQUEUE *Queue) { volatile ULONG64 r = (ULONG64)KeRemoveQueueEx(Queue, 1); return (NTSTATUS)r; }
NOINLINE NTSTATUS NtRemoveIoCompletion(ULONG64 Handle) { volatile NTSTATUS s = IoRemoveIoCompletion(ObpReferenceObjectByHandle(Handle)); return s; }

/* The request that the forge prepared for the current thread is the first of its list. */
NOINLINE static PIRP IopCurrentIrp(VOID)
{
    PETHREAD thread = (PETHREAD)KeGetCurrentThread();
    return CONTAINING_RECORD(thread->IrpList.Flink, IRP, ThreadListEntry);
}

NOINLINE NTSTATUS IopSynchronousServiceTail(PDEVICE_OBJECT Device, PIRP Irp) { volatile NTSTATUS s = IofCallDriver(Device, Irp); return s; }

NOINLINE static NTSTATUS IopXxxControlFile(PVOID File, BOOLEAN Device)
{
    PIRP irp = IopCurrentIrp();
    volatile NTSTATUS s = IopSynchronousServiceTail(((struct _FILE_OBJECT *)File)->DeviceObject, irp);
    return s;
}

NOINLINE NTSTATUS NtDeviceIoControlFile(ULONG64 Handle) { volatile NTSTATUS s = IopXxxControlFile(ObpReferenceObjectByHandle(Handle), 1); return s; }
NOINLINE NTSTATUS NtWriteFile(ULONG64 Handle) { volatile NTSTATUS s = IopSynchronousServiceTail(((struct _FILE_OBJECT *)ObpReferenceObjectByHandle(Handle))->DeviceObject, IopCurrentIrp()); return s; }
NOINLINE NTSTATUS NtReadFile(ULONG64 Handle) { volatile NTSTATUS s = IopSynchronousServiceTail(((struct _FILE_OBJECT *)ObpReferenceObjectByHandle(Handle))->DeviceObject, IopCurrentIrp()); return s; }

NTDATA_DECL NTSTATUS (*MmSessionDriverEntry)(PVOID) = NULL;
NTDATA_DECL NTSTATUS (*KiWin32InitializeRoutine)(PVOID) = NULL;
extern NTSTATUS ZwInitiateSession(PVOID);

NOINLINE NTSTATUS MiCreateSession(PVOID Parameter) { volatile NTSTATUS s = MmSessionDriverEntry(Parameter); return s; }
NOINLINE NTSTATUS NtInitiateSession(PVOID Parameter) { volatile NTSTATUS s = MiCreateSession(Parameter); return s; }
NOINLINE static NTSTATUS IopLoadDriver(PVOID Parameter) { volatile NTSTATUS s = ZwInitiateSession(Parameter); return s; }
NOINLINE NTSTATUS NtLoadDriver(PVOID Name) { volatile NTSTATUS s = IopLoadDriver(Name); return s; }
NOINLINE NTSTATUS NtUserInitialize(PVOID Parameter) { volatile NTSTATUS s = KiWin32InitializeRoutine(Parameter); return s; }
