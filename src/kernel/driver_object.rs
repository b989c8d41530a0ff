//! DRIVER_OBJECT: a driver as the I/O manager knows it.

use super::irp_function::MAJOR_FUNCTIONS;
use super::object_directory::ObjectDirectory;
use super::saved_structures::saved_structures;
use crate::debuggee::{Lack, Object, Scope};

/// A driver object. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct DriverObject<'s>(Object<'s>);

/// IO_TYPE_DRIVER of wdm.h.
const TYPE: u64 = 4;
/// Where the object manager keeps drivers.
const DIRECTORIES: [&str; 2] = ["\\Driver", "\\FileSystem"];

/// The routines of FAST_IO_DISPATCH behind its size, in the order of wdm.h.
pub const FAST_IO: [&str; 27] = [
    "FastIoCheckIfPossible",
    "FastIoRead",
    "FastIoWrite",
    "FastIoQueryBasicInfo",
    "FastIoQueryStandardInfo",
    "FastIoLock",
    "FastIoUnlockSingle",
    "FastIoUnlockAll",
    "FastIoUnlockAllByKey",
    "FastIoDeviceControl",
    "AcquireFileForNtCreateSection",
    "ReleaseFileForNtCreateSection",
    "FastIoDetachDevice",
    "FastIoQueryNetworkOpenInfo",
    "AcquireForModWrite",
    "MdlRead",
    "MdlReadComplete",
    "PrepareMdlWrite",
    "MdlWriteComplete",
    "FastIoReadCompressed",
    "FastIoWriteCompressed",
    "MdlReadCompleteCompressed",
    "MdlWriteCompleteCompressed",
    "FastIoQueryOpen",
    "ReleaseForModWrite",
    "AcquireForCcFlush",
    "ReleaseForCcFlush",
];

impl<'s> DriverObject<'s> {
    /// The driver object at an address.
    ///
    /// # Errors
    /// Where no layout of `_DRIVER_OBJECT` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<DriverObject<'s>, Lack> {
        scope.object("nt!_DRIVER_OBJECT", address).map(DriverObject)
    }

    /// The driver of a name: `\Driver\disk`, `disk`. Where the directories of the object manager are not in the dump,
    /// what the file holds is looked through.
    ///
    /// # Errors
    /// [`Lack::NoName`] where there is none of that name; else what could not be read.
    pub fn named(scope: &'s Scope<'s>, name: &str) -> Result<DriverObject<'s>, Lack> {
        let paths: Vec<String> = match name.starts_with('\\') {
            true => vec![name.to_owned()],
            false => DIRECTORIES.iter().map(|directory| format!("{directory}\\{name}")).collect(),
        };
        let mut lack = None;
        for path in &paths {
            match ObjectDirectory::find(scope, path) {
                Ok(at) => return DriverObject::at(scope, at),
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                Err(why) => lack = lack.or(Some(why)),
            }
        }
        let is_named = |known: &str| {
            paths.iter().any(|path| path.eq_ignore_ascii_case(known))
                || known.rsplit('\\').next().is_some_and(|last| last.eq_ignore_ascii_case(name))
        };
        let saved = DriverObject::saved(scope)?;
        let found = saved.into_iter().find(|driver| driver.name().is_ok_and(|known| is_named(&known)));
        found.ok_or_else(|| lack.unwrap_or_else(|| Lack::NoName { name: format!("the driver '{name}'") }))
    }

    /// The driver objects that a dump of single ranges holds: those whose type, size and name are a driver's.
    ///
    /// # Errors
    /// Where the layout is not known, or the search was stopped.
    pub fn saved(scope: &'s Scope<'s>) -> Result<Vec<DriverObject<'s>>, Lack> {
        let pattern = scope.object("nt!_DRIVER_OBJECT", 0)?;
        let Some(size) = pattern.size().filter(|size| *size > 0) else { return Ok(Vec::new()) };
        let found = saved_structures(scope, TYPE | size << 16, u64::from(u32::MAX))?;
        let drivers = found.into_iter().map(|at| DriverObject(pattern.moved_to(at)));
        Ok(drivers.filter(|driver| driver.name().is_ok_and(|name| name.starts_with('\\'))).collect())
    }

    /// Every driver object: what is in the directories of the object manager, else what the file holds.
    ///
    /// # Errors
    /// Where neither can be looked through.
    pub fn all(scope: &'s Scope<'s>) -> Result<Vec<DriverObject<'s>>, Lack> {
        let mut found: Vec<DriverObject<'s>> = Vec::new();
        let mut lack = None;
        for directory in DIRECTORIES {
            let entries = ObjectDirectory::find(scope, directory)
                .and_then(|at| ObjectDirectory::at(scope, at)?.entries());
            match entries {
                Ok(entries) => {
                    for entry in entries {
                        match entry.and_then(|entry| DriverObject::at(scope, entry.object)) {
                            Ok(driver) if driver.is_driver().unwrap_or(false) => found.push(driver),
                            Ok(_) => {}
                            Err(Lack::Stopped) => return Err(Lack::Stopped),
                            Err(why) => lack = lack.or(Some(why)),
                        }
                    }
                }
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                Err(why) => lack = lack.or(Some(why)),
            }
        }
        for driver in DriverObject::saved(scope)? {
            if !found.iter().any(|known| known.address() == driver.address()) {
                found.push(driver);
            }
        }
        match (found.is_empty(), lack) {
            (true, Some(why)) => Err(why),
            _ => Ok(found),
        }
    }

    /// The object itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Whether what lies there is a driver object.
    pub fn is_driver(&self) -> Result<bool, Lack> {
        Ok(self.0.field("Type")?.u64()? == TYPE)
    }

    /// `\Driver\disk`
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("DriverName")?.text()
    }

    /// A pointer or a number of its own: `DriverStart`, `Flags` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The first address of its image and the one behind it.
    pub fn image(&self) -> Result<(u64, u64), Lack> {
        let start = self.number("DriverStart")?;
        Ok((start, start.saturating_add(self.number("DriverSize")?)))
    }

    /// The addresses of its devices, the one made last first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The head of the list cannot be read.
    pub fn devices(&self) -> Result<impl Iterator<Item = Result<u64, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope();
        let first = self.0.field("DeviceObject")?.u64()?;
        let next = move |at: u64| scope.object("nt!_DEVICE_OBJECT", at)?.field("NextDevice")?.u64();
        Ok(scope.steps(first, "the devices of the driver", next))
    }

    /// What a driver is called with when a device appears; 0 where nothing.
    pub fn add_device(&self) -> Result<u64, Lack> {
        let extension = self.0.field("DriverExtension")?.pointee_as("nt!_DRIVER_EXTENSION")?;
        match extension.field("AddDevice") {
            Ok(routine) => routine.u64(),
            // Built-in layouts have no pointers to functions: in wdm.h it follows the first member, a pointer.
            Err(_) => {
                let first = extension.field("DriverObject")?;
                first.moved_to(first.address().wrapping_add(first.size().unwrap_or(8))).u64()
            }
        }
    }

    /// The extensions that parts of the driver have asked for: their ids and addresses.
    ///
    /// # Errors
    /// Where the types are not known; what is wrong with the list.
    pub fn client_extensions(&self) -> Result<Vec<(u64, u64)>, Lack> {
        let extension = self.0.field("DriverExtension")?.pointee_as("nt!_DRIVER_EXTENSION")?;
        let first = extension.field("ClientDriverExtension")?;
        if first.u64()? == 0 {
            return Ok(Vec::new());
        }
        let client = first.pointee_as("nt!_IO_CLIENT_EXTENSION")?;
        let size = client.size().unwrap_or(0x10);
        let clients = client.following("NextExtension")?.map(|client| {
            let client = client?;
            Ok((client.field("ClientIdentificationAddress")?.u64()?, client.address().wrapping_add(size)))
        });
        clients.collect()
    }

    /// The routine for a function.
    pub fn major_function(&self, major: u64) -> Result<u64, Lack> {
        let routines = self.0.field("MajorFunction")?;
        match routines.index(major) {
            Ok(routine) => routine.u64(),
            Err(why) => Err(why),
        }
    }

    /// The routines for all functions, by number.
    pub fn dispatch(&self) -> Vec<(u64, Result<u64, Lack>)> {
        (0..MAJOR_FUNCTIONS).map(|major| (major, self.major_function(major))).collect()
    }

    /// The routines for fast I/O, by name, those that are there; [`Lack::Null`] for a driver without any.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn fast_io(&self) -> Result<Vec<(&'static str, u64)>, Lack> {
        // SizeOfFastIoDispatch, then pointers, in every version of wdm.h; a driver may have an older, shorter table.
        let table = self.0.field("FastIoDispatch")?;
        let at = match table.u64()? {
            0 => return Err(Lack::Null { what: table.what() }),
            at => at,
        };
        let pointer = |at: u64| table.moved_to(at).u64();
        let size = pointer(at)? & u64::from(u32::MAX);
        let slots = FAST_IO.iter().zip((8u64..).step_by(8)).take_while(|(_, offset)| offset + 8 <= size);
        slots.map(|(name, offset)| Ok((*name, pointer(at.wrapping_add(offset))?))).collect()
    }
}
