//! Executive resources. Who owns them and who waits is what threads do in the emulator.

use serde_json::json;

use crate::layout::{off, size};
use crate::truth::hex;
use crate::world::World;

const R: &str = "_ERESOURCE";

impl World {
    /// A free resource in the system's list, with room for shared owners.
    pub fn resource(&mut self) -> u64 {
        let at = self.alloc_pool(false, size(R), b"ERes");
        let table = self.alloc_pool(false, 4 * size("_OWNER_ENTRY"), b"ReTa");
        self.put("_OWNER_ENTRY", table, "TableSize", 4);
        self.put(R, at, "OwnerTable", table);
        let head = self.nt("ExpSystemResourcesList");
        self.list_insert(head, at);
        at
    }

    /// Notes a resource after its threads have run: those that got it, those that wait for all of
    /// it, and those that would share it, by index.
    pub fn note_resource(&mut self, at: u64, owners: &[usize], waiters: &[usize], readers: &[usize]) {
        let exclusive = self.member(R, at, "Flag") & 0x80 != 0;
        let objects = |list: &[usize]| list.iter().map(|t| hex(self.threads[*t].object)).collect::<Vec<_>>();
        let entry = at + off(R, "OwnerEntry");
        assert_eq!(
            self.member("_OWNER_ENTRY", entry, "OwnerThread"),
            owners.first().map_or(0, |t| self.threads[*t].object)
        );
        let note = json!({
            "address": hex(at), "exclusive": exclusive, "owners": objects(owners), "exclusive_waiters": objects(waiters),
            "shared_waiters": objects(readers), "contention": waiters.len() + readers.len(),
        });
        self.note("resources", note);
    }
}
