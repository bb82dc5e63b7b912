//! The doctor's words in English.

use super::{Code, Words};

/// What was found, why it matters, what to do; `{0}` and so on are what was measured.
#[expect(clippy::too_many_lines, reason = "one table, read from top to bottom")]
pub(super) fn words(code: Code) -> Words {
    match code {
        Code::Runs => ["The server runs (process {0})", "", ""],
        Code::NotRunning => [
            "No server runs in {0}",
            "What only it knows, witnesses and limits among it, was not looked at.",
            "Start it, and ask again.",
        ],
        Code::ReadOnly => [
            "It takes no deposits: {0}",
            "Every program that deposits is refused.",
            "Do what the reason says; docs/runbook.md has the steps.",
        ],
        Code::ApplicationAltered => [
            "The programs of {1}, behind {0}, aren't those that were signed, or can't be read",
            "Somebody altered them, or updated them without a signature. The application isn't asked: what was signed answers in its stead.",
            "Read the alert on the site's page, which names files; put them back, or, if the change was wanted, import the application again and have it signed.",
        ],
        Code::Alarms => [
            "{0} alarms stand against the data centre",
            "Something that it served doesn't fit what was signed.",
            "Keep the evidence, and show it to somebody else: amana gateway status names the files.",
        ],
        Code::NotVouched => [
            "No fresh quorum stands behind what this gateway serves",
            "It may be old: nobody but the data centre says that it is the newest.",
            "See whether the line and the witnesses are up: amana gateway status.",
        ],
        Code::ClockAhead => [
            "This machine's clock is {0} s behind what a witness signed",
            "Times in acts and certificates are wrong, and signed requests are refused.",
            "Set the clock, and have it kept: systemctl enable --now systemd-timesyncd, or chrony with the institution's own time server.",
        ],
        Code::ClockAgrees => ["The clock agrees with the witnesses'", "", ""],
        Code::ClockSynced => ["The system keeps its clock by a time server", "", ""],
        Code::ClockUnsynced => [
            "Nothing shows that the system keeps its clock by a time server",
            "A clock drifts by seconds a day; from 15 minutes on S3 programs are refused.",
            "systemctl enable --now systemd-timesyncd, or chrony; without a network, set it by hand each week.",
        ],
        Code::NoQuorum => [
            "The trust policy asks for no witness",
            "Nothing is ever witnessed: only receipts already handed out bind this data centre to its history.",
            "Have institutions, a court, a university run amana witness; then amana policy witness add, and amana policy quorum.",
        ],
        Code::WitnessesMissing => [
            "{0} of {2} witnesses came within the hour, and {1} are needed",
            "Nothing becomes witnessed, and gateways soon say that they can't vouch.",
            "Call the keepers of those that are missing.",
        ],
        Code::WitnessesCome => [
            "{0} of {2} witnesses came within the hour; {1} are needed",
            "",
            "",
        ],
        Code::WitnessSilent => [
            "The witness {0} was last here at {1}",
            "One more that is silent may be one too many.",
            "Call its keeper: its machine, its line, its clock.",
        ],
        Code::WitnessNever => [
            "The witness {0} has never come",
            "A witness that is only listed cosigns nothing.",
            "Call its keeper: has it this data centre's address, and the policy?",
        ],
        Code::TlsGood => ["The certificate is good until {0}", "", ""],
        Code::TlsExpires => [
            "The certificate expires at {0}",
            "From then on every client refuses this machine.",
            "Renew the files that tls_certificate and tls_key name; they are read again by themselves. An own one is renewed by the next connection.",
        ],
        Code::TlsExpired => [
            "The certificate has expired at {0}, or the clock is wrong",
            "Every client refuses this machine.",
            "Look at the clock first; then renew the files that tls_certificate and tls_key name.",
        ],
        Code::TlsNames => [
            "The certificate isn't for {0}, which tls_names lists",
            "Who reaches this machine by that name refuses it.",
            "Restart the server after a change of tls_names; have a given certificate issued for that name too.",
        ],
        Code::TlsUnreadable => [
            "{0} can't be read: {1}",
            "The next start fails.",
            "Put a certificate chain in PEM there, readable by the server.",
        ],
        Code::NoTls => [
            "A listener beyond loopback speaks without TLS (allow_plain_http)",
            "Without a proxy in front everybody on the line sees who asks for what.",
            "See that a proxy with TLS is the only one that reaches it, or take allow_plain_http away.",
        ],
        Code::FewFiles => [
            "The server may have {0} files open",
            "Each connection and each read is one; at {1} it serves all that it takes.",
            "LimitNOFILE=65536 in its unit, or ulimit -n.",
        ],
        Code::FilesEnough => ["The server may have {0} files open", "", ""],
        Code::MemoryLow => [
            "{0} MB of memory are left",
            "The system may end the server; what was acknowledged stays, who asks waits.",
            "End what else runs here, or add memory.",
        ],
        Code::MemoryEnough => ["{0} MB of memory are left", "", ""],
        Code::Swap => [
            "Memory may be written to {0}",
            "Keys and content in memory may stay there for whoever finds the disk.",
            "swapoff {0} and take it out of /etc/fstab, or encrypt it with a random key (crypttab: swap).",
        ],
        Code::CoreDumps => [
            "A crash would write the server's memory to a file",
            "Keys and content would be in it.",
            "LimitCORE=0 in its unit, or ulimit -c 0.",
        ],
        Code::SpaceEnough => [
            "{0} GB are free ({1}%)⟨; full at today's pace: {2}⟩",
            "",
            "",
        ],
        Code::SpaceLow => [
            "{0} GB are free ({1}%)⟨; full at today's pace: {2}⟩",
            "A full disk refuses deposits; reads and deletes go on.",
            "Order a larger disk now, or move what is large: docs/runbook.md, full disk.",
        ],
        Code::SpaceGone => [
            "{0} GB are free ({1}%)",
            "Deposits are refused, or soon will be.",
            "Free room that isn't Amana's at once, then enlarge the disk: docs/runbook.md, full disk. Never remove files from this folder by hand.",
        ],
        Code::InodesLow => [
            "The disk takes only {0} more files",
            "Each large content is a file: deposits will be refused though bytes are free.",
            "Remove small files that aren't Amana's, or move the folder to a file system made with more of them (mkfs -i).",
        ],
        Code::SyncCosts => ["A sync takes {0} ms", "", ""],
        Code::SyncLies => [
            "A sync takes {0} ms, which is very fast for a disk of which the system says {1} (cache: {2})",
            "If a cache only says so, a power cut loses deposits that were acknowledged.",
            "See that the cache has a battery, or turn it off (hdparm -W0). On a virtual machine have the host write through (cache=none or writethrough). Then try: pull the plug, and run amana check.",
        ],
        Code::SyncFails => [
            "The folder can't be written to and synced: {0}",
            "No deposit can be acknowledged.",
            "See to the disk and to who owns the folder.",
        ],
        Code::NotADisk => [
            "No disk can be seen under {0}",
            "It may be memory, a network or several disks: whether a sync is one can't be told.",
            "Keep the folder on a local disk with ext4 or xfs.",
        ],
        Code::SeedBackedUp => [
            "The operator's seed was shared among custodians, {0}, on {1}",
            "",
            "",
        ],
        Code::SeedNotBackedUp => [
            "No backup of the operator's seed is noted here",
            "No mirror has it: without it nothing is restored, and history ends with this disk.",
            "amana operator-key backup --data {0} --custodians 2-of-3 --pages DIR, and print the pages.",
        ],
        Code::NoMirror => [
            "There is no mirror",
            "One copy is none: what burns with this disk is lost.",
            "Name a place under [[mirror]] in amana.toml: a disk elsewhere, another data centre, any S3.",
        ],
        Code::NoOwnMirror => [
            "No copy of what you entrusted is at home",
            "If the data centre burns or refuses, what it had is wherever its operator says.",
            "Set mirror = \"/mnt/usb/amana\" in gateway.toml: a folder on a disk of its own. All in it is sealed to you.",
        ],
        Code::OwnMirrorFails => [
            "Your mirror in {0} isn't kept up: {1}",
            "What is deposited since stands at the data centre alone.",
            "Mount its disk, or see to it; it goes on by itself. How far it lags: amana gateway status.",
        ],
        Code::MirrorKept => ["The mirror {0} is kept up", "", ""],
        Code::MirrorFails => [
            "The mirror {0} isn't kept up: {1}",
            "What is deposited since stands on this disk alone.",
            "See to the place or the line; it goes on by itself. How far it lags: amana mirror status.",
        ],
        Code::MirrorLacks => [
            "The mirror {0} lacks {1} contents that it should have",
            "Restored from it, this data centre would lack them too.",
            "amana check names what is damaged here; bring it back from another copy. What the place lost is sent again within the hour.",
        ],
        Code::MirrorLags => [
            "The mirror {0} lacks {1} entries, the oldest for {2} minutes",
            "What is only here burns with this disk.",
            "See to the line and its limits; how far it lags: amana mirror status.",
        ],
        Code::MirrorUnseen => [
            "How far the mirror {0} lags could not be seen",
            "The rows or the operator's seed can't be read by who asks.",
            "Ask as the user under whom it runs: amana mirror status.",
        ],
        Code::ModesGood => ["Nobody else may read the keys", "", ""],
        Code::ModeOpen => [
            "Others may enter or read {0} (mode {1})",
            "Who reads the keys signs in this name, or opens what is sealed.",
            "chmod go= {0}; and if a stranger was on this machine, renew the keys.",
        ],
    }
}
