//! What a mailbox is for, where the server does not say: guessed by its name. A guess is shown as a guess,
//! and never beats what the server said.

use model::Role;

/// Names that mail programs give such mailboxes, folded to lower case. Whole last pieces only: "Sent to Ines"
/// is nobody's Sent.
const NAMES: [(Role, &[&str]); 5] = [
    (
        Role::Drafts,
        &[
            "drafts",
            "draft",
            "entwürfe",
            "entwurf",
            "brouillons",
            "borradores",
            "bozze",
            "concepten",
            "rascunhos",
            "черновики",
            "чернетки",
            "下書き",
            "草稿",
            "مسودات",
            "kladder",
            "utkast",
            "luonnokset",
            "kopie robocze",
            "koncepty",
        ],
    ),
    (
        Role::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "gesendet",
            "gesendete objekte",
            "gesendete elemente",
            "envoyés",
            "éléments envoyés",
            "messages envoyés",
            "enviados",
            "elementos enviados",
            "posta inviata",
            "inviati",
            "verzonden",
            "verzonden items",
            "itens enviados",
            "отправленные",
            "надіслані",
            "送信済み",
            "送信済みアイテム",
            "已发送",
            "已发送邮件",
            "寄件備份",
            "البريد المرسل",
            "sendt",
            "skickat",
            "lähetetyt",
            "wysłane",
            "odeslané",
        ],
    ),
    (
        Role::Junk,
        &[
            "junk",
            "junk e-mail",
            "junk email",
            "spam",
            "bulk",
            "bulk mail",
            "spamverdacht",
            "werbung",
            "werbung & spam",
            "pourriel",
            "indésirables",
            "courrier indésirable",
            "correo no deseado",
            "posta indesiderata",
            "ongewenst",
            "lixo eletrônico",
            "спам",
            "迷惑メール",
            "垃圾邮件",
            "垃圾郵件",
            "بريد غير هام",
            "roskaposti",
            "skräppost",
            "søppelpost",
        ],
    ),
    (
        Role::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "papierkorb",
            "gelöscht",
            "gelöschte objekte",
            "gelöschte elemente",
            "corbeille",
            "éléments supprimés",
            "papelera",
            "elementos eliminados",
            "cestino",
            "posta eliminata",
            "prullenbak",
            "verwijderde items",
            "lixeira",
            "itens excluídos",
            "корзина",
            "кошик",
            "удаленные",
            "ゴミ箱",
            "削除済みアイテム",
            "已删除",
            "已删除邮件",
            "垃圾桶",
            "المهملات",
            "papirkurv",
            "papperskorgen",
            "roskakori",
            "kosz",
            "koš",
        ],
    ),
    (
        Role::Archive,
        &[
            "archive",
            "archives",
            "archiv",
            "archivo",
            "archivio",
            "archief",
            "arquivo",
            "архив",
            "архів",
            "アーカイブ",
            "归档",
            "存档",
            "封存",
            "الأرشيف",
            "arkiv",
            "arkisto",
            "archiwum",
        ],
    ),
];

/// The role that the last piece of a mailbox's name suggests. `top`: it stands at the top, or right under INBOX;
/// deeper ones ("Projects/2019/Sent") are a person's own.
pub fn guess_role(label: &str, top: bool) -> Option<Role> {
    if !top {
        return None;
    }
    let folded = label.trim().to_lowercase();
    NAMES.iter().find(|(_, names)| names.contains(&folded.as_str())).map(|(role, _)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_at_the_top() {
        assert_eq!(guess_role("Gesendete Objekte", true), Some(Role::Sent));
        assert_eq!(guess_role("Кошик", true), Some(Role::Trash));
        assert_eq!(guess_role("Sent to Ines", true), None);
        assert_eq!(guess_role("Sent", false), None);
    }

    #[test]
    fn no_name_means_two_things() {
        let mut all: Vec<_> = NAMES.iter().flat_map(|(_, names)| names.iter()).collect();
        let before = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), before);
        assert!(all.iter().all(|name| name.to_lowercase() == **name));
    }
}
