//! L’école.

use amana_access::Lesson;

use crate::school::Miss;
use crate::texts::school::SchoolWords;

pub(crate) const WORDS: SchoolWords = SchoolWords {
    title: "École",
    lead: "Six exercices pour savoir faire seul ce qui compte : déposer, perdre, restaurer, vérifier, rebâtir une clé à trois, \
           et prendre sur le fait un opérateur malhonnête. Comptez une heure ; arrêtez et reprenez quand vous voulez.",
    open_lead: "Un clic vous donne un bac à sable : une institution d’exercice, avec son registre et son compartiment, où rien \
                de vrai ne peut être abîmé. Tout y est réel, rien n’est simulé. Elle reste ouverte trente jours.",
    open: "Ouvrir mon école",
    sandbox: "Ceci est un bac à sable. Vos dépôts d’ici ne sont pas ceux de votre institution, et n’y entrent jamais : n’y \
              mettez rien de confidentiel.",
    name: "Bac à sable",
    until: "Ouvert jusqu’au",
    closed: "Ce bac à sable est fermé. Ce qui y fut inscrit reste prouvé ; ce qui y fut déposé est effacé.",
    lessons: "Les exercices",
    lesson,
    about,
    learned,
    passed: "réussi",
    to_do: "à faire",
    next: "Commencer",
    passed_at: "Réussi le",
    receipt: "Reçu de l’exercice",
    back: "Retour à l’école",
    journal: "Ce que votre registre en dit",
    journal_lead: "Chacun de vos gestes est une inscription, avec son reçu. Les plus récentes d’abord.",
    close: "Fermer",
    close_lead: "Tout ce que vous avez déposé ici est effacé. Vos exercices et votre certificat restent inscrits. Une personne \
                 peut ouvrir trois bacs à sable par an.",
    close_button: "Fermer mon école",
    missed,
    sample: (
        "registre-des-courriers.txt",
        "Registre des courriers, page d’exercice\n\n\
         1. Reçu du ministère de la Santé : état des stocks du dispensaire.\n\
         2. Envoyé à la direction du Budget : demande de crédits, trois pièces jointes.\n\
         3. Reçu de la commune de Fomboni : acte de naissance à rectifier.\n",
    ),
    file: "Un fichier de votre choix (facultatif)",
    file_hint: "256 ko au plus. Sans fichier, l’école dépose une page d’exercice.",
    deposit: "Déposer",
    early: "Faites d’abord les exercices qui précèdent.",
    the_file: "Le fichier :",
    lose_lead: "C’est arrivé à tout le monde : le mauvais fichier supprimé, ou un autre enregistré par-dessus. Faites-le ici, \
                exprès.",
    delete: "Supprimer le fichier",
    overwrite: "L’écraser par un autre",
    restore_lead: "Le compartiment garde les versions : ce qui fut supprimé ou écrasé est encore là. Choisissez celle que vous \
                   aviez déposée ; l’école relit ensuite le fichier et compare son empreinte à celle du dépôt.",
    versions: "Les versions, la plus récente d’abord",
    marker: "marque de suppression",
    newest: "la plus récente",
    restore: "Remettre cette version",
    digest: "Empreinte (SHA-256) de ce que vous aviez déposé :",
    verify_lead: "Voici quatre reçus de votre registre. Certains sont vrais ; d’autres ont été retouchés par un faussaire, qui a \
                  changé un mot ou une minute. À l’œil, rien ne les distingue. Une vérification, si.",
    verify_steps: &[
        "Téléchargez chaque fichier.",
        "Ouvrez la page « Vérifier un reçu » et donnez-lui les fichiers l’un après l’autre. Rien n’est envoyé : c’est votre \
         appareil qui calcule.",
        "Notez ici, pour chacun, s’il est vrai ou retouché.",
    ],
    by_command: "Sans JavaScript, ou pour ne pas se fier à cette page, la commande fait de même, hors ligne :",
    verdicts: "« Inscrit » et « Attesté » : la preuve tient, le reçu est vrai. « Refusé » : quelque chose a été changé.",
    files: "Les quatre reçus",
    keep: |file| format!("Télécharger {file}"),
    what_is: |file| format!("{file} est"),
    genuine: "vrai",
    altered: "retouché",
    choose: "pas encore vérifié",
    answer: "Répondre",
    own_receipt: "Gardez aussi, si vous voulez, le reçu de votre propre dépôt :",
    keys_lead: "La clé d’une institution n’existe nulle part en entier : elle est partagée entre cinq dépositaires, chacun avec \
                une page de 33 mots. Trois la rebâtissent ; deux ne peuvent rien, et n’apprennent rien.",
    training: "Clé d’entraînement : le centre de données l’a faite et en garde les parts, pour que vous jouiez trois \
               dépositaires à vous seul. Une vraie clé est faite chez vous, et aucun centre n’en voit jamais rien.",
    make: "Faire la clé et sceller la lettre",
    make_again: "Faire une autre clé",
    shares: "Les cinq pages des dépositaires",
    shares_lead: "Une lettre vient d’être scellée pour cette clé, et la clé oubliée. Imprimez les pages, ou gardez-les ouvertes à \
                  côté.",
    print: "Imprimez cette page : chaque dépositaire reçoit la sienne, et la garde sous clé. Ce sont les vraies pages d’une \
            cérémonie ; seule la clé est d’entraînement.",
    recover_lead: "Essayez d’abord avec deux parts : rien ne doit s’ouvrir. Puis avec trois, lesquelles vous voulez.",
    share: |number| format!("Part du dépositaire n° {number}"),
    share_hint: "Les 33 mots dans l’ordre ; les quatre premières lettres de chacun suffisent, ou leurs numéros.",
    recover: "Réunir ces parts",
    opened: "La clé est rebâtie, et la lettre scellée s’ouvre :",
    shut: |first, second| format!("Les parts {first} et {second} seules : rien ne s’ouvre."),
    letter: "Si vous lisez ceci, trois dépositaires se sont réunis. Aucun ne pouvait l’ouvrir seul, ni deux ensemble, ni celui \
             qui garde le coffre. C’est ainsi que votre institution retrouve ses clés, même si tout son matériel a brûlé.\n",
    notice_lead: "Imaginez que l’opérateur devienne malhonnête : il vous montre aujourd’hui votre journal avec une inscription \
                  réécrite, et une tête de registre qu’il a signée. Tout a l’air en ordre. Mais vous aviez gardé la tête \
                  d’avant, et les preuves de vos reçus.",
    notice_steps: &[
        "Comparez les deux têtes : même registre, même taille, deux signatures justes. Qu’est-ce qui diffère ?",
        "Contrôlez chaque inscription : la preuve que vous aviez gardée doit mener de ce qu’il montre à la tête que vous \
         aviez gardée.",
        "Dites quelle inscription a été réécrite, et ce que cela prouve.",
    ],
    kept: "La tête que vous aviez gardée",
    shown_now: "La tête qu’il montre aujourd’hui",
    entries: "Les inscriptions, telles qu’il les montre aujourd’hui",
    number: "N°",
    when: "Quand",
    act: "Acte",
    proof: "Preuve gardée",
    check: |number| format!("Contrôler la n° {number}"),
    holds: "tient : inscription inchangée",
    fails: "ne mène pas à la tête gardée",
    which: "L’inscription réécrite porte le numéro",
    finding: "Ce que les deux têtes prouvent",
    growth: "Rien : le journal a simplement grandi.",
    display: "Rien : c’est une erreur d’affichage, il suffit de recharger la page.",
    fork: "Que la même clé a signé deux histoires : une preuve contre l’opérateur, que n’importe qui peut vérifier.",
    then: "Dans la vie : gardez les deux têtes et le reçu, donnez-les aux témoins et à l’auditeur, et n’écrivez plus rien à ce \
           centre avant sa réponse. Ici, les têtes sont signées par une clé d’entraînement, qui n’accuse personne.",
    certificate: "Certificat",
    to_certificate: "Mon certificat",
    certify_lead: "Vous avez réussi les six exercices. Le certificat est inscrit au registre de votre institution, qui pourra en \
                   effacer votre nom ; son reçu le prouve à quiconque.",
    bears: "Il portera le nom :",
    show_box: "Je veux que tout le monde puisse le voir, à une adresse que je donnerai moi-même.",
    certify: "Établir mon certificat",
    certifies: "L’école d’Amana certifie que",
    erased: "(nom effacé)",
    of: |owner| format!("pour {owner}"),
    has_passed: |day, centre| {
        format!(
            "a réussi, contrôlés par le système lui-même, les six exercices de l’école au centre de données {centre}, le {day}."
        )
    },
    certificate_receipt: "Reçu",
    certificate_digest: "Empreinte de l’inscription",
    certificate_school: "Registre des exercices",
    certificate_verify: "Le reçu se vérifie hors ligne, pour toujours, sans nous demander rien : page « Vérifier un reçu », ou \
                         commande « amana receipt verify ». Le nom y figure, tant que l’institution ne l’a pas effacé.",
    is_shown: "Tout le monde peut voir ce certificat à l’adresse",
    is_hidden: "Vous seul voyez ce certificat.",
    show: "Le montrer à tous",
    hide: "Ne plus le montrer",
};

fn lesson(lesson: Lesson) -> &'static str {
    match lesson {
        Lesson::Deposit => "Déposer un fichier",
        Lesson::Lose => "Le perdre",
        Lesson::Restore => "Le restaurer",
        Lesson::Verify => "Vérifier des reçus",
        Lesson::Recover => "Rebâtir une clé à trois",
        Lesson::Notice => "Confondre un opérateur malhonnête",
    }
}

fn about(lesson: Lesson) -> &'static str {
    match lesson {
        Lesson::Deposit => {
            "Un dépôt laisse une inscription au registre, et un reçu. L’école contrôle que les deux sont là, et que le fichier se \
             relit à l’octet près."
        }
        Lesson::Lose => {
            "Supprimez le fichier, ou écrasez-le. L’école contrôle qu’il est bien perdu pour qui le demande."
        }
        Lesson::Restore => {
            "Remettez la version que vous aviez déposée. L’école relit le fichier et compare les empreintes."
        }
        Lesson::Verify => "Démêlez les vrais reçus des faux. Seule une vérification les distingue.",
        Lesson::Recover => {
            "Jouez trois dépositaires sur cinq et ouvrez une lettre scellée. L’école réunit vraiment vos parts."
        }
        Lesson::Notice => {
            "Trouvez l’inscription qu’un opérateur a réécrite, avec les preuves que vous aviez gardées."
        }
    }
}

fn learned(lesson: Lesson) -> &'static str {
    match lesson {
        Lesson::Deposit => {
            "Le dépôt est inscrit, son reçu se fait, et le fichier relu a la même empreinte que le vôtre."
        }
        Lesson::Lose => {
            "Qui demande le fichier ne reçoit plus ce que vous aviez déposé. Mais rien n’est parti : le compartiment garde les \
             versions."
        }
        Lesson::Restore => "Le fichier est revenu : son empreinte est celle de votre dépôt.",
        Lesson::Verify => {
            "Vous avez démêlé les quatre. Un reçu vaut ce que vaut sa vérification : faites-la, et ailleurs que chez nous pour ce \
             qui compte."
        }
        Lesson::Recover => {
            "Trois parts ont rebâti la clé et ouvert la lettre ; deux ne pouvaient rien."
        }
        Lesson::Notice => {
            "Vous l’avez trouvée. Deux têtes de même taille et de racines différentes, signées par une même clé, sont une preuve \
             que rien n’efface."
        }
    }
}

fn missed(miss: Miss) -> &'static str {
    match miss {
        Miss::TooEarly => "Faites d’abord les exercices qui précèdent.",
        Miss::OtherContent => {
            "Le fichier relu n’a pas l’empreinte de votre dépôt : ce n’est pas cette version. Essayez-en une autre."
        }
        Miss::WrongReceipts => {
            "Pas encore : au moins un reçu n’est pas ce que vous dites. Vérifiez chacun, un par un."
        }
        Miss::TooFew => {
            "Ces parts ne suffisent pas : il en faut trois. Rien ne s’est ouvert, et c’est voulu."
        }
        Miss::WrongWords => {
            "Une part n’est pas comme sur sa page : comparez les mots un à un, et leur ordre."
        }
        Miss::SameShare => "La même part est donnée deux fois : il faut trois parts différentes.",
        Miss::OtherKey => "Une part est d’une autre clé : prenez les pages de la dernière.",
        Miss::WrongEntry => {
            "Ce n’est pas cette inscription : sa preuve tient. Contrôlez les autres."
        }
        Miss::WrongFinding => {
            "C’est la bonne inscription. Relisez les deux têtes : même taille, même clé, deux racines."
        }
        Miss::Full => "Le bac à sable est plein : fermez-le, et ouvrez-en un autre.",
    }
}
