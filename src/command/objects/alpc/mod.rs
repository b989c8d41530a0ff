//! `!alpc`: ports by which processes send each other messages, the messages, and who is connected with whom.

mod connections;
mod message;
mod port;

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches, Takes};

/// `!alpc`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!alpc"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::with("/p", Takes::Value, "PORT", "a port with the messages in its queues"),
        Switch::with(
            "/m",
            Takes::Value,
            "MESSAGE",
            "a message: who waits for it, who works on it, where it is queued",
        ),
        Switch::with(
            "/lpc",
            Takes::Value,
            "PORT",
            "the connections of a port at which a server waits for clients",
        ),
        Switch::with(
            "/lpp",
            Takes::Value,
            "PROCESS",
            "the ports that a process made, and those that it is connected to",
        ),
    ]),
    summary: "Shows ALPC ports, messages and connections: which process asks which, and who is to answer",
    help: "PORT is the address of an ALPC_PORT, as !handle shows it for handles of the type 'ALPC Port'; MESSAGE one of a \
           KALPC_MESSAGE, as !thread shows it for a thread that waits for an answer. The type of a port is what its connection \
           says of it; the queue of a message is the one in which it was found. In lists m, l and p count the messages in the \
           main, the large and the pending queue. /lpc walks all ports of the system, by way of PORT where no symbols tell of \
           their list; /lpp needs the symbols.\n\n\
           kd> !alpc /m ffff8a0f`4c3d2c20\n\
           Message @ ffff8a0f4c3d2c20\n  \
             MessageID             : 0x0BFC (3068)\n  \
             Type                  : LPC_REQUEST\n  \
             WaitingThread         : ffffdf821f4b8040\n  \
             ServerThread          : ffffdf821e2c1080",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if !args.text.is_empty() {
        return Err(CommandError::Syntax(args.text.to_owned()));
    }
    let shown = ["/p", "/m", "/lpc", "/lpp"].map(|switch| args.number(switch));
    match shown {
        [Some(port), None, None, None] => port::show(port, context),
        [None, Some(message), None, None] => message::show(message, context),
        [None, None, Some(port), None] => connections::of_port(port, context),
        [None, None, None, Some(process)] => connections::of_process(process, context),
        _ => Err(CommandError::Argument(
            "one of /p PORT, /m MESSAGE, /lpc PORT and /lpp PROCESS is missing".to_owned(),
        )),
    }
}
