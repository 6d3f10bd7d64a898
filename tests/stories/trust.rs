use crate::world::{TOKEN, World, company, tree};
use reportwire::demo::platform::Platform;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_be_rebuilt_byte_for_byte_although_the_configuration_has_changed() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let run = world.run(&[]).json()["run_id"].as_str().unwrap().to_owned();
    drop(platform);
    world.edit("AI platform: monthly full report", "Another title");
    world.edit(
        r#"timezone = "Europe/Madrid""#,
        "timezone = \"Asia/Tokyo\"\nlocale = \"de-DE\"",
    );
    let replay = world.ask(&["replay", &run]);
    assert_eq!(replay.code, 0, "{replay:?}");
    assert_eq!(replay.out.matches("identical").count(), 6, "{}", replay.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_touches_a_stored_byte_is_found_out() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let world = World::new(&platform.base_url).await;
    let run = world.run(&["--only", "bi-drop"]).json()["run_id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(world.ask(&["verify"]).code, 0);
    let stored = tree(&world.path("data/runs"));
    assert!(stored.len() >= 7, "{stored:?}");
    for path in stored {
        let bytes = fs::read(&path).unwrap();
        let mut touched = bytes.clone();
        let middle = touched.len() / 2;
        touched[middle] ^= 1;
        fs::write(&path, touched).unwrap();
        let found = world.ask(&["verify", &run]);
        assert_eq!(found.code, 1, "{}: {found:?}", path.display());
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(world.ask(&["verify", &run]).code, 0);
}
