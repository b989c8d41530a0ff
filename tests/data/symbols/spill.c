/* A driver in C whose variables are passed by reference, spilled, and in a frame of changing size. */
typedef unsigned long ULONG;
typedef unsigned long long ULONGLONG;
typedef struct _BIG { ULONGLONG A[6]; } BIG;
void Use(void *P);
__declspec(noinline) void Use(void *P) { *(volatile char *)P = 1; }
__declspec(noinline) ULONGLONG ByValue(BIG Value, ULONG Index) { Use(&Value); return Value.A[Index]; }
__declspec(noinline) ULONGLONG Dynamic(ULONG Size) {
    char *Area = __builtin_alloca(Size);
    BIG Local = {{1, 2, 3, 4, 5, 6}};
    Use(Area);
    Use(&Local);
    return Local.A[Size & 3] + Area[0];
}
__declspec(noinline) ULONGLONG Pressure(ULONGLONG A, ULONGLONG B, ULONGLONG C, ULONGLONG D, ULONGLONG E, ULONGLONG F) {
    ULONGLONG G = A * B, H = C * D, I = E * F, J = A + C, K = B + D, L = E ^ F, M = A ^ F, N = B ^ E, O = C + F, P = D * E;
    for (ULONG Round = 0; Round < (ULONG)A; Round++) { G += H * I; H ^= J + K; I += L; J ^= M; K += N; L ^= O; M += P; N ^= G; O += H; P ^= I; Use(&A); }
    return G + H + I + J + K + L + M + N + O + P;
}
ULONG DriverEntry(void *D, void *R) { BIG Big = {{(ULONGLONG)D}}; return (ULONG)(ByValue(Big, 1) + Dynamic((ULONG)(ULONGLONG)R) + Pressure(1,2,3,4,5,(ULONGLONG)R)); }
int _fltused; void __chkstk(void){} void *memset(void*d,int c,unsigned long long n){char*p=d;while(n--)*p++=c;return d;} void *memcpy(void*d,const void*s,unsigned long long n){char*p=d;const char*q=s;while(n--)*p++=*q++;return d;}
