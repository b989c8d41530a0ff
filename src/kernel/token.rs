//! TOKEN: who a process or a thread acts as, and what that allows.

use super::sid::Sid;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;
use crate::util::hex::tick;

/// An access token. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Token<'s>(Object<'s>);

/// A SID of a token, and what it is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The SID, or why it cannot be read.
    pub sid: Result<Sid, Lack>,
    /// SE_GROUP_* of the public header winnt.h.
    pub attributes: u64,
}

/// A privilege that a token has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Privilege {
    /// Its number: the low half of its LUID.
    pub number: u64,
    /// Whether it is in force.
    pub enabled: bool,
    /// Whether it was from the beginning.
    pub by_default: bool,
}

/// More SIDs than Windows lets a token have (1024, of the public documentation of access tokens), and then some.
const MAX_SIDS: u64 = 4096;
/// More privileges than there are.
const MAX_PRIVILEGES: u64 = 64;
/// SE_PRIVILEGE_ENABLED_BY_DEFAULT, SE_PRIVILEGE_ENABLED (winnt.h).
const BY_DEFAULT: u32 = 1;
const ENABLED: u32 = 2;

impl<'s> Token<'s> {
    pub(super) fn of(token: Object<'s>) -> Token<'s> {
        Token(token)
    }

    /// The token at an address.
    ///
    /// # Errors
    /// Where no layout of `_TOKEN` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Token<'s>, Lack> {
        scope.object("nt!_TOKEN", address).map(Token)
    }

    /// Address of the TOKEN.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The session of whoever logged on.
    pub fn session_id(&self) -> Result<u64, Lack> {
        self.0.field("SessionId")?.u64()
    }

    /// The user.
    pub fn user(&self) -> Result<Sid, Lack> {
        match self.sids("UserAndGroups", "UserAndGroupCount")?.into_iter().next() {
            Some(group) => group.sid,
            None => Err(Lack::Null { what: format!("the list of SIDs of {}", self.0.what()) }),
        }
    }

    /// The groups: what follows the user in its list of SIDs.
    pub fn groups(&self) -> Result<Vec<Group>, Lack> {
        Ok(self.sids("UserAndGroups", "UserAndGroupCount")?.into_iter().skip(1).collect())
    }

    /// The SIDs of which one must allow an access too, where the token is restricted.
    pub fn restricted_sids(&self) -> Result<Vec<Group>, Lack> {
        self.sids("RestrictedSids", "RestrictedSidCount")
    }

    /// The capabilities of an app container.
    pub fn capabilities(&self) -> Result<Vec<Group>, Lack> {
        self.sids("Capabilities", "CapabilityCount")
    }

    fn sids(&self, list: &str, count: &str) -> Result<Vec<Group>, Lack> {
        let counter = self.0.field(count)?;
        let count = match counter.u64()? {
            count if count <= MAX_SIDS => count,
            _ => return Err(Lack::Shape { what: counter.what(), wanted: "count of SIDs" }),
        };
        if count == 0 {
            return Ok(Vec::new());
        }
        let first = self.0.field(list)?.pointee_as("nt!_SID_AND_ATTRIBUTES")?;
        let size = first.size().unwrap_or(16);
        let scope = self.0.scope();
        (0..count)
            .map(|index| {
                scope.check()?;
                let entry = first.moved_to(first.address().wrapping_add(index.wrapping_mul(size)));
                let sid = entry.field("Sid")?.u64();
                let attributes = entry.field("Attributes")?.u64()?;
                Ok(Group { sid: sid.and_then(|at| Sid::read(scope, at)), attributes })
            })
            .collect()
    }

    /// The group of what it creates.
    pub fn primary_group(&self) -> Result<Sid, Lack> {
        self.sid("PrimaryGroup")
    }

    /// The SID of its app container's package; [`Lack::Null`] outside of one.
    pub fn package(&self) -> Result<Sid, Lack> {
        self.sid("Package")
    }

    fn sid(&self, pointer: &str) -> Result<Sid, Lack> {
        let pointer = self.0.field(pointer)?;
        match pointer.u64()? {
            0 => Err(Lack::Null { what: pointer.what() }),
            at => Sid::read(self.0.scope(), at),
        }
    }

    /// The group that is its integrity level; [`Lack::Null`] where it has none.
    pub fn integrity(&self) -> Result<Sid, Lack> {
        let index = self.0.field("IntegrityLevelIndex")?;
        let groups = self.sids("UserAndGroups", "UserAndGroupCount")?;
        let at = usize::try_from(index.u64()?).ok();
        match at.and_then(|at| groups.into_iter().nth(at)) {
            Some(group) => group.sid,
            // -1 in tokens without one.
            None => Err(Lack::Null { what: index.what() }),
        }
    }

    /// What it may do besides what its SIDs allow.
    pub fn privileges(&self) -> Result<Vec<Privilege>, Lack> {
        if let Ok(present) = self.0.field("Privileges.Present") {
            let present = present.u64()?;
            let enabled = self.0.field("Privileges.Enabled")?.u64()?;
            let by_default = self.0.field("Privileges.EnabledByDefault")?.u64()?;
            let bit = |word: u64, number: u64| word >> number & 1 == 1;
            let privilege = |number| Privilege {
                number,
                enabled: bit(enabled, number),
                by_default: bit(by_default, number),
            };
            return Ok((0..64).filter(|&number| bit(present, number)).map(privilege).collect());
        }
        // A list of LUID_AND_ATTRIBUTES (12 bytes) before Windows Vista.
        let counter = self.0.field("PrivilegeCount")?;
        let count = counter.u64()?;
        if count > MAX_PRIVILEGES {
            return Err(Lack::Shape { what: counter.what(), wanted: "count of privileges" });
        }
        let list = self.0.field("Privileges")?.u64()?;
        let memory = self.0.scope().memory();
        let privilege = |index: u64| {
            let at = list.wrapping_add(index * 12);
            let read = |at| {
                let what = format!("privileges at {}", tick(list));
                memory.u32(at).map_err(|why| Lack::Unreadable { what, why })
            };
            let attributes = read(at.wrapping_add(8))?;
            Ok(Privilege {
                number: read(at)?.into(),
                enabled: attributes & ENABLED != 0,
                by_default: attributes & BY_DEFAULT != 0,
            })
        };
        (0..count).map(privilege).collect()
    }

    /// The logon that it comes from, as a LUID.
    pub fn authentication_id(&self) -> Result<u64, Lack> {
        self.luid("AuthenticationId")
    }

    /// Its own LUID.
    pub fn id(&self) -> Result<u64, Lack> {
        self.luid("TokenId")
    }

    /// That of the token that it was made from, if it is a restricted one.
    pub fn parent_id(&self) -> Result<u64, Lack> {
        self.luid("ParentTokenId")
    }

    /// A LUID that changes whenever the token does.
    pub fn modified_id(&self) -> Result<u64, Lack> {
        self.luid("ModifiedId")
    }

    /// The logon that asked for the one that it comes from.
    pub fn originating_logon(&self) -> Result<u64, Lack> {
        self.luid("OriginatingLogonSession")
    }

    fn luid(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// TOKEN_TYPE: 1 primary, 2 impersonation.
    pub fn kind(&self) -> Result<u64, Lack> {
        self.0.field("TokenType")?.u64()
    }

    /// SECURITY_IMPERSONATION_LEVEL: 0 anonymous, 1 identification, 2 impersonation, 3 delegation.
    pub fn impersonation_level(&self) -> Result<u64, Lack> {
        self.0.field("ImpersonationLevel")?.u64()
    }

    /// TOKEN_FLAGS.
    pub fn flags(&self) -> Result<u64, Lack> {
        self.0.field("TokenFlags")?.u64()
    }

    /// Whether a process has it as its own.
    pub fn is_in_use(&self) -> Result<bool, Lack> {
        self.0.field("TokenInUse")?.is_set()
    }

    /// Who made it, in eight characters.
    pub fn source(&self) -> Result<String, Lack> {
        Ok(self.0.field("TokenSource.SourceName")?.text()?.trim_end().to_owned())
    }

    /// `DOMAIN\user` of the logon that it comes from, as the kernel keeps it since Windows Vista.
    pub fn account(&self) -> Result<String, Lack> {
        let logon = self.0.field("LogonSession")?.pointee_as("nt!_SEP_LOGON_SESSION_REFERENCES")?;
        let account = logon.field("AccountName")?;
        let name = account.text()?;
        if name.is_empty() {
            return Err(Lack::Null { what: account.what() });
        }
        let authority = logon.field("AuthorityName")?.text()?;
        Ok(if authority.is_empty() { name } else { format!("{authority}\\{name}") })
    }

    /// Address of its list of restricted SIDs; 0 where it is not restricted.
    pub fn restricted_list(&self) -> Result<u64, Lack> {
        self.0.field("RestrictedSids")?.u64()
    }
}

/// The name of a privilege by its number (the public header ntifs.h).
pub fn privilege_name(number: u64) -> Option<&'static str> {
    usize::try_from(number).ok().and_then(|number| PRIVILEGES.get(number.checked_sub(2)?).copied())
}

/// From 2 on.
const PRIVILEGES: [&str; 35] = [
    "SeCreateTokenPrivilege",
    "SeAssignPrimaryTokenPrivilege",
    "SeLockMemoryPrivilege",
    "SeIncreaseQuotaPrivilege",
    "SeMachineAccountPrivilege",
    "SeTcbPrivilege",
    "SeSecurityPrivilege",
    "SeTakeOwnershipPrivilege",
    "SeLoadDriverPrivilege",
    "SeSystemProfilePrivilege",
    "SeSystemtimePrivilege",
    "SeProfileSingleProcessPrivilege",
    "SeIncreaseBasePriorityPrivilege",
    "SeCreatePagefilePrivilege",
    "SeCreatePermanentPrivilege",
    "SeBackupPrivilege",
    "SeRestorePrivilege",
    "SeShutdownPrivilege",
    "SeDebugPrivilege",
    "SeAuditPrivilege",
    "SeSystemEnvironmentPrivilege",
    "SeChangeNotifyPrivilege",
    "SeRemoteShutdownPrivilege",
    "SeUndockPrivilege",
    "SeSyncAgentPrivilege",
    "SeEnableDelegationPrivilege",
    "SeManageVolumePrivilege",
    "SeImpersonatePrivilege",
    "SeCreateGlobalPrivilege",
    "SeTrustedCredManAccessPrivilege",
    "SeRelabelPrivilege",
    "SeIncreaseWorkingSetPrivilege",
    "SeTimeZonePrivilege",
    "SeCreateSymbolicLinkPrivilege",
    "SeDelegateSessionUserImpersonatePrivilege",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers and names of a public transcript of `!token`.
    #[test]
    fn privileges_have_their_numbers() {
        for (number, name) in [
            (0x17, "SeChangeNotifyPrivilege"),
            (0xf, "SeCreatePagefilePrivilege"),
            (0x18, "SeRemoteShutdownPrivilege"),
            (0x1c, "SeManageVolumePrivilege"),
            (0x14, "SeDebugPrivilege"),
            (0x5, "SeIncreaseQuotaPrivilege"),
        ] {
            assert_eq!(privilege_name(number), Some(name));
        }
        assert_eq!((privilege_name(0), privilege_name(37)), (None, None));
    }
}
