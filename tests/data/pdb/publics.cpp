// An image whose PDB has public names alone: compiled without debug information. Names are plain and decorated; several
// share an address; functions, data and imports stand in three sections.

extern "C" int shared = 7;
int counts[300];
namespace gate {
const char text[] = "a gate";
struct Door {
    virtual ~Door() {}
    virtual int open(int by) { return by + shared; }
};
Door front;
int knock(Door &door, int times) { return door.open(times) * times; }
int knock(Door &door) { return door.open(1); }
} // namespace gate

extern "C" {
// The linker folds these two into one piece of code.
int folded_first(int x) { return x * 77 + 5; }
int folded_second(int x) { return x * 77 + 5; }
int pad(int x) { return x ^ counts[x & 255]; }
void __chkstk() {}
int _fltused;
int DriverEntry(void *driver, void *path) {
    counts[3] = gate::knock(gate::front, folded_first(3));
    return folded_second(4) + pad(9) + gate::knock(gate::front) + gate::text[2];
}
void _purecall() {}
}
void operator delete(void *, unsigned long long) {}

// Other names for what is above, and one that stands in no section.
asm(".globl alias_of_pad\n alias_of_pad = pad\n"
    ".globl absolute\n absolute = 0x1234\n");
