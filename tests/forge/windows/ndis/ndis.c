/* The network interface layer of the fixture Windows. */
#define BUILDING_NDIS
#include "ndis.h"

typedef struct _NDIS_OPEN_BLOCK {
    ULONG Signature;
    ULONG Flags;
    NDIS_PROTOCOL_CHARACTERISTICS Protocol;
    ULONG64 SendCompletes;
} NDIS_OPEN_BLOCK, *PNDIS_OPEN_BLOCK;
typedef struct _NDIS_FILTER_BLOCK {
    ULONG Signature;
    ULONG State;
    NDIS_FILTER_DRIVER_CHARACTERISTICS Characteristics;
    ULONG64 SendCompletes;
} NDIS_FILTER_BLOCK, *PNDIS_FILTER_BLOCK;
typedef struct _NDIS_MINIPORT_BLOCK {
    ULONG Signature;
    ULONG Flags;
    PNDIS_FILTER_BLOCK HighestFilter;
    PNDIS_OPEN_BLOCK Open;
    ULONG64 CompletedLists;
} NDIS_MINIPORT_BLOCK, *PNDIS_MINIPORT_BLOCK;
typedef struct _NDIS_SEND_COMPLETE_WORK {
    PNDIS_MINIPORT_BLOCK Miniport;
    PNET_BUFFER_LIST NetBufferLists;
    ULONG SendCompleteFlags;
    KIRQL Irql;
    NTSTATUS Status;
} NDIS_SEND_COMPLETE_WORK;

NDIS_OPEN_BLOCK ndisOpen = {0x4E504F4E};
NDIS_FILTER_BLOCK ndisFilter = {0x544C464E};
NDIS_MINIPORT_BLOCK ndisMiniport = {0x504D444E, 0, &ndisFilter, &ndisOpen};
NDIS_SEND_COMPLETE_WORK ndisWork;

NDIS_STATUS NdisFRegisterFilterDriver(PVOID DriverObject, NDIS_FILTER_DRIVER_CHARACTERISTICS *Characteristics, PVOID *Handle)
{
    ndisFilter.Characteristics = *Characteristics;
    ndisFilter.State = 4;
    *Handle = &ndisFilter;
    return 0;
}

NDIS_STATUS NdisRegisterProtocolDriver(PVOID DriverObject, NDIS_PROTOCOL_CHARACTERISTICS *Characteristics)
{
    ndisOpen.Protocol = *Characteristics;
    return 0;
}

/* Hands out room behind the list, as the context of the caller. */
PVOID NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT Size)
{
    PNET_BUFFER_LIST_CONTEXT c = NetBufferList->Context;
    c->Offset -= Size;
    return c->ContextData + 4 + c->Offset;
}

FORCEINLINE VOID ndisCallSendCompleteHandler(PNDIS_OPEN_BLOCK Open, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    ULONG64 count = ++Open->SendCompletes;
    Open->Protocol.SendNetBufferListsCompleteHandler(Open->Protocol.ProtocolBindingContext, NetBufferLists, Flags);
    Open->Flags = (ULONG)count;
}

NOINLINE VOID NdisFSendNetBufferListsComplete(PVOID FilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    PNDIS_FILTER_BLOCK filter = FilterHandle;
    PNET_BUFFER_LIST nbl = NetBufferLists;
    ULONG completed = 0;

    while (nbl) {
        PNET_BUFFER_LIST next = nbl->Next;
        nbl->Next = NULL;
        ndisCallSendCompleteHandler(ndisMiniport.Open, nbl, Flags);
        completed++;
        nbl = next;
    }
    filter->SendCompletes += completed;
}

FORCEINLINE VOID ndisInvokeNextSendCompleteHandler(PNDIS_FILTER_BLOCK Filter, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    ULONG before = Filter->State;
    Filter->Characteristics.SendNetBufferListsCompleteHandler(Filter->Characteristics.FilterModuleContext, NetBufferLists, Flags);
    Filter->State = before;
}

NOINLINE static ULONG ndisMSendCompleteNetBufferListsInternal(PNDIS_MINIPORT_BLOCK Miniport, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    PNET_BUFFER_LIST nbl;
    ULONG count = 0;

    for (nbl = NetBufferLists; nbl; nbl = nbl->Next) {
        nbl->NblFlags |= 0x10;
        count++;
    }
    ndisInvokeNextSendCompleteHandler(Miniport->HighestFilter, NetBufferLists, Flags);
    return count;
}

NOINLINE VOID NdisMSendNetBufferListsComplete(PVOID MiniportHandle, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    PNDIS_MINIPORT_BLOCK miniport = MiniportHandle;
    miniport->CompletedLists += ndisMSendCompleteNetBufferListsInternal(miniport, NetBufferLists, Flags);
}

NOINLINE static VOID ndisDataPathExpandStackCallback(PVOID Parameter)
{
    NDIS_SEND_COMPLETE_WORK *work = Parameter;
    KIRQL old = KfRaiseIrql(work->Irql);
    NdisMSendNetBufferListsComplete(work->Miniport, work->NetBufferLists, work->SendCompleteFlags);
    KeLowerIrql(old);
}

FORCEINLINE NTSTATUS ndisExpandStackAndCallout(NDIS_SEND_COMPLETE_WORK *Work)
{
    NTSTATUS status = KeExpandKernelStackAndCalloutEx(ndisDataPathExpandStackCallback, Work, 0x2000, FALSE, NULL);
    Work->Status = status;
    return status;
}

/* Worker routine: completes the lists of one adapter. */
NOINLINE VOID ndisDoSendCompleteWork(PVOID Parameter)
{
    NDIS_SEND_COMPLETE_WORK *work = Parameter;
    if (ndisExpandStackAndCallout(work) >= 0)
        work->NetBufferLists = NULL;
}

/* Sends one list: clones it in the filter, hands it to the protocol and queues the completion. */
NTSTATUS ndisSendOne(ULONG Length, KIRQL Irql)
{
    PNET_BUFFER_LIST nbl = ndisFilter.Characteristics.CloneHandler(ndisFilter.Characteristics.FilterModuleContext, Length);
    ndisOpen.Protocol.SendHandler(ndisOpen.Protocol.ProtocolBindingContext, nbl);
    ndisWork.Miniport = &ndisMiniport;
    ndisWork.NetBufferLists = nbl;
    ndisWork.Irql = Irql;
    ndisWork.SendCompleteFlags = Irql == DISPATCH_LEVEL;
    return 0;
}

NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
