//! The real program on a pseudo-terminal, driven by keys.
// Each test file uses its part.
#![allow(dead_code)]

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, SlavePty, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for what must come; tests wait no longer than it takes.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The program on a pseudo-terminal.
pub struct Terminal {
    pub screen: Arc<Mutex<vt100::Parser>>,
    pub bytes: Arc<Mutex<Vec<u8>>>,
    keys: Box<dyn Write + Send>,
    pub master: Box<dyn MasterPty + Send>,
    // Kept open: the line discipline is looked at after the program has ended.
    _slave: Box<dyn SlavePty + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    pub before: String,
}

pub fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

pub fn line_discipline(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal"))
}

impl Terminal {
    pub fn open(columns: u16, rows: u16, arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        Terminal::run(env!("CARGO_BIN_EXE_dumpscope"), columns, rows, arguments, variables)
    }

    /// Any program.
    pub fn run(
        program: &str,
        columns: u16,
        rows: u16,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Terminal {
        let pair = native_pty_system().openpty(size(columns, rows)).expect("a pseudo-terminal");
        let before = line_discipline(&*pair.master);
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(env!("CARGO_MANIFEST_DIR"));
        command.env("TERM", "xterm-256color");
        // A backtrace would push what a panic says off the screen.
        command.env("RUST_BACKTRACE", "0");
        for name in ["NO_COLOR", "DUMPSCOPE_THEME", "SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"] {
            command.env_remove(name);
        }
        // Nor does one test arrange the screen for the next.
        command.env("DUMPSCOPE_LAYOUT", "");
        // Nothing that a test types becomes part of the user's own history.
        command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).expect("the program");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut output = pair.master.try_clone_reader().expect("its output");
        let (screen_of_reader, bytes_of_reader) = (Arc::clone(&screen), Arc::clone(&bytes));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                screen_of_reader.lock().unwrap().process(&buffer[..count]);
                bytes_of_reader.lock().unwrap().extend(&buffer[..count]);
            }
        });
        let keys = pair.master.take_writer().expect("its keyboard");
        Terminal { screen, bytes, keys, master: pair.master, _slave: pair.slave, child, before }
    }

    /// Opens the explorer on a dump of the project's own.
    pub fn explore(columns: u16, rows: u16, variables: &[(&str, &str)]) -> Terminal {
        let dump = "tests/data/wifi-triage.dmp.gz";
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(dump).exists(), "{dump} is part of the project");
        let mut terminal = Terminal::open(columns, rows, &[dump], variables);
        terminal.wait_for("Analysis");
        terminal
    }

    /// The same, with the keyboard at the panes.
    pub fn explore_panes(columns: u16, rows: u16, variables: &[(&str, &str)]) -> Terminal {
        let mut terminal = Terminal::explore(columns, rows, variables);
        terminal.enter_panes();
        terminal
    }

    /// From the empty prompt to the panes.
    pub fn enter_panes(&mut self) {
        self.press("\t");
        self.wait_until("panes", |terminal| !terminal.contents().contains("Esc panes"));
    }

    /// Leaves as a user of WinDbg does, from wherever the keyboard is.
    pub fn leave(&mut self) {
        self.press("\x1b:q\r");
        assert!(self.end().success());
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the keyboard");
        self.keys.flush().expect("the keyboard");
    }

    pub fn contents(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    pub fn wait_until(&mut self, what: &str, done: impl Fn(&Terminal) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !done(self) {
            if Instant::now() > deadline {
                let ended = self.child.try_wait();
                panic!("no {what} (program: {ended:?}); the screen is:\n{}", self.contents());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |terminal| terminal.contents().contains(text));
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        self.master.resize(size(columns, rows)).expect("another size");
    }

    /// Waits until nothing has been written for a while.
    pub fn wait_for_silence(&self) {
        let mut count = usize::MAX;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let now = self.bytes.lock().unwrap().len();
            if now == count {
                return;
            }
            assert!(Instant::now() < deadline, "it never becomes silent");
            count = now;
            thread::sleep(Duration::from_millis(400));
        }
    }

    pub fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("the program") {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end; the screen is:\n{}", self.contents());
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// The terminal is as it was before the program ran.
    pub fn assert_restored(&mut self) {
        self.wait_until("restored screen", |terminal| {
            let screen = terminal.screen.lock().unwrap();
            !screen.screen().alternate_screen() && !screen.screen().hide_cursor()
        });
        let parser = self.screen.lock().unwrap();
        assert!(!parser.screen().bracketed_paste());
        assert_eq!(parser.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert_eq!(line_discipline(&*self.master), self.before, "the line discipline");
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
