//! Vue d’ensemble d’une institution.

use crate::books::overview::Need;
use crate::texts::Texts;
use crate::texts::books::BooksWords;

pub(crate) const WORDS: BooksWords = BooksWords {
    overview: "Vue d’ensemble",
    needs: "Ce qui vous attend",
    no_needs: "Rien ne vous attend.",
    need,
    see: "Voir",
    holds: "Ce que nous détenons",
    custody: "Garde",
    sealed: "Scellé chez vous",
    sealed_told: "le centre ne peut pas le lire",
    open: "Ouvert",
    open_told: "l’opérateur peut le lire",
    buckets: "Compartiments",
    pieces: "Objets",
    bytes: "Taille",
    bucket: "Compartiment",
    each: "Par compartiment",
    no_bucket: "Aucun compartiment.",
    proved: "Ce qui est prouvé",
    states: "Trois états, à ne pas confondre.",
    spooled: "En attente chez vous",
    spooled_told: "Ce qui n’est encore que sur le disque de votre passerelle ; le centre n’en sait rien, la page de la \
                   passerelle le dit.",
    recorded: "Inscrit",
    recorded_told: |count| format!("{count} actes, durables et signés par l’opérateur."),
    witnessed: "Attesté",
    witnessed_told: |count, ago| format!("{count} actes, par un quorum de témoins ({ago})."),
    not_witnessed: "Rien encore : aucun quorum de témoins n’a attesté ce registre.",
    by_whom: "Témoins :",
    root: "Racine du registre",
    see_journal: "Lire le journal",
};

fn need(texts: &Texts, need: &Need) -> String {
    match need {
        Need::ReadOnly { why } => format!("Le centre n’accepte aucun dépôt : {why}"),
        Need::Suspended => {
            "Votre institution est suspendue : tout se lit, rien ne s’écrit. Le motif est au journal.".to_owned()
        }
        Need::Leaving { since_s } => {
            let since = texts.moment(since_s);
            format!(
                "Deux agents ont décidé que votre institution part ({since}) : plus rien de nouveau n’est reçu. Ensuite : tout \
                 exporter (amana export), l’importer ailleurs (amana import), puis supprimer ce qui est ici. Deux agents peuvent \
                 décider de rester."
            )
        }
        Need::NoQuorum => {
            "La politique de confiance ne demande aucun témoin : vos actes sont inscrits, jamais attestés.".to_owned()
        }
        Need::NeverWitnessed => {
            "Aucun quorum de témoins n’a encore attesté votre registre.".to_owned()
        }
        Need::WitnessesLate { entries, minutes } => {
            let entries = texts.number(entries);
            format!("Les témoins tardent : {entries} actes attendent, le plus ancien depuis {minutes} minutes.")
        }
        Need::Proposals { count: 1 } => "Une proposition attend un second agent.".to_owned(),
        Need::Proposals { count } => format!("{count} propositions attendent un second agent."),
        Need::FewApprove { count } => format!(
            "Agents qui peuvent approuver et se connecter : {count}. Ayez-en trois, sinon qui perd tout n’a pas deux \
             collègues pour le rétablir."
        ),
        Need::OnePasskey { count } => format!(
            "Agents qui n’ont qu’un seul moyen de se connecter : {count}. Chacun devrait en avoir deux, sur deux appareils."
        ),
        Need::SupportOpen { until_s } => {
            let until = texts.moment(until_s);
            format!("L’équipe de l’opérateur peut entrer dans votre espace jusqu’au {until}.")
        }
        Need::NoKeyring => "Rien n’est scellé : votre institution n’a pas encore de passerelle, donc pas de clés à elle.".to_owned(),
        Need::Damaged { entry } => {
            format!("Du contenu est endommagé et aucune copie ne l’a réparé (inscription {entry}).")
        }
        Need::Site { host, application: Some(name) } => {
            format!("Les programmes de {name}, derrière {host}, ne sont pas ceux qui ont été signés : l’application est arrêtée, et ce qui a été signé est montré.")
        }
        Need::Site { host, application: None } => {
            format!("Du contenu de {host} n’est pas celui qui a été signé, et n’est pas montré.")
        }
        Need::DrillLate { due } => {
            format!("L’exercice des dépositaires est en retard : il était attendu le {due}.")
        }
        Need::UnusedKeys { count } => format!(
            "Clés de logiciels qui n’ont rien écrit depuis plus d’un mois qu’elles existent : {count}. Révoquez celles qui ne servent pas."
        ),
    }
}
