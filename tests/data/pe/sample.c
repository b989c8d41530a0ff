/* Small images for the tests of the PE reader. build.sh compiles them. */
#if defined(SAMPLE_DRIVER)
__declspec(dllimport) void KeSample(int);
__declspec(dllimport) void ByOrdinal(void);
__declspec(noinline) int inner(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) { s += p[i]; KeSample(s); } return s; }
__declspec(dllexport) int SampleRead(int *p) { int local[64]; for (int i = 0; i < 64; i++) local[i] = p[i]; return inner(local, 64); }
__declspec(dllexport) int SampleWrite(int *p) { ByOrdinal(); return inner(p, 3) + 1; }
__declspec(dllexport) int SampleLeaf(int p) { return p * 3; }
__declspec(dllexport) int SampleData = 42;
int DriverEntry(void *driver, void *path) { (void)path; return SampleRead(driver) + SampleWrite(driver); }
#else
__declspec(dllexport) int __stdcall Twice(int p) { return p * 2; }
__declspec(dllexport) int Shared = 7;
int __stdcall DllMain(void *a, unsigned b, void *c) { (void)a; (void)c; return (int)b + Shared; }
#endif
