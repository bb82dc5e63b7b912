//! From a real folder to a disk of ours and back.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Error, Result};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::Path;

use crate::content::Content;
use crate::tree::{Body, Node, ROOT, Tree};

/// Writes everything but sockets, which mean nothing once nobody listens.
pub(crate) fn write(tree: &Tree, folder: &Path) -> Result<()> {
    write_folder(tree, ROOT, folder)
}

fn write_folder(tree: &Tree, id: u64, folder: &Path) -> Result<()> {
    let (Some(node), Some(names)) = (tree.node(id), tree.names(id)) else {
        return Err(Error::other(format!("{} is no folder", folder.display())));
    };
    fs::DirBuilder::new()
        .mode(node.mode.into())
        .recursive(true)
        .create(folder)?;
    for (name, below) in names {
        let path = folder.join(name);
        let Some(node) = tree.node(*below) else {
            continue;
        };
        match &node.body {
            Body::Folder(_) => write_folder(tree, *below, &path)?,
            Body::Link(target) => std::os::unix::fs::symlink(target, &path)?,
            Body::Socket => {}
            Body::File(content) => {
                let mut options = fs::File::options();
                let mut file = options
                    .write(true)
                    .create_new(true)
                    .mode(node.mode.into())
                    .open(&path)?;
                std::io::Write::write_all(&mut file, content.bytes())?;
            }
        }
    }
    Ok(())
}

/// Reads a folder; all of it counts as synced.
pub(crate) fn read(folder: &Path) -> Result<Tree> {
    let mut tree = Tree::new(node(&fs::metadata(folder)?, Body::Folder(BTreeMap::new()))?);
    read_folder(&mut tree, ROOT, folder)?;
    Ok(tree)
}

fn read_folder(tree: &mut Tree, id: u64, folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, meta) = (entry.path(), entry.metadata()?);
        if meta.is_dir() {
            let below = tree.make(
                id,
                &entry.file_name(),
                node(&meta, Body::Folder(BTreeMap::new()))?,
            );
            read_folder(tree, below, &path)?;
        } else if meta.is_file() {
            let content = Content::synced(fs::read(&path)?);
            tree.make(id, &entry.file_name(), node(&meta, Body::File(content))?);
        } else if meta.is_symlink() {
            let target = fs::read_link(&path)?;
            tree.make(id, &entry.file_name(), node(&meta, Body::Link(target))?);
        }
    }
    tree.sync_folder(id);
    Ok(())
}

fn node(meta: &fs::Metadata, body: Body) -> Result<Node> {
    Ok(Node {
        body,
        mode: u16::try_from(meta.permissions().mode() & 0o7777).map_err(Error::other)?,
        owner: (meta.uid(), meta.gid()),
        changed: meta.modified()?,
    })
}
