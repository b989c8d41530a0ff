//! The filter manager's frames, minifilters, their instances, and the volumes that these are attached to.
//!
//! The types are those of the filter manager's own symbols (FLTMGR); nothing is known without them.

use super::driver_object::DriverObject;
use super::filter_operation::FilterOperation;
use crate::debuggee::{Elements, Lack, Object, Scope};

/// FLTP_FRAME: a range of altitudes. There is one, unless old filter drivers stand between minifilters.
pub struct FilterFrame<'s>(Object<'s>);

/// FLT_FILTER: a minifilter.
pub struct MiniFilter<'s>(Object<'s>);

/// FLT_INSTANCE: a minifilter on a volume.
pub struct FilterInstance<'s>(Object<'s>);

/// FLT_VOLUME: a volume that minifilters may be on.
pub struct FilterVolume<'s>(Object<'s>);

/// FLT_OBJECT: what filters, instances and volumes begin with.
pub struct FilterObject<'s>(Object<'s>);

/// The elements of a FLT_RESOURCE_LIST_HEAD, and where its LIST_ENTRY lies.
fn listed<'s>(head: &Object<'s>, ty: &str, link: &str) -> Result<Elements<'s>, Lack> {
    head.field("rList")?.list(ty, link)
}

impl<'s> FilterFrame<'s> {
    /// Where the list of frames lies, and the frames.
    ///
    /// # Errors
    /// The filter manager's symbols are not known, or its variables cannot be read.
    pub fn all(
        scope: &'s Scope<'s>,
    ) -> Result<(u64, impl Iterator<Item = Result<FilterFrame<'s>, Lack>>), Lack> {
        // What types there are says more than that a variable is not known.
        scope.find_type("FLTMGR!_GLOBALS")?;
        let list = scope.global_of("FLTMGR!FltGlobals", "FLTMGR!_GLOBALS")?.field("FrameList")?;
        let at = list.field("rList")?.address();
        let frames = listed(&list, "FLTMGR!_FLTP_FRAME", "Links")?;
        Ok((at, frames.map(|frame| frame.map(FilterFrame))))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its number.
    pub fn id(&self) -> Result<u64, Lack> {
        self.0.field("FrameID")?.u64()
    }

    /// The lowest altitude of it and the highest.
    pub fn altitudes(&self) -> (Result<String, Lack>, Result<String, Lack>) {
        let text = |member: &str| self.0.field(member)?.text();
        (text("AltitudeIntervalLow"), text("AltitudeIntervalHigh"))
    }

    /// Where the list of its filters lies, and the filters, those that see a request first coming first.
    ///
    /// # Errors
    /// The types are not known.
    pub fn filters(
        &self,
    ) -> Result<(u64, impl Iterator<Item = Result<MiniFilter<'s>, Lack>> + use<'s>), Lack> {
        let list = self.0.field("RegisteredFilters")?;
        let filters = listed(&list, "FLTMGR!_FLT_FILTER", "Base.PrimaryLink")?;
        Ok((list.field("rList")?.address(), filters.map(|filter| filter.map(MiniFilter))))
    }

    /// The same of the volumes that it is attached to.
    ///
    /// # Errors
    /// The types are not known.
    pub fn volumes(
        &self,
    ) -> Result<(u64, impl Iterator<Item = Result<FilterVolume<'s>, Lack>> + use<'s>), Lack> {
        let list = self.0.field("AttachedVolumes")?;
        let volumes = listed(&list, "FLTMGR!_FLT_VOLUME", "Base.PrimaryLink")?;
        Ok((list.field("rList")?.address(), volumes.map(|volume| volume.map(FilterVolume))))
    }
}

impl FilterObject<'_> {
    /// FLT_OBFL_TYPE_..., by the names of the public symbols: what kind of object it is.
    pub const INSTANCE: u64 = 0x0100_0000;
    /// A minifilter.
    pub const FILTER: u64 = 0x0200_0000;
    /// A volume.
    pub const VOLUME: u64 = 0x0400_0000;

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its flags: what kind of object it is, and whether it is going away.
    pub fn flags(&self) -> Result<u64, Lack> {
        self.0.field("Flags")?.u64()
    }

    /// What kind of object it is, one of the constants here.
    pub fn kind(&self) -> Result<u64, Lack> {
        Ok(self.flags()? & 0x0f00_0000)
    }

    /// Its rundown protection as it is kept, and how many hold it. Bit 0 says that it is being run down; the rest of the
    /// word is the count then, or where those wait that do it.
    pub fn references(&self) -> Result<(u64, u64), Lack> {
        let raw = self.0.field("RundownRef")?.u64()?;
        Ok((raw, if raw & 1 == 0 { raw >> 1 } else { 0 }))
    }

    /// How many pointers to it are counted.
    pub fn pointers(&self) -> Result<u64, Lack> {
        self.0.field("PointerCount")?.u64()
    }

    /// Its neighbours in the list of its kind: the next one and the one before.
    pub fn links(&self) -> Result<(u64, u64), Lack> {
        links(&self.0.field("PrimaryLink")?)
    }
}

/// The pointers of a LIST_ENTRY.
fn links(entry: &Object<'_>) -> Result<(u64, u64), Lack> {
    Ok((entry.field("Flink")?.u64()?, entry.field("Blink")?.u64()?))
}

impl<'s> MiniFilter<'s> {
    /// The routines of a filter besides those for requests, as FLT_FILTER names them.
    pub const ROUTINES: [&'static str; 13] = [
        "FilterUnload",
        "InstanceSetup",
        "InstanceQueryTeardown",
        "InstanceTeardownStart",
        "InstanceTeardownComplete",
        "PreVolumeMount",
        "PostVolumeMount",
        "GenerateFileName",
        "NormalizeNameComponent",
        "NormalizeNameComponentEx",
        "NormalizeContextCleanup",
        "KtmNotification",
        "OldDriverUnload",
    ];

    /// The filter at an address.
    ///
    /// # Errors
    /// The filter manager's symbols are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<MiniFilter<'s>, Lack> {
        scope.object("FLTMGR!_FLT_FILTER", address).map(MiniFilter)
    }

    /// What it has in common with other objects of the filter manager.
    pub fn object(&self) -> FilterObject<'s> {
        base(&self.0)
    }

    /// A pointer or a number of its own: `Frame`, `FilterUnload` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The frame that it is registered in.
    pub fn frame(&self) -> Result<FilterFrame<'s>, Lack> {
        self.0.field("Frame")?.pointee_as("FLTMGR!_FLTP_FRAME").map(FilterFrame)
    }

    /// Its flags, and the names of their bits.
    pub fn flags(&self) -> Result<(u64, Vec<String>), Lack> {
        self.0.field("Flags")?.flag_names()
    }

    /// The requests that it sees; what is wrong with the array comes last.
    ///
    /// # Errors
    /// The types are not known; it registered for none.
    pub fn operations(
        &self,
    ) -> Result<impl Iterator<Item = Result<FilterOperation<'s>, Lack>> + use<'s>, Lack> {
        FilterOperation::all(&self.0.field("Operations")?)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// `WdFilter`
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("Name")?.text()
    }

    /// `328010`
    pub fn altitude(&self) -> Result<String, Lack> {
        self.0.field("DefaultAltitude")?.text()
    }

    /// The driver that it belongs to.
    pub fn driver(&self) -> Result<DriverObject<'s>, Lack> {
        DriverObject::at(self.0.scope(), self.0.field("DriverObject")?.u64()?)
    }

    /// Its instances; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known.
    pub fn instances(
        &self,
    ) -> Result<impl Iterator<Item = Result<FilterInstance<'s>, Lack>> + use<'s>, Lack> {
        let instances = listed(&self.0.field("InstanceList")?, "FLTMGR!_FLT_INSTANCE", "FilterLink")?;
        Ok(instances.map(|instance| instance.map(FilterInstance)))
    }
}

/// What an object of the filter manager begins with; the type lies at its start in every version.
fn base<'s>(object: &Object<'s>) -> FilterObject<'s> {
    FilterObject(object.field("Base").unwrap_or_else(|_| object.clone()))
}

impl<'s> FilterInstance<'s> {
    /// The instance at an address.
    ///
    /// # Errors
    /// The filter manager's symbols are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<FilterInstance<'s>, Lack> {
        scope.object("FLTMGR!_FLT_INSTANCE", address).map(FilterInstance)
    }

    /// What it has in common with other objects of the filter manager.
    pub fn object(&self) -> FilterObject<'s> {
        base(&self.0)
    }

    /// A pointer or a number of its own: `Volume`, `Filter` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The filter that it is of.
    pub fn filter(&self) -> Result<MiniFilter<'s>, Lack> {
        self.0.field("Filter")?.pointee_as("FLTMGR!_FLT_FILTER").map(MiniFilter)
    }

    /// The volume that it is on.
    pub fn volume(&self) -> Result<FilterVolume<'s>, Lack> {
        self.0.field("Volume")?.pointee_as("FLTMGR!_FLT_VOLUME").map(FilterVolume)
    }

    /// Its flags, and the names of their bits.
    pub fn flags(&self) -> Result<(u64, Vec<String>), Lack> {
        self.0.field("Flags")?.flag_names()
    }

    /// Its neighbours among the instances of its filter.
    pub fn filter_link(&self) -> Result<(u64, u64), Lack> {
        links(&self.0.field("FilterLink")?)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// `WdFilter Instance`
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("Name")?.text()
    }

    /// `328010`
    pub fn altitude(&self) -> Result<String, Lack> {
        self.0.field("Altitude")?.text()
    }
}

impl<'s> FilterVolume<'s> {
    /// The volume at an address.
    ///
    /// # Errors
    /// The filter manager's symbols are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<FilterVolume<'s>, Lack> {
        scope.object("FLTMGR!_FLT_VOLUME", address).map(FilterVolume)
    }

    /// What it has in common with other objects of the filter manager.
    pub fn object(&self) -> FilterObject<'s> {
        base(&self.0)
    }

    /// A pointer or a number of its own: `DeviceObject`, `Frame` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// A text of its own: `GuidName`, `CDODeviceName` ...
    pub fn text(&self, member: &str) -> Result<String, Lack> {
        self.0.field(member)?.text()
    }

    /// Its flags, and the names of their bits.
    pub fn flags(&self) -> Result<(u64, Vec<String>), Lack> {
        self.0.field("Flags")?.flag_names()
    }

    /// Its file system: `NTFS`, `RAW` ... (FLT_FILESYSTEM_TYPE of fltUserStructures.h); a number without a name as it is.
    pub fn file_system(&self) -> Result<String, Lack> {
        let field = self.0.field("FileSystemType")?;
        let number = field.u64()?;
        let name = field.enum_name().unwrap_or_default();
        Ok(name.map_or_else(
            || number.to_string(),
            |name| name.strip_prefix("FLT_FSTYPE_").unwrap_or(&name).to_owned(),
        ))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// `\Device\HarddiskVolume3`
    pub fn name(&self) -> Result<String, Lack> {
        self.0.field("DeviceName")?.text()
    }

    /// The instances on it, that of the highest altitude first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known.
    pub fn instances(
        &self,
    ) -> Result<impl Iterator<Item = Result<FilterInstance<'s>, Lack>> + use<'s>, Lack> {
        let instances = listed(&self.0.field("InstanceList")?, "FLTMGR!_FLT_INSTANCE", "Base.PrimaryLink")?;
        Ok(instances.map(|instance| instance.map(FilterInstance)))
    }
}
