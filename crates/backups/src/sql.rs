//! A dump of a database, statement by statement, from a stream: where each begins and ends, with strings and comments minded.
//!
//! Statements that no site needs, and that reach beyond its own database, are left out of the copy that is made.

use std::io::{self, BufRead, Write};

/// The client's own word, which ends with its line.
const DELIMITER: &[u8] = b"DELIMITER ";
/// What was left out is listed up to this.
const MAX_DROPPED: usize = 20;
/// The beginning of a statement by which it is judged.
const HEAD_BYTES: usize = 160;
/// A statement that is asked for is kept up to this.
pub const MAX_STATEMENT_BYTES: usize = 64 << 20;
/// Blanks and comments up to where a statement can be judged.
const MAX_UNJUDGED_BYTES: usize = 16 << 20;
/// A delimiter that `DELIMITER` sets has at most so many.
const DELIMITER_BYTES: usize = 4;
/// The beginning of a dump, where its program says what it is, and its end, where it says that it came so far.
const EDGE_BYTES: usize = 1024;

/// What a dump is made of, as far as it doesn't ask for statements.
#[derive(Clone, Default, Debug)]
pub struct Shape {
    /// The first bytes.
    pub beginning: Vec<u8>,
    /// The last bytes.
    pub end: Vec<u8>,
    /// Whether it ends within a statement, a string or a comment.
    pub is_open: bool,
    /// Statements.
    pub statements: u64,
    /// Beginnings of those that were left out.
    pub dropped: Vec<String>,
}

/// Who is asked about statements.
pub trait Visitor {
    /// Whether a statement that begins so is to be shown whole. The beginning has no comments.
    fn wants(&mut self, head: &str) -> bool;
    /// A statement that was wanted; cut off at [`MAX_STATEMENT_BYTES`].
    fn statement(&mut self, statement: &[u8]);
}

/// Reads a dump, shows `visitor` what it wants, and writes `copy` without what reaches beyond one database.
///
/// # Errors
/// When the dump can't be read, or the copy can't be written.
pub fn read(
    from: &mut dyn BufRead,
    visitor: &mut dyn Visitor,
    copy: &mut dyn Write,
) -> io::Result<Shape> {
    let mut reader = Reader {
        visitor,
        copy,
        state: State::Plain,
        is_run: false,
        delimiter: b";".to_vec(),
        head: Vec::new(),
        raw: Vec::new(),
        whole: None,
        fate: None,
        last: [0; DELIMITER_BYTES],
        out: Vec::new(),
        shape: Shape::default(),
    };
    loop {
        let chunk = from.fill_buf()?;
        if chunk.is_empty() {
            break;
        }
        let length = chunk.len();
        reader.shape.edges(chunk);
        for byte in chunk {
            reader.byte(*byte);
        }
        from.consume(length);
        if reader.raw.len() > MAX_UNJUDGED_BYTES {
            let why = "it has more than 16 MiB of blanks and comments at one place";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        reader.copy.write_all(&reader.out)?;
        reader.out.clear();
    }
    reader.finish()
}

impl Shape {
    fn edges(&mut self, chunk: &[u8]) {
        let room = EDGE_BYTES.saturating_sub(self.beginning.len());
        self.beginning.extend(&chunk[..chunk.len().min(room)]);
        self.end
            .extend(&chunk[chunk.len().saturating_sub(EDGE_BYTES)..]);
        let over = self.end.len().saturating_sub(EDGE_BYTES);
        self.end.drain(..over);
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Plain,
    Quote(u8),
    Escape(u8),
    Line,
    /// Behind the two letters that open a comment.
    Open,
    Block,
    /// In the number of the version from which on a comment is run: what follows is a statement's.
    Version,
}

struct Reader<'a> {
    visitor: &'a mut dyn Visitor,
    copy: &'a mut dyn Write,
    state: State,
    /// Whether a comment that is run is open.
    is_run: bool,
    delimiter: Vec<u8>,
    /// Of the statement's beginning, without comments.
    head: Vec<u8>,
    /// What wasn't written yet, since its statement isn't judged.
    raw: Vec<u8>,
    whole: Option<Vec<u8>>,
    /// Whether the statement stays, once it is judged.
    fate: Option<bool>,
    /// The last bytes outside comments, for what is told by more than one.
    last: [u8; DELIMITER_BYTES],
    /// What goes to the copy.
    out: Vec<u8>,
    shape: Shape,
}

impl Reader<'_> {
    fn byte(&mut self, byte: u8) {
        match self.fate {
            None => self.raw.push(byte),
            Some(true) => self.out.push(byte),
            Some(false) => {}
        }
        let before = self.last;
        self.last.rotate_left(1);
        self.last[DELIMITER_BYTES - 1] = byte;
        match self.state {
            State::Plain => return self.plain(byte, &before),
            State::Quote(quote) if byte == quote => self.state = State::Plain,
            // Names have no escapes.
            State::Quote(quote) if byte == b'\\' && quote != b'`' => {
                self.state = State::Escape(quote);
            }
            State::Escape(quote) => self.state = State::Quote(quote),
            State::Line if byte == b'\n' => return self.leave_comment(),
            State::Block if self.last.ends_with(b"*/") => return self.leave_comment(),
            State::Open if byte == b'!' => {
                self.state = State::Version;
                return;
            }
            State::Open => {
                self.state = State::Block;
                return;
            }
            State::Version if byte.is_ascii_digit() => return,
            State::Version => {
                self.leave_comment();
                self.is_run = true;
                self.last[DELIMITER_BYTES - 1] = byte;
                return self.plain(byte, &[]);
            }
            State::Line | State::Block => return,
            State::Quote(_) => {}
        }
        self.keep(byte);
        // A delimiter has no part in a string.
        self.last = [0; DELIMITER_BYTES];
    }

    fn plain(&mut self, byte: u8, before: &[u8]) {
        let is_blank = byte.is_ascii_whitespace();
        if is_blank && before.ends_with(b"--") {
            self.take_back(2);
            if byte == b'\n' {
                return self.leave_comment();
            }
            self.state = State::Line;
            return;
        }
        match byte {
            b'\'' | b'"' | b'`' => self.state = State::Quote(byte),
            b'#' => {
                self.state = State::Line;
                return;
            }
            b'*' if before.ends_with(b"/") => {
                self.take_back(1);
                self.state = State::Open;
                self.last = [0; DELIMITER_BYTES];
                return;
            }
            b'/' if self.is_run && before.ends_with(b"*") => {
                self.take_back(1);
                self.is_run = false;
                return self.leave_comment();
            }
            b'\n' if self.is_delimiter_line() => return self.set_delimiter(),
            _ if is_blank && self.head.is_empty() => return,
            _ => {}
        }
        self.keep(byte);
        if self.last.ends_with(&self.delimiter) && !self.is_delimiter_line() {
            self.end_statement();
        }
    }

    fn leave_comment(&mut self) {
        self.state = State::Plain;
        self.last = [0; DELIMITER_BYTES];
    }

    /// The comment's first letters were taken for a statement's.
    fn take_back(&mut self, letters: usize) {
        if self.fate.is_none() {
            self.head.truncate(self.head.len().saturating_sub(letters));
        }
        if let Some(whole) = &mut self.whole {
            whole.truncate(whole.len().saturating_sub(letters));
        }
    }

    fn keep(&mut self, byte: u8) {
        if let Some(whole) = &mut self.whole
            && whole.len() < MAX_STATEMENT_BYTES
        {
            whole.push(byte);
        }
        if self.fate.is_none() {
            self.head.push(byte);
            if self.head.len() == HEAD_BYTES {
                self.judge();
            }
        }
    }

    fn end_statement(&mut self) {
        if self.fate.is_none() {
            self.judge();
        }
        self.shape.statements += 1;
        if let Some(mut whole) = self.whole.take() {
            whole.truncate(whole.len().saturating_sub(self.delimiter.len()));
            self.visitor.statement(&whole);
        }
        self.begin();
    }

    fn begin(&mut self) {
        self.fate = None;
        self.head.clear();
        self.last = [0; DELIMITER_BYTES];
    }

    /// Says once what becomes of the statement.
    fn judge(&mut self) {
        let head = String::from_utf8_lossy(&self.head).into_owned();
        let stays = !reaches_beyond(&head);
        self.fate = Some(stays);
        if stays {
            self.out.append(&mut self.raw);
        } else if self.shape.dropped.len() < MAX_DROPPED {
            self.shape.dropped.push(head.chars().take(80).collect());
        }
        self.raw.clear();
        if self.visitor.wants(&head) {
            self.whole = Some(self.head.clone());
        }
    }

    fn is_delimiter_line(&self) -> bool {
        self.fate.is_none()
            && self.head.len() >= DELIMITER.len()
            && self.head[..DELIMITER.len()].eq_ignore_ascii_case(DELIMITER)
    }

    fn set_delimiter(&mut self) {
        let set = self.head[DELIMITER.len()..].trim_ascii();
        if (1..=DELIMITER_BYTES).contains(&set.len()) {
            self.delimiter = set.to_vec();
        }
        self.out.append(&mut self.raw);
        self.begin();
    }

    fn finish(mut self) -> io::Result<Shape> {
        if self.is_delimiter_line() {
            self.set_delimiter();
        }
        self.shape.is_open = !self.head.is_empty()
            || matches!(
                self.state,
                State::Quote(_) | State::Escape(_) | State::Open | State::Block
            );
        self.out.append(&mut self.raw);
        self.copy.write_all(&self.out)?;
        self.copy.flush()?;
        Ok(self.shape)
    }
}

/// What chooses or makes another database than the site's own, or asks for rights over the server.
fn reaches_beyond(head: &str) -> bool {
    let words: Vec<String> = head
        .split_whitespace()
        .take(3)
        .map(|word| word.trim_end_matches(';').to_ascii_uppercase())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["USE", ..] => true,
        [
            "CREATE" | "DROP" | "ALTER",
            "DATABASE" | "SCHEMA" | "USER" | "ROLE",
            ..,
        ] => true,
        [
            "GRANT" | "REVOKE" | "FLUSH" | "SHUTDOWN" | "KILL" | "INSTALL" | "UNINSTALL",
            ..,
        ] => true,
        ["SET", ..] => {
            let upper = head.to_ascii_uppercase();
            [
                "SQL_LOG_BIN",
                "GTID_PURGED",
                "PASSWORD",
                " GLOBAL ",
                "@@GLOBAL",
            ]
            .iter()
            .any(|mark| upper.contains(mark))
        }
        _ => false,
    }
}
