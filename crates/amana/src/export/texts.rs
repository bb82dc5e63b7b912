//! What stands in a bag for people.

use amana_store::clock;

/// The bag's own page, in French and in English.
pub(super) const READ_ME: &str = "\
Ceci est tout ce qu'une institution avait confié à un centre de données Amana, dans un paquet BagIt (RFC 8493).

  ledger/     le registre de l'institution : chaque acte, et ce qui le garantit (points de contrôle, cosignatures)
  sites/      le registre public de ses sites, et ce qui le garantit ; leur contenu est dans open/
  receipts/   des reçus, vérifiables hors ligne
  keyrings/   les trousseaux de clés publiés
  pieces/     le contenu scellé : des fichiers age, que seules les clés de l'institution ouvrent
  open/       les objets des espaces ouverts, en clair ; open.jsonl en donne les noms exacts

Rien de ce qui était scellé n'est ouvert ici. Pour l'ouvrir sans Amana : k parts des dépositaires, et
tools/recover-sealed.py, ou n'importe quel programme écrit d'après docs/formats/sealed.md. Pour l'emporter dans un autre
centre de données : amana import. Pour vérifier que rien n'a été abîmé : tout programme BagIt.

----

This is everything that an institution had entrusted to an Amana data centre, in a BagIt bag (RFC 8493).

  ledger/     the institution's ledger: each act, and what vouches for it (checkpoints, cosignatures)
  sites/      the public ledger of its sites, and what vouches for it; their content is in open/
  receipts/   receipts, to be verified offline
  keyrings/   the keyrings that were published
  pieces/     the sealed content: age files, which only the institution's keys open
  open/       the objects of open buckets, in the clear; open.jsonl has their exact names

Nothing that was sealed is opened here. To open it without Amana: k custodians' shares, and tools/recover-sealed.py, or any
program written from docs/formats/sealed.md. To take it to another data centre: amana import. To see that nothing was
damaged: any BagIt program.
";

/// The day, `2026-11-22`.
pub(super) fn today() -> String {
    let now = clock::rfc3339(clock::system_ms());
    now.chars().take(10).collect()
}
