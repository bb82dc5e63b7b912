//! Ce que disent les codes de la connexion et des rôles.

pub(super) fn told(code: &str) -> Option<&'static str> {
    Some(match code {
        "sign-in" => "Connectez-vous d’abord.",
        "form" => {
            "Cette page a attendu trop longtemps, ou n’est pas d’ici. Rien n’a été fait : rouvrez-la et recommencez."
        }
        "passkey" => {
            "La clé d’accès de votre appareil n’a pas été acceptée. Recommencez, ou utilisez-en une autre."
        }
        "passkey-exists" => "Cette clé a déjà été ajoutée.",
        "identity" => {
            "Ce que dit le fournisseur d’identité n’est pas accepté. Recommencez ; si cela dure, prévenez l’opérateur."
        }
        "identity-taken" => "Cette identité est déjà liée à un compte.",
        "identity-unbound" => {
            "Cette identité n’est liée à aucun compte. Entrez autrement, puis liez-la sur la page « Mon compte »."
        }
        "provider" => {
            "Le fournisseur d’identité ne répond pas comme il le devrait. Réessayez plus tard, ou entrez autrement."
        }
        "provider-refused" => {
            "Le fournisseur d’identité ne vous a pas laissé entrer. Recommencez, ou entrez autrement."
        }
        "needs-own" => {
            "Vous êtes entré par le fournisseur d’identité : pour cela, entrez avec une clé d’accès ou un mot de passe."
        }
        "sign-in-refused" => {
            "Personne ne se connecte ainsi : vérifiez le compte, le mot de passe et le code."
        }
        "code-used" => "Ce code a déjà servi. Attendez le suivant : il vient dans les 30 secondes.",
        "wait" => "Trop d’essais : attendez quelques minutes avant le prochain.",
        "forbidden" => "Votre rôle ne le permet pas.",
        "unknown-account" => "Aucun agent en fonction n’a ce compte.",
        "needs-two" => "Il faut deux agents : proposez-le, et un autre l’approuvera.",
        "needs-another" => {
            "Un autre agent doit l’approuver, qui ne l’a pas proposé et n’est pas concerné."
        }
        "own-matter" => {
            "C’est l’affaire de l’institution : deux de ses agents le font dans la console."
        }
        "no-consent" => "L’institution n’a pas ouvert cet accès au personnel de l’opérateur.",
        "no-staff" => "L’opérateur n’a encore nommé personne qui se connecte.",
        "unknown-credential" => "Cette clé ou ce mot de passe n’existe plus.",
        "last-credential" => {
            "C’est le dernier moyen de se connecter : ajoutez-en un autre d’abord."
        }
        "unknown-session" => "Cette session n’existe plus.",
        "unknown-proposal" => "Cette proposition n’existe pas.",
        "already-leaving" => "L’institution part déjà.",
        "not-leaving" => "L’institution n’est pas en train de partir.",
        "custodians-need-two" => {
            "Deux agents de l’institution approuvent d’abord d’autres dépositaires, sous Collègues."
        }
        "proposal-over" => "Cette proposition est close.",
        "unknown-thread" => "Il n’y a pas de tel fil de messages.",
        "thread-closed" => "Ce fil est déjà clos.",
        "unknown-notice" => "Cet avis n’existe pas, ou il est terminé.",
        "unknown-agreement" => {
            "Ce n’est pas la dernière convention proposée, ou ce n’est pas ce texte : relisez-la."
        }
        "agreement-signed" => "Vous avez déjà signé, ou deux agents l’ont fait.",
        "needs-director" => "La seconde signature doit être celle d’un directeur.",
        "too-many" => "Il y en a déjà autant que permis.",
        _ => return None,
    })
}
