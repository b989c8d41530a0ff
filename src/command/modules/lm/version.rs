//! The version resource in `lmv`.

use super::label::labelled;
use crate::output::Line;
use crate::symbols::pe::version::{FixedFileInfo, VersionInfo};

/// A resource with more strings than this is damaged.
const MAX_STRINGS: usize = 64;

/// The lines of a version resource, in the debugger's order.
pub fn lines(version: &VersionInfo) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(fixed) = &version.fixed {
        lines.extend(fixed_lines(fixed));
    }
    let translations =
        version.translations.iter().map(|(language, page)| format!("{language:04x}.{page:04x}"));
    let translations: Vec<String> = translations.collect();
    lines.push(labelled("Translations:", &translations.join(" "), 5));
    lines.push(Line::of("    Information from resource tables:"));
    let strings = version.tables.iter().flat_map(|table| &table.strings).take(MAX_STRINGS);
    for (key, value) in strings {
        lines.push(Line::of("        ").label(format!("{:<17}", format!("{key}:"))).text(" ").value(value));
    }
    lines
}

fn fixed_lines(fixed: &FixedFileInfo) -> Vec<Line> {
    let dotted = |parts: [u16; 4]| parts.map(|part| part.to_string()).join(".");
    vec![
        labelled("File version:", &dotted(fixed.file_version), 5),
        labelled("Product version:", &dotted(fixed.product_version), 2),
        labelled(
            "File flags:",
            &format!("{:X} (Mask {:X})", fixed.flags & fixed.flags_mask, fixed.flags_mask),
            7,
        ),
        labelled("File OS:", &format!("{:X} {}", fixed.os, os_name(fixed.os)), 10),
        labelled("File type:", &file_type(fixed), 8),
        labelled("File date:", &format!("{:08X}.{:08X}", fixed.date >> 32, fixed.date & 0xffff_ffff), 8),
    ]
}

/// VOS_*, in the debugger's words.
fn os_name(os: u32) -> &'static str {
    match os {
        0x4_0004 => "NT Win32",
        0x4_0000 => "NT Base",
        0x4 => "Win32",
        0x1_0004 => "DOS Win32",
        _ => "Unknown Base",
    }
}

/// VFT_* and, for drivers, VFT2_*.
fn file_type(fixed: &FixedFileInfo) -> String {
    let word = match fixed.file_type {
        1 => "App",
        2 => "Dll",
        3 => "Driver",
        4 => "Font",
        5 => "VxD",
        7 => "Static Lib",
        _ => "Unknown",
    };
    format!("{:X}.{:X} {word}", fixed.file_type, fixed.file_subtype)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The layout of the specification's sample of ntoskrnl.exe.
    #[test]
    fn the_fixed_part() {
        let fixed = FixedFileInfo {
            file_version: [10, 0, 19041, 508],
            product_version: [10, 0, 19041, 508],
            flags_mask: 0x3f,
            flags: 0,
            os: 0x4_0004,
            file_type: 1,
            file_subtype: 0,
            date: 0,
        };
        let text: Vec<String> = fixed_lines(&fixed).iter().map(Line::plain).collect();
        assert_eq!(text[0], "    File version:     10.0.19041.508");
        assert_eq!(text[2], "    File flags:       0 (Mask 3F)");
        assert_eq!(text[3], "    File OS:          40004 NT Win32");
        assert_eq!(text[4], "    File type:        1.0 App");
        assert_eq!(text[5], "    File date:        00000000.00000000");
    }
}
