//! Depositing a file.

use crate::texts::upload::UploadWords;

pub(crate) const WORDS: UploadWords = UploadWords {
    title: "Deposit a file",
    into: "Into",
    lead: "The file is kept as it is; at the end you get a receipt. If the line is cut or the page reloaded, choose the same file again: the deposit goes on where it stopped.",
    no_script: "Without scripts the file goes in one piece and can’t be resumed: for a large file on a poor line, allow scripts.",
    file: "File",
    replace: "Replace the file of that name, if there is one",
    send: "Deposit",
    progress: "Progress",
    going: "Sending: {}",
    resumed: "Going on from {}",
    cut: "The line is cut; the deposit will go on by itself.",
    joining: "All of it has arrived; the file is being recorded.",
    under_way: "Deposits under way",
    begun: "Begun on",
    end: "Give up",
    to_folder: "Back to the folder",
};
