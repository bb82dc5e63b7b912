//! Signing in by a provider of the State.

use crate::texts::provider::ProviderWords;

pub(crate) const WORDS: ProviderWords = ProviderWords {
    sign_in: |name| format!("Sign in with {name}"),
    hint: |name| {
        format!(
            "{name} recognises you and tells us who you are. Your identity must have been linked to your account before."
        )
    },
    bind: |name| format!("Link your identity at {name}"),
    means: |name| {
        format!(
            "Whoever runs {name} could then sign in as you and do your daily work; that would stand in the ledger. Nobody who comes \
             in this way names, approves, makes keys or changes what an account is entered with: that takes a passkey or a password."
        )
    },
    identity: |label| format!("Identity {label}"),
    lent: "You came in by the State's identity provider. To approve, name, make keys or change what you sign in with, come in with a \
           passkey or a password.",
    out: "To another site",
    out_to: |name| format!("You are going to {name}, which will bring you back here."),
    back: "Back again",
    back_from: |name| format!("You are coming back from {name}. The next page opens by itself."),
};
