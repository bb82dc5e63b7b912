//! What to do next, for the operator, in English and in French.

use crate::application::Application;
use crate::find::Kind;

pub(super) fn english(application: &Application) -> String {
    let (host, unit) = (&application.host, application.unit());
    let place = application.place.display();
    let by_hand = match application.kind {
        Kind::Php => {
            "Its own settings weren't known: write the database's name and password, which stand in database.cnf, into them.\n\n"
        }
        _ => "",
    };
    format!(
        "The application of {host}, ready to be set up on the machine of its data centre.

Read the report first: report.html, in the folder beside this one that ends in .import.
This folder holds passwords. Remove it once the application runs.

1. As root, on a machine with php{php}-fpm, php{php}-mysql, mariadb-server and amana:

       amana site set-up FOLDER --dry-run     what will be done, command by command
       amana site set-up FOLDER

   It stands in {place} then, and runs as {unit}.

{by_hand}2. Add what amana.toml in this folder says to the data centre's amana.toml, and put the addresses of those who edit
   behind `from`. Then restart the data centre, which joined a group.

3. Make the folder that the public sees, and sign it:

       amana site import --application {place} --out public
       amana site deploy {host} public --key webmaster.key --centre URL

   _applications came along into it, with the digest of the application's programs, which is signed too. Each time the editors have changed something: the same two commands.

Limits (processes, memory, sizes) stand in php-fpm.conf and {unit}.
",
        php = application.php,
    )
}

pub(super) fn french(application: &Application) -> String {
    let (host, unit) = (&application.host, application.unit());
    let place = application.place.display();
    let by_hand = match application.kind {
        Kind::Php => {
            "Ses réglages n'étaient pas connus : écrivez-y le nom et le mot de passe de la base, qui sont dans database.cnf.\n\n"
        }
        _ => "",
    };
    format!(
        "L'application de {host}, prête à être installée sur la machine de son centre de données.

Lisez d'abord le rapport : rapport.html, dans le dossier voisin qui finit par .import.
Ce dossier contient des mots de passe. Supprimez-le quand l'application tourne.

1. En root, sur une machine avec php{php}-fpm, php{php}-mysql, mariadb-server et amana :

       amana site set-up DOSSIER --dry-run    ce qui sera fait, commande par commande
       amana site set-up DOSSIER

   Elle est alors dans {place} et tourne sous {unit}.

{by_hand}2. Ajoutez ce que dit amana.toml de ce dossier à l'amana.toml du centre de données, et mettez derrière `from` les adresses
   de ceux qui rédigent. Puis redémarrez le centre de données, qui est entré dans un groupe.

3. Faites le dossier que voit le public, et signez-le :

       amana site import --application {place} --out public
       amana site deploy {host} public --key webmaster.key --centre URL

   _applications y est venu aussi, avec l'empreinte des programmes de l'application, signée elle aussi. Chaque fois que les rédacteurs ont changé quelque chose : les deux mêmes commandes.

Les limites (processus, mémoire, tailles) sont dans php-fpm.conf et {unit}.
",
        php = application.php,
    )
}
