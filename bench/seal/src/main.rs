//! How fast files and envelopes are sealed and opened, on one core of this machine.
//!
//! `bench-seal [MIB]`: a file of that many MiB (256) in memory, by chunks in one buffer; whole objects of 8 MiB and of
//! 1 KiB; and envelopes. Beside them the `age` crate and, if it is installed, the `age` program, which also reads a file and writes
//! a pipe. Every figure is a median of rounds in which the contenders take turns, in processor time, so that what else
//! the machine does matters little.

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use amana_seal::age::{
    CHUNK_BYTES, HybridIdentity, Identity, Opener, Recipient, Sealer, TAG_BYTES, X25519Identity,
    open_all, prologue_size, seal_all,
};
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

/// Processor time of this thread and of the programs that it ran, which the kernel tells in hundredths of a second.
fn processor_time() -> Fallible<Duration> {
    let own = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields = stat
        .rsplit_once(") ")
        .ok_or("no fields in /proc/self/stat")?
        .1;
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u64>);
    let ticks = ticks.sum::<Result<u64, _>>()?;
    Ok(Duration::try_from(own)? + Duration::from_millis(10 * ticks))
}

/// The median time of `turns` turns of each contender, over rounds in which they alternate.
fn measure(contenders: &mut [Contender<'_>], turns: u32) -> Fallible<Vec<Duration>> {
    let mut times = vec![Vec::new(); contenders.len()];
    for _ in 0..ROUNDS {
        for (contender, times) in contenders.iter_mut().zip(&mut times) {
            let start = processor_time()?;
            for _ in 0..turns {
                (contender.turn)()?;
            }
            times.push((processor_time()? - start) / turns);
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
    medium(&keys, &vec![7; 8 << 20])?;
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
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    let mut sealing = vec![contender("amana, by chunks", || {
        seal_by_chunks(&recipients, plain)
    })];
    let mut opening = vec![contender("amana, by chunks", || {
        open_by_chunks(&keys.ours, &sealed)
    })];
    let installed = Command::new("age")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if installed {
        std::fs::write(path("plain"), plain)?;
        std::fs::write(path("sealed"), &sealed)?;
        std::fs::write(path("key"), keys.ours[0].reveal().as_bytes())?;
        let recipient = recipients[0].encode();
        sealing.push(contender("age program", move || {
            age_program(&["-r", &recipient], &path("plain"))
        }));
        let key = path("key").display().to_string();
        opening.push(contender("age program", move || {
            age_program(&["-d", "-i", &key], &path("sealed"))
        }));
    }
    rates("seal", plain.len(), &mut sealing)?;
    rates("open", plain.len(), &mut opening)
}

fn medium(keys: &Keys, plain: &[u8]) -> Fallible<()> {
    let recipients = [keys.ours[0].recipient()];
    let sealed = seal_all(&recipients, plain)?;
    let to = keys.age.to_public();
    rates(
        "seal",
        plain.len(),
        &mut [
            contender("amana, whole", || Ok(seal_all(&recipients, plain)?)),
            contender("age crate", || Ok(age::encrypt(&to, plain)?)),
        ],
    )?;
    rates(
        "open",
        plain.len(),
        &mut [
            contender("amana, whole", || Ok(open_all(&keys.ours, &sealed)?)),
            contender("age crate", || Ok(age::decrypt(&keys.age, &sealed)?)),
        ],
    )
}

fn rates(verb: &str, bytes: usize, contenders: &mut [Contender<'_>]) -> Fallible<()> {
    let times = measure(contenders, 1)?;
    for (contender, time) in contenders.iter().zip(times) {
        let rate = bytes as f64 / time.as_secs_f64() / 1e9;
        println!(
            "| {verb} {} MiB | {} | {rate:.2} GB/s |",
            bytes >> 20,
            contender.name
        );
    }
    Ok(())
}

/// As a gateway does it: one buffer, whatever the size of the file.
fn seal_by_chunks(recipients: &[Recipient], plain: &[u8]) -> Fallible<()> {
    let mut sealer = Sealer::new(recipients)?;
    let mut buffer = Vec::with_capacity(CHUNK_BYTES + TAG_BYTES);
    let count = plain.len().div_ceil(CHUNK_BYTES);
    for (number, chunk) in plain.chunks(CHUNK_BYTES).enumerate() {
        buffer.clear();
        buffer.extend_from_slice(chunk);
        sealer.seal_chunk(&mut buffer, number + 1 == count)?;
        black_box(&buffer);
    }
    Ok(())
}

fn open_by_chunks(identities: &[Identity], sealed: &[u8]) -> Fallible<()> {
    let size = prologue_size(sealed)?.ok_or("no prologue")?;
    let (prologue, payload) = sealed.split_at(size);
    let opener = Opener::new(prologue, identities)?;
    let mut buffer = Vec::with_capacity(CHUNK_BYTES + TAG_BYTES);
    let count = payload.len().div_ceil(CHUNK_BYTES + TAG_BYTES);
    for (number, chunk) in payload.chunks(CHUNK_BYTES + TAG_BYTES).enumerate() {
        buffer.clear();
        buffer.extend_from_slice(chunk);
        opener.open_chunk(number as u64, number + 1 == count, &mut buffer)?;
        black_box(&buffer);
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
