//! Security identifiers: whom a token stands for. The format and the well-known ones are those of the public [MS-DTYP],
//! 2.4.2.

use crate::debuggee::{Lack, Scope};
use crate::memory::{Memory, ReadError};
use crate::util::hex::tick;
use std::fmt;

/// A SID.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sid {
    authority: u64,
    parts: Vec<u32>,
}

/// What kind of account a name is, in the debugger's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SidKind {
    /// A group that every system has.
    WellKnownGroup,
    /// A local group of every system.
    Alias,
    /// A user.
    User,
    /// A group of a domain.
    Group,
    /// An integrity level.
    Label,
}

impl fmt::Display for SidKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SidKind::WellKnownGroup => "Well Known Group",
            SidKind::Alias => "Alias",
            SidKind::User => "User",
            SidKind::Group => "Group",
            SidKind::Label => "Label",
        })
    }
}

/// The only revision that there is, and the most parts of one.
const REVISION: u8 = 1;
const MAX_PARTS: u8 = 15;

impl Sid {
    /// The SID at an address.
    ///
    /// # Errors
    /// [`Lack::Unreadable`]; [`Lack::Shape`] where no SID stands there.
    pub fn read(scope: &Scope<'_>, address: u64) -> Result<Sid, Lack> {
        let memory = scope.memory();
        let what = || format!("_SID at {}", tick(address));
        let unreadable = |why: ReadError| Lack::Unreadable { what: what(), why };
        let [revision, count] = memory.u16(address).map_err(unreadable)?.to_le_bytes();
        if revision != REVISION || count > MAX_PARTS {
            return Err(Lack::Shape { what: what(), wanted: "SID" });
        }
        let high = memory.u16(address.wrapping_add(2)).map_err(unreadable)?.swap_bytes();
        let low = memory.u32(address.wrapping_add(4)).map_err(unreadable)?.swap_bytes();
        let part = |index| memory.u32(address.wrapping_add(8 + 4 * u64::from(index))).map_err(unreadable);
        let parts = (0..count).map(part).collect::<Result<_, _>>()?;
        Ok(Sid { authority: u64::from(high) << 32 | u64::from(low), parts })
    }

    /// The last part: an account's number in its domain, the level of an integrity label.
    pub fn last(&self) -> Option<u32> {
        self.parts.last().copied()
    }

    /// Its name, where every Windows gives it the same one.
    pub fn name(&self) -> Option<(SidKind, String)> {
        use SidKind::{Alias, Group, Label, User, WellKnownGroup};
        let known = |kind, name: &str| Some((kind, name.to_owned()));
        let numbered = |name: &str, number: u32| Some((User, format!("{name}{number}")));
        match (self.authority, self.parts.as_slice()) {
            (5, [32, alias]) => known(Alias, &format!("BUILTIN\\{}", find(ALIASES, *alias)?)),
            (5, [90, 0, number]) => numbered("Window Manager\\DWM-", *number),
            (5, [96, 0, number]) => numbered("Font Driver Host\\UMFD-", *number),
            (5, [80, 956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464]) => {
                known(WellKnownGroup, "NT SERVICE\\TrustedInstaller")
            }
            (5, [21, _, _, _, account]) => {
                let is_user = *account <= 503;
                known(if is_user { User } else { Group }, find(ACCOUNTS, *account)?)
            }
            (5, [64, package]) => known(WellKnownGroup, find(PACKAGES, *package)?),
            (15, [2, number]) => known(WellKnownGroup, find(APPLICATIONS, *number)?),
            (16, [level]) => known(Label, &format!("Mandatory Label\\{}", find(LEVELS, *level)?)),
            (authority, [number]) => {
                let mut groups = GROUPS.iter();
                let found = groups.find(|(a, n, _)| (*a, *n) == (authority, *number));
                found.and_then(|(_, _, name)| known(WellKnownGroup, name))
            }
            (5, [80, 0]) => known(WellKnownGroup, "NT SERVICE\\ALL SERVICES"),
            (5, [83, 0]) => known(WellKnownGroup, "NT VIRTUAL MACHINE\\Virtual Machines"),
            _ => None,
        }
    }
}

fn find(names: &'static [(u32, &'static str)], number: u32) -> Option<&'static str> {
    names.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "S-{REVISION}-")?;
        match self.authority {
            authority if authority <= u64::from(u32::MAX) => write!(f, "{authority}")?,
            authority => write!(f, "0x{authority:012x}")?,
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

/// Authority, number, name.
const GROUPS: &[(u64, u32, &str)] = &[
    (0, 0, "NULL SID"),
    (1, 0, "Everyone"),
    (2, 0, "LOCAL"),
    (2, 1, "CONSOLE LOGON"),
    (3, 0, "CREATOR OWNER"),
    (3, 1, "CREATOR GROUP"),
    (3, 4, "OWNER RIGHTS"),
    (5, 1, "NT AUTHORITY\\DIALUP"),
    (5, 2, "NT AUTHORITY\\NETWORK"),
    (5, 3, "NT AUTHORITY\\BATCH"),
    (5, 4, "NT AUTHORITY\\INTERACTIVE"),
    (5, 6, "NT AUTHORITY\\SERVICE"),
    (5, 7, "NT AUTHORITY\\ANONYMOUS LOGON"),
    (5, 8, "NT AUTHORITY\\PROXY"),
    (5, 9, "NT AUTHORITY\\ENTERPRISE DOMAIN CONTROLLERS"),
    (5, 10, "NT AUTHORITY\\SELF"),
    (5, 11, "NT AUTHORITY\\Authenticated Users"),
    (5, 12, "NT AUTHORITY\\RESTRICTED"),
    (5, 13, "NT AUTHORITY\\TERMINAL SERVER USER"),
    (5, 14, "NT AUTHORITY\\REMOTE INTERACTIVE LOGON"),
    (5, 15, "NT AUTHORITY\\This Organization"),
    (5, 17, "NT AUTHORITY\\IUSR"),
    (5, 18, "NT AUTHORITY\\SYSTEM"),
    (5, 19, "NT AUTHORITY\\LOCAL SERVICE"),
    (5, 20, "NT AUTHORITY\\NETWORK SERVICE"),
    (5, 33, "NT AUTHORITY\\WRITE RESTRICTED"),
    (5, 113, "NT AUTHORITY\\Local account"),
    (5, 114, "NT AUTHORITY\\Local account and member of Administrators group"),
    (5, 1000, "NT AUTHORITY\\Other Organization"),
    (18, 1, "Authentication authority asserted identity"),
    (18, 2, "Service asserted identity"),
];

/// S-1-5-32-N
const ALIASES: &[(u32, &str)] = &[
    (544, "Administrators"),
    (545, "Users"),
    (546, "Guests"),
    (547, "Power Users"),
    (548, "Account Operators"),
    (549, "Server Operators"),
    (550, "Print Operators"),
    (551, "Backup Operators"),
    (552, "Replicator"),
    (554, "Pre-Windows 2000 Compatible Access"),
    (555, "Remote Desktop Users"),
    (556, "Network Configuration Operators"),
    (557, "Incoming Forest Trust Builders"),
    (558, "Performance Monitor Users"),
    (559, "Performance Log Users"),
    (560, "Windows Authorization Access Group"),
    (561, "Terminal Server License Servers"),
    (562, "Distributed COM Users"),
    (568, "IIS_IUSRS"),
    (569, "Cryptographic Operators"),
    (573, "Event Log Readers"),
    (574, "Certificate Service DCOM Access"),
    (575, "RDS Remote Access Servers"),
    (576, "RDS Endpoint Servers"),
    (577, "RDS Management Servers"),
    (578, "Hyper-V Administrators"),
    (579, "Access Control Assistance Operators"),
    (580, "Remote Management Users"),
];

/// S-1-5-21-X-Y-Z-N: the accounts of every domain; which domain it is, the number does not tell.
const ACCOUNTS: &[(u32, &str)] = &[
    (500, "Administrator"),
    (501, "Guest"),
    (502, "krbtgt"),
    (503, "DefaultAccount"),
    (512, "Domain Admins"),
    (513, "Domain Users"),
    (514, "Domain Guests"),
    (515, "Domain Computers"),
    (516, "Domain Controllers"),
    (517, "Cert Publishers"),
    (518, "Schema Admins"),
    (519, "Enterprise Admins"),
    (520, "Group Policy Creator Owners"),
    (525, "Protected Users"),
];

/// S-1-5-64-N
const PACKAGES: &[(u32, &str)] = &[
    (10, "NT AUTHORITY\\NTLM Authentication"),
    (14, "NT AUTHORITY\\SChannel Authentication"),
    (21, "NT AUTHORITY\\Digest Authentication"),
];

/// S-1-15-2-N
const APPLICATIONS: &[(u32, &str)] = &[
    (1, "APPLICATION PACKAGE AUTHORITY\\ALL APPLICATION PACKAGES"),
    (2, "APPLICATION PACKAGE AUTHORITY\\ALL RESTRICTED APPLICATION PACKAGES"),
];

/// S-1-16-N
const LEVELS: &[(u32, &str)] = &[
    (0, "Untrusted Mandatory Level"),
    (4096, "Low Mandatory Level"),
    (8192, "Medium Mandatory Level"),
    (8448, "Medium Plus Mandatory Level"),
    (12288, "High Mandatory Level"),
    (16384, "System Mandatory Level"),
    (20480, "Protected Process Mandatory Level"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn sid(authority: u64, parts: &[u32]) -> Sid {
        Sid { authority, parts: parts.to_vec() }
    }

    /// Texts and names of public transcripts of `!token` and of [MS-DTYP].
    #[test]
    fn sids_are_spelled_and_named_as_windows_does() {
        let name = |sid: Sid| sid.name().map(|(kind, name)| format!("{kind}: {name}"));
        assert_eq!(
            sid(5, &[21, 518_066_528, 515_770_016, 299_552_555, 2_981_724]).to_string(),
            "S-1-5-21-518066528-515770016-299552555-2981724"
        );
        assert_eq!(sid(0x0100_0000_0000, &[]).to_string(), "S-1-0x010000000000");
        assert_eq!(name(sid(5, &[32, 544])).as_deref(), Some("Alias: BUILTIN\\Administrators"));
        assert_eq!(name(sid(5, &[4])).as_deref(), Some("Well Known Group: NT AUTHORITY\\INTERACTIVE"));
        assert_eq!(name(sid(16, &[12288])).as_deref(), Some("Label: Mandatory Label\\High Mandatory Level"));
        assert_eq!(name(sid(5, &[21, 1, 2, 3, 513])).as_deref(), Some("Group: Domain Users"));
        assert_eq!(name(sid(5, &[21, 1, 2, 3, 1001])), None);
        assert_eq!(name(sid(5, &[5, 0, 71188])), None);
        assert_eq!(sid(16, &[8192]).last(), Some(8192));
    }
}
