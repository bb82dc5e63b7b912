//! What the codes of signing in and of roles say.

pub(super) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "sign-in" => "Sign in first.",
        "form" => {
            "This page waited too long, or isn't from here. Nothing was done: open it again and retry."
        }
        "passkey" => "Your device's passkey was not accepted. Try again, or use another one.",
        "passkey-exists" => "This passkey was added already.",
        "identity" => {
            "What the identity provider says is not accepted. Try again; if it lasts, tell the operator."
        }
        "identity-taken" => "This identity is linked to an account already.",
        "identity-unbound" => {
            "This identity is linked to no account. Come in another way, then link it on the page “My account”."
        }
        "provider" => {
            "The identity provider does not answer as it should. Try again later, or come in another way."
        }
        "provider-refused" => {
            "The identity provider did not let you in. Try again, or come in another way."
        }
        "needs-own" => {
            "You came in by the identity provider: for this, come in with a passkey or a password."
        }
        "sign-in-refused" => {
            "Nobody signs in with that: check the account, the password and the code."
        }
        "code-used" => {
            "That code was used already. Wait for the next one: it comes within 30 seconds."
        }
        "wait" => "Too many tries: wait a few minutes before the next one.",
        "forbidden" => "Your role does not allow it.",
        "unknown-account" => "No official in office has that account.",
        "needs-two" => "It takes two officials: propose it, and let another one approve.",
        "needs-another" => {
            "Another official must approve it, who neither proposed it nor is concerned."
        }
        "own-matter" => {
            "It is the institution's own matter: two of its officials do it in the console."
        }
        "no-consent" => "The institution has not let the operator's staff in for that.",
        "no-staff" => "The operator has named no staff who sign in yet.",
        "unknown-credential" => "That passkey or password does not exist any more.",
        "last-credential" => "It is the last means of signing in: add another one first.",
        "unknown-session" => "That session does not exist any more.",
        "unknown-proposal" => "There is no such proposal.",
        "already-leaving" => "The institution leaves already.",
        "not-leaving" => "The institution is not leaving.",
        "custodians-need-two" => {
            "Two officials of the institution approve other custodians first, under Colleagues."
        }
        "proposal-over" => "That proposal is over.",
        "unknown-thread" => "There is no such thread.",
        "thread-closed" => "That thread is closed already.",
        "unknown-notice" => "There is no such notice, or it is over.",
        "unknown-agreement" => "That isn't the newest agreement, or not its text: read it again.",
        "agreement-signed" => "You signed already, or two officials did.",
        "needs-director" => "The second signature must be a director's.",
        "too-many" => "There are as many already as may be.",
        _ => return None,
    })
}
