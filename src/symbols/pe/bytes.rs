//! The bytes of an image, however it is seen: a file on disk, memory of a dump, or a plain buffer.

use crate::util::bounded;

/// Bytes of an image by relative virtual address. Implemented here for files and buffers; callers implement it over
/// dump memory, where pages may be missing.
pub trait ImageBytes {
    /// Fills all of `buf` with the bytes at `rva`, or answers false (leaving `buf` undefined) if any is missing.
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool;

    /// Fills all of `buf` with the bytes at a file offset. Only files know these, so the default answers false.
    fn at_file_offset(&self, _offset: u32, _buf: &mut [u8]) -> bool {
        false
    }
}

impl<T: ImageBytes + ?Sized> ImageBytes for &T {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        (**self).at_rva(rva, buf)
    }

    fn at_file_offset(&self, offset: u32, buf: &mut [u8]) -> bool {
        (**self).at_file_offset(offset, buf)
    }
}

impl<T: ImageBytes + ?Sized> ImageBytes for Box<T> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        (**self).at_rva(rva, buf)
    }

    fn at_file_offset(&self, offset: u32, buf: &mut [u8]) -> bool {
        (**self).at_file_offset(offset, buf)
    }
}

/// A buffer that holds an image as it lies in memory: index and RVA are the same.
#[derive(Debug, Clone, Copy)]
pub struct MappedBytes<'a>(pub &'a [u8]);

impl ImageBytes for MappedBytes<'_> {
    fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
        copy(self.0, rva as usize, buf)
    }
}

/// Copies `buf.len()` bytes from `offset`; false where they end early.
pub(crate) fn copy(bytes: &[u8], offset: usize, buf: &mut [u8]) -> bool {
    bounded::slice(bytes, offset, buf.len()).map(|from| buf.copy_from_slice(from)).is_some()
}

/// `N` bytes at `rva`.
pub fn array<const N: usize>(image: &(impl ImageBytes + ?Sized), rva: u32) -> Option<[u8; N]> {
    let mut buf = [0; N];
    image.at_rva(rva, &mut buf).then_some(buf)
}

/// The 16-bit value at `rva`.
pub fn u16_at(image: &(impl ImageBytes + ?Sized), rva: u32) -> Option<u16> {
    array(image, rva).map(u16::from_le_bytes)
}

/// The 32-bit value at `rva`.
pub fn u32_at(image: &(impl ImageBytes + ?Sized), rva: u32) -> Option<u32> {
    array(image, rva).map(u32::from_le_bytes)
}

/// The 64-bit value at `rva`.
pub fn u64_at(image: &(impl ImageBytes + ?Sized), rva: u32) -> Option<u64> {
    array(image, rva).map(u64::from_le_bytes)
}

/// `len` bytes at `rva`; `None` if any is missing or `len` is over `cap`.
pub fn block(image: &(impl ImageBytes + ?Sized), rva: u32, len: u32, cap: u32) -> Option<Vec<u8>> {
    if len > cap {
        return None;
    }
    rva.checked_add(len)?;
    let mut buf = vec![0; len as usize];
    image.at_rva(rva, &mut buf).then_some(buf)
}

/// Page size used to split reads so that a missing page costs only itself.
const PAGE: u32 = 0x1000;

/// A table of `count` fixed-size elements at `rva`, read by pages: elements on missing pages are `None`.
pub fn table<const N: usize>(
    image: &(impl ImageBytes + ?Sized),
    rva: u32,
    count: u32,
) -> impl Iterator<Item = Option<[u8; N]>> {
    let mut page: Vec<u8> = Vec::new();
    let mut page_at = None;
    (0..count).map(move |index| {
        let at = rva.checked_add(index.checked_mul(N as u32)?)?;
        let base = at & !(PAGE - 1);
        if page_at != Some(base) {
            page.resize(PAGE as usize, 0);
            if !image.at_rva(base, &mut page) {
                page.clear();
            }
            page_at = Some(base);
        }
        bounded::array(&page, (at - base) as usize).or_else(|| array(image, at))
    })
}

/// The text at `rva` up to its NUL, at most `max` bytes, read in small pieces that do not cross a page needlessly.
/// Bytes outside ASCII are taken as UTF-8 where they are, else replaced. `None` if the first byte is missing.
pub fn text_z(image: &(impl ImageBytes + ?Sized), rva: u32, max: u32) -> Option<String> {
    let mut text: Vec<u8> = Vec::new();
    let mut at = rva;
    while (text.len() as u32) < max {
        let left_on_page = PAGE - at % PAGE;
        let want = left_on_page.min(64).min(max - text.len() as u32);
        let mut piece = [0u8; 64];
        let piece = piece.get_mut(..want as usize)?;
        if !image.at_rva(at, piece) {
            // The tail of a buffer may be shorter than the piece: take it byte by byte.
            let single = piece.get_mut(..1)?;
            if !image.at_rva(at, single) {
                if text.is_empty() {
                    return None;
                }
                break;
            }
            match single.first() {
                Some(0) | None => break,
                Some(&byte) => text.push(byte),
            }
            at = at.checked_add(1)?;
            continue;
        }
        if let Some(end) = memchr::memchr(0, piece) {
            text.extend(piece.iter().take(end));
            break;
        }
        text.extend_from_slice(piece);
        let Some(next) = at.checked_add(want) else { break };
        at = next;
    }
    Some(String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_with_the_buffer() {
        let bytes = [b"abc\0".as_slice(), &[b'x'; 100]].concat();
        let image = MappedBytes(&bytes);
        assert_eq!(text_z(&image, 0, 50).as_deref(), Some("abc"));
        assert_eq!(text_z(&image, 4, 1000).map(|t| t.len()), Some(100));
        assert_eq!(text_z(&image, 4, 7).map(|t| t.len()), Some(7));
        assert_eq!(text_z(&image, 104, 7), None);
    }

    /// Two pages, the second missing.
    struct Holes;
    impl ImageBytes for Holes {
        fn at_rva(&self, rva: u32, buf: &mut [u8]) -> bool {
            buf.fill(7);
            rva as usize + buf.len() <= 0x1000
        }
    }

    #[test]
    fn a_missing_page_costs_only_its_elements() {
        let got: Vec<_> = table::<4>(&Holes, 0xff0, 6).collect();
        assert_eq!(got.iter().filter(|e| e.is_some()).count(), 4);
        assert_eq!(block(&Holes, 0, 0x1000, 0x800), None);
        assert_eq!(block(&Holes, u32::MAX, 8, 0x800), None);
        assert_eq!(table::<4>(&Holes, u32::MAX - 2, 3).flatten().count(), 0);
    }
}
