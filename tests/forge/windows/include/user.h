/* Declarations of the fixture's user mode. */
#pragma once
#define NOINLINE __attribute__((noinline))
#define EXPORT __declspec(dllexport)
#define NULL ((void *)0)
#define TRUE 1
typedef void VOID, *PVOID;
typedef unsigned long ULONG;
typedef long NTSTATUS;
typedef unsigned char BOOLEAN, UCHAR;
typedef unsigned long long ULONG64, SIZE_T;
NTSTATUS NtWaitForSingleObject(PVOID Handle, BOOLEAN Alertable, PVOID Timeout);
NTSTATUS NtRemoveIoCompletion(PVOID Port);
NTSTATUS NtDelayExecution(BOOLEAN Alertable, PVOID Interval);
NTSTATUS NtDeviceIoControlFile(PVOID File, ...);
NTSTATUS NtWriteFile(PVOID File, ...);
NTSTATUS NtLoadDriver(PVOID Name);
