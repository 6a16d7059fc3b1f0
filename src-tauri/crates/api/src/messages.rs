use crate::app::App;
use crate::date::date_of;
use crate::rows;
use crate::wire::*;
use engine::{Form, ListAsk, Opened};
use mime::{Choice, HtmlContext};
use model::{AccountId, Code, MailboxId, MessageId, Role, Section, Structure, Trouble};
use std::collections::HashMap;
use std::path::Path;

/// Octets of a raw message that a front end is handed: beyond it, save it to a file.
const RAW: u64 = 4 * 1024 * 1024;
const PAGE: u32 = 50;

impl App {
    pub async fn message_list(&self, list: MessageList) -> Result<Page, Trouble> {
        let engine = self.engine().await?;
        let mailboxes = self.mailbox_list(MailboxList::default()).await?;
        let asked: Vec<MailboxId> = match list.mailbox {
            Some(mailbox) if mailboxes.iter().any(|m| m.id == mailbox) => vec![mailbox],
            Some(mailbox) => {
                return Err(Trouble::new(
                    Code::NoSuchMailbox,
                    format!("there is no mailbox {mailbox}"),
                ));
            }
            None => {
                mailboxes.iter().filter(|m| m.role == Some(Role::Inbox)).map(|m| m.id).collect()
            }
        };
        let ask = ListAsk {
            mailboxes: asked,
            inboxes: list.mailbox.is_none(),
            threads: list.threads,
            before: list.before.as_deref().map(|c| cursor("message.list", c)).transpose()?,
            at: list.at,
            limit: list.limit.unwrap_or(PAGE),
            cached_only: list.cached_only,
        };
        let listed = engine.list(ask).await.map_err(|e| e.trouble(None))?;
        let row = if list.threads { rows::conversation } else { rows::message };
        Ok(Page {
            rows: listed.rows.into_iter().map(row).collect(),
            cursor: listed.next.map(|c| c.to_string()),
            total: listed.total,
            complete: listed.complete,
            first: listed.first,
        })
    }

    pub(crate) async fn message_thread(&self, ask: MessageThread) -> Result<Vec<Row>, Trouble> {
        let listed = self.engine().await?.thread(ask.thread).await.map_err(|e| e.trouble(None))?;
        Ok(listed.into_iter().map(rows::message).collect())
    }

    pub async fn message_show(&self, show: MessageShow) -> Result<Shown, Trouble> {
        let engine = self.engine().await?;
        let form = match show.form {
            ShowAs::Best | ShowAs::Raw | ShowAs::Structure => Form::Best,
            ShowAs::Text => Form::Text,
            ShowAs::Html => Form::Html,
        };
        let opened = engine.show(show.id, form).await.map_err(|e| e.trouble(None))?;
        self.opened(show.id);
        let account = match opened.mailboxes.first() {
            Some(mailbox) => self.account_of(*mailbox).await?,
            None => AccountId(0),
        };
        let mut shown = self.shown(account, &opened);
        match show.form {
            ShowAs::Best => self.text_of(&mut shown, opened, false, false),
            ShowAs::Text => self.text_of(&mut shown, opened, true, false),
            ShowAs::Html => self.text_of(&mut shown, opened, false, true),
            ShowAs::Raw => {
                let raw = engine.raw(show.id, RAW).await.map_err(|e| e.trouble(Some(account)))?;
                shown.fetched_bytes += raw.len() as u64;
                shown.truncated = raw.len() as u64 >= RAW;
                shown.raw = Some(String::from_utf8_lossy(&raw).into_owned());
            }
            ShowAs::Structure => shown.structure = Some(node(&Section::root(), &opened.structure)),
        }
        Ok(shown)
    }

    pub async fn attachment_save(&self, save: AttachmentSave) -> Result<AttachmentSaved, Trouble> {
        let section = Section::parse(&save.section).filter(|s| !s.is_root()).ok_or_else(|| {
            Trouble::new(
                Code::NoSuchPart,
                format!("`{}` is not a part's number, like 2 or 1.3", save.section),
            )
            .with("section", &save.section)
        })?;
        let saved = self
            .engine()
            .await?
            .save_attachment(save.id, &section, Path::new(&save.output), save.replace)
            .await
            .map_err(|e| e.trouble(None))?;
        Ok(AttachmentSaved {
            path: saved.path.display().to_string(),
            bytes: saved.bytes,
            sha256: saved.sha256,
        })
    }

    pub(crate) async fn link_check(&self, check: LinkCheck) -> Result<Link, Trouble> {
        mime::link_target(&check.url)
            .map(|link| Link { url: link.url, display: link.display })
            .map_err(|refused| {
                Trouble::new(Code::BadRequest, format!("this link is not opened: {refused}"))
                    .with("method", "link.check")
                    .with("detail", refused)
            })
    }

    fn part_url(&self, message: MessageId, section: &str) -> String {
        format!("{}/part/{message}/{section}", self.inner.session.part_base)
    }

    fn shown(&self, account: AccountId, opened: &Opened) -> Shown {
        let headers = &opened.headers;
        let parts = opened
            .structure
            .leaves()
            .into_iter()
            .filter(|(section, _)| {
                opened.choice.attachments.contains(section)
                    || opened.choice.inline.contains(section)
            })
            .map(|(section, part)| {
                let key = section.to_string();
                let cached = opened.cached.contains(&key);
                part_of(&section, part, &opened.choice, cached, self.part_url(opened.row.id, &key))
            })
            .collect();
        Shown {
            id: opened.row.id,
            thread: opened.row.thread,
            account,
            headers: Headers {
                from: headers.from.clone(),
                sender: headers.sender.clone(),
                reply_to: headers.reply_to.clone(),
                to: headers.to.clone(),
                cc: headers.cc.clone(),
                subject: headers.subject.clone(),
                date: headers.date.clone(),
                received: Some(date_of(opened.row.internal_date)),
                message_id: headers.message_id.clone(),
                references: headers.references.clone(),
            },
            flags: opened.flags.names(),
            mailboxes: opened.mailboxes.clone(),
            html: None,
            text: None,
            raw: None,
            structure: None,
            blocked: Vec::new(),
            parts,
            truncated: opened.truncated,
            fetched_bytes: opened.fetched_bytes,
        }
    }

    /// The text, made safe; as plain text or as HTML where that was asked for.
    fn text_of(&self, shown: &mut Shown, opened: Opened, plain: bool, markup: bool) {
        let html = match (opened.html, opened.text) {
            (Some(html), _) if plain => {
                shown.text = Some(mime::html_to_text(&html));
                return;
            }
            (Some(html), _) => html,
            (None, Some(text)) if markup => mime::text_to_html(&text),
            (None, Some(text)) => {
                shown.text = Some(text);
                return;
            }
            // A mail without any text: whoever asked for text or HTML gets an empty one.
            (None, None) => {
                shown.text = plain.then(String::new);
                shown.html = markup.then(String::new);
                return;
            }
        };
        let by_content_id: HashMap<String, String> = opened
            .structure
            .leaves()
            .into_iter()
            .filter_map(|(section, part)| Some((part.content_id.clone()?, section.to_string())))
            .collect();
        let cid = |id: &str| by_content_id.get(id).map(|section| self.part_url(shown.id, section));
        let safe = mime::safe_html(&html, &HtmlContext { cid: &cid });
        shown.blocked = safe
            .blocked
            .iter()
            .map(|b| Blocked { kind: b.kind.to_owned(), url: b.url.clone() })
            .collect();
        let options = mime::FrameOptions { part_origin: &self.inner.session.part_base };
        shown.html = Some(mime::frame_document(&safe, &options));
    }
}

pub(crate) fn cursor(method: &str, text: &str) -> Result<engine::Cursor, Trouble> {
    text.parse().map_err(|_| {
        Trouble::new(Code::BadRequest, format!("`{text}` is not a cursor of a page before"))
            .with("method", method)
            .with("detail", "cursor")
    })
}

pub(crate) fn part_of(
    section: &Section,
    part: &Structure,
    choice: &Choice,
    cached: bool,
    url: String,
) -> Part {
    Part {
        section: section.to_string(),
        media_type: part.media_type.clone(),
        name: mime::clean_file_name(part.name.as_deref(), &part.media_type, &section.to_string()),
        size: mime::decoded_size(part.size, &part.encoding),
        content_id: part.content_id.clone(),
        inline: !choice.attachments.contains(section),
        cached,
        url,
    }
}

/// The tree with the server's numbers. An attached message shows what it holds.
pub(crate) fn node(section: &Section, part: &Structure) -> PartNode {
    let top_leaf = section.is_root() && !part.is_multipart();
    let number = if top_leaf { section.child(1) } else { section.clone() };
    let inner = match (part.is_message(), part.children.first()) {
        (true, Some(body)) if body.is_multipart() => body.children.as_slice(),
        _ => part.children.as_slice(),
    };
    PartNode {
        section: number.to_string(),
        media_type: part.media_type.clone(),
        charset: part.charset.clone(),
        name: part.name.clone(),
        size: part.size,
        encoding: part.encoding.clone(),
        children: (1u32..).zip(inner).map(|(i, child)| node(&number.child(i), child)).collect(),
    }
}
