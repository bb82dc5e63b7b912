//! How much of the line may be used, and when: `08:00-18:00 2 Mbit/s`.
//!
//! The limit lies under HTTP, on the bytes of every connection to the data centre together, in both directions: so it holds
//! whatever is asked. The first rule in whose hours it is applies; without one the line is free.

use std::fmt;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Duration, Instant, Sleep, sleep};

use super::ClockSeconds;
use super::dial::{Dial, Dialling, Line};

/// Bytes that may go at once after a pause, as time: a tenth of a second's worth.
const BURST_S: f64 = 0.1;
/// The least that goes at once, so that a slow line doesn't send crumbs.
const CRUMB_BYTES: f64 = 512.0;
const DAY_MINUTES: u32 = 24 * 60;

/// A rule: in these hours, at most so much.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    /// First minute of the day.
    from_min: u32,
    /// One past the last minute; before `from_min` when the hours go over midnight.
    until_min: u32,
    /// Bytes a second.
    bytes_s: u64,
}

/// Why a text is no limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LimitError {
    /// It has neither one word for the rate and its unit, nor hours before them.
    #[error("a limit is `HH:MM-HH:MM 2 Mbit/s`, or `2 Mbit/s` for all day")]
    Shape,
    /// The hours can't be.
    #[error("the hours are `HH:MM-HH:MM`, from 00:00 to 24:00, and not empty")]
    Hours,
    /// The number can't be.
    #[error("the rate is a whole number above 0")]
    Rate,
    /// The unit isn't known.
    #[error(
        "the unit is kbit/s, Mbit/s or Gbit/s (thousands of bits), or kB/s or MB/s (thousands of bytes)"
    )]
    Unit,
    /// So little would not carry a request.
    #[error("the least is 8 kbit/s")]
    TooLittle,
}

impl Limit {
    fn applies(&self, minute: u32) -> bool {
        if self.from_min < self.until_min {
            (self.from_min..self.until_min).contains(&minute)
        } else {
            minute >= self.from_min || minute < self.until_min
        }
    }
}

impl FromStr for Limit {
    type Err = LimitError;

    fn from_str(text: &str) -> Result<Self, LimitError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (hours, rate, unit) = match words.as_slice() {
            [rate, unit] => ((0, DAY_MINUTES), rate, unit),
            [hours, rate, unit] => (parse_hours(hours)?, rate, unit),
            _ => return Err(LimitError::Shape),
        };
        let rate: u64 = rate.parse().map_err(|_| LimitError::Rate)?;
        let unit_bits = match *unit {
            "kbit/s" => 1_000,
            "Mbit/s" => 1_000_000,
            "Gbit/s" => 1_000_000_000,
            "kB/s" => 8_000,
            "MB/s" => 8_000_000,
            _ => return Err(LimitError::Unit),
        };
        if rate == 0 {
            return Err(LimitError::Rate);
        }
        let bytes_s = rate.checked_mul(unit_bits).ok_or(LimitError::Rate)? / 8;
        if bytes_s < 1000 {
            return Err(LimitError::TooLittle);
        }
        let (from_min, until_min) = hours;
        Ok(Self {
            from_min,
            until_min,
            bytes_s,
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, until) = (self.from_min, self.until_min);
        write!(
            f,
            "{:02}:{:02}-{:02}:{:02} {} kbit/s",
            from / 60,
            from % 60,
            until / 60,
            until % 60,
            self.bytes_s * 8 / 1000
        )
    }
}

/// The bytes a second that go at a time of local clocks, in seconds since 1970; nothing when the line is free.
#[must_use]
pub fn bytes_s(limits: &[Limit], local_s: i64) -> Option<u64> {
    let minute = u32::try_from(local_s.div_euclid(60).rem_euclid(i64::from(DAY_MINUTES)));
    let minute = minute.unwrap_or_default();
    let limit = limits.iter().find(|limit| limit.applies(minute))?;
    Some(limit.bytes_s)
}

fn parse_hours(hours: &str) -> Result<(u32, u32), LimitError> {
    let (from, until) = hours.split_once('-').ok_or(LimitError::Hours)?;
    let minute = |time: &str| {
        let (hour, minute) = time.split_once(':')?;
        let digits = |two: &str| (two.len() == 2).then(|| two.parse::<u32>().ok()).flatten();
        let (hour, minute) = (digits(hour)?, digits(minute)?);
        let all = hour * 60 + minute;
        (minute < 60 && all <= DAY_MINUTES).then_some(all)
    };
    match (minute(from), minute(until)) {
        (Some(from), Some(until)) if from != until && from < DAY_MINUTES => Ok((from, until)),
        _ => Err(LimitError::Hours),
    }
}

/// The bytes that all connections may still send and take.
struct Bucket {
    limits: Vec<Limit>,
    now_s: ClockSeconds,
    utc_offset_s: i64,
    left: Mutex<(f64, Instant)>,
}

impl Bucket {
    fn bytes_s(&self) -> Option<u64> {
        bytes_s(&self.limits, (self.now_s)() + self.utc_offset_s)
    }

    /// How many of `wanted` bytes may go now, or how long to wait.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "rates and buffers are far below 2^52"
    )]
    fn take(&self, wanted: usize) -> Result<usize, Duration> {
        let Some(bytes_s) = self.bytes_s() else {
            return Ok(wanted);
        };
        let rate = bytes_s as f64;
        let most = (rate * BURST_S).max(CRUMB_BYTES);
        let now = Instant::now();
        let mut held = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, since) = *held;
        let left = (left + rate * (now - since).as_secs_f64()).min(most);
        let least = CRUMB_BYTES.min(wanted as f64);
        if left < least {
            *held = (left, now);
            return Err(Duration::from_secs_f64((least - left) / rate));
        }
        let granted = (wanted as f64).min(left);
        *held = (left - granted, now);
        Ok(granted as usize)
    }

    /// Gives back what was not used.
    #[expect(clippy::cast_precision_loss, reason = "buffers are far below 2^52")]
    fn give_back(&self, unused: usize) {
        let mut held = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        held.0 += unused as f64;
    }
}

/// Connections under limits.
pub(crate) struct Limited {
    dial: Arc<dyn Dial>,
    bucket: Arc<Bucket>,
}

impl Limited {
    pub(crate) fn new(
        dial: Arc<dyn Dial>,
        limits: Vec<Limit>,
        now_s: ClockSeconds,
        utc_offset_s: i64,
    ) -> Self {
        Self {
            dial,
            bucket: Arc::new(Bucket {
                limits,
                now_s,
                utc_offset_s,
                left: Mutex::new((0.0, Instant::now())),
            }),
        }
    }
}

impl Dial for Limited {
    fn dial(&self) -> Dialling<'_> {
        Box::pin(async {
            let line = self.dial.dial().await?;
            let paced = Paced {
                line,
                bucket: self.bucket.clone(),
                reading: None,
                writing: None,
            };
            Ok(Box::new(paced) as Box<dyn Line>)
        })
    }
}

type Wait = Option<Pin<Box<Sleep>>>;

/// A line that waits for its turn.
struct Paced {
    line: Box<dyn Line>,
    bucket: Arc<Bucket>,
    reading: Wait,
    writing: Wait,
}

/// Waits until some of `wanted` bytes may go.
fn poll_grant(
    bucket: &Bucket,
    wait: &mut Wait,
    wanted: usize,
    context: &mut Context<'_>,
) -> Poll<usize> {
    loop {
        if let Some(sleeping) = wait {
            ready!(sleeping.as_mut().poll(context));
            *wait = None;
        }
        match bucket.take(wanted) {
            Ok(granted) => return Poll::Ready(granted),
            Err(pause) => *wait = Some(Box::pin(sleep(pause))),
        }
    }
}

impl AsyncRead for Paced {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let paced = self.get_mut();
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let granted = ready!(poll_grant(
            &paced.bucket,
            &mut paced.reading,
            buffer.remaining(),
            context
        ));
        let mut part = buffer.take(granted);
        let read = Pin::new(&mut paced.line).poll_read(context, &mut part);
        let bytes = part.filled().len();
        paced.bucket.give_back(granted - bytes);
        ready!(read)?;
        // The part is the front of the buffer's own free space, and is filled.
        let filled = part.filled().to_vec();
        buffer.put_slice(&filled);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Paced {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let paced = self.get_mut();
        if bytes.is_empty() {
            return Pin::new(&mut paced.line).poll_write(context, bytes);
        }
        let granted = ready!(poll_grant(
            &paced.bucket,
            &mut paced.writing,
            bytes.len(),
            context
        ));
        let written = Pin::new(&mut paced.line).poll_write(context, &bytes[..granted]);
        let used = match &written {
            Poll::Ready(Ok(used)) => *used,
            _ => 0,
        };
        paced.bucket.give_back(granted - used);
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().line).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read() {
        let limit: Limit = "08:00-18:00 2 Mbit/s".parse().expect("it is one");
        assert_eq!(limit.bytes_s, 250_000);
        assert!(limit.applies(8 * 60) && limit.applies(18 * 60 - 1));
        assert!(!limit.applies(18 * 60) && !limit.applies(0));
        let night: Limit = "22:00-06:00 1 MB/s".parse().expect("it is one");
        assert!(night.applies(23 * 60) && night.applies(0) && !night.applies(6 * 60));
        assert_eq!(
            "512 kbit/s".parse::<Limit>().map(|limit| limit.bytes_s),
            Ok(64_000)
        );
        assert_eq!(limit.to_string().parse(), Ok(limit));
    }

    #[test]
    fn what_is_no_limit_says_why() {
        for (text, why) in [
            ("", LimitError::Shape),
            ("2", LimitError::Shape),
            ("a b c d", LimitError::Shape),
            ("8:00-18:00 2 Mbit/s", LimitError::Hours),
            ("08:00-08:00 2 Mbit/s", LimitError::Hours),
            ("08:60-09:00 2 Mbit/s", LimitError::Hours),
            ("24:00-09:00 2 Mbit/s", LimitError::Hours),
            ("2.5 Mbit/s", LimitError::Rate),
            ("0 Mbit/s", LimitError::Rate),
            ("2 Mbps", LimitError::Unit),
            ("7 kbit/s", LimitError::TooLittle),
            ("18446744073709551615 Gbit/s", LimitError::Rate),
        ] {
            assert_eq!(text.parse::<Limit>(), Err(why), "{text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_fills_with_time() {
        let bucket = Bucket {
            limits: vec!["80 kbit/s".parse().expect("it is one")],
            now_s: Arc::new(|| 0),
            utc_offset_s: 0,
            left: Mutex::new((0.0, Instant::now())),
        };
        assert!(bucket.take(5000).is_err());
        sleep(Duration::from_millis(100)).await;
        let granted = bucket.take(5000).expect("a tenth of a second's worth");
        assert!((990..=1000).contains(&granted), "{granted}");
        bucket.give_back(granted);
        sleep(Duration::from_secs(60)).await;
        let granted = bucket.take(5000).expect("the burst, and no more");
        assert!(granted <= 1000, "{granted}");
    }
}
