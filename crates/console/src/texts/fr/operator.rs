//! Les pages de l’opérateur.

use crate::texts::operator::OperatorWords;

pub(crate) const WORDS: OperatorWords = OperatorWords {
    overview: "Vue d’ensemble",
    needs: "À voir maintenant",
    no_needs: "Rien n’attend personne.",
    to_do: "À voir :",
    need_read_only: |why| format!("Le centre n’accepte aucun dépôt : {why}"),
    need_disk: "Il reste peu de place sur le disque.",
    need_disk_by: |day| format!("Le disque sera plein vers le {day}."),
    need_damaged: |count| {
        format!("La relecture a trouvé {count} contenu(s) endommagé(s) qu’aucune copie n’a.")
    },
    need_mirror: |name| format!("La copie « {name} » n’est pas tenue à jour, ou est incomplète."),
    need_no_mirror: "Aucune copie n’est tenue ailleurs : un incendie emporterait tout.",
    need_witnesses: |count| match count {
        1 => "Un témoin ne vient plus.".to_owned(),
        _ => format!("{count} témoins ne viennent plus."),
    },
    need_findings: |bad, notices| {
        format!("L’examen de la machine : {bad} défaut(s), {notices} point(s) à surveiller.")
    },
    need_messages: |count| match count {
        1 => "Une institution attend une réponse.".to_owned(),
        _ => format!("{count} fils attendent une réponse."),
    },
    figures: "En chiffres",
    institutions: "Institutions",
    institutions_told: |all, suspended| match suspended {
        0 => format!("{all} au total"),
        _ => format!("{all} au total, dont {suspended} suspendue(s)"),
    },
    acts: "Actes inscrits",
    look_for: "Chercher une institution par son nom",
    look: "Chercher",
    none_found: "Aucune institution de ce nom.",
    name: "Nom",
    name_hint: "2 à 40 minuscules sans accent, chiffres et tirets ; il commence par une lettre et ne change jamais.",
    state: "État",
    active: "active",
    quota: "Quota",
    no_quota: "aucun : tout ce que le disque peut porter",
    quota_told: |told, percent| format!("{told} ; {percent} % utilisés"),
    set_quota: "Fixer le quota",
    quota_lead: "Les dépôts qui le dépassent sont refusés ; ce qu’elle détient déjà reste. Un champ vide est sans limite. L’acte est dans son registre.",
    quota_bytes: "Octets, au plus",
    quota_objects: "Objets, au plus",
    suspended: "suspendue",
    leaving: "en partance",
    leaving_lead: "Deux de ses agents ont décidé qu’elle part : plus rien de nouveau n’est reçu d’elle ; elle continue de lire, d’exporter et de supprimer. Seuls deux de ses agents peuvent y mettre fin.",
    officials: "Agents",
    officials_told: |all, able| format!("{all} en fonction, dont {able} peuvent se connecter"),
    more: "Suite",
    add: "Ajouter une institution",
    add_lead: "Son registre s’ouvre avec cet acte ; vous nommez ensuite ses deux premiers agents.",
    since: "Depuis",
    holds: "Détient",
    held: |bytes, buckets, whole| {
        format!(
            "{}{bytes} dans {buckets} compartiment(s)",
            if whole { "" } else { "plus de " }
        )
    },
    never_names: "Ni noms de compartiments ni noms de fichiers : ils ne regardent que l’institution.",
    first_officials: "Premiers agents",
    first_lead: "Nommez au moins deux agents qui approuvent (direction, correspondant, dépositaire) et remettez à chacun son lien. Dès que deux peuvent se connecter, l’institution se garde elle-même.",
    keeps_itself: "L’institution se garde elle-même : deux de ses agents nomment et retirent, l’opérateur ne le peut plus.",
    suspend: "Suspendre",
    suspend_lead: "Ses clés de logiciels sont refusées et ses agents ne font plus que lire, jusqu’à la reprise. Rien n’est effacé. L’acte et le motif sont dans son registre.",
    resume: "Lever la suspension",
    resume_lead: "Ses clés et ses agents peuvent de nouveau agir. L’acte est dans son registre.",
    back: "Toutes les institutions",
    go_back: "Retour",
    staff: "Personnel",
    staff_lead: "Qui se connecte pour l’opérateur. Chaque nomination et chaque fin est un acte du registre operator/staff.",
    end_access: "Mettre fin à l’accès",
    name_staff: "Nommer quelqu’un",
};
