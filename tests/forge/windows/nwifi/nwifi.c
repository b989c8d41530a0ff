/* The native Wi-Fi protocol driver of the fixture Windows: keeps a stack of completion routines a packet. */
#include "ndis.h"

typedef VOID (*PDOT11_COMPLETION_ROUTINE)(PVOID pContext, PNET_BUFFER_LIST pNdisPacket, NDIS_STATUS ndisStatus);

typedef struct _DOT11_COMPLETION_STACK_ENTRY {
    PDOT11_COMPLETION_ROUTINE pRoutine;
    PVOID pContext;
    ULONG ulSignature;
    struct {
        ULONG bIndicate : 1;
        ULONG bLast : 1;
        ULONG uPriority : 3;
    } Flags;
} DOT11_COMPLETION_STACK_ENTRY, *PDOT11_COMPLETION_STACK_ENTRY;

typedef struct _DOT11_COMPLETION_STACK {
    DOT11_COMPLETION_STACK_ENTRY Entries[4];
    ULONG ulSignature;
    ULONG ulDepth;
    PDOT11_COMPLETION_STACK_ENTRY pBOS;
    PDOT11_COMPLETION_STACK_ENTRY pTOS;
} DOT11_COMPLETION_STACK, *PDOT11_COMPLETION_STACK;

typedef enum _DOT11_PORT_STATE { Dot11PortStopped = 0, Dot11PortRunning = 1, Dot11PortPaused = 2 } DOT11_PORT_STATE;

typedef struct _ADAPT {
    ULONG ulSignature;
    DOT11_PORT_STATE PortState;
    ULONG64 SendsCompleted;
    ULONG64 SendsFailed;
    NDIS_STATUS LastStatus;
    LIST_ENTRY Link;
    UCHAR MacAddress[6];
} ADAPT, *PADAPT;

ADAPT g_Adapt = {0x54504441, Dot11PortRunning};

NOINLINE VOID Dot11QosCompletion(PVOID pContext, PNET_BUFFER_LIST pNdisPacket, NDIS_STATUS ndisStatus)
{
    PADAPT pAdapt = pContext;
    pAdapt->LastStatus = ndisStatus;
    pAdapt->SendsCompleted++;
}

NOINLINE VOID Dot11CipherCompletion(PVOID pContext, PNET_BUFFER_LIST pNdisPacket, NDIS_STATUS ndisStatus)
{
    PADAPT pAdapt = pContext;
    if (ndisStatus)
        pAdapt->SendsFailed++;
}

FORCEINLINE PDOT11_COMPLETION_STACK Dot11StackFromPacket(PNET_BUFFER_LIST pNdisPacket) { return pNdisPacket->ProtocolReserved[1]; }

/* Unwinds the packet's completion stack, from its top to its bottom. */
NOINLINE VOID Dot11SendCompletion(PADAPT pAdapt, PNET_BUFFER_LIST pNdisPacket, NDIS_STATUS ndisStatus)
{
    PDOT11_COMPLETION_STACK pStack = Dot11StackFromPacket(pNdisPacket);
    PDOT11_COMPLETION_STACK_ENTRY pBOS = pStack->pBOS;
    PDOT11_COMPLETION_STACK_ENTRY pTOS = pStack->pTOS;

    while (pTOS != pBOS) {
        PDOT11_COMPLETION_ROUTINE pRoutine;
        pTOS--;
        pRoutine = *(PDOT11_COMPLETION_ROUTINE volatile *)&pTOS->pRoutine;
        pRoutine(pTOS->pContext, pNdisPacket, ndisStatus);
    }
    pStack->pTOS = pTOS;
    pAdapt->LastStatus = ndisStatus;
}

#define GetExceptionCode _exception_code
unsigned long _exception_code(void);

/* Completes each packet; an access violation below stops here, where the packet is still known. */
NOINLINE VOID Pt6SendComplete(PVOID ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags)
{
    PADAPT pAdapt = ProtocolBindingContext;
    volatile ULONG cPackets = 0;

    __try {
        PNET_BUFFER_LIST pPacket = NetBufferLists;
        while (pPacket) {
            PNET_BUFFER_LIST pNext = pPacket->Next;
            Dot11SendCompletion(pAdapt, pPacket, pPacket->Status);
            cPackets++;
            pPacket = pNext;
        }
    } __except ((GetExceptionCode() == 0xC0000005) ? (__builtin_debugtrap(), EXCEPTION_CONTINUE_SEARCH) : EXCEPTION_CONTINUE_SEARCH) {
        cPackets = 0;
    }
    pAdapt->SendsCompleted += cPackets;
}

FORCEINLINE VOID Dot11PushCompletion(PDOT11_COMPLETION_STACK pStack, PDOT11_COMPLETION_ROUTINE pRoutine, PVOID pContext)
{
    PDOT11_COMPLETION_STACK_ENTRY e = pStack->pTOS++;
    e->pRoutine = pRoutine;
    e->pContext = pContext;
    e->ulSignature = 0x5043314E;
    e->Flags.bIndicate = 1;
    e->Flags.uPriority = 5;
    pStack->ulDepth++;
}

NOINLINE VOID Pt6Send(PVOID ProtocolBindingContext, PNET_BUFFER_LIST NetBufferLists)
{
    PDOT11_COMPLETION_STACK pStack = NdisAllocateNetBufferListContext(NetBufferLists, sizeof(DOT11_COMPLETION_STACK));
    pStack->ulSignature = 0x4B545331;
    pStack->ulDepth = 0;
    pStack->pBOS = pStack->pTOS = pStack->Entries;
    NetBufferLists->ProtocolReserved[1] = pStack;
    Dot11PushCompletion(pStack, Dot11QosCompletion, ProtocolBindingContext);
    Dot11PushCompletion(pStack, Dot11CipherCompletion, ProtocolBindingContext);
}

NTSTATUS DriverEntry(PVOID Object, PVOID Path)
{
    NDIS_PROTOCOL_CHARACTERISTICS c = {Pt6Send, Pt6SendComplete, &g_Adapt};
    return NdisRegisterProtocolDriver(Object, &c);
}
