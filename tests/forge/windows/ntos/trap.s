# Trap, exception and system service entry of the fixture kernel.
# Register save areas are KTRAP_FRAME (0x190 bytes, rbp = frame + 0x80) and KEXCEPTION_FRAME (0x140 bytes).
    .intel_syntax noprefix
    .text

.macro FUNC name
    .globl \name
    .def \name
    .scl 2
    .type 32
    .endef
    .p2align 6
\name:
    .seh_proc \name
.endm

# The processor has pushed SS, RSP, EFLAGS, CS, RIP (and an error code when \code is 1).
.macro TRAP_ENTRY name code
    FUNC \name
.if \code
    .seh_pushframe @code
.else
    .seh_pushframe
    sub rsp, 8
    .seh_stackalloc 8
.endif
    push rbp
    .seh_pushreg rbp
    sub rsp, 0x158
    .seh_stackalloc 0x158
    lea rbp, [rsp + 0x80]
    .seh_setframe rbp, 0x80
    .seh_endprologue
    mov byte ptr [rbp - 0x55], 1
    mov [rbp - 0x50], rax
    mov [rbp - 0x48], rcx
    mov [rbp - 0x40], rdx
    mov [rbp - 0x38], r8
    mov [rbp - 0x30], r9
    mov [rbp - 0x28], r10
    mov [rbp - 0x20], r11
    mov al, byte ptr [rbp + 0xF0]
    and al, 1
    mov byte ptr [rbp - 0x58], al
    je 1f
    swapgs
1:  mov rax, cr8
    mov byte ptr [rbp - 0x57], al
    cld
    stmxcsr [rbp - 0x54]
    movaps [rbp - 0x10], xmm0
    movaps [rbp], xmm1
    movaps [rbp + 0x10], xmm2
    movaps [rbp + 0x20], xmm3
    movaps [rbp + 0x30], xmm4
    movaps [rbp + 0x40], xmm5
.endm

# Gives the interrupted code its registers back.
.macro TRAP_EXIT
    movaps xmm0, [rbp - 0x10]
    movaps xmm1, [rbp]
    movaps xmm2, [rbp + 0x10]
    movaps xmm3, [rbp + 0x20]
    movaps xmm4, [rbp + 0x30]
    movaps xmm5, [rbp + 0x40]
    mov r11, [rbp - 0x20]
    mov r10, [rbp - 0x28]
    mov r9, [rbp - 0x30]
    mov r8, [rbp - 0x38]
    mov rdx, [rbp - 0x40]
    mov rcx, [rbp - 0x48]
    mov rax, [rbp - 0x50]
    mov rsp, rbp
    mov rbp, [rbp + 0xD8]
    add rsp, 0xE8
    iretq
.endm

# Saves the nonvolatile registers in a KEXCEPTION_FRAME at rsp.
.macro EXCEPTION_FRAME size
    sub rsp, \size
    .seh_stackalloc \size
    lea rax, [rsp + 0x100]
    movaps [rsp + 0x30], xmm6
    .seh_savexmm xmm6, 0x30
    movaps [rsp + 0x40], xmm7
    .seh_savexmm xmm7, 0x40
    movaps [rsp + 0x50], xmm8
    .seh_savexmm xmm8, 0x50
    movaps [rsp + 0x60], xmm9
    .seh_savexmm xmm9, 0x60
    movaps [rsp + 0x70], xmm10
    .seh_savexmm xmm10, 0x70
    movaps [rax - 0x80], xmm11
    .seh_savexmm xmm11, 0x80
    movaps [rax - 0x70], xmm12
    .seh_savexmm xmm12, 0x90
    movaps [rax - 0x60], xmm13
    .seh_savexmm xmm13, 0xA0
    movaps [rax - 0x50], xmm14
    .seh_savexmm xmm14, 0xB0
    movaps [rax - 0x40], xmm15
    .seh_savexmm xmm15, 0xC0
    mov [rax], rbx
    .seh_savereg rbx, 0x100
    mov [rax + 8], rdi
    .seh_savereg rdi, 0x108
    mov [rax + 0x10], rsi
    .seh_savereg rsi, 0x110
    mov [rax + 0x18], r12
    .seh_savereg r12, 0x118
    mov [rax + 0x20], r13
    .seh_savereg r13, 0x120
    mov [rax + 0x28], r14
    .seh_savereg r14, 0x128
    mov [rax + 0x30], r15
    .seh_savereg r15, 0x130
    .seh_endprologue
.endm

.macro RESTORE_EXCEPTION_FRAME size
    lea rcx, [rsp + 0x100]
    movaps xmm6, [rsp + 0x30]
    movaps xmm7, [rsp + 0x40]
    movaps xmm8, [rsp + 0x50]
    movaps xmm9, [rsp + 0x60]
    movaps xmm10, [rsp + 0x70]
    movaps xmm11, [rcx - 0x80]
    movaps xmm12, [rcx - 0x70]
    movaps xmm13, [rcx - 0x60]
    movaps xmm14, [rcx - 0x50]
    movaps xmm15, [rcx - 0x40]
    mov rbx, [rcx]
    mov rdi, [rcx + 8]
    mov rsi, [rcx + 0x10]
    mov r12, [rcx + 0x18]
    mov r13, [rcx + 0x20]
    mov r14, [rcx + 0x28]
    mov r15, [rcx + 0x30]
    add rsp, \size
.endm

# Builds an EXCEPTION_RECORD at rsp+0x140 from ecx code, edx count, r8 address, r9/r10/r11 parameters.
.macro EXCEPTION_RECORD_HERE
    lea rax, [rsp + 0x140]
    mov [rax], ecx
    xor ecx, ecx
    mov [rax + 4], ecx
    mov [rax + 8], rcx
    mov [rax + 0x10], r8
    mov [rax + 0x18], edx
    mov [rax + 0x20], r9
    mov [rax + 0x28], r10
    mov [rax + 0x30], r11
.endm

    FUNC KiExceptionDispatch
    EXCEPTION_FRAME 0x1D8
    EXCEPTION_RECORD_HERE
    mov r9b, byte ptr [rbp + 0xF0]
    and r9b, 1
    mov byte ptr [rsp + 0x20], 1
    lea r8, [rbp - 0x80]
    mov rdx, rsp
    mov rcx, rax
    call KiDispatchException
    RESTORE_EXCEPTION_FRAME 0x1D8
    ret
    .seh_endproc

# ecx code, rdx, r8, r9, r10 the four parameters.
    FUNC KiBugCheckDispatch
    EXCEPTION_FRAME 0x138
    mov [rsp + 0x20], r10
    call KeBugCheckEx
    nop
    RESTORE_EXCEPTION_FRAME 0x138
    ret
    .seh_endproc

# ecx = fast fail code.
    FUNC KiFastFailDispatch
    EXCEPTION_FRAME 0x1D8
    mov r9, rcx
    mov ecx, 0xC0000409
    EXCEPTION_RECORD_HERE
    mov dword ptr [rax + 4], 1
    mov rdx, r9
    mov r9, rax
    lea r8, [rbp - 0x80]
    xor r10d, r10d
    mov ecx, 0x139
    call KiBugCheckDispatch
    nop
    RESTORE_EXCEPTION_FRAME 0x1D8
    ret
    .seh_endproc

    TRAP_ENTRY KiPageFault 1
    mov rdx, cr2
    mov [rbp + 0x50], rdx
    mov ecx, dword ptr [rbp + 0xE0]
    shr ecx, 1
    and ecx, 9
    mov byte ptr [rbp - 0x56], cl
    mov ecx, dword ptr [rbp + 0xE0]
    movzx r8d, byte ptr [rbp - 0x58]
    lea r9, [rbp - 0x80]
    call MmAccessFault
    test eax, eax
    jns .Lpf_exit
    cmp eax, 0xD0000006
    je .Lpf_irql
    mov ecx, eax
    mov edx, 2
    movzx r9d, byte ptr [rbp - 0x56]
    mov r10, [rbp + 0x50]
    xor r11d, r11d
    mov r8, [rbp + 0xE8]
    call KiExceptionDispatch
    nop
.Lpf_exit:
    TRAP_EXIT
.Lpf_irql:
    mov ecx, 0xD1
    mov rdx, [rbp + 0x50]
    movzx r8d, byte ptr [rbp - 0x57]
    movzx r9d, byte ptr [rbp - 0x56]
    mov r10, [rbp + 0xE8]
    call KiBugCheckDispatch
    nop
    TRAP_EXIT
    .seh_endproc

    TRAP_ENTRY KiBreakpointTrap 0
    mov r8, [rbp + 0xE8]
    dec r8
    mov [rbp + 0xE8], r8
    mov ecx, 0x80000003
    mov edx, 1
    xor r9d, r9d
    xor r10d, r10d
    xor r11d, r11d
    call KiExceptionDispatch
    nop
    TRAP_EXIT
    .seh_endproc

    TRAP_ENTRY KiGeneralProtectionFault 1
    mov ecx, 0xC0000005
    mov edx, 2
    xor r9d, r9d
    mov r10, -1
    xor r11d, r11d
    mov r8, [rbp + 0xE8]
    call KiExceptionDispatch
    nop
    TRAP_EXIT
    .seh_endproc

    TRAP_ENTRY KiRaiseSecurityCheckFailure 0
    mov r8, [rbp + 0xE8]
    sub r8, 2
    mov [rbp + 0xE8], r8
    mov rcx, [rbp - 0x48]
    mov edx, 1
    xor r10d, r10d
    xor r11d, r11d
    call KiFastFailDispatch
    nop
    TRAP_EXIT
    .seh_endproc

    TRAP_ENTRY KiDoubleFaultAbort 1
    mov ecx, 0x7F
    mov edx, 8
    lea r8, [rbp - 0x80]
    mov r9, [rbp + 0x100]
    mov r10, [rbp + 0xE8]
    call KiBugCheckDispatch
    nop
    TRAP_EXIT
    .seh_endproc

# System services. The entry builds a machine frame by hand, so the unwind data says: machine frame.
    FUNC KiSystemCall64
    .seh_pushframe
    swapgs
    mov gs:[0x10], rsp
    mov rsp, gs:[0x1A8]
    push 0x2B
    push qword ptr gs:[0x10]
    push r11
    push 0x33
    push rcx
    mov rcx, r10
    sub rsp, 8
    .seh_stackalloc 8
    push rbp
    .seh_pushreg rbp
    sub rsp, 0x158
    .seh_stackalloc 0x158
    lea rbp, [rsp + 0x80]
    .seh_setframe rbp, 0x80
    mov [rbp + 0xC0], rbx
    .seh_savereg rbx, 0x140
    mov [rbp + 0xC8], rdi
    .seh_savereg rdi, 0x148
    mov [rbp + 0xD0], rsi
    .seh_savereg rsi, 0x150
    .seh_endprologue
    mov byte ptr [rbp - 0x55], 2
    mov byte ptr [rbp - 0x58], 1
    stmxcsr [rbp - 0x54]
    mov rbx, gs:[0x188]
    mov byte ptr [rbx + 0x232], 1
    jmp .Lservice
    .globl KiServiceInternal
KiServiceInternal:
    sub rsp, 8
    push rbp
    sub rsp, 0x158
    lea rbp, [rsp + 0x80]
    mov [rbp + 0xC0], rbx
    mov [rbp + 0xC8], rdi
    mov [rbp + 0xD0], rsi
    mov byte ptr [rbp - 0x58], 0
    mov rbx, gs:[0x188]
    mov byte ptr [rbx + 0x232], 0
.Lservice:
    mov [rbp - 0x50], rax
    mov [rbp - 0x48], rcx
    mov [rbp - 0x40], rdx
    mov [rbx + 0x80], eax
    lea r11, [rbp - 0x80]
    mov [rbx + 0x90], r11
    mov [rbp - 0x38], r8
    mov [rbp - 0x30], r9
    and eax, 0xFFF
    lea r10, [rip + KiServiceTable]
    mov r10, [r10 + rax * 8]
    sub rsp, 0x70
    mov r11, [rbp + 0x100]
    mov rax, [r11 + 0x28]
    mov [rsp + 0x20], rax
    mov rax, [r11 + 0x30]
    mov [rsp + 0x28], rax
    .globl KiSystemServiceCopyEnd
KiSystemServiceCopyEnd:
    mov rax, r10
    call rax
    nop
    .globl KiSystemServiceExit
KiSystemServiceExit:
    mov rsp, rbp
    mov rbx, [rbp + 0xC0]
    mov rdi, [rbp + 0xC8]
    mov rsi, [rbp + 0xD0]
    test byte ptr [rbp + 0xF0], 1
    mov rbp, [rbp + 0xD8]
    lea rsp, [rsp + 0xE8]
    je 1f
    swapgs
1:  iretq
    .seh_endproc

# The return point that kernel-mode callers of a service see.
    FUNC KiServiceLinkage
    .seh_endprologue
    ret
    .seh_endproc

.macro ZW name number
    FUNC \name
    .seh_endprologue
    mov rax, rsp
    cli
    sub rsp, 0x10
    push rax
    pushfq
    push 0x10
    lea rax, [rip + KiServiceLinkage]
    push rax
    mov eax, \number
    jmp KiServiceInternal
    .seh_endproc
.endm

    ZW ZwUnmapViewOfSection 0x2A
    ZW ZwWriteFile 0x08
    ZW ZwInitiateSession 0x30
    ZW ZwReadFile 0x06

# rcx = the thread that gives up the processor.
    FUNC KiSwapContext
    sub rsp, 0x138
    .seh_stackalloc 0x138
    lea rax, [rsp + 0x100]
    movaps [rsp + 0x30], xmm6
    .seh_savexmm xmm6, 0x30
    movaps [rsp + 0x40], xmm7
    .seh_savexmm xmm7, 0x40
    movaps [rsp + 0x50], xmm8
    .seh_savexmm xmm8, 0x50
    movaps [rsp + 0x60], xmm9
    .seh_savexmm xmm9, 0x60
    movaps [rsp + 0x70], xmm10
    .seh_savexmm xmm10, 0x70
    mov [rax], rbx
    .seh_savereg rbx, 0x100
    mov [rax + 8], rdi
    .seh_savereg rdi, 0x108
    mov [rax + 0x10], rsi
    .seh_savereg rsi, 0x110
    mov [rax + 0x18], r12
    .seh_savereg r12, 0x118
    mov [rax + 0x20], r13
    .seh_savereg r13, 0x120
    mov [rax + 0x28], r14
    .seh_savereg r14, 0x128
    mov [rax + 0x30], r15
    .seh_savereg r15, 0x130
    .seh_endprologue
    mov rdi, rcx
    call SwapContext
    nop
    add rsp, 0x138
    ret
    .seh_endproc

# Leaves a KSWITCH_FRAME at KTHREAD.KernelStack; another thread runs from the label on.
    FUNC SwapContext
    sub rsp, 0x38
    .seh_stackalloc 0x38
    mov [rsp + 0x30], rbp
    .seh_savereg rbp, 0x30
    .seh_endprologue
    mov [rdi + 0x58], rsp
    .globl KiSwapContextParked
KiSwapContextParked:
    nop
    hlt
    .seh_endproc

# r14 start routine, r15 context: the first frame of a system thread.
    FUNC KiStartSystemThread
    sub rsp, 0x28
    .seh_stackalloc 0x28
    .seh_endprologue
    xor ecx, ecx
    mov cr8, rcx
    mov rcx, r14
    mov rdx, r15
    lea rax, [rip + PspSystemThreadStartup]
    call rax
    nop
    hlt
    .seh_endproc

    FUNC DbgBreakPoint
    .seh_endprologue
    int3
    ret
    .seh_endproc

# rcx context. Captures what RtlCaptureContext captures: the caller's registers after the return.
    FUNC RtlCaptureContext
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    mov [rcx + 0x78], rax
    mov [rcx + 0x80], rcx
    mov [rcx + 0x88], rdx
    mov [rcx + 0xB8], r8
    mov [rcx + 0xC0], r9
    mov [rcx + 0xC8], r10
    mov [rcx + 0xD0], r11
    movaps [rcx + 0x1A0], xmm0
    movaps [rcx + 0x1B0], xmm1
    movaps [rcx + 0x1C0], xmm2
    movaps [rcx + 0x1D0], xmm3
    movaps [rcx + 0x1E0], xmm4
    movaps [rcx + 0x1F0], xmm5
    mov word ptr [rcx + 0x38], cs
    mov word ptr [rcx + 0x3A], 0x2B
    mov word ptr [rcx + 0x3C], 0x2B
    mov word ptr [rcx + 0x42], ss
    mov word ptr [rcx + 0x3E], 0x53
    mov word ptr [rcx + 0x40], 0x2B
    mov [rcx + 0x90], rbx
    mov [rcx + 0xA0], rbp
    mov [rcx + 0xA8], rsi
    mov [rcx + 0xB0], rdi
    mov [rcx + 0xD8], r12
    mov [rcx + 0xE0], r13
    mov [rcx + 0xE8], r14
    mov [rcx + 0xF0], r15
    fnstcw word ptr [rcx + 0x100]
    mov dword ptr [rcx + 0x102], 0
    stmxcsr [rcx + 0x118]
    stmxcsr [rcx + 0x34]
    movaps [rcx + 0x200], xmm6
    movaps [rcx + 0x210], xmm7
    movaps [rcx + 0x220], xmm8
    movaps [rcx + 0x230], xmm9
    movaps [rcx + 0x240], xmm10
    movaps [rcx + 0x250], xmm11
    movaps [rcx + 0x260], xmm12
    movaps [rcx + 0x270], xmm13
    movaps [rcx + 0x280], xmm14
    movaps [rcx + 0x290], xmm15
    lea rax, [rsp + 0x10]
    mov [rcx + 0x98], rax
    mov rax, [rsp + 8]
    mov [rcx + 0xF8], rax
    mov eax, [rsp]
    mov [rcx + 0x44], eax
    mov dword ptr [rcx + 0x30], 0x10000F
    add rsp, 8
    ret
    .seh_endproc

# rcx = KPROCESSOR_STATE of the calling processor.
    FUNC KiSaveProcessorControlState
    .seh_endprologue
    mov rax, cr0
    mov [rcx], rax
    mov rax, cr2
    mov [rcx + 8], rax
    mov rax, cr3
    mov [rcx + 0x10], rax
    mov rax, cr4
    mov [rcx + 0x18], rax
    mov rax, cr8
    mov [rcx + 0xA0], rax
    stmxcsr [rcx + 0x74]
    ret
    .seh_endproc

# Saves the processor's state in PRCB.Context as of this routine's entry, then stops the machine.
    FUNC KeBugCheckEx
    mov [rsp + 8], rcx
    mov [rsp + 0x10], rdx
    mov [rsp + 0x18], r8
    mov [rsp + 0x20], r9
    pushfq
    .seh_stackalloc 8
    sub rsp, 0x30
    .seh_stackalloc 0x30
    .seh_endprologue
    cli
    mov rcx, gs:[0x20]
    mov rcx, [rcx + 0x85C0]
    call RtlCaptureContext
    mov rcx, gs:[0x20]
    add rcx, 0x100
    call KiSaveProcessorControlState
    mov r10, gs:[0x20]
    mov r10, [r10 + 0x85C0]
    mov rax, [rsp + 0x40]
    mov [r10 + 0x80], rax
    mov rax, [rsp + 0x30]
    mov [r10 + 0x44], eax
    lea rax, [rsp + 0x38]
    mov [r10 + 0x98], rax
    lea rax, [rip + KeBugCheckEx]
    mov [r10 + 0xF8], rax
    mov rax, cr8
    mov r10, gs:[0x20]
    mov byte ptr [r10 + 0x7E98], al
    mov ecx, 0xF
    mov cr8, rcx
    mov r9, [rsp + 0x58]
    mov r8, [rsp + 0x50]
    mov rdx, [rsp + 0x48]
    mov ecx, dword ptr [rsp + 0x40]
    mov rax, [rsp + 0x60]
    mov [rsp + 0x20], rax
    mov qword ptr [rsp + 0x28], 0
    call KeBugCheck2
    int3
    .seh_endproc

# rcx record, rdx establisher frame, r8 context, r9 dispatcher context.
    FUNC RtlpExecuteHandlerForException
    sub rsp, 0x28
    .seh_stackalloc 0x28
    .seh_endprologue
    mov [rsp + 0x20], r9
    mov rax, [r9 + 0x30]
    call rax
    nop
    add rsp, 0x28
    ret
    .seh_endproc

    .section .drectve,"yn"
    .ascii " /export:KeBugCheckEx /export:DbgBreakPoint /export:RtlCaptureContext /export:ZwUnmapViewOfSection"
    .ascii " /export:ZwWriteFile /export:ZwReadFile"
