//! Asking an object store: again while that may help, and never for longer than a bounded time.
//!
//! Every verb here may be asked twice: names are random and unique, so that what is put twice is the same bytes. A store
//! that fails now and then is asked again for [`Patience::total`]. One that has failed every request for a while is
//! taken to be away: requests under way give up, new ones fail at once, and one in a while tries.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::time::{Instant, sleep, timeout};

use crate::store::lock_state;
use crate::{Error, Result};

/// The slowest line that is waited for.
const SLOWEST_BYTES_PER_S: u64 = 32 * 1024;
/// Failures in a row after which a store is taken to be away.
const MANY: u32 = 12;
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Threads that wait for answers.
const THREADS: usize = 2;

/// How long a store is asked.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one answer, beside the time that its bytes take on the slowest line.
    pub attempt: Duration,
    /// For one verb: after that it isn't asked again.
    pub total: Duration,
    /// Before the first time that it is asked again; doubles, up to a second.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            attempt: Duration::from_secs(10),
            total: Duration::from_secs(30),
            pause: Duration::from_millis(50),
        }
    }
}

/// Why a verb wasn't done.
#[derive(Clone, Debug)]
pub(super) enum Failed {
    /// What was asked for isn't there.
    Absent,
    /// The store won't, however often it is asked.
    Refused(String),
    /// It failed each time, or did not answer.
    Away(String),
}

/// What asks. Cheap to clone but for the threads, which the first one keeps.
pub(super) struct Line {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    handle: Handle,
    asking: Asking,
}

/// The part of it that tasks may hold.
#[derive(Clone)]
pub(super) struct Asking {
    patience: Patience,
    trouble: Arc<Mutex<Trouble>>,
}

/// Failures since the last success.
#[derive(Default)]
struct Trouble {
    failures: u32,
    since: Option<Instant>,
    tried: Option<Instant>,
    why: String,
}

impl Line {
    pub(super) fn new(patience: Patience) -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("amana-blobs")
            .enable_all()
            .build();
        let runtime = runtime.map_err(Error::file("start threads for", "amana-blobs".as_ref()))?;
        Ok(Self {
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            asking: Asking {
                patience,
                trouble: Arc::default(),
            },
        })
    }

    pub(super) fn asking(&self) -> Asking {
        self.asking.clone()
    }

    /// Where tasks run.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Asks on another thread; the answer comes through what is returned.
    pub(super) fn begin<T, A, F>(&self, bytes: u64, attempt: A) -> Coming<T>
    where
        T: Send + 'static,
        A: Fn() -> F + Send + 'static,
        F: Future<Output = object_store::Result<T>> + Send,
    {
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        let asking = self.asking.clone();
        self.handle.spawn(async move {
            // Who asked may be gone.
            let _ = reply.send(asking.ask(bytes, attempt).await);
        });
        Coming(answer)
    }

    /// Asks, and waits. `bytes` go or come with it.
    pub(super) fn ask<T, A, F>(&self, bytes: u64, attempt: A) -> Result<T, Failed>
    where
        T: Send + 'static,
        A: Fn() -> F + Send + 'static,
        F: Future<Output = object_store::Result<T>> + Send,
    {
        self.begin(bytes, attempt).wait()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // A runtime may not be waited for where others run.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// An answer on its way.
pub(super) struct Coming<T>(std::sync::mpsc::Receiver<Result<T, Failed>>);

impl<T> Coming<T> {
    pub(super) fn wait(self) -> Result<T, Failed> {
        let ended = |_| Err(Failed::Away("the request was given up".to_owned()));
        self.0.recv().unwrap_or_else(ended)
    }
}

impl Asking {
    pub(super) async fn ask<T, A, F>(&self, bytes: u64, attempt: A) -> Result<T, Failed>
    where
        A: Fn() -> F,
        F: Future<Output = object_store::Result<T>>,
    {
        let begun = Instant::now();
        if let Some(why) = self.is_known_to_be_away(begun) {
            return Err(Failed::Away(why));
        }
        let limit = self.patience.attempt + Duration::from_secs(bytes / SLOWEST_BYTES_PER_S);
        let mut pause = self.patience.pause;
        loop {
            let why = match timeout(limit, attempt()).await {
                Ok(Ok(done)) => {
                    *lock_state(&self.trouble) = Trouble::default();
                    return Ok(done);
                }
                Ok(Err(error)) => match Failed::of(&error) {
                    Failed::Away(why) => why,
                    answered => {
                        *lock_state(&self.trouble) = Trouble::default();
                        return Err(answered);
                    }
                },
                Err(_) => format!("no answer came in {} s", limit.as_secs_f32()),
            };
            let now = Instant::now();
            if self.is_away_after(&why, now) || now + pause > begun + self.patience.total {
                return Err(Failed::Away(why));
            }
            sleep(spread(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Notes a failure; says whether the store is away.
    fn is_away_after(&self, why: &str, now: Instant) -> bool {
        let mut trouble = lock_state(&self.trouble);
        trouble.failures = trouble.failures.saturating_add(1);
        trouble.since.get_or_insert(now);
        trouble.tried = Some(now);
        why.clone_into(&mut trouble.why);
        self.is_away(&trouble, now)
    }

    fn is_away(&self, trouble: &Trouble, now: Instant) -> bool {
        let Some(since) = trouble.since else {
            return false;
        };
        let (age, total) = (now - since, self.patience.total);
        // The second is for a store that takes requests and never answers.
        (trouble.failures >= MANY && age >= total / 10)
            || (trouble.failures >= 2 && age >= total / 2)
    }

    /// Why a request needn't be tried; one in a while is tried all the same.
    fn is_known_to_be_away(&self, now: Instant) -> Option<String> {
        let mut trouble = lock_state(&self.trouble);
        if !self.is_away(&trouble, now) {
            return None;
        }
        let between = self.patience.total / 15;
        if trouble.tried.is_none_or(|tried| now - tried >= between) {
            trouble.tried = Some(now);
            return None;
        }
        Some(trouble.why.clone())
    }
}

impl Failed {
    fn of(error: &object_store::Error) -> Self {
        use object_store::Error as E;
        match error {
            E::NotFound { .. } => Self::Absent,
            E::PermissionDenied { .. }
            | E::Unauthenticated { .. }
            | E::NotSupported { .. }
            | E::InvalidPath { .. }
            | E::UnknownConfigurationKey { .. } => Self::Refused(told(error)),
            _ => Self::Away(told(error)),
        }
    }
}

/// An error with what it came from, in one line.
fn told(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text.replace('\n', " ")
}

/// Between half of a pause and all of it, so that those who failed together don't come back together.
fn spread(pause: Duration) -> Duration {
    let mut random = [0];
    // Without randomness the pause is whole.
    let share = getrandom::fill(&mut random).map_or(1.0, |()| f64::from(random[0]) / 255.0);
    pause.mul_f64(0.5 + share / 2.0)
}
