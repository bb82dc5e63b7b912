//! Files in other codings: made once, believed only after they were decoded and compared with the signed digest.

use std::io::{self, Read, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::coding::Coding;
use super::content::Wanted;

/// Larger files are sent as they are: what is that large is compressed by its own format mostly.
pub(super) const MAX_FILE_BYTES: u64 = 4 * 1024 * 1024;
/// Smaller ones fit a packet anyway.
const MIN_FILE_BYTES: u64 = 256;
/// Up to here Brotli takes its time.
const THOROUGH_BYTES: usize = 256 * 1024;
/// What Brotli and flate2 work with, in bytes.
const BUFFER_BYTES: usize = 16 * 1024;
/// A variant must save so much, in percent of the file.
const MIN_GAIN_PERCENT: usize = 5;

/// Whether a file of that type and size is worth it.
pub(super) fn is_worth_it(media_type: &str, size: u64) -> bool {
    (MIN_FILE_BYTES..=MAX_FILE_BYTES).contains(&size) && is_compressible(media_type)
}

/// Whether files of that type are text, or pack like it.
pub(super) fn is_compressible(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let (kind, name) = essence.split_once('/').unwrap_or((essence, ""));
    let ends = |ending: &str| name.ends_with(ending);
    match kind {
        "text" => true,
        "application" => {
            ends("+json")
                || ends("+xml")
                || matches!(
                    name,
                    "json" | "xml" | "javascript" | "manifest+json" | "wasm" | "vnd.ms-fontobject"
                )
        }
        "image" => matches!(name, "svg+xml" | "bmp" | "x-icon" | "vnd.microsoft.icon"),
        "font" => matches!(name, "ttf" | "otf"),
        _ => false,
    }
}

/// The bytes in that coding; none when that saves too little. Slow: not for who answers.
pub(super) fn encode(coding: Coding, bytes: &[u8]) -> io::Result<Option<Bytes>> {
    let mut coded = Vec::with_capacity(bytes.len() / 2);
    match coding {
        Coding::Brotli => {
            let quality = if bytes.len() <= THOROUGH_BYTES { 11 } else { 9 };
            let mut writer = brotli::CompressorWriter::new(&mut coded, BUFFER_BYTES, quality, 22);
            writer.write_all(bytes)?;
            writer.flush()?;
            drop(writer);
        }
        Coding::Zstd => {
            coded = zstd::bulk::compress(bytes, 19)?;
        }
        Coding::Gzip => {
            let mut writer = GzEncoder::new(&mut coded, Compression::best());
            writer.write_all(bytes)?;
            writer.finish()?;
        }
    }
    let at_most = bytes.len() - bytes.len() * MIN_GAIN_PERCENT / 100;
    Ok((coded.len() <= at_most).then(|| coded.into()))
}

/// Whether these bytes decode to what was signed, neither more nor less.
pub(super) fn decodes_to(coding: Coding, coded: &[u8], file: &Wanted) -> bool {
    let digest = match coding {
        Coding::Brotli => digest(brotli::Decompressor::new(coded, BUFFER_BYTES), file.size),
        Coding::Zstd => zstd::stream::read::Decoder::with_buffer(coded)
            .and_then(|decoder| digest(decoder, file.size)),
        Coding::Gzip => digest(MultiGzDecoder::new(coded), file.size),
    };
    digest.is_ok_and(|digest| digest == *file.digest.as_bytes())
}

/// Of all that comes, if it is so much.
fn digest(from: impl Read, size: u64) -> io::Result<[u8; 32]> {
    let mut sum = Sha256::new();
    // One more, so that what goes on is seen; a bomb is read no further.
    let mut from = from.take(size + 1);
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut read_bytes = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            read => {
                sum.update(&buffer[..read]);
                read_bytes += read as u64;
            }
        }
    }
    match read_bytes == size {
        true => Ok(sum.finalize().into()),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::content;
    use super::*;

    fn text() -> Vec<u8> {
        (0..500)
            .flat_map(|line| format!("line {line} of a page\n").into_bytes())
            .collect()
    }

    #[test]
    fn each_coding_is_smaller_and_comes_back() {
        let text = text();
        let file = Wanted::new(content::of(&text), text.len() as u64);
        for coding in Coding::ALL {
            let coded = encode(coding, &text).unwrap().unwrap();
            assert!(coded.len() < text.len() / 2, "{coding:?}");
            assert!(decodes_to(coding, &coded, &file), "{coding:?}");
            for place in (0..coded.len()).step_by(7) {
                let mut other = coded.to_vec();
                other[place] ^= 1;
                // A changed header may still decode to the very same bytes, which is all that is promised.
                if decodes_to(coding, &other, &file) {
                    continue;
                }
                assert!(
                    !decodes_to(coding, &other[..place], &file),
                    "{coding:?} {place}"
                );
            }
            let longer = [text.clone(), b"x".to_vec()].concat();
            let longer = encode(coding, &longer).unwrap().unwrap();
            assert!(!decodes_to(coding, &longer, &file), "{coding:?}");
        }
    }

    #[test]
    fn what_does_not_pack_is_left() {
        let noise: Vec<u8> = (0..4096_u64)
            .flat_map(|n| Sha256::digest(n.to_le_bytes()))
            .collect();
        assert!(encode(Coding::Gzip, &noise).unwrap().is_none());
        assert!(!is_worth_it("image/png", 5000));
        assert!(!is_worth_it("text/html", 5));
        assert!(is_worth_it("text/html; charset=utf-8", 5000));
        assert!(is_worth_it("image/svg+xml", 5000));
    }
}
