//! A place: named streams of bytes, wherever they lie.

use std::io::Read;

use crate::Result;

/// A stream in a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its length.
    pub size_bytes: u64,
}

/// Named streams of bytes. Names are ASCII letters, digits, `.`, `-` and `/`. All verbs block.
///
/// Errors are [`crate::Error::Place`], which names the place and the stream.
pub trait Place: Send + Sync {
    /// The place, for a person.
    fn describe(&self) -> String;

    /// Puts a stream under a name, in place of the one that was there. Whole or not at all: whoever reads the name sees
    /// the old stream or the new one. Durable on return. `size_bytes` is how much `content` gives, when that is known.
    ///
    /// # Errors
    /// When the place doesn't take it, or `content` fails: what was there stays.
    fn put(&self, name: &str, size_bytes: Option<u64>, content: &mut dyn Read) -> Result<()>;

    /// Reads a stream from an offset to its end; nothing when there is none of that name.
    ///
    /// # Errors
    /// When the place doesn't answer.
    fn open(&self, name: &str, from: u64) -> Result<Option<Box<dyn Read + Send>>>;

    /// Visits every stream whose name begins with `prefix`, in any order.
    ///
    /// # Errors
    /// When the place doesn't answer, or what `visit` returns.
    fn list(&self, prefix: &str, visit: &mut dyn FnMut(Listed) -> Result<()>) -> Result<()>;

    /// Removes a stream; one that isn't there is no error.
    ///
    /// # Errors
    /// When the place doesn't do it.
    fn delete(&self, name: &str) -> Result<()>;

    /// Removes what puts left that a crash interrupted. Only for the one who writes to the place.
    ///
    /// # Errors
    /// When the place doesn't do it.
    fn sweep_unfinished(&self) -> Result<()>;
}

/// Puts bytes that are in memory.
pub(super) fn put_bytes(place: &dyn Place, name: &str, bytes: &[u8]) -> Result<()> {
    place.put(name, Some(bytes.len() as u64), &mut &*bytes)
}

/// Reads a stream of at most `max_bytes` whole.
pub(super) fn get_bytes(place: &dyn Place, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>> {
    let Some(stream) = place.open(name, 0)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    let read = stream.take(max_bytes + 1).read_to_end(&mut bytes);
    read.map_err(|error| failed(place, name, &error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(crate::Error::TooLarge {
            what: "a stream of a mirror",
            max: max_bytes,
        });
    }
    Ok(Some(bytes))
}

/// A failure of a stream on its way.
pub(super) fn failed(place: &dyn Place, name: &str, why: &dyn std::fmt::Display) -> crate::Error {
    crate::Error::Place {
        place: place.describe(),
        name: name.to_owned(),
        why: why.to_string(),
    }
}

/// A failure of a blob's stream on its way from a mirror.
pub(super) fn stream_failed(
    mirror: &super::Mirror,
    blob: crate::BlobId,
    why: &dyn std::fmt::Display,
) -> crate::Error {
    crate::Error::Place {
        place: mirror.describe(),
        name: super::blob_name(blob),
        why: why.to_string(),
    }
}
