//! KDDEBUGGER_DATA64, the version block, and the memory manager's public variables.

use crate::world::World;

/// Offsets whose value is the address of the kernel variable of that name.
const VARIABLES: &[(u64, &str)] = &[
    (0x48, "PsLoadedModuleList"),
    (0x50, "PsActiveProcessHead"),
    (0x58, "PspCidTable"),
    (0x60, "ExpSystemResourcesList"),
    (0x68, "ExpPagedPoolDescriptor"),
    (0x70, "ExpNumberOfPagedPools"),
    (0x78, "KeTimeIncrement"),
    (0x80, "KeBugCheckCallbackListHead"),
    (0x88, "KiBugCheckData"),
    (0x90, "IopErrorLogListHead"),
    (0x98, "ObpRootDirectoryObject"),
    (0xA0, "ObpTypeObjectType"),
    (0xA8, "MmSystemCacheStart"),
    (0xB0, "MmSystemCacheEnd"),
    (0xC0, "MmPfnDatabase"),
    (0xC8, "MmSystemPtesStart"),
    (0xD8, "MmSubsectionBase"),
    (0xE0, "MmNumberOfPagingFiles"),
    (0xE8, "MmLowestPhysicalPage"),
    (0xF0, "MmHighestPhysicalPage"),
    (0xF8, "MmNumberOfPhysicalPages"),
    (0x100, "MmMaximumNonPagedPoolInBytes"),
    (0x110, "MmNonPagedPoolStart"),
    (0x118, "MmNonPagedPoolEnd"),
    (0x120, "MmPagedPoolStart"),
    (0x128, "MmPagedPoolEnd"),
    (0x138, "MmPageSize"),
    (0x140, "MmSizeOfPagedPoolInBytes"),
    (0x148, "MmTotalCommitLimit"),
    (0x150, "MmTotalCommittedPages"),
    (0x158, "MmSharedCommit"),
    (0x160, "MmDriverCommit"),
    (0x168, "MmProcessCommit"),
    (0x170, "MmPagedPoolCommit"),
    (0x180, "MmZeroedPageListHead"),
    (0x188, "MmFreePageListHead"),
    (0x190, "MmStandbyPageListHead"),
    (0x198, "MmModifiedPageListHead"),
    (0x1A0, "MmModifiedNoWritePageListHead"),
    (0x1A8, "MmAvailablePages"),
    (0x1B0, "MmResidentAvailablePages"),
    (0x1B8, "PoolTrackTable"),
    (0x1C0, "NonPagedPoolDescriptor"),
    (0x1C8, "MmHighestUserAddress"),
    (0x1D0, "MmSystemRangeStart"),
    (0x1D8, "MmUserProbeAddress"),
    (0x1E0, "KdPrintDefaultCircularBuffer"),
    (0x1F0, "KdPrintWritePointer"),
    (0x1F8, "KdPrintRolloverCount"),
    (0x200, "MmLoadedUserImageList"),
    (0x208, "NtBuildLab"),
    (0x218, "KiProcessorBlock"),
    (0x220, "MmUnloadedDrivers"),
    (0x228, "MmLastUnloadedDriver"),
    (0x230, "MmTriageActionTaken"),
    (0x238, "MmSpecialPoolTag"),
    (0x240, "KernelVerifier"),
    (0x248, "MmVerifierData"),
    (0x250, "MmAllocatedNonPagedPool"),
    (0x258, "MmPeakCommitment"),
    (0x260, "MmTotalCommitLimitMaximum"),
    (0x268, "CmNtCSDVersion"),
    (0x270, "MmPhysicalMemoryBlock"),
    (0x278, "MmSessionBase"),
    (0x2C8, "KdPrintCircularBuffer"),
    (0x2D0, "KdPrintBufferSize"),
    (0x2D8, "KeLoaderBlock"),
    (0x308, "IopNumTriageDumpDataBlocks"),
    (0x310, "IopTriageDumpDataBlocks"),
    (0x318, "VfCrashDataBlock"),
    (0x320, "MmBadPagesDetected"),
    (0x328, "MmZeroedPageSingleBitErrorsDetected"),
    (0x330, "EtwpDebuggerData"),
];

/// Length of the block in this build.
pub const SIZE: u64 = 0x380;

impl World {
    /// Fills the block and the variables around it.
    pub fn debugger_data(&mut self) {
        let layout = self.layout;
        let off = |ty: &'static str, name: &'static str| layout.off(ty, name);
        let size = |ty: &'static str| layout.size(ty);
        let block = self.nt("KdDebuggerDataBlock");
        let list = self.nt("KdpDebuggerDataListHead");
        self.list_init(list);
        self.list_insert(list, block);
        self.bytes(block + 0x10, b"KDBG");
        self.d(block + 0x14, SIZE as u32);
        let base = self.modules[0].base;
        self.q(block + 0x18, base);
        for (offset, name) in VARIABLES {
            if let Some(at) = self.nt_if(name) {
                self.q(block + offset, at);
            }
        }
        let breakpoint = self.nt("DbgBreakPoint");
        self.q(block + 0x20, breakpoint);
        let half = |w: &mut Self, at: u64, value: u64| w.bytes(block + at, &(value as u16).to_le_bytes());
        // _bitfield: paging levels in bits 2 to 5.
        let levels = u64::from(self.memory.levels());
        half(self, 0x36, levels << 2);
        let (k, e, p, r) = ("_KTHREAD", "_ETHREAD", "_EPROCESS", "_KPRCB");
        let state = off(r, "ProcessorState");
        for (at, value) in [
            (0x298, off(k, "NextProcessor")),
            (0x29A, off(k, "Teb")),
            (0x29C, off(k, "KernelStack")),
            (0x29E, off(k, "InitialStack")),
            (0x2A0, off(k, "ApcState") + off("_KAPC_STATE", "Process")),
            (0x2A2, off(k, "State")),
            (0x2A8, size(p)),
            (0x2AA, off(p, "Peb")),
            (0x2AC, off(p, "InheritedFromUniqueProcessId")),
            (0x2AE, off("_KPROCESS", "DirectoryTableBase")),
            (0x2B0, size(r)),
            (0x2B2, off(r, "DpcRoutineActive")),
            (0x2B4, off(r, "CurrentThread")),
            (0x2B6, off(r, "MHz")),
            (0x2B8, off(r, "CpuType")),
            (0x2BA, off(r, "VendorString")),
            (0x2BC, state + off("_KPROCESSOR_STATE", "ContextFrame")),
            (0x2BE, off(r, "Number")),
            (0x2C0, size(e)),
            (0x2E0, size("_KPCR")),
            (0x2E2, off("_KPCR", "Self")),
            (0x2E4, off("_KPCR", "CurrentPrcb")),
            (0x2E6, off("_KPCR", "Prcb")),
            (0x2F2, state),
            (0x2F4, 0x10),
            (0x2F6, 0x18),
            (0x2F8, 0x10),
            (0x2FA, 0x33),
            (0x2FC, 0x2B),
            (0x2FE, 0x53),
            (0x302, 0x40),
            (0x304, 0x23),
            (0x306, 0x53),
            (0x338, off(r, "Context")),
            (0x350, off(r, "IdleThread")),
            (0x352, off(r, "NormalDpcState")),
            (0x354, off(r, "DpcStack")),
            (0x356, off(r, "IsrStack")),
            (0x35C, off(k, "WaitReason")),
        ] {
            half(self, at, value);
        }
        self.bytes(block + 0x2C2, &[0x2D, 4]);
        for (at, value) in [
            (0x340, off(k, "StackLimit")),
            (0x344, off(k, "StackBase")),
            (0x348, off(k, "QueueListEntry")),
            (0x34C, off(e, "IrpList")),
        ] {
            self.d(block + at, value as u32);
        }
        let tables = self.memory.pte_base();
        self.q(block + 0x360, tables);
        let v = "_DBGKD_GET_VERSION64";
        let version = self.nt("KdVersionBlock");
        let modules = self.nt("PsLoadedModuleList");
        for (name, value) in [
            ("MajorVersion", 15),
            ("MinorVersion", u64::from(layout.build)),
            ("ProtocolVersion", 6),
            ("KdSecondaryVersion", 2),
            ("Flags", 0x47),
            ("MachineType", 0x8664),
            ("MaxPacketType", 12),
            ("MaxStateChange", 3),
            ("MaxManipulate", 0x2E),
            ("KernBase", base),
            ("PsLoadedModuleList", modules),
            ("DebuggerDataList", list),
        ] {
            self.put(v, version, name, value);
        }
        for i in 0..self.processors.len() {
            let pcr = self.processors[i].pcr;
            self.put("_KPCR", pcr, "KdVersionBlock", if i == 0 { version } else { 0 });
        }
    }

    /// Variables of the memory manager, its state blocks and the PFN database.
    pub fn memory_manager(&mut self) {
        let pages = self.memory.pages();
        let pool = crate::objects::pool::SEGMENTS;
        for (name, value) in [
            ("MmPteBase", self.memory.pte_base()),
            ("MmPfnDatabase", PFN_DATABASE),
            ("MmNumberOfPhysicalPages", pages - 0x62),
            ("MmHighestPhysicalPage", pages - 1),
            ("MmAvailablePages", self.memory.free_frames().len() as u64),
            ("MmNonPagedPoolStart", pool[0] & !0xF_FFFF_FFFF),
            ("MmNonPagedPoolEnd", (pool[0] & !0xF_FFFF_FFFF) + 0x10_0000_0000),
            ("MmPagedPoolStart", pool[1] & !0xF_FFFF_FFFF),
            ("MmPagedPoolEnd", (pool[1] & !0xF_FFFF_FFFF) + 0x10_0000_0000),
            ("ExpPoolQuotaCookie", 0x3C9A_7715_D0E2_84B1),
            ("KiWaitNever", 0x00D1_5A3B_9E47_C26D),
            ("KiWaitAlways", 0x7B24_E8F0_51A6_930C),
        ] {
            let at = self.nt(name);
            self.q(at, value);
        }
        let state = self.nt("MiState");
        let visible = state + self.layout.off("_MI_SYSTEM_INFORMATION", "Vs");
        let pointer = self.nt("MiVisibleState");
        self.q(pointer, visible);
        let hardware = state + self.layout.off("_MI_SYSTEM_INFORMATION", "Hardware");
        self.put("_MI_HARDWARE_STATE", hardware, "InvalidPteMask", 0x2000_0000_0000);
        self.put("_MI_HARDWARE_STATE", hardware, "PhysicalAddressBits", 39);
        let levels = u64::from(self.memory.levels());
        self.put("_MI_VISIBLE_STATE", visible, "PagingLevels", levels);
        let types = visible + self.layout.off("_MI_VISIBLE_STATE", "SystemVaType");
        // _MI_SYSTEM_VA_TYPE: 1 session, 2 process (the self-map), 4 PFN database, 5 and 6 pool, 10 HAL, 12 driver images, 14 stacks.
        for (slot, kind) in [
            (0x134u64, 1u8),
            (0x10B, 4),
            (0x148, 5),
            (0x1A6, 6),
            (0x1F0, 12),
            (0x1F5, 14),
            (0x1EF, 10),
            (0x1C1, 2),
        ] {
            self.bytes(types + slot - 0x100, &[kind]);
        }
    }

    /// The PFN database for the frames in use; written last, when all mappings are made.
    pub fn pfn_database(&mut self) {
        let root = self.root();
        let m = "_MMPFN";
        let span = self.layout.size(m);
        // Mapping the database takes frames itself, so map first and fill in after.
        for pfn in (0..self.memory.pages()).collect::<Vec<_>>() {
            self.memory.map(root, PFN_DATABASE + pfn * span, span, crate::memory::W | crate::memory::NX);
        }
        for pfn in 1..self.memory.pages() {
            let at = PFN_DATABASE + pfn * span;
            let in_use = self.memory.frames.get(&pfn).copied();
            let u3 = at + self.layout.off(m, "u3");
            match in_use {
                Some(frame) => {
                    self.put(m, at, "PteAddress", frame.pte);
                    self.put(m, at, "u2", 1);
                    self.bytes(u3, &[1, 0, 0x56, 0]);
                    self.put(m, at, "OriginalPte", 0x80);
                    let u4 = at + self.layout.off(m, "u4");
                    self.q(u4, frame.table);
                }
                None if self
                    .memory
                    .runs
                    .iter()
                    .any(|(first, count)| (*first..first + count).contains(&pfn)) =>
                {
                    self.bytes(u3, &[0, 0, 0, 0]);
                }
                None => {}
            }
        }
    }
}

/// Where the PFN database is.
pub const PFN_DATABASE: u64 = 0xFFFF_8580_0000_0000;
