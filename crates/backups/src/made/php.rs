//! How PHP runs an application: a pool of its own, and what stands before each of its programs.

use crate::application::Application;
use crate::php::quoted;

/// Processes of a pool.
pub(super) const CHILDREN: u32 = 6;
/// Of one process.
const MEMORY_MIB: u32 = 192;
/// What an editor uploads at once.
const BODY_MIB: u32 = 64;
/// What runs other programs, or looks beyond the application. `mail` stays, since programs fail where it is missing.
pub(super) const DISABLED: &str = "exec,passthru,shell_exec,system,popen,proc_open,proc_nice,proc_get_status,proc_terminate,\
    pcntl_exec,pcntl_fork,dl,putenv,symlink,link,posix_kill,posix_mkfifo,posix_setuid,posix_setgid,posix_getpwnam,\
    show_source,highlight_file,phpinfo,apache_setenv,opcache_get_status";

/// Refuses programs in folders for uploads, whatever asks for them.
pub(super) fn guard(application: &Application) -> String {
    let root = application.root();
    let folders: Vec<String> = application
        .no_scripts()
        .iter()
        .map(|folder| quoted(&format!("{}{folder}", root.display())))
        .collect();
    format!(
        "<?php\n// Runs before each program: what was uploaded is never one.\n\
         (function () {{\n    $asked = realpath($_SERVER['SCRIPT_FILENAME'] ?? '');\n    \
         foreach ([{}] as $folder) {{\n        $uploads = realpath($folder);\n        \
         if ($asked === false || $uploads === false || strncmp($asked, \"$uploads/\", strlen($uploads) + 1) === 0) {{\n            \
         http_response_code(403);\n            exit;\n        }}\n    }}\n}})();\n",
        folders.join(", ")
    )
}

/// The pool's file, for `php-fpm --fpm-config`.
pub(super) fn pool(application: &Application) -> String {
    let user = application.user();
    let (socket, root, place) = (application.socket(), application.root(), &application.place);
    let (socket, root, place) = (socket.display(), root.display(), place.display());
    format!(
        "; The application of {host}: made by amana site import.
[global]
error_log = syslog
syslog.ident = {user}
daemonize = no
process_control_timeout = 10s

[{name}]
; Heeded where root starts it; under its unit it is this user from the first instruction on.
user = {user}
group = {user}
listen = {socket}
listen.mode = 0660
pm = ondemand
pm.max_children = {CHILDREN}
pm.process_idle_timeout = 30s
pm.max_requests = 500
request_terminate_timeout = 90s
catch_workers_output = yes
decorate_workers_output = no
clear_env = yes
security.limit_extensions = .php

php_admin_value[auto_prepend_file] = {place}/guard.php
php_admin_value[open_basedir] = {root}:{place}/guard.php:/tmp
php_admin_value[disable_functions] = {DISABLED}
php_admin_value[memory_limit] = {MEMORY_MIB}M
php_admin_value[max_execution_time] = 60
php_admin_value[post_max_size] = {BODY_MIB}M
php_admin_value[upload_max_filesize] = {BODY_MIB}M
php_admin_value[upload_tmp_dir] = /tmp
php_admin_value[sys_temp_dir] = /tmp
php_admin_value[session.save_path] = /tmp
php_admin_flag[session.cookie_httponly] = on
php_admin_flag[session.cookie_secure] = on
php_admin_flag[session.use_strict_mode] = on
; A file that somebody uploads must not change how PHP runs.
php_admin_value[user_ini.filename] = \"\"
php_admin_flag[cgi.fix_pathinfo] = off
php_admin_flag[allow_url_include] = off
php_admin_flag[expose_php] = off
php_admin_flag[display_errors] = off
php_admin_flag[log_errors] = on
",
        host = application.host,
        name = application.name,
    )
}
