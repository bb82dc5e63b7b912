//! How far long work is, on one line of stderr, where somebody looks.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// Lines a second at most: the terminal is no bottleneck.
const EVERY: Duration = Duration::from_millis(100);
const BAR_CELLS: usize = 24;

/// A bar that is drawn again and again, or nothing when stderr is no terminal. It ends when it is dropped.
pub(crate) struct Progress {
    what: &'static str,
    shown: bool,
    drawn: Option<Instant>,
}

impl Progress {
    /// For work of that name.
    pub(crate) fn new(what: &'static str) -> Self {
        Self {
            what,
            shown: io::stderr().is_terminal(),
            drawn: None,
        }
    }

    /// So much is done, of so much.
    pub(crate) fn at(&mut self, done: u64, total: u64, unit: &str) {
        let now = Instant::now();
        if !self.shown || self.drawn.is_some_and(|drawn| now - drawn < EVERY) {
            return;
        }
        self.drawn = Some(now);
        let total = total.max(1);
        let done = done.min(total);
        // In 128 bits, so that exbibytes don't overflow.
        let share = u128::from(done) * BAR_CELLS as u128 / u128::from(total);
        let full = usize::try_from(share).unwrap_or_default();
        let bar = "#".repeat(full) + &".".repeat(BAR_CELLS - full);
        draw(&format!("{} [{bar}] {done} / {total} {unit}", self.what));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            draw("");
        }
    }
}

/// Progress is for looking at: nothing depends on it.
fn draw(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "\r{text:78}\r");
    let _ = stderr.flush();
}
