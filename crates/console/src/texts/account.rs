//! Words of signing in, of accounts and of colleagues.

use amana_access::Role;

/// Those words.
pub struct AccountWords {
    /// Title and menu.
    pub sign_in: &'static str,
    /// Button: by a passkey.
    pub by_passkey: &'static str,
    /// What a passkey is, in a sentence.
    pub passkey_hint: &'static str,
    /// Heading: by a password and a code.
    pub by_password: &'static str,
    /// Where neither works.
    pub no_way: &'static str,
    /// Where browsers make no passkeys.
    pub no_passkeys: &'static str,
    /// What the page's script says when the browser gave no passkey.
    pub not_given: &'static str,
    /// Field: the account's name.
    pub account_name: &'static str,
    /// Its hint.
    pub account_hint: &'static str,
    /// Field: password.
    pub password: &'static str,
    /// Its hint, where it is chosen.
    pub password_hint: &'static str,
    /// Field: the code of six digits.
    pub code: &'static str,
    /// Its hint.
    pub code_hint: &'static str,
    /// Title: what a link leads to.
    pub enrol: &'static str,
    /// What to do there.
    pub enrol_lead: &'static str,
    /// Field: the link's code.
    pub link_code: &'static str,
    /// Button: go on.
    pub go_on: &'static str,
    /// Whose account it is: the person, the role, the account.
    pub whose: fn(&str, &str, &str) -> String,
    /// Heading and button: make a passkey.
    pub make_passkey: &'static str,
    /// Field: what its owner calls it.
    pub label: &'static str,
    /// Its hint.
    pub label_hint: &'static str,
    /// Heading: a password in place of a passkey.
    pub choose_password: &'static str,
    /// How codes are set up.
    pub codes_lead: &'static str,
    /// The link to the telephone's own program.
    pub open_codes: &'static str,
    /// What the picture of the seed is for.
    pub qr: &'static str,
    /// Before the seed.
    pub seed: &'static str,
    /// Button: set the password.
    pub set_password: &'static str,
    /// Title and menu: one's own account.
    pub account: &'static str,
    /// Heading: passkeys and password.
    pub credentials: &'static str,
    /// Column: what it is.
    pub what: &'static str,
    /// Column: since when.
    pub since: &'static str,
    /// Column: what one may do.
    pub acts: &'static str,
    /// A password, in the list.
    pub a_password: &'static str,
    /// Button: take away.
    pub remove: &'static str,
    /// Link and title: add another one.
    pub add: &'static str,
    /// Why a second one.
    pub add_why: &'static str,
    /// Heading: where one is signed in.
    pub sessions: &'static str,
    /// Column: the browser.
    pub browser: &'static str,
    /// Column: until when.
    pub until: &'static str,
    /// The session that asks.
    pub this_one: &'static str,
    /// Button: end that session.
    pub end: &'static str,
    /// Button.
    pub sign_out: &'static str,
    /// Title and menu: colleagues.
    pub officials: &'static str,
    /// Column: the person.
    pub person: &'static str,
    /// Column: the role.
    pub role_column: &'static str,
    /// Column: what they sign in with.
    pub signs_in: &'static str,
    /// How many passkeys, whether there is a password, how many identities.
    pub holds: fn(usize, bool, usize) -> String,
    /// A link is open until then.
    pub invited: fn(&str) -> String,
    /// Button: give another link.
    pub invite: &'static str,
    /// Button: propose that who lost everything gets a new link.
    pub recover: &'static str,
    /// Button: propose the end of the role.
    pub propose_removal: &'static str,
    /// Heading: name somebody.
    pub name_somebody: &'static str,
    /// That it takes two.
    pub takes_two: &'static str,
    /// Field: the person's name.
    pub name: &'static str,
    /// Field: why.
    pub reason: &'static str,
    /// Button: propose.
    pub propose: &'static str,
    /// Heading: name an auditor.
    pub name_auditor: &'static str,
    /// That one is enough for that.
    pub takes_one: &'static str,
    /// Button: name and make the link.
    pub name_and_link: &'static str,
    /// Heading: proposals.
    pub proposals: &'static str,
    /// That there are none.
    pub no_proposals: &'static str,
    /// What is proposed: operation, person, role.
    pub proposed: fn(&str, &str, &str) -> String,
    /// Heading: other custodians.
    pub custodians: &'static str,
    /// What that needs, and what comes after it.
    pub custodians_lead: &'static str,
    /// Field: the plan of the custodians.
    pub plan: &'static str,
    /// Heading: leaving.
    pub leave: &'static str,
    /// What leaving does.
    pub leave_lead: &'static str,
    /// Heading: staying after all.
    pub stay: &'static str,
    /// What staying does.
    pub stay_lead: &'static str,
    /// Column: what is proposed.
    pub proposal: &'static str,
    /// Column: by whom.
    pub proposer: &'static str,
    /// Column: its state.
    pub state: &'static str,
    /// The state in a word.
    pub proposal_state: fn(&str) -> &'static str,
    /// Button.
    pub approve: &'static str,
    /// Button.
    pub refuse: &'static str,
    /// Button.
    pub withdraw: &'static str,
    /// Heading: support.
    pub support: &'static str,
    /// What it means.
    pub support_lead: &'static str,
    /// Until when staff is let in, and by whom.
    pub support_until: fn(&str, &str) -> String,
    /// That nobody is let in.
    pub no_support: &'static str,
    /// Field: for how many hours.
    pub hours: &'static str,
    /// Button.
    pub let_in: &'static str,
    /// Button.
    pub put_out: &'static str,
    /// Title: a link that was just made.
    pub new_link: &'static str,
    /// What to do with it: the account, until when.
    pub link_lead: fn(&str, &str) -> String,
    /// A role in words.
    pub role: fn(Role) -> &'static str,
}
