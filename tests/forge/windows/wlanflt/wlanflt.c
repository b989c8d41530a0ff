/* "Contoso Wireless Packet Filter", a third-party NDIS filter; its PDB is never shipped. */
#include "ndis.h"

#define WLF_TAG 'tliF'

typedef struct _WLF_CLONE {
    NET_BUFFER_LIST Nbl;
    NET_BUFFER_LIST_CONTEXT Room;
    UCHAR Context[0xE0];
} WLF_CLONE;

typedef struct _WLF_CONTEXT {
    PVOID FilterHandle;
    ULONG64 Completed;
    ULONG Sequence;
    ULONG Mode;
} WLF_CONTEXT;

WLF_CONTEXT WlfContext = {0, 0, 562, 0};
__declspec(dllimport) extern UCHAR Ipv4Global[];

static NOINLINE PNET_BUFFER_LIST WlfClone(PVOID Context, ULONG Length)
{
    WLF_CLONE *clone = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(WLF_CLONE), WLF_TAG);
    if (!clone)
        return NULL;
    clone->Nbl.Context = &clone->Room;
    clone->Room.Size = sizeof(clone->Context);
    clone->Room.Offset = sizeof(clone->Context) - 0x10;
    clone->Nbl.SourceHandle = Context;
    clone->Nbl.NetBufferListInfo[0] = (PVOID)(ULONG_PTR)Length;
    clone->Nbl.NblFlags = 0x100;
    return &clone->Nbl;
}

/* Writes "ap=<name>;seq=<n>" for the trace; nobody checks the room. */
static NOINLINE ULONG WlfTraceName(WCHAR *out, ULONG sequence)
{
    static const WCHAR prefix[] = L"ap=Contoso-Lobby-3F-a;bssid=02:1a:7d:da:71:13;ch=36;s/n=";
    ULONG n = 0, digits = 0, i;
    WCHAR text[12];
    while (prefix[n]) {
        out[n] = prefix[n];
        n++;
    }
    do {
        text[digits++] = (WCHAR)('0' + sequence % 10);
        sequence /= 10;
    } while (sequence);
    for (i = 0; i < digits; i++)
        out[n++] = text[digits - 1 - i];
    out[n] = 0;
    return n;
}

static NOINLINE VOID WlfSendComplete(PVOID Context, PNET_BUFFER_LIST NetBufferLists, ULONG Flags)
{
    WLF_CONTEXT *wlf = Context;
    WLF_CLONE *clone = (WLF_CLONE *)NetBufferLists;
    ULONG64 *room = (ULONG64 *)clone->Context;

    switch (wlf->Mode) {
    case 0:
        WlfTraceName((WCHAR *)clone->Context, wlf->Sequence);
        break;
    case 1:
        room[14] = (ULONG64)Ipv4Global;
        break;
    case 2:
        memset(&room[25], 0, 8);
        break;
    case 3:
        room[25] = 0xFFFFD98C41A26000ULL + wlf->Sequence * 0x18;
        break;
    }
    FORGE_SKIP(7);
    NdisFSendNetBufferListsComplete(wlf->FilterHandle, NetBufferLists, Flags);
    wlf->Completed++;
}

NTSTATUS DriverEntry(PVOID Object, PVOID Path)
{
    NDIS_FILTER_DRIVER_CHARACTERISTICS c;
    memset(&c, 0, sizeof(c));
    c.Type = 0x8B;
    c.MajorNdisVersion = 6;
    c.CloneHandler = WlfClone;
    c.SendNetBufferListsCompleteHandler = WlfSendComplete;
    c.FilterModuleContext = &WlfContext;
    return NdisFRegisterFilterDriver(Object, &c, &WlfContext.FilterHandle);
}
