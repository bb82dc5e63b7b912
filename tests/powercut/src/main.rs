//! A disk for tests: a FUSE file system in memory, which loses what was not synced when its power is cut, and whose
//! calls can be made to fail.
//!
//! `powercut MOUNTPOINT SEED [FROM]` mounts it, filled from the folder `FROM`, says `ready`, and then obeys one line of
//! standard input at a time, each answered by one line: `ok`, what was asked, or `error: …`.
//!
//! | line | what |
//! |---|---|
//! | `cut` | the power goes: every call fails with EIO from now on, and what was not synced is lost, in part or whole |
//! | `power` | mounts what the cut left; whoever used the disk must be gone |
//! | `image SEED FOLDER` | writes what a cut now would leave to a folder elsewhere; the power stays |
//! | `fail KIND NTH TIMES HOW THEN` | one fault to come (see `plan`) |
//! | `mend` | no fault to come |
//! | `struck` | how many calls the last fault struck |
//! | `counts` | calls so far, by kind |
//! | `unsynced` | names and files that hold what was not synced |
//! | `readonly`, `writable` | changes are refused with EROFS; or taken again |
//! | `lie`, `tell` | syncs are answered and not done, as bad disks do; or done again |
//!
//! The model: bytes of a file are durable once the file was synced, names once their folder was. The rest is kept
//! page by page and name by name as chance has it, pages of 4096 bytes sometimes torn at 512. It doesn't model modes and
//! owners, which are durable at once, nor the order in which one kind of file system happens to write.

mod content;
mod disk;
mod draw;
mod image;
mod layer;
mod plan;
mod tree;

use std::io::{BufRead as _, Error, Result, Write as _};
use std::path::{Path, PathBuf};

use disk::Disk;
use fuser::{BackgroundSession, Config, MountOption};
use layer::Layer;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (mountpoint, seed, from) = match &words[..] {
        [mountpoint, seed] => (mountpoint, seed, None),
        [mountpoint, seed, from] => (mountpoint, seed, Some(from)),
        _ => return Err(Error::other("usage: powercut MOUNTPOINT SEED [FROM]")),
    };
    let mountpoint = PathBuf::from(mountpoint);
    let tree = image::read(from.map_or(&mountpoint, |from| Path::new(from)))?;
    let seed = seed.parse().map_err(Error::other)?;
    let layer = Layer::new(Disk::new(tree, seed));
    let mut mounted = Some(mount(&layer, &mountpoint)?);
    say("ready")?;
    for line in std::io::stdin().lock().lines() {
        match obey(&layer, &mountpoint, &mut mounted, &line?) {
            Ok(answer) => say(&answer)?,
            Err(error) => say(&format!("error: {error}"))?,
        }
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

fn mount(layer: &Layer, mountpoint: &Path) -> Result<BackgroundSession> {
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("powercut".into())];
    fuser::spawn_mount(layer.clone(), mountpoint, &config)
}

fn obey(
    layer: &Layer,
    mountpoint: &Path,
    mounted: &mut Option<BackgroundSession>,
    line: &str,
) -> Result<String> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut answer = "ok".to_owned();
    match verb {
        "cut" => layer.disk().cut(),
        "power" => {
            if let Some(session) = mounted.take() {
                session.umount_and_join()?;
            }
            layer.disk().power();
            *mounted = Some(mount(layer, mountpoint)?);
        }
        "image" => {
            let (seed, folder) = rest
                .split_once(' ')
                .ok_or(Error::other("image SEED FOLDER"))?;
            let seed = seed.parse().map_err(Error::other)?;
            layer.disk().photograph(seed, Path::new(folder))?;
        }
        "fail" => layer.disk().arm(rest.parse().map_err(Error::other)?),
        "mend" => layer.disk().plan.disarm(),
        "struck" => answer = layer.disk().plan.struck().to_string(),
        "counts" => answer = layer.disk().plan.counts(),
        "unsynced" => {
            let (names, files) = layer.disk().tree.unsynced();
            answer = format!("{names} {files}");
        }
        "lie" => layer.disk().lie(true),
        "tell" => layer.disk().lie(false),
        "readonly" => layer.disk().read_only(true),
        "writable" => layer.disk().read_only(false),
        _ => return Err(Error::other(format!("no verb {verb}"))),
    }
    Ok(answer)
}
