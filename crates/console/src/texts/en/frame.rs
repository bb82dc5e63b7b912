//! Around every page.

use crate::texts::frame::FrameWords;

pub(crate) const WORDS: FrameWords = FrameWords {
    description: "A state's data centre where every act is an entry in a ledger that independent witnesses cosign and \
                  that anybody checks.",
    skip: "Skip to content",
    menu: "Menu",
    languages: "Languages",
    centre: "This centre",
    proof: "Live proof",
    verify: "Verify a receipt",
    help: "Help",
    policy: "Trust policy",
    checkpoint: "Latest national checkpoint",
    api: "For programs",
    foot: "Amana: a thing entrusted. Free software, open formats; nothing here asks to be taken on trust.",
    not_found: "There is no such page",
    refused: "The request was not carried out",
    failed: "Something went wrong. Nothing was half recorded: try again, and if it persists, give this code to the \
             operator of the data centre.",
    code: "Code:",
    home: "Back to the first page",
    copy: "Copy",
    copied: "Copied",
};
