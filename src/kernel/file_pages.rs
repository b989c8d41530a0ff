//! Pages of memory by the file that they belong to: the record of a page of a file keeps the entry that refers to the file's
//! subsection (MMPTE_SUBSECTION), that leads to the control area, and that to the FILE_OBJECT.

use super::page_frame::{PageList, PageUse};
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::paging::{PteEncoding, PteKind};
use std::collections::HashMap;

/// Pages of one file, or of one that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PageCounts {
    /// In use.
    pub valid: u64,
    /// On a standby list: they hold the file's content until somebody else needs them.
    pub standby: u64,
    /// Changed, and not yet written to the file.
    pub modified: u64,
    /// Of those in use, such to which several entries refer.
    pub shared: u64,
}

impl PageCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.valid.saturating_add(self.standby).saturating_add(self.modified)
    }

    fn count(&mut self, page: &PageUse) {
        match page.list {
            PageList::ACTIVE => {
                self.valid += 1;
                self.shared += u64::from(page.share_count > 1);
            }
            PageList::STANDBY => self.standby += 1,
            PageList::MODIFIED | PageList::MODIFIED_NO_WRITE => self.modified += 1,
            // Free pages belong to nobody; one in transition is on its way to one of the lists.
            _ => {}
        }
    }

    fn add(&mut self, other: &PageCounts) {
        self.valid += other.valid;
        self.standby += other.standby;
        self.modified += other.modified;
        self.shared += other.shared;
    }
}

/// The file of pages.
pub struct FileUse<'s> {
    /// The control area; an error where a subsection does not lead to one.
    pub area: Result<Object<'s>, Lack>,
    /// Its pages.
    pub counts: PageCounts,
}

impl FileUse<'_> {
    /// The file's name, as its volume names it; [`Lack::Null`] where there is no file.
    ///
    /// # Errors
    /// What leads to it is not in the dump, or is no file object.
    pub fn name(&self) -> Result<String, Lack> {
        let file = self.area.as_ref().map_err(Clone::clone)?.field("FilePointer")?;
        file.fast_ref("nt!_FILE_OBJECT")?.field("FileName")?.text()
    }
}

/// Subsections that are kept apart: a machine has some ten thousand.
const SUBSECTIONS: usize = 1 << 18;

/// Counts pages by subsection.
#[derive(Debug, Default)]
pub struct FilePages {
    subsections: HashMap<u64, PageCounts>,
    /// Pages of prototype PTEs that name no subsection: sections in the page file.
    pub in_page_file: PageCounts,
    /// Pages of subsections beyond those that are kept apart.
    pub beyond: u64,
}

impl FilePages {
    /// Counts a page, if it is one that several processes may map.
    pub fn take(&mut self, page: &PageUse, encoding: PteEncoding) {
        if !page.is_prototype {
            return;
        }
        match encoding.prototype_kind(page.original) {
            PteKind::Subsection { address, .. } => {
                let is_full = self.subsections.len() >= SUBSECTIONS;
                match self.subsections.get_mut(&address) {
                    Some(counts) => counts.count(page),
                    None if is_full => self.beyond += 1,
                    None => self.subsections.entry(address).or_default().count(page),
                }
            }
            _ => self.in_page_file.count(page),
        }
    }

    /// The files, those with the most pages first.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn files<'s>(&self, scope: &'s Scope<'s>) -> Result<Vec<FileUse<'s>>, Lack> {
        let mut areas: HashMap<u64, FileUse<'s>> = HashMap::new();
        let mut unknown: Option<FileUse<'s>> = None;
        for (subsection, counts) in self.subsections.iter().filter(|(_, counts)| counts.total() > 0) {
            scope.check()?;
            let area = scope
                .object("nt!_SUBSECTION", *subsection)
                .and_then(|subsection| subsection.field("ControlArea")?.pointee_as("nt!_CONTROL_AREA"));
            let file = match area {
                Ok(area) => areas
                    .entry(area.address())
                    .or_insert_with(|| FileUse { area: Ok(area), counts: PageCounts::default() }),
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                Err(why) => {
                    unknown.get_or_insert_with(|| FileUse { area: Err(why), counts: PageCounts::default() })
                }
            };
            file.counts.add(counts);
        }
        let mut files: Vec<FileUse<'s>> = areas.into_values().chain(unknown).collect();
        let address = |file: &FileUse<'_>| file.area.as_ref().map_or(u64::MAX, Object::address);
        files.sort_by_key(|file| (std::cmp::Reverse(file.counts.total()), address(file)));
        Ok(files)
    }
}
