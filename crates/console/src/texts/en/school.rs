//! The school.

use amana_access::Lesson;

use crate::school::Miss;
use crate::texts::school::SchoolWords;

pub(crate) const WORDS: SchoolWords = SchoolWords {
    title: "School",
    lead: "Six exercises, to be able to do alone what matters: deposit, lose, restore, verify, rebuild a key with three, and \
           catch a dishonest operator in the act. Allow an hour; stop and go on whenever you like.",
    open_lead: "One click gives you a sandbox: an institution for exercise, with its own ledger and its own bucket, where nothing \
                real can be harmed. Everything in it is real, nothing is simulated. It stays open for thirty days.",
    open: "Open my school",
    sandbox: "This is a sandbox. What you deposit here is not your institution's and never gets there: put nothing \
              confidential in it.",
    name: "Sandbox",
    until: "Open until",
    closed: "This sandbox is closed. What was recorded there stays proved; what was deposited there is erased.",
    lessons: "The exercises",
    lesson,
    about,
    learned,
    passed: "passed",
    to_do: "to do",
    next: "Begin",
    passed_at: "Passed on",
    receipt: "Receipt of the exercise",
    back: "Back to the school",
    journal: "What your ledger says of it",
    journal_lead: "Each thing you did is an entry, with its receipt. The newest come first.",
    close: "Close",
    close_lead: "All that you deposited here is erased. Your exercises and your certificate stay recorded. One person may open \
                 three sandboxes a year.",
    close_button: "Close my school",
    missed,
    sample: (
        "register-of-letters.txt",
        "Register of letters, a page for exercise\n\n\
         1. Received from the Ministry of Health: stocks of the dispensary.\n\
         2. Sent to the Budget Office: request for funds, three enclosures.\n\
         3. Received from the town of Fomboni: certificate of birth to be corrected.\n",
    ),
    file: "A file of your choice (optional)",
    file_hint: "At most 256 KB. Without a file, the school deposits a page for exercise.",
    deposit: "Deposit",
    early: "Do the exercises before this one first.",
    the_file: "The file:",
    lose_lead: "It has happened to everybody: the wrong file deleted, or another one saved over it. Do it here, on purpose.",
    delete: "Delete the file",
    overwrite: "Overwrite it with another",
    restore_lead: "The bucket keeps versions: what was deleted or overwritten is still there. Choose the one that you had \
                   deposited; the school then reads the file again and compares its digest with that of your deposit.",
    versions: "The versions, the newest first",
    marker: "delete marker",
    newest: "the newest",
    restore: "Bring this version back",
    digest: "Digest (SHA-256) of what you had deposited:",
    verify_lead: "Here are four receipts of your ledger. Some are genuine; others were altered by a forger, who changed a word or \
                  a minute. Nothing tells them apart by eye. A verification does.",
    verify_steps: &[
        "Download each file.",
        "Open the page “Verify a receipt” and give it the files one after the other. Nothing is sent: it is your own device \
         that computes.",
        "Note here, for each, whether it is genuine or altered.",
    ],
    by_command: "Without JavaScript, or so as not to trust this page, the command does the same, offline:",
    verdicts: "“Recorded” and “cosigned”: the proof holds, the receipt is genuine. “Refused”: something was changed.",
    files: "The four receipts",
    keep: |file| format!("Download {file}"),
    what_is: |file| format!("{file} is"),
    genuine: "genuine",
    altered: "altered",
    choose: "not verified yet",
    answer: "Answer",
    own_receipt: "Keep the receipt of your own deposit too, if you like:",
    keys_lead: "The key of an institution exists nowhere as a whole: it is shared among five custodians, each with a page of 33 \
                words. Three rebuild it; two can do nothing, and learn nothing.",
    training: "Training key: the data centre made it and keeps its shares, so that you can play three custodians by yourself. A \
               real key is made at your place, and no data centre ever sees anything of it.",
    make: "Make the key and seal the letter",
    make_again: "Make another key",
    shares: "The five custodians’ pages",
    shares_lead: "A letter was just sealed to this key, and the key forgotten. Print the pages, or keep them open beside this one.",
    print: "Print this page: each custodian gets one, and locks it away. These are the pages of a real ceremony; only the key is \
            for training.",
    recover_lead: "Try with two shares first: nothing must open. Then with three, whichever you like.",
    share: |number| format!("Share of custodian no. {number}"),
    share_hint: "The 33 words in order; the first four letters of each are enough, or their numbers.",
    recover: "Put these shares together",
    opened: "The key is rebuilt, and the sealed letter opens:",
    shut: |first, second| format!("Shares {first} and {second} alone: nothing opens."),
    letter: "If you read this, three custodians came together. None of them could open it alone, nor two together, nor whoever \
             keeps the safe. That is how your institution finds its keys again, even if all its machines have burnt.\n",
    notice_lead: "Imagine that the operator turns dishonest: today it shows you your journal with one entry rewritten, and a head \
                  of the ledger that it signed. All looks in order. But you had kept the head from before, and the proofs of \
                  your receipts.",
    notice_steps: &[
        "Compare the two heads: the same ledger, the same size, two good signatures. What differs?",
        "Check each entry: the proof that you had kept must lead from what is shown to the head that you had kept.",
        "Say which entry was rewritten, and what that proves.",
    ],
    kept: "The head that you had kept",
    shown_now: "The head that is shown today",
    entries: "The entries, as they are shown today",
    number: "No.",
    when: "When",
    act: "Act",
    proof: "Kept proof",
    check: |number| format!("Check no. {number}"),
    holds: "holds: the entry is unchanged",
    fails: "does not lead to the kept head",
    which: "The number of the rewritten entry",
    finding: "What the two heads prove",
    growth: "Nothing: the journal has simply grown.",
    display: "Nothing: it is shown wrongly, and loading the page again will do.",
    fork: "That one key signed two histories: evidence against the operator, which anybody can verify.",
    then: "In earnest: keep both heads and the receipt, hand them to the witnesses and to the auditor, and write nothing more to \
           this data centre before it has answered. Here the heads are signed by a training key, which accuses nobody.",
    certificate: "Certificate",
    to_certificate: "My certificate",
    certify_lead: "You passed all six exercises. The certificate is recorded in your institution’s ledger, and the institution can \
                   erase your name from it; its receipt proves it to anybody.",
    bears: "It will bear the name:",
    show_box: "I want everybody to be able to see it, at an address that I will hand out myself.",
    certify: "Give me my certificate",
    certifies: "The school of Amana certifies that",
    erased: "(name erased)",
    of: |owner| format!("of {owner}"),
    has_passed: |day, centre| {
        format!(
            "has passed, checked by the system itself, the six exercises of the school at the data centre {centre}, on {day}."
        )
    },
    certificate_receipt: "Receipt",
    certificate_digest: "Digest of the entry",
    certificate_school: "Ledger of the exercises",
    certificate_verify: "The receipt is verified offline, for ever, without asking us anything: on the page “Verify a receipt”, or \
                         by the command “amana receipt verify”. The name is in it, unless the institution has erased it.",
    is_shown: "Everybody can see this certificate at",
    is_hidden: "You alone see this certificate.",
    show: "Show it to everybody",
    hide: "Show it no longer",
};

fn lesson(lesson: Lesson) -> &'static str {
    match lesson {
        Lesson::Deposit => "Deposit a file",
        Lesson::Lose => "Lose it",
        Lesson::Restore => "Restore it",
        Lesson::Verify => "Verify receipts",
        Lesson::Recover => "Rebuild a key with three",
        Lesson::Notice => "Catch a dishonest operator",
    }
}

fn about(lesson: Lesson) -> &'static str {
    match lesson {
        Lesson::Deposit => {
            "A deposit leaves an entry in the ledger, and a receipt. The school checks that both are there, and that the file \
             reads to the byte."
        }
        Lesson::Lose => {
            "Delete the file, or overwrite it. The school checks that it is lost to whoever asks for it."
        }
        Lesson::Restore => {
            "Bring back the version that you had deposited. The school reads the file and compares the digests."
        }
        Lesson::Verify => "Tell genuine receipts from false ones. Only a verification does.",
        Lesson::Recover => {
            "Play three custodians of five and open a sealed letter. The school really puts your shares together."
        }
        Lesson::Notice => {
            "Find the entry that an operator rewrote, with the proofs that you had kept."
        }
    }
}

fn learned(lesson: Lesson) -> &'static str {
    match lesson {
        Lesson::Deposit => {
            "The deposit is recorded, its receipt can be made, and the file reads with the digest that yours had."
        }
        Lesson::Lose => {
            "Whoever asks for the file no longer gets what you had deposited. But nothing is gone: the bucket keeps versions."
        }
        Lesson::Restore => "The file is back: its digest is that of your deposit.",
        Lesson::Verify => {
            "You told all four apart. A receipt is worth its verification: do it, and elsewhere than with us for what matters."
        }
        Lesson::Recover => {
            "Three shares rebuilt the key and opened the letter; two could do nothing."
        }
        Lesson::Notice => {
            "You found it. Two heads of one size and of different roots, signed by one key, are evidence that nothing undoes."
        }
    }
}

fn missed(miss: Miss) -> &'static str {
    match miss {
        Miss::TooEarly => "Do the exercises before this one first.",
        Miss::OtherContent => {
            "The file does not have the digest of your deposit: it isn’t that version. Try another one."
        }
        Miss::WrongReceipts => {
            "Not yet: at least one receipt isn’t what you say. Verify each of them, one by one."
        }
        Miss::TooFew => {
            "These shares are not enough: it takes three. Nothing opened, as it must be."
        }
        Miss::WrongWords => {
            "A share isn’t as on its page: compare the words one by one, and their order."
        }
        Miss::SameShare => "The same share was given twice: it takes three different ones.",
        Miss::OtherKey => "A share is of another key: take the pages of the newest.",
        Miss::WrongEntry => "It isn’t that entry: its proof holds. Check the others.",
        Miss::WrongFinding => {
            "That is the entry. Read the two heads again: one size, one key, two roots."
        }
        Miss::Full => "The sandbox is full: close it, and open another one.",
    }
}
