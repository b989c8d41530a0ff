# System service stubs: leaf functions without unwind data, as in the real library.
    .intel_syntax noprefix
    .text
.macro STUB name number
    .globl \name
    .def \name
    .scl 2
    .type 32
    .endef
    .p2align 4
\name:
    mov r10, rcx
    mov eax, \number
    test byte ptr [0x7FFE0308], 1
    jne 1f
    syscall
    ret
1:  int 0x2E
    ret
.endm
    STUB NtWaitForSingleObject 0x04
    STUB NtReadFile 0x06
    STUB NtDeviceIoControlFile 0x07
    STUB NtWriteFile 0x08
    STUB NtRemoveIoCompletion 0x09
    STUB NtUnmapViewOfSection 0x2A
    STUB NtDelayExecution 0x34
    STUB NtLoadDriver 0x35
    .section .drectve,"yn"
    .ascii " /export:NtWaitForSingleObject /export:NtReadFile /export:NtDeviceIoControlFile /export:NtWriteFile"
    .ascii " /export:NtRemoveIoCompletion /export:NtUnmapViewOfSection /export:NtDelayExecution /export:NtLoadDriver"
