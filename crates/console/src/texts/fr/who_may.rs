//! À qui revient quoi.

use crate::texts::who_may::WhoMayWords;

pub(crate) const WORDS: WhoMayWords = WhoMayWords {
    keys: "Votre correspondant informatique crée et révoque les clés.",
    buckets: "Votre correspondant informatique crée les compartiments et les règle.",
    deposit: "Sur ces pages, votre correspondant informatique dépose les fichiers ; vos logiciels le font avec leur clé.",
    objects: "Votre correspondant informatique change, supprime et rétablit les fichiers.",
    sites: "Votre correspondant informatique prépare les publications ; vos signataires les signent.",
    messages: "Le directeur et le correspondant informatique écrivent à l’opérateur.",
    drills: "Le directeur ou un dépositaire inscrit les exercices.",
    proposals: "Un auditeur lit tout et ne propose rien : le directeur, le correspondant informatique et les dépositaires proposent et approuvent.",
};
