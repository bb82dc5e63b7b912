//! As much of CBOR (RFC 8949) as authenticators write: definite lengths, no tags, no fractions, at most four deep.

/// How deep values nest: an attestation statement holds an array of certificates.
const MAX_DEPTH: u8 = 4;
/// The most members of an array or a map.
const MAX_MEMBERS: u64 = 64;

/// A value, borrowed from its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value<'a> {
    Int(i64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    /// `true`, `false` or `null`.
    Simple(u8),
}

impl<'a> Value<'a> {
    /// The first value of these bytes, and what follows it; nothing when there is none.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        read(bytes, MAX_DEPTH)
    }

    /// The member of a map under a number.
    pub(super) fn numbered(&self, key: i64) -> Option<&Self> {
        self.member(&Value::Int(key))
    }

    /// The member of a map under a word.
    pub(super) fn named(&self, key: &str) -> Option<&Self> {
        self.member(&Value::Text(key))
    }

    fn member(&self, key: &Value<'_>) -> Option<&Self> {
        let Self::Map(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(one, _)| one == key)
            .map(|(_, value)| value)
    }

    pub(super) fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

fn read(bytes: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (kind, short) = (first >> 5, first & 31);
    if kind == 7 {
        return (20..=22)
            .contains(&short)
            .then_some((Value::Simple(short), rest));
    }
    let (number, rest) = argument(short, rest)?;
    match kind {
        0 => Some((Value::Int(i64::try_from(number).ok()?), rest)),
        1 => Some((Value::Int(-1 - i64::try_from(number).ok()?), rest)),
        2 | 3 => {
            let (content, rest) = rest.split_at_checked(usize::try_from(number).ok()?)?;
            let value = if kind == 2 {
                Value::Bytes(content)
            } else {
                Value::Text(std::str::from_utf8(content).ok()?)
            };
            Some((value, rest))
        }
        4 | 5 if depth > 0 && number <= MAX_MEMBERS => members(kind, number, rest, depth - 1),
        _ => None,
    }
}

fn members(kind: u8, count: u64, mut rest: &[u8], depth: u8) -> Option<(Value<'_>, &[u8])> {
    let (mut array, mut map) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let (one, after) = read(rest, depth)?;
        rest = after;
        if kind == 4 {
            array.push(one);
            continue;
        }
        let (value, after) = read(rest, depth)?;
        rest = after;
        // A key that stands twice would mean one thing to us and perhaps another to others.
        if map.iter().any(|(key, _)| *key == one) {
            return None;
        }
        map.push((one, value));
    }
    let value = if kind == 4 {
        Value::Array(array)
    } else {
        Value::Map(map)
    };
    Some((value, rest))
}

fn argument(short: u8, rest: &[u8]) -> Option<(u64, &[u8])> {
    let length = match short {
        0..=23 => return Some((short.into(), rest)),
        24..=27 => 1_usize << (short - 24),
        _ => return None,
    };
    let (bytes, rest) = rest.split_at_checked(length)?;
    let number = bytes
        .iter()
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    Some((number, rest))
}
