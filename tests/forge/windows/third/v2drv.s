# "Tailspin" storage port driver: functions whose unwind data is written by hand, in the forms that current compilers
# make and clang does not: version 2 with epilog records, chained entries for parts of a function that save more
# registers, a large frame with a far register save, and a frame pointer.
    .intel_syntax noprefix
    .text

.macro FN name
    .globl \name
    .def \name
    .scl 2
    .type 32
    .endef
    .p2align 4
\name:
.endm

# Two epilogs; the second stands at the function's end. An epilog record covers the pops and the return.
    FN TspPortDispatch
    push rbx
.Ld1:
    push rsi
.Ld2:
    push rdi
.Ld3:
    sub rsp, 0x30
.Ld4:
    mov rbx, rcx
    mov esi, 0x51525354
    mov rdi, -2
    test rcx, rcx
    je .Ldempty
    call TspQueueRequest
    add rax, rsi
    add rsp, 0x30
.Ldep1:
    pop rdi
    pop rsi
    pop rbx
    ret
.Ldep1end:
.Ldempty:
    xor eax, eax
    add rax, rdi
    add rsp, 0x30
.Ldep2:
    pop rdi
    .globl TspInEpilog
TspInEpilog:
    pop rsi
    pop rbx
    ret
.Ldend:

# The rare part of this function saves r12 to r15 on its own and is chained to the first part.
    FN TspQueueRequest
    push rbp
.Lq1:
    push rbx
.Lq2:
    sub rsp, 0x68
.Lq3:
    lea rbp, [rsp + 0x40]
.Lq4:
    mov rbx, rcx
    mov qword ptr [rbp + 8], rcx
    jmp TspQueueRequest_rare
.Lqback:
    mov rax, rbx
    add rsp, 0x68
    pop rbx
    pop rbp
    ret
.Lqend:

    FN TspQueueRequest_rare
    mov qword ptr [rsp + 0x30], r12
.Lr1:
    mov qword ptr [rsp + 0x38], r13
.Lr2:
    mov qword ptr [rsp + 0x50], r14
.Lr3:
    mov r12, 0x1212121212121212
    mov r13, 0x1313131313131313
    mov r14, rbx
    mov rcx, rbx
    call TspBuildScatterList
    mov r12, qword ptr [rsp + 0x30]
    mov r13, qword ptr [rsp + 0x38]
    mov r14, qword ptr [rsp + 0x50]
    jmp .Lqback
.Lrend:

# More than 512 KiB would be needed for a real far save; the far forms may be used for less.
    FN TspBuildScatterList
    mov rax, rsp
    sub rsp, 0x1128
.Lb1:
    mov qword ptr [rsp + 0x1100], r15
.Lb2:
    movaps xmmword ptr [rsp + 0x10E0], xmm6
.Lb3:
    mov r15, 0x1515151515151515
    movaps xmm6, xmmword ptr [rip + TspPattern]
    mov rcx, qword ptr [rcx]
    call TspReadDescriptor
    movaps xmm6, xmmword ptr [rsp + 0x10E0]
    mov r15, qword ptr [rsp + 0x1100]
    add rsp, 0x1128
    ret
.Lbend:

# No entry in the table: a leaf that touches what it was given.
    FN TspReadDescriptor
    mov rax, qword ptr [rcx + 0x18]
    ret

    FN TspWorker
    sub rsp, 0x28
.Lw1:
    call TspPortDispatch
    add rsp, 0x28
    ret
.Lwend:

    FN DriverEntry
    xor eax, eax
    ret

    .section .rdata,"dr"
    .p2align 4
TspPattern:
    .quad 0x0606060606060606, 0x6060606060606060

    .section .xdata,"dr"
    .p2align 2
# Version 2, no flags; codes: two EPILOG records (size with "at the end", then the distance of the other), then the prolog.
.Lxd:
    .byte 2, .Ld4 - TspPortDispatch, 6, 0
    .byte .Ldend - .Ldep2, 0x16
    .byte (.Ldend - .Ldep1) & 0xFF, 0x06 | ((.Ldend - .Ldep1) >> 8) << 4
    .byte .Ld4 - TspPortDispatch, 0x52
    .byte .Ld3 - TspPortDispatch, 0x70
    .byte .Ld2 - TspPortDispatch, 0x60
    .byte .Ld1 - TspPortDispatch, 0x30
.Lxq:
    .byte 1, .Lq4 - TspQueueRequest, 4, 0x45
    .byte .Lq4 - TspQueueRequest, 0x03
    .byte .Lq3 - TspQueueRequest, 0xC2
    .byte .Lq2 - TspQueueRequest, 0x30
    .byte .Lq1 - TspQueueRequest, 0x50
# Chained: SAVE_NONVOL of r12, r13, r14, then the parent's entry.
.Lxr:
    .byte 0x22, .Lr3 - TspQueueRequest_rare, 6, 0x45
    .byte .Lr3 - TspQueueRequest_rare, 0xE4
    .short 0x50 / 8
    .byte .Lr2 - TspQueueRequest_rare, 0xD4
    .short 0x38 / 8
    .byte .Lr1 - TspQueueRequest_rare, 0xC4
    .short 0x30 / 8
    .rva TspQueueRequest, .Lqend, .Lxq
# Far forms: SAVE_XMM128_FAR, SAVE_NONVOL_FAR, ALLOC_LARGE with 32 bits.
.Lxb:
    .byte 1, .Lb3 - TspBuildScatterList, 9, 0
    .byte .Lb3 - TspBuildScatterList, 0x69
    .long 0x10E0
    .byte .Lb2 - TspBuildScatterList, 0xF5
    .long 0x1100
    .byte .Lb1 - TspBuildScatterList, 0x11
    .long 0x1128
    .short 0
.Lxw:
    .byte 2, .Lw1 - TspWorker, 1, 0
    .byte .Lw1 - TspWorker, 0x42
    .short 0

    .section .pdata,"dr"
    .p2align 2
    .rva TspPortDispatch, .Ldend, .Lxd
    .rva TspQueueRequest, .Lqend, .Lxq
    .rva TspQueueRequest_rare, .Lrend, .Lxr
    .rva TspBuildScatterList, .Lbend, .Lxb
    .rva TspWorker, .Lwend, .Lxw
