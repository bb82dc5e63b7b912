//! Words of signing in by a provider of the State. Each is told what the provider is called.

/// Those words.
pub struct ProviderWords {
    /// Button: sign in by it.
    pub sign_in: fn(&str) -> String,
    /// What happens then.
    pub hint: fn(&str) -> String,
    /// Heading and button: bind an identity.
    pub bind: fn(&str) -> String,
    /// What the provider could do, and what it couldn't.
    pub means: fn(&str) -> String,
    /// An identity, in the list: what its provider calls it.
    pub identity: fn(&str) -> String,
    /// On the account's page of who came in by it.
    pub lent: &'static str,
    /// Title of the page on the way out.
    pub out: &'static str,
    /// Where the way leads.
    pub out_to: fn(&str) -> String,
    /// Title of the page on the way back.
    pub back: &'static str,
    /// Where the way came from.
    pub back_from: fn(&str) -> String,
}
