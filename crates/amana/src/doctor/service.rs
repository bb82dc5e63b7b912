//! What the running server knows: whether it serves, who witnesses it, by which clock, and what it shows of TLS.

use std::path::Path;

use amana_store::clock;
use amana_tls::Certificate;
use serde_json::Value;

use super::{Code, Findings, Level};
use crate::config::{Config, environment};
use crate::gateway::config::Config as GatewayConfig;
use crate::gateway::folder::Folder;
use crate::output;
use crate::tls::Settings;

/// A clock that is behind what witnesses signed by this much isn't right.
const MAX_BEHIND_S: i64 = 60;
/// A witness that didn't come for so long doesn't count any more.
const SILENT_S: i64 = 60 * 60;
/// A certificate that expires within so long should have been renewed: half a week for an own one, two for a given one.
const OWN_LEFT_S: i64 = 2 * 24 * 60 * 60;
const GIVEN_LEFT_S: i64 = 14 * 24 * 60 * 60;

/// Looks at it.
pub(super) fn look(found: &mut Findings, data: &Path, is_gateway: bool, running: Option<&Value>) {
    match running {
        None => found.add(
            Level::Notice,
            Code::NotRunning,
            [data.display().to_string()],
        ),
        Some(health) => {
            found.good(Code::Runs, &health["pid"]);
            match is_gateway {
                true => gateway(found, health),
                false => centre(found, health),
            }
        }
    }
    given_tls(found, data, is_gateway, running);
}

fn gateway(found: &mut Findings, health: &Value) {
    if health["vouched"] == false {
        found.add(Level::Notice, Code::NotVouched, [""; 0]);
    }
    match health["alarms"].as_u64() {
        None | Some(0) => {}
        Some(alarms) => found.add(Level::Bad, Code::Alarms, [alarms]),
    }
    let mirror = &health["mirror"];
    let place = mirror["place"].as_str().unwrap_or_default();
    match (mirror.is_object(), mirror["trouble"].as_str()) {
        (false, _) => found.add(Level::Notice, Code::NoOwnMirror, [""; 0]),
        (true, Some(why)) => found.add(Level::Bad, Code::OwnMirrorFails, [place, why]),
        (true, None) => found.good(Code::MirrorKept, place),
    }
}

fn centre(found: &mut Findings, health: &Value) {
    if let Some(why) = health["read_only"].as_str() {
        found.add(Level::Bad, Code::ReadOnly, [why]);
    }
    for altered in health["altered_applications"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let named = [&altered["site"], &altered["application"]];
        let named = named.map(|name| name.as_str().unwrap_or_default());
        found.add(Level::Bad, Code::ApplicationAltered, named);
    }
    let now_s = clock::system_ms().div_euclid(1000);
    let witnesses = health["witnesses"].as_array().cloned().unwrap_or_default();
    let needed = health["needed"].as_u64().unwrap_or_default();
    let last_s = |witness: &Value| witness["last_s"].as_i64();
    if let Some(newest_s) = witnesses.iter().filter_map(last_s).max() {
        match newest_s - now_s {
            ahead @ MAX_BEHIND_S.. => found.add(Level::Bad, Code::ClockAhead, [ahead]),
            _ => found.good(Code::ClockAgrees, ""),
        }
    }
    if needed == 0 {
        return found.add(Level::Notice, Code::NoQuorum, [""; 0]);
    }
    let mut come = 0;
    for witness in &witnesses {
        let name = witness["name"].as_str().unwrap_or_default();
        match last_s(witness) {
            Some(last_s) if now_s - last_s < SILENT_S => come += 1,
            Some(last_s) => {
                let when = output::time_s(last_s.cast_unsigned());
                found.add(Level::Notice, Code::WitnessSilent, [name, &when]);
            }
            None => found.add(Level::Notice, Code::WitnessNever, [name]),
        }
    }
    let counted = [come, needed, witnesses.len() as u64];
    match come < needed {
        true => found.add(Level::Bad, Code::WitnessesMissing, counted),
        false => found.add(Level::Good, Code::WitnessesCome, counted),
    }
}

/// What is shown is asked of the server; without one, a given certificate is read from its file.
fn given_tls(found: &mut Findings, data: &Path, is_gateway: bool, running: Option<&Value>) {
    let Some((settings, is_plain_beyond)) = settings(data, is_gateway) else {
        return;
    };
    if is_plain_beyond {
        found.add(Level::Notice, Code::NoTls, [""; 0]);
    }
    let told = running.and_then(|health| {
        let tls = &health["tls"];
        let names = tls["names"].as_array()?.iter();
        let names = names.filter_map(|name| name.as_str().map(str::to_owned));
        Some((tls["expires_s"].as_i64()?, names.collect::<Vec<_>>()))
    });
    let shown = match (told, &settings.certificate) {
        (Some(told), _) => Some(told),
        (None, Some(path)) => match Certificate::read(path) {
            Ok(read) => {
                let names = read.names.iter().map(ToString::to_string);
                Some((read.until_s, names.collect()))
            }
            Err(error) => {
                let path = path.display().to_string();
                return found.add(Level::Bad, Code::TlsUnreadable, [path, error.to_string()]);
            }
        },
        (None, None) => None,
    };
    let Some((until_s, names)) = shown else {
        return;
    };
    let left_s = until_s - clock::system_ms().div_euclid(1000);
    let until = output::time_s(until_s.max(0).cast_unsigned());
    let enough_s = match settings.certificate {
        Some(_) => GIVEN_LEFT_S,
        None => OWN_LEFT_S,
    };
    match left_s {
        ..=0 => found.add(Level::Bad, Code::TlsExpired, [until]),
        left_s if left_s < enough_s => found.add(Level::Notice, Code::TlsExpires, [until]),
        _ => found.good(Code::TlsGood, until),
    }
    for wanted in settings.names.iter().filter(|name| !names.contains(*name)) {
        found.add(Level::Notice, Code::TlsNames, [wanted]);
    }
}

/// What the folder's configuration says, and whether a listener beyond loopback speaks without TLS.
fn settings(data: &Path, is_gateway: bool) -> Option<(Settings, bool)> {
    let (settings, listeners) = if is_gateway {
        let config = GatewayConfig::load(&Folder::new(data).config(), environment()).ok()?;
        (config.tls_settings(), [config.listen_web, config.listen_s3])
    } else {
        let config = Config::load(data, None, environment()).ok()?;
        (config.tls_settings(), [config.listen_web, config.listen_s3])
    };
    let beyond = listeners.iter().any(|address| !address.ip().is_loopback());
    let is_plain = beyond && settings.allow_plain_http;
    Some((settings, is_plain))
}
