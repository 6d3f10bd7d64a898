//! Far ends that last: whatever is brought to them by whomever is in the ledger, once for each time.

use crate::http::{FakeHttp, Reply};
use crate::ledger::Duplicate;
use crate::smtp::{At, FakeSmtp, Fault, Script};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends everything at once and returns all that comes back until the far end closes.
async fn talk(address: SocketAddr, text: String) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // A far end that dies resets the connection, and what it said before counts.
    drop(stream.read_to_string(&mut answer).await);
    answer
}

async fn post(address: SocketAddr, id: &str, body: &str) -> String {
    let length = body.len();
    let head = format!("POST /hook HTTP/1.1\r\nwebhook-id: {id}\r\ncontent-length: {length}");
    talk(address, format!("{head}\r\n\r\n{body}")).await
}

async fn mail(address: SocketAddr, id: &str, to: &str, text: &str) -> String {
    let envelope = format!("EHLO me\r\nMAIL FROM:<me@example.com>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
    let message = format!("Subject: report\r\nMessage-ID:\r\n {id}\r\n\r\n{text}\r\n.\r\nQUIT\r\n");
    talk(address, envelope + &message).await
}

fn duplicate(key: &str, acknowledged: usize, identical: bool) -> Duplicate {
    Duplicate {
        key: key.into(),
        copies: 2,
        identical,
        acknowledged,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lasting_receiver_takes_everything_and_tells_what_came_twice() {
    let hook = FakeHttp::lasting().await;
    let senders = (0..200).map(|n| {
        let address = hook.address;
        tokio::spawn(async move { post(address, &format!("msg_{n}"), "{}").await })
    });
    for sender in senders.collect::<Vec<_>>() {
        assert!(sender.await.unwrap().starts_with("HTTP/1.1 200 OK\r\n"));
    }
    hook.ledger.wait_for_keys(200);
    assert_eq!(
        (hook.ledger.entries().len(), hook.ledger.duplicates()),
        (200, vec![])
    );
    let busy = Reply::Answer("503 Service Unavailable", "", String::new());
    hook.script(vec![busy, Reply::Drop]);
    // Refused, taken without a word, taken: one repeat that the sender could not avoid.
    for _ in 0..3 {
        post(hook.address, "msg_a", "{}").await;
    }
    post(hook.address, "msg_7", "{\"changed\":1}").await;
    let expected = [duplicate("msg_7", 2, false), duplicate("msg_a", 1, true)];
    assert_eq!(hook.ledger.duplicates(), expected);
    assert_eq!(
        (hook.ledger.entries().len(), hook.ledger.keys().len()),
        (204, 201)
    );
    assert!(hook.requests().is_empty(), "no body is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lasting_mail_server_tells_mails_by_id_and_recipient() {
    let server = FakeSmtp::start(Script {
        lasting: true,
        ..Script::default()
    })
    .await;
    assert!(
        mail(server.address, "<a@x>", "cfo@example.com", "hi")
            .await
            .contains("queued")
    );
    let faults = [Fault::Reply(At::AfterDot, "451 later"), Fault::Die(At::AfterDot)];
    server.script.lock().unwrap().faults.extend(faults);
    for to in ["controller@example.com"; 3] {
        mail(server.address, "<a@x>", to, "hi").await;
    }
    let key = "<a@x> controller@example.com";
    assert_eq!(server.ledger.duplicates(), [duplicate(key, 1, true)]);
    let replies: Vec<_> = server.ledger.entries().iter().map(|entry| entry.reply).collect();
    assert_eq!(replies, [Some(250), Some(451), None, Some(250)]);
    assert_eq!(server.ledger.keys().len(), 2);
    assert!(
        server.accepted().is_empty() && server.commands().is_empty(),
        "only the ledger is kept"
    );
}
