//! Words of the school.

use amana_access::Lesson;

use crate::school::Miss;

/// Those words.
pub struct SchoolWords {
    /// Title and menu.
    pub title: &'static str,
    /// What the school is.
    pub lead: &'static str,
    /// What opening one does.
    pub open_lead: &'static str,
    /// Button: open one.
    pub open: &'static str,
    /// What a sandbox is, once it is open.
    pub sandbox: &'static str,
    /// Label: its name.
    pub name: &'static str,
    /// Label: until when it is open.
    pub until: &'static str,
    /// That it is closed.
    pub closed: &'static str,
    /// Heading: the exercises.
    pub lessons: &'static str,
    /// An exercise's name.
    pub lesson: fn(Lesson) -> &'static str,
    /// What it is about.
    pub about: fn(Lesson) -> &'static str,
    /// What was shown, once it was passed.
    pub learned: fn(Lesson) -> &'static str,
    /// Passed, in a word.
    pub passed: &'static str,
    /// Not yet.
    pub to_do: &'static str,
    /// The one that comes next.
    pub next: &'static str,
    /// Before the time at which it was passed.
    pub passed_at: &'static str,
    /// Link to its receipt.
    pub receipt: &'static str,
    /// Back to the school.
    pub back: &'static str,
    /// Heading: the sandbox's journal.
    pub journal: &'static str,
    /// What it is.
    pub journal_lead: &'static str,
    /// Heading: closing.
    pub close: &'static str,
    /// What closing does.
    pub close_lead: &'static str,
    /// Button: close it.
    pub close_button: &'static str,
    /// Why a try didn't pass.
    pub missed: fn(Miss) -> &'static str,
    /// The school's own file: its name, and what is in it.
    pub sample: (&'static str, &'static str),
    /// Field: a file.
    pub file: &'static str,
    /// Its hint.
    pub file_hint: &'static str,
    /// Button: deposit.
    pub deposit: &'static str,
    /// That another exercise comes first.
    pub early: &'static str,
    /// Before the file's name.
    pub the_file: &'static str,
    /// How to lose it.
    pub lose_lead: &'static str,
    /// Button: delete.
    pub delete: &'static str,
    /// Button: overwrite.
    pub overwrite: &'static str,
    /// How to restore it.
    pub restore_lead: &'static str,
    /// Caption of the versions.
    pub versions: &'static str,
    /// A version that says that the file was deleted.
    pub marker: &'static str,
    /// The newest version.
    pub newest: &'static str,
    /// Button: bring it back.
    pub restore: &'static str,
    /// Before the digest of what was deposited.
    pub digest: &'static str,
    /// How to verify.
    pub verify_lead: &'static str,
    /// The steps.
    pub verify_steps: &'static [&'static str],
    /// The command, instead of the page.
    pub by_command: &'static str,
    /// What the verdicts mean.
    pub verdicts: &'static str,
    /// Heading: the files.
    pub files: &'static str,
    /// Download one.
    pub keep: fn(&str) -> String,
    /// What a file is.
    pub what_is: fn(&str) -> String,
    /// It is genuine.
    pub genuine: &'static str,
    /// It was altered.
    pub altered: &'static str,
    /// Not answered yet.
    pub choose: &'static str,
    /// Button: answer.
    pub answer: &'static str,
    /// One's own receipt, which one may keep.
    pub own_receipt: &'static str,
    /// What keys and custodians are.
    pub keys_lead: &'static str,
    /// That the key is for training.
    pub training: &'static str,
    /// Button: make the key.
    pub make: &'static str,
    /// Button: make another key.
    pub make_again: &'static str,
    /// Link: the pages of words.
    pub shares: &'static str,
    /// What to do with them.
    pub shares_lead: &'static str,
    /// How to print them.
    pub print: &'static str,
    /// How to rebuild.
    pub recover_lead: &'static str,
    /// Label of a share's field.
    pub share: fn(&usize) -> String,
    /// Hint of the fields.
    pub share_hint: &'static str,
    /// Button: put them together.
    pub recover: &'static str,
    /// That the letter was opened.
    pub opened: &'static str,
    /// That two alone rebuild nothing: which two.
    pub shut: fn(&u8, &u8) -> String,
    /// The letter that is sealed.
    pub letter: &'static str,
    /// What an operator did.
    pub notice_lead: &'static str,
    /// The steps.
    pub notice_steps: &'static [&'static str],
    /// Heading: the head that was kept.
    pub kept: &'static str,
    /// Heading: the head that is shown.
    pub shown_now: &'static str,
    /// Heading: the entries.
    pub entries: &'static str,
    /// Column: number.
    pub number: &'static str,
    /// Column: when.
    pub when: &'static str,
    /// Column: what.
    pub act: &'static str,
    /// Column: the proof.
    pub proof: &'static str,
    /// Link: check it.
    pub check: fn(u64) -> String,
    /// It holds.
    pub holds: &'static str,
    /// It doesn't.
    pub fails: &'static str,
    /// Field: which entry.
    pub which: &'static str,
    /// Field: what it proves.
    pub finding: &'static str,
    /// It proves nothing: growth.
    pub growth: &'static str,
    /// It proves nothing: display.
    pub display: &'static str,
    /// It proves that two histories were signed.
    pub fork: &'static str,
    /// What one does then.
    pub then: &'static str,
    /// Title: the certificate.
    pub certificate: &'static str,
    /// Link to it.
    pub to_certificate: &'static str,
    /// What giving it does.
    pub certify_lead: &'static str,
    /// Before the name that it will bear.
    pub bears: &'static str,
    /// Box: show it to everybody.
    pub show_box: &'static str,
    /// Button: give it.
    pub certify: &'static str,
    /// That a person passed, before the name.
    pub certifies: &'static str,
    /// An erased name.
    pub erased: &'static str,
    /// Whose official: institution.
    pub of: fn(&str) -> String,
    /// What was passed, and where, and on which day.
    pub has_passed: fn(&str, &str) -> String,
    /// Label: the certificate's receipt.
    pub certificate_receipt: &'static str,
    /// Label: its digest.
    pub certificate_digest: &'static str,
    /// Label: the sandbox's ledger.
    pub certificate_school: &'static str,
    /// How it is verified.
    pub certificate_verify: &'static str,
    /// That it is shown to everybody, before the link.
    pub is_shown: &'static str,
    /// That only its person sees it.
    pub is_hidden: &'static str,
    /// Button: show.
    pub show: &'static str,
    /// Button: hide.
    pub hide: &'static str,
}
