/* "Litware" isolated workspace driver: opens files for the agent from a system thread. */
#include "nt.h"
__asm__(".text\n.globl IspOther\nIspOther:\n.fill 0x37F50, 1, 0xCC\n");
PDEVICE_OBJECT IspTarget;
PIRP IspIrp;
static NOINLINE NTSTATUS IspOpen(PVOID Context) { volatile NTSTATUS s; FORGE_SKIP(11); s = IofCallDriver(IspTarget, IspIrp); return s; }
NOINLINE VOID IspWorker(PVOID Context) { volatile NTSTATUS s = IspOpen(Context); }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
