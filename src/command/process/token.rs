//! `!token`: whom a process acts as.

use super::processes::process_argument;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::Lack;
use crate::kernel::{Group as TokenGroup, Privilege, Sid, Token, privilege_name};
use crate::output::{Action, Cell, Field, Record, Role};

/// `!token`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!token"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::flag("-n", "names of the SIDs that every Windows has")]),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows an access token: user, groups, privileges, integrity level",
    help: "Without ADDRESS that of the current process. Names of other SIDs are known to the computer alone, not to its \
           dump; the user's, where the kernel kept it, stands at the end.\n\n\
           kd> !token -n\n\
           _TOKEN ffffb808adb46990\n\
           TS Session ID: 0x1\n\
           User: S-1-5-18 (Well Known Group: NT AUTHORITY\\SYSTEM)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Low bits of a reference to a token, which count.
const FAST_REF_COUNT: u64 = 0xf;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = context.evaluate_any(args.text)?.map(|typed| typed & !FAST_REF_COUNT);
    let current = context.session.process();
    let scope = context.session.scope();
    let token = match address {
        Some(address) => Token::at(&scope, address)?,
        None => process_argument(&scope, current)?.token()?,
    };
    let names = args.has("-n");
    let mut missing = Missing::default();
    let out = &mut context.out;
    let mut say = |record: Record| {
        missing.note(&record);
        out.emit(record)
    };
    say(head(&token, names))?;
    say(Record::new("title").text("User Groups: "))?;
    groups(token.groups(), "group", names).into_iter().try_for_each(&mut say)?;
    let primary = Record::new("primary_group").text("Primary Group: ");
    say(sid(primary, token.primary_group(), names))?;
    if let Ok(package) = token.package() {
        say(sid(Record::new("package").text("PackageSid: "), Ok(package), names))?;
        say(Record::new("title").text("Capabilities: "))?;
        groups(token.capabilities(), "capability", names).into_iter().try_for_each(&mut say)?;
    }
    say(Record::new("title").text("Privs: "))?;
    privileges(token.privileges()).into_iter().try_for_each(&mut say)?;
    say(tail(&token))?;
    if let Ok(restricted) = token.restricted_sids()
        && !restricted.is_empty()
    {
        groups(Ok(restricted), "restricted", names).into_iter().try_for_each(&mut say)?;
    }
    let level = Record::new("integrity").text("IntegrityLevel:            ");
    say(sid(level, token.integrity(), true))?;
    // Of accounts the kernel keeps the name with the logon, since Windows Vista.
    if let Ok(account) = token.account() {
        let cell = Cell::new(account).role(Role::Text);
        say(Record::new("account").text("Account:                   ").cell("account", cell))?;
    }
    missing.say(out)
}

fn head(token: &Token<'_>, names: bool) -> Record {
    let address = token.address();
    let link = Action::object("nt!_TOKEN", address);
    let session = token.session_id().map(Field::Hex);
    let shown = token.session_id().map_or(String::new(), |id| format!("{id:#x}"));
    let record = Record::new("token")
        .text("_TOKEN ")
        .cell("address", Cell::new(Field::Address(address)).digits(16).link(link))
        .line("TS Session ID: ")
        .cell("session_id", Cell::new(session).shown(shown))
        .line("User: ");
    sid(record, token.user(), names)
}

/// Adds a SID, and its name if names are wanted.
fn sid(record: Record, sid: Result<Sid, Lack>, names: bool) -> Record {
    let named = sid.as_ref().ok().map(|sid| match sid.name() {
        Some((kind, name)) => (format!(" ({kind}: {name})"), Field::from(name)),
        None => (" (no name mapped)".to_owned(), Field::Null),
    });
    let cell = Cell::new(sid.map(|sid| sid.to_string())).absent("none").role(Role::Text);
    let record = record.cell("sid", cell);
    match named {
        Some((text, name)) => record.text(if names { text } else { String::new() }).field("name", name),
        None => record,
    }
}

/// Words for SE_GROUP_* (winnt.h), in the debugger's order.
const GROUP_WORDS: [(u64, &str); 9] = [
    (1, "Mandatory"),
    (2, "Default"),
    (4, "Enabled"),
    (8, "Owner"),
    (0x10, "DenyOnly"),
    (0x20, "GroupIntegrity"),
    (0x40, "GroupIntegrityEnabled"),
    (0x2000_0000, "GroupResource"),
    (0xc000_0000, "LogonId"),
];

fn attributes(bits: u64, words: &[(u64, &str)]) -> String {
    let set = words.iter().filter(|(bit, _)| bits & bit == *bit);
    set.map(|(_, word)| format!("{word} ")).collect()
}

fn groups(found: Result<Vec<TokenGroup>, Lack>, kind: &'static str, names: bool) -> Vec<Record> {
    let found = match found {
        Ok(found) => found,
        Err(why) => return vec![lacking(kind, why)],
    };
    let row = |(index, group): (usize, TokenGroup)| {
        let record =
            Record::new(kind).text(" ").cell("index", Cell::new(index as u64).shown(format!("{index:02}")));
        let shown = attributes(group.attributes, &GROUP_WORDS);
        sid(record.text(" "), group.sid, names)
            .line("    Attributes - ")
            .cell("attributes", Cell::new(Field::Hex(group.attributes)).shown(shown).role(Role::Text))
    };
    found.into_iter().enumerate().map(row).collect()
}

fn privileges(found: Result<Vec<Privilege>, Lack>) -> Vec<Record> {
    match found {
        Ok(found) => found.into_iter().map(privilege).collect(),
        Err(why) => vec![lacking("privilege", why)],
    }
}

fn privilege(of: Privilege) -> Record {
    let name = privilege_name(of.number).map_or_else(|| "unknown".to_owned(), str::to_owned);
    let words = [(of.enabled, "Enabled "), (of.by_default, "Default ")];
    let words: String = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    Record::new("privilege")
        .text(format!(" {:02} {:#011x} ", of.number, of.number))
        .field("number", of.number)
        .cell("name", Cell::new(name).role(Role::Text).left(33))
        .text(" Attributes - ")
        .text(words)
        .field("enabled", of.enabled)
        .field("by_default", of.by_default)
}

fn lacking(kind: &'static str, why: Lack) -> Record {
    Record::new(kind).text(" ").cell("sid", Cell::new(Field::from(why)))
}

fn tail(token: &Token<'_>) -> Record {
    let word = |value: Result<u64, Lack>, words: &[&str]| {
        let name = value.as_ref().ok().and_then(|value| words.get(usize::try_from(*value).ok()?).copied());
        let shown = name.map_or_else(|| value.as_ref().map_or(String::new(), u64::to_string), str::to_owned);
        Cell::new(value).shown(shown).role(Role::Text)
    };
    let pair = |value: Result<u64, Lack>, between: &str| {
        let shown = value
            .as_ref()
            .map_or(String::new(), |id| format!("({:x},{between}{:x})", id >> 32, id & u64::from(u32::MAX)));
        Cell::new(value.map(Field::Hex)).shown(shown)
    };
    let hex = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex));
    let flags = token.flags();
    let shown = flags.as_ref().map_or(String::new(), |flags| format!("{flags:#x}"));
    let in_use = token.is_in_use();
    let used = if in_use == Ok(true) { " ( Token in use )" } else { "" };
    let count = token.restricted_sids().map(|sids| sids.len() as u64);
    Record::new("token_details")
        .text("Authentication ID:         ")
        .cell("authentication_id", pair(token.authentication_id(), ""))
        .line("Impersonation Level:       ")
        .cell(
            "impersonation_level",
            word(
                token.impersonation_level(),
                &["Anonymous", "Identification", "Impersonation", "Delegation"],
            ),
        )
        .line("TokenType:                 ")
        .cell("type", word(token.kind(), &["0", "Primary", "Impersonation"]))
        .line("Source: ")
        .cell("source", Cell::new(token.source()).role(Role::Text))
        .pad_to(27)
        .text("TokenFlags: ")
        .cell("flags", Cell::new(flags.map(Field::Hex)).shown(shown))
        .text(used)
        .field("in_use", in_use)
        .line("Token ID: ")
        .cell("token_id", hex(token.id()))
        .pad_to(27)
        .text("ParentToken ID: ")
        .cell("parent_token_id", hex(token.parent_id()))
        .line("Modified ID:               ")
        .cell("modified_id", pair(token.modified_id(), " "))
        .line("RestrictedSidCount: ")
        .cell("restricted_sids", Cell::new(count))
        .pad_to(26)
        .text(" RestrictedSids: ")
        .cell("restricted_list", Cell::new(token.restricted_list().map(Field::Address)).digits(16))
        .line("OriginatingLogonSession: ")
        .cell("originating_logon", hex(token.originating_logon()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of public transcripts of `!token`, made of their values.
    #[test]
    fn lines_are_those_of_real_transcripts() {
        let line = |number, enabled, by_default| {
            privilege(Privilege { number, enabled, by_default }).lines[0].plain()
        };
        assert_eq!(line(5, false, false), " 05 0x000000005 SeIncreaseQuotaPrivilege          Attributes - ");
        assert_eq!(
            line(23, true, true),
            " 23 0x000000017 SeChangeNotifyPrivilege           Attributes - Enabled Default "
        );
        assert_eq!(attributes(7, &GROUP_WORDS), "Mandatory Default Enabled ");
        assert_eq!(attributes(0xf, &GROUP_WORDS), "Mandatory Default Enabled Owner ");
        assert_eq!(attributes(0x2000_0007, &GROUP_WORDS), "Mandatory Default Enabled GroupResource ");
        assert_eq!(attributes(0xc000_0007, &GROUP_WORDS), "Mandatory Default Enabled LogonId ");
        assert_eq!(attributes(0x60, &GROUP_WORDS), "GroupIntegrity GroupIntegrityEnabled ");
    }
}
