//! Who may ask the shell for what: every command × window label, checked in and held against
//! `capabilities/` by a test. Tauri enforces its own copy of this list; this one stands in front of
//! our commands once more, and says in the log who was turned away.

/// The one window.
pub const MAIN: &str = "main";

/// Every command that any window may call, with the labels that may. What is not here, nobody may.
pub const TABLE: &[(&str, &[&str])] = &[
    // ours
    ("rpc", &[MAIN]),
    ("cancel", &[MAIN]),
    ("open_link", &[MAIN]),
    // tauri's: the events of the api, and where to save an attachment
    ("plugin:event|listen", &[MAIN]),
    ("plugin:event|unlisten", &[MAIN]),
    ("plugin:dialog|save", &[MAIN]),
];

/// Where the app's own page comes from. Tauri serves it as `tauri://localhost`, but as
/// `http(s)://tauri.localhost` on Windows and Android.
pub fn is_app_origin(origin: &str) -> bool {
    if cfg!(any(windows, target_os = "android")) {
        matches!(origin, "http://tauri.localhost" | "https://tauri.localhost")
    } else {
        origin == "tauri://localhost"
    }
}

/// `origin` is what the engine itself put on the request; it is missing where a message came over the
/// engine's script channel, which only the top frame has.
pub fn check(command: &str, label: &str, origin: Option<&str>) -> Result<(), &'static str> {
    let Some((_, labels)) = TABLE.iter().find(|(name, _)| *name == command) else {
        return Err("no such command");
    };
    if !labels.contains(&label) {
        return Err("not from this window");
    }
    match origin {
        Some(origin) if !is_app_origin(origin) => Err("not from this page"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn only_the_main_window_may_call_and_only_what_is_listed() {
        let page = if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" };
        for (command, _) in TABLE {
            assert_eq!(check(command, "main", Some(page)), Ok(()));
            assert_eq!(check(command, "main", None), Ok(()));
            for label in ["", "Main", "main2", "compose", "mail"] {
                assert!(check(command, label, Some(page)).is_err(), "{command} from {label}");
            }
            for origin in ["null", "", "https://evil.example", "about:srcdoc", "mail://localhost"] {
                assert!(check(command, "main", Some(origin)).is_err(), "{command} from {origin}");
            }
        }
        for command in
            ["plugin:opener|open_url", "plugin:event|emit", "plugin:fs|read_file", "rpc2"]
        {
            assert!(check(command, "main", Some(page)).is_err(), "{command}");
        }
    }

    /// The capability files grant this table, to these labels, and nothing else.
    #[test]
    fn the_capabilities_are_this_table() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let config: serde_json::Value =
            serde_json::from_slice(&std::fs::read(root.join("tauri.conf.json")).unwrap()).unwrap();
        let named = config["app"]["security"]["capabilities"].as_array().unwrap();
        let mut granted = BTreeSet::new();
        let mut files = 0;
        for entry in std::fs::read_dir(root.join("capabilities")).unwrap() {
            files += 1;
            let file: serde_json::Value =
                serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
            assert!(named.contains(&file["identifier"]), "a capability that is not switched on");
            assert!(file.get("remote").is_none(), "a remote page may call something");
            assert!(file.get("webviews").is_none());
            for permission in file["permissions"].as_array().unwrap() {
                let name = permission.as_str().expect("a plain name, no scope");
                let command = match name.rsplit_once(":allow-") {
                    None => name.strip_prefix("allow-").expect("allow-…").replace('-', "_"),
                    Some((plugin, command)) => {
                        let plugin = plugin.strip_prefix("core:").unwrap_or(plugin);
                        format!("plugin:{plugin}|{}", command.replace('-', "_"))
                    }
                };
                for window in file["windows"].as_array().unwrap() {
                    granted.insert((command.clone(), window.as_str().unwrap().to_owned()));
                }
            }
        }
        assert_eq!(files, named.len());
        let table: BTreeSet<_> = TABLE
            .iter()
            .flat_map(|(c, labels)| labels.iter().map(|l| ((*c).to_owned(), (*l).to_owned())))
            .collect();
        assert_eq!(granted, table);
    }
}
