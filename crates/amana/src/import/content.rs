//! Content on its way from a bag to a gateway: opened piece by piece where blocking is allowed, verified as it goes.

use std::io::{self, Read};

use amana_seal::age::{CHUNK_BYTES, Identity, Opener as AgeOpener, TAG_BYTES, prologue_size};
use amana_vault::{Extent, SealedPiece};
use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;

use super::acts::Object;
use super::bag::{Received, Stream};
use super::fold::Folded;
use super::keys::Opener;
use crate::s3_client::Content;

/// Chunks that wait for the gateway.
const AHEAD: usize = 8;
const PROLOGUE_BYTES: usize = 64 * 1024;

/// Where the bytes of one extent are.
enum Place {
    /// In an age file.
    Sealed {
        stream: Stream,
        piece: SealedPiece,
        identity: Identity,
    },
    /// In the clear, with others behind it perhaps.
    Plain { stream: Stream },
}

/// The content of one extent of a version, by its place among the extents.
///
/// # Errors
/// When the bag doesn't have it, or its act has another digest than its statement.
pub(super) fn open(
    bag: &Received,
    opener: &Opener,
    fold: &Folded,
    index: u64,
    object: &Object,
    number: usize,
) -> Result<Content> {
    let extent = object.extents.get(number).context("no such part")?;
    let place = match (&extent.sealed, extent.blob) {
        (Some(piece), Some(blob)) => {
            let signed = fold.pieces.get(blob.as_bytes());
            ensure!(
                signed == Some(&piece.sha256),
                "piece {blob} is not one that a member signed"
            );
            Place::Sealed {
                stream: bag.piece(blob.as_bytes())?,
                piece: piece.clone(),
                identity: opener.identity(piece.epoch, &piece.bucket)?,
            }
        }
        (None, _) => Place::Plain {
            stream: bag.run(index, &object.extents, number)?,
        },
        (Some(_), None) => bail!("a sealed part names no piece"),
    };
    Ok(stream(place, extent))
}

/// A body that ends with an error when the content isn't what its act says: the gateway then keeps nothing of it.
fn stream(place: Place, extent: &Extent) -> Content {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (size_bytes, sha256) = (extent.size_bytes, extent.sha256);
    tokio::task::spawn_blocking(move || {
        let mut send = |bytes: Bytes| {
            let sent = sender.blocking_send(Ok(Frame::data(bytes)));
            sent.context("the gateway went away")
        };
        let read = match place {
            Place::Sealed {
                stream,
                piece,
                identity,
            } => sealed(stream, &piece, identity, &mut send),
            Place::Plain { stream } => plain(stream, size_bytes, &mut send),
        };
        if let Err(error) = read {
            // Nobody is left to tell when the other side is gone.
            let _ = sender.blocking_send(Err(io::Error::other(format!("{error:#}"))));
        }
    });
    let frames = futures::stream::unfold(receiver, |mut receiver| async move {
        Some((receiver.recv().await?, receiver))
    });
    Content {
        size_bytes,
        sha256,
        body: StreamBody::new(frames.boxed()).boxed_unsync(),
    }
}

type Send<'s> = dyn FnMut(Bytes) -> Result<()> + 's;

fn sealed(
    mut file: Stream,
    piece: &SealedPiece,
    identity: Identity,
    send: &mut Send<'_>,
) -> Result<()> {
    let mut prologue = vec![0; usize::try_from(piece.prologue_bytes)?];
    ensure!(prologue.len() <= PROLOGUE_BYTES, "a header far too long");
    file.read_exact(&mut prologue)?;
    let digest: [u8; 32] = Sha256::digest(&prologue).into();
    ensure!(
        digest == piece.prologue_sha256 && prologue_size(&prologue)? == Some(prologue.len()),
        "not the header that was sealed"
    );
    let opener = AgeOpener::new(&prologue, &[identity])?;
    let mut left = piece.size_bytes.saturating_sub(prologue.len() as u64);
    let whole = (CHUNK_BYTES + TAG_BYTES) as u64;
    for number in 0.. {
        let mut chunk = vec![0; usize::try_from(left.min(whole))?];
        file.read_exact(&mut chunk)?;
        left -= chunk.len() as u64;
        let last = left == 0;
        opener.open_chunk(number, last, &mut chunk)?;
        if !chunk.is_empty() {
            send(chunk.into())?;
        }
        if last {
            break;
        }
    }
    Ok(())
}

fn plain(file: Stream, size: u64, send: &mut Send<'_>) -> Result<()> {
    let mut left = file.take(size);
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        match left.read(&mut chunk)? {
            0 => return Ok(()),
            read => {
                chunk.truncate(read);
                send(chunk.into())?;
            }
        }
    }
}
