//! A data centre's folder of a given size, for what measures the whole program on it.

use std::path::Path;

use bytes::Bytes;

use crate::ground::{Ground, Outcome};

/// The institution that has all objects, in the bucket of its name.
const HOLDER: &str = "finances";
/// Bytes of an object: few, since pages read rows.
const OBJECT_BYTES: usize = 128;

/// Makes a folder with that many institutions, and that many objects of one of them, a hundred in a folder.
pub(crate) async fn make(folder: &Path, institutions: usize, objects: usize) -> Outcome<()> {
    let ground = Ground::open(folder)?;
    let mut names = vec![HOLDER.to_owned()];
    names.extend((1..institutions).map(|number| format!("institution-{number:05}")));
    ground.add_institutions(&names).await?;
    let caller = ground.caller(HOLDER)?;
    let keys = (0..objects).map(|number| format!("year/{:05}/file-{number:07}.pdf", number / 100));
    let content = Bytes::from(vec![7; OBJECT_BYTES]);
    ground.put_flowing(&caller, keys, &content).await
}
