//! Files appear whole, once, in order, where they should.

use crate::{clock, edition};
use reportwire::config::plan::{DeliveryPlan, FileDropPlan};
use reportwire::delivery::{Delivery, Parcel, Recourse, open};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

fn file_drop(path: &Path) -> Box<dyn Delivery> {
    let plan = FileDropPlan {
        path: path.to_str().unwrap().into(),
    };
    open("bi-drop", &DeliveryPlan::FileDrop(plan), clock()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn files_lie_where_the_template_says_and_the_manifest_comes_last() {
    let root = tempfile::tempdir().unwrap();
    let drop = file_drop(
        &root
            .path()
            .join("drop/{{job.name}}/{{period.id}}_{{period.start}}_{{period.end}}"),
    );
    let edition = edition();
    let parcels = drop.compose(&edition).unwrap();
    let recipients: Vec<_> = parcels.iter().map(|parcel| parcel.recipient.as_str()).collect();
    assert_eq!(
        recipients,
        [
            "monthly_2026-10.csv",
            "monthly_2026-10.html",
            "monthly_2026-10.manifest.json"
        ]
    );
    assert_eq!(names(root.path()), [""; 0], "composing touches nothing");

    let waiting = drop.deliver(&parcels[2]).await.unwrap_err();
    assert_eq!(waiting.recourse, Recourse::Retry { after: None });
    assert!(waiting.reason.contains("waits until"), "{waiting}");

    let folder = root.path().join("drop/monthly/2026-10_2026-10-01_2026-10-31");
    assert_eq!(names(&folder), [""; 0]);
    for parcel in &parcels {
        let receipt = drop.deliver(parcel).await.unwrap();
        assert_eq!(
            receipt.proof,
            format!("written: {}", folder.join(&parcel.recipient).display())
        );
        let path = folder.join(&parcel.recipient);
        assert_eq!(fs::read(&path).unwrap(), parcel.content);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o137,
            0,
            "nobody else may write it"
        );
    }
    assert_eq!(names(&folder), recipients);
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o027, 0);
    for parcel in &parcels {
        assert!(
            drop.deliver(parcel)
                .await
                .unwrap()
                .proof
                .starts_with("already there:")
        );
    }
    assert_eq!(names(&folder), recipients);
}

/// Puts something at the first path, perhaps pointing to the second.
type Block = fn(&Path, &Path);

#[tokio::test]
async fn another_file_in_the_way_is_never_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let drop = file_drop(&root.path().join("{{job.name}}"));
    let parcels = drop.compose(&edition()).unwrap();
    let folder = root.path().join("monthly");
    fs::create_dir(&folder).unwrap();
    let csv = folder.join("monthly_2026-10.csv");
    let outside = root.path().join("outside");
    fs::write(&outside, b"precious").unwrap();
    let ways: [(&str, Block); 3] = [
        ("file", |csv, _| fs::write(csv, b"other").unwrap()),
        ("link", |csv, outside| symlink(outside, csv).unwrap()),
        ("folder", |csv, _| fs::create_dir(csv).unwrap()),
    ];
    for (what, block) in ways {
        block(&csv, &outside);
        for parcel in [&parcels[0], &parcels[2]] {
            let error = drop.deliver(parcel).await.unwrap_err();
            assert_eq!(error.recourse, Recourse::Permanent, "{what}: {error}");
            assert!(
                error.reason.contains("monthly_2026-10.csv") && error.reason.contains("move it away"),
                "{error}"
            );
        }
        assert_eq!(names(&folder), ["monthly_2026-10.csv"], "{what}");
        assert_eq!(fs::read(&outside).unwrap(), b"precious");
        if what == "folder" {
            fs::remove_dir(&csv).unwrap();
        } else {
            fs::remove_file(&csv).unwrap();
        }
    }
}

#[tokio::test]
async fn links_below_the_operators_own_folder_are_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    symlink(elsewhere.path(), root.path().join("monthly")).unwrap();
    for path in ["{{job.name}}", "{{job.name}}/{{period.id}}", "monthly"] {
        let drop = file_drop(&root.path().join(path));
        let parcel = drop.compose(&edition()).unwrap().remove(0);
        let error = drop.deliver(&parcel).await.unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent, "{path}: {error}");
        assert_eq!(names(elsewhere.path()), [""; 0], "{path}");
    }
    // The fixed part is the operator's word, links included.
    let drop = file_drop(&root.path().join("monthly/{{period.id}}"));
    let parcel = drop.compose(&edition()).unwrap().remove(0);
    drop.deliver(&parcel).await.unwrap();
    assert_eq!(names(&elsewhere.path().join("2026-10")), ["monthly_2026-10.csv"]);
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    for path in [
        "/srv/../etc",
        "/srv/{{period.id}}/..",
        "relative/{{job.name}}",
        "/srv/{{job.secret}}",
        "/srv/{{#if}}",
        "/srv/a\nb",
    ] {
        let error = file_drop(Path::new(path)).compose(&edition()).unwrap_err();
        assert_eq!(error.recourse, Recourse::Permanent, "{path}");
        assert!(!error.reason.contains('\n') || path.contains("#if"), "{error}");
    }
}

#[tokio::test]
async fn hostile_names_are_not_written() {
    let root = tempfile::tempdir().unwrap();
    let drop = file_drop(&root.path().join("in"));
    let good = drop.compose(&edition()).unwrap().remove(0);
    for name in [
        "../up.csv",
        "/etc/cron.d/x",
        ".hidden",
        "-rf",
        "a\nb",
        "a\0b",
        "ü.csv",
        "",
        ".",
        "..",
    ] {
        let parcel = Parcel {
            recipient: name.into(),
            ..good.clone()
        };
        assert_eq!(
            drop.deliver(&parcel).await.unwrap_err().recourse,
            Recourse::Permanent,
            "{name:?}"
        );
    }
    for place in [
        None,
        Some("/nowhere/else".to_owned()),
        Some(format!("{}/in/../out", root.path().display())),
    ] {
        let parcel = Parcel {
            place,
            ..good.clone()
        };
        assert_eq!(
            drop.deliver(&parcel).await.unwrap_err().recourse,
            Recourse::Permanent
        );
    }
    assert!(!root.path().join("up.csv").exists() && !root.path().join("out").exists());
}

#[tokio::test]
async fn what_a_killed_attempt_left_is_cleaned_and_others_work_is_not() {
    let root = tempfile::tempdir().unwrap();
    let drop = file_drop(&root.path().join("in"));
    let parcel = drop.compose(&edition()).unwrap().remove(0);
    let folder = root.path().join("in");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join(format!(".reportwire-{}-abc", parcel.key)), b"half").unwrap();
    fs::write(folder.join(".reportwire-somebody-else"), b"theirs").unwrap();
    drop.deliver(&parcel).await.unwrap();
    assert_eq!(
        names(&folder),
        [".reportwire-somebody-else", "monthly_2026-10.csv"]
    );
}

#[tokio::test]
async fn nobody_ever_sees_half_a_file() {
    let root = tempfile::tempdir().unwrap();
    let drop = file_drop(root.path());
    let mut edition = edition();
    edition.artifacts = vec![crate::artifact("large.csv", "text/csv", &vec![b'7'; 8 << 20])];
    let parcel = drop.compose(&edition).unwrap().remove(0);
    let path = root.path().join("large.csv");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                if let Ok(found) = fs::metadata(&path) {
                    assert_eq!(found.len(), 8 << 20);
                }
            }
        });
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let outcome = std::thread::spawn(move || runtime.block_on(drop.deliver(&parcel)))
            .join()
            .unwrap();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        watch.join().unwrap();
        outcome.unwrap();
    });
}

#[tokio::test]
async fn two_writers_of_the_same_file_leave_one_whole_file() {
    let root = tempfile::tempdir().unwrap();
    let (one, two) = (file_drop(root.path()), file_drop(root.path()));
    let parcel = one.compose(&edition()).unwrap().remove(0);
    let other = Parcel {
        key: "other".into(),
        ..parcel.clone()
    };
    let (first, second) = tokio::join!(one.deliver(&parcel), two.deliver(&other));
    for outcome in [&first, &second] {
        if let Err(error) = outcome {
            assert_eq!(error.recourse, Recourse::Retry { after: None });
        }
    }
    assert!(first.is_ok() || second.is_ok());
    assert_eq!(names(root.path()), ["monthly_2026-10.csv"]);
    assert_eq!(
        fs::read(root.path().join("monthly_2026-10.csv")).unwrap(),
        parcel.content
    );
}

#[tokio::test]
async fn a_probe_leaves_nothing_and_names_what_is_wrong() {
    let root = tempfile::tempdir().unwrap();
    file_drop(&root.path().join("a/{{job.name}}"))
        .probe()
        .await
        .unwrap();
    file_drop(&root.path().join("b")).probe().await.unwrap();
    assert_eq!(names(root.path()), [""; 0]);
    fs::write(root.path().join("file"), b"").unwrap();
    let error = file_drop(&root.path().join("file/{{job.name}}"))
        .probe()
        .await
        .unwrap_err();
    assert!(error.reason.contains("is not a folder"), "{error}");
}
