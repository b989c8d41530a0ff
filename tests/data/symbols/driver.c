/* A driver in C: variables in registers, on the stack, split and gone; functions inlined into each other. */

typedef unsigned long ULONG;
typedef unsigned char UCHAR;
typedef unsigned long long ULONGLONG;

typedef struct _ENTRY {
    struct _ENTRY *Next;
    ULONG Key;
    ULONG Low : 4;
    ULONG High : 28;
    union {
        ULONGLONG Whole;
        struct {
            ULONG Half;
            UCHAR Bytes[4];
        };
    };
    UCHAR Name[16];
    void (*Notify)(struct _ENTRY *Entry, ULONG Reason);
} ENTRY, *PENTRY;

typedef enum _STATE {
    StateIdle,
    StateBusy = 5,
    StateGone = -1,
} STATE;

typedef struct _PAIR {
    ULONGLONG First;
    ULONGLONG Second;
} PAIR;

ENTRY *ListHead;
ULONG Counters[8];
STATE CurrentState = StateBusy;
static ULONG Hidden;

__declspec(noinline) void Touch(void *Where) { *(volatile UCHAR *)Where = 1; }

__declspec(noinline) ULONGLONG Mix(ULONGLONG Value, ULONG Round) {
    return Value * 0x9E3779B97F4A7C15ull + Round;
}

__forceinline ULONG Fold(ULONGLONG Value) {
    ULONG Upper = (ULONG)(Value >> 32);
    return Upper ^ (ULONG)Value;
}

__forceinline ULONG HashName(const UCHAR *Name, ULONG Length) {
    ULONGLONG Hash = 5381;
    for (ULONG Index = 0; Index < Length; Index++)
        Hash = Mix(Hash, Name[Index]);
    return Fold(Hash);
}

__declspec(noinline) ENTRY *Find(ENTRY *Head, const UCHAR *Name, ULONG Length) {
    ULONG Key = HashName(Name, Length);
    ENTRY *Entry = Head;
    while (Entry) {
        if (Entry->Key == Key) {
            Counters[Key & 7]++;
            return Entry;
        }
        Entry = Entry->Next;
    }
    Hidden++;
    return 0;
}

__declspec(noinline) ULONGLONG Split(ULONGLONG A, ULONGLONG B) {
    PAIR Pair = {A, B};
    for (ULONG Round = 0; Round < 4; Round++) {
        Pair.First = Mix(Pair.First, Round);
        Pair.Second ^= Pair.First;
    }
    return Pair.First + Pair.Second;
}

__declspec(noinline) ULONG OnStack(ULONG Size) {
    static ULONG Calls;
    UCHAR Buffer[64];
    ULONG Sum = 0;
    for (ULONG Index = 0; Index < sizeof(Buffer); Index++)
        Buffer[Index] = (UCHAR)(Index * Size);
    Touch(Buffer);
    for (ULONG Index = 0; Index < sizeof(Buffer); Index++)
        Sum += Buffer[Index];
    Calls += Sum;
    return Calls;
}

ULONG DriverEntry(void *DriverObject, void *RegistryPath) {
    const ULONG Answer = 42;
    ULONG Size = (ULONG)(ULONGLONG)RegistryPath + Answer;
    ENTRY *Found = Find(ListHead, (const UCHAR *)"driver", 6);
    if (Found && Found->Notify)
        Found->Notify(Found, (ULONG)Split(Size, (ULONGLONG)DriverObject));
    return OnStack(Size) == Answer ? (ULONG)CurrentState : 0;
}
