//! KDDEBUGGER_DATA64: where Windows keeps what a debugger needs.
//!
//! Offsets: the layout of the public SDK's `wdbgexts.h` for 64-bit targets, 0x3a0 bytes in its longest form. Older
//! kernels end it earlier; a field beyond the block's own size is absent.

use crate::util::bounded::{array, u32_at, uint_at};

/// One field of the block.
#[derive(Debug)]
pub struct Field {
    /// Windows' name.
    pub name: &'static str,
    /// Offset in bytes.
    pub offset: usize,
    /// 1, 2, 4 or 8 bytes.
    pub size: usize,
}

/// `KDBG`
const OWNER_TAG: u32 = 0x4742_444b;
const OWNER_TAG_OFFSET: usize = 0x10;
const SIZE_OFFSET: usize = 0x14;
/// The longest block known, with room for what later builds append.
const MAX_SIZE: usize = 0x1000;
/// The shortest block that still names the module list.
const MIN_SIZE: usize = 0x88;

/// The block of one kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebuggerData {
    bytes: Vec<u8>,
    /// Whether it had to be decoded.
    pub was_encoded: bool,
}

/// What the dump's header says and an encoded block must say as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLists {
    /// Address of `PsLoadedModuleList`.
    pub ps_loaded_module_list: u64,
    /// Address of `PsActiveProcessHead`.
    pub ps_active_process_head: u64,
}

impl DebuggerData {
    /// Reads a block, decoding it when its tag is not `KDBG`.
    ///
    /// The kernel encodes every 64-bit word `q` as `KiWaitAlways ^ bswap(KdpDataBlockEncoded ^ rol(q ^ KiWaitNever,
    /// KiWaitNever))`. For a given rotation that is `C ^ bswap(rol(q, r))` with one constant `C`, so the two list heads
    /// that the dump header repeats are enough to find both `r` and `C`: no symbols are needed.
    pub fn parse(block: &[u8], known: KnownLists) -> Option<DebuggerData> {
        if u32_at(block, OWNER_TAG_OFFSET) == Some(OWNER_TAG) {
            return DebuggerData::checked(block.to_vec(), false);
        }
        (0..64).find_map(|rotation| decode(block, rotation, known))
    }

    fn checked(mut bytes: Vec<u8>, was_encoded: bool) -> Option<DebuggerData> {
        let size = u32_at(&bytes, SIZE_OFFSET)? as usize;
        if u32_at(&bytes, OWNER_TAG_OFFSET) != Some(OWNER_TAG) || !(MIN_SIZE..=MAX_SIZE).contains(&size) {
            return None;
        }
        bytes.truncate(size);
        Some(DebuggerData { bytes, was_encoded })
    }

    /// Bytes in the block.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// A field by Windows' name: `None` for unknown names and for fields this kernel's block does not reach.
    pub fn get(&self, name: &str) -> Option<u64> {
        let field = FIELDS.iter().find(|field| field.name == name)?;
        uint_at(&self.bytes, field.offset, field.size)
    }

    /// A field that is zero where the kernel does not fill it in.
    pub fn nonzero(&self, name: &str) -> Option<u64> {
        self.get(name).filter(|&value| value != 0)
    }

    /// The fields this block reaches, with their values.
    pub fn fields(&self) -> impl Iterator<Item = (&'static Field, u64)> {
        FIELDS.iter().filter_map(|field| Some((field, uint_at(&self.bytes, field.offset, field.size)?)))
    }
}

fn decode(block: &[u8], rotation: u32, known: KnownLists) -> Option<DebuggerData> {
    const LOADED_MODULES: usize = 0x48;
    let word = |offset| array(block, offset).map(u64::from_le_bytes);
    let turned = |word: u64| word.rotate_left(rotation).swap_bytes();
    let constant = turned(word(LOADED_MODULES)?) ^ known.ps_loaded_module_list;
    if turned(word(LOADED_MODULES + 8)?) ^ constant != known.ps_active_process_head {
        return None;
    }
    let words = block.chunks_exact(8).filter_map(|chunk| chunk.try_into().ok()).map(u64::from_le_bytes);
    let bytes = words.flat_map(|word| (turned(word) ^ constant).to_le_bytes()).collect();
    DebuggerData::checked(bytes, true)
}

const fn field(name: &'static str, offset: usize, size: usize) -> Field {
    Field { name, offset, size }
}

/// Every field of the block.
const FIELDS: &[Field] = &[
    field("KernBase", 0x018, 8),
    field("BreakpointWithStatus", 0x020, 8),
    field("SavedContext", 0x028, 8),
    field("ThCallbackStack", 0x030, 2),
    field("NextCallback", 0x032, 2),
    field("FramePointer", 0x034, 2),
    field("_bitfield", 0x036, 2),
    field("KiCallUserMode", 0x038, 8),
    field("KeUserCallbackDispatcher", 0x040, 8),
    field("PsLoadedModuleList", 0x048, 8),
    field("PsActiveProcessHead", 0x050, 8),
    field("PspCidTable", 0x058, 8),
    field("ExpSystemResourcesList", 0x060, 8),
    field("ExpPagedPoolDescriptor", 0x068, 8),
    field("ExpNumberOfPagedPools", 0x070, 8),
    field("KeTimeIncrement", 0x078, 8),
    field("KeBugCheckCallbackListHead", 0x080, 8),
    field("KiBugcheckData", 0x088, 8),
    field("IopErrorLogListHead", 0x090, 8),
    field("ObpRootDirectoryObject", 0x098, 8),
    field("ObpTypeObjectType", 0x0a0, 8),
    field("MmSystemCacheStart", 0x0a8, 8),
    field("MmSystemCacheEnd", 0x0b0, 8),
    field("MmSystemCacheWs", 0x0b8, 8),
    field("MmPfnDatabase", 0x0c0, 8),
    field("MmSystemPtesStart", 0x0c8, 8),
    field("MmSystemPtesEnd", 0x0d0, 8),
    field("MmSubsectionBase", 0x0d8, 8),
    field("MmNumberOfPagingFiles", 0x0e0, 8),
    field("MmLowestPhysicalPage", 0x0e8, 8),
    field("MmHighestPhysicalPage", 0x0f0, 8),
    field("MmNumberOfPhysicalPages", 0x0f8, 8),
    field("MmMaximumNonPagedPoolInBytes", 0x100, 8),
    field("MmNonPagedSystemStart", 0x108, 8),
    field("MmNonPagedPoolStart", 0x110, 8),
    field("MmNonPagedPoolEnd", 0x118, 8),
    field("MmPagedPoolStart", 0x120, 8),
    field("MmPagedPoolEnd", 0x128, 8),
    field("MmPagedPoolInformation", 0x130, 8),
    field("MmPageSize", 0x138, 8),
    field("MmSizeOfPagedPoolInBytes", 0x140, 8),
    field("MmTotalCommitLimit", 0x148, 8),
    field("MmTotalCommittedPages", 0x150, 8),
    field("MmSharedCommit", 0x158, 8),
    field("MmDriverCommit", 0x160, 8),
    field("MmProcessCommit", 0x168, 8),
    field("MmPagedPoolCommit", 0x170, 8),
    field("MmExtendedCommit", 0x178, 8),
    field("MmZeroedPageListHead", 0x180, 8),
    field("MmFreePageListHead", 0x188, 8),
    field("MmStandbyPageListHead", 0x190, 8),
    field("MmModifiedPageListHead", 0x198, 8),
    field("MmModifiedNoWritePageListHead", 0x1a0, 8),
    field("MmAvailablePages", 0x1a8, 8),
    field("MmResidentAvailablePages", 0x1b0, 8),
    field("PoolTrackTable", 0x1b8, 8),
    field("NonPagedPoolDescriptor", 0x1c0, 8),
    field("MmHighestUserAddress", 0x1c8, 8),
    field("MmSystemRangeStart", 0x1d0, 8),
    field("MmUserProbeAddress", 0x1d8, 8),
    field("KdPrintCircularBuffer", 0x1e0, 8),
    field("KdPrintCircularBufferEnd", 0x1e8, 8),
    field("KdPrintWritePointer", 0x1f0, 8),
    field("KdPrintRolloverCount", 0x1f8, 8),
    field("MmLoadedUserImageList", 0x200, 8),
    field("NtBuildLab", 0x208, 8),
    field("KiNormalSystemCall", 0x210, 8),
    field("KiProcessorBlock", 0x218, 8),
    field("MmUnloadedDrivers", 0x220, 8),
    field("MmLastUnloadedDriver", 0x228, 8),
    field("MmTriageActionTaken", 0x230, 8),
    field("MmSpecialPoolTag", 0x238, 8),
    field("KernelVerifier", 0x240, 8),
    field("MmVerifierData", 0x248, 8),
    field("MmAllocatedNonPagedPool", 0x250, 8),
    field("MmPeakCommitment", 0x258, 8),
    field("MmTotalCommitLimitMaximum", 0x260, 8),
    field("CmNtCSDVersion", 0x268, 8),
    field("MmPhysicalMemoryBlock", 0x270, 8),
    field("MmSessionBase", 0x278, 8),
    field("MmSessionSize", 0x280, 8),
    field("MmSystemParentTablePage", 0x288, 8),
    field("MmVirtualTranslationBase", 0x290, 8),
    field("OffsetKThreadNextProcessor", 0x298, 2),
    field("OffsetKThreadTeb", 0x29a, 2),
    field("OffsetKThreadKernelStack", 0x29c, 2),
    field("OffsetKThreadInitialStack", 0x29e, 2),
    field("OffsetKThreadApcProcess", 0x2a0, 2),
    field("OffsetKThreadState", 0x2a2, 2),
    field("OffsetKThreadBStore", 0x2a4, 2),
    field("OffsetKThreadBStoreLimit", 0x2a6, 2),
    field("SizeEProcess", 0x2a8, 2),
    field("OffsetEprocessPeb", 0x2aa, 2),
    field("OffsetEprocessParentCID", 0x2ac, 2),
    field("OffsetEprocessDirectoryTableBase", 0x2ae, 2),
    field("SizePrcb", 0x2b0, 2),
    field("OffsetPrcbDpcRoutine", 0x2b2, 2),
    field("OffsetPrcbCurrentThread", 0x2b4, 2),
    field("OffsetPrcbMhz", 0x2b6, 2),
    field("OffsetPrcbCpuType", 0x2b8, 2),
    field("OffsetPrcbVendorString", 0x2ba, 2),
    field("OffsetPrcbProcStateContext", 0x2bc, 2),
    field("OffsetPrcbNumber", 0x2be, 2),
    field("SizeEThread", 0x2c0, 2),
    field("L1tfHighPhysicalBitIndex", 0x2c2, 1),
    field("L1tfSwizzleBitIndex", 0x2c3, 1),
    field("Padding0", 0x2c4, 4),
    field("KdPrintCircularBufferPtr", 0x2c8, 8),
    field("KdPrintBufferSize", 0x2d0, 8),
    field("KeLoaderBlock", 0x2d8, 8),
    field("SizePcr", 0x2e0, 2),
    field("OffsetPcrSelfPcr", 0x2e2, 2),
    field("OffsetPcrCurrentPrcb", 0x2e4, 2),
    field("OffsetPcrContainedPrcb", 0x2e6, 2),
    field("OffsetPcrInitialBStore", 0x2e8, 2),
    field("OffsetPcrBStoreLimit", 0x2ea, 2),
    field("OffsetPcrInitialStack", 0x2ec, 2),
    field("OffsetPcrStackLimit", 0x2ee, 2),
    field("OffsetPrcbPcrPage", 0x2f0, 2),
    field("OffsetPrcbProcStateSpecialReg", 0x2f2, 2),
    field("GdtR0Code", 0x2f4, 2),
    field("GdtR0Data", 0x2f6, 2),
    field("GdtR0Pcr", 0x2f8, 2),
    field("GdtR3Code", 0x2fa, 2),
    field("GdtR3Data", 0x2fc, 2),
    field("GdtR3Teb", 0x2fe, 2),
    field("GdtLdt", 0x300, 2),
    field("GdtTss", 0x302, 2),
    field("Gdt64R3CmCode", 0x304, 2),
    field("Gdt64R3CmTeb", 0x306, 2),
    field("IopNumTriageDumpDataBlocks", 0x308, 8),
    field("IopTriageDumpDataBlocks", 0x310, 8),
    field("VfCrashDataBlock", 0x318, 8),
    field("MmBadPagesDetected", 0x320, 8),
    field("MmZeroedPageSingleBitErrorsDetected", 0x328, 8),
    field("EtwpDebuggerData", 0x330, 8),
    field("OffsetPrcbContext", 0x338, 2),
    field("OffsetPrcbMaxBreakpoints", 0x33a, 2),
    field("OffsetPrcbMaxWatchpoints", 0x33c, 2),
    field("OffsetKThreadStackLimit", 0x340, 4),
    field("OffsetKThreadStackBase", 0x344, 4),
    field("OffsetKThreadQueueListEntry", 0x348, 4),
    field("OffsetEThreadIrpList", 0x34c, 4),
    field("OffsetPrcbIdleThread", 0x350, 2),
    field("OffsetPrcbNormalDpcState", 0x352, 2),
    field("OffsetPrcbDpcStack", 0x354, 2),
    field("OffsetPrcbIsrStack", 0x356, 2),
    field("SizeKDPC_STACK_FRAME", 0x358, 2),
    field("OffsetKPriQueueThreadListHead", 0x35a, 2),
    field("OffsetKThreadWaitReason", 0x35c, 2),
    field("Padding1", 0x35e, 2),
    field("PteBase", 0x360, 8),
    field("RetpolineStubFunctionTable", 0x368, 8),
    field("RetpolineStubFunctionTableSize", 0x370, 4),
    field("RetpolineStubOffset", 0x374, 4),
    field("RetpolineStubSize", 0x378, 4),
    field("OffsetEProcessMmHotPatchContext", 0x37c, 2),
    field("OffsetKThreadShadowStackLimit", 0x380, 4),
    field("OffsetKThreadShadowStackBase", 0x384, 4),
    field("ShadowStackEnabled", 0x388, 8),
    field("PointerAuthMask", 0x390, 8),
    field("OffsetPrcbExceptionStack", 0x398, 2),
];

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: KnownLists = KnownLists {
        ps_loaded_module_list: 0xffff_f801_0042_a390,
        ps_active_process_head: 0xffff_f801_0041_e200,
    };

    fn plain_block(size: u32) -> Vec<u8> {
        let mut block = vec![0u8; 0x3a0];
        block[0x10..0x14].copy_from_slice(b"KDBG");
        block[0x14..0x18].copy_from_slice(&size.to_le_bytes());
        block[0x18..0x20].copy_from_slice(&0xffff_f801_0000_0000u64.to_le_bytes());
        block[0x48..0x50].copy_from_slice(&KNOWN.ps_loaded_module_list.to_le_bytes());
        block[0x50..0x58].copy_from_slice(&KNOWN.ps_active_process_head.to_le_bytes());
        block[0x2a8..0x2aa].copy_from_slice(&0xa40u16.to_le_bytes());
        block
    }

    /// The kernel's encoding, written from its description: the inverse of what the reader does.
    fn encode(block: &[u8], never: u64, always: u64, flag_address: u64) -> Vec<u8> {
        block
            .chunks_exact(8)
            .flat_map(|chunk| {
                let word = u64::from_le_bytes(chunk.try_into().expect("8 bytes"));
                let inner = (word ^ always).swap_bytes() ^ flag_address;
                (inner.rotate_right((never & 0xff) as u32) ^ never).to_le_bytes()
            })
            .collect()
    }

    #[test]
    fn fields_by_name() {
        let data = DebuggerData::parse(&plain_block(0x3a0), KNOWN).expect("a block");
        assert_eq!(data.get("KernBase"), Some(0xffff_f801_0000_0000));
        assert_eq!(data.get("SizeEProcess"), Some(0xa40));
        assert_eq!(data.get("NoSuchField"), None);
        assert!(!data.was_encoded);
    }

    #[test]
    fn a_short_block_lacks_its_later_fields() {
        let data = DebuggerData::parse(&plain_block(0x340), KNOWN).expect("a block");
        assert_eq!(data.get("PteBase"), None);
        assert_eq!(data.size(), 0x340);
    }

    #[test]
    fn an_encoded_block_is_decoded_without_symbols() {
        let plain = plain_block(0x3a0);
        for never in [0x0123_4567_89ab_cdef, 0xdead_beef_0000_0040, 0x55aa_55aa_1234_5601] {
            let encoded = encode(&plain, never, 0xfedc_ba98_7654_3210, 0xffff_f801_0055_1234);
            let data = DebuggerData::parse(&encoded, KNOWN).expect("decodes");
            assert!(data.was_encoded);
            assert_eq!(data.bytes, plain);
        }
    }

    #[test]
    fn noise_is_refused() {
        assert_eq!(DebuggerData::parse(&[0x5a; 0x3a0], KNOWN), None);
        assert_eq!(DebuggerData::parse(&[], KNOWN), None);
        assert_eq!(DebuggerData::parse(&plain_block(0x20), KNOWN), None);
    }
}
