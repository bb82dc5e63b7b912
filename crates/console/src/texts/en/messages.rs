//! Threads with the operator.

use crate::texts::messages::MessageWords;

pub(crate) const WORDS: MessageWords = MessageWords {
    title: "Messages",
    own_lead: "Your threads with the operator. Each message is an entry of your ledger, with its receipt.",
    none: "No thread here.",
    subject: "Subject",
    state: "State",
    last: "Last word",
    count: "Messages",
    institution: "Institution",
    awaits_us: "waits for your answer",
    awaits_them: "waits for the other side",
    closed: "closed",
    older: "Next page",
    open: "Write to the operator",
    write_first: "Write to an institution",
    text: "Message",
    text_hint: |longest| {
        format!("At most {longest} characters. Put neither passwords nor keys in it.")
    },
    send: "Send",
    answer: "Answer",
    close: "Close this thread",
    receipt: "Receipt:",
    erased: "(erased)",
    the_operator: "The operator",
    back: "All threads",
    which: "Which threads",
    unanswered: "Unanswered",
    answered: "Answered",
    closed_ones: "Closed",
};
