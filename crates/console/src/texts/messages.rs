//! Words of threads between an institution and the operator.

/// Those words.
pub struct MessageWords {
    /// Menu and title.
    pub title: &'static str,
    /// What they are.
    pub own_lead: &'static str,
    /// That there are none.
    pub none: &'static str,
    /// Column and field.
    pub subject: &'static str,
    /// Column: who is awaited.
    pub state: &'static str,
    /// Column: the last word.
    pub last: &'static str,
    /// Column: how many messages.
    pub count: &'static str,
    /// Column and field: the institution.
    pub institution: &'static str,
    /// The reader is to answer.
    pub awaits_us: &'static str,
    /// The other side is to answer.
    pub awaits_them: &'static str,
    /// It is closed.
    pub closed: &'static str,
    /// Link: the next page.
    pub older: &'static str,
    /// Heading: open a thread.
    pub open: &'static str,
    /// Heading: the operator writes first.
    pub write_first: &'static str,
    /// Field: the message.
    pub text: &'static str,
    /// How long it may be.
    pub text_hint: fn(&str) -> String,
    /// Button.
    pub send: &'static str,
    /// Heading: answer.
    pub answer: &'static str,
    /// Button: close the thread.
    pub close: &'static str,
    /// Before a receipt.
    pub receipt: &'static str,
    /// In place of words that were erased.
    pub erased: &'static str,
    /// The operator, as an author.
    pub the_operator: &'static str,
    /// Link back to the list.
    pub back: &'static str,
    /// Name of the choice of lists.
    pub which: &'static str,
    /// Those that wait for the operator.
    pub unanswered: &'static str,
    /// Those that wait for the institution.
    pub answered: &'static str,
    /// Those that are closed.
    pub closed_ones: &'static str,
}
