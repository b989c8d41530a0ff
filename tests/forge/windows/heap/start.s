# Where system threads begin; their return addresses are known to the forge.
    .text
    .globl KiStartSystemThread
    .def KiStartSystemThread; .scl 2; .type 32; .endef
    .p2align 4
KiStartSystemThread:
    .seh_proc KiStartSystemThread
    subq $56, %rsp
    .seh_stackalloc 56
    .seh_endprologue
    callq *%rax
    nop
    int3
    .seh_endproc

    .globl PspSystemThreadStartup
    .def PspSystemThreadStartup; .scl 2; .type 32; .endef
    .p2align 4
PspSystemThreadStartup:
    .seh_proc PspSystemThreadStartup
    subq $40, %rsp
    .seh_stackalloc 40
    .seh_endprologue
    callq *%rax
    nop
    int3
    .seh_endproc
