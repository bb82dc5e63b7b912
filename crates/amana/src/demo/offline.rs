//! Act 4: a receipt is verified by two programs that share no line of code, with nothing but two files.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, Result};

use super::country::{Country, said};
use super::deposits::{Deposit, receipt_file};
use super::stage::{Stage, Watch, both};

/// The second implementation, written from `docs/formats/receipt.md` alone.
const SCRIPT: &str = include_str!("../../../../tools/verify-receipt.py");
const SCRIPT_NAME: &str = "verify-receipt.py";

/// Plays it; the data centre is stopped.
pub(super) fn play(stage: &mut Stage, country: &Country, deposit: &Deposit) -> Result<()> {
    let desk = country.folder.join("offline");
    fs::create_dir_all(&desk)?;
    let receipt = fs::read(receipt_file(country, &deposit.receipt))?;
    fs::write(desk.join("deposit.receipt"), &receipt)?;
    fs::write(desk.join("forged.receipt"), forged(&receipt)?)?;
    fs::copy(country.policy(), desk.join("policy"))?;
    fs::write(desk.join(SCRIPT_NAME), SCRIPT)?;
    stage.say(&both!(
        stage,
        "The data centre is switched off. On a judge's desk lie two files: the receipt, and the policy as it was \
         published.",
        "Le centre de données est éteint. Sur le bureau d'un juge, deux fichiers : le reçu, et la politique telle \
         qu'elle fut publiée."
    ))?;
    let own = |file: &str| {
        let mut command = country.command(["receipt", "verify", "--policy", "policy"]);
        Ok(command.arg(file).current_dir(&desk).output()?)
    };
    verify(stage, "amana receipt verify", &own)?;

    let script = |file: &str| {
        let mut command = Command::new("python3");
        let command = command.args([SCRIPT_NAME, file, "--policy", "policy"]);
        command.current_dir(&desk).output().context("python3")
    };
    let python = Command::new("python3")
        .args(["-c", "import cryptography"])
        .output();
    match python {
        Ok(done) if done.status.success() => verify(stage, SCRIPT_NAME, &script),
        Ok(_) => elsewhere(stage, &desk, "python3-cryptography"),
        Err(_) => elsewhere(stage, &desk, "python3"),
    }
}

fn verify(stage: &mut Stage, program: &str, run: &dyn Fn(&str) -> Result<Output>) -> Result<()> {
    let watch = Watch::start();
    let done = run("deposit.receipt")?;
    let took = watch.told();
    let verdict = String::from_utf8_lossy(&done.stdout);
    let verdict = verdict.lines().next().unwrap_or_default();
    let why = said(&done);
    stage.expect(
        done.status.success(),
        &both!(
            stage,
            "{program} says: {verdict} ({took}).",
            "{program} dit : {verdict} ({took})."
        ),
        &both!(
            stage,
            "{program} did not accept the receipt: {verdict} {why}",
            "{program} n'a pas accepté le reçu : {verdict} {why}"
        ),
    )?;
    let done = run("forged.receipt")?;
    stage.expect(
        done.status.code() == Some(1),
        &both!(
            stage,
            "One digit of its date is changed, and {program} refuses it.",
            "On change un chiffre de sa date, et {program} le refuse."
        ),
        &both!(
            stage,
            "{program} accepted a forged receipt.",
            "{program} a accepté un reçu falsifié."
        ),
    )
}

fn elsewhere(stage: &Stage, desk: &Path, missing: &str) -> Result<()> {
    stage.say(&both!(
        stage,
        "A second program, in Python, verifies the same; this machine lacks {missing}, so it is not run here. Where \
         python3 and its cryptography package are, copy {SCRIPT_NAME}, the receipt and the policy, and run:",
        "Un second programme, en Python, vérifie la même chose ; il manque {missing} à cette machine, il n'est donc pas \
         lancé ici. Là où se trouvent python3 et son paquet cryptography, copiez {SCRIPT_NAME}, le reçu et la politique, \
         et lancez :"
    ))?;
    stage.copyable(&format!(
        "python3 {SCRIPT_NAME} deposit.receipt --policy policy"
    ))?;
    let desk = desk.display();
    stage.aside(&both!(
        stage,
        "They are in {desk}, which stays with --keep.",
        "Ils sont dans {desk}, qui reste avec --keep."
    ))
}

/// The receipt with another time in its act.
fn forged(receipt: &[u8]) -> Result<String> {
    let text = std::str::from_utf8(receipt)?;
    let (before, after) = text
        .split_once("\"at\":\"")
        .context("a receipt says when")?;
    let (year, rest) = after
        .split_at_checked(4)
        .context("a time begins with its year")?;
    let year: u32 = year.parse()?;
    Ok(format!("{before}\"at\":\"{}{rest}", year - 1))
}
