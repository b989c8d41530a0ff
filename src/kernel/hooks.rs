//! Where modules hang into Windows and into each other: callbacks, minifilters, devices above those of other drivers, and routines in
//! the dispatch tables of other drivers.

use super::callback::{Callback, CallbackKind};
use super::device_object::DeviceObject;
use super::driver_object::DriverObject;
use super::minifilter::FilterFrame;
use crate::debuggee::{Lack, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// What one module has where it can touch what others do.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// How many routines it has Windows call, by kind.
    pub callbacks: Vec<(CallbackKind, u64)>,
    /// Its minifilters: their names and altitudes.
    pub filters: Vec<(String, String)>,
    /// How many devices its drivers have.
    pub devices: u64,
    /// The drivers whose devices its own devices are attached to.
    pub above: BTreeSet<String>,
    /// The drivers whose dispatch tables hold routines of it.
    pub dispatches: BTreeSet<String>,
}

impl Hooks {
    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        *self == Hooks::default()
    }
}

/// The hooks of all modules, by where these begin, and why not all are known.
#[derive(Debug, Default)]
pub struct AllHooks {
    /// By the first address of the module's image.
    pub of: BTreeMap<u64, Hooks>,
    /// Kinds of callbacks that are not known, or not wholly.
    pub callbacks: Vec<CallbackKind>,
    /// Why minifilters are not known, or not wholly.
    pub filters: Option<Lack>,
    /// Why drivers and their devices are not known, or not wholly.
    pub drivers: Option<Lack>,
}

/// Computers have a few thousand devices at most.
const MOST_DEVICES: usize = 20_000;

impl AllHooks {
    /// Looks through callbacks, drivers and devices.
    ///
    /// # Errors
    /// The search was stopped.
    pub fn find(scope: &Scope<'_>) -> Result<AllHooks, Lack> {
        let mut found = AllHooks::default();
        for kind in CallbackKind::ALL {
            found.add_callbacks(scope, kind)?;
        }
        match found.add_filters(scope) {
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            outcome => found.filters = outcome.err(),
        }
        match DriverObject::all(scope) {
            Ok(drivers) => {
                let mut left = MOST_DEVICES;
                for driver in drivers {
                    match found.add_driver(scope, &driver, &mut left) {
                        Ok(()) => {}
                        Err(Lack::Stopped) => return Err(Lack::Stopped),
                        Err(why) => found.drivers = found.drivers.or(Some(why)),
                    }
                }
            }
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => found.drivers = Some(why),
        }
        Ok(found)
    }

    fn add_callbacks(&mut self, scope: &Scope<'_>, kind: CallbackKind) -> Result<(), Lack> {
        let mut is_known = true;
        match Callback::all(scope, kind) {
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(_) => is_known = false,
            Ok(callbacks) => {
                for callback in callbacks {
                    let module = match callback {
                        Ok(callback) => scope.target().modules().at(callback.routine),
                        Err(Lack::Stopped) => return Err(Lack::Stopped),
                        Err(_) => {
                            is_known = false;
                            continue;
                        }
                    };
                    let Some(module) = module else { continue };
                    let counts = &mut self.of.entry(module.base).or_default().callbacks;
                    match counts.iter_mut().find(|(known, _)| *known == kind) {
                        Some((_, count)) => *count += 1,
                        None => counts.push((kind, 1)),
                    }
                }
            }
        }
        if !is_known {
            self.callbacks.push(kind);
        }
        Ok(())
    }

    fn add_filters(&mut self, scope: &Scope<'_>) -> Result<(), Lack> {
        for frame in FilterFrame::all(scope)?.1 {
            for filter in frame?.filters()?.1 {
                let filter = filter?;
                let start = filter.driver()?.image()?.0;
                if let Some(module) = scope.target().modules().at(start) {
                    let filters = &mut self.of.entry(module.base).or_default().filters;
                    filters.push((filter.name()?, filter.altitude()?));
                }
            }
        }
        Ok(())
    }

    fn add_driver(
        &mut self,
        scope: &Scope<'_>,
        driver: &DriverObject<'_>,
        left: &mut usize,
    ) -> Result<(), Lack> {
        scope.check()?;
        let name = driver.name()?;
        let own = scope.target().modules().at(driver.image()?.0).map(|module| module.base);
        for (_, routine) in driver.dispatch() {
            let whose = scope.target().modules().at(routine?).map(|module| module.base);
            if let Some(base) = whose.filter(|_| whose != own) {
                self.of.entry(base).or_default().dispatches.insert(name.clone());
            }
        }
        let Some(own) = own else { return Ok(()) };
        for device in driver.devices()?.take(*left) {
            *left = left.saturating_sub(1);
            let device = DeviceObject::at(scope, device?)?;
            let hooks = self.of.entry(own).or_default();
            hooks.devices += 1;
            let lower = device.lower()?;
            if lower != 0 {
                let below = DeviceObject::at(scope, lower)?.driver_name()?;
                if below != name {
                    hooks.above.insert(below);
                }
            }
        }
        Ok(())
    }
}
