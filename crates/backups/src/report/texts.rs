//! The report's words, in English and in French.

use crate::versions::Verdict;

/// Every word of the report in one language.
pub(super) struct Texts {
    pub(super) lang: &'static str,
    pub(super) title: &'static str,
    pub(super) made: &'static str,
    pub(super) backup: &'static str,
    pub(super) place: &'static str,
    pub(super) files: &'static str,
    pub(super) database: &'static str,
    pub(super) tables: &'static str,
    pub(super) core: &'static str,
    pub(super) to_decide: &'static str,
    pub(super) nothing_to_decide: &'static str,
    pub(super) versions: &'static str,
    pub(super) what: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) file: &'static str,
    pub(super) proves_nothing: &'static str,
    /// Core, plugin, theme.
    parts: [&'static str; 3],
    /// In the order of `Verdict`.
    verdicts: [&'static str; 3],
    /// Code, title, and what to do; in the order in which they are shown. The last is for all others.
    pub(super) decisions: [(&'static str, &'static str, &'static str); 27],
}

impl Texts {
    pub(super) fn verdict(&self, verdict: Verdict) -> &'static str {
        self.verdicts[verdict as usize]
    }

    pub(super) fn part(&self, kind: &str) -> &'static str {
        match kind {
            "core" => self.parts[0],
            "plugin" => self.parts[1],
            _ => self.parts[2],
        }
    }

    /// Where a kind of finding stands.
    pub(super) fn place(&self, code: &str) -> usize {
        let known = self.decisions.iter().position(|(own, _, _)| *own == code);
        known.unwrap_or(self.decisions.len() - 1)
    }
}

pub(super) static ENGLISH: Texts = Texts {
    lang: "en",
    title: "Backup of",
    made: "Read at",
    backup: "Backup",
    place: "Folder of the application in it",
    files: "Files looked through",
    database: "Database",
    tables: "tables",
    core: "Version of the core",
    to_decide: "To decide, or to look at",
    nothing_to_decide: "Nothing.",
    versions: "Versions that were found",
    what: "What",
    name: "Name",
    version: "Version",
    file: "File",
    proves_nothing: "What intruders commonly leave was looked for. Finding nothing proves nothing.",
    parts: ["core", "plugin", "theme"],
    verdicts: ["older than", "not older than", "not compared"],
    decisions: [
        (
            "web-shell",
            "Marks of a web shell",
            "The site is most likely broken into. Don't set this application up: take a backup from before, or replace every program by a fresh one, and change all passwords.",
        ),
        (
            "hidden-program",
            "Programs under another file's name",
            "A picture or a text that begins as a PHP program was most likely put there by an intruder.",
        ),
        (
            "program-in-uploads",
            "Programs among uploaded files",
            "They were left out. WordPress puts none there: ask who did.",
        ),
        (
            "hidden-script",
            "Scripts that hide what they do",
            "They may be an intruder's, or a plugin's that was packed. Compare the files with those of the plugin's maker.",
        ),
        (
            "administrators",
            "Who administers",
            "Each of these can change everything. Take away those whom you don't know, and give the others new passwords.",
        ),
        (
            "another-application",
            "Other applications in the backup",
            "They weren't set up. Old copies are where intruders come in: don't bring them along.",
        ),
        (
            "core-old",
            "The core is old",
            "Known holes are open in it. Update it before editors work with it.",
        ),
        (
            "core-not-compared",
            "The core's version wasn't compared",
            "This machine knows no list of newer releases of this series. Look at wordpress.org/download/releases or downloads.joomla.org, or at the page for updates in the dashboard.",
        ),
        (
            "parts-not-compared",
            "Plugins and themes weren't compared",
            "No list of their newest versions is on this machine. Compare the table below with each maker's page, and remove what isn't used.",
        ),
        (
            "php-missing",
            "PHP isn't installed",
            "Install it before the application is set up.",
        ),
        (
            "php-old",
            "PHP is too old for it",
            "This version of the application doesn't run on it.",
        ),
        (
            "settings-uncertain",
            "Settings that a program decides",
            "Two values are defined, or one is computed. Look which one holds, and whether the right database was taken.",
        ),
        (
            "multisite",
            "A network of several sites",
            "Only its first site is set up. The others' tables are loaded, but nothing shows them.",
        ),
        (
            "other-name",
            "The site had another name",
            "Its pages still say this name in their texts and links. What the public sees is corrected at each publication; in the editor's part they stay as they are.",
        ),
        (
            "settings-left",
            "Settings that weren't taken over",
            "They may hold secrets, or mean nothing here. Write those that are needed into the new settings by hand.",
        ),
        (
            "settings-by-hand",
            "Settings of a program that isn't known",
            "Write the new database's name, user and password into them; they stand in database.cnf.",
        ),
        (
            "old-settings",
            "Old settings",
            "They hold old passwords, and stay in the backup. New ones were made.",
        ),
        (
            "server-settings",
            "Settings of the old server",
            "They aren't heeded here, or could change how PHP runs. Redirects among them belong into _redirects.",
        ),
        (
            "drop-in",
            "Programs of caches",
            "They were left out: what the public sees is a folder, and needs no cache.",
        ),
        (
            "copy",
            "Old copies",
            "They were left out. Visitors could have fetched them from the old server: passwords in them are no secret any more.",
        ),
        ("log", "Logs", "They were left out."),
        ("hidden", "Hidden files and folders", "They were left out."),
        (
            "links",
            "Links and devices",
            "They were left out, since a link may lead out of the application. Where one is needed, copy what it led to.",
        ),
        (
            "registration",
            "Anybody may register",
            "Turn that off in the dashboard, unless it is wanted.",
        ),
        (
            "statements-left-out",
            "Statements that reach beyond the database",
            "They were left out of the copy of the dump that is loaded.",
        ),
        (
            "definers",
            "Views or triggers in another user's name",
            "The database may refuse them. Make the dump without DEFINER, or make them anew.",
        ),
        ("", "Other", "Look at these."),
    ],
};

pub(super) static FRENCH: Texts = Texts {
    lang: "fr",
    title: "Sauvegarde de",
    made: "Lue le",
    backup: "Sauvegarde",
    place: "Dossier de l’application dans celle-ci",
    files: "Fichiers examinés",
    database: "Base de données",
    tables: "tables",
    core: "Version du noyau",
    to_decide: "À décider, ou à regarder",
    nothing_to_decide: "Rien.",
    versions: "Versions trouvées",
    what: "Quoi",
    name: "Nom",
    version: "Version",
    file: "Fichier",
    proves_nothing: "Ce que les intrus laissent d’habitude a été cherché. Ne rien trouver ne prouve rien.",
    parts: ["noyau", "extension", "thème"],
    verdicts: ["plus ancienne que", "pas plus ancienne que", "non comparée"],
    decisions: [
        (
            "web-shell",
            "Traces d’une porte dérobée",
            "Le site est très probablement piraté. N’installez pas cette application : prenez une sauvegarde antérieure, ou remplacez chaque programme par un neuf, et changez tous les mots de passe.",
        ),
        (
            "hidden-program",
            "Programmes sous le nom d’un autre fichier",
            "Une image ou un texte qui commence comme un programme PHP a très probablement été placé par un intrus.",
        ),
        (
            "program-in-uploads",
            "Programmes parmi les fichiers déposés",
            "Ils ont été laissés de côté. WordPress n’en met pas là : demandez qui l’a fait.",
        ),
        (
            "hidden-script",
            "Scripts qui cachent ce qu’ils font",
            "Ils peuvent être d’un intrus, ou d’une extension qui les a compactés. Comparez les fichiers à ceux de l’auteur de l’extension.",
        ),
        (
            "administrators",
            "Qui administre",
            "Chacun d’eux peut tout changer. Retirez ceux que vous ne connaissez pas, et donnez aux autres de nouveaux mots de passe.",
        ),
        (
            "another-application",
            "Autres applications dans la sauvegarde",
            "Elles n’ont pas été installées. Les vieilles copies sont l’entrée des intrus : ne les emportez pas.",
        ),
        (
            "core-old",
            "Le noyau est ancien",
            "Des failles connues y sont ouvertes. Mettez-le à jour avant que les rédacteurs y travaillent.",
        ),
        (
            "core-not-compared",
            "La version du noyau n’a pas été comparée",
            "Cette machine ne connaît aucune liste de versions plus récentes de cette série. Voyez wordpress.org/download/releases ou downloads.joomla.org, ou la page des mises à jour du tableau de bord.",
        ),
        (
            "parts-not-compared",
            "Les extensions et les thèmes n’ont pas été comparés",
            "Aucune liste de leurs dernières versions n’est sur cette machine. Comparez le tableau ci-dessous à la page de chaque auteur, et retirez ce qui ne sert pas.",
        ),
        (
            "php-missing",
            "PHP n’est pas installé",
            "Installez-le avant d’installer l’application.",
        ),
        (
            "php-old",
            "PHP est trop ancien",
            "Cette version de l’application ne tourne pas avec lui.",
        ),
        (
            "settings-uncertain",
            "Réglages qu’un programme décide",
            "Deux valeurs sont définies, ou une est calculée. Regardez laquelle vaut, et si la bonne base a été prise.",
        ),
        (
            "multisite",
            "Un réseau de plusieurs sites",
            "Seul son premier site est installé. Les tables des autres sont chargées, mais rien ne les montre.",
        ),
        (
            "other-name",
            "Le site avait un autre nom",
            "Ses pages disent encore ce nom dans leurs textes et leurs liens. Ce que voit le public est corrigé à chaque publication ; dans la partie des rédacteurs, cela reste.",
        ),
        (
            "settings-left",
            "Réglages qui n’ont pas été repris",
            "Ils peuvent contenir des secrets, ou ne rien vouloir dire ici. Écrivez à la main ceux qu’il faut dans les nouveaux réglages.",
        ),
        (
            "settings-by-hand",
            "Réglages d’un programme inconnu",
            "Écrivez-y le nom, l’utilisateur et le mot de passe de la nouvelle base ; ils sont dans database.cnf.",
        ),
        (
            "old-settings",
            "Anciens réglages",
            "Ils contiennent d’anciens mots de passe et restent dans la sauvegarde. De nouveaux ont été faits.",
        ),
        (
            "server-settings",
            "Réglages de l’ancien serveur",
            "Ils ne valent pas ici, ou pourraient changer la façon dont PHP tourne. Les redirections qui s’y trouvent vont dans _redirects.",
        ),
        (
            "drop-in",
            "Programmes de caches",
            "Ils ont été laissés de côté : ce que voit le public est un dossier, et n’a pas besoin de cache.",
        ),
        (
            "copy",
            "Vieilles copies",
            "Elles ont été laissées de côté. Des visiteurs ont pu les prendre sur l’ancien serveur : les mots de passe qu’elles contiennent ne sont plus secrets.",
        ),
        ("log", "Journaux", "Ils ont été laissés de côté."),
        (
            "hidden",
            "Fichiers et dossiers cachés",
            "Ils ont été laissés de côté.",
        ),
        (
            "links",
            "Liens et périphériques",
            "Ils ont été laissés de côté, car un lien peut mener hors de l’application. S’il en faut un, copiez ce à quoi il menait.",
        ),
        (
            "registration",
            "N’importe qui peut s’inscrire",
            "Désactivez cela dans le tableau de bord, sauf si c’est voulu.",
        ),
        (
            "statements-left-out",
            "Instructions qui dépassent la base",
            "Elles ont été retirées de la copie qui est chargée.",
        ),
        (
            "definers",
            "Vues ou déclencheurs au nom d’un autre utilisateur",
            "La base peut les refuser. Refaites la copie sans DEFINER, ou recréez-les.",
        ),
        ("", "Autres", "À regarder."),
    ],
};
