//! The filter manager's frames, minifilters, their instances, and the volumes that these are attached to.
//!
//! The types are those of the filter manager's own symbols (FLTMGR); nothing is known without them.

use super::driver_object::DriverObject;
use crate::debuggee::{Elements, Lack, Object, Scope};

/// FLTP_FRAME: a range of altitudes. There is one, unless old filter drivers stand between minifilters.
pub struct FilterFrame<'s>(Object<'s>);

/// FLT_FILTER: a minifilter.
pub struct MiniFilter<'s>(Object<'s>);

/// FLT_INSTANCE: a minifilter on a volume.
pub struct FilterInstance<'s>(Object<'s>);

/// FLT_VOLUME: a volume that minifilters may be on.
pub struct FilterVolume<'s>(Object<'s>);

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

impl<'s> MiniFilter<'s> {
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

impl FilterInstance<'_> {
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
