//! What a machine needs: a user, units, a database, and what the data centre is told.

use super::php::{CHILDREN, DISABLED};
use crate::application::Application;
use crate::find::Kind;

/// A unit that runs the application's pool alone.
pub(super) fn unit(application: &Application) -> String {
    let (place, run) = (application.place.display(), application.run.display());
    // A unit's own folder lies below /run; elsewhere whoever starts it has made it.
    let folder = match application.run.parent() == Some(std::path::Path::new("/run")) {
        true => format!(
            "RuntimeDirectory={}\nRuntimeDirectoryMode=0750\n",
            application.user()
        ),
        false => format!("ReadWritePaths={run}\n"),
    };
    format!(
        "[Unit]
Description=Amana: the application behind {host}
Wants=mariadb.service
After=network.target mariadb.service
StartLimitIntervalSec=5min
StartLimitBurst=10

[Service]
Type=notify
# Regular expressions that are compiled need memory that is both written and run, which is denied.
ExecStart={program} -d pcre.jit=0 --nodaemonize --fpm-config {place}/php-fpm.conf
ExecReload=/bin/kill -USR2 $MAINPID
Restart=on-failure
RestartSec=5
TimeoutStopSec=30
{folder}{limits}
[Install]
WantedBy=multi-user.target
",
        host = application.host,
        program = application.program(),
        limits = limits(application),
    )
}

/// Who a unit is, what it may use, and what it may touch.
fn limits(application: &Application) -> String {
    let user = application.user();
    let root = application.root();
    let writable: Vec<String> = application
        .writable()
        .iter()
        .map(|below| match *below {
            "." => root.display().to_string(),
            below => root.join(below).display().to_string(),
        })
        .collect();
    let network = match application.updates_itself {
        true => {
            "# Its dashboard fetches updates.\nRestrictAddressFamilies=AF_UNIX AF_INET AF_INET6\n"
        }
        false => {
            "# The database and the data centre are on this machine, and nobody else is asked.\nPrivateNetwork=yes\nRestrictAddressFamilies=AF_UNIX\nIPAddressDeny=any\n"
        }
    };
    format!(
        "User={user}
Group={user}
WorkingDirectory={place}
UMask=0027
LimitNOFILE=4096
LimitCORE=0
MemoryMax=1G
CPUQuota=100%
TasksMax=64

# Nothing but its own files, of which it writes what editors upload, and two sockets.
ReadWritePaths={writable}
InaccessiblePaths=-/etc/amana -/var/lib/amana -/var/lib/mysql
CapabilityBoundingSet=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
DevicePolicy=closed
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
{network}RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
",
        place = application.place.display(),
        writable = writable.join(" "),
    )
}

/// What WordPress does at set times, such as publishing a page that waits for its hour.
pub(super) fn cron(application: &Application) -> String {
    let (root, place) = (application.root(), application.place.display());
    format!(
        "[Unit]
Description=Amana: what is due in the application behind {host}
After=mariadb.service

[Service]
Type=oneshot
TimeoutStartSec=5min
ExecStart=/usr/bin/php{php} -d pcre.jit=0 -d memory_limit=192M -d allow_url_include=0 -d disable_functions={DISABLED} -d open_basedir={root}:{place}/guard.php:/tmp {root}/wp-cron.php
{limits}",
        host = application.host,
        php = application.php,
        root = root.display(),
        limits = limits(application),
    )
}

pub(super) fn timer(application: &Application) -> String {
    format!(
        "[Unit]
Description=Amana: what is due in the application behind {}

[Timer]
OnBootSec=5min
OnUnitInactiveSec=5min

[Install]
WantedBy=timers.target
",
        application.host
    )
}

/// For `systemd-sysusers`: the user, whose group the data centre joins, to reach the socket and to read pictures and styles.
pub(super) fn users(application: &Application) -> String {
    let user = application.user();
    format!(
        "u {user} - \"Amana, application of {}\" /nonexistent /usr/sbin/nologin\nm amana {user}\n",
        application.host
    )
}

/// The database, and a user with rights on it alone. In a grant `_` would stand for any letter.
pub(super) fn database(application: &Application, password: &str) -> String {
    let name = application.database();
    let pattern = name.replace('_', "\\_");
    let user = format!("'{name}'@'localhost'");
    format!(
        "CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS {user};
ALTER USER {user} IDENTIFIED BY '{password}' WITH MAX_USER_CONNECTIONS {connections};
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE TEMPORARY TABLES, LOCK TABLES,
    TRIGGER, CREATE VIEW, SHOW VIEW ON `{pattern}`.* TO {user};
",
        connections = CHILDREN * 2,
    )
}

/// For the database's own client, as it loads the dump: no command of the client's is heeded there, and no file is read.
pub(super) fn client(application: &Application, password: &str) -> String {
    let name = application.database();
    format!(
        "[client]\nuser={name}\npassword={password}\nsocket={}\ndefault-character-set=utf8mb4\n\n\
         [mariadb-client]\nbinary-mode\nlocal-infile=0\n",
        application.database_socket.display()
    )
}

/// What goes into the data centre's `amana.toml`.
pub(super) fn stanza(application: &Application) -> String {
    let list = |texts: &mut dyn Iterator<Item = &str>| {
        let quoted: Vec<String> = texts.map(|text| format!("\"{text}\"")).collect();
        quoted.join(", ")
    };
    let health = match application.kind {
        Kind::WordPress => "health = \"/wp-login.php\"\n",
        Kind::Joomla => "health = \"/administrator/index.php\"\n",
        Kind::Php => "",
    };
    format!(
        "[[sites.application]]\nhost = \"{host}\"\nname = \"{name}\"\nfastcgi = \"unix:{socket}\"\nroot = \"{root}\"\n\
         no_scripts = [{no_scripts}]\n# Whom it knows as editors: everybody else sees what was signed.\nfrom = [{from}]\n\
         {health}connections = {CHILDREN}\n",
        host = application.host,
        name = application.kind.name(),
        socket = application.socket().display(),
        root = application.root().display(),
        no_scripts = list(&mut application.no_scripts().iter().copied()),
        from = list(&mut application.editors.iter().map(String::as_str)),
    )
}

/// The file of the site's folder: editors reach all of the application, the public what is signed.
pub(super) fn applications(application: &Application) -> String {
    format!("/* {} editors\n", application.kind.name())
}
