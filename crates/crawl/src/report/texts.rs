//! The report's words, in English and in French.

use super::Became;

/// Every word of the report in one language.
pub(super) struct Texts {
    pub(super) lang: &'static str,
    pub(super) title: &'static str,
    pub(super) made: &'static str,
    pub(super) new_name: &'static str,
    pub(super) summary: &'static str,
    pub(super) to_decide: &'static str,
    pub(super) nothing_to_decide: &'static str,
    pub(super) found_at: &'static str,
    pub(super) more: &'static str,
    pub(super) all: &'static str,
    pub(super) address: &'static str,
    pub(super) status: &'static str,
    pub(super) what_became: &'static str,
    pub(super) archive: &'static str,
    /// Why an address was left out, by its code.
    notes: [(&'static str, &'static str); 7],
    /// In the order of `Became`.
    became: [&'static str; 8],
    /// Code, title, and what to do; in the order in which they are shown. The last is for all others.
    pub(super) decisions: [(&'static str, &'static str, &'static str); 28],
}

impl Texts {
    pub(super) fn became(&self, became: Became) -> &'static str {
        self.became[became as usize]
    }

    /// A note in words; what isn't a code, as it is.
    pub(super) fn note<'a>(&self, note: &'a str) -> &'a str {
        let known = self.notes.iter().find(|(code, _)| *code == note);
        known.map_or(note, |(_, words)| words)
    }

    /// Where a kind of finding stands.
    pub(super) fn place(&self, code: &str) -> usize {
        let known = self.decisions.iter().position(|(own, _, _)| *own == code);
        known.unwrap_or(self.decisions.len() - 1)
    }
}

pub(super) static ENGLISH: Texts = Texts {
    lang: "en",
    title: "Import of",
    made: "Made at",
    new_name: "Its new name:",
    summary: "What became of the addresses",
    to_decide: "To decide, or to look at",
    nothing_to_decide: "Nothing.",
    found_at: "Found at:",
    more: "addresses",
    all: "Every address",
    address: "Address",
    status: "Answered",
    what_became: "What became of it",
    archive: "Everything that was fetched is in archive.warc.gz beside this page. Read it again with any program for web archives.",
    notes: [
        ("for-editors", "for editors, or takes forms"),
        (
            "noise",
            "differs from its path in a parameter that changes nothing for visitors",
        ),
        ("shape", "too long, or repeats itself"),
        ("trap", "too many differ from it in numbers alone"),
        ("robots", "robots.txt asks not to"),
        ("bound", "beyond the bounds of this import"),
        ("not-written", "no rule can say it"),
    ],
    became: [
        "a file",
        "as its path without the query",
        "a redirect, as it was",
        "not there before either",
        "refused by the server",
        "no answer",
        "left out",
        "asked for to learn of others",
    ],
    decisions: [
        (
            "bound",
            "The import stopped at its bound",
            "What it knew of and didn't ask for isn't in the folder. Give the command again with a higher bound: what is there is kept.",
        ),
        (
            "trap",
            "Addresses that go on without an end",
            "So many differ in numbers alone, or lie so many links away, that the rest wasn't asked for. If visitors need them, import again with a higher --max-alike, or name them with --seeds.",
        ),
        (
            "robots",
            "Kept back by robots.txt",
            "These weren't asked for, since robots.txt asks not to. If the site is yours, import again with --own-site.",
        ),
        (
            "no-zone",
            "What else lives under the site's name isn't known",
            "No name server told of its zone, so there is neither a zone file nor a checklist for the move. Give one with --dns, or ask whoever keeps the zone.",
        ),
        (
            "web-shell",
            "Marks of a web shell",
            "The old site is most likely broken into. Don't publish these pages; ask whoever runs the old server to look.",
        ),
        (
            "secret",
            "Passwords, keys, settings",
            "Whoever asked the old site got them: change the passwords and keys. A deploy refuses these; take them out of the folder, or name what is meant for the public with --allow.",
        ),
        (
            "database",
            "Databases and copies of them",
            "Whoever asked the old site got them. A deploy refuses these; take them out of the folder, or name what is meant for the public with --allow.",
        ),
        (
            "copy",
            "Old copies and backups",
            "A deploy refuses these; take them out of the folder, or name what is meant for the public with --allow.",
        ),
        (
            "program",
            "Sources of programs",
            "The old server showed them in place of running them. A deploy refuses these; take them out of the folder, or name what is meant for the public with --allow.",
        ),
        (
            "unread",
            "Archives that weren't looked through whole",
            "They hold too much. Look at them yourself.",
        ),
        (
            "hidden-script",
            "Scripts that hide what they do",
            "They were most likely put there by an intruder. The Content-Security-Policy in _headers keeps browsers from running those in pages; take them out of the pages.",
        ),
        (
            "hidden-frame",
            "Frames that show nothing",
            "Take them out of the pages, unless you know what they are for.",
        ),
        (
            "hidden-links",
            "Links that nobody sees",
            "They advertise other sites in your name. Take them out of the pages.",
        ),
        (
            "sends-away",
            "Pages that send visitors to another host",
            "Keep them if you want that.",
        ),
        (
            "form-message",
            "Forms that send something",
            "A folder takes no messages. Lead each to a mailbox or to an application, or take it out.",
        ),
        (
            "form-search",
            "Search forms",
            "They lead to a search of our own, at /_search/, that runs in the visitor's browser. A form that is sent elsewhere, or as a body, isn't led there.",
        ),
        (
            "form-comment",
            "Comment forms",
            "A folder takes no comments. Comments that are there stay; take the form out.",
        ),
        (
            "form-sign-in",
            "Forms that let people in",
            "Editors sign in to the system behind the site, not to the site that is published.",
        ),
        (
            "script-host",
            "Other hosts whose scripts run in your pages",
            "Each can change your pages. Keep those that you need; take the others out of the pages and of _headers.",
        ),
        (
            "many-inline-scripts",
            "Too many different scripts in pages",
            "The policy in _headers allows every script in a page, since a header can't name so many.",
        ),
        (
            "failed",
            "Addresses without an answer",
            "Import again: what is there is kept, and these are asked for again.",
        ),
        (
            "refused",
            "Addresses that the server refused",
            "If visitors should see them, let us in and import again.",
        ),
        (
            "broken-link",
            "Links that led nowhere before",
            "They lead nowhere now either. Correct the pages that link to them.",
        ),
        (
            "redirect-not-written",
            "Redirects that _redirects can't say",
            "Write a rule for each by hand, if somebody uses it.",
        ),
        (
            "header-not-kept",
            "Headers that _headers can't say",
            "The old site sent them with these addresses, and a rule is for a path whatever its query. Write one by hand, if visitors need it.",
        ),
        (
            "names-old-host",
            "Pages that still name the old host",
            "They don't refer to it, but say its name: perhaps in a text, or in an address for mail.",
        ),
        (
            "left-out",
            "Left out",
            "For editors, or with a parameter that changes nothing for visitors: these weren't asked for. Name what is missing with --seeds, and import again.",
        ),
        ("", "Other", "Look at these."),
    ],
};

pub(super) static FRENCH: Texts = Texts {
    lang: "fr",
    title: "Reprise de",
    made: "Faite le",
    new_name: "Son nouveau nom :",
    summary: "Ce que sont devenues les adresses",
    to_decide: "À décider, ou à regarder",
    nothing_to_decide: "Rien.",
    found_at: "Trouvé à :",
    more: "adresses",
    all: "Toutes les adresses",
    address: "Adresse",
    status: "Réponse",
    what_became: "Ce qu’elle est devenue",
    archive: "Tout ce qui a été lu est dans archive.warc.gz à côté de cette page. Tout logiciel d’archives du web sait le relire.",
    notes: [
        (
            "for-editors",
            "pour les rédacteurs, ou reçoit des formulaires",
        ),
        (
            "noise",
            "ne diffère de son chemin que par un paramètre sans effet pour les visiteurs",
        ),
        ("shape", "trop longue, ou se répète"),
        ("trap", "trop d’autres n’en diffèrent que par des nombres"),
        ("robots", "robots.txt demande de ne pas la lire"),
        ("bound", "au-delà des limites de cette reprise"),
        ("not-written", "aucune règle ne sait la dire"),
    ],
    became: [
        "un fichier",
        "comme son chemin sans la requête",
        "une redirection, comme avant",
        "absente avant aussi",
        "refusée par le serveur",
        "sans réponse",
        "laissée de côté",
        "demandée pour en trouver d’autres",
    ],
    decisions: [
        (
            "bound",
            "La reprise s’est arrêtée à sa limite",
            "Ce qu’elle connaissait sans l’avoir demandé n’est pas dans le dossier. Redonnez la commande avec une limite plus haute : ce qui est là est gardé.",
        ),
        (
            "trap",
            "Adresses qui n’ont pas de fin",
            "Tant d’adresses ne diffèrent que par des nombres, ou sont à tant de liens, que le reste n’a pas été demandé. Si des visiteurs en ont besoin, relancez avec un --max-alike plus haut, ou nommez-les par --seeds.",
        ),
        (
            "robots",
            "Retenues par robots.txt",
            "Elles n’ont pas été demandées, puisque robots.txt le demande. Si le site est à vous, relancez avec --own-site.",
        ),
        (
            "no-zone",
            "On ne sait pas ce qui vit d’autre sous le nom du site",
            "Aucun serveur de noms n’a rien dit de sa zone : il n’y a ni fichier de zone, ni liste pour le déménagement. Donnez-en un par --dns, ou demandez à qui tient la zone.",
        ),
        (
            "web-shell",
            "Traces d’une porte dérobée",
            "L’ancien site est très probablement piraté. Ne publiez pas ces pages ; faites examiner l’ancien serveur.",
        ),
        (
            "secret",
            "Mots de passe, clés, réglages",
            "Quiconque les demandait à l’ancien site les obtenait : changez les mots de passe et les clés. Un déploiement les refuse ; retirez-les du dossier, ou nommez par --allow ce qui est destiné au public.",
        ),
        (
            "database",
            "Bases de données et leurs copies",
            "Quiconque les demandait à l’ancien site les obtenait. Un déploiement les refuse ; retirez-les du dossier, ou nommez par --allow ce qui est destiné au public.",
        ),
        (
            "copy",
            "Anciennes copies et sauvegardes",
            "Un déploiement les refuse ; retirez-les du dossier, ou nommez par --allow ce qui est destiné au public.",
        ),
        (
            "program",
            "Sources de programmes",
            "L’ancien serveur les montrait au lieu de les exécuter. Un déploiement les refuse ; retirez-les du dossier, ou nommez par --allow ce qui est destiné au public.",
        ),
        (
            "unread",
            "Archives qui n’ont pas été lues en entier",
            "Elles contiennent trop. Regardez-les vous-même.",
        ),
        (
            "hidden-script",
            "Scripts qui cachent ce qu’ils font",
            "Un intrus les a très probablement placés. La règle Content-Security-Policy de _headers empêche les navigateurs d’exécuter ceux des pages ; retirez-les des pages.",
        ),
        (
            "hidden-frame",
            "Cadres qui ne montrent rien",
            "Retirez-les des pages, sauf si vous savez à quoi ils servent.",
        ),
        (
            "hidden-links",
            "Liens que personne ne voit",
            "Ils font de la publicité en votre nom. Retirez-les des pages.",
        ),
        (
            "sends-away",
            "Pages qui envoient les visiteurs ailleurs",
            "Gardez-les si vous le voulez ainsi.",
        ),
        (
            "form-message",
            "Formulaires qui envoient quelque chose",
            "Un dossier ne reçoit pas de messages. Dirigez chacun vers une boîte ou une application, ou retirez-le.",
        ),
        (
            "form-search",
            "Formulaires de recherche",
            "Ils mènent à notre propre recherche, à /_search/, qui se fait dans le navigateur du visiteur. Un formulaire envoyé ailleurs, ou comme un corps, n’y mène pas.",
        ),
        (
            "form-comment",
            "Formulaires de commentaires",
            "Un dossier ne reçoit pas de commentaires. Ceux qui y sont restent ; retirez le formulaire.",
        ),
        (
            "form-sign-in",
            "Formulaires de connexion",
            "Les rédacteurs se connectent au système derrière le site, pas au site publié.",
        ),
        (
            "script-host",
            "Autres hôtes dont les scripts s’exécutent dans vos pages",
            "Chacun peut modifier vos pages. Gardez ceux dont vous avez besoin ; retirez les autres des pages et de _headers.",
        ),
        (
            "many-inline-scripts",
            "Trop de scripts différents dans les pages",
            "La règle de _headers permet tout script d’une page, car un en-tête ne peut pas en nommer autant.",
        ),
        (
            "failed",
            "Adresses sans réponse",
            "Relancez la reprise : ce qui est là est gardé, celles-ci sont redemandées.",
        ),
        (
            "refused",
            "Adresses que le serveur a refusées",
            "Si les visiteurs doivent les voir, donnez-nous accès et relancez la reprise.",
        ),
        (
            "broken-link",
            "Liens qui ne menaient déjà nulle part",
            "Ils ne mènent toujours nulle part. Corrigez les pages qui les portent.",
        ),
        (
            "redirect-not-written",
            "Redirections que _redirects ne sait pas dire",
            "Écrivez une règle à la main pour chacune, si quelqu’un s’en sert.",
        ),
        (
            "header-not-kept",
            "En-têtes que _headers ne sait pas dire",
            "L’ancien site les envoyait à ces adresses, et une règle vaut pour un chemin quelle que soit sa requête. Écrivez-en une à la main, si des visiteurs en ont besoin.",
        ),
        (
            "names-old-host",
            "Pages qui nomment encore l’ancien hôte",
            "Elles n’y renvoient pas, mais disent son nom : peut-être dans un texte, ou dans une adresse de courriel.",
        ),
        (
            "left-out",
            "Laissées de côté",
            "Pour les rédacteurs, ou avec un paramètre sans effet pour les visiteurs : elles n’ont pas été demandées. Nommez par --seeds ce qui manque, et relancez la reprise.",
        ),
        ("", "Autres", "À regarder."),
    ],
};
