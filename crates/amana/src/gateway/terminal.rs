//! The person at the terminal: asked by `/dev/tty`, so that redirected input and output are left alone.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};

use anyhow::{Context as _, Result, bail};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// The longest line that is taken, in bytes: far more than a share of 33 words.
const MAX_LINE_BYTES: u64 = 4096;

/// A terminal with somebody before it.
pub(crate) struct Terminal(File);

impl Terminal {
    /// The terminal of this process, if it has one.
    pub(crate) fn open() -> Option<Self> {
        let tty = File::options().read(true).write(true).open("/dev/tty");
        tty.ok().map(Self)
    }

    /// Shows a text.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn show(&mut self, text: &str) -> Result<()> {
        self.write(&format!("{text}\n"))
    }

    /// Asks, and gives the line that was typed, without what surrounds it.
    ///
    /// # Errors
    /// When the terminal is gone, or the line is too long.
    pub(crate) fn ask(&mut self, question: &str) -> Result<String> {
        self.write(question)?;
        Ok(self.line()?.trim().to_owned())
    }

    /// Asks for a secret, which is not shown while it is typed.
    ///
    /// # Errors
    /// As [`Terminal::ask`].
    pub(crate) fn ask_secret(&mut self, question: &str) -> Result<Zeroizing<String>> {
        // Silent before it asks: whoever types at once is neither shown nor lost.
        let tty = self.0.try_clone().context("the terminal")?;
        let silent = Silent::on(&tty)?;
        self.write(question)?;
        let line = self.line();
        drop(silent);
        // The newline that was typed was not shown either.
        self.write("\n")?;
        line
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let written = self.0.write_all(text.as_bytes());
        written
            .and_then(|()| self.0.flush())
            .context("the terminal")
    }

    fn line(&self) -> Result<Zeroizing<String>> {
        let mut line = Zeroizing::new(String::new());
        let mut typed = BufReader::new(io::Read::take(&self.0, MAX_LINE_BYTES));
        typed.read_line(&mut line).context("the terminal")?;
        if !line.ends_with('\n') {
            bail!("the terminal was closed, or the line is longer than {MAX_LINE_BYTES} bytes");
        }
        let end = line.trim_end_matches(['\r', '\n']).len();
        line.truncate(end);
        Ok(line)
    }
}

/// While it lives, nothing that is typed is shown.
struct Silent<'t> {
    tty: &'t File,
    before: Termios,
}

impl<'t> Silent<'t> {
    fn on(tty: &'t File) -> Result<Self> {
        let before = tcgetattr(tty).context("the terminal")?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        // What was typed ahead of the question is dropped: it was shown.
        tcsetattr(tty, OptionalActions::Flush, &silent).context("the terminal")?;
        Ok(Self { tty, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // A terminal that is gone has nothing to be set back.
        let _ = tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}
