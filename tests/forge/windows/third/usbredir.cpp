// "Fabrikam" USB redirector, a C++ driver: classes, templates, virtual functions, inlining, structured exceptions.
extern "C" {
#include "nt.h"
}

inline void *operator new(decltype(sizeof(0)), void *p) noexcept { return p; }
extern "C" void _purecall() {}
extern "C" int _fltused = 0;

namespace Redirect {

template <typename T, unsigned N> class RingBuffer {
public:
    bool Push(const T &value) { if (Count == N) return false; Items[(Head + Count++) % N] = value; return true; }
    T &Front() { return Items[Head]; }
    unsigned Count = 0, Head = 0;
    T Items[N];
};

struct Transfer { ULONG Id; ULONG Length; void *Buffer; Transfer *Next; };

class Node {
public:
    virtual ULONG Submit(Transfer *transfer, ULONG depth) = 0;
    virtual ULONG Priority() const { return 4; }
    Node *Peer = nullptr;
    ULONG64 Submitted = 0;
protected:
    static __forceinline ULONG Checksum(const UCHAR *data, ULONG n) { ULONG s = 0; for (ULONG i = 0; i < n; i++) s = s * 31 + data[i]; return s; }
};

class Hub : public Node {
public:
    ULONG Submit(Transfer *transfer, ULONG depth) override;
    ULONG Priority() const override { return 9; }
    RingBuffer<Transfer, 4> Pending;
};

class Endpoint final : public Node {
public:
    ULONG Submit(Transfer *transfer, ULONG depth) override;
    UCHAR Address = 0x81;
};

// A hub forwards what it cannot queue to its peer, and the peer gives it straight back: nobody counts.
NOINLINE ULONG Hub::Submit(Transfer *transfer, ULONG depth)
{
    UCHAR setup[0x90];
    setup[0x80 + (depth & 7)] = (UCHAR)transfer->Id;
    Submitted++;
    if (Pending.Push(*transfer) && Pending.Count < 2)
        transfer->Length += 8;
    ULONG result = Peer->Submit(transfer, depth + 1);
    return result + Checksum(setup + 0x80, 8) + Priority();
}

NOINLINE ULONG Endpoint::Submit(Transfer *transfer, ULONG depth)
{
    UCHAR packet[0x120];
    packet[0x110 + (depth & 7)] = Address;
    Submitted++;
    ULONG result = Peer->Submit(transfer, depth + 1);
    return result + Checksum(packet + 0x110, 4);
}

Hub RootHub;
Endpoint BulkIn;
Transfer First = {0x1D6B, 512, nullptr, nullptr};

extern "C" NOINLINE ULONG UsbrStartTransfer(Transfer *transfer)
{
    volatile ULONG status = 0;
    __try {
        status = RootHub.Submit(transfer, 0);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        status = 0xC0000001;
    }
    return status;
}

} // namespace Redirect

extern "C" NOINLINE void UsbrWorker(void *context)
{
    Redirect::UsbrStartTransfer((Redirect::Transfer *)context);
    __asm__ volatile("" ::: "memory");
}

extern "C" NTSTATUS DriverEntry(PVOID Object, PVOID Path)
{
    // No C++ start-up code runs here: the objects are made by hand.
    new (&Redirect::RootHub) Redirect::Hub();
    new (&Redirect::BulkIn) Redirect::Endpoint();
    Redirect::RootHub.Peer = &Redirect::BulkIn;
    Redirect::BulkIn.Peer = &Redirect::RootHub;
    return 0;
}
