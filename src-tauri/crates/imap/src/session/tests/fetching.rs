use super::*;
use crate::parse::{Fetched, PartWhat};
use model::{ModSeq, Section, SeqNum, Uid, UidSet};

fn uids(list: &[u32]) -> UidSet {
    list.iter().copied().map(Uid).collect()
}

async fn fetch(
    session: &mut Session,
    set: FetchSet,
    want: &FetchWant,
) -> (Vec<Fetched>, Result<FetchSummary, Error>) {
    let mut found = Vec::new();
    let summary = session.fetch(&set, want, |fetched| found.push(fetched)).await;
    (found, summary)
}

fn row_want() -> FetchWant {
    FetchWant {
        uid: true,
        flags: true,
        internal_date: true,
        size: true,
        envelope: true,
        structure: true,
        preview: true,
        modseq: true,
        email_id: true,
        gm_msgid: true,
        gm_thrid: true,
        header_fields: vec!["REFERENCES"],
        ..FetchWant::default()
    }
}

#[tokio::test(start_paused = true)]
async fn a_row_with_everything() {
    let (mut session, mut peer) = selected().await;
    let set = FetchSet::Seq { low: SeqNum(51), high: None };
    let (rows, summary) = both(fetch(&mut session, set, &row_want()), async {
        assert_eq!(
            peer.line().await,
            "FETCH 51:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE PREVIEW MODSEQ EMAILID \
             X-GM-MSGID X-GM-THRID BODY.PEEK[HEADER.FIELDS (REFERENCES)])"
        );
        peer.send("* 100 FETCH (UID 7 FLAGS (\\Seen $Forwarded \\Recent) INTERNALDATE \" 1-Jan-1970 00:01:00 +0000\" \
            RFC822.SIZE 5368709120 MODSEQ (9007199254740993) EMAILID (M1) X-GM-MSGID 1278455344230334865 X-GM-THRID 2 SAVEDATE NIL \
            X-GM-LABELS (\"\\\\Inbox\" {3}\r\na)b) ENVELOPE (\"Thu, 1 Jan 1970 00:02:00 +0000\" \"=?utf-8?q?Gr=C3=BC=C3=9Fe?=\" \
            ((\"Anna \\\"A\\\" Berg\" NIL \"anna\" \"kontor.example\")) NIL NIL ((NIL NIL \"team\" NIL)(NIL NIL \"b c\" \"x.example\")(NIL NIL NIL NIL)) NIL NIL \
            \"<1@x> <2@x>\" \"<3@x>\") PREVIEW {5}\r\nHallo BODYSTRUCTURE ((\"TEXT\" \"PLAIN\" (\"CHARSET\" \"UTF-8\" \"FORMAT\" \"flowed\") NIL NIL \"QUOTED-PRINTABLE\" 10 1 NIL NIL NIL NIL)\
            (\"APPLICATION\" \"PDF\" (\"NAME\" \"x.pdf\") \"<cid@x>\" NIL \"BASE64\" 99 NIL (\"ATTACHMENT\" (\"FILENAME*\" \"utf-8''%C3%84.pdf\")) NIL NIL) \"MIXED\" (\"BOUNDARY\" \"b\") NIL NIL NIL) \
            BODY[HEADER.FIELDS (REFERENCES)] {23}\r\nReferences: <1@x>\r\n\r\n\r\n)\r\n").await;
        peer.answer("{tag} OK\r\n").await;
    })
    .await;
    assert_eq!(summary, Ok(FetchSummary { answered: 1, unreadable: 0 }));
    let row = &rows[0];
    assert_eq!((row.seq, row.uid), (SeqNum(100), Some(Uid(7))));
    assert_eq!(row.flags.as_ref().unwrap().names(), ["\\Seen", "$Forwarded"]);
    assert_eq!((row.internal_date, row.size), (Some(60), Some(5_368_709_120)));
    assert_eq!(row.modseq, Some(ModSeq(9_007_199_254_740_993)));
    assert_eq!(
        (row.email_id.as_deref(), row.gm_msgid, row.gm_thrid),
        (Some("M1"), Some(1_278_455_344_230_334_865), Some(2))
    );
    assert_eq!(row.preview, Some(Some("Hallo".into())));
    assert_eq!(row.headers.as_deref(), Some(&b"References: <1@x>\r\n\r\n\r\n"[..]));
    let envelope = row.envelope.as_ref().unwrap();
    assert_eq!((envelope.date, envelope.subject.as_str()), (Some(120), "Grüße"));
    assert_eq!(envelope.from[0].name.as_deref(), Some("Anna \"A\" Berg"));
    assert_eq!(envelope.from[0].address, "anna@kontor.example");
    assert_eq!(
        envelope.to.iter().map(|a| a.address.as_str()).collect::<Vec<_>>(),
        ["\"b c\"@x.example"]
    );
    assert_eq!(
        (envelope.in_reply_to.as_slice(), envelope.message_id.as_deref()),
        (&["1@x".to_owned(), "2@x".to_owned()][..], Some("3@x"))
    );
    let structure = row.structure.as_ref().unwrap();
    let [text, pdf] = structure.children.as_slice() else { panic!("{structure:?}") };
    assert_eq!(
        (text.media_type.as_str(), text.charset.as_deref(), text.flowed),
        ("text/plain", Some("utf-8"), true)
    );
    assert_eq!(
        (pdf.name.as_deref(), pdf.content_id.as_deref(), pdf.size),
        (Some("Ä.pdf"), Some("cid@x"), 99)
    );
    assert_eq!(pdf.disposition, Some(model::Disposition::Attachment));
}

#[tokio::test(start_paused = true)]
async fn previews_of_every_kind() {
    for (value, preview) in [
        ("NIL", None),
        ("\"a \\\"b\\\"\"", Some("a \"b\"")),
        ("{4}\r\n\u{e4}\r\n", Some("ä\r\n")),
        ("(FUZZY \"old\")", Some("old")),
        ("\"\"", Some("")),
    ] {
        let (mut session, mut peer) = selected().await;
        let want = FetchWant { preview_lazy: true, preview: true, ..FetchWant::default() };
        let answer = format!("* 1 FETCH (UID 1 PREVIEW {value})\r\n{{tag}} OK\r\n");
        let set = FetchSet::Uids(uids(&[1]));
        let (found, _) = both(
            fetch(&mut session, set, &want),
            peer.expect("UID FETCH 1 (PREVIEW (LAZY))", &answer),
        )
        .await;
        assert_eq!(found[0].preview, Some(preview.map(str::to_owned)), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_not_asked_for_is_an_event() {
    let (mut session, mut peer) = selected().await;
    session.take_events();
    let want = FetchWant { uid: true, flags: true, size: true, ..FetchWant::default() };
    let (found, summary) = both(
        fetch(&mut session, FetchSet::Uids(uids(&[5, 6])), &want),
        peer.expect(
            "UID FETCH 5:6 (UID FLAGS RFC822.SIZE)",
            "* 1 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (FLAGS () UID 5 RFC822.SIZE 1)\r\n\
             * 2 FETCH (UID 5 FLAGS (\\Flagged))\r\n* 9 FETCH (UID 77 FLAGS () RFC822.SIZE 1)\r\n* 3 EXPUNGE\r\n{tag} OK\r\n",
        ),
    )
    .await;
    assert_eq!(found.iter().map(|f| f.uid).collect::<Vec<_>>(), [Some(Uid(5))]);
    assert_eq!(summary.unwrap().answered, 1);
    assert_eq!(session.take_events().len(), 4);

    // Flags alone asked for: they are the answer.
    let want = FetchWant { uid: true, flags: true, ..FetchWant::default() };
    let answer = "* 2 FETCH (UID 5 FLAGS (\\Seen))\r\n* 3 FETCH (FLAGS ())\r\n{tag} OK\r\n";
    let (found, _) = both(
        fetch(&mut session, FetchSet::Uids(uids(&[5])), &want),
        peer.expect("UID FETCH 5 (UID FLAGS)", answer),
    )
    .await;
    assert_eq!(found.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn parts_are_named_as_they_were_asked_for() {
    let (mut session, mut peer) = selected().await;
    let section = |text: &str| Section::parse(text).unwrap();
    let part = |s: &str, what, range| PartWant { section: section(s), what, range };
    let want = FetchWant {
        parts: vec![
            part("1", PartWhat::Body, Some((0, 4))),
            part("2.1", PartWhat::Mime, None),
            part("", PartWhat::Header, None),
            part("2", PartWhat::Text, None),
            part("3", PartWhat::Body, Some((8, 4))),
        ],
        ..FetchWant::default()
    };
    let (found, _) = both(fetch(&mut session, FetchSet::Uids(uids(&[5])), &want), async {
        assert_eq!(
            peer.line().await,
            "UID FETCH 5 (BODY.PEEK[1]<0.4> BODY.PEEK[2.1.MIME] BODY.PEEK[HEADER] BODY.PEEK[2.TEXT] BODY.PEEK[3]<8.4>)"
        );
        peer.send(
            &b"* 1 FETCH (UID 5 body[1]<0> {4}\r\n\xff\r\n) BODY[2.1.MIME] \"M\" BODY[HEADER]{1}\r\nH \
            BODY[2.TEXT] NIL BODY[3]<8.4> ~{2}\r\n\0x BODY[9] \"\" BINARY[1] ~{3}\r\nxyz BINARY.SIZE[1] 3 BODY[HEADER.FIELDS (\"A]\")] \"f\")\r\n"[..],
        )
        .await;
        peer.answer("{tag} OK\r\n").await;
    })
    .await;
    let shown: Vec<_> = found[0]
        .parts
        .iter()
        .map(|p| (p.section.to_string(), p.what, p.offset, p.bytes.clone()))
        .collect();
    assert_eq!(
        shown,
        [
            ("1".into(), PartWhat::Body, 0, b"\xff\r\n)".to_vec()),
            ("2.1".into(), PartWhat::Mime, 0, b"M".to_vec()),
            (String::new(), PartWhat::Header, 0, b"H".to_vec()),
            ("3".into(), PartWhat::Body, 8, b"\0x".to_vec()),
            ("9".into(), PartWhat::Body, 0, vec![]),
        ]
    );
    assert_eq!(found[0].headers.as_deref(), Some(&b"f"[..]));
}

#[tokio::test(start_paused = true)]
async fn many_fetches_are_one_burst_and_each_knows_its_own() {
    let (mut session, mut peer) = selected().await;
    let part = |n| FetchWant {
        parts: vec![PartWant {
            section: Section::parse(n).unwrap(),
            what: PartWhat::Body,
            range: Some((0, 9)),
        }],
        ..FetchWant::default()
    };
    let commands = vec![
        (FetchSet::Uids(uids(&[1, 3])), part("1")),
        (FetchSet::Uids(uids(&[2])), part("2")),
        (FetchSet::UidFrom(Uid(9)), part("1")),
    ];
    let before = session.traffic().round_trips;
    let mut found = Vec::new();
    let fetched = session.fetch_many(commands, |which, f| found.push((which, f.uid.unwrap().0)));
    both(fetched, async {
        let mut tags = Vec::new();
        for line in [
            "UID FETCH 1,3 (BODY.PEEK[1]<0.9>)",
            "UID FETCH 2 (BODY.PEEK[2]<0.9>)",
            "UID FETCH 9:* (BODY.PEEK[1]<0.9>)",
        ] {
            assert_eq!(peer.line().await, line);
            tags.push(peer.tag.clone());
        }
        peer.send(format!(
            "* 1 FETCH (UID 1 BODY[1]<0> \"a\")\r\n* 3 FETCH (UID 3 BODY[1]<0> \"a\")\r\n{} OK\r\n\
             * 2 FETCH (UID 2 BODY[2]<0> \"a\")\r\n{} OK\r\n* 9 FETCH (UID 12 BODY[1]<0> \"a\")\r\n{} OK\r\n",
            tags[0], tags[1], tags[2]
        ))
        .await;
    })
    .await
    .unwrap();
    assert_eq!(found, [(0, 1), (0, 3), (1, 2), (2, 12)]);
    assert_eq!(session.traffic().round_trips - before, 1);

    let by_position = vec![
        (FetchSet::Seq { low: SeqNum(1), high: None }, part("1")),
        (FetchSet::UidFrom(Uid(1)), part("1")),
    ];
    assert!(session.fetch_many(by_position, |_, _| ()).await.is_err());
    assert_eq!(session.fetch_many(vec![], |_, _| ()).await, Ok(FetchSummary::default()));
}

#[tokio::test(start_paused = true)]
async fn long_sets_are_several_short_commands() {
    let (mut session, mut peer) = selected().await;
    let set: UidSet = (1..20_000u32).map(|n| Uid(n * 100_003 % 4_000_000_000)).collect();
    let want = FetchWant { uid: true, flags: true, ..FetchWant::default() };
    let count = set.len();
    let server = async {
        let mut asked = 0;
        while asked < count {
            let line = peer.line().await;
            assert!(line.len() < 8_000, "{}", line.len());
            let numbers = line.strip_prefix("UID FETCH ").unwrap().split(' ').next().unwrap();
            asked += numbers
                .split(',')
                .map(|r| match r.split_once(':') {
                    Some((low, high)) => {
                        high.parse::<u64>().unwrap() - low.parse::<u64>().unwrap() + 1
                    }
                    None => 1,
                })
                .sum::<u64>();
            peer.answer("{tag} OK\r\n").await;
        }
        assert_eq!(asked, count);
    };
    both(fetch(&mut session, FetchSet::Uids(set), &want), server).await.1.unwrap();
}

#[tokio::test(start_paused = true)]
async fn refused_in_the_middle_what_came_stands() {
    let (mut session, mut peer) = selected().await;
    let want = FetchWant { uid: true, size: true, ..FetchWant::default() };
    let answer = "* 1 FETCH (UID 1 RFC822.SIZE 9)\r\n{tag} NO [EXPUNGEISSUED] some are gone\r\n";
    let (found, summary) = both(
        fetch(&mut session, FetchSet::Uids(uids(&[1, 2])), &want),
        peer.expect("UID FETCH 1:2 (UID RFC822.SIZE)", answer),
    )
    .await;
    assert_eq!(found.len(), 1);
    assert!(
        matches!(summary, Err(Error::No { command: "FETCH", code: Some(code), .. }) if code == "EXPUNGEISSUED")
    );
    both(session.noop(), peer.expect("NOOP", "{tag} OK\r\n")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn modseq_is_asked_for_only_where_it_is() {
    let (mut session, mut peer) = signed_in_with("IMAP4rev1").await;
    both(
        session.select(&inbox(), true),
        peer.expect("SELECT \"INBOX\"", "* 1 EXISTS\r\n{tag} OK\r\n"),
    )
    .await
    .unwrap();
    let want = FetchWant { uid: true, modseq: true, ..FetchWant::default() };
    let set = FetchSet::UidFrom(Uid(1));
    both(fetch(&mut session, set, &want), peer.expect("UID FETCH 1:* (UID)", "{tag} OK\r\n"))
        .await
        .1
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn deflated_both_ways() {
    let (mut session, mut peer) = selected().await;
    let (end_near, end_far) = tokio::io::duplex(64 * 1024);
    let server = async {
        peer.expect("COMPRESS DEFLATE", "{tag} OK on\r\n").await;
        // A peer behind the same codec, joined to the client's pipe by hand.
        let mut deflated = crate::framing::deflated(Box::new(peer.stream.into_inner()));
        let mut far = end_far;
        tokio::io::copy_bidirectional(&mut deflated, &mut far).await.ok();
    };
    let client = async {
        assert_eq!(session.compress().await, Ok(true));
        let mut peer = Peer::new(end_near);
        let want = FetchWant {
            parts: vec![PartWant { section: Section::root(), what: PartWhat::Body, range: None }],
            ..FetchWant::default()
        };
        let body = "x".repeat(100_000);
        let answer = format!("* 1 FETCH (UID 1 BODY[] {{100000}}\r\n{body})\r\n{{tag}} OK\r\n");
        let before = session.traffic();
        let (found, _) = both(
            fetch(&mut session, FetchSet::Uids(uids(&[1])), &want),
            peer.expect("UID FETCH 1 (BODY.PEEK[])", &answer),
        )
        .await;
        assert_eq!(found[0].parts[0].bytes, body.as_bytes());
        let after = session.traffic();
        assert!(
            after.bytes_in - before.bytes_in < 1_000 && after.round_trips - before.round_trips == 1
        );
        drop((session, peer));
    };
    tokio::join!(client, server);
}
