//! How fast files and envelopes are sealed and opened, on one core of this machine.
//!
//! `bench-seal [MIB]`: a file of that many MiB in memory (256), objects of 1 KiB, and envelopes. Beside them the `age`
//! crate and, if it is installed, the `age` program, which also reads and writes files. Every figure is a median of
//! rounds in which the contenders take turns, so that a busy machine disturbs them alike.

use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use amana_seal::age::{HybridIdentity, Identity, X25519Identity, open_all, seal_all};
use amana_seal::envelope;
use amana_seal::epoch::EpochSecret;
use zeroize::Zeroizing;

const ROUNDS: usize = 7;
const SMALL_TURNS: u32 = 500;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// Who is measured, with what it does once.
struct Contender<'a> {
    name: &'a str,
    turn: Box<dyn FnMut() -> Fallible<()> + 'a>,
}

fn contender<'a, T>(name: &'a str, mut turn: impl FnMut() -> Fallible<T> + 'a) -> Contender<'a> {
    Contender {
        name,
        turn: Box::new(move || {
            black_box(turn()?);
            Ok(())
        }),
    }
}

/// The median time of `turns` turns of each contender, over rounds in which they alternate.
fn measure(contenders: &mut [Contender<'_>], turns: u32) -> Fallible<Vec<Duration>> {
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let start = Instant::now();
            for _ in 0..turns {
                (contender.turn)()?;
            }
            times.push((Instant::now() - start) / turns);
        }
    }
    Ok(times.into_iter().map(median).collect())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() -> Fallible<()> {
    let mebibytes = std::env::args()
        .nth(1)
        .map_or(Ok(256), |n| n.parse::<usize>())?;
    let identity = X25519Identity::generate()?;
    let keys = Keys {
        age: identity.reveal().parse()?,
        ours: [identity.into()],
        hybrid: [HybridIdentity::generate()?.into()],
    };
    large(&keys, &vec![7; mebibytes << 20])?;
    small(&keys)?;
    envelopes()
}

struct Keys {
    ours: [Identity; 1],
    hybrid: [Identity; 1],
    age: age::x25519::Identity,
}

fn large(keys: &Keys, plain: &[u8]) -> Fallible<()> {
    let recipients = [keys.ours[0].recipient()];
    let sealed = seal_all(&recipients, plain)?;
    let to = keys.age.to_public();
    let folder = tempfile::tempdir()?;
    let (plain_path, sealed_path) = (folder.path().join("plain"), folder.path().join("sealed"));
    let installed = Command::new("age")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();

    let mut sealing = vec![
        contender("amana", || Ok(seal_all(&recipients, plain)?)),
        contender("age crate", || Ok(age::encrypt(&to, plain)?)),
    ];
    let mut opening = vec![
        contender("amana", || Ok(open_all(&keys.ours, &sealed)?)),
        contender("age crate", || Ok(age::decrypt(&keys.age, &sealed)?)),
    ];
    let key_path = folder.path().join("key");
    if installed {
        std::fs::write(&plain_path, plain)?;
        std::fs::write(&sealed_path, &sealed)?;
        std::fs::File::create(&key_path)?.write_all(keys.ours[0].reveal().as_bytes())?;
        let recipient = keys.ours[0].recipient().encode();
        let path = &plain_path;
        sealing.push(contender("age program", move || {
            age_program(&["-r", &recipient], path)
        }));
        let key = key_path.display().to_string();
        let path = &sealed_path;
        opening.push(contender("age program", move || {
            age_program(&["-d", "-i", &key], path)
        }));
    }
    for (verb, mut contenders) in [("seal", sealing), ("open", opening)] {
        let times = measure(&mut contenders, 1)?;
        for (contender, time) in contenders.iter().zip(times) {
            let rate = plain.len() as f64 / time.as_secs_f64() / 1e9;
            println!(
                "| {verb} {} MiB | {} | {rate:.2} GB/s |",
                plain.len() >> 20,
                contender.name
            );
        }
    }
    Ok(())
}

/// Runs the `age` program over a file, its output thrown away.
fn age_program(arguments: &[&str], path: &Path) -> Fallible<()> {
    let status = Command::new("age")
        .args(arguments)
        .arg(path)
        .stdout(Stdio::null())
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err("the age program failed".into())
    }
}

fn small(keys: &Keys) -> Fallible<()> {
    let plain = [7; 1024];
    let recipients = [keys.ours[0].recipient()];
    let hybrids = [keys.hybrid[0].recipient()];
    let (sealed, hybrid) = (seal_all(&recipients, &plain)?, seal_all(&hybrids, &plain)?);
    let to = keys.age.to_public();
    report(
        "seal 1 KiB",
        &mut [
            contender("amana, X25519", || Ok(seal_all(&recipients, &plain)?)),
            contender("age crate, X25519", || Ok(age::encrypt(&to, &plain)?)),
            contender("amana, hybrid", || Ok(seal_all(&hybrids, &plain)?)),
        ],
    )?;
    report(
        "open 1 KiB",
        &mut [
            contender("amana, X25519", || Ok(open_all(&keys.ours, &sealed)?)),
            contender("age crate, X25519", || {
                Ok(age::decrypt(&keys.age, &sealed)?)
            }),
            contender("amana, hybrid", || Ok(open_all(&keys.hybrid, &hybrid)?)),
        ],
    )
}

fn envelopes() -> Fallible<()> {
    let key = EpochSecret::new(1, Zeroizing::new([7; 32])).envelope_key();
    let plain = [b' '; 600];
    let sealed = envelope::seal(&key, b"statement", &plain)?;
    report(
        "600 B",
        &mut [
            contender("envelope sealed", || {
                Ok(envelope::seal(&key, b"statement", &plain)?)
            }),
            contender("envelope opened", || {
                Ok(envelope::open(&key, b"statement", &sealed)?)
            }),
        ],
    )
}

fn report(what: &str, contenders: &mut [Contender<'_>]) -> Fallible<()> {
    let times = measure(contenders, SMALL_TURNS)?;
    for (contender, time) in contenders.iter().zip(times) {
        println!(
            "| {what} | {} | {:.1} µs |",
            contender.name,
            time.as_secs_f64() * 1e6
        );
    }
    Ok(())
}
