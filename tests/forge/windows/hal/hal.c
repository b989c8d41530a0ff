/* The hardware abstraction layer of the fixture Windows: enough to be in the module list with exports. */
#define BUILDING_NT
#include "nt.h"
ULONG64 HalpPerformanceFrequency = 10000000;
EXPORT ULONG64 HalQueryPerformanceFrequency(VOID) { return HalpPerformanceFrequency; }
EXPORT NOINLINE VOID HalProcessorIdle(VOID) { __asm__ volatile("sti; nop; hlt"); }
EXPORT NOINLINE VOID HalRequestSoftwareInterrupt(KIRQL Level) { *(volatile ULONG64 *)&HalpPerformanceFrequency += Level; }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { return 0; }
