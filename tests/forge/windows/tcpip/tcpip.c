/* The network protocol of the fixture Windows: one exported variable that a wrong call ends in. */
#define BUILDING_NT
#include "nt.h"
typedef struct _IPV4_GLOBAL { ULONG64 Signature; LIST_ENTRY Interfaces; ULONG64 Datagrams; ULONG Ttl; UCHAR Loopback[64]; } IPV4_GLOBAL;
__declspec(dllexport) IPV4_GLOBAL Ipv4Global = {0x34765049, {0, 0}, 128, 64};
EXPORT NOINLINE ULONG64 IppReceivedDatagrams(VOID) { return Ipv4Global.Datagrams; }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
