# Its worker stops the machine; the return address is known to the forge.
    .text
    .globl PccCheckEntries
    .def PccCheckEntries; .scl 2; .type 32; .endef
    .p2align 4
PccCheckEntries:
    .seh_proc PccCheckEntries
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    callq *__imp_KeBugCheckEx(%rip)
    nop
    int3
    .seh_endproc
