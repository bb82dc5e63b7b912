//! The pages of sites.

use crate::texts::publishing::PublishingWords;

pub(crate) const WORDS: PublishingWords = PublishingWords {
    title: "Sites",
    hosted: "Sites hosted here",
    hosted_lead: "The sites that this data centre serves, and their state. What is published under a name, its publishers signed; the operator has none of their keys.",
    hosted_none: "No site is hosted here.",
    check: "Verify a site yourself, from anywhere:",
    lead: "Your public sites. A folder becomes a deploy once its publishers have signed; the operator can publish nothing in your place.",
    none: "No site yet. Choose who will sign (amana site key), and ask the operator for the site’s name, with the file of publishers.",
    site: "Site",
    institution: "Institution",
    deploy: "Newest deploy",
    served: "What visitors see",
    unpublished: "Nothing is published yet",
    newest: "The newest deploy",
    nothing: "Nothing: no deploy that is kept is intact",
    receipt: "Receipt",
    all_sites: "All sites of this data centre",
    ledger_pages: "The public ledger of your sites",
    import: "Import an existing site",
    import_lead: "Importing reads your present site as a visitor does, and makes a folder of it that answers at the same addresses. For a large site it takes hours; so it is done at your place:",
    import_report: "Beside the folder stays its report (finances.import/report.html): what became of each address, what needs a decision. Read it, then deploy the folder from the site’s page.",
    now: "Now",
    needs_nothing: "Nothing needs your attention.",
    needs_first: "Choose a folder below, and have what becomes of it signed.",
    stopped: |names| {
        format!(
            "Not asked, since their programs aren’t those that were signed: {names}. The alerts below name files. If the change was wanted, import the application again and publish; otherwise, have its files put back."
        )
    },
    needs_content: "The content of the newest deploy isn’t what was signed, or is still being loaded. The data centre heals it from its copies within a minute; if it can’t, deploy the folder again and write to the operator.",
    deploy_folder: "Deploy a folder",
    deploy_lead: "The folder is looked through first: what must not be published is named, and nothing is kept. Nothing appears before the publishers have signed.",
    allow: "Suspicious files to publish all the same",
    allow_field: "Their paths",
    allow_hint: "One a line, as in the folder: docs/example.sql",
    folder: "The folder",
    folder_hint: "Drag the folder here, or choose it. Up to 2 GB and 20,000 files; beyond, amana site deploy.",
    send: "Send the folder",
    deploys: "Deploys",
    no_deploys: "No deploys.",
    number: "Number",
    when: "Since",
    signers: "Signed by",
    see: "To look at",
    live: "published",
    preview: "Preview",
    go_back: "Publish again",
    alerts: "Alerts",
    alerts_lead: "Content that was found to differ from what was signed, which wasn’t served; or programs of an application, which wasn’t asked any more.",
    of_deploy: "deploy",
    publishers: "Publishers",
    name: "Name",
    key: "Public key",
    replace: "Change the publishers",
    replace_lead: "A change of publishers is signed by those before. The file lists the new ones, and says how many must sign.",
    new_publishers: "The new file of publishers",
    prepare: "Prepare the change",
    replaced_lead: "These publishers will sign from the next change on. Those of today sign this one.",
    save_as: "Save these five lines, each with its end, in a file:",
    to_list: "All your sites",
    to_site: "Back to the site",
    manifest: "Manifest (SHA-256)",
    holds: "Content",
    what_changed: "What it changed",
    what_changes: "What will change",
    against_nothing: "No earlier deploy is kept: everything is new.",
    rules: "Redirects, headers or applications differ.",
    nothing_changed: "Nothing differs.",
    all_files: "Files",
    address: "Address",
    size: "Size",
    kind: "Type",
    let_go: "The files of this deploy are no longer kept: it can’t be seen, nor gone back to. Its entry stays.",
    is_live: "This is what is published already: there is nothing to sign.",
    waits: "This waits for its signatures: nothing of it is visible before the publishers have signed the five lines below.",
    sign: "Sign",
    sign_lead: "This, whole, is what the publishers sign:",
    at_home: "At home, believing nothing of this page",
    at_home_lead: "The command compares the change with your own folder and signs only if they are the same. The key stays on your machine.",
    at_home_publishers: "The command signs only if the change names exactly the publishers of your own file. The key stays on your machine.",
    get_change: "Download the change",
    in_browser: "In this browser",
    in_browser_trust: "The script of this page comes from the operator. It reads the key here, and doesn’t send it; but a dishonest operator could serve another script, which would take it. If you don’t want to trust it that far, sign at home.",
    key_file: "File of the private key",
    key_hint: "The line that begins with PRIVATE+KEY+; the browser reads it, and doesn’t send it.",
    own_folder: "Your folder, to compare",
    own_hint: "Optional. The script compares the contents of its files with the manifest, and signs only if they are the same; addresses and rules are compared by the command alone.",
    differs: "This folder isn’t what this change publishes: nothing is signed.",
    no_key: "This file is no publisher’s key, or this browser can’t sign (Ed25519): sign at home.",
    signed: "Signed. Publish, or hand the text below on to the next publisher.",
    sign_here: "Sign here",
    publish: "Publish",
    publish_lead: "Hand in the signed change: the file, or its text. The signatures judge.",
    signed_file: "The signed file",
    signed_text: "Or its text",
    refused: "This folder can’t be published as it is",
    refused_lead: "Nothing of it was kept. This is everything that stands against it:",
    refused_allow: "Take these files out of the folder, or name those that you want to publish all the same, and send it again.",
    file: "File",
    why: "Reason",
    older: |number| format!("An older deploy, number {number}"),
    must_sign: |count, needed, of| match count {
        1 => format!("{needed} signature of {of} publishes."),
        _ => format!("{needed} signatures of {of} publish, at least."),
    },
    done: |number| format!("Change {number} holds: it is an entry of the public ledger."),
    deploy_title: |number, host| format!("Deploy {number} of {host}"),
    change_title: |number, host| format!("Change {number} of {host}, to be signed"),
    files: |count, files, size| match count {
        1 => format!("{files} file, {size}"),
        _ => format!("{files} files, {size}"),
    },
    against: |number| format!("Against deploy {number}:"),
    added: |count| format!("Added: {count}"),
    changed: |count| format!("Changed: {count}"),
    removed: |count| format!("Removed: {count}"),
    and_others: |count| format!("and {count} others"),
    more_must: |needed| {
        format!(
            "It takes at least {needed} signatures: hand the signed change on to the next publisher."
        )
    },
    reason: |_| None,
};

/// Refusals.
pub(super) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "no-folder" => "This is no folder: choose a folder, at a computer, with a recent browser.",
        "folder-too-large" => {
            "The folder is too large for this page: 2 GB and 20,000 files. Deploy it with amana site deploy."
        }
        "unsigned-change" => "Nobody has signed this change yet: sign it first.",
        "no-change" => {
            "This is no signed change: hand in the file that amana site sign wrote, untouched."
        }
        "wrong-host" => "This is no name of a site.",
        "wrong-address" => "This is no address of a site.",
        "wrong-manifest" => "This manifest doesn’t fit this site.",
        "wrong-statement" => "This is no change of a site, written as it must be.",
        "not-publishable" => "The folder holds what can’t be published.",
        "unreadable-file" => {
            "The folder couldn’t be read or written at the data centre. Try again; otherwise tell the operator."
        }
        "wrong-code-list" => "This is no list of an application’s programs.",
        "unjudged-code" => "The application’s programs can’t be looked at. Tell the operator.",
        "wrong-history" => "The ledger of sites can’t be believed to its end. Tell the operator.",
        "wrong-publishers" => "The file of publishers is no text.",
        "unknown-site" => "No site has this name.",
        "unknown-deploy" => "This site has no deploy of that number.",
        "site-exists" => "This name is a site’s already.",
        "wrong-number" => "Another change came first: look at it, prepare yours again and sign it.",
        "other-host" => "This change is another site’s.",
        "other-ledger" => "This change is for another data centre, or another ledger.",
        "not-a-publisher" => "No publisher of this site signed this change.",
        "too-few-publishers" => {
            "Too few publishers signed: hand the change on to the next one, and hand it in afterwards."
        }
        "no-manifest" => "This deploy is no longer kept, or didn’t arrive: send the folder again.",
        "no-piece" => "A piece of the manifest is missing. Try again.",
        "files-missing" => "Files of this deploy are no longer kept: send the folder again.",
        "no-publishers" => {
            "The file of publishers that was signed for didn’t come with the change."
        }
        "other-content" => "What arrived isn’t what was announced. Try again.",
        "alerted" => "This alert is recorded already.",
        "content" => "The site’s content couldn’t be read or kept. Tell the operator.",
        "no-certificate" => "This site has no certificate. Tell the operator.",
        _ => return None,
    })
}
