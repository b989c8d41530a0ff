/* Exception unwinding over .pdata, as documented for x64 images. */
#include "ki.h"

VOID *memcpy(void *d, const void *s, SIZE_T n) { __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(n)::"memory"); return d; }
VOID *memset(void *d, int c, SIZE_T n) { void *r = d; __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory"); return r; }

/* Finds the image that holds an address, and its function table entry. */
NOINLINE PRUNTIME_FUNCTION RtlLookupFunctionEntry(ULONG64 Pc, ULONG64 *ImageBase)
{
    PLIST_ENTRY e;

    *ImageBase = 0;
    for (e = PsLoadedModuleList.Flink; e != &PsLoadedModuleList; e = e->Flink) {
        struct _KLDR_DATA_TABLE_ENTRY *m = CONTAINING_RECORD(e, struct _KLDR_DATA_TABLE_ENTRY, InLoadOrderLinks);
        ULONG64 base = (ULONG64)m->DllBase;
        PRUNTIME_FUNCTION table = m->ExceptionTable;
        ULONG lo = 0, hi = m->ExceptionTableSize / sizeof(RUNTIME_FUNCTION);
        if (Pc < base || Pc >= base + m->SizeOfImage)
            continue;
        *ImageBase = base;
        while (lo < hi) {
            ULONG mid = (lo + hi) / 2;
            if (Pc - base < table[mid].BeginAddress)
                hi = mid;
            else if (Pc - base >= table[mid].EndAddress)
                lo = mid + 1;
            else
                return &table[mid];
        }
        return NULL;
    }
    return NULL;
}

/* Undoes one frame; *Handler is the language handler of a function whose body was interrupted. */
NOINLINE static EXCEPTION_ROUTINE *RtlVirtualUnwind(ULONG64 Base, ULONG64 Pc, PRUNTIME_FUNCTION f, PCONTEXT c, PVOID *HandlerData, ULONG64 *Establisher)
{
    ULONG64 *regs = (ULONG64 *)&c->Rax;
    UCHAR *info = (UCHAR *)(Base + f->UnwindData);
    ULONG offset = (ULONG)(Pc - Base - f->BeginAddress), i, machine = 0;
    ULONG64 frame;
    EXCEPTION_ROUTINE *handler = NULL;

    *Establisher = c->Rsp;
    if ((info[3] & 15) && offset >= info[1])
        *Establisher = regs[info[3] & 15] - (info[3] >> 4) * 16;
    if (((info[0] >> 3) & 1) && offset >= info[1]) {
        ULONG *tail = (ULONG *)(info + 4 + ((info[2] + 1) & ~1) * 2);
        handler = (EXCEPTION_ROUTINE *)(Base + tail[0]);
        *HandlerData = tail + 1;
    }
    frame = *Establisher;
again:
    for (i = 0; i < info[2];) {
        UCHAR *code = info + 4 + i * 2;
        ULONG op = code[1] & 15, arg = code[1] >> 4, n = 1;
        USHORT *slot = (USHORT *)(code + 2);
        BOOLEAN done = offset >= code[0];
        switch (op) {
        case 0: if (done) { regs[arg] = *(ULONG64 *)c->Rsp; c->Rsp += 8; } break;
        case 1: n = arg ? 3 : 2; if (done) c->Rsp += arg ? *(ULONG *)slot : slot[0] * 8; break;
        case 2: if (done) c->Rsp += arg * 8 + 8; break;
        case 3: if (done) c->Rsp = regs[info[3] & 15] - (info[3] >> 4) * 16; break;
        case 4: n = 2; if (done) regs[arg] = *(ULONG64 *)(frame + slot[0] * 8); break;
        case 5: n = 3; if (done) regs[arg] = *(ULONG64 *)(frame + *(ULONG *)slot); break;
        case 6: break;
        case 8: n = 2; if (done) memcpy(&c->Xmm0 + arg, (PVOID)(frame + slot[0] * 16), 16); break;
        case 9: n = 3; if (done) memcpy(&c->Xmm0 + arg, (PVOID)(frame + *(ULONG *)slot), 16); break;
        case 10: {
            ULONG64 *m = (ULONG64 *)(c->Rsp + arg * 8);
            c->Rip = m[0];
            c->Rsp = m[3];
            machine = 1;
            break;
        }
        default: return NULL;
        }
        i += n;
    }
    /* A chained entry goes on with its parent, whose prolog has run as a whole. */
    if ((info[0] >> 3) & 4) {
        f = (PRUNTIME_FUNCTION)(info + 4 + ((info[2] + 1) & ~1) * 2);
        info = (UCHAR *)(Base + f->UnwindData);
        offset = 0xFFFF;
        goto again;
    }
    if (!machine) {
        c->Rip = *(ULONG64 *)c->Rsp;
        c->Rsp += 8;
    }
    return handler;
}

NOINLINE BOOLEAN RtlDispatchException(PEXCEPTION_RECORD Record, PCONTEXT Context)
{
    PKTHREAD Thread = KeGetCurrentThread();
    CONTEXT Unwind __attribute__((aligned(16)));
    DISPATCHER_CONTEXT Dispatcher;
    ULONG depth;

    memcpy(&Unwind, Context, sizeof(Unwind));
    for (depth = 0; depth < 200; depth++) {
        ULONG64 base, establisher, pc = Unwind.Rip;
        PVOID data = NULL;
        EXCEPTION_ROUTINE *handler;
        PRUNTIME_FUNCTION f;
        if (Unwind.Rsp < (ULONG64)Thread->StackLimit || Unwind.Rsp >= (ULONG64)Thread->StackBase)
            return FALSE;
        f = RtlLookupFunctionEntry(pc, &base);
        if (!f) {
            Unwind.Rip = *(ULONG64 *)Unwind.Rsp;
            Unwind.Rsp += 8;
            continue;
        }
        handler = RtlVirtualUnwind(base, pc, f, &Unwind, &data, &establisher);
        if (!handler)
            continue;
        Dispatcher.ControlPc = pc;
        Dispatcher.ImageBase = base;
        Dispatcher.FunctionEntry = f;
        Dispatcher.EstablisherFrame = establisher;
        Dispatcher.ContextRecord = &Unwind;
        Dispatcher.LanguageHandler = handler;
        Dispatcher.HandlerData = data;
        Dispatcher.ScopeIndex = 0;
        if (RtlpExecuteHandlerForException(Record, (PVOID)establisher, Context, &Dispatcher) == 0)
            return TRUE;
    }
    return FALSE;
}

/* Runs the filters of the scopes that hold the interrupted address; no filter here ever asks to continue. */
NOINLINE int __C_specific_handler(PEXCEPTION_RECORD Record, PVOID Frame, PCONTEXT Context, PVOID DispatcherContext)
{
    PDISPATCHER_CONTEXT d = DispatcherContext;
    PSCOPE_TABLE scopes = d->HandlerData;
    ULONG rva = (ULONG)(d->ControlPc - d->ImageBase), i;

    for (i = 0; i < scopes->Count; i++) {
        EXCEPTION_POINTERS pointers;
        if (rva < scopes->ScopeRecord[i].BeginAddress || rva >= scopes->ScopeRecord[i].EndAddress || !scopes->ScopeRecord[i].JumpTarget)
            continue;
        pointers.ExceptionRecord = Record;
        pointers.ContextRecord = Context;
        if (scopes->ScopeRecord[i].HandlerAddress == 1)
            return 0;
        if (((EXCEPTION_FILTER *)(d->ImageBase + scopes->ScopeRecord[i].HandlerAddress))(&pointers, Frame) < 0)
            return 0;
    }
    return 1;
}
