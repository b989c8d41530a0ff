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
const PENDING_QUEUE: u64 = 0xb8;
/// The same of `_KALPC_MESSAGE`; its `PortMessage` lies at 0xf0.
const PORT_QUEUE: u64 = 0x10;
const OWNER_PORT: u64 = 0x18;
const WAITING_THREAD: u64 = 0x20;
const STATE: u64 = 0x28;
const SEQUENCE_OF_MESSAGE: u64 = 0x2c;
const SERVER_THREAD: u64 = 0xc8;
const PORT_MESSAGE: u64 = 0xf0;

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
    let mut why = lines.iter().filter(|line| line.starts_with("Not known: "));
    assert!(why.any(|line| line.ends_with(" is no port of its own connection")), "{lines:#?}");
    assert!(run(&mut session, "!alpc").is_err());
    assert!(run(&mut session, "!alpc /p").is_err());
}

/// Two messages in the pending queue of a server's port, of which one is shown in the layout of a public transcript.
#[test]
fn a_message_tells_who_waits_and_who_works_on_it() {
    let truth = truth("wifi");
    let of = |kind: &str, name: &str| {
        let found = truth[kind].as_array().unwrap().iter();
        found.clone().find(|it| it["name"] == name).unwrap().clone()
    };
    let server = number(&of("processes", "services.exe")["eprocess"]);
    let threads = truth["threads"].as_array().unwrap();
    let [client_thread, server_thread] = [0, 1].map(|at| number(&threads[at]["ethread"]));
    let port = number(&of("objects", "pool big Filt")["address"]);
    let [first, second] = [port + 0xa00, port + 0xc00];
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.put(port, &[0; 0x1000]);
    dump.point(port + COMMUNICATION_INFO, port + 0x800);
    dump.point(port + 0x800, port);
    dump.point(port + OWNER, server);
    dump.list(port + PENDING_QUEUE, &[first, second]);
    dump.put(port + PENDING_QUEUE_LENGTH, &2u32.to_le_bytes());
    dump.point(second + PORT_QUEUE, port);
    dump.point(second + WAITING_THREAD, client_thread);
    dump.point(second + SERVER_THREAD, server_thread);
    dump.point(second + OWNER_PORT, 0);
    // ReplyWaitReply is bit 11 of the state.
    dump.put(second + STATE, &(1u32 << 11).to_le_bytes());
    dump.put(second + SEQUENCE_OF_MESSAGE, &0x4_d4d4u32.to_le_bytes());
    // Lengths of data and whole, and the type: a request whose sender waits.
    for (at, value) in [(0, 0x68u16), (2, 0x90), (4, 0x2001)] {
        dump.put(second + PORT_MESSAGE + at, &value.to_le_bytes());
    }
    dump.put(second + PORT_MESSAGE + 0x18, &0xbfcu32.to_le_bytes());
    dump.put(second + PORT_MESSAGE + 0x20, &0x1f_ef27u32.to_le_bytes());
    let (mut session, _folder) = dump.open();

    let lines = run(&mut session, &format!("!alpc /M {second:x}")).unwrap();
    let expected = [
        format!("Message @ {second:016x}"),
        "  MessageID             : 0x0BFC (3068)".to_owned(),
        "  CallbackID            : 0x1FEF27 (2092839)".to_owned(),
        "  SequenceNumber        : 0x0004D4D4 (316628)".to_owned(),
        "  Type                  : LPC_REQUEST".to_owned(),
        "  DataLength            : 0x0068 (104)".to_owned(),
        "  TotalLength           : 0x0090 (144)".to_owned(),
        "  Canceled              : No".to_owned(),
        "  Release               : No".to_owned(),
        "  ReplyWaitReply        : Yes".to_owned(),
        "  Continuation          : Yes".to_owned(),
        format!("  OwnerPort             : {:016x}", 0),
        format!("  WaitingThread         : {client_thread:016x}"),
        "  QueueType             : ALPC_MSGQUEUE_PENDING".to_owned(),
        format!("  QueuePort             : {port:016x} [ALPC_CONNECTION_PORT]"),
        format!("  QueuePortOwnerProcess : {server:016x} (services.exe)"),
        format!("  ServerThread          : {server_thread:016x}"),
        format!("  CancelQueuePort       : {:016x}", 0),
        format!("  CancelSequencePort    : {:016x}", 0),
    ];
    assert_eq!(lines, expected);

    let lines = run(&mut session, &format!("!alpc /p {port:x}")).unwrap();
    let at = lines.iter().position(|line| line == " Pending queue has 2 messages.").unwrap();
    assert!(lines[at + 1].starts_with(&format!("    {first:016x} 0000 LPC_NEW_MESSAGE")), "{lines:#?}");
    let row = format!("    {second:016x} 0BFC LPC_REQUEST, waited for by {client_thread:016x}");
    assert_eq!(lines[at + 2], format!("{row}, worked on by {server_thread:016x}"));

    // Where the list of all ports is not known, and nothing leads to it, that is said.
    for list in ["lpp", "lpc"] {
        let lines = run(&mut session, &format!("!alpc /{list} {server:x}")).unwrap();
        assert_eq!(lines, ["the ALPC ports of the system are not known: nt!AlpcpPortList is not known"]);
    }
}

/// A server's port with two clients, a port of nobody's, and the head of the ring, which lies in the kernel's image.
#[test]
fn connections_are_found_by_way_of_a_port() {
    let truth = truth("wifi");
    let of = |kind: &str, name: &str| {
        let found = truth[kind].as_array().unwrap().iter();
        found.clone().find(|it| it["name"] == name).unwrap().clone()
    };
    let process = |name: &str| number(&of("processes", name)["eprocess"]);
    let [server, first, second] = ["services.exe", "explorer.exe", "csrss.exe"].map(process);
    let page = number(&of("objects", "pool big Filt")["address"]);
    // Ports begin with the links of the list; those of a connection share what lies behind them.
    let port = vec![page];
    let [ends, clients] = [[page + 0x200, page + 0x400], [page + 0x600, page + 0x800]].map(Vec::from);
    let alone = vec![page + 0xa00];
    let mut dump = Patched::new("tests/data/wifi-full.dmp.gz");
    dump.put(page, &[0; 0x1000]);
    let head = dump.before().target.variable("nt!KeBugCheckCallbackListHead").unwrap().0;
    let ring = [port.clone(), ends.clone(), clients.clone(), alone.clone()].concat();
    dump.list(head, &ring);
    let connection = |dump: &mut Patched, at: u64, ports: [u64; 3]| {
        ports.iter().zip(0..).for_each(|(port, index)| dump.point(at + 8 * index, *port));
        ports.iter().filter(|port| **port != 0).for_each(|port| dump.point(port + COMMUNICATION_INFO, at));
    };
    connection(&mut dump, page + 0xd00, [alone[0], 0, 0]);
    connection(&mut dump, page + 0xd40, [port[0], ends[0], clients[0]]);
    connection(&mut dump, page + 0xd80, [port[0], ends[1], clients[1]]);
    // The server's own port has a connection without ends.
    connection(&mut dump, page + 0xdc0, [port[0], 0, 0]);
    for (ports, owner) in [(&port, server), (&ends, server)] {
        ports.iter().for_each(|port| dump.point(port + OWNER, owner));
    }
    dump.point(clients[0] + OWNER, first);
    dump.point(clients[1] + OWNER, second);
    dump.put(ends[1] + MAIN_QUEUE_LENGTH, &2u32.to_le_bytes());
    dump.put(clients[0] + PENDING_QUEUE_LENGTH, &1u32.to_le_bytes());
    let (mut session, _folder) = dump.open();
    let row = |end: u64, counts: [u32; 2], client: u64, pending: u32, owner: u64, name: &str| {
        format!(
            "        SRV:{end:016x} (m:{}, p:{}, l:0) <-> CLI:{client:016x} (m:0, p:{pending}, l:0), Process={owner:016x} \
             ('{name}')",
            counts[0], counts[1]
        )
    };
    let rows = [
        row(ends[0], [0, 0], clients[0], 1, first, "explorer.exe"),
        row(ends[1], [2, 0], clients[1], 0, second, "csrss.exe"),
    ];
    // From the server's port, and from an end of one of its connections.
    for from in [port[0], ends[0], clients[1]] {
        let lines = run(&mut session, &format!("!alpc /lpc {from:x}")).unwrap();
        assert!(lines[0].starts_with(&format!("Port @ {:016x}", port[0])), "{lines:#?}");
        assert!(lines[0].ends_with(" has 2 connections"), "{lines:#?}");
        let mut shown = lines[1..3].to_vec();
        // A walk begins at the port that was typed.
        shown.sort();
        let mut wanted = rows.to_vec();
        wanted.sort();
        assert_eq!(shown, wanted);
    }
    let lines = run(&mut session, &format!("!alpc /lpc {:x}", alone[0])).unwrap();
    assert!(lines[0].ends_with(" has 0 connections"), "{lines:#?}");
}
