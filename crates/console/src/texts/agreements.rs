//! Words of the hosting agreement.

/// Those words.
pub struct AgreementWords {
    /// Menu and title.
    pub title: &'static str,
    /// Title: the one with that institution.
    pub with: fn(&str) -> String,
    /// What it is.
    pub lead: &'static str,
    /// That there is none.
    pub none: &'static str,
    /// The state, in words.
    pub state: fn(&str) -> &'static str,
    /// Before the digest.
    pub digest: &'static str,
    /// The operator, as a signer.
    pub by_operator: &'static str,
    /// What signing does.
    pub sign_lead: &'static str,
    /// Button.
    pub sign: &'static str,
    /// Heading and button.
    pub propose: &'static str,
    /// Field: the text.
    pub text: &'static str,
    /// Its hint.
    pub text_hint: &'static str,
}
