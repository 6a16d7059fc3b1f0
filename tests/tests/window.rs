//! The built app in its real window, driven as a person would: adding an account, reading a message, opening again.

use fantoccini::key::Key;
use satchel_tests::cli::Satchel;
use satchel_tests::dovecot::Dovecot;
use satchel_tests::mail;
use satchel_tests::proxy::{Break, Proxy, Weather};
use satchel_tests::window::Window;
use serde_json::Value;
use std::path::Path;

const NORA: &str = "nora@kontor.example";
const ROW: &str = "[role=option]";

/// Styled HTML with a link, a remote picture and an attachment.
const LETTER: &str = "From: Ines Ferreira <ines@kontor.example>\r\n\
    To: <nora@kontor.example>\r\n\
    Subject: Samples of ochre\r\n\
    Date: Tue, 24 Nov 2026 09:00:00 +0100\r\n\
    Message-ID: <ochre@kontor.example>\r\n\
    MIME-Version: 1.0\r\n\
    Content-Type: multipart/mixed; boundary=\"quay\"\r\n\r\n\
    --quay\r\n\
    Content-Type: text/html; charset=utf-8\r\n\r\n\
    <style>h1 { color: rgb(200, 0, 0) }</style>\
    <h1 id=\"a\">Ochre</h1><p style=\"text-align: right\">Two is the one.</p>\
    <script>document.title = 'seized'; parent.document.title = 'seized'</script>\
    <img src=\"https://pictures.example/ochre.png\" onerror=\"parent.document.title='seized'\">\
    <a href=\"https://kontor.example/plan\">The plan</a>\r\n\
    --quay\r\n\
    Content-Type: application/pdf; name=\"plan.pdf\"\r\n\
    Content-Disposition: attachment; filename=\"plan.pdf\"\r\n\
    Content-Transfer-Encoding: base64\r\n\r\n\
    JVBERi0xLjQK\r\n\
    --quay--\r\n";

fn pictures(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/pictures").join(name)
}

/// A mailbox of sixty, the letter on top.
fn server() -> Dovecot {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    server.fill_ordinary(NORA, "INBOX", 60).unwrap();
    server.append(NORA, "INBOX", LETTER.as_bytes()).unwrap();
    server
}

/// A value of the mail's own document.
fn inside(window: &Window, expression: &str) -> Value {
    window
        .run(&format!(
            "const d = document.querySelector('iframe').contentDocument; return {expression}"
        ))
        .unwrap()
}

#[test]
fn an_account_is_added_and_a_letter_is_read() {
    let server = server();
    let satchel = Satchel::new().unwrap();
    let window = Window::open(&satchel, 1280, 832).unwrap();

    // First run: an address, the server by hand, the wrong password, the certificate that nobody vouches for.
    window.reads("Your mail stays on your server.").unwrap();
    window.fill("input[name=email]", NORA).unwrap();
    window.press("Servers by hand").unwrap();
    window.fill("input[name=host]", "localhost").unwrap();
    window.fill("input[name=port]", &server.imaps().port().to_string()).unwrap();
    window.press("Continue").unwrap();
    window.fill("input[type=password]", "umber").unwrap();
    window.press("Sign in").unwrap();
    window.reads("Nobody vouches for this server").unwrap();
    let shown: String = window
        .text()
        .unwrap()
        .to_lowercase()
        .lines()
        .map(|line| line.chars().filter(char::is_ascii_hexdigit).collect::<String>())
        .collect();
    assert!(shown.contains(server.fingerprint()), "{} is not in {shown}", server.fingerprint());
    let trust = "[...document.querySelectorAll('button')].find(b => b.innerText.trim() === 'Trust this one')";
    assert_eq!(window.run(&format!("return {trust}.disabled")).unwrap(), Value::Bool(true));
    window.picture(&pictures("window-certificate.png")).unwrap();
    window.click("input[type=checkbox]").unwrap();
    window.press("Trust this one").unwrap();
    window.reads("localhost did not accept this password.").unwrap();
    window.fill("input[type=password]", "ochre").unwrap();
    window.press("Sign in").unwrap();

    // The list.
    window.find(ROW).unwrap();
    window.reads("Samples of ochre").unwrap();
    window.click(ROW).unwrap();
    window.find("iframe").unwrap();
    window.holds("document.querySelector('iframe').contentDocument?.querySelector('h1')").unwrap();

    // The letter is styled as its sender made it, and can do nothing.
    let sandbox =
        window.run("return document.querySelector('iframe').getAttribute('sandbox')").unwrap();
    let sandbox = sandbox.as_str().unwrap_or_default();
    assert!(
        !sandbox.contains("allow-scripts") && sandbox.contains("allow-same-origin"),
        "{sandbox}"
    );
    let colour = inside(&window, "getComputedStyle(d.querySelector('h1')).color");
    assert_eq!(colour, "rgb(200, 0, 0)", "the letter's own style");
    assert_eq!(inside(&window, "getComputedStyle(d.querySelector('p')).textAlign"), "right");
    assert_eq!(inside(&window, "d.querySelectorAll('script').length"), 0);
    assert_eq!(inside(&window, "[...d.images].filter(i => i.src.startsWith('http')).length"), 0);
    assert_ne!(window.run("return document.title").unwrap(), "seized");
    window.reads("1 remote image not loaded.").unwrap();
    window.reads("pictures.example").unwrap();
    window.reads("ines@kontor.example").unwrap();
    window.reads("plan").unwrap();
    window.picture(&pictures("window-letter.png")).unwrap();

    // Keys go on from the list: the next message, and back.
    window.key(char::from(Key::Escape)).unwrap();
    window.click(ROW).unwrap();
    window.run("document.querySelector('[role=option][tabindex=\"0\"]').focus()").unwrap();
    window.key('j').unwrap();
    window.reads("Kind regards").unwrap();

    // At phone width one pane is left.
    window.resize(390, 800).unwrap();
    window.holds("innerWidth < 500").unwrap();
    window.picture(&pictures("window-phone.png")).unwrap();
    assert_eq!(
        window.run("return document.documentElement.scrollWidth <= innerWidth").unwrap(),
        Value::Bool(true),
        "nothing is cut off at phone width"
    );
}

#[test]
fn opened_again_the_first_rows_come_from_the_store() {
    let server = server();
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &proxy.url(), server.ca_file()).unwrap();
    satchel.json(&["sync", "--until", "first-screen"]).unwrap();
    // From now on the server takes connections and says nothing.
    proxy.set(Weather { down: Break::StallAfter(0), ..Weather::default() });
    let window = Window::open(&satchel, 1280, 832).unwrap();
    window.reads("Samples of ochre").unwrap();
    let rows = window.run(&format!("return document.querySelectorAll('{ROW}').length")).unwrap();
    assert!(rows.as_u64().unwrap_or(0) >= 5, "{rows} rows");
}

#[test]
fn a_damaged_store_is_said_in_words_and_rebuilt() {
    let server = server();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &server.url(), server.ca_file()).unwrap();
    satchel.json(&["sync", "--until", "first-screen"]).unwrap();
    let path = satchel.data_dir().join("satchel.db");
    let mut bytes = std::fs::read(&path).unwrap();
    for octet in bytes.iter_mut().skip(4096).step_by(97) {
        *octet ^= 0x5a;
    }
    std::fs::write(&path, bytes).unwrap();
    let window = Window::open(&satchel, 1280, 832).unwrap();
    window.reads("A part of the mail here is damaged").unwrap();
    window.picture(&pictures("window-damaged.png")).unwrap();
    // Nothing is rebuilt without the tick.
    window.click("input[type=checkbox]").unwrap();
    window.press("Rebuild").unwrap();
    window.holds("!document.body.innerText.includes('is damaged')").unwrap();
}

#[test]
fn attached_large_mail_opens_by_its_text_alone() {
    let server = Dovecot::start(&[(NORA, "ochre")]).unwrap();
    let text = "The drawings are attached, all forty of them.";
    let large = mail::with_attachment(NORA, "Drawings", text, "drawings.bin", 3_000_000);
    server.append(NORA, "INBOX", &large).unwrap();
    let proxy = Proxy::start(server.imaps()).unwrap();
    let satchel = Satchel::new().unwrap();
    satchel.add(NORA, "ochre", &proxy.url(), server.ca_file()).unwrap();
    let window = Window::open(&satchel, 1024, 768).unwrap();
    window.click(ROW).unwrap();
    window.reads("all forty of them").unwrap();
    let (_, down, _) = proxy.sum();
    assert!(down < 300_000, "{down} octets to read one sentence");
}
