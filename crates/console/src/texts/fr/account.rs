//! Se connecter, son compte, ses collègues.

use amana_access::Role;

use crate::texts::account::AccountWords;

pub(crate) const WORDS: AccountWords = AccountWords {
    sign_in: "Se connecter",
    by_passkey: "Se connecter avec une clé d’accès",
    passkey_hint: "Votre téléphone, votre ordinateur ou votre clé de sécurité vous reconnaît (empreinte, visage, code) ; \
                   aucun secret ne nous parvient.",
    by_password: "Avec un mot de passe et un code",
    no_way: "Ni l’un ni l’autre ? Deux agents de votre institution peuvent vous donner un nouveau lien.",
    no_passkeys: "À cette adresse, les navigateurs ne font pas de clé d’accès : il leur faut un nom de domaine et une \
                  connexion chiffrée.",
    not_given: "Votre navigateur n’a pas donné de clé d’accès. Recommencez, ou utilisez le mot de passe.",
    account_name: "Nom du compte",
    account_hint: "Par exemple finances/3.",
    password: "Mot de passe",
    password_hint: "Au moins douze caractères ; une phrase se retient mieux qu’un mot.",
    code: "Code",
    code_hint: "Les six chiffres que montre votre téléphone.",
    enrol: "Ouvrir votre compte",
    enrol_lead: "Un lien ou un code vous a été remis : il ouvre votre compte, une seule fois.",
    link_code: "Code du lien",
    go_on: "Continuer",
    whose: |person, role, account| {
        format!("Ce lien est pour {person} ({role}) ; le compte s’appellera {account}.")
    },
    make_passkey: "Créer une clé d’accès",
    label: "Nom de cette clé",
    label_hint: "Pour la reconnaître, par exemple « téléphone du bureau ».",
    choose_password: "Sans clé d’accès : un mot de passe et un code",
    codes_lead: "Une application de codes (TOTP) sur votre téléphone montre un nouveau code toutes les trente secondes. \
                 Donnez-lui ce secret :",
    open_codes: "L’ouvrir sur ce téléphone",
    qr: "À photographier avec l’application de codes de votre téléphone",
    seed: "Secret :",
    set_password: "Choisir ce mot de passe",
    account: "Mon compte",
    credentials: "Avec quoi vous vous connectez",
    what: "Nom",
    since: "Depuis",
    acts: "Action",
    a_password: "Mot de passe et code",
    remove: "Retirer",
    add: "Ajouter une clé d’accès ou un mot de passe",
    add_why: "Ayez-en deux, sur deux appareils : qui perd le seul a besoin de deux collègues.",
    sessions: "Où vous êtes connecté",
    browser: "Navigateur",
    until: "Jusqu’au",
    this_one: "cette session",
    end: "Fermer",
    sign_out: "Se déconnecter",
    officials: "Collègues",
    person: "Personne",
    role_column: "Rôle",
    signs_in: "Se connecte avec",
    holds: |passkeys, password, identities| {
        let mut all = Vec::new();
        all.extend(match passkeys {
            0 => None,
            1 => Some("une clé d’accès".to_owned()),
            many => Some(format!("{many} clés d’accès")),
        });
        all.extend(password.then(|| "un mot de passe".to_owned()));
        all.extend((identities > 0).then(|| "le fournisseur d’identité".to_owned()));
        match all.is_empty() {
            true => "rien encore".to_owned(),
            false => all.join(", "),
        }
    },
    invited: |until| format!("lien ouvert jusqu’au {until}"),
    invite: "Donner un lien",
    recover: "A tout perdu : proposer un nouveau lien",
    propose_removal: "Proposer la fin du rôle",
    name_somebody: "Proposer une nomination",
    takes_two: "Cela demande deux agents : vous proposez, un autre approuve.",
    name: "Nom de la personne",
    reason: "Pourquoi (facultatif)",
    propose: "Proposer",
    name_auditor: "Nommer un auditeur",
    takes_one: "Un auditeur lit et n’approuve rien : une personne suffit à le nommer.",
    name_and_link: "Nommer et créer le lien",
    proposals: "Propositions",
    no_proposals: "Aucune proposition.",
    proposed: |operation, person, role| match operation {
        "end-retention" => format!("Mettre fin à la conservation de {person}"),
        "leave" => {
            "Quitter le centre de données : plus rien de nouveau n’est reçu de l’institution"
                .to_owned()
        }
        "stay" => "Rester finalement : les dépôts sont de nouveau reçus".to_owned(),
        "change-custodians" => match person.rsplit_once(' ') {
            Some((plan, set)) => {
                format!("Partager la racine entre d’autres dépositaires : {plan} (jeu {set})")
            }
            None => "Partager la racine entre d’autres dépositaires".to_owned(),
        },
        "appoint" => format!("Nommer {person} : {role}"),
        "recover" => format!(
            "Donner un nouveau lien à {person}, qui a tout perdu ; ses clés actuelles sont retirées"
        ),
        _ => format!("Mettre fin au rôle de {person}"),
    },
    custodians: "Proposer d’autres dépositaires",
    custodians_lead: "Il y faut deux agents, dès que deux agents qui approuvent peuvent se connecter. Pendant 30 jours après \
                      l’approbation, une passerelle accepte « amana keys reshare » avec exactement ce plan, en présence des \
                      dépositaires actuels. Les anciennes pages valent jusqu’à ce qu’elles soient brûlées.",
    plan: "Qui reconstitue la racine désormais (3-of-5, ou 2 of {cabinet 2-of-3, ICT 2-of-3})",
    leave: "Proposer de partir",
    leave_lead: "Il y faut deux agents. Dès l’approbation, plus rien de nouveau n’est reçu de votre institution : ni objet, ni \
                 compartiment, ni publication de site. Lire, exporter, supprimer et révoquer restent possibles, et deux d’entre \
                 vous peuvent revenir sur cette décision. Exporter tout ne demande la permission de personne, avant comme après.",
    stay: "Proposer de rester",
    stay_lead: "Votre institution part : plus rien de nouveau n’est reçu d’elle. Si deux agents en décident ainsi, les dépôts \
                sont de nouveau reçus.",
    proposal: "Proposition",
    proposer: "Par",
    state: "État",
    proposal_state: |state| match state {
        "open" => "attend un second agent",
        "approved" => "approuvée : le trousseau qui les nomme est accepté jusqu’au",
        "done" => "faite",
        "refused" => "refusée",
        "withdrawn" => "retirée",
        _ => "échue",
    },
    approve: "Approuver",
    refuse: "Refuser",
    withdraw: "Retirer",
    support: "Assistance de l’opérateur",
    support_lead: "L’opérateur n’entre dans votre espace que si vous l’y laissez, pour un temps, sans lire de contenu ni rien \
                   changer ; chaque consultation est une inscription à votre registre.",
    support_until: |until, who| {
        format!("L’équipe de l’opérateur peut entrer jusqu’au {until}, par {who}.")
    },
    no_support: "Personne de l’opérateur ne peut entrer.",
    hours: "Pour combien d’heures (au plus 168)",
    let_in: "Laisser entrer",
    put_out: "Ne plus laisser entrer",
    new_link: "Un lien à remettre",
    link_lead: |account, until| {
        format!(
            "Remettez ce lien à la personne elle-même : qui l’a devient {account}. Il n’est montré que cette fois, sert une \
             seule fois, et s’éteint le {until}."
        )
    },
    role: |role| match role {
        Role::Director => "directeur",
        Role::FocalPoint => "correspondant informatique",
        Role::Custodian => "dépositaire de clés",
        Role::Auditor => "auditeur",
        Role::Operator => "équipe de l’opérateur",
    },
};
