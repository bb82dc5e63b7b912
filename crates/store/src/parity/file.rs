//! The parity file: a header with the digests of its shards, and the shards. Drawn in docs/formats/parity.md.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use amana_ledger::Hash;
use sha2::{Digest as _, Sha256};

use super::columns::{self, Whole};
use super::{PARITY, Shape};
use crate::blobs::{CHUNK_BYTES, chunks_root};
use crate::{BlobId, Blobs, Error, Result, folders};

const MAGIC: &[u8; 16] = b"amana/parity/v1\n";
/// Magic, length of the blob, number of shards, root of the blob's chunks.
const FIXED_BYTES: usize = 16 + 8 + 8 + 32;
const DIGEST_BYTES: usize = 32;

/// What a parity file is worth.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// There is none.
    Missing,
    /// All of it is as it was made, for this blob.
    Whole,
    /// Some of it isn't.
    Damaged(String),
}

impl Blobs {
    /// Where a blob's parity is.
    pub(crate) fn parity_path(&self, id: BlobId) -> PathBuf {
        let name = id.to_string();
        self.root().join(PARITY).join(&name[..2]).join(name)
    }

    /// Removes the parity of a blob; one that is gone already is no error.
    pub(crate) fn remove_parity(&self, id: BlobId) -> Result<()> {
        let path = self.parity_path(id);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::file("remove", &path)(error))
            }
            _ => Ok(()),
        }
    }

    /// Visits the parity files. Blocking.
    pub(crate) fn each_parity(
        &self,
        mut visit: impl FnMut(Option<BlobId>, &Path) -> Result<()>,
    ) -> Result<()> {
        let root = self.root().join(PARITY);
        let list = |folder: &Path| match fs::read_dir(folder) {
            Ok(list) => Ok(Some(list)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::file("list", folder)(error)),
        };
        for shelf in list(&root)?.into_iter().flatten() {
            let shelf = shelf.map_err(Error::file("list", &root))?.path();
            for file in list(&shelf)?.into_iter().flatten() {
                let path = file.map_err(Error::file("list", &shelf))?.path();
                let name = path.file_name().and_then(|name| name.to_str());
                visit(name.and_then(|name| name.parse().ok()), &path)?;
            }
        }
        Ok(())
    }
}

/// A parity file, opened and its header verified.
struct Opened {
    file: File,
    shape: Shape,
    digests: Vec<Hash>,
}

impl Opened {
    fn shards_begin(&self) -> u64 {
        header_bytes(self.shape.recovery)
    }

    /// Which shards are whole.
    fn whole_shards(&self) -> Vec<bool> {
        let mut shard = vec![0; self.shape.shard_bytes];
        let mut whole = Vec::with_capacity(self.shape.recovery);
        for (index, digest) in self.digests.iter().enumerate() {
            let at = self.shards_begin() + (index * self.shape.shard_bytes) as u64;
            let read = self.file.read_exact_at(&mut shard, at).is_ok();
            whole.push(read && sha256(&shard) == *digest);
        }
        whole
    }
}

fn header_bytes(recovery: usize) -> u64 {
    (FIXED_BYTES + (recovery + 1) * DIGEST_BYTES) as u64
}

fn sha256(bytes: &[u8]) -> Hash {
    Hash::from_bytes(Sha256::digest(bytes).into())
}

fn header(shape: &Shape, root: &Hash, digests: &[Hash]) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&shape.size_bytes.to_be_bytes());
    header.extend_from_slice(&(shape.recovery as u64).to_be_bytes());
    header.extend_from_slice(root.as_bytes());
    for digest in digests {
        header.extend_from_slice(digest.as_bytes());
    }
    let own = sha256(&header);
    header.extend_from_slice(own.as_bytes());
    header
}

/// Opens the parity of a blob; an error says why it is of no use.
fn open(path: &Path, size_bytes: u64, root: &Hash) -> std::result::Result<Opened, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut fixed = [0; FIXED_BYTES];
    file.read_exact_at(&mut fixed, 0)
        .map_err(|error| error.to_string())?;
    let number = |at: usize| {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&fixed[at..at + 8]);
        u64::from_be_bytes(bytes)
    };
    if &fixed[..16] != MAGIC || number(16) != size_bytes || &fixed[32..64] != root.as_bytes() {
        return Err("its header is not that of this blob's parity".to_owned());
    }
    let shape = Shape::cut(size_bytes, number(24)).ok_or("its header says impossible numbers")?;
    let mut rest = vec![0; (shape.recovery + 1) * DIGEST_BYTES];
    file.read_exact_at(&mut rest, FIXED_BYTES as u64)
        .map_err(|error| error.to_string())?;
    let mut digests = crate::blobs::parse_chunks(&rest);
    let own = digests.pop();
    if own.is_none()
        || own
            != Some(sha256(
                &[&fixed[..], &rest[..rest.len() - DIGEST_BYTES]].concat(),
            ))
    {
        return Err("its header is damaged".to_owned());
    }
    Ok(Opened {
        file,
        shape,
        digests,
    })
}

/// Holds a parity file against its digests. Blocking.
pub(crate) fn verify(blobs: &Blobs, id: BlobId, size_bytes: u64, root: &Hash) -> Verdict {
    let path = blobs.parity_path(id);
    if !path.exists() {
        return Verdict::Missing;
    }
    match open(&path, size_bytes, root) {
        Err(why) => Verdict::Damaged(why),
        Ok(opened) => match opened
            .whole_shards()
            .iter()
            .filter(|whole| !**whole)
            .count()
        {
            0 => Verdict::Whole,
            bad => Verdict::Damaged(format!(
                "{bad} of its {} shards are bad",
                opened.shape.recovery
            )),
        },
    }
}

/// Makes the file beside, syncs it, and gives it its name.
pub(super) fn write(blobs: &Blobs, id: BlobId, shape: &Shape, chunks: &[Hash]) -> Result<()> {
    let source = blobs.path(id);
    let blob = File::open(&source).map_err(Error::file("open", &source))?;
    if chunk_states(&blob, shape, chunks).contains(&false) {
        return Err(Error::Damaged {
            what: format!("blob {id}"),
            why: "it isn't whole, and no parity is made of it".into(),
        });
    }
    let tmp = blobs.root().join("tmp").join(format!("{id}.parity"));
    let made = write_at(&tmp, &blob, shape, &chunks_root(chunks)).and_then(|()| {
        let path = blobs.parity_path(id);
        let shelf = path.parent().unwrap_or(Path::new(""));
        folders::make(shelf, 0o755)?;
        fs::rename(&tmp, &path).map_err(Error::file("rename", &tmp))?;
        folders::sync(shelf)
    });
    if made.is_err() {
        // What stays is swept when the store opens.
        let _ = fs::remove_file(&tmp);
    }
    made
}

fn write_at(tmp: &Path, blob: &File, shape: &Shape, root: &Hash) -> Result<()> {
    let file = fresh(tmp)?;
    let begin = header_bytes(shape.recovery);
    columns::encode(shape, blob, &file, begin)?;
    let mut digests = Vec::with_capacity(shape.recovery);
    let mut shard = vec![0; shape.shard_bytes];
    for index in 0..shape.recovery {
        let at = begin + (index * shape.shard_bytes) as u64;
        file.read_exact_at(&mut shard, at)
            .map_err(Error::file("read", tmp))?;
        digests.push(sha256(&shard));
    }
    file.write_all_at(&header(shape, root, &digests), 0)
        .map_err(Error::file("write", tmp))?;
    file.sync_data().map_err(Error::file("sync", tmp))
}

fn fresh(path: &Path) -> Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)
        .map_err(Error::file("create", path))
}

/// Which chunks of a blob are whole. What can't be read isn't.
fn chunk_states(blob: &File, shape: &Shape, chunks: &[Hash]) -> Vec<bool> {
    let mut bytes = vec![0; CHUNK_BYTES];
    let state = |(index, digest): (usize, &Hash)| {
        let bytes = &mut bytes[..shape.chunk_bytes(index)];
        let read = blob
            .read_exact_at(bytes, (index * CHUNK_BYTES) as u64)
            .is_ok();
        read && sha256(bytes) == *digest
    };
    chunks.iter().enumerate().map(state).collect()
}

pub(super) fn repair(
    blobs: &Blobs,
    id: BlobId,
    size_bytes: u64,
    chunks: &[Hash],
    now_ms: i64,
) -> Result<bool> {
    let root = chunks_root(chunks);
    let Ok(parity) = open(&blobs.parity_path(id), size_bytes, &root) else {
        return Ok(false);
    };
    let blob = File::open(blobs.path(id)).ok();
    let states = match &blob {
        Some(blob) => chunk_states(blob, &parity.shape, chunks),
        None => vec![false; chunks.len()],
    };
    let shards = parity.whole_shards();
    let bad: Vec<usize> = (0..states.len()).filter(|index| !states[*index]).collect();
    if bad.len() > shards.iter().filter(|whole| **whole).count() {
        return Ok(false);
    }
    let tmp = blobs.root().join("tmp").join(format!("{id}.restored"));
    let restored = fresh(&tmp)?;
    // It has no name from here on, and goes with this process.
    fs::remove_file(&tmp).map_err(Error::file("remove", &tmp))?;
    let whole = Whole {
        blob: blob.as_ref().map(|blob| (blob, &states[..])),
        parity: (&parity.file, parity.shards_begin(), &shards),
    };
    columns::decode(&parity.shape, &whole, &bad, &restored)?;
    let mut writer = blobs.create_beside(id)?;
    let mut next_bad = 0;
    for (index, whole) in states.iter().enumerate() {
        let mut bytes = vec![0; parity.shape.chunk_bytes(index)];
        let (from, at) = match (&blob, whole) {
            (Some(blob), true) => (blob, index * CHUNK_BYTES),
            _ => {
                next_bad += 1;
                (&restored, (next_bad - 1) * parity.shape.shard_bytes)
            }
        };
        from.read_exact_at(&mut bytes, at as u64)
            .map_err(Error::file("read", &tmp))?;
        writer.write(&bytes)?;
    }
    let is_right =
        |info: &crate::BlobInfo| info.size_bytes == size_bytes && info.chunks_root == root;
    Ok(writer.replace(now_ms, true, is_right)?.is_some())
}
