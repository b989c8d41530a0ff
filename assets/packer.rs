// Makes the packs that the program brings along (`util::pack`): included by the build script and by the tests that make
// packs of what takes long to pack.

use std::io::{self, Write};

use liblzma::stream::{Check, Filters, LzmaOptions, PRESET_EXTREME, Stream};

/// A pack of these files, in which what is alike at most `distance` bytes apart is there once.
pub fn pack<'f>(
    files: impl Iterator<Item = (&'f str, &'f [u8])> + Clone,
    distance: u32,
) -> io::Result<Vec<u8>> {
    let mut options = LzmaOptions::new_preset(9 | PRESET_EXTREME)?;
    let mut filters = Filters::new();
    filters.lzma2(options.dict_size(distance));
    let stream = Stream::new_stream_encoder(&filters, Check::Crc32)?;
    let mut packer = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
    for (name, bytes) in files.clone() {
        writeln!(packer, "{}\t{name}", bytes.len())?;
    }
    writeln!(packer)?;
    for (_, bytes) in files {
        packer.write_all(bytes)?;
    }
    packer.finish()
}
