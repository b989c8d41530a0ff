// A driver in C++: virtual base classes, unions, negative enumerators, references, pointers to members, arrays of arrays.

typedef unsigned long ULONG;

struct Root {
    ULONG rootId = 0x11;
    virtual ULONG Who() { return rootId; }
};
struct Left : virtual Root {
    ULONG left = 0x22;
};
struct Right : virtual Root {
    ULONG right = 0x33;
};
struct Both : Left, Right {
    ULONG both = 0x44;
    ULONG Who() override { return both + rootId; }
};

enum Sign : int { Negative = -1, Positive = 1 };

union Mixed {
    ULONG whole;
    struct {
        unsigned low : 3, high : 5;
    } bits;
    unsigned char bytes[8];
};

struct Pointers {
    ULONG &reference;
    int (*function)(int, char *);
    int (Both::*method)();
    Sign sign;
};

extern "C" int _fltused = 1;

Both g_both;
Mixed g_mixed = {0xa5};
Pointers *g_pointers;
int g_table[2][3] = {{1, 2, 3}, {4, 5, 6}};

extern "C" ULONG DriverEntry(void *, void *RegistryPath) {
    Both copy;
    g_both = copy;
    return g_both.Who() + g_table[1][2] + (RegistryPath ? g_pointers->sign : g_mixed.whole);
}
