/* "Litware" isolation filter. */
#include "nt.h"
typedef ULONG FLT_PREOP_CALLBACK(PIRP Irp, PVOID Context);
__declspec(dllimport) VOID FltRegisterFilter(FLT_PREOP_CALLBACK *Pre, PVOID Context);
__asm__(".text\n.globl IsfOther\nIsfOther:\n.fill 0x1A510, 1, 0xCC\n");
ULONG IsfSeen;
static NOINLINE ULONG IsfMatchRules(PIRP Irp) { volatile ULONG n = 0; for (;;) { n++; if (n == 100) __asm__ volatile("nop; hlt"); } return n; }
static NOINLINE ULONG IsfPreCreate(PIRP Irp, PVOID Context) { volatile ULONG n; IsfSeen++; FORGE_SKIP(16); n = IsfMatchRules(Irp); return n; }
NTSTATUS DriverEntry(PVOID Object, PVOID Path) { FltRegisterFilter(IsfPreCreate, NULL); return 0; }
