//! The one copy of file bytes into the header structures of `kdmp-parser`.
#![allow(unsafe_code)]

use std::mem::{MaybeUninit, size_of};

use kdmp_parser::structs::Pod;

use crate::util::bounded;

/// A `T` from the bytes at `offset`, or `None` where they end before it.
///
/// The structures are little-endian images; so is every machine this is built for.
pub(super) fn read<T: Pod>(bytes: &[u8], offset: usize) -> Option<Box<T>> {
    let source = bounded::slice(bytes, offset, size_of::<T>())?;
    let mut value: Box<MaybeUninit<T>> = Box::new_uninit();
    // SAFETY: `source` is exactly `size_of::<T>()` readable bytes, `value` is a writable, aligned allocation of that
    // size, and the two cannot overlap. `T: Pod` promises that any bytes, padding included, are a valid `T`.
    unsafe {
        std::ptr::copy_nonoverlapping(source.as_ptr(), value.as_mut_ptr().cast::<u8>(), size_of::<T>());
        Some(value.assume_init())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_exactly_and_never_past_the_end() {
        let bytes = [1u8, 2, 3, 4, 5, 6, 7, 8, 9];
        assert_eq!(read::<u64>(&bytes, 1).as_deref(), Some(&0x0908_0706_0504_0302));
        assert_eq!(read::<u64>(&bytes, 2), None);
        assert_eq!(read::<u32>(&bytes, usize::MAX), None);
    }
}
