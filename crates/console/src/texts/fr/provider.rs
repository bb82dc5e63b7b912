//! Se connecter par un fournisseur d’identité de l’État.

use crate::texts::provider::ProviderWords;

pub(crate) const WORDS: ProviderWords = ProviderWords {
    sign_in: |name| format!("Se connecter avec {name}"),
    hint: |name| {
        format!(
            "{name} vous reconnaît et nous dit qui vous êtes. Il faut avoir lié votre identité à votre compte auparavant."
        )
    },
    bind: |name| format!("Lier votre identité chez {name}"),
    means: |name| {
        format!(
            "Qui tient {name} pourrait alors se connecter à votre place et faire votre travail de chaque jour ; ce serait inscrit au \
             registre. Par cette voie, personne ne nomme, n’approuve, ne crée de clé ni ne change ses moyens de connexion : il y \
             faut une clé d’accès ou un mot de passe."
        )
    },
    identity: |label| format!("Identité {label}"),
    lent: "Vous êtes entré par le fournisseur d’identité de l’État. Pour approuver, nommer, créer des clés ou changer vos moyens de \
           connexion, entrez avec une clé d’accès ou un mot de passe.",
    out: "Vers un autre site",
    out_to: |name| format!("Vous allez chez {name}, qui vous ramènera ici."),
    back: "De retour",
    back_from: |name| format!("Vous revenez de {name}. La page suivante s’ouvre seule."),
};
