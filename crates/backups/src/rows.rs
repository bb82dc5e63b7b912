//! The rows of an `INSERT`, as dumps write them.

/// Rows of one statement at most.
const MAX_ROWS: usize = 1_000_000;

/// The table that a statement's beginning names behind `keywords`, without its quotes and its database.
#[must_use]
pub fn table(head: &str, keywords: &[&str]) -> Option<String> {
    let mut rest = head.trim_start();
    for keyword in keywords {
        let (optional, keyword) = match keyword.strip_suffix('?') {
            Some(keyword) => (true, keyword),
            None => (false, *keyword),
        };
        let begins = rest.get(..keyword.len()).is_some_and(|word| {
            word.eq_ignore_ascii_case(keyword)
                && rest[keyword.len()..]
                    .starts_with(|next: char| next.is_whitespace() || next == '`')
        });
        match (begins, optional) {
            (true, _) => rest = rest[keyword.len()..].trim_start(),
            (false, true) => {}
            (false, false) => return None,
        }
    }
    let name = |rest: &str| -> Option<(String, usize)> {
        match rest.strip_prefix('`') {
            Some(quoted) => quoted
                .find('`')
                .map(|end| (quoted[..end].to_owned(), end + 2)),
            None => {
                let end = rest.find(|letter: char| {
                    !letter.is_alphanumeric() && letter != '_' && letter != '$'
                });
                let end = end.unwrap_or(rest.len());
                (end > 0).then(|| (rest[..end].to_owned(), end))
            }
        }
    };
    let (first, end) = name(rest)?;
    match rest[end..].strip_prefix('.') {
        Some(behind) => name(behind).map(|(name, _)| name),
        None => Some(first),
    }
}

/// The columns that a `CREATE TABLE` names, in their order.
#[must_use]
pub fn created_columns(statement: &str) -> Vec<String> {
    let lines = statement.lines().skip(1);
    lines
        .filter_map(|line| line.trim_start().strip_prefix('`')?.split('`').next())
        .map(str::to_owned)
        .collect()
}

/// The columns that an `INSERT` names, if it does, and its rows; `NULL` is nothing.
#[must_use]
pub fn inserted(statement: &[u8]) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    let mut reading = Reading { statement, at: 0 };
    let mut columns = Vec::new();
    // Up to VALUES; what is named in parentheses before it is columns.
    loop {
        reading.blanks();
        match reading.peek() {
            None => return (columns, Vec::new()),
            Some(b'(') => {
                reading.at += 1;
                columns = reading.names();
            }
            Some(b'`') => drop(reading.quoted(b'`')),
            Some(_) => {
                let word = reading.word();
                if word.eq_ignore_ascii_case(b"values") || word.eq_ignore_ascii_case(b"value") {
                    break;
                }
            }
        }
    }
    let mut rows = Vec::new();
    while rows.len() < MAX_ROWS {
        reading.blanks();
        match reading.peek() {
            Some(b',') => reading.at += 1,
            Some(b'(') => {
                reading.at += 1;
                rows.push(reading.row());
            }
            _ => break,
        }
    }
    (columns, rows)
}

struct Reading<'a> {
    statement: &'a [u8],
    at: usize,
}

impl Reading<'_> {
    fn peek(&self) -> Option<u8> {
        self.statement.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Letters up to a blank or a sign; one sign where none are.
    fn word(&mut self) -> &[u8] {
        let begun = self.at;
        while self
            .peek()
            .is_some_and(|byte| !byte.is_ascii_whitespace() && !b"(),`'\"".contains(&byte))
        {
            self.at += 1;
        }
        if self.at == begun {
            self.at += 1;
        }
        &self.statement[begun..self.at.min(self.statement.len())]
    }

    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None => return names,
                Some(b')') => {
                    self.at += 1;
                    return names;
                }
                Some(b',') => self.at += 1,
                Some(b'`') => names.push(self.quoted(b'`')),
                Some(_) => {
                    let word = self.word();
                    names.push(String::from_utf8_lossy(word).into_owned());
                }
            }
        }
    }

    fn row(&mut self) -> Vec<Option<String>> {
        let mut row = Vec::new();
        let mut value: Option<String> = None;
        loop {
            self.blanks();
            match self.peek() {
                None => return row,
                Some(b')') => {
                    self.at += 1;
                    row.push(value);
                    return row;
                }
                Some(b',') => {
                    self.at += 1;
                    row.push(value.take());
                }
                Some(quote @ (b'\'' | b'"')) => value = Some(self.quoted(quote)),
                Some(_) => {
                    let word = self.word();
                    // A charset stands before a string: _binary '…'.
                    if !word.eq_ignore_ascii_case(b"null") && !word.starts_with(b"_") {
                        value = Some(String::from_utf8_lossy(word).into_owned());
                    }
                }
            }
        }
    }

    /// What stands between quotes, its escapes resolved.
    fn quoted(&mut self, quote: u8) -> String {
        let mut text = Vec::new();
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            let next = self.peek();
            if byte == quote {
                if next != Some(quote) {
                    break;
                }
                self.at += 1;
                text.push(quote);
            } else if byte == b'\\' && quote != b'`' {
                self.at += 1;
                match next {
                    Some(b'n') => text.push(b'\n'),
                    Some(b'r') => text.push(b'\r'),
                    Some(b't') => text.push(b'\t'),
                    Some(b'0') => text.push(0),
                    Some(other) => text.push(other),
                    None => break,
                }
            } else {
                text.push(byte);
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}
