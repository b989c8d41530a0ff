/* A driver of somebody else with pool blocks of its own: their tags stand in its code and in its data. */
typedef unsigned long ULONG;
typedef unsigned long long ULONG64;
__declspec(dllimport) void *ExAllocatePoolWithTag(int PoolType, ULONG64 NumberOfBytes, ULONG Tag);
__declspec(dllimport) void ExFreePoolWithTag(void *P, ULONG Tag);

ULONG PccTags[] = {0x32436350 /* PcC2 */, 0x33436350 /* PcC3 */};
void *PccEntries[8];
ULONG PccCount;

__attribute__((noinline)) void *PccAllocateEntry(ULONG64 bytes)
{
    /* PcC1 */
    return ExAllocatePoolWithTag(512, bytes + 16, 0x31436350);
}

__attribute__((noinline)) void PccFreeEntry(void *entry)
{
    if (PccCount)
        PccCount--;
    ExFreePoolWithTag(entry, 0x31436350);
}

__attribute__((noinline)) void *PccAllocateIndex(ULONG which)
{
    return ExAllocatePoolWithTag(1, 0x1800, PccTags[which & 1]);
}

int DriverEntry(void *driver, void *path)
{
    PccEntries[0] = PccAllocateEntry(0x40);
    PccEntries[1] = PccAllocateIndex(1);
    PccFreeEntry(PccEntries[0]);
    return 0;
}
