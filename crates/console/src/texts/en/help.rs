//! Help.

use crate::texts::help::{HelpWords, Topic};

pub(crate) const WORDS: HelpWords = HelpWords {
    title: "Help",
    lead: "For an institution's ICT correspondent, for its officials, and for whoever wants to check.",
    contents: "Topics",
    topics: [
        Topic {
            id: "words",
            title: "The words of the house",
            text: &[
                "The operator runs the data centre. An institution, a ministry or an agency, deposits its files there, in \
                 buckets. A bucket is sealed (the data centre cannot read it) or open (it can).",
                "An act is one change: a deposit, a deletion, a right given. Each is an entry in the institution's ledger, which \
                 only grows. The receipt of an act is its proof, in a small text file.",
                "A witness checks that ledgers only grow, and cosigns their state. The trust policy says which witnesses count, \
                 and how many of them it takes.",
            ],
            commands: &[],
        },
        Topic {
            id: "deposit",
            title: "Deposit files",
            text: &[
                "Software speaks S3 to the institution's gateway, with an access key. People mount the gateway as a network drive \
                 (WebDAV), with the same key.",
                "The gateway seals everything before anything leaves. If the data centre does not answer, it keeps deposits on its \
                 own disk and sends them later: a deposit is first spooled, then recorded, then witnessed.",
            ],
            commands: &["aws s3 cp report.pdf s3://archives/2026/report.pdf"],
        },
        Topic {
            id: "receipts",
            title: "Keep and verify a receipt",
            text: &[
                "Every write answers with the name of its receipt. Ask for it once it is witnessed, a few minutes later, and file \
                 it with the record: it is valid offline and for ever, even if this data centre is gone.",
                "Verifying takes the receipt and the trust policy, and nothing else. Compare the policy's digest with the one that \
                 is published elsewhere.",
            ],
            commands: &[
                "amana receipt get LEDGER/INDEX --out FILE",
                "amana receipt verify FILE --policy POLICY",
            ],
        },
        Topic {
            id: "versions",
            title: "Get back a file that was deleted or overwritten",
            text: &[
                "In a bucket that keeps versions, deleting only hides, and overwriting adds a version: the earlier ones are still \
                 there, by their number, and can be downloaded.",
                "Without versions, what is overwritten is lost. Turn them on before you need them.",
            ],
            commands: &["aws s3api list-object-versions --bucket archives --prefix 2026/"],
        },
        Topic {
            id: "custodians",
            title: "The custodians and the yearly drill",
            text: &[
                "The root of the institution's keys exists only on its custodians' pages: three of five, for instance, rebuild it. \
                 Nobody else has them, neither the operator nor the authors of the program.",
                "Once a year, bring enough custodians together and do the recovery in earnest. If one leaves or loses the page, \
                 share anew at once, and burn the old pages.",
            ],
            commands: &[
                "amana keys recover",
                "amana keys reshare --custodians 3-of-5",
            ],
        },
        Topic {
            id: "witness",
            title: "Become a witness",
            text: &[
                "A court, a university, a newspaper can be a witness: a small program on its own machine, behind any line. It sees \
                 no content. The more independent the witnesses, the more the proof is worth.",
                "The operator lists its key in the trust policy, and the new digest is published elsewhere.",
            ],
            commands: &["amana witness --help"],
        },
        Topic {
            id: "anomalies",
            title: "If the live proof reports an anomaly",
            text: &[
                "An absent witness, or an old quorum, is usually a line that failed: wait, then ask the operator.",
                "“Behind”: the data centre came back from an older copy. It takes nothing until what is missing has been given \
                 back; gateways do so by themselves.",
                "“Forked”: the data centre signed two pasts. Keep your receipts and your gateway's evidence, and show them to \
                 somebody else: they are verified without it.",
            ],
            commands: &[],
        },
        Topic {
            id: "leave",
            title: "Leave with everything",
            text: &[
                "One command takes everything along, files and receipts, in an ordinary archival format (BagIt). What is sealed \
                 opens with the custodians' pages and the free tool age, without this program.",
            ],
            commands: &["amana export --help"],
        },
    ],
};
