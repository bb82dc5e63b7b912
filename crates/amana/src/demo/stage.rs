//! What the audience sees: sentences in its own language, what was named, and how long each step took.

use std::io::{self, IsTerminal as _, Write as _};
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::output;

/// Letters of a line, on a terminal that doesn't say how wide it is.
const WIDTH: usize = 100;
/// Narrower than this, two screens side by side show nothing; wider, lines are tiring to read.
const WIDTHS: RangeInclusive<usize> = 60..=110;

/// The language of the audience.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Language {
    English,
    French,
}

impl Language {
    /// As the environment says: the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set (POSIX.1-2017 §8.2).
    fn of_environment() -> Self {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
        match locale {
            Some(locale) if locale.to_lowercase().starts_with("fr") => Self::French,
            _ => Self::English,
        }
    }
}

/// A text in the language of the stage: first in English, then in French, so that neither can be forgotten.
macro_rules! both {
    ($stage:expr, $english:literal, $french:literal $(,)?) => {
        match $stage.language {
            $crate::demo::stage::Language::English => format!($english),
            $crate::demo::stage::Language::French => format!($french),
        }
    };
}
pub(super) use both;

/// Where the demo is told.
pub(super) struct Stage {
    pub(super) language: Language,
    coloured: bool,
    shows_progress: bool,
    width: usize,
    failures: Vec<String>,
}

impl Stage {
    pub(super) fn new() -> Self {
        let dull = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            language: Language::of_environment(),
            coloured: io::stdout().is_terminal() && !dull,
            shows_progress: io::stderr().is_terminal(),
            width: width().clamp(*WIDTHS.start(), *WIDTHS.end()),
            failures: Vec::new(),
        }
    }

    /// What didn't hold.
    pub(super) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Letters of a line.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A new act.
    pub(super) fn act(&self, title: &str) -> Result<()> {
        output::line("")?;
        self.print("1", "", title)?;
        output::line("")
    }

    /// A sentence.
    pub(super) fn say(&self, text: &str) -> Result<()> {
        self.print("", "  ", text)
    }

    /// A step of an act.
    pub(super) fn step(&self, title: &str) -> Result<()> {
        output::line("")?;
        self.print("1", "  ", title)
    }

    /// Something that held.
    pub(super) fn held(&self, text: &str) -> Result<()> {
        self.print("32", "  ✓ ", text)
    }

    /// A fault, as it was named.
    pub(super) fn named(&self, text: &str) -> Result<()> {
        self.print("33", "  ▸ ", text)
    }

    /// Something beside the story.
    pub(super) fn aside(&self, text: &str) -> Result<()> {
        self.print("2", "    ", text)
    }

    /// A line of a drawing: never broken.
    pub(super) fn drawn(&self, line: &str) -> Result<()> {
        output::line(&format!("  {}", self.painted("36", line)))
    }

    /// A line to copy: never broken.
    pub(super) fn copyable(&self, text: &str) -> Result<()> {
        output::line(&format!("      {}", self.painted("36", text)))
    }

    /// Something that didn't hold: the demo goes on, and fails at its end.
    pub(super) fn failed(&mut self, text: &str) -> Result<()> {
        self.failures.push(text.to_owned());
        self.print("31", "  ✗ ", text)
    }

    /// Tells one thing or the other.
    pub(super) fn expect(&mut self, holds: bool, held: &str, failed: &str) -> Result<()> {
        if holds {
            self.held(held)
        } else {
            self.failed(failed)
        }
    }

    /// How far long work is, where somebody looks.
    pub(super) fn progress(&self, done: usize, total: usize) {
        if !self.shows_progress {
            return;
        }
        // Progress is for looking at: nothing depends on it.
        let mut stderr = io::stderr().lock();
        let _ = if done < total {
            write!(stderr, "\r    {done} / {total} ")
        } else {
            write!(stderr, "\r{:40}\r", "")
        };
        let _ = stderr.flush();
    }

    fn print(&self, colour: &str, indent: &str, text: &str) -> Result<()> {
        let mut lead = indent.to_owned();
        let width = self.width.saturating_sub(indent.chars().count());
        for line in text.lines().flat_map(|line| broken(line, width)) {
            output::line(&format!("{lead}{}", self.painted(colour, &line)))?;
            lead = " ".repeat(indent.chars().count());
        }
        Ok(())
    }

    fn painted(&self, colour: &str, text: &str) -> String {
        if self.coloured && !colour.is_empty() {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// Columns of the terminal, if there is one.
fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    match size {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        _ => WIDTH,
    }
}

/// A line in pieces that fit.
fn broken(line: &str, width: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for word in line.split(' ') {
        match pieces.last_mut() {
            Some(piece) if piece.is_empty() => piece.push_str(word),
            // French puts a space before these, and never a line's end.
            Some(piece) if [":", ";", "?", "!", "»"].contains(&word) => {
                piece.push(' ');
                piece.push_str(word);
            }
            Some(piece) if piece.chars().count() + word.chars().count() < width => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

/// Measures a step.
pub(super) struct Watch(Instant);

impl Watch {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }

    pub(super) fn so_far(&self) -> Duration {
        Instant::now().duration_since(self.0)
    }

    /// For a sentence: `12 ms`, `1.2 s`.
    pub(super) fn told(&self) -> String {
        let took = self.so_far();
        if took < Duration::from_millis(200) {
            format!("{} ms", took.as_millis())
        } else {
            format!("{:.1} s", took.as_secs_f64())
        }
    }
}

/// A size for a sentence.
pub(super) fn size_told(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
