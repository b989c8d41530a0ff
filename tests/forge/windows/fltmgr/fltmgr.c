/* The filter manager: calls each filter before a request goes down. */
#include "nt.h"
typedef ULONG FLT_PREOP_CALLBACK(PIRP Irp, PVOID Context);
typedef struct _FLTP_CALLBACK { FLT_PREOP_CALLBACK *PreOperation; PVOID Context; } FLTP_CALLBACK;
FLTP_CALLBACK FltpCallback;
EXPORT VOID FltRegisterFilter(FLT_PREOP_CALLBACK *Pre, PVOID Context) { FltpCallback.PreOperation = Pre; FltpCallback.Context = Context; }
NOINLINE ULONG FltpPerformPreCallbacksWorker(PIRP Irp) { volatile ULONG s = FltpCallback.PreOperation(Irp, FltpCallback.Context); return s; }
NOINLINE ULONG FltpPassThroughInternal(PIRP Irp) { volatile ULONG s = FltpPerformPreCallbacksWorker(Irp); return s; }
NOINLINE NTSTATUS FltpCreate(PDEVICE_OBJECT Device, PIRP Irp) { volatile ULONG s = FltpPassThroughInternal(Irp); return (NTSTATUS)s; }
NTSTATUS DriverEntry(PDRIVER_OBJECT Object, PVOID Path) { Object->MajorFunction[0] = (PVOID)FltpCreate; return 0; }
