//! One disk: its tree, its faults, and whether it has power.

use std::path::Path;

use fuser::Errno;

use crate::draw::Draw;
use crate::image;
use crate::plan::{Fault, How, Kind, Plan, Then};
use crate::tree::Tree;

/// What a call is told.
pub(crate) type Answer<T> = Result<T, Errno>;

/// A disk.
pub(crate) struct Disk {
    pub(crate) tree: Tree,
    pub(crate) plan: Plan,
    powered: bool,
    /// Syncs are answered and not done, as some disks do.
    lies: bool,
    /// Nothing may be changed, as after a remount for reading alone.
    read_only: bool,
    draw: Draw,
}

impl Disk {
    pub(crate) fn new(tree: Tree, seed: u64) -> Self {
        Self {
            tree,
            plan: Plan::default(),
            powered: true,
            lies: false,
            read_only: false,
            draw: Draw::new(seed),
        }
    }

    /// Refuses a call when there is no power.
    pub(crate) fn powered(&self) -> Answer<()> {
        if self.powered {
            Ok(())
        } else {
            Err(Errno::EIO)
        }
    }

    /// Counts a call, runs it unless a fault says otherwise, and lets happen what comes after. `caller` is a thread, or 0
    /// for the kernel's own; `refused` is what a refusal harms.
    pub(crate) fn call<T>(
        &mut self,
        kind: Kind,
        caller: u32,
        run: impl FnOnce(&mut Self, How) -> Answer<T>,
    ) -> Answer<T> {
        self.powered()?;
        if self.read_only && kind.changes() {
            return Err(Errno::EROFS);
        }
        let Some(fault) = self.plan.pass(kind) else {
            return run(self, How::Done);
        };
        let answer = run(self, fault.how);
        match fault.then {
            Then::Nothing => {}
            Then::Kill => kill(caller),
            Then::Cut => {
                self.cut();
                return Err(Errno::EIO);
            }
        }
        match fault.how {
            How::Refused(errno) => Err(errno),
            How::Short | How::Done => answer,
        }
    }

    pub(crate) fn arm(&mut self, fault: Fault) {
        self.plan.arm(fault);
    }

    /// From now on every sync is a lie, or none.
    pub(crate) fn lie(&mut self, lies: bool) {
        self.lies = lies;
    }

    /// From now on nothing may be changed, or everything again.
    pub(crate) fn read_only(&mut self, only: bool) {
        self.read_only = only;
    }

    /// Syncs a file, or loses some of it when the sync is to fail.
    pub(crate) fn sync(&mut self, id: u64, how: How) -> Answer<()> {
        let lies = self.lies;
        let content = self.tree.content_mut(id).ok_or(Errno::EBADF)?;
        match how {
            How::Refused(_) => content.lose(&mut self.draw),
            How::Done | How::Short if lies => {}
            How::Done | How::Short => content.sync(),
        }
        Ok(())
    }

    /// Syncs a folder, unless that is to fail.
    pub(crate) fn sync_folder(&mut self, id: u64, how: How) {
        if !self.lies && !matches!(how, How::Refused(_)) {
            self.tree.sync_folder(id);
        }
    }

    /// The power goes: nothing is answered any more, and what was not synced is lost, or some of it.
    pub(crate) fn cut(&mut self) {
        if self.powered {
            self.powered = false;
            self.tree = self.tree.after_cut(&mut self.draw);
            self.plan.disarm();
        }
    }

    /// The power is back.
    pub(crate) fn power(&mut self) {
        self.powered = true;
    }

    /// Writes what a cut now would leave, by its own seed, to a folder of a real disk; the power stays.
    pub(crate) fn photograph(&self, seed: u64, folder: &Path) -> std::io::Result<()> {
        image::write(&self.tree.after_cut(&mut Draw::new(seed)), folder)
    }
}

fn kill(caller: u32) {
    let pid = i32::try_from(caller)
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    // The kernel's own writes of mapped pages have no caller: nobody is killed, and the test counts what was struck.
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}
