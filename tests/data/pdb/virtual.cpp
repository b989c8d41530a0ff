// Virtual bases: direct, shared by two ways, and beside an ordinary base.

struct Root {
    virtual ~Root() {}
    int root;
};
struct Left : virtual Root {
    int left;
};
struct Right : virtual Root {
    long long right;
};
struct Plain {
    int plain[3];
};
struct Both : Plain, Left, Right {
    Both() : both(9) {}
    virtual int count() { return both; }
    int both;
};

void operator delete(void *, unsigned long long) {}
extern "C" {
int _fltused;
void *memset(void *to, int with, unsigned long long) { return to; }
int sum(Both &all, Right &right) { return all.root + all.left + all.plain[1] + all.both + (int)right.right + right.root; }
int DriverEntry(void *driver, void *path) {
    Both all;
    return sum(all, all);
}
}
