//! Built-in facts about kernel structures, for when there are no symbols at all.
//!
//! The asset holds where the members of 200 to 550 kernel types lie in 28 x64 builds, from Windows Server 2003 to
//! Windows 11 24H2. What is not of the module's very build is said to be so: whoever uses such a layout has to check
//! what it reads (self-linked lists, object types, sizes that the debugger block states).

mod asset;
mod ctype;

use super::types::table::TypeTable;
use super::types::{Exactness, TypeSource};
use asset::Place;

/// Version of a kernel: major, minor, build, revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub [u32; 4]);

/// The version of which nothing is known.
pub const UNKNOWN: Version = Version([0; 4]);

impl Version {
    /// Reads `10.0.19041.1288`; parts that are missing count as 0.
    pub fn parse(text: &str) -> Option<Version> {
        let mut version = [0u32; 4];
        let mut parts = text.split('.');
        for to in &mut version {
            let Some(part) = parts.next() else { break };
            *to = part.parse().ok()?;
        }
        parts.next().is_none().then_some(Version(version))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [major, minor, build, revision] = self.0;
        write!(f, "{major}.{minor}.{build}.{revision}")
    }
}

/// The layouts of one build.
#[derive(Debug)]
pub struct Layout {
    name: String,
    exact: bool,
    types: TypeTable,
}

impl Layout {
    /// The build that the layouts are of.
    pub fn build(&self) -> &str {
        &self.name
    }

    /// Whether it is of the same build as `version`, revisions apart: servicing changes structures little.
    pub fn is_of_build(&self, version: Version) -> bool {
        let [major, minor, build, _] = version.0;
        Version::parse(&self.name)
            .is_some_and(|own| (own.0[0], own.0[1], family(own.0[2])) == (major, minor, family(build)))
    }

    /// Whether that is the build that was asked for.
    pub fn is_exact(&self) -> bool {
        self.exact
    }
}

/// The layouts that fit best to a kernel of that version.
///
/// `revision` 0 stands for unknown and makes no layout exact. `thread_size` is `SizeEThread` of the debugger block: it
/// tells the two layouts that build 26100 has had apart, which share everything else in the version. `None` only where
/// the asset is damaged or the version is older than any that is known by more than a major version.
pub fn choose(version: Version, thread_size: Option<u64>) -> Option<Layout> {
    let builds = asset::builds()?;
    let place = nearest(&builds, version, thread_size)?;
    let exact = version.0[3] != 0 && Version::parse(place.build) == Some(version);
    Some(Layout { name: place.build.to_owned(), exact, types: asset::types(place)? })
}

/// `SizeEThread` of build 26100 before its layout changed in mid-2025.
const EARLY_26100_THREAD: u64 = 0x788;
/// The name in the asset of that earlier layout.
const EARLY_26100: &str = "10.0.26100.2314";

/// The build that is nearest to `version`: of the same build number the nearest revision, else the newest that is older,
/// else the oldest.
fn nearest(builds: &[Place], version: Version, thread_size: Option<u64>) -> Option<Place> {
    let [major, minor, build, revision] = version.0;
    let known = builds.iter().filter_map(|place| {
        let is_early = place.build == EARLY_26100;
        let wanted = match (build >= 26100, thread_size) {
            (true, Some(size)) => is_early == (size == EARLY_26100_THREAD),
            _ => !is_early,
        };
        wanted.then_some((*place, Version::parse(place.build)?))
    });
    known
        .min_by_key(|(_, Version([a, b, c, d]))| {
            let is_newer = (*a, *b, family(*c)) > (major, minor, family(build));
            let distance = (a.abs_diff(major), b.abs_diff(minor), family(*c).abs_diff(family(build)));
            (is_newer, distance, c.abs_diff(build), d.abs_diff(revision))
        })
        .map(|(place, _)| place)
}

/// Builds that run the same kernel and differ by a switch in the version number only.
fn family(build: u32) -> u32 {
    match build {
        19041..=19045 => 19041,
        18362..=18363 => 18362,
        22621..=22635 => 22621,
        26100..=26200 => 26100,
        _ => build,
    }
}

impl TypeSource for Layout {
    fn type_table(&self) -> Option<&TypeTable> {
        Some(&self.types)
    }

    fn type_origin(&self) -> String {
        format!("built-in layout of {}", self.name)
    }

    fn exactness(&self) -> Exactness {
        match self.exact {
            true => Exactness::BuiltIn(self.name.clone()),
            false => Exactness::Nearest(self.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::types::layout::{field, size_of};

    fn chosen(version: &str, thread_size: Option<u64>) -> (String, bool) {
        let layout = choose(Version::parse(version).unwrap(), thread_size).unwrap();
        (layout.build().to_owned(), layout.is_exact())
    }

    #[test]
    fn the_nearest_build_is_chosen_and_said() {
        for (version, name, exact) in [
            ("10.0.19041.1288", "10.0.19041.1288", true),
            ("10.0.19041.1300", "10.0.19041.1288", false),
            ("10.0.19041.0", "10.0.19041.264", false),
            ("10.0.19044.3000", "10.0.19045.2965", false),
            ("10.0.19045.2965", "10.0.19045.2965", true),
            ("6.3.9600.20000", "6.3.9600.17415", false),
            ("10.0.22631.1", "10.0.22631.2428", false),
            ("10.0.20348.2529", "10.0.19045.2965", false),
            ("5.1.2600.0", "5.2.3790.3959", false),
        ] {
            assert_eq!(chosen(version, None), (name.to_owned(), exact), "{version}");
        }
    }

    #[test]
    fn thread_size_tells_the_two_26100_apart() {
        let late = chosen("10.0.26100.4652", Some(0x798)).0;
        let early = chosen("10.0.26100.2314", Some(0x788)).0;
        assert_eq!((late.as_str(), early.as_str()), ("10.0.26100", "10.0.26100.2314"));
        let early = choose(Version([10, 0, 26100, 2314]), Some(0x788)).unwrap();
        assert_eq!(size_of(&early, "_ETHREAD"), Some(0x788));
        assert!(field(&early, "_IRP", "IoStatus").is_some());
    }

    #[test]
    fn members_of_a_known_build() {
        let layout = choose(Version([10, 0, 19041, 1288]), None).unwrap();
        // As the reference engine prints them for the kernel of 19041.804.
        for (name, path, offset) in [
            ("_EPROCESS", "UniqueProcessId", 0x440),
            ("_EPROCESS", "ImageFileName", 0x5a8),
            ("_EPROCESS", "Pcb.DirectoryTableBase", 0x28),
            ("_KTHREAD", "ApcState.Process", 0xb8),
            ("_ETHREAD", "Cid.UniqueThread", 0x480),
        ] {
            let found = field(&layout, name, path).map(|f| f.offset);
            assert_eq!(found, Some(offset), "{name}.{path}");
        }
        assert_eq!(field(&layout, "_EPROCESS", "NoSuch"), None);
        assert_eq!(layout.type_origin(), "built-in layout of 10.0.19041.1288");
    }
}
