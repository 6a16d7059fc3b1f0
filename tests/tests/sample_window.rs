//! The sample mailbox in the real window: what a visitor of the demo sees, wide and narrow, light and dark.

use satchel_tests::stage::Stage;
use satchel_tests::window::Window;
use std::path::PathBuf;

/// Pictures of what was seen, for people to look at.
fn picture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../build/pictures").join(name)
}

#[test]
fn the_sample_mailbox_on_every_width_light_and_dark() {
    let stage = Stage::set().unwrap();
    stage.satchel.json(&["sync"]).unwrap();
    let window = Window::open(&stage.satchel, 1440, 900).unwrap();
    window.reads("All inboxes").unwrap();
    window.reads("Harbour library: façade samples").unwrap();
    let open = |subject: &str| {
        window
            .run(&format!(
                "[...document.querySelectorAll('[role=option]')].find(r => r.innerText.includes({subject:?})).click()"
            ))
            .unwrap();
    };
    open("façade samples arrive");
    window.reads("ravi@menon-partners.example").unwrap();
    // The mail's own document: no scripts, no way to the app, and its height is the reader's.
    window.holds("document.querySelector('iframe')?.getAttribute('sandbox') === 'allow-same-origin allow-popups'").unwrap();
    window.holds("!document.querySelector('iframe').contentWindow.__TAURI_INTERNALS__").unwrap();
    window.holds("document.querySelector('iframe').contentDocument.body.innerText.includes('the courier confirmed')").unwrap();
    window.holds("document.querySelector('iframe').clientHeight > 200").unwrap();
    window.picture(&picture("desktop-light.png")).unwrap();

    // A styled newsletter is styled, its own pictures load, remote ones are counted and do not.
    open("Why every port city");
    window.reads("3 remote images not loaded").unwrap();
    let frame = "document.querySelector('iframe').contentDocument";
    window
        .holds(&format!("[...{frame}.images].some(i => i.complete && i.naturalWidth > 100)"))
        .unwrap();
    window.holds(&format!("[...{frame}.querySelectorAll('*')].some(e => {frame}.defaultView.getComputedStyle(e).backgroundColor === 'rgb(30, 42, 76)' || {frame}.defaultView.getComputedStyle(e).fontFamily.includes('erif'))")).unwrap();
    window.picture(&picture("newsletter.png")).unwrap();

    // Dark, as a person chooses it.
    window.click("button[aria-label=Settings]").unwrap();
    let choice = "[...document.querySelectorAll('[role=radiogroup] label')].find(l => l.innerText.trim() === 'Dark')";
    window.holds(choice).unwrap();
    window.run(&format!("{choice}.querySelector('input').click()")).unwrap();
    window.picture(&picture("settings-dark.png")).unwrap();
    window.key('\u{e00c}').unwrap();
    window.find("[data-pane=list]").unwrap();
    open("façade samples arrive");
    window
        .holds("getComputedStyle(document.querySelector('[data-pane=list]')).backgroundColor === 'rgb(24, 26, 23)'")
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    window.picture(&picture("desktop-dark.png")).unwrap();

    window.resize(400, 860).unwrap();
    window
        .holds("innerWidth < 800 && document.querySelectorAll('[data-pane]').length === 1")
        .unwrap();
    // The frame of the wide window is gone; this is the narrow one's.
    std::thread::sleep(std::time::Duration::from_secs(1));
    window.reads("ravi@menon-partners.example").unwrap();
    window
        .holds("document.querySelector('iframe')?.contentDocument?.body?.innerText.includes('the courier confirmed') && document.querySelector('iframe').clientHeight > 200")
        .unwrap();
    window.picture(&picture("phone-message.png")).unwrap();
}
