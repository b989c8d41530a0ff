//! `!alpc` on a forge dump in which a port is laid out by hand: the forge has none.

use crate::forge::{number, truth};
use crate::golden::run;
use crate::patched::Patched;

/// Offsets of Windows 10 build 19041 (public symbols).
const COMMUNICATION_INFO: u64 = 0x10;
const OWNER: u64 = 0x18;
const SEQUENCE: u64 = 0x190;
const MAIN_QUEUE_LENGTH: u64 = 0x1c0;
const PENDING_QUEUE_LENGTH: u64 = 0x1c8;

#[test]
fn a_port_tells_its_owner_and_what_is_not_known_of_it() {
    let truth = truth("wifi");
    let processes = truth["processes"].as_array().unwrap();
    let owner = processes.iter().find(|process| process["name"] == "services.exe").unwrap();
    let owner = number(&owner["eprocess"]);
    let objects = truth["objects"].as_array().unwrap();
    let port = objects.iter().find(|object| object["name"] == "pool big Filt").unwrap();
    let port = number(&port["address"]);
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.put(port, &[0; 0x200]);
    dump.point(port + COMMUNICATION_INFO, port + 0x800);
    dump.point(port + OWNER, owner);
    dump.put(port + SEQUENCE, &0x3c9u32.to_le_bytes());
    dump.put(port + MAIN_QUEUE_LENGTH, &3u32.to_le_bytes());
    dump.put(port + PENDING_QUEUE_LENGTH, &0u32.to_le_bytes());
    // The connection: the port that the client asked for, this one as the server's end, the client's end.
    for (member, to) in [(0, port + 0x400), (8, port), (16, port + 0x600)] {
        dump.point(port + 0x800 + member, to);
    }
    let (mut session, _folder) = dump.open();

    let lines = run(&mut session, &format!("!alpc /p {port:x}")).unwrap();
    assert_eq!(lines[0], format!("Port @ {port:016x}"));
    for line in [
        " Type                      : ALPC_SERVER_COMMUNICATION_PORT".to_owned(),
        format!(" CommunicationInfo         : {:016x}", port + 0x800),
        format!(" ConnectionPort            : {:016x}", port + 0x400),
        format!(" ClientCommunicationPort   : {:016x}", port + 0x600),
        format!(" ServerCommunicationPort   : {port:016x}"),
        format!(" OwnerProcess              : {owner:016x} (services.exe)"),
        " SequenceNo                : 0x000003C9 (969)".to_owned(),
        " Main queue has 3 messages.".to_owned(),
        " Pending queue is empty.".to_owned(),
    ] {
        assert!(lines.contains(&line), "{line}: {lines:#?}");
    }
    // A connection that knows nothing of the port.
    dump.point(port + 0x808, 0);
    let (mut session, _folder) = dump.open();
    let lines = run(&mut session, &format!("!alpc /p {port:x}")).unwrap();
    assert!(lines[1].starts_with(" Type                      : ????"), "{lines:#?}");
    let last = lines.last().unwrap();
    assert!(last.starts_with("Not known: ") && last.ends_with(" is no port of its own connection"), "{last}");
    assert!(run(&mut session, "!alpc").is_err());
    assert!(run(&mut session, "!alpc /p").is_err());
}
