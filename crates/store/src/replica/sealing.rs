//! How pages are sealed: `nonce (24) ‖ ciphertext ‖ tag (16)`, XChaCha20-Poly1305 with a random nonce for each write.

use chacha20poly1305::aead::{AeadInPlace as _, KeyInit as _};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// Bytes of a page.
pub(super) const PAGE_BYTES: usize = 4096;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// What sealing adds.
pub(super) const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;
/// Bytes of a sealed page.
pub(super) const SEALED_BYTES: usize = PAGE_BYTES + OVERHEAD_BYTES;

pub(super) type Page = [u8; PAGE_BYTES];

/// The key of a replica's file: random, kept by who opens the file, of use for nothing else.
pub struct ReplicaKey(Zeroizing<[u8; 32]>);

impl ReplicaKey {
    /// From 32 bytes.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }
}

/// What is sealed, so that nothing stands in for another thing.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// The header's check value.
    Header,
    /// A page, by number.
    Page(u64),
    /// The end of a complete redo log.
    Redo,
}

/// Seals and opens for one file.
pub(super) struct Sealing {
    cipher: XChaCha20Poly1305,
    file: [u8; 16],
}

/// It doesn't open: another key, or other bytes.
pub(super) struct NotGenuine;

impl Sealing {
    pub(super) fn new(key: &ReplicaKey, file: [u8; 16]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new((&*key.0).into()),
            file,
        }
    }

    /// Domain, file, kind, number: 41 bytes.
    fn context(&self, place: Place) -> Vec<u8> {
        let (kind, number) = match place {
            Place::Header => (0, 0),
            Place::Page(number) => (1, number),
            Place::Redo => (2, 0),
        };
        let mut context = b"amana.replica/v1".to_vec();
        context.extend_from_slice(&self.file);
        context.push(kind);
        context.extend_from_slice(&u64::to_be_bytes(number));
        context
    }

    /// Appends the sealed bytes to `to`.
    pub(super) fn seal(&self, place: Place, plain: &[u8], to: &mut Vec<u8>) -> std::io::Result<()> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(std::io::Error::other)?;
        to.extend_from_slice(&nonce);
        let begin = to.len();
        to.extend_from_slice(plain);
        let tag = self
            .cipher
            .encrypt_in_place_detached(
                XNonce::from_slice(&nonce),
                &self.context(place),
                &mut to[begin..],
            )
            .map_err(|_| std::io::Error::other("a page could not be sealed"))?;
        to.extend_from_slice(&tag);
        Ok(())
    }

    /// The plain bytes.
    pub(super) fn open(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, NotGenuine> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES).ok_or(NotGenuine)?;
        let end = rest.len().checked_sub(TAG_BYTES).ok_or(NotGenuine)?;
        let (text, tag) = rest.split_at(end);
        let mut plain = text.to_vec();
        self.cipher
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &self.context(place),
                &mut plain,
                Tag::from_slice(tag),
            )
            .map_err(|_| NotGenuine)?;
        Ok(plain)
    }
}
