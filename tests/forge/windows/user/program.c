/* One source for the fixture's ordinary programs: what each does is wait. */
#include "user.h"
__declspec(dllimport) ULONG WaitForSingleObjectEx(PVOID, ULONG, BOOLEAN);
__declspec(dllimport) ULONG WaitForSingleObject(PVOID, ULONG);
__declspec(dllimport) ULONG SleepEx(ULONG, BOOLEAN);
__declspec(dllimport) ULONG TppWorkerThread(PVOID);
NOINLINE EXPORT ULONG ServiceWorker(PVOID Handle) { volatile ULONG s = WaitForSingleObject(Handle, 0xFFFFFFFF); return s; }
NOINLINE EXPORT ULONG ServicePoll(PVOID Handle) { volatile ULONG s = SleepEx(1000, 0); return s; }
NOINLINE EXPORT ULONG ServicePool(PVOID Handle) { volatile ULONG s = TppWorkerThread(Handle); return s; }
NOINLINE EXPORT ULONG ServiceSpin(PVOID Count) { volatile ULONG64 n = 0; for (;;) { n += 3; if (n > (ULONG64)Count) __asm__ volatile("nop; hlt"); } return 0; }
NOINLINE ULONG mainCRTStartup(PVOID Handle) { volatile ULONG s = ServiceWorker(Handle); return s; }
