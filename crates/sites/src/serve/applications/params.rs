//! What a script is told of a request: the variables of CGI (RFC 3875 §4.1), and those that PHP's programs expect beside them.

use http::header::{AUTHORIZATION, CONTENT_TYPE};

use super::FastCgi;
use super::asked::Asked;
use super::records::push_pair;

/// The parameters of a request for a script, as PARAMS holds them.
pub(super) fn params(backend: &FastCgi, asked: &Asked, script: &str, path_info: &str) -> Vec<u8> {
    let root = backend.root.to_string_lossy();
    let root = root.trim_end_matches('/');
    let (server, port) = match asked.name.rsplit_once(':') {
        Some((server, port)) if !port.is_empty() && !port.contains(']') => (server, port),
        _ => (&*asked.name, if asked.is_secure { "443" } else { "80" }),
    };
    let target = asked.target();
    let file = format!("{root}{script}");
    let visitor = asked.visitor.to_string();
    let length = asked.upload.declared_bytes().unwrap_or(0).to_string();
    let mut pairs: Vec<(&str, &str)> = vec![
        ("GATEWAY_INTERFACE", "CGI/1.1"),
        ("SERVER_SOFTWARE", "amana"),
        ("SERVER_PROTOCOL", "HTTP/1.1"),
        ("SERVER_NAME", server),
        ("SERVER_PORT", port),
        ("REQUEST_METHOD", asked.method.as_str()),
        ("REQUEST_SCHEME", asked.scheme()),
        ("REQUEST_URI", &target),
        ("QUERY_STRING", asked.query.as_deref().unwrap_or_default()),
        ("DOCUMENT_ROOT", root),
        ("DOCUMENT_URI", script),
        ("SCRIPT_NAME", script),
        ("SCRIPT_FILENAME", &file),
        ("REMOTE_ADDR", &visitor),
        // PHP as CGI wants to know that a server sent it here.
        ("REDIRECT_STATUS", "200"),
        ("HTTP_HOST", &asked.name),
    ];
    if asked.is_secure {
        pairs.push(("HTTPS", "on"));
    }
    if !path_info.is_empty() {
        pairs.push(("PATH_INFO", path_info));
    }
    let mut bytes = Vec::new();
    for (name, value) in pairs {
        push_pair(name, value.as_bytes(), &mut bytes);
    }
    let media_type = asked.headers.get(CONTENT_TYPE);
    if let Some(media_type) = media_type {
        push_pair("CONTENT_TYPE", media_type.as_bytes(), &mut bytes);
    }
    if media_type.is_some() || length != "0" {
        push_pair("CONTENT_LENGTH", length.as_bytes(), &mut bytes);
    }
    for (name, value) in &asked.headers {
        if name == CONTENT_TYPE {
            continue;
        }
        debug_assert!(name != "proxy", "headers were cleaned");
        let variable = name.as_str().to_ascii_uppercase().replace('-', "_");
        push_pair(&format!("HTTP_{variable}"), value.as_bytes(), &mut bytes);
    }
    if let Some(authorization) = asked.headers.get(AUTHORIZATION) {
        let kind = authorization.as_bytes().split(|byte| *byte == b' ').next();
        push_pair("AUTH_TYPE", kind.unwrap_or_default(), &mut bytes);
    }
    bytes
}
