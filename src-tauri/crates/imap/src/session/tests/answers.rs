//! Each verb against an answer of the usual kind, and against those that imap-proto dies of.

use super::*;
use model::{ModSeq, Role, SeqNum, Uid, UidSet, UidValidity};

#[tokio::test(start_paused = true)]
async fn id_enable_namespace_unselect() {
    let (mut session, mut peer) = selected().await;
    let theirs = both(
        session.id(&[("name", "Satchel"), ("note", "a\"b")]),
        peer.expect(
            "ID (\"name\" \"Satchel\" \"note\" \"a\\\"b\")",
            "* ID (\"name\" \"Dovecot\" \"x\" NIL)\r\n{tag} OK\r\n",
        ),
    )
    .await;
    assert_eq!(theirs.unwrap(), [("name".to_owned(), "Dovecot".to_owned())]);

    let enabled = both(
        session.enable(&["QRESYNC", "UTF8=ACCEPT"]),
        peer.expect("ENABLE QRESYNC UTF8=ACCEPT", "* ENABLED QRESYNC\r\n{tag} OK\r\n"),
    );
    assert_eq!(enabled.await.unwrap(), ["QRESYNC"]);
    assert!(session.enable(&["A\r\nB"]).await.is_err() && session.enable(&[]).await.is_err());

    let spaces = both(
        session.namespace(),
        peer.expect(
            "NAMESPACE",
            "* NAMESPACE ((\"\" \"/\")(\"INBOX.\" \".\" \"X-PARAM\" (\"a\"))) NIL ((\"Entw&APw-rfe/\" NIL))\r\n{tag} OK\r\n",
        ),
    )
    .await
    .unwrap();
    let shown: Vec<_> =
        spaces.personal.iter().map(|n| (n.prefix.0.as_str(), n.separator)).collect();
    assert_eq!(shown, [("", Some('/')), ("INBOX.", Some('.'))]);
    assert_eq!(spaces.other_users, []);
    assert_eq!(spaces.shared[0].prefix.0, "Entwürfe/");

    assert!(both(session.unselect(), peer.expect("UNSELECT", "{tag} OK\r\n")).await.unwrap());
    assert_eq!(session.selected(), None);
    both(session.logout(), async {
        peer.expect("LOGOUT", "* BYE so long\r\n{tag} OK\r\n").await;
        peer.at_end().await;
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_not_offered_is_not_asked() {
    let (mut session, mut peer) = signed_in_with("IMAP4rev1").await;
    assert_eq!(session.id(&[]).await, Err(Error::NotOffered("ID")));
    assert!(session.namespace().await.is_err());
    assert_eq!(session.compress().await, Ok(false));
    both(
        session.select(&inbox(), true),
        peer.expect("SELECT \"INBOX\"", "* 1 EXISTS\r\n{tag} OK\r\n"),
    )
    .await
    .unwrap();
    // No UNSELECT: the mailbox stays, and nothing is expunged by a CLOSE.
    assert_eq!(session.unselect().await, Ok(false));
    drop(session);
    peer.at_end().await;
}

#[tokio::test(start_paused = true)]
async fn list_with_all_that_comes_along() {
    let (mut session, mut peer) = signed_in().await;
    let want = ListWant { special_use: true, status: true };
    let listed = both(session.list(&want), async {
        peer.expect(
            "LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))",
            "* LIST (\\Subscribed \\HasNoChildren) \"/\" inbox\r\n\
             * STATUS INBOX (MESSAGES 5 UNSEEN 2 UIDNEXT 9 UIDVALIDITY 3 HIGHESTMODSEQ 99 SIZE 5000000000 MAILBOXID (F1) DELETED 1)\r\n\
             * LIST (\\sent) \"/\" {8}\r\nGesendet\r\n\
             * LIST (\\Noselect) \"/\" \"[Gmail]\"\r\n\
             * LIST (\\NonExistent \\Trash) NIL \"a \\\"b\\\"\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" (\"x\"))\r\n\
             * LIST (\\HasChildren \\) \".\" \"Entw&APw-rfe\"\r\n\
             * LIST () \"\\\\\" NIL\r\n\
             * LIST garbage\r\n\
             {tag} OK\r\n",
        )
        .await;
    })
    .await
    .unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|l| (l.name.0.as_str(), l.separator, l.role, l.selectable, l.subscribed))
        .collect();
    assert_eq!(
        shown,
        [
            ("INBOX", Some('/'), Some(Role::Inbox), true, true),
            ("Gesendet", Some('/'), Some(Role::Sent), true, false),
            ("[Gmail]", Some('/'), None, false, false),
            ("a \"b\"", None, Some(Role::Trash), false, false),
            ("Entwürfe", Some('.'), None, true, false),
            ("NIL", Some('\\'), None, true, false),
        ]
    );
    assert_eq!(listed[4].wire_name, "Entw&APw-rfe");
    let status = listed[0].status.unwrap();
    assert_eq!((status.messages, status.unseen), (Some(5), Some(2)));
    assert_eq!((status.uidnext, status.uidvalidity), (Some(Uid(9)), Some(UidValidity(3))));
    assert_eq!((status.highestmodseq, status.size), (Some(ModSeq(99)), Some(5_000_000_000)));
}

#[tokio::test(start_paused = true)]
async fn list_in_its_plain_form() {
    let (mut session, mut peer) = signed_in().await;
    let listed = both(session.list(&ListWant::default()), async {
        peer.expect("LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN)", "{tag} BAD what\r\n").await;
        assert_eq!(peer.line().await, "LIST \"\" \"*\"");
        let first = peer.tag.clone();
        assert_eq!(peer.line().await, "LSUB \"\" \"*\"");
        peer.send(format!("* LIST () \"/\" a\r\n* LIST () \"/\" b\r\n{first} OK\r\n")).await;
        peer.answer("* LSUB () \"/\" b\r\n{tag} NO no\r\n").await;
    })
    .await
    .unwrap();
    assert_eq!(listed.iter().map(|l| l.subscribed).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn status_of_names_of_every_kind() {
    for (name, sent, answer, messages) in [
        ("a", "\"a\"", "* STATUS a (MESSAGES 1)\r\n", 1),
        ("a b", "\"a b\"", "* STATUS a b (MESSAGES 2)\r\n", 2),
        ("A & B", "\"A &- B\"", "* STATUS {6}\r\nA &- B (MESSAGES 3 X (a (b)) RECENT 4)\r\n", 3),
    ] {
        let (mut session, mut peer) = signed_in().await;
        let command = format!("STATUS {sent} (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)");
        let name = MailboxName(name.to_owned());
        let answer = format!("{answer}{{tag}} OK\r\n");
        let status = both(session.status(&name), peer.expect(&command, &answer));
        assert_eq!(status.await.unwrap().messages, Some(messages));
    }
}

#[tokio::test(start_paused = true)]
async fn names_that_break_the_encoding_go_back_as_they_came() {
    let (mut session, mut peer) = signed_in().await;
    let listed = both(session.list(&ListWant::default()), async {
        let name = b"* LIST () \"/\" {5}\r\na\r\n&\xff\r\nA9 OK stray\r\n";
        peer.line().await;
        peer.send(name).await;
        peer.answer("{tag} OK\r\n").await;
    })
    .await
    .unwrap();
    both(session.select(&listed[0].name, false), async {
        assert_eq!(peer.line().await, "SELECT {5+}");
        assert_eq!(peer.exactly(7).await, b"a\r\n&\xff\r\n");
        peer.answer("{tag} OK\r\n").await;
    })
    .await
    .unwrap();
}

#[tokio::test(start_paused = true)]
async fn searches_by_set_and_by_list() {
    let (mut session, mut peer) = selected().await;
    let found = both(session.uid_search(&SearchKey::Subject("Grüße".into())), async {
        assert_eq!(peer.line().await, "UID SEARCH RETURN (ALL) CHARSET UTF-8 SUBJECT {7+}");
        assert_eq!(peer.exactly(9).await, "Grüße\r\n".as_bytes());
        peer.answer(
            "* ESEARCH (TAG \"{tag}\") UID MIN 2 ALL 9,2:4 MODSEQ 9 X (y z)\r\n{tag} OK\r\n",
        )
        .await;
    })
    .await
    .unwrap();
    assert_eq!(found.to_string(), "2:4,9");
    let count = both(
        session.uid_search_count(&SearchKey::UidRange(Uid(1), Uid(9))),
        peer.expect(
            "UID SEARCH RETURN (COUNT) UID 1:9",
            "* ESEARCH (TAG \"x\") UID COUNT 7\r\n{tag} OK\r\n",
        ),
    );
    assert_eq!(count.await, Ok(7));
    // ESEARCH offered, and SEARCH given.
    let count = both(
        session.uid_search_count(&SearchKey::All),
        peer.expect(
            "UID SEARCH RETURN (COUNT) ALL",
            "* SEARCH 5 3 4 (MODSEQ 9)\r\n* SEARCH\r\n* SEARCH 3 8\r\n{tag} OK\r\n",
        ),
    );
    assert_eq!(count.await, Ok(4));
    let none = both(
        session.uid_search(&SearchKey::Seen),
        peer.expect("UID SEARCH RETURN (ALL) SEEN", "{tag} OK\r\n"),
    );
    assert_eq!(none.await, Ok(UidSet::new()));
}

#[tokio::test(start_paused = true)]
async fn a_search_of_a_hundred_thousand_is_read_at_once() {
    let (mut session, mut peer) = selected().await;
    let ids: Vec<String> = (1..=100_000u32).rev().map(|n| (n * 2).to_string()).collect();
    let answer = format!("* SEARCH {}\r\n{{tag}} OK\r\n", ids.join(" "));
    let began = std::time::Instant::now();
    let found = both(session.uid_search(&SearchKey::All), async {
        peer.line().await;
        peer.answer(&answer).await;
    });
    assert_eq!(found.await.unwrap().len(), 100_000);
    assert!(began.elapsed().as_secs() < 10);
}

#[tokio::test(start_paused = true)]
async fn a_search_in_a_long_set_is_several_short_ones() {
    let (mut session, mut peer) = selected().await;
    let set: UidSet = (1..5_000u32).map(|n| Uid(n * 1_000)).collect();
    let mut lines = 0;
    let server = async {
        for (result, last) in [("ALL", 4_999_000u32), ("COUNT", 4_999_000)] {
            loop {
                let line = peer.line().await;
                assert!(line.len() < 8_000, "{}", line.len());
                let head = format!("UID SEARCH RETURN ({result}) UID ");
                let numbers = line.strip_prefix(&head).unwrap();
                let count = numbers.split(',').count();
                let answer = format!("* ESEARCH UID ALL {numbers} COUNT {count}\r\n{{tag}} OK\r\n");
                peer.answer(&answer).await;
                lines += 1;
                if numbers.ends_with(&last.to_string()) {
                    break;
                }
            }
        }
    };
    let client = async {
        let key = SearchKey::Uids(set.clone());
        assert_eq!(session.uid_search(&key).await, Ok(set));
        assert_eq!(session.uid_search_count(&key).await, Ok(4_999));
    };
    both(client, server).await;
    assert!(lines >= 8, "{lines}");
}

#[tokio::test(start_paused = true)]
async fn what_is_unasked_becomes_events() {
    let (mut session, mut peer) = selected().await;
    session.take_events();
    both(session.noop(), async {
        peer.expect(
            "NOOP",
            "* 101 EXISTS\r\n* 3 EXPUNGE\r\n* VANISHED 5:7\r\n* VANISHED (EARLIER) 1,3\r\n\
             * 4 FETCH (FLAGS (\\Seen) UID 9 MODSEQ (17))\r\n* OK [ALERT]é full\r\n* XFOO (bar)\r\n\
             * 0 EXPUNGE\r\n* THREAD (1)(2 3)\r\n* JMAPACCESS x\r\n* UIDBATCHES (TAG \"x\") 1:2\r\n\
             * OK [XNEW (a [b] \"]\")] fine\r\nnot imap at all\r\n\n* 99999999999 EXISTS\r\n* CAPABILITY IMAP4rev2 X\r\n{tag} OK\r\n",
        )
        .await;
    })
    .await
    .unwrap();
    let events = session.take_events();
    assert_eq!(events[0], Event::Exists(101));
    assert_eq!(events[1], Event::Expunge(SeqNum(3)));
    let Event::Vanished { earlier: false, uids } = &events[2] else { panic!("{events:?}") };
    assert_eq!(uids.to_string(), "5:7");
    assert!(matches!(&events[3], Event::Vanished { earlier: true, .. }));
    let Event::Flags(fetched) = &events[4] else { panic!("{events:?}") };
    assert_eq!((fetched.uid, fetched.modseq), (Some(Uid(9)), Some(ModSeq(17))));
    assert_eq!(events[5], Event::Alert("é full".into()));
    assert_eq!(events.len(), 6);
    assert!(session.capabilities().has("X"));
}

#[tokio::test(start_paused = true)]
async fn what_was_said_of_the_old_mailbox_is_not_said_of_the_new_one() {
    let (mut session, mut peer) = selected().await;
    both(session.noop(), peer.expect("NOOP", "* 1 EXPUNGE\r\n{tag} OK\r\n")).await.unwrap();
    let archive = MailboxName("Archive".into());
    let selected = both(session.examine(&archive, false), async {
        peer.expect(
            "EXAMINE \"Archive\"",
            "* 5 EXPUNGE\r\n* 2 FETCH (FLAGS ())\r\n* OK [CLOSED] x\r\n* FLAGS ()\r\n* 7 EXISTS\r\n* 7 EXPUNGE\r\n\
             * OK [NOMODSEQ] x\r\n* 2 FETCH (FLAGS (\\Seen))\r\n{tag} OK [READ-ONLY] x\r\n",
        )
        .await;
    })
    .await
    .unwrap();
    assert_eq!((selected.exists, selected.no_modseq, selected.read_only), (6, true, true));
    assert!(matches!(session.take_events().as_slice(), [Event::Flags(_)]));
}

#[tokio::test(start_paused = true)]
async fn a_select_that_fails_leaves_nothing_selected() {
    let (mut session, mut peer) = selected().await;
    let gone = MailboxName("gone".into());
    let refused = both(
        session.select(&gone, false),
        peer.expect("SELECT \"gone\"", "{tag} NO [NONEXISTENT] x\r\n"),
    );
    assert!(matches!(refused.await, Err(Error::No { command: "SELECT", .. })));
    assert_eq!(session.selected(), None);
    both(session.noop(), peer.expect("NOOP", "{tag} OK\r\n")).await.unwrap();
}
