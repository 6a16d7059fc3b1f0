//! A recorded session, cut at every octet, and given in pieces of every size.

use super::*;
use model::{SeqNum, Uid};

const ANSWERS: [&str; 6] = [
    "* OK [CAPABILITY IMAP4rev1 SASL-IR LITERAL+] ready\r\n",
    "* CAPABILITY IMAP4rev1 ESEARCH PREVIEW LIST-EXTENDED\r\nA0001 OK in\r\n",
    "* CAPABILITY IMAP4rev1 ESEARCH PREVIEW LIST-EXTENDED\r\nS1 OK\r\n* 2 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\nS2 OK [READ-WRITE] x\r\n",
    "* 1 FETCH (UID 4 ENVELOPE (NIL \"a\" NIL NIL NIL NIL NIL NIL NIL \"<1@x>\") PREVIEW {5}\r\nHallo)\r\n* 2 FETCH (UID 5 ENVELOPE (NIL {3}\r\na\r\n NIL NIL NIL NIL NIL NIL NIL NIL) PREVIEW NIL)\r\nA0002 OK\r\n",
    "* LIST () \"/\" {3}\r\nabc\r\n* LIST (\\Sent) NIL \"b\"\r\nA0003 OK\r\n",
    "* ESEARCH (TAG \"A0004\") UID ALL 4:5\r\nA0004 OK\r\n",
];

/// What the session gave, as far as it came.
async fn session_over(connected: Connected) -> (usize, Result<(), Error>) {
    let mut done = 0;
    let result = async {
        let mut session = Session::greet(connected, &Deadlines::default()).await?;
        done = 1;
        let flown = session.login_flight("anna", &password("secret"), &inbox()).await;
        let selected = flown.map_err(|e| match e {
            crate::FlightError::NotUnderstood(e) | crate::FlightError::Failed(e) => e,
        })?;
        assert_eq!(selected.exists, 2);
        done = 2;
        let want = FetchWant { uid: true, envelope: true, preview: true, ..FetchWant::default() };
        let mut rows = Vec::new();
        session
            .fetch(&FetchSet::Seq { low: SeqNum(1), high: None }, &want, |f| rows.push(f))
            .await?;
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[1].uid, Some(Uid(5)));
        done = 3;
        assert_eq!(session.list(&ListWant::default()).await?.len(), 2);
        done = 4;
        assert_eq!(session.uid_search(&SearchKey::All).await?.len(), 2);
        done = 5;
        Ok(())
    }
    .await;
    (done, result)
}

#[tokio::test(start_paused = true)]
async fn cut_at_every_octet_it_is_an_error_and_nothing_is_made_up() {
    let whole: String = ANSWERS.concat();
    for cut in 0..=whole.len() {
        let (connected, mut peer) = pipe();
        peer.send(&whole.as_bytes()[..cut]).await;
        // Everything else the client sends is taken and not answered.
        let (reader, result) = tokio::join!(
            async {
                peer.stream.get_mut().shutdown().await.unwrap();
                let mut sink = Vec::new();
                peer.stream.read_to_end(&mut sink).await.unwrap();
            },
            session_over(connected)
        );
        let () = reader;
        let (done, result) = result;
        if cut == whole.len() {
            assert_eq!((done, result), (5, Ok(())));
        } else {
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Closed | Error::NotImap { .. }), "{cut}: {error:?}");
            assert!(done < 5);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn in_pieces_of_every_size_it_is_the_same() {
    let whole: String = ANSWERS.concat();
    for size in 1..60 {
        let (near, far) = tokio::io::duplex(size);
        let (mut read, mut write) = tokio::io::split(far);
        let writer = async {
            write.write_all(whole.as_bytes()).await.unwrap();
        };
        let sink = async {
            let mut all = Vec::new();
            read.read_to_end(&mut all).await.unwrap();
        };
        let client = session_over(Connected::over(near, "mail.kontor.example"));
        let ((), (done, result)) = tokio::join!(writer, async {
            tokio::select! { r = client => r, () = sink => unreachable!() }
        });
        assert_eq!((done, result), (5, Ok(())), "{size}");
    }
}
