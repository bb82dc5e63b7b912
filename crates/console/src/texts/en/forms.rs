//! Forms: why one is refused, and what is confirmed.

use std::borrow::Cow;

use crate::texts::forms::{Fault, FormWords};

pub(crate) const WORDS: FormWords = FormWords {
    refused: "Refused",
    fault: told,
    back: "Back to the form",
    over: "Your session has ended. Sign in and you come back here.",
    sign_in: "Sign in",
    written: "What you had written is not recorded; here it is, to be copied before you leave:",
    done_title: "Done already",
    to_list: "See the list",
    home: "Back to your first page",
    sure: "I want it: this cannot be undone.",
    meant: "I want it.",
    revoke_means: "Software that uses it gets in no more. A revoked key does not come back: make another one.",
    sign_means: "Your signature is entered in the ledger and cannot be taken back.",
    why: "Why",
    again_means: "The earlier training key and its shares are of no use any more.",
    first_time: "First time? You were given a link or a code:",
    open_account: "open your account",
};

fn told(fault: &Fault) -> Cow<'static, str> {
    Cow::Borrowed(match fault {
        Fault::Empty => "This field is empty: fill it in.",
        Fault::TooLong => "That is too long: shorten it.",
        Fault::Control => {
            "There is an invisible character that is not allowed: type the text again."
        }
        Fault::Lines => "One line only, without line breaks.",
        Fault::Unchosen => "Choose one of the answers.",
        Fault::Unsure => "Tick the box to say that you want it.",
        Fault::Number => "Write a whole number, in digits only.",
        Fault::People => "A number of people: a whole number from 0 to 100,000.",
        Fault::Quota => "That is more than a quota can be: write a smaller number.",
        Fault::Day => "Write a date, for instance 2026-11-22.",
        Fault::Moment => "Write a date and a time, for instance 2026-11-22T14:30.",
        Fault::End => "The end must come after the beginning.",
        Fault::DrillDay => "A day of the last year, for instance 2026-11-22, and not one to come.",
        Fault::Custodians => {
            "Write the numbers on the pages of the custodians who took part, from 1 to 64, for instance 1, 3, 4."
        }
        Fault::Plan => "Write for instance 3-of-5.",
        Fault::Hours => "From 1 to 168 hours: seven days at most.",
        Fault::Institution => {
            "2 to 40 lower-case letters without accents, digits and hyphens, such as ministere-eau."
        }
        Fault::Sandbox => "Names that begin with “school-” are the school's: choose another one.",
        Fault::Person => "Write the person's name: 1 to 80 characters, on one line.",
        Fault::Role => "That role is not given here: choose one of the list.",
        Fault::Right => "That right is not given here: choose one of the list.",
        Fault::Buckets => "Tick at least one bucket, or “all”.",
        Fault::ManyBuckets => "A hundred buckets at most; for more, choose “all”.",
        Fault::Label => "1 to 80 characters, on one line.",
        Fault::AccessKey => "That is no key's identifier.",
        Fault::Reason => "Say why, in a thousand characters at most.",
        Fault::PasskeyName => "A name of 1 to 100 characters for this device.",
        Fault::Password => "At least twelve characters, not all the same, and two hundred at most.",
        Fault::Totp => {
            "This is not the code that the app shows now. Check the telephone's clock, wait for the next one."
        }
        Fault::Code => "This code is not complete: twenty signs, in groups of four.",
        Fault::Account => {
            "An account is written as finances/3: the institution, a slash, a number."
        }
        Fault::Tag => {
            "That tag is not allowed: a name of 128 characters at most, a value of 256, each name once; letters, digits, spaces and + - = . _ : / @."
        }
        Fault::Stale => {
            "This page came from an earlier session. Nothing was done: read it again, and send it once more."
        }
        Fault::Word { share, word } => {
            return format!("Share no. {share}: word {word} is not in the list.").into();
        }
        Fault::Words { share, words } => {
            return format!("Share no. {share}: {words} words, and it takes 33.").into();
        }
        Fault::Checksum { share, word } => {
            return match word {
                Some(word) => format!(
                    "Share no. {share}: a word is wrong, probably word {word}. Compare it with the page."
                ),
                None => format!(
                    "Share no. {share}: a word is wrong or out of place. Compare it with the page, word by word."
                ),
            }
            .into();
        }
        Fault::NoShare { share } => {
            return format!("Share no. {share} is no share: copy the 33 words of one page.").into();
        }
    })
}
