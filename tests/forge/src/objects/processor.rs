//! Processor control regions, the shared user page and the version block.

use crate::layout;
use crate::memory::{NX, U, W};
use crate::world::{PRCB, Processor, World};

const R: &str = "_KPRCB";

impl World {
    /// Makes `count` processors; their idle threads come later.
    pub fn processors_init(&mut self, count: u64) {
        let root = self.root();
        for n in 0..count {
            let pcr = 0xFFFF_F807_5D20_0000 + n * 0x1_0000;
            let size = layout::size("_KPCR");
            self.memory.map(root, pcr, size, W | NX);
            let prcb = pcr + PRCB;
            self.put("_KPCR", pcr, "Self", pcr);
            self.put("_KPCR", pcr, "CurrentPrcb", prcb);
            self.put("_KPCR", pcr, "Used_Self", 0);
            self.put("_KPCR", pcr, "MajorVersion", 1);
            self.put("_KPCR", pcr, "MinorVersion", 1);
            self.put("_KPCR", pcr, "StallScaleFactor", 2904);
            self.put(R, prcb, "Number", n);
            self.put(R, prcb, "MinorVersion", 1);
            self.put(R, prcb, "MajorVersion", 1);
            self.put(R, prcb, "CpuType", 6);
            self.put(R, prcb, "CpuID", 1);
            self.put(R, prcb, "CpuStep", 0x9E0A);
            self.put(R, prcb, "MHz", 2904);
            self.put(R, prcb, "GroupSetMember", 1 << n);
            self.put(R, prcb, "MxCsr", 0x1F80);
            self.bytes(prcb + layout::off(R, "VendorString"), b"GenuineIntel\0");
            let context = prcb + layout::off(R, "ProcessorState") + 0xF0;
            self.put(R, prcb, "Context", context);
            self.list_init(prcb + layout::off(R, "WaitListHead"));
            for i in 0..32 {
                self.list_init(prcb + layout::off(R, "DispatcherReadyListHead") + i * 16);
            }
            let block = self.nt("KiProcessorBlock") + n * 8;
            self.q(block, prcb);
            self.processors.push(Processor { pcr, idle: 0 });
            self.timers_init(n as usize);
            self.dpcs_init(n as usize);
            self.ready_init(n as usize, count);
            let special = prcb + layout::off(R, "ProcessorState");
            let s = "_KSPECIAL_REGISTERS";
            for (name, value) in [
                ("Cr0", 0x8005_0033),
                ("Cr3", root),
                ("Cr4", 0x0035_06F8),
                ("MsrGsBase", pcr),
                ("MsrStar", 0x0023_0010_0000_0000),
                ("MsrSyscallMask", 0x4700),
                ("MxCsr", 0x1F80),
            ] {
                self.put(s, special, name, value);
            }
            let entry = self.nt("KiSystemCall64");
            self.put(s, special, "MsrLStar", entry);
            let gdt = pcr + 0xB100;
            self.descriptor_tables(pcr, gdt, special);
            if n == 0 {
                let ist = 0xFFFF_FA8C_0FF0_0000;
                self.memory.map(root, ist - 0x3000, 0x3000, W | NX);
                self.set_vectors(ist);
                self.put("_KTSS64", gdt + 0x80, "Ist", 0);
                self.q(gdt + 0x80 + layout::off("_KTSS64", "Ist") + 8, ist);
            }
        }
        let number = self.nt("KeNumberProcessors");
        self.d(number, count as u32);
        self.shared_user_data(count);
    }

    fn descriptor_tables(&mut self, pcr: u64, gdt: u64, special: u64) {
        let root = self.root();
        self.memory.map(root, gdt, 0x200, W | NX);
        // The task state's descriptor takes two entries; its base is spread over both.
        let tss = gdt + 0x80;
        let spread = (tss & 0xFF_FFFF) << 16 | (tss >> 24 & 0xFF) << 56;
        let descriptors: [u64; 11] = [
            0,
            0,
            0x0020_9B00_0000_0000,
            0x0040_9300_0000_0000,
            0x00CF_FB00_0000_FFFF,
            0x00CF_F300_0000_FFFF,
            0x0020_FB00_0000_0000,
            0,
            0x0000_8B00_0000_0067 | spread,
            tss >> 32,
            0x0040_F300_0000_3C00,
        ];
        for (i, d) in descriptors.into_iter().enumerate() {
            self.q(gdt + i as u64 * 8, d);
        }
        self.put("_KPCR", pcr, "GdtBase", gdt);
        self.put("_KPCR", pcr, "TssBase", gdt + 0x80);
        let idt = if self.processors.len() == 1 {
            pcr + 0xC000
        } else {
            self.get(self.processors[0].pcr + layout::off("_KPCR", "IdtBase"))
        };
        if self.processors.len() == 1 {
            self.memory.map(root, idt, 0x1000, W | NX);
            for (vector, name) in [
                (3u64, "KiBreakpointTrap"),
                (8, "KiDoubleFaultAbort"),
                (13, "KiGeneralProtectionFault"),
                (14, "KiPageFault"),
                (0x29, "KiRaiseSecurityCheckFailure"),
            ] {
                let handler = self.nt(name);
                let ist = u64::from(vector == 8);
                let kind = if vector == 3 || vector == 0x29 { 0xEE00 } else { 0x8E00 };
                self.q(
                    idt + vector * 16,
                    handler & 0xFFFF | 0x10 << 16 | (ist | kind) << 32 | (handler >> 16 & 0xFFFF) << 48,
                );
                self.q(idt + vector * 16 + 8, handler >> 32);
            }
        }
        self.put("_KPCR", pcr, "IdtBase", idt);
        for (name, base, limit) in [("Gdtr", gdt, 0x57u16), ("Idtr", idt, 0xFFF)] {
            let at = special + layout::off("_KSPECIAL_REGISTERS", name);
            self.bytes(at + 6, &limit.to_le_bytes());
            self.q(at + 8, base);
        }
        self.put("_KSPECIAL_REGISTERS", special, "Tr", 0x40);
    }

    fn shared_user_data(&mut self, processors: u64) {
        let root = self.root();
        let s = "_KUSER_SHARED_DATA";
        let at = 0xFFFF_F780_0000_0000;
        self.memory.map(root, at, 0x1000, W | NX);
        let (time, up) = (self.time, self.uptime);
        let times: [(&'static str, u64); 3] =
            [("InterruptTime", up), ("SystemTime", time), ("TickCount", up / 156_250)];
        for (name, value) in times {
            let field = at + layout::off(s, name);
            self.d(field, value as u32);
            self.d(field + 4, (value >> 32) as u32);
            self.d(field + 8, (value >> 32) as u32);
        }
        for (name, value) in [
            ("TickCountMultiplier", 0x0FA0_0000),
            ("ImageNumberLow", 0x8664),
            ("ImageNumberHigh", 0x8664),
            ("NtBuildNumber", 19041),
            ("NtProductType", 1),
            ("ProductTypeIsValid", 1),
            ("NativeProcessorArchitecture", 9),
            ("NtMajorVersion", 10),
            ("NtMinorVersion", 0),
            ("BootId", 0x2F),
            ("SuiteMask", 0x110),
            ("NumberOfPhysicalPages", self.memory.pages()),
            ("ActiveConsoleId", 1),
            ("QpcFrequency", 10_000_000),
            ("ActiveProcessorCount", processors),
            ("ActiveGroupCount", 1),
            ("LargePageMinimum", 0x20_0000),
        ] {
            self.put(s, at, name, value);
        }
        let rootdir: Vec<u8> = "C:\\Windows".encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.bytes(at + layout::off(s, "NtSystemRoot"), &rootdir);
        let pfn = self.memory.translate(root, at).expect("mapped") >> 12;
        // User space sees the same page, read-only.
        let frame = self.memory.frames[&pfn];
        self.memory.map_frame(root, 0x7FFE_0000, pfn, U | NX);
        self.memory.frames.insert(pfn, frame);
    }
}
