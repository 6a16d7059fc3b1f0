//! The command line against a real Dovecot: the verbs, the shapes of their answers, the exit codes.

use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::Dovecot;
use satchel_tests::mail;
use satchel_tests::stage::{BUDGET, Stage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NORA: &str = "nora@kontor.example";

#[track_caller]
fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "no `{field}` in {value}");
    }
}

fn rows(page: &Value) -> &Vec<Value> {
    page["rows"].as_array().expect("rows")
}

#[test]
fn an_account_from_its_adding_to_its_removal() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 130).unwrap();
    server.fill_ordinary(NORA, "Angebote & Verträge", 3).unwrap();
    let satchel = Satchel::new().unwrap();
    assert_eq!(satchel.json(&["account", "list"]).unwrap(), json!([]));
    let account = satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    has(&account, &["id", "email", "imap", "smtp", "auth"]);
    assert_eq!((&account["email"], &account["auth"]), (&json!(NORA), &json!("password")));
    assert_eq!(account["imap"], json!(server.url()));

    let report = satchel.json(&["sync", "--until", "first-screen"]).unwrap();
    has(&report, &["first_screen", "headers", "ms", "round_trips", "bytes_in", "bytes_out"]);
    has(&report["first_screen"], &["ms", "round_trips", "bytes_in", "bytes_out", "rows"]);

    let boxes = satchel.json(&["mailboxes"]).unwrap();
    let boxes = boxes.as_array().unwrap();
    boxes
        .iter()
        .for_each(|b| has(b, &["id", "account", "name", "role", "total", "unread", "cached"]));
    let inbox = boxes.iter().find(|b| b["role"] == "inbox").unwrap();
    assert_eq!((&inbox["total"], &inbox["cached"]), (&json!(130), &json!(50)));
    let offers = boxes.iter().find(|b| b["name"] == "Angebote & Verträge").unwrap();
    assert_eq!(offers["total"], 3);

    // Page by page to the end, every message once, newest first.
    let mut seen = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut args = vec!["list", "--limit", "50"];
        if let Some(cursor) = &cursor {
            args.extend(["--before", cursor]);
        }
        let page = satchel.json(&args).unwrap();
        for row in rows(&page) {
            has(
                row,
                &[
                    "id",
                    "thread",
                    "from",
                    "subject",
                    "date",
                    "preview",
                    "flags",
                    "size",
                    "has_attachments",
                ],
            );
            seen.push((row["date"].as_str().unwrap().to_owned(), row["id"].as_i64().unwrap()));
        }
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() || rows(&page).is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 130);
    assert!(seen.windows(2).all(|pair| pair[0].0 >= pair[1].0), "newest first");
    let ids: std::collections::BTreeSet<_> = seen.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), 130, "each once");

    // A mailbox by name, by id, by role.
    let by_name = satchel.json(&["list", "--mailbox", "Angebote & Verträge"]).unwrap();
    assert_eq!(rows(&by_name).len(), 3);
    let by_id = satchel.json(&["list", "--mailbox", &format!("id:{}", offers["id"])]).unwrap();
    assert_eq!(rows(&by_id), rows(&by_name));
    let by_role = satchel.json(&["list", "--mailbox", "inbox", "--limit", "2"]).unwrap();
    assert_eq!(rows(&by_role)[0]["id"], json!(seen[0].1));

    // New mail is found by looking again.
    server.append(NORA, "INBOX", &mail::ordinary(4711, NORA, jiff::Timestamp::now())).unwrap();
    satchel.json(&["sync"]).unwrap();
    let newest = satchel.json(&["list", "--limit", "1"]).unwrap();
    assert!(rows(&newest)[0]["subject"].as_str().unwrap().contains("(4711)"), "{newest}");

    let doctor = satchel.json(&["doctor"]).unwrap();
    assert_eq!(doctor["store"]["intact"], true);
    assert_eq!(doctor["accounts"][0]["secret"], true);
    assert!(!doctor.to_string().contains("ochre"), "a secret in doctor's report");

    let id = account["id"].to_string();
    satchel.json(&["account", "remove", &id]).unwrap();
    assert_eq!(satchel.json(&["account", "list"]).unwrap(), json!([]));
    assert!(rows(&satchel.json(&["list"]).unwrap()).is_empty());
    // The server keeps its mail.
    assert_eq!(server.count(NORA, "INBOX").unwrap(), 131);
}

#[test]
fn a_message_is_shown_in_each_form_and_its_attachment_saved_whole() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    let octets = 1_500_000;
    let sent = mail::with_attachment(NORA, "Drawings", "See the drawings.", "plan A.bin", octets);
    server.append(NORA, "INBOX", &sent).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    satchel.json(&["sync"]).unwrap();
    let page = satchel.json(&["list"]).unwrap();
    let id = rows(&page)[0]["id"].to_string();

    let text = satchel.json(&["show", &id]).unwrap();
    has(&text, &["id", "headers", "text", "parts", "fetched_bytes"]);
    assert_eq!(text["text"].as_str().unwrap().trim(), "See the drawings.");
    assert!(text["fetched_bytes"].as_u64().unwrap() < 8_000, "{text}");
    let again = satchel.json(&["show", &id]).unwrap();
    assert_eq!(again["fetched_bytes"], 0, "it is here by now");
    let html = satchel.json(&["show", &id, "--as", "html"]).unwrap();
    assert!(html["html"].as_str().unwrap().contains("See the drawings."), "{html}");
    let structure = satchel.json(&["show", &id, "--as", "structure"]).unwrap();
    assert_eq!(structure["structure"]["media_type"], "multipart/mixed");
    assert_eq!(structure["structure"]["children"].as_array().unwrap().len(), 2);

    let part = &text["parts"][0];
    assert_eq!(part["name"], "plan A.bin");
    let section = part["section"].as_str().unwrap();
    let file = satchel.data_dir().join("saved.bin");
    let output = file.display().to_string();
    let saved = satchel.json(&["attachment", &id, section, "--output", &output]).unwrap();
    let bytes = std::fs::read(&file).unwrap();
    let whole: Vec<u8> = (0..octets).map(mail::octet).collect();
    assert!(bytes == whole, "what was saved is not what was sent: {} octets", bytes.len());
    assert_eq!(saved["bytes"], json!(octets));
    let sum: String = Sha256::digest(&whole).iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(saved["sha256"], json!(sum));

    // A file that is there is not overwritten unasked.
    let refused = satchel.refused(&["attachment", &id, section, "--output", &output]).unwrap();
    assert_eq!(refused["code"], "file-failed", "{refused}");
    satchel.json(&["attachment", &id, section, "--output", &output, "--replace"]).unwrap();
    let none =
        satchel.refused(&["attachment", &id, "9.9", "--output", &output, "--replace"]).unwrap();
    assert_eq!(none["code"], "no-such-part", "{none}");
    assert_eq!(std::fs::read(&file).unwrap().len(), octets, "a refusal harms no file");

    // The raw message is what lies on the server.
    let raw = satchel.json(&["show", &id, "--as", "raw"]).unwrap();
    assert!(raw["raw"].as_str().unwrap().contains("boundary=\"quay\""));
}

#[test]
fn what_goes_wrong_has_a_code_a_word_and_a_status() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    let satchel = Satchel::new().unwrap();
    let wrong = satchel
        .try_add(NORA, "umber", &server.url(), Some(server.ca_file()))
        .unwrap()
        .error("account add")
        .unwrap();
    assert_eq!(wrong["code"], "wrong-password", "{wrong}");
    assert_eq!(satchel.json(&["account", "list"]).unwrap(), json!([]));
    satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    let twice = satchel
        .try_add(NORA, "ochre", &server.url(), Some(server.ca_file()))
        .unwrap()
        .error("account add")
        .unwrap();
    assert_eq!(twice["code"], "account-exists", "{twice}");
    for (args, code) in [
        (&["show", "99999"][..], "no-such-message"),
        (&["list", "--mailbox", "no such"], "no-such-mailbox"),
        (&["account", "remove", "77"], "no-such-account"),
        (&["storage", "--budget", "1000"], "budget-too-small"),
        (&["render", "/nowhere/at all.eml"], "file-failed"),
    ] {
        let error = satchel.refused(args).unwrap();
        assert_eq!(error["code"], code, "{args:?}: {error}");
    }
    for args in [
        &["nonsense"][..],
        &["list", "--limit", "0"],
        &["show"],
        &["account", "add", "x", "--password", "y"],
    ] {
        assert_eq!(satchel.run(args).unwrap().status, 2, "{args:?}");
    }
    let plain = satchel.try_add("a@b.example", "x", "imap://localhost:143", None).unwrap();
    assert!(!plain.ok() && !plain.stderr.is_empty(), "plaintext: {plain:?}");

    let other = satchel.with_passphrase("not that one");
    assert_eq!(other.refused(&["account", "list"]).unwrap()["code"], "passphrase-wrong");
    // The right one still opens it.
    assert_eq!(satchel.json(&["account", "list"]).unwrap().as_array().unwrap().len(), 1);
}

#[test]
fn no_secret_and_no_mail_lies_open_on_the_disk() {
    let server = Dovecot::start(&[(NORA, "sesame-4711-open")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 60).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "sesame-4711-open", &server.url(), server.ca_file()).unwrap();
    let ran = satchel.run(&["-vv", "--json", "sync"]).unwrap();
    assert!(ran.ok(), "{}", ran.stderr);
    assert!(!ran.stderr.contains("sesame-4711"), "the password in a log");
    satchel.json(&["show", "1"]).unwrap();
    let mut files = 0;
    let mut folders = vec![satchel.data_dir().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            files += 1;
            let bytes = std::fs::read(entry.path()).unwrap();
            for word in [&b"sesame-4711"[..], b"kontor.example", b"Kind regards", b"office.example"]
            {
                let found = bytes.windows(word.len()).any(|w| w == word);
                assert!(
                    !found,
                    "{:?} in {}",
                    String::from_utf8_lossy(word),
                    entry.path().display()
                );
            }
        }
    }
    assert!(files >= 2, "the store and the sealed file");
}

#[test]
fn the_sample_fits_its_budget_and_both_accounts_stand_in_one_list() {
    let stage = Stage::set().unwrap();
    let satchel = &stage.satchel;
    satchel.json(&["sync", "--until", "first-screen"]).unwrap();
    let page = satchel.json(&["list", "--unified", "--limit", "100"]).unwrap();
    let accounts: std::collections::BTreeSet<_> =
        rows(&page).iter().filter_map(|r| r["account"].as_i64()).collect();
    assert_eq!(accounts.len(), 2, "both accounts");
    let dates: Vec<_> =
        rows(&page).iter().map(|r| r["date"].as_str().unwrap().to_owned()).collect();
    assert!(dates.windows(2).all(|pair| pair[0] >= pair[1]), "one order");
    let folder = tempfile::tempdir().unwrap();
    let mut saved = 0;
    // Every message opens, the broken ones too, and what is kept of them stays inside the limit.
    for row in rows(&page).iter().take(60) {
        let id = row["id"].to_string();
        let shown = satchel.json(&["show", &id, "--as", "html"]).unwrap();
        let html = shown["html"].as_str().unwrap_or_default().to_lowercase();
        assert!(!html.contains("<script") && !html.contains("onerror="), "{html}");
        for part in shown["parts"].as_array().unwrap() {
            let file = folder.path().join(format!("{saved}"));
            let section = part["section"].as_str().unwrap();
            satchel
                .json(&["attachment", &id, section, "--output", &file.display().to_string()])
                .unwrap();
            saved += 1;
            let map = satchel.json(&["storage"]).unwrap();
            assert!(map["used"].as_u64().unwrap() <= BUDGET, "{map}");
        }
    }
    assert!(saved >= 10, "only {saved} attachments in the sample's inboxes");
    let map = satchel.json(&["storage"]).unwrap();
    has(&map, &["budget", "used", "file", "wal", "by", "evictable"]);
    assert_eq!(map["budget"], json!(BUDGET));
}

#[test]
fn one_engine_at_a_time_and_readers_beside_it() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 60).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    satchel.json(&["sync"]).unwrap();
    let served = satchel_tests::serve::Served::start(&satchel).unwrap();
    served.call("app.start", json!({})).unwrap();
    let error = satchel.refused(&["sync"]).unwrap();
    assert_eq!(error["code"], "already-open", "{error}");
    // What is cached is read beside it.
    assert_eq!(rows(&satchel.json(&["list"]).unwrap()).len(), 50);
    assert!(satchel.json(&["mailboxes"]).unwrap().as_array().is_some_and(|m| !m.is_empty()));
    satchel.json(&["storage"]).unwrap();
}

fn letter(number: u64, subject: &str, text: &str, answers: &[u64]) -> Vec<u8> {
    let id = |n: u64| format!("<thread-{n}@office.example>");
    let references: Vec<String> = answers.iter().map(|n| id(*n)).collect();
    let references = match references.as_slice() {
        [] => String::new(),
        [.., last] => {
            format!("In-Reply-To: {last}\r\nReferences: {}\r\n", references.join(" "))
        }
    };
    format!(
        "From: Tomke Aal <tomke@office.example>\r\nTo: {NORA}\r\nSubject: {subject}\r\n\
         Date: Fri, 01 Mar 2024 10:{number:02}:00 +0000\r\nMessage-ID: {}\r\n{references}\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n",
        id(number)
    )
    .into_bytes()
}

#[test]
fn all_of_it_is_brought_here_told_apart_and_found() {
    const TOVE: &str = "tove@kontor.example";
    let server = Dovecot::start(&[(NORA, "ochre"), (TOVE, "umber")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 180).unwrap();
    server.fill_ordinary(NORA, "Werft", 70).unwrap();
    server.fill_ordinary(TOVE, "INBOX", 20).unwrap();
    for (number, subject, text, answers) in [
        (1, "Hafenplan", "Die Zeichnung der Kaianlage.", &[][..]),
        (2, "Re: Hafenplan", "計画書を確認しました", &[1]),
        (3, "AW: Re: Hafenplan", "Причал готов", &[1, 2]),
    ] {
        server.append(NORA, "INBOX", &letter(number, subject, text, answers)).unwrap();
    }
    let satchel = Satchel::new().unwrap();
    let nora = satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    let tove = satchel.add(TOVE, "umber", &server.url(), server.ca_file()).unwrap();

    // Everything is brought here, and the report is one document with nothing beside it.
    let report = satchel.json(&["sync", "--until", "done"]).unwrap();
    has(&report, &["first_screen", "headers", "ms", "round_trips", "bytes_in", "bytes_out"]);
    assert_eq!(report["failed"], json!([]), "{report}");
    let boxes = satchel.json(&["mailboxes"]).unwrap();
    for mailbox in boxes.as_array().unwrap().iter().filter(|m| m["selectable"] == true) {
        assert_eq!(mailbox["cached"], mailbox["total"], "{mailbox}");
        assert_eq!(mailbox["covered"], true, "{mailbox}");
    }
    let again = satchel.run(&["sync", "--until", "window"]).unwrap();
    assert!(again.ok() && !again.stderr.contains('\r'), "no terminal, no progress: {again:?}");

    // The one inbox, and its conversations.
    let flat = satchel.json(&["list", "--unified", "--limit", "500"]).unwrap();
    assert_eq!(rows(&flat).len(), 203);
    assert!(rows(&flat).iter().all(|row| row["count"] == 1), "each is a message");
    let threads = satchel.json(&["list", "--unified", "--threads", "--limit", "500"]).unwrap();
    let named: Vec<&Value> = rows(&threads)
        .iter()
        .filter(|row| row["subject"].as_str().unwrap().contains("Hafenplan"))
        .collect();
    assert_eq!(named.len(), 1, "one conversation is one row: {named:?}");
    assert_eq!((&named[0]["count"], &named[0]["unread"]), (&json!(3), &json!(3)), "{named:?}");
    let thread = satchel.json(&["thread", &named[0]["thread"].to_string()]).unwrap();
    let subjects: Vec<&str> =
        thread.as_array().unwrap().iter().map(|row| row["subject"].as_str().unwrap()).collect();
    assert_eq!(subjects, ["Hafenplan", "Re: Hafenplan", "AW: Re: Hafenplan"], "oldest first");
    assert_eq!(satchel.refused(&["thread", "987654"]).unwrap()["code"], "no-such-message");
    // A place in the middle is where paging from the top would arrive.
    let middle = satchel.json(&["list", "--unified", "--at", "120", "--limit", "10"]).unwrap();
    assert_eq!(middle["first"], 120, "{middle}");
    let ids = |page: &Value| rows(page).iter().map(|row| row["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&middle), ids(&flat)[120..130]);

    // Found in three scripts, by operator, and not; the coverage is said each time.
    for (query, subject) in [
        (&["hafenplan", "zeichnung"][..], "Hafenplan"),
        (&["計画書"], "Re: Hafenplan"),
        (&["причал"], "AW: Re: Hafenplan"),
        (&["from:tomke", "subject:\"AW: Re\""], "AW: Re: Hafenplan"),
    ] {
        let found = satchel.json(&[&["search"], query].concat()).unwrap();
        let subjects: Vec<&Value> = rows(&found).iter().map(|row| &row["subject"]).collect();
        assert_eq!(subjects, [&json!(subject)], "{query:?}: {found}");
        has(&found["coverage"]["local"], &["from", "to", "messages", "whole"]);
        assert_eq!(found["coverage"]["local"]["whole"], true, "{found}");
        assert_eq!(found["coverage"]["server"], json!([]), "nobody was asked: {found}");
    }
    let none = satchel.json(&["search", "Zwetschgenknödel", "--server"]).unwrap();
    assert!(rows(&none).is_empty(), "{none}");
    let asked = none["coverage"]["server"].as_array().unwrap();
    assert_eq!(asked.len(), 2, "{none}");
    assert!(asked.iter().all(|one| one["state"] == "answered"), "{none}");
    let said = satchel.run(&["search", "Zwetschgenknödel", "--server"]).unwrap().stdout;
    assert!(said.contains("Nothing found") && said.contains("asked 2 of 2 servers"), "{said}");
    let of_one = ["search", "hafenplan", "--account", &tove["id"].to_string()];
    assert!(rows(&satchel.json(&of_one).unwrap()).is_empty(), "another account's");

    // Names, marks, order, rest.
    let (nora, tove) = (nora["id"].to_string(), tove["id"].to_string());
    let set = ["account", "set", &nora, "--name", "Kontor", "--letter", "k", "--colour", "5"];
    let changed = satchel.json(&set).unwrap();
    assert_eq!(
        (&changed["name"], &changed["letter"], &changed["colour"]),
        (&json!("Kontor"), &json!("K"), &json!(5))
    );
    let order = satchel.json(&["account", "order", &tove, &nora]).unwrap();
    assert_eq!(order, satchel.json(&["account", "list"]).unwrap(), "it stays");
    assert_eq!(order[0]["id"].to_string(), tove);
    let resting = satchel.json(&["account", "set", &tove, "--pause"]).unwrap();
    assert_eq!((&resting["paused"], &resting["state"]["kind"]), (&json!(true), &json!("paused")));
    server.append(TOVE, "INBOX", &letter(4, "Später", "…", &[])).unwrap();
    satchel.json(&["sync", "--until", "window"]).unwrap();
    assert!(rows(&satchel.json(&["search", "später"]).unwrap()).is_empty(), "it rests");
    satchel.json(&["account", "set", &tove, "--resume"]).unwrap();
    satchel.json(&["sync", "--until", "window"]).unwrap();
    assert_eq!(rows(&satchel.json(&["search", "später"]).unwrap()).len(), 1);
    assert_eq!(
        satchel.refused(&["account", "set", "77", "--pause"]).unwrap()["code"],
        "no-such-account"
    );
    assert_eq!(satchel.refused(&["account", "order", "77"]).unwrap()["code"], "no-such-account");

    // What a mailbox is for is the person's to say, and theirs to take back.
    let role = |role: &str| satchel.json(&["mailbox", "role", "Werft", role]).unwrap();
    let archive = role("archive");
    assert_eq!((&archive["role"], &archive["role_from"]), (&json!("archive"), &json!("person")));
    assert_eq!(rows(&satchel.json(&["list", "--mailbox", "archive"]).unwrap()).len(), 50);
    assert_eq!(role("none")["role"], Value::Null);
    assert_eq!(role("auto")["role"], Value::Null);
    let inbox = ["mailbox", "role", "INBOX", "trash", "--account", &nora];
    assert_eq!(satchel.refused(&inbox).unwrap()["code"], "bad-request");
    assert_eq!(satchel.run(&["mailbox", "role", "Werft", "bin"]).unwrap().status, 2);
    let doctor = satchel.json(&["doctor"]).unwrap();
    has(&doctor["accounts"][0]["audit"], &["checked_at", "mailboxes", "repaired"]);
}

/// `satchel --json watch`, and its lines.
struct Watched {
    child: std::process::Child,
    lines: std::sync::mpsc::Receiver<Value>,
}

impl Watched {
    fn start(satchel: &Satchel) -> Self {
        use std::io::BufRead;
        let mut child = satchel
            .command(&["--json", "watch"])
            .unwrap()
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let out = std::io::BufReader::new(child.stdout.take().unwrap());
        let (tell, lines) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or_else(
                    |error| json!({ "kind": "no JSON", "line": line, "why": error.to_string() }),
                );
                // Whoever has what it wanted no longer listens.
                let _ = tell.send(value);
            }
        });
        Self { child, lines }
    }

    /// The next line that `fits`, within a hang guard.
    #[track_caller]
    fn until(&self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let mut seen = Vec::new();
        loop {
            let left = end.saturating_duration_since(std::time::Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    has(&line, &["at", "kind"]);
                    if fits(&line) {
                        return line;
                    }
                    seen.push(line);
                }
                Err(why) => panic!("no {what} ({why}) among {seen:?}"),
            }
        }
    }

    /// Asked to stop, it does, well.
    fn ends_by(mut self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(
            std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success()
        );
        let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while std::time::Instant::now() < end {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.code(), Some(0), "{signal}: {status}");
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("it did not end by {signal}");
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_watch_tells_what_happens_and_ends_when_it_is_told() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 30).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    satchel.json(&["sync"]).unwrap();

    let watched = Watched::start(&satchel);
    watched.until("word that it listens", |line| {
        line["kind"] == "state"
            && line["state"]["kind"] == "current"
            && line["state"]["by"] == "idle"
    });
    server.append(NORA, "INBOX", &letter(1, "Frisch", "Eben gekommen.", &[])).unwrap();
    let new = watched.until("new message", |line| line["kind"] == "new");
    assert_eq!(new["row"]["subject"], "Frisch", "{new}");
    has(&new, &["account", "mailbox", "id"]);
    // Read beside it; and a question that needs the engine is refused in words.
    let found = satchel.json(&["search", "frisch"]).unwrap();
    assert_eq!(rows(&found)[0]["id"], new["id"], "{found}");
    let id = new["row"]["thread"].to_string();
    assert_eq!(satchel.json(&["thread", &id]).unwrap().as_array().unwrap().len(), 1);
    assert!(rows(&satchel.json(&["list", "--threads"]).unwrap()).len() >= 30);
    for needs_it in [&["search", "frisch", "--server"][..], &["account", "set", "1", "--pause"]] {
        assert_eq!(satchel.refused(needs_it).unwrap()["code"], "already-open", "{needs_it:?}");
    }
    let seen = ["flags", "add", "-u", NORA, "\\Seen", "mailbox", "INBOX", "subject", "Frisch"];
    server.doveadm(&seen).unwrap();
    let flags =
        watched.until("change of flags", |line| line["kind"] == "flags" && line["id"] == new["id"]);
    assert_eq!(flags["row"]["flags"], json!(["\\Seen"]), "{flags}");
    server.doveadm(&["expunge", "-u", NORA, "mailbox", "INBOX", "subject", "Frisch"]).unwrap();
    let gone = watched.until("end of it", |line| line["kind"] == "gone");
    assert_eq!(gone["id"], new["id"], "{gone}");
    watched.ends_by("-TERM");
    let again = Watched::start(&satchel);
    again.until("first word", |line| line["kind"] == "state");
    again.ends_by("-INT");

    // Whoever reads no further ends it too, and it is no failure.
    let mut child = satchel
        .command(&["watch"])
        .unwrap()
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    server.append(NORA, "INBOX", &letter(2, "Noch eine", "…", &[])).unwrap();
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if std::time::Instant::now() > end {
            let _ = child.kill();
            panic!("it goes on without a reader");
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0), "{status}");
}
