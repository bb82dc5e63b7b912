//! Act 2, its beginning: another ministry deposits in an open bucket, where the same search finds everything.

use anyhow::Result;

use super::country::{Country, OPEN};
use super::deposits::{Deposit, deposit};
use super::documents::Documents;
use super::search::{Searched, search};
use super::stage::{Stage, both};
use crate::s3_client::AccessKey;

/// Plays it; gives what was deposited.
pub(super) async fn play(
    stage: &mut Stage,
    country: &Country,
    justice: &AccessKey,
    documents: &Documents,
) -> Result<Vec<Deposit>> {
    stage.say(&both!(
        stage,
        "The Ministry of Justice publishes: it has no gateway, and deposits the same documents in an open bucket, which the \
         data centre can read.",
        "Le ministère de la Justice publie : il n'a pas de passerelle, et dépose les mêmes documents dans un coffre ouvert, \
         que le centre de données peut lire."
    ))?;
    country.connect(justice).await?.make_bucket(OPEN).await?;
    let to = (country.s3()?, justice, OPEN);
    let deposits = deposit(stage, to, documents).await?;
    let Searched { clues, found, .. } = search(country, documents)?;
    stage.expect(
        found > 0 || clues == 0,
        &both!(
            stage,
            "Now the operator's search finds {found} of the {clues} names and first lines: it works, and open means open. \
             But even here no deposit is lost, and none is changed unnoticed:",
            "Maintenant la recherche de l'exploitant trouve {found} des {clues} noms et premières lignes : elle marche, et \
             ouvert veut dire ouvert. Mais même ici aucun dépôt n'est perdu, ni changé sans que cela se voie :"
        ),
        &both!(
            stage,
            "The operator's search finds nothing even in the open: it proves nothing.",
            "La recherche de l'exploitant ne trouve rien, même à découvert : elle ne prouve rien."
        ),
    )?;
    Ok(deposits)
}
