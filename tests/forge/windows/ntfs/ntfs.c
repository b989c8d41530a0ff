/* The file system of the fixture Windows: follows a stream control block that somebody else has written over. */
#include "nt.h"
typedef struct _SCB { USHORT NodeTypeCode, NodeByteSize; ULONG Flags; LIST_ENTRY CcbQueue; struct _VCB *Vcb; ULONG64 FileSize; } SCB;
typedef struct _VCB { USHORT NodeTypeCode, NodeByteSize; ULONG State; ULONG64 Clusters; SCB *RootScb; } VCB;
typedef struct _IRP_CONTEXT { USHORT NodeTypeCode; USHORT Flags; ULONG Major; SCB *Scb; VCB *Vcb; NTSTATUS Status; } IRP_CONTEXT;
SCB NtfsRootScb = {0x705, sizeof(SCB), 0, {0, 0}, 0, 0};
IRP_CONTEXT NtfsContext = {0x708, 0, 4, &NtfsRootScb};

NOINLINE ULONG64 NtfsWriteFileSizes(IRP_CONTEXT *IrpContext, SCB *Scb) { VCB *vcb = Scb->Vcb; return vcb->Clusters * 4096 + Scb->FileSize; }
NOINLINE NTSTATUS NtfsCommonWrite(IRP_CONTEXT *IrpContext) { volatile ULONG64 n = NtfsWriteFileSizes(IrpContext, IrpContext->Scb); IrpContext->Status = (NTSTATUS)n; return 0; }
EXPORT NOINLINE NTSTATUS NtfsFsdWrite(PVOID Device, IRP_CONTEXT *IrpContext) { volatile NTSTATUS s = NtfsCommonWrite(IrpContext); return s; }
EXPORT NOINLINE VOID NtfsFspDispatch(PVOID Context) { volatile NTSTATUS s = NtfsFsdWrite(NULL, Context); }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
