//! Clés de logiciels.

use amana_access::Right;

use crate::texts::keys::KeyWords;

pub(crate) const WORDS: KeyWords = KeyWords {
    title: "Clés de logiciels",
    lead: "Une clé de logiciel laisse un logiciel lire ou déposer par S3. Le secret n’est montré qu’une fois, à la création ; ici on ne voit jamais que l’identifiant de la clé.",
    in_the_open: "Une clé faite ici vaut au centre de données, où ce qu’elle dépose est ouvert : l’opérateur peut le lire. Pour \
                  déposer scellé, faites la clé sur la machine de votre passerelle :",
    none: "Aucune clé encore.",
    key: "Clé",
    label: "À quoi elle sert",
    label_hint: "Facultatif, 80 caractères au plus, par exemple « sauvegarde de la paie ». Cela reste inscrit : ne nommez personne.",
    may: "Droits",
    right: |right| match right {
        Right::Read => "lire",
        Right::Write => "lire, déposer, supprimer",
        Right::Own => "tout, compartiments compris",
        Right::Bypass => "tout, et mettre fin à une conservation avant son terme",
    },
    all_buckets: "tous les compartiments, ceux à venir aussi",
    these_buckets: "ces compartiments seulement :",
    since: "Depuis",
    state: "État",
    in_force: "en vigueur",
    revoked: |at| format!("révoquée le {at}"),
    acts: "Action",
    revoke: "Révoquer",
    make: "Créer une clé",
    for_which: "Pour",
    new: "Une nouvelle clé de logiciel",
    once: "Le secret n’est montré que cette fois. Copiez-le maintenant dans le logiciel, et nulle part ailleurs.",
    secret: "Secret",
    endpoint: "Adresse S3",
    commands: "Commandes prêtes",
    back: "Retour aux clés",
};
