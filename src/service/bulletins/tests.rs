//! Who hears what, by which way, against mail servers that follow a script.

use super::*;
use crate::config;
use crate::delivery::BulletinKind;
use crate::run::store::Tell;
use crate::schedule::clock::ManualClock;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const NOON: &str = "2026-11-02T12:00:00Z";

/// A mail server that refuses for now as long as it is told to, and keeps the mails that it takes. It refuses `gone@` for good,
/// says nothing about a mail for `lost@`, and answers one for `both-` when two of them are there.
#[derive(Clone)]
struct Post {
    port: u16,
    open: Arc<Mutex<bool>>,
    mails: Arc<Mutex<Vec<String>>>,
    both: Arc<tokio::sync::Barrier>,
}

impl Post {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let post = Self {
            port: listener.local_addr().unwrap().port(),
            open: Arc::new(Mutex::new(true)),
            mails: Arc::default(),
            both: Arc::new(tokio::sync::Barrier::new(2)),
        };
        let serving = post.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                // A client that hangs up is none of ours.
                tokio::spawn(async move { drop(serving.talk(stream).await) });
            }
        });
        post
    }

    async fn talk(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 here\r\n").await?;
        let (mut line, mut recipient) = (String::new(), String::new());
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let open = *self.open.lock().unwrap();
            let reply: &[u8] = match line.get(..4).unwrap_or_default() {
                "MAIL" if !open => b"451 4.3.0 not now\r\n",
                "RCPT" if line.contains("<gone@") => b"550 5.1.1 no such user\r\n",
                "RCPT" => {
                    recipient.clone_from(&line);
                    b"250 fine\r\n"
                }
                "DATA" => {
                    stream.write_all(b"354 go on\r\n").await?;
                    let mut mail = String::new();
                    while !mail.ends_with("\r\n.\r\n") {
                        stream.read_line(&mut mail).await?;
                    }
                    self.mails.lock().unwrap().push(mail);
                    if recipient.contains("<lost@") {
                        return Ok(());
                    }
                    if recipient.contains("<both-") {
                        self.both.wait().await;
                    }
                    b"250 2.0.0 taken\r\n"
                }
                "QUIT" => b"221 bye\r\n",
                _ => b"250 fine\r\n",
            };
            stream.write_all(reply).await?;
        }
    }

    fn set_open(&self, open: bool) {
        *self.open.lock().unwrap() = open;
    }

    /// Subjects and texts, with lines unfolded.
    fn mails(&self) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        let unfolded = mails
            .iter()
            .map(|mail| mail.replace("=\r\n", "").replace("\r\n ", " "));
        unfolded.collect()
    }
}

struct Desk {
    folder: TempDir,
    plan: Plan,
    store: Store,
    clock: ManualClock,
}

impl Desk {
    /// With these deliveries and keys of the service.
    async fn new(service: &str, deliveries: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "[service]\ndata_dir = \"data\"\n{service}\n[sources.usage.usage_file]\npath = \"usage.csv\"\n{deliveries}\n\
             [jobs.monthly]\nsources = [\"usage\"]\nperiod = \"previous_month\"\nformats = [\"csv\"]\ndeliveries = []\n\
             [jobs.monthly.report.full]\n"
        );
        let plan = config::load_text("reportwire.toml", &text, folder.path(), &[], &BTreeMap::new());
        let plan = plan.unwrap_or_else(|problems| panic!("{problems}"));
        let store = Store::open(&plan.service.data_dir).await.unwrap();
        Self {
            folder,
            plan,
            store,
            clock: ManualClock::at(at(NOON)),
        }
    }

    async fn happens(&self, owner: &[&str], kind: BulletinKind, text: &str) {
        let tell = Tell {
            owner: owner.iter().map(|it| (*it).to_owned()).collect(),
            kind,
            job: Some("monthly".into()),
            period: Some("2026-10".into()),
            run_id: None,
            text: text.into(),
        };
        self.store.tell(vec![tell], self.clock.now()).await.unwrap();
    }

    /// Lets so many seconds pass and sends what is due.
    async fn after(&self, seconds: i64) {
        self.clock.set(self.clock.now() + TimeDelta::seconds(seconds));
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        send_due(&self.plan, &self.store, &clock).await.unwrap();
    }

    fn files(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join(folder)) else {
            return Vec::new();
        };
        entries
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect()
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn email(name: &str, port: u16) -> String {
    format!(
        "[deliveries.{name}.email]\nfrom = \"reports@example.com\"\nto = [\"cfo@example.com\"]\n\
         smtp = {{ host = \"127.0.0.1\", port = {port}, tls = \"none\" }}\n"
    )
}

const OWNER: &str = "owner = [\"finops@example.com\"]";

#[tokio::test]
async fn an_owner_gets_one_bulletin_in_a_quarter_of_an_hour() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "first")
        .await;
    desk.after(19).await;
    assert!(post.mails().is_empty(), "what belongs together may still come");
    desk.happens(&["finops@example.com"], BulletinKind::Dead, "second")
        .await;
    desk.happens(&["finops@example.com"], BulletinKind::Dead, "second")
        .await;
    desk.happens(&["boss@example.com"], BulletinKind::Held, "somebody else's")
        .await;
    desk.after(2).await;
    let mails = post.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(
        mails[0].contains("first") && mails[0].contains("2 times"),
        "{mails:?}"
    );
    assert!(!mails[0].contains("somebody else's"), "{mails:?}");
    desk.after(20).await;
    let mails = post.mails();
    assert!(
        mails.len() == 2 && mails[1].contains("somebody else's"),
        "{mails:?}"
    );
    assert!(
        mails[1].contains("boss@example.com") && !mails[1].contains("cfo@example.com"),
        "{mails:?}"
    );

    desk.happens(&["finops@example.com"], BulletinKind::Failed, "third")
        .await;
    desk.after(14 * 60).await;
    assert_eq!(post.mails().len(), 2, "quiet for a quarter of an hour");
    desk.after(60).await;
    let mails = post.mails();
    assert!(mails.len() == 3 && mails[2].contains("third"), "{mails:?}");
    desk.after(24 * 3600).await;
    assert_eq!(post.mails().len(), 3);
}

#[tokio::test]
async fn an_address_that_is_refused_neither_silences_the_others_nor_lets_them_hear_twice() {
    for owner in [
        ["gone@example.com", "cfo@example.com"],
        ["cfo@example.com", "gone@example.com"],
    ] {
        let post = Post::start().await;
        let desk = Desk::new(OWNER, &email("mail", post.port)).await;
        desk.happens(&owner, BulletinKind::Failed, "trouble").await;
        for seconds in [20, 60, 60, 60] {
            desk.after(seconds).await;
        }
        let mails = post.mails();
        assert!(
            mails.len() == 1 && mails[0].contains("cfo@example.com"),
            "{mails:?}"
        );
        let files = desk.files("data/bulletins");
        assert!(files.len() == 1 && files[0].contains("trouble"), "{files:?}");
    }
}

#[tokio::test]
async fn who_may_have_the_mail_gets_it_no_second_time_but_finds_the_file() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    desk.happens(&["lost@example.com"], BulletinKind::Failed, "trouble")
        .await;
    for seconds in [20, 60, 60, 60] {
        desk.after(seconds).await;
    }
    assert_eq!((post.mails().len(), desk.files("data/bulletins").len()), (1, 1));
}

#[tokio::test]
async fn who_has_it_already_is_not_mailed_again_when_another_must_wait() {
    let (post, closed) = (Post::start().await, Post::start().await);
    let service = format!("{OWNER}\nowner_delivery = \"mail\"\nowner_fallback = \"other\"");
    let deliveries = email("mail", post.port) + &email("other", closed.port);
    let desk = Desk::new(&service, &deliveries).await;
    desk.happens(
        &["cfo@example.com", "gone@example.com"],
        BulletinKind::Failed,
        "trouble",
    )
    .await;
    desk.after(20).await;
    assert_eq!(
        (post.mails().len(), closed.mails().len()),
        (1, 0),
        "the second way for the second address"
    );
    assert_eq!(desk.files("data/bulletins").len(), 1);
}

#[tokio::test]
async fn what_the_store_does_not_take_goes_out_without_it() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    let tell = Tell {
        owner: vec!["finops@example.com".into()],
        kind: BulletinKind::StoreFault,
        job: None,
        period: None,
        run_id: None,
        text: "the disk is full".into(),
    };
    let clock: Arc<dyn Clock> = Arc::new(desk.clock.clone());
    assert!(send_unwritten(&desk.plan, &desk.store, &clock, tell).await);
    let mails = post.mails();
    assert!(
        mails.len() == 1 && mails[0].contains("the disk is full"),
        "{mails:?}"
    );
    assert_eq!(desk.store.backlog(desk.clock.now()).await.unwrap().notices, 0);
}

#[tokio::test]
async fn the_bulletins_of_several_owners_go_out_side_by_side() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    for owner in ["both-here@example.com", "both-there@example.com"] {
        desk.happens(&[owner], BulletinKind::Failed, "trouble").await;
    }
    desk.after(20).await;
    assert_eq!(post.mails().len(), 2);
    assert!(desk.files("data/bulletins").is_empty());
}

#[tokio::test]
async fn whoever_was_too_slow_does_not_overwrite_what_the_next_one_has_found_out() {
    let desk = Desk::new(OWNER, "").await;
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "trouble")
        .await;
    let now = desk.clock.now();
    desk.store.gather_bulletins(now, now, now).await.unwrap();
    let slow = desk.store.take_bulletin(now, LEASE).await.unwrap().unwrap();
    let next = desk
        .store
        .take_bulletin(now + LEASE, LEASE)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((slow.attempt, next.attempt), (1, 2));
    let acked = |proof: &str| Told::Acked {
        proof: proof.into(),
        second_way: false,
    };
    desk.store.told(&slow, acked("slow")).await.unwrap();
    let again = desk.store.take_bulletin(now + LEASE * 2, LEASE).await.unwrap();
    assert_eq!(again.unwrap().attempt, 3, "it is still to be told");
}

#[tokio::test]
async fn what_was_told_while_the_clock_was_years_ahead_keeps_nobody_quiet_once_it_is_right() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    let owner = ["finops@example.com"];
    let cases = [
        ("sent then", "2026-11-02T12:00:00Z", true),
        ("tried then", "2026-11-03T12:00:00Z", false),
        ("noticed then", "2026-11-04T12:00:00Z", false),
    ];
    for (trouble, today, open) in cases {
        desk.clock.set(at("2036-01-01T00:00:00Z"));
        post.set_open(open);
        desk.happens(&owner, BulletinKind::Failed, trouble).await;
        desk.after(if trouble == "noticed then" { 0 } else { 24 * 3600 })
            .await;
        desk.clock.set(at(today));
        post.set_open(true);
        desk.after(60).await;
        let mails = post.mails();
        assert!(
            mails.iter().any(|mail| mail.contains(trouble)),
            "{trouble}: {mails:?}"
        );
        desk.happens(&owner, BulletinKind::Failed, "today").await;
        desk.clock.set(at(today) + TimeDelta::hours(1));
        desk.after(20).await;
        let told = post.mails().iter().filter(|mail| mail.contains("today")).count();
        assert_eq!(told, 1, "{trouble}");
        post.mails.lock().unwrap().clear();
    }
}

#[tokio::test]
async fn a_bulletin_of_more_than_a_thousand_notices_says_how_many_it_leaves_out() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    for n in 0..1003 {
        desk.happens(
            &["finops@example.com"],
            BulletinKind::Failed,
            &format!("trouble {n}"),
        )
        .await;
    }
    desk.after(20).await;
    let mails = post.mails();
    assert!(
        mails.len() == 1 && mails[0].contains("\r\n3 more are left out here"),
        "{}",
        mails.len()
    );
}

#[tokio::test]
async fn the_second_way_is_taken_when_the_first_has_failed_and_then_the_file() {
    let (first, second) = (Post::start().await, Post::start().await);
    let service = format!("{OWNER}\nowner_delivery = \"mail\"\nowner_fallback = \"other\"");
    let deliveries = email("mail", first.port) + &email("other", second.port);
    let desk = Desk::new(&service, &deliveries).await;
    first.set_open(false);
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "trouble")
        .await;
    desk.after(20).await;
    desk.after(60).await;
    assert!(second.mails().is_empty(), "the first way is tried three times");
    desk.after(60).await;
    assert_eq!((first.mails().len(), second.mails().len()), (0, 1));
    assert!(desk.files("data/bulletins").is_empty());

    second.set_open(false);
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "more trouble")
        .await;
    for seconds in [15 * 60, 60, 60] {
        desk.after(seconds).await;
    }
    let files = desk.files("data/bulletins");
    assert!(files.len() == 1 && files[0].contains("more trouble"), "{files:?}");
    first.set_open(true);
    second.set_open(true);
    desk.after(3600).await;
    assert_eq!((first.mails().len(), second.mails().len()), (0, 1), "told once");
}

#[tokio::test]
async fn a_first_way_that_fails_for_a_moment_is_only_late() {
    let post = Post::start().await;
    let desk = Desk::new(OWNER, &email("mail", post.port)).await;
    post.set_open(false);
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "trouble")
        .await;
    desk.after(20).await;
    post.set_open(true);
    desk.after(59).await;
    assert!(post.mails().is_empty());
    desk.after(1).await;
    assert_eq!(post.mails().len(), 1);
    assert!(desk.files("data/bulletins").is_empty());
}

#[tokio::test]
async fn without_any_mail_the_owner_finds_a_file_at_once_or_the_second_way() {
    let desk = Desk::new(OWNER, "").await;
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "trouble")
        .await;
    desk.after(20).await;
    let files = desk.files("data/bulletins");
    assert!(files.len() == 1 && files[0].contains("trouble"), "{files:?}");

    let drop = "[deliveries.ops.file_drop]\npath = \"ops\"\n";
    let desk = Desk::new(&format!("{OWNER}\nowner_fallback = \"ops\""), drop).await;
    desk.happens(&["finops@example.com"], BulletinKind::Failed, "trouble")
        .await;
    desk.after(20).await;
    assert_eq!(
        (desk.files("ops").len(), desk.files("data/bulletins").len()),
        (1, 0)
    );
}

#[tokio::test]
async fn nobody_is_told_where_there_is_no_owner() {
    let post = Post::start().await;
    let desk = Desk::new("", &email("mail", post.port)).await;
    desk.happens(&[], BulletinKind::Failed, "trouble").await;
    desk.after(3600).await;
    assert!(post.mails().is_empty() && desk.files("data/bulletins").is_empty());
    assert_eq!(desk.store.backlog(desk.clock.now()).await.unwrap().notices, 0);
}
