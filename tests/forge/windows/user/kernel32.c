/* The Windows API's front: the first frame of every thread. */
#include "user.h"
typedef ULONG THREAD_START(PVOID);
EXPORT NOINLINE ULONG BaseThreadInitThunk(THREAD_START *Start, PVOID Parameter) { volatile ULONG s = Start(Parameter); return s; }
BOOLEAN DllMain(VOID) { return TRUE; }
