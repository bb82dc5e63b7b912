//! A person at a terminal: a pseudo-terminal that the command believes to be its own.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::binary::amana;

/// A command at a terminal.
pub(crate) struct Typist {
    terminal: File,
    seen: String,
    child: Child,
}

impl Typist {
    /// Starts the command. Its stdout is the terminal too.
    pub(crate) fn start(words: &[&str]) -> Self {
        Self::start_with(words, &[])
    }

    pub(crate) fn start_with(words: &[&str], environment: &[(&str, &str)]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = File::options()
            .read(true)
            .write(true)
            .open(PathBuf::from(name.into_string().unwrap()))
            .unwrap();
        // util-linux's setsid makes the terminal the command's own, which a test can't do without unsafe code.
        let inner = amana();
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait"]).arg(inner.get_program());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let child = command
            .args(words)
            .envs(environment.iter().copied())
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(Stdio::from(slave))
            .spawn()
            .unwrap();
        Self {
            terminal: File::from(master),
            seen: String::new(),
            child,
        }
    }

    /// Reads until the words are on the screen; gives what came up to them, themselves included.
    pub(crate) fn sees(&mut self, words: &str) -> String {
        let mut buffer = [0; 4096];
        loop {
            if let Some(at) = self.seen.find(words) {
                let rest = self.seen.split_off(at + words.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            match self.terminal.read(&mut buffer) {
                Ok(n) if n > 0 => self.seen += &String::from_utf8_lossy(&buffer[..n]),
                _ => panic!("{words:?} never came, after {:?}", self.seen),
            }
        }
    }

    /// Types a line.
    pub(crate) fn types(&mut self, line: &str) {
        self.terminal.write_all(line.as_bytes()).unwrap();
        self.terminal.write_all(b"\n").unwrap();
    }

    /// Waits for the end; gives the exit code, and all that was not yet looked at.
    pub(crate) fn ends(mut self) -> (i32, String) {
        let mut buffer = [0; 4096];
        // Linux answers EIO once nobody has the other side open.
        while let Ok(n @ 1..) = self.terminal.read(&mut buffer) {
            self.seen += &String::from_utf8_lossy(&buffer[..n]);
        }
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), std::mem::take(&mut self.seen))
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
