//! Signing in, one's account, one's colleagues.

use amana_access::Role;

use crate::texts::account::AccountWords;

pub(crate) const WORDS: AccountWords = AccountWords {
    sign_in: "Sign in",
    by_passkey: "Sign in with a passkey",
    passkey_hint: "Your telephone, computer or security key recognises you (finger, face, code); no secret reaches us.",
    by_password: "With a password and a code",
    no_way: "Neither? Two officials of your institution can give you a new link.",
    no_passkeys: "At this address browsers make no passkeys: they need a domain name and an encrypted line.",
    not_given: "Your browser gave no passkey. Try again, or use the password.",
    account_name: "Name of the account",
    account_hint: "For example finances/3.",
    password: "Password",
    password_hint: "At least twelve characters; a sentence is easier to remember than a word.",
    code: "Code",
    code_hint: "The six digits that your telephone shows.",
    enrol: "Open your account",
    enrol_lead: "You were given a link or a code: it opens your account, once.",
    link_code: "Code of the link",
    go_on: "Go on",
    whose: |person, role, account| {
        format!("This link is for {person} ({role}); the account will be called {account}.")
    },
    make_passkey: "Create a passkey",
    label: "Name of this passkey",
    label_hint: "To know it by, for example “office telephone”.",
    choose_password: "Without a passkey: a password and a code",
    codes_lead: "A program for codes (TOTP) on your telephone shows a new code every thirty seconds. Give it this secret:",
    open_codes: "Open it on this telephone",
    qr: "To be photographed with the code application of your telephone",
    seed: "Secret:",
    set_password: "Choose this password",
    account: "My account",
    credentials: "What you sign in with",
    what: "Name",
    since: "Since",
    acts: "Action",
    a_password: "Password and code",
    remove: "Remove",
    add: "Add a passkey or a password",
    add_why: "Have two, on two devices: whoever loses the only one needs two colleagues.",
    sessions: "Where you are signed in",
    browser: "Browser",
    until: "Until",
    this_one: "this session",
    end: "End",
    sign_out: "Sign out",
    officials: "Colleagues",
    person: "Person",
    role_column: "Role",
    signs_in: "Signs in with",
    holds: |passkeys, password, identities| {
        let mut all = Vec::new();
        all.extend(match passkeys {
            0 => None,
            1 => Some("a passkey".to_owned()),
            many => Some(format!("{many} passkeys")),
        });
        all.extend(password.then(|| "a password".to_owned()));
        all.extend((identities > 0).then(|| "the identity provider".to_owned()));
        match all.is_empty() {
            true => "nothing yet".to_owned(),
            false => all.join(", "),
        }
    },
    invited: |until| format!("link open until {until}"),
    invite: "Give a link",
    recover: "Lost everything: propose a new link",
    propose_removal: "Propose the end of the role",
    name_somebody: "Propose an appointment",
    takes_two: "That takes two officials: you propose, another one approves.",
    name: "Name of the person",
    reason: "Why (optional)",
    propose: "Propose",
    name_auditor: "Name an auditor",
    takes_one: "An auditor reads and approves nothing: one person is enough to name one.",
    name_and_link: "Name, and make the link",
    proposals: "Proposals",
    no_proposals: "No proposals.",
    proposed: |operation, person, role| match operation {
        "end-retention" => format!("End the retention of {person}"),
        "leave" => "Leave the data centre: nothing new is taken in from the institution".to_owned(),
        "stay" => "Stay after all: deposits are taken again".to_owned(),
        "change-custodians" => match person.rsplit_once(' ') {
            Some((plan, set)) => {
                format!("Share the root among other custodians: {plan} (set {set})")
            }
            None => "Share the root among other custodians".to_owned(),
        },
        "appoint" => format!("Appoint {person}: {role}"),
        "recover" => format!(
            "Give a new link to {person}, who lost everything; the present keys are removed"
        ),
        _ => format!("End the role of {person}"),
    },
    custodians: "Propose other custodians",
    custodians_lead: "That takes two officials, as soon as two who approve can sign in. For 30 days after the approval, a gateway \
                      takes “amana keys reshare” with exactly that plan, together with the present custodians. The old pages \
                      work until they are burnt.",
    plan: "Who rebuilds the root from now on (3-of-5, or 2 of {cabinet 2-of-3, ICT 2-of-3})",
    leave: "Propose to leave",
    leave_lead: "That takes two officials. From the approval on nothing new is taken in from your institution: no objects, no \
                 buckets, no deploys of sites. Reading, exporting, deleting and revoking go on, and two of you can take it back. \
                 Nobody’s permission is needed to export everything, before or after.",
    stay: "Propose to stay",
    stay_lead: "Your institution leaves: nothing new is taken in from it. If two officials decide so, deposits are taken again.",
    proposal: "Proposal",
    proposer: "By",
    state: "State",
    proposal_state: |state| match state {
        "open" => "waits for a second official",
        "approved" => "approved: the keyring that names them is taken until",
        "done" => "done",
        "refused" => "refused",
        "withdrawn" => "withdrawn",
        _ => "expired",
    },
    approve: "Approve",
    refuse: "Refuse",
    withdraw: "Withdraw",
    support: "Support by the operator",
    support_lead: "The operator enters your space only if you let it, for a time, without reading content or changing \
                   anything; each use is an entry of your ledger.",
    support_until: |until, who| format!("The operator's staff may enter until {until}, by {who}."),
    no_support: "Nobody of the operator may enter.",
    hours: "For how many hours (at most 168)",
    let_in: "Let in",
    put_out: "No longer let in",
    new_link: "A link to hand over",
    link_lead: |account, until| {
        format!(
            "Hand this link to the person: whoever has it becomes {account}. It is shown this once, is used once, and ends \
             on {until}."
        )
    },
    role: |role| match role {
        Role::Director => "director",
        Role::FocalPoint => "ICT correspondent",
        Role::Custodian => "custodian of keys",
        Role::Auditor => "auditor",
        Role::Operator => "operator's staff",
    },
};
