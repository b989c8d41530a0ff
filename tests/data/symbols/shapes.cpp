// A driver in C++: classes with bases, virtual functions, templates and static members.

typedef unsigned long ULONG;
typedef unsigned long long ULONGLONG;

namespace geometry {

enum class Kind : unsigned char { Circle, Square = 7 };

class Shape {
public:
    virtual ULONG Area() const = 0;
    virtual void Scale(ULONG Factor) { m_scale *= Factor; }
    ULONG Id() const { return m_id; }
    static ULONG s_count;

protected:
    ULONG m_id = 1;
    ULONG m_scale = 1;
    bool m_visible = true;
};

struct Named {
    const char *Name = "unnamed";
    wchar_t Letter = L'x';
    virtual const char *Describe() { return Name; }
};

class Square : public Shape, public Named {
public:
    explicit Square(ULONG Side) : m_side(Side) { s_count++; }
    ULONG Area() const override { return m_side * m_side * m_scale; }
    const char *Describe() override { return "square"; }

private:
    ULONG m_side;
    Kind m_kind = Kind::Square;
    double m_ratio = 1.5;
};

template <typename T, int N> struct Ring {
    T Items[N];
    int Head = 0;
    void Push(const T &Item) {
        Items[Head] = Item;
        Head = (Head + 1) % N;
    }
    T Sum() const {
        T Total = 0;
        for (int Index = 0; Index < N; Index++)
            Total += Items[Index];
        return Total;
    }
};

ULONG Shape::s_count;

} // namespace geometry

using namespace geometry;

extern "C" void __cdecl __stdio_common(void) {}
extern "C" int _purecall() { return 0; }
extern "C" int _fltused = 1;

Ring<ULONG, 8> g_ring;
Shape *g_shape;

__declspec(noinline) ULONG Measure(const Shape &Item, Ring<ULONG, 8> &History) {
    ULONG Area = Item.Area();
    History.Push(Area);
    return History.Sum() + Item.Id();
}

extern "C" ULONG DriverEntry(void *, void *RegistryPath) {
    Square Local((ULONG)(ULONGLONG)RegistryPath);
    g_shape = &Local;
    g_shape->Scale(3);
    return Measure(Local, g_ring);
}
