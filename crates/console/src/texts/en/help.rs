//! Help.

use crate::texts::help::{HelpWords, Topic};

pub(crate) const WORDS: HelpWords = HelpWords {
    title: "Help",
    lead: "For an institution's ICT correspondent, for its officials, and for whoever wants to check.",
    at_gateway: "The pages named here are those of the data centre:",
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
            id: "sign-in",
            title: "Open your account, sign in, get back in",
            text: &[
                "The first time, a link or a code is handed to you: it opens your account, once, within three days. Make a passkey there (your \
                 telephone or computer recognises you), or choose a password and an application of codes.",
                "Add a second way on another device at once, on the page “My account”. If you lose everything, two colleagues let you back in, \
                 on the page “Colleagues”: one proposes a new link, another approves. The operator cannot do it in their place.",
            ],
            commands: &[],
        },
        Topic {
            id: "gateway",
            title: "Set up your gateway",
            text: &[
                "It takes a machine of yours, and an enrolment code: ask the operator for it. Take the digest of the trust policy from a gazette \
                 or a letter, not from the operator.",
                "The first command makes the institution's keys and prints a page of words for each custodian; hand the pages over, then erase \
                 their folder. The second shows six words: read them to the operator on the telephone, who confirms them on the other side. \
                 The last two start the gateway, and give a key to your software.",
                "From then on a bucket that is made at the gateway is sealed. How the gateway is, one reads on its machine, at \
                 http://127.0.0.1:7500/.",
            ],
            commands: &[
                "amana keys init --institution finances --custodians 3-of-5 --pages pages",
                "amana gateway init --centre https://CENTRE:7400 --code CODE --policy-sha256 DIGEST",
                "amana gateway run",
                "amana access-key create --data amana-gateway",
            ],
        },
        Topic {
            id: "deposit",
            title: "Deposit files",
            text: &[
                "Software speaks S3 to the institution's gateway, with an access key that was made at the gateway. People open its file page in \
                 a browser (http://GATEWAY:7500/folders), or mount it as a network drive (WebDAV, http://GATEWAY:7500/files/); the key's \
                 identifier is the name, its secret the password.",
                "The gateway seals everything before anything leaves. If the data centre does not answer, it keeps deposits on its own disk and \
                 sends them later: a deposit is first spooled, then recorded, then witnessed.",
                "On the page “Buckets” one deposits into an open bucket, which the data centre could read: for what is public, or what \
                 applications hosted here read.",
            ],
            commands: &[
                "aws --endpoint-url http://GATEWAY:7501 s3 cp report.pdf s3://archives/2026/report.pdf",
            ],
        },
        Topic {
            id: "receipts",
            title: "Keep and verify a receipt",
            text: &[
                "The receipt of an act is downloaded on the page “Journal”, at its entry, or on the file's page. Ask for it once the act is \
                 witnessed, a few minutes later, and file it with the record: it is valid offline and for ever, even if this data centre is \
                 gone.",
                "The page “Verify a receipt” verifies it on your own device and sends nothing. For what matters, verify without us, by the \
                 command. It takes the receipt and the trust policy, and nothing else; compare the policy's digest with the one that is \
                 published elsewhere.",
            ],
            commands: &["amana receipt verify FILE --policy POLICY"],
        },
        Topic {
            id: "versions",
            title: "Get back a file that was deleted or overwritten",
            text: &[
                "In a bucket that keeps versions, deleting only hides, and overwriting adds a version. In an open bucket: on the file's page, \
                 “Bring this file back” or “Put this version back in place”; “Show deleted files as well” lists them. In a sealed bucket: your gateway's file page.",
                "Without versions, what is overwritten is lost. Have them kept before you need them: on the bucket's page, “Settings”.",
            ],
            commands: &[],
        },
        Topic {
            id: "sites",
            title: "Publish your institution's site",
            text: &[
                "A site is a folder. The operator gives it its name and lists your publishers, and holds no publisher's key. On the page “Sites”, \
                 deposit the folder: it is looked through, then waits for signatures. Visitors see the old site, whole, until the last one, \
                 then the new one, whole.",
                "What was published in error is taken back the same way: choose an earlier deploy, and sign. Anybody verifies, from anywhere, \
                 that a site is what its publishers signed.",
            ],
            commands: &[
                "amana site verify https://www.finances.example --policy POLICY --centre https://CENTRE:7400",
            ],
        },
        Topic {
            id: "custodians",
            title: "The custodians and the yearly drill",
            text: &[
                "The root of the institution's keys exists only on its custodians' pages: three of five, for instance, rebuild it. Nobody else has \
                 them, neither the operator nor the authors of the program.",
                "Once a year, do the drill on the page “Custodians” (first command): nothing is changed. If one leaves or loses the page, share \
                 the root anew (second command): two officials approve that first, on the page “Colleagues”; then burn the old pages.",
                "Only if every machine of the gateway is lost: the third command, on a fresh machine, rebuilds the root and makes it a gateway.",
            ],
            commands: &[
                "amana keys shares --rehearse",
                "amana keys reshare --custodians 3-of-5",
                "amana keys recover --centre https://CENTRE:7400 --institution finances --policy-sha256 DIGEST",
            ],
        },
        Topic {
            id: "school",
            title: "Practise at the school",
            text: &[
                "On the page “School” everybody practises in a sandbox of one's own, at no risk to the institution: deposit, delete, bring back, \
                 sort out receipts, gather custodians, find out a dishonest operator. Once the six exercises are done, a certificate is \
                 printed.",
            ],
            commands: &[],
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
