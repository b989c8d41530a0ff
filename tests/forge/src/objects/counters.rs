//! The memory manager's counters, which a list of the system's memory is made of.

use serde_json::{Map, json};

use crate::layout::off;
use crate::truth::hex;
use crate::world::World;

impl World {
    /// Fills the counters of the system's partition and of the visible state, and the older variables of the same names.
    pub fn memory_counters(&mut self) {
        let pages = self.memory.pages() - 0x62;
        let free = self.memory.free_frames().len() as u64;
        let pool_bytes = |w: &Self, paged: bool| -> u64 {
            let small = w.pool.blocks.iter().filter(|b| b.3 == paged).map(|b| b.1.div_ceil(16) * 16 + 16);
            let big = w.pool.big.iter().filter(|b| b.3 == paged).map(|b| b.1.next_multiple_of(0x1000));
            small.chain(big).sum()
        };
        let (nonpaged, paged) =
            (pool_bytes(self, false).div_ceil(0x1000), pool_bytes(self, true).div_ceil(0x1000));
        let drivers: u64 = self.modules.iter().map(|m| u64::from(m.image.size) / 0x1000).sum();
        let processes: u64 =
            self.processes.iter().map(|p| self.member("_EPROCESS", p.object, "CommitCharge")).sum();
        let committed = nonpaged + paged + drivers + processes + 0x41;
        let partition = self.nt("MiSystemPartition");
        let vp = partition + off("_MI_PARTITION", "Vp");
        let pool = self.nt("MiState");
        let vs = pool + off("_MI_SYSTEM_INFORMATION", "Vs");
        let v = "_MI_VISIBLE_PARTITION";
        let s = "_MI_VISIBLE_STATE";
        let values: [(&'static str, u64, &'static str, u64); 26] = [
            (v, vp, "LowestPhysicalPage", 1),
            (v, vp, "HighestPhysicalPage", self.memory.pages() - 1),
            (v, vp, "NumberOfPhysicalPages", pages),
            (v, vp, "AvailablePages", free),
            (v, vp, "ResidentAvailablePages", free - free / 8),
            (v, vp, "TotalCommittedPages", committed),
            (v, vp, "TotalCommitLimit", pages + 0x400),
            (v, vp, "SharedCommit", 0x2B),
            (v, vp, "ProcessLockedFilePages", 3),
            (
                "_MI_PARTITION_COMMIT",
                partition + off("_MI_PARTITION", "Commit"),
                "PeakCommitment",
                committed + 0x117,
            ),
            ("_MMPFNLIST", vp + off(v, "ModifiedPageListHead"), "Total", 0x1D),
            ("_MMPFNLIST", vp + off(v, "ModifiedNoWritePageListHead"), "Total", 2),
            (s, vs, "NonPagedPoolCommit", nonpaged),
            (s, vs, "MaximumNonPagedPoolInPages", 0x10_0000),
            (s, vs, "SizeOfPagedPoolInPages", 0x10_0000),
            (s, vs, "ProcessCommit", processes),
            (s, vs, "DriverCommit", drivers),
            (s, vs, "SystemPageTableCommit", 0x39),
            (s, vs, "BootCommit", 0x8),
            (s, vs, "MdlPagesAllocated", 4),
            (s, vs, "PfnDatabaseCommit", self.memory.pages() * 0x30 / 0x1000 + 1),
            ("_MM_PAGED_POOL_INFO", vs + off(s, "PagedPoolInfo"), "MaximumSize", 0x1_0000_0000),
            ("_MM_PAGED_POOL_INFO", vs + off(s, "PagedPoolInfo"), "AllocatedPagedPool", paged),
            ("_MI_POOL_STATE", pool, "MaximumNonPagedPoolThreshold", 0xF_0000),
            ("_MI_POOL_STATE", pool, "AllocatedNonPagedPool", nonpaged),
            ("_MI_POOL_STATE", pool, "TotalNonPagedPoolQuota", 0x1_2000),
        ];
        let mut recorded = Map::new();
        for (ty, at, name, value) in values {
            self.put(ty, at, name, value);
            recorded.insert(format!("{ty}.{name}"), hex(value));
        }
        for (name, value) in [
            ("MmResidentAvailablePages", free - free / 8),
            ("MmTotalCommittedPages", committed),
            ("MmTotalCommitLimit", pages + 0x400),
            ("MmPeakCommitment", committed + 0x117),
            ("MmSharedCommit", 0x2B),
            ("MmProcessCommit", processes),
            ("MmDriverCommit", drivers),
            ("MmPagedPoolCommit", paged),
            ("MmAllocatedNonPagedPool", nonpaged),
            ("MmMaximumNonPagedPoolInBytes", 0x10_0000 << 12),
        ] {
            let at = self.nt(name);
            self.q(at, value);
        }
        self.note("memory", json!(recorded));
    }
}
