//! Everything that the doctor can say, by a stable name.

/// Makes the enum and its names, which scripts rely on.
macro_rules! codes {
    ($($variant:ident => $name:literal,)*) => {
        /// What a finding is about.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(super) enum Code {
            $($variant,)*
        }

        impl Code {
            #[cfg(test)]
            pub(super) const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its stable name.
            pub(super) fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

codes! {
    Runs => "runs",
    NotRunning => "not-running",
    ReadOnly => "read-only",
    ApplicationAltered => "application-altered",
    Alarms => "alarms",
    NotVouched => "not-vouched",
    ClockAhead => "clock-ahead",
    ClockAgrees => "clock-agrees",
    ClockSynced => "clock-synced",
    ClockUnsynced => "clock-unsynced",
    NoQuorum => "no-quorum",
    WitnessesMissing => "witnesses-missing",
    WitnessesCome => "witnesses-come",
    WitnessSilent => "witness-silent",
    WitnessNever => "witness-never",
    TlsGood => "tls-good",
    TlsExpires => "tls-expires",
    TlsExpired => "tls-expired",
    TlsNames => "tls-names",
    TlsUnreadable => "tls-unreadable",
    NoTls => "no-tls",
    FewFiles => "few-files",
    FilesEnough => "files-enough",
    MemoryLow => "memory-low",
    MemoryEnough => "memory-enough",
    Swap => "swap",
    CoreDumps => "core-dumps",
    SpaceEnough => "space-enough",
    SpaceLow => "space-low",
    SpaceGone => "space-gone",
    InodesLow => "inodes-low",
    SyncCosts => "sync-costs",
    SyncLies => "sync-lies",
    SyncFails => "sync-fails",
    NotADisk => "not-a-disk",
    SeedBackedUp => "seed-backed-up",
    SeedNotBackedUp => "seed-not-backed-up",
    NoMirror => "no-mirror",
    NoOwnMirror => "no-own-mirror",
    OwnMirrorFails => "own-mirror-fails",
    MirrorKept => "mirror-kept",
    MirrorFails => "mirror-fails",
    MirrorLacks => "mirror-lacks",
    MirrorLags => "mirror-lags",
    MirrorUnseen => "mirror-unseen",
    ModesGood => "modes-good",
    ModeOpen => "mode-open",
}
