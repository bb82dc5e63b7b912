//! Which call fails, and how.

use std::collections::BTreeMap;
use std::str::FromStr;

use fuser::Errno;

/// The kinds of calls, as they are counted and named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Create,
    Fsync,
    FsyncFolder,
    List,
    Link,
    Mkdir,
    Open,
    Read,
    Rename,
    Truncate,
    Unlink,
    Write,
}

const KINDS: [(&str, Kind); 12] = [
    ("create", Kind::Create),
    ("fsync", Kind::Fsync),
    ("fsyncdir", Kind::FsyncFolder),
    ("list", Kind::List),
    ("link", Kind::Link),
    ("mkdir", Kind::Mkdir),
    ("open", Kind::Open),
    ("read", Kind::Read),
    ("rename", Kind::Rename),
    ("truncate", Kind::Truncate),
    ("unlink", Kind::Unlink),
    ("write", Kind::Write),
];

impl Kind {
    /// Whether a disk that may only be read refuses it.
    pub(crate) fn changes(self) -> bool {
        !matches!(self, Self::List | Self::Open | Self::Read)
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    /// It is refused, and nothing happened (of a sync: some of it did).
    Refused(Errno),
    /// Half of what was given is written, and the answer says so.
    Short,
    /// It happened.
    Done,
}

/// What happens right after the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// Life goes on.
    Nothing,
    /// Whoever called is killed.
    Kill,
    /// The power goes.
    Cut,
}

/// One fault to come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    kind: Kind,
    /// Counted from now, 1 the next.
    nth: u64,
    /// How many calls fail, one after the other.
    times: u64,
    pub(crate) how: How,
    pub(crate) then: Then,
}

/// The fault to come, and the calls so far.
#[derive(Default)]
pub(crate) struct Plan {
    armed: Option<Fault>,
    counts: BTreeMap<Kind, u64>,
    struck: u64,
}

impl Plan {
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.armed = Some(fault);
        self.struck = 0;
    }

    pub(crate) fn disarm(&mut self) {
        self.armed = None;
    }

    /// How many calls the fault that was armed last has struck.
    pub(crate) fn struck(&self) -> u64 {
        self.struck
    }

    /// Counts a call, and gives the fault that strikes it.
    pub(crate) fn pass(&mut self, kind: Kind) -> Option<Fault> {
        *self.counts.entry(kind).or_default() += 1;
        let fault = self.armed.as_mut().filter(|fault| fault.kind == kind)?;
        fault.nth = fault.nth.saturating_sub(1);
        if fault.nth > 0 {
            return None;
        }
        let struck = *fault;
        fault.times -= 1;
        if fault.times == 0 {
            self.armed = None;
        }
        self.struck += 1;
        Some(struck)
    }

    /// The calls so far, by kind, as `kind=count` of each.
    pub(crate) fn counts(&self) -> String {
        let count = |(name, kind): &(&str, Kind)| {
            format!("{name}={}", self.counts.get(kind).copied().unwrap_or(0))
        };
        KINDS.iter().map(count).collect::<Vec<_>>().join(" ")
    }
}

/// `KIND NTH TIMES HOW THEN`, where `HOW` is `eio`, `enospc`, `emfile`, `erofs`, `short` or `done`, and `THEN` is
/// `live`, `kill` or `cut`.
impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [kind, nth, times, how, then] = words[..] else {
            return Err("KIND NTH TIMES HOW THEN".into());
        };
        let number = |text: &str| match text.parse() {
            Ok(0) | Err(_) => Err(format!("{text} is no number from 1")),
            Ok(number) => Ok(number),
        };
        let found = KINDS.iter().find(|(name, _)| *name == kind);
        Ok(Self {
            kind: found.ok_or(format!("no kind {kind}"))?.1,
            nth: number(nth)?,
            times: number(times)?,
            how: match how {
                "eio" => How::Refused(Errno::EIO),
                "enospc" => How::Refused(Errno::ENOSPC),
                "emfile" => How::Refused(Errno::EMFILE),
                "erofs" => How::Refused(Errno::EROFS),
                "short" => How::Short,
                "done" => How::Done,
                _ => return Err(format!("no way {how} to fail")),
            },
            then: match then {
                "live" => Then::Nothing,
                "kill" => Then::Kill,
                "cut" => Then::Cut,
                _ => return Err(format!("nothing called {then} happens")),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nth_call_of_its_kind_fails_and_no_other() {
        let mut plan = Plan::default();
        plan.arm("write 2 2 enospc live".parse().unwrap());
        let struck = |plan: &mut Plan, kind| plan.pass(kind).is_some();
        assert!(!struck(&mut plan, Kind::Write) && !struck(&mut plan, Kind::Fsync));
        assert!(struck(&mut plan, Kind::Write) && struck(&mut plan, Kind::Write));
        assert!(!struck(&mut plan, Kind::Write));
        assert_eq!(plan.struck(), 2);
        assert!(plan.counts().contains("fsync=1") && plan.counts().contains("write=4"));
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        for text in [
            "",
            "write 1",
            "write 0 1 eio live",
            "walk 1 1 eio live",
            "write 1 1 eio later",
        ] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }
}
