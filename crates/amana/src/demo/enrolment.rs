//! Act 1, its beginning: the ministry makes its keys at home, rehearses, and is let in by six words.

use anyhow::Result;

use super::country::Country;
use super::ministry::{CUSTODIANS, Ministry};
use super::stage::{Stage, Watch, both};

/// Plays it; the gateway runs on return.
pub(super) async fn play(
    stage: &mut Stage,
    country: &Country,
    ministry: &mut Ministry,
) -> Result<()> {
    let watch = Watch::start();
    let made = ministry.make_keys(country)?;
    let (rehearsals, took) = (&made["shares"]["rehearsals"], watch.told());
    stage.step(&both!(
        stage,
        "The Ministry of Finance makes its keys, on a small machine of its own.",
        "Le ministère des Finances fait ses clés, sur une petite machine à lui."
    ))?;
    stage.held(&both!(
        stage,
        "The root is printed on five pages, one for each custodian, any three of whom rebuild it ({CUSTODIANS}). The \
         recovery was rehearsed {rehearsals} times from the pages, and the root destroyed ({took}).",
        "La racine est imprimée sur cinq pages, une par dépositaire ; trois quelconques la reconstituent ({CUSTODIANS}). \
         La reconstitution a été répétée {rehearsals} fois d'après les pages, et la racine détruite ({took})."
    ))?;
    let watch = Watch::start();
    let words = ministry.introduce(country)?;
    let spoken: Vec<String> = words.iter().map(|(word, _)| word.to_uppercase()).collect();
    let numbers: Vec<String> = words.iter().map(|(_, number)| number.to_string()).collect();
    let (spoken, numbers) = (spoken.join(" "), numbers.join(" "));
    stage.say(&both!(
        stage,
        "Its gateway introduces itself with an enrolment code. Six words stand for its keys; the ministry reads them out \
         over the telephone, and the operator types what it hears:",
        "Sa passerelle se présente avec un code d'inscription. Six mots représentent ses clés ; le ministère les lit au \
         téléphone, et l'exploitant tape ce qu'il entend :"
    ))?;
    stage.copyable(&spoken)?;
    stage.copyable(&numbers)?;
    let (mixed_up, typed) = typed(&words);
    let impostor = Ministry::is_confirmed(country, &mixed_up)?;
    let confirmed = Ministry::is_confirmed(country, &typed)?;
    ministry.open(country).await?;
    let took = watch.told();
    stage.expect(
        confirmed && !impostor,
        &both!(
            stage,
            "Two words in the wrong order are refused; the six are those of the keys that came over the line, so nobody \
             sits between. From now on the ministry's own signature is needed ({took}).",
            "Deux mots intervertis sont refusés ; les six sont ceux des clés arrivées par la ligne, donc personne ne s'est \
             glissé entre les deux. Désormais la signature du ministère lui-même est exigée ({took})."
        ),
        &both!(
            stage,
            "The six words did not tell the gateway from an impostor.",
            "Les six mots n'ont pas distingué la passerelle d'un imposteur."
        ),
    )
}

/// What an operator might type: first with two words in the wrong order, then as it heard them.
fn typed(words: &[(String, u64)]) -> (String, String) {
    let heard: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
    let mut mixed_up = heard.clone();
    mixed_up.rotate_left(1);
    (mixed_up.join(" "), heard.join(" "))
}
