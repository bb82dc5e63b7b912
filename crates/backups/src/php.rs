//! The settings that a PHP file makes, read without running it: literals that are defined or assigned.
//!
//! What a program computes (`getenv('DB_NAME')`) isn't known here, and is said not to be.

use std::collections::BTreeMap;

/// A source is read up to this.
pub const MAX_SOURCE_BYTES: usize = 1 << 20;

/// A value that stands in the source.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A string.
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// `true` or `false`.
    Flag(bool),
}

/// What a source defines and assigns.
#[derive(Clone, Default, Debug)]
pub struct Settings {
    constants: BTreeMap<String, Vec<Option<Value>>>,
    variables: BTreeMap<String, Vec<Option<Value>>>,
}

impl Settings {
    /// Those of a source.
    #[must_use]
    pub fn read(source: &[u8]) -> Self {
        let source = &source[..source.len().min(MAX_SOURCE_BYTES)];
        let tokens = tokens(source);
        let mut settings = Self::default();
        let mut at = 0;
        while at < tokens.len() {
            at = settings.statement(&tokens, at);
        }
        settings
    }

    /// Reads what begins there, and says where to go on.
    fn statement(&mut self, tokens: &[Token], at: usize) -> usize {
        match &tokens[at..] {
            [
                Token::Word(word),
                Token::Sign(b'('),
                Token::Text(name),
                Token::Sign(b','),
                ..,
            ] if word.eq_ignore_ascii_case("define") => {
                let (value, next) = self.expression(tokens, at + 4);
                self.constants.entry(name.clone()).or_default().push(value);
                next
            }
            [Token::Word(word), Token::Word(name), Token::Sign(b'='), ..]
                if word.eq_ignore_ascii_case("const") =>
            {
                let (value, next) = self.expression(tokens, at + 3);
                self.constants.entry(name.clone()).or_default().push(value);
                next
            }
            // Not `==`, which compares.
            [Token::Variable(name), Token::Sign(b'='), after, ..]
                if !matches!(after, Token::Sign(b'=' | b'>')) =>
            {
                let (value, next) = self.expression(tokens, at + 2);
                self.variables.entry(name.clone()).or_default().push(value);
                next
            }
            _ => at + 1,
        }
    }

    /// Literals and known constants joined by dots, and where they end; nothing for all else.
    fn expression(&self, tokens: &[Token], mut at: usize) -> (Option<Value>, usize) {
        let mut joined: Option<Value> = None;
        loop {
            let value = match tokens.get(at) {
                Some(Token::Text(text)) => Value::Text(text.clone()),
                Some(Token::Number(number)) => Value::Number(number.clone()),
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("true") => Value::Flag(true),
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("false") => Value::Flag(false),
                Some(Token::Word(word)) => match self.constant(word) {
                    Some(value) => value.clone(),
                    None => return (None, at),
                },
                _ => return (None, at),
            };
            joined = match (joined, value) {
                (None, value) => Some(value),
                (Some(Value::Text(head)), Value::Text(tail)) => Some(Value::Text(head + &tail)),
                _ => return (None, at),
            };
            match tokens.get(at + 1) {
                Some(Token::Sign(b'.')) => at += 2,
                Some(Token::Sign(b';' | b')' | b',')) | None => return (joined, at + 1),
                _ => return (None, at + 1),
            }
        }
    }

    /// The first value of a constant: PHP ignores further ones.
    #[must_use]
    pub fn constant(&self, name: &str) -> Option<&Value> {
        self.constants.get(name)?.first()?.as_ref()
    }

    /// A constant that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        text_of(self.constant(name)?)
    }

    /// A variable or a property that is a string; the last assignment counts.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&str> {
        text_of(self.variables.get(name)?.last()?.as_ref()?)
    }

    /// Every constant, by its name; nothing for what a program computes.
    pub fn constants(&self) -> impl Iterator<Item = (&str, Option<&Value>)> {
        self.constants
            .iter()
            .map(|(name, values)| (name.as_str(), values.first().and_then(Option::as_ref)))
    }

    /// Every variable or property whose value is known, by its name.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.variables
            .iter()
            .filter_map(|(name, values)| Some((name.as_str(), values.last()?.as_ref()?)))
    }

    /// Whether a constant is defined to one thing here and to another there, or computed: a program decides which holds.
    #[must_use]
    pub fn is_uncertain(&self, name: &str) -> bool {
        let differ = |values: &Vec<Option<Value>>| {
            values
                .iter()
                .any(|value| value.is_none() || *value != values[0])
        };
        self.constants.get(name).is_some_and(differ)
    }
}

fn text_of(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

/// A string as PHP writes it in single quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A value as PHP writes it.
#[must_use]
pub fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Number(number) => number.clone(),
        Value::Flag(flag) => flag.to_string(),
    }
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Word(String),
    Variable(String),
    Text(String),
    Number(String),
    /// A string that holds variables, or what isn't known.
    Computed,
    Sign(u8),
}

fn tokens(source: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(begun) = find(source, at, b"<?") {
        at = begun + 2;
        at += source[at..]
            .iter()
            .take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'=')
            .count();
        at = program(source, at, &mut tokens);
    }
    tokens
}

/// Reads up to `?>`, and says where it is.
fn program(source: &[u8], mut at: usize, tokens: &mut Vec<Token>) -> usize {
    while let Some(byte) = source.get(at) {
        let rest = &source[at..];
        match byte {
            b'?' if rest.starts_with(b"?>") => return at + 2,
            b'/' if rest.starts_with(b"/*") => {
                at = find(source, at + 2, b"*/").map_or(source.len(), |end| end + 2);
            }
            b'/' if rest.starts_with(b"//") => at = end_of_line(source, at),
            b'#' if !rest.starts_with(b"#[") => at = end_of_line(source, at),
            b'\'' | b'"' => {
                let (token, next) = string(source, at + 1, *byte);
                tokens.push(token);
                at = next;
            }
            b'<' if rest.starts_with(b"<<<") => {
                tokens.push(Token::Computed);
                at = heredoc(source, at + 3);
            }
            b'$' if rest.len() > 1 && is_name(rest[1]) => {
                let end = end_of_name(source, at + 1);
                tokens.push(Token::Variable(lossy(&source[at + 1..end])));
                at = end;
            }
            digit if digit.is_ascii_digit() => {
                let end = end_of_name(source, at);
                tokens.push(Token::Number(lossy(&source[at..end])));
                at = end;
            }
            letter if is_name(*letter) => {
                let end = end_of_name(source, at);
                tokens.push(Token::Word(lossy(&source[at..end])));
                at = end;
            }
            blank if blank.is_ascii_whitespace() => at += 1,
            // The root of names, `\define(…)`, changes nothing here.
            b'\\' => at += 1,
            sign => {
                tokens.push(Token::Sign(*sign));
                at += 1;
            }
        }
    }
    source.len()
}

/// A string from behind its opening quote.
fn string(source: &[u8], mut at: usize, quote: u8) -> (Token, usize) {
    let mut text = Vec::new();
    let mut is_computed = false;
    while let Some(byte) = source.get(at) {
        let next = source.get(at + 1).copied();
        match (*byte, next) {
            (end, _) if end == quote => {
                let token = match is_computed {
                    true => Token::Computed,
                    false => Token::Text(lossy(&text)),
                };
                return (token, at + 1);
            }
            (b'\\', Some(escaped)) => {
                match (quote, escaped) {
                    (_, b'\\') => text.push(b'\\'),
                    (own, escaped) if own == escaped => text.push(own),
                    (b'\'', other) => text.extend([b'\\', other]),
                    (_, b'n') => text.push(b'\n'),
                    (_, b't') => text.push(b'\t'),
                    (_, b'r') => text.push(b'\r'),
                    (_, b'$') => text.push(b'$'),
                    // Codes of characters: whoever writes settings so hides something.
                    _ => is_computed = true,
                }
                at += 2;
                continue;
            }
            (b'$', Some(after)) if quote == b'"' && (is_name(after) || after == b'{') => {
                is_computed = true;
            }
            (b'{', Some(b'$')) if quote == b'"' => is_computed = true,
            _ => {}
        }
        text.push(*byte);
        at += 1;
    }
    (Token::Computed, source.len())
}

/// Passes over a text between two marks of its own, from behind `<<<`.
fn heredoc(source: &[u8], at: usize) -> usize {
    let line = end_of_line_alone(source, at);
    let mark = source[at..line].trim_ascii();
    let mark: Vec<u8> = mark
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\'' | b'"'))
        .collect();
    if mark.is_empty()
        || !mark
            .iter()
            .all(|byte| is_name(*byte) || byte.is_ascii_digit())
    {
        return at;
    }
    let mut begun = line;
    while begun < source.len() {
        begun += 1;
        let end = end_of_line_alone(source, begun);
        let line = source.get(begun..end).unwrap_or_default();
        let blanks = line
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        if line[blanks..].starts_with(&mark) {
            return begun + blanks + mark.len();
        }
        begun = end;
    }
    source.len()
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn end_of_name(source: &[u8], at: usize) -> usize {
    let rest = &source[at..];
    at + rest
        .iter()
        .take_while(|byte| is_name(**byte) || byte.is_ascii_digit())
        .count()
}

/// A comment ends with its line, or where the program does.
fn end_of_line(source: &[u8], at: usize) -> usize {
    let line = end_of_line_alone(source, at);
    match find(&source[..line], at, b"?>") {
        Some(end) => end,
        None => line,
    }
}

fn end_of_line_alone(source: &[u8], at: usize) -> usize {
    let rest = source.get(at..).unwrap_or_default();
    let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    end.map_or(source.len(), |end| at + end)
}

fn find(source: &[u8], at: usize, what: &[u8]) -> Option<usize> {
    let rest = source.get(at..)?;
    let found = rest.windows(what.len()).position(|window| window == what);
    found.map(|found| at + found)
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
