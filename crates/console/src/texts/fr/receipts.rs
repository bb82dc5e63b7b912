//! Pourquoi un reçu est refusé, ou n’est qu’inscrit ; et les codes des preuves elles-mêmes.

pub(super) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "body-mismatch" => {
            "Le détail de l’acte n’est pas celui dont le reçu porte l’empreinte : il a été changé."
        }
        "row-signature" => {
            "Aucun registre national connu de la politique n’a signé la fiche de ce registre : ce reçu vient d’un autre centre, ou la politique n’est pas la sienne."
        }
        "name-mismatch" => "Le registre porte la clé d’un autre nom que le sien.",
        "origin-mismatch" => "Le point de contrôle est celui d’un autre registre.",
        "ledger-signature" => "Le point de contrôle n’est pas signé par la clé du registre.",
        "leaf-not-included" => {
            "L’acte n’est pas dans le registre : il a été changé, ou le reçu est d’un autre."
        }
        "genesis-mismatch" => "Le registre ne commence pas comme sa fiche le dit.",
        "ledger-cosignature" => "La contresignature d’un témoin, sur le registre, est fausse.",
        "row-not-registered" => "La fiche du registre n’est pas au répertoire de l’époque.",
        "slot-mismatch" => "L’époque n’engage pas cet état du registre.",
        "national-origin-mismatch" => "Le point de contrôle national est celui d’un autre centre.",
        "national-signature" => {
            "Le point de contrôle national n’est pas signé par le registre national."
        }
        "epoch-not-included" => "L’époque n’est pas dans le registre national.",
        "national-genesis-mismatch" => {
            "Le registre national ne commence pas comme la politique le dit."
        }
        "national-cosignature" => {
            "La contresignature d’un témoin, sur le registre national, est fausse."
        }
        "policy-without-quorum" => {
            "La politique ne demande aucun témoin : l’opérateur seul se porte garant de l’acte."
        }
        "row-without-quorum" => {
            "Ce registre ne demande aucun témoin : l’opérateur seul se porte garant de l’acte."
        }
        "row-witness-unlisted" => "Ce registre nomme un témoin que la politique ne connaît pas.",
        "ledger-quorum-not-met" => "Trop peu de témoins ont contresigné le registre à cet état.",
        "no-epoch" => {
            "Aucune époque n’engage encore l’acte : redemandez le reçu dans quelques minutes. Jusque-là il lie l’opérateur."
        }
        "national-quorum-not-met" => {
            "Trop peu de témoins ont contresigné le registre national à cet état."
        }
        "malformed-receipt" => "Ce fichier n’est pas un reçu, ou il a été abîmé en chemin.",
        "malformed-policy" => {
            "Ce fichier n’est pas une politique de confiance, ou il a été abîmé en chemin."
        }
        "malformed-note" => "Une note signée est mal formée.",
        "malformed-vkey" => "Une clé est mal formée.",
        "malformed-hash" => "Une empreinte est mal formée.",
        "malformed-frontier" => "Un sommet d’arbre est mal formé.",
        "malformed-tile-path" => "L’adresse d’une tuile est mal formée.",
        "malformed-bundle" => "Un paquet d’inscriptions est mal formé.",
        "malformed-checkpoint" => "Un point de contrôle est mal formé.",
        "malformed-cosignature" => "Une contresignature est mal formée.",
        "malformed-witness-request" => "La demande d’un témoin est mal formée.",
        "malformed-tlog-proof" => "Une preuve d’inclusion est mal formée.",
        "malformed-registry-row" => "La fiche d’un registre est mal formée.",
        "malformed-epoch" => "Une époque est mal formée.",
        "malformed-release" => "L’annonce d’une version est mal formée.",
        "out-of-range" => "Un numéro est hors de ce que le registre contient.",
        "proof-mismatch" => "Une preuve ne mène pas à l’empreinte annoncée.",
        "unsigned" => "La signature attendue manque.",
        "bad-signature" => "Une signature est fausse.",
        "wrong-origin" => "Un point de contrôle est d’un autre registre.",
        "wrong-key-type" => "Une clé n’est pas de l’espèce attendue.",
        _ => return None,
    })
}
