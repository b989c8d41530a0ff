/* Network interface declarations shared by the fixture's network drivers; layouts as NDIS documents them. */
#pragma once
#include "nt.h"
#ifdef BUILDING_NDIS
#define NDISAPI __declspec(dllexport)
#else
#define NDISAPI __declspec(dllimport)
#endif
typedef LONG NDIS_STATUS;
typedef struct _NET_BUFFER {
    struct _NET_BUFFER *Next;
    struct _MDL *CurrentMdl;
    ULONG CurrentMdlOffset;
    ULONG DataLength;
    struct _MDL *MdlChain;
    ULONG DataOffset;
    USHORT ChecksumBias;
    USHORT Reserved;
    PVOID NdisPoolHandle;
    PVOID NdisReserved[2];
    PVOID ProtocolReserved[6];
    PVOID MiniportReserved[4];
    LONGLONG DataPhysicalAddress;
    PVOID SharedMemoryInfo;
} NET_BUFFER, *PNET_BUFFER;
typedef struct _NET_BUFFER_LIST_CONTEXT {
    struct _NET_BUFFER_LIST_CONTEXT *Next;
    USHORT Size;
    USHORT Offset;
    UCHAR ContextData[4];
} NET_BUFFER_LIST_CONTEXT, *PNET_BUFFER_LIST_CONTEXT;
typedef struct _NET_BUFFER_LIST {
    struct _NET_BUFFER_LIST *Next;
    PNET_BUFFER FirstNetBuffer;
    PNET_BUFFER_LIST_CONTEXT Context;
    struct _NET_BUFFER_LIST *ParentNetBufferList;
    PVOID NdisPoolHandle;
    ULONG64 Alignment0;
    PVOID NdisReserved[2];
    PVOID ProtocolReserved[4];
    PVOID MiniportReserved[2];
    PVOID Scratch;
    PVOID SourceHandle;
    ULONG NblFlags;
    LONG ChildRefCount;
    ULONG Flags;
    NDIS_STATUS Status;
    PVOID NetBufferListInfo[29];
} NET_BUFFER_LIST, *PNET_BUFFER_LIST;

typedef VOID SEND_COMPLETE_HANDLER(PVOID Context, PNET_BUFFER_LIST NetBufferLists, ULONG Flags);
typedef VOID SEND_HANDLER(PVOID Context, PNET_BUFFER_LIST NetBufferLists);
typedef struct _NDIS_FILTER_DRIVER_CHARACTERISTICS {
    UCHAR Type, Revision;
    USHORT Size;
    UCHAR MajorNdisVersion, MinorNdisVersion, MajorDriverVersion, MinorDriverVersion;
    ULONG Flags;
    UNICODE_STRING FriendlyName;
    PNET_BUFFER_LIST (*CloneHandler)(PVOID Context, ULONG Length);
    SEND_COMPLETE_HANDLER *SendNetBufferListsCompleteHandler;
    PVOID FilterModuleContext;
} NDIS_FILTER_DRIVER_CHARACTERISTICS;
typedef struct _NDIS_PROTOCOL_CHARACTERISTICS {
    SEND_HANDLER *SendHandler;
    SEND_COMPLETE_HANDLER *SendNetBufferListsCompleteHandler;
    PVOID ProtocolBindingContext;
} NDIS_PROTOCOL_CHARACTERISTICS;

NDISAPI NDIS_STATUS NdisFRegisterFilterDriver(PVOID DriverObject, NDIS_FILTER_DRIVER_CHARACTERISTICS *Characteristics, PVOID *Handle);
NDISAPI NDIS_STATUS NdisRegisterProtocolDriver(PVOID DriverObject, NDIS_PROTOCOL_CHARACTERISTICS *Characteristics);
NDISAPI VOID NdisFSendNetBufferListsComplete(PVOID FilterHandle, PNET_BUFFER_LIST NetBufferLists, ULONG Flags);
NDISAPI VOID NdisMSendNetBufferListsComplete(PVOID MiniportHandle, PNET_BUFFER_LIST NetBufferLists, ULONG Flags);
NDISAPI PVOID NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList, USHORT Size);
