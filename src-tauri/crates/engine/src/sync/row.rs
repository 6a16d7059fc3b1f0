//! What a list row is fetched with, and how it goes into the store.

use imap::{Capabilities, FetchWant, Fetched};
use model::{Address, Envelope, Fingerprint, ServerId};
use sha2::{Digest, Sha256};
use store::message::NewRow;

/// Everything that a row and all that stands on it needs, in one FETCH. REFERENCES comes beside ENVELOPE,
/// which lacks it.
pub(crate) fn want(capabilities: &Capabilities, modseq: bool) -> FetchWant {
    let gmail = capabilities.has("X-GM-EXT-1");
    FetchWant {
        uid: true,
        flags: true,
        internal_date: true,
        size: true,
        envelope: true,
        structure: true,
        preview: capabilities.has("PREVIEW"),
        modseq,
        email_id: capabilities.has("OBJECTID"),
        gm_msgid: gmail,
        gm_thrid: gmail,
        thread_id: capabilities.has("OBJECTID"),
        header_fields: vec!["REFERENCES"],
        ..FetchWant::default()
    }
}

/// None for an answer that is no row: no UID, or neither envelope nor date.
pub(crate) fn row(fetched: Fetched) -> Option<NewRow> {
    let uid = fetched.uid?;
    let envelope = fetched.envelope?;
    let references = fetched
        .headers
        .as_deref()
        .map(|block| mime::header_fields(block).references)
        .unwrap_or_default();
    let server_id = match (fetched.email_id, fetched.gm_msgid) {
        (Some(id), _) => Some(ServerId::EmailId(id)),
        (None, Some(id)) => Some(ServerId::GmMsgId(id)),
        (None, None) => None,
    };
    let size = fetched.size.unwrap_or(0);
    // A server that tells no arrival time leaves the sender's word for it.
    let internal_date = fetched.internal_date.or(envelope.date).unwrap_or(0);
    let has_attachments = fetched.structure.as_ref().is_some_and(mime::has_attachments);
    let fingerprint = Fingerprint { internal_date, size, headers: header_hash(&envelope) };
    Some(NewRow {
        uid,
        flags: fetched.flags.unwrap_or_default(),
        internal_date,
        size,
        envelope,
        references,
        structure: fetched.structure,
        preview: fetched.preview.flatten().map(|p| mime::tidy_preview(&p)),
        server_id,
        gm_thrid: fetched.gm_thrid,
        thread_id: fetched.thread_id,
        modseq: fetched.modseq,
        has_attachments,
        fingerprint,
    })
}

/// An envelope out of the header fields, where the server could not make one.
pub(crate) fn envelope(block: &[u8]) -> Envelope {
    let headers = mime::headers(block);
    Envelope {
        date: headers.timestamp,
        subject: headers.subject,
        from: headers.from,
        sender: headers.sender,
        reply_to: headers.reply_to,
        to: headers.to,
        cc: headers.cc,
        bcc: headers.bcc,
        in_reply_to: headers.in_reply_to,
        message_id: headers.message_id,
    }
}

/// Over what the sender wrote: for a fingerprint, which re-binds and never identifies.
fn header_hash(envelope: &Envelope) -> i64 {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    field(envelope.message_id.as_deref().unwrap_or(""));
    field(&envelope.subject);
    field(&envelope.date.unwrap_or(0).to_string());
    let addresses =
        |list: &[Address]| list.iter().map(|a| a.address.as_str()).collect::<Vec<_>>().join(",");
    for list in [&envelope.from, &envelope.to, &envelope.cc] {
        field(&addresses(list));
    }
    let digest = hash.finalize();
    let mut first = [0; 8];
    first.copy_from_slice(digest.get(..8).unwrap_or(&[0; 8]));
    i64::from_be_bytes(first)
}
