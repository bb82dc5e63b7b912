//! La santé du centre.

use crate::texts::health::HealthWords;

pub(crate) const WORDS: HealthWords = HealthWords {
    title: "Santé",
    read_only: "Lecture seule",
    read_only_lead: "Aucun dépôt n’est accepté ; ce qui est là se lit. La raison, dans les mots du programme :",
    writable: "Les dépôts sont acceptés",
    queued: |count| format!("Actes qui attendent leur inscription : {count}"),
    machine: "Machine, disques et clés",
    mirrors: "Copies",
    no_mirror: "Aucune copie n’est réglée.",
    mirror: "Copie",
    state: "État",
    as_of: "À jour au",
    mirror_whole: "complète",
    mirror_lags: |entries, blobs| {
        format!("en retard de {entries} inscription(s), {blobs} contenu(s) manquant(s)")
    },
    mirror_elsewhere: "pas encore de nouvelles (ou tenue par un autre nœud)",
    scrub: "Relecture",
    scrub_lead: "Tout ce qui est gardé est relu et comparé à ses empreintes.",
    no_scrub: "Aucune relecture complète encore.",
    scrub_told: |when, contents, bytes, healed, damaged| {
        format!(
            "Dernière relecture complète le {when} : {contents} contenus, {bytes} ; {healed} réparé(s), {damaged} endommagé(s)."
        )
    },
    jobs: "Travaux en cours",
    scrub_at: |percent, count, entries| match count {
        1 => format!("Relecture : {percent} % d’une inscription"),
        _ => format!("Relecture : {percent} % de {entries} inscriptions"),
    },
    restoring_told: |blobs, bytes, from| {
        format!("Restauration : {blobs} contenu(s) encore à venir de {from} ({bytes} au plus)")
    },
    mirroring: |count| match count {
        0 => "Copies : aucune".to_owned(),
        _ => format!("Copies : {count}, tenues en continu"),
    },
};
