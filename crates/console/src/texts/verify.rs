//! Words of the page that verifies a receipt.

/// The page's words.
pub struct VerifyWords {
    /// Title.
    pub title: &'static str,
    /// What the page does, and that nothing is sent.
    pub lead: &'static str,
    /// What stands in place of the form until a script finds that this browser can do it.
    pub unable: &'static str,
    /// Label of the receipt's file.
    pub receipt: &'static str,
    /// That it can be dropped anywhere on the form.
    pub receipt_hint: &'static str,
    /// Label of the pasted receipt.
    pub pasted: &'static str,
    /// Label of the policy's file.
    pub policy: &'static str,
    /// What is taken without one.
    pub policy_hint: &'static str,
    /// Label of the digest that the person has from elsewhere.
    pub digest: &'static str,
    /// Where that comes from.
    pub digest_hint: &'static str,
    /// The button.
    pub verify: &'static str,
    /// Heading: how to do it without this site.
    pub alone: &'static str,
    /// Why.
    pub alone_lead: &'static str,
    /// Before the command.
    pub by_command: &'static str,
    /// That command.
    pub command: &'static str,
    /// Before the other program.
    pub by_other: &'static str,
    /// The link to the other program.
    pub other: &'static str,
    /// Before the formats.
    pub by_format: &'static str,
    /// Words for `verify.js`, each by its name.
    pub script: Script,
}

/// What `verify.js` says.
pub struct Script {
    /// Heading of a verdict.
    pub witnessed: &'static str,
    /// What it means.
    pub witnessed_told: &'static str,
    /// Heading of a verdict; the reason follows.
    pub recorded: &'static str,
    /// Heading of a verdict; the reason follows.
    pub refused: &'static str,
    /// Heading: no receipt was given.
    pub nothing: &'static str,
    /// What to do.
    pub nothing_told: &'static str,
    /// Something else went wrong.
    pub failed: &'static str,
    /// No digest was given to compare with.
    pub digest_unknown: &'static str,
    /// The digests agree.
    pub digest_agrees: &'static str,
    /// They don't.
    pub digest_differs: &'static str,
    /// Digest of the policy that judged.
    pub policy_digest: &'static str,
    /// The ledger's name.
    pub ledger: &'static str,
    /// The act's index.
    pub index: &'static str,
    /// When the ledger's quorum stood.
    pub ledger_time: &'static str,
    /// When the national quorum stood.
    pub national_time: &'static str,
    /// Who cosigned.
    pub cosigners: &'static str,
    /// The act's core.
    pub core: &'static str,
    /// The act's body.
    pub body: &'static str,
}

impl Script {
    /// Each word with the name that `verify.js` asks it by.
    #[must_use]
    pub fn named(&self) -> [(&'static str, &'static str); 18] {
        [
            ("witnessed", self.witnessed),
            ("witnessed-told", self.witnessed_told),
            ("recorded", self.recorded),
            ("refused", self.refused),
            ("nothing", self.nothing),
            ("nothing-told", self.nothing_told),
            ("failed", self.failed),
            ("digest-unknown", self.digest_unknown),
            ("digest-agrees", self.digest_agrees),
            ("digest-differs", self.digest_differs),
            ("policy-digest", self.policy_digest),
            ("ledger", self.ledger),
            ("index", self.index),
            ("ledger-time", self.ledger_time),
            ("national-time", self.national_time),
            ("cosigners", self.cosigners),
            ("core", self.core),
            ("body", self.body),
        ]
    }
}
