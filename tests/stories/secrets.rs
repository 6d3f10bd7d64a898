use crate::smtp::{At, Fault, Script};
use crate::world::{SIGNING_SECRET, TOKEN, World, company, tree};
use reportwire::demo::platform::Platform;
use std::fs;

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_nowhere_but_on_the_wire() {
    let platform = Platform::start(company(), TOKEN).await.unwrap();
    let script = Script {
        faults: [Fault::Die(At::Data)].into(),
        ..Script::default()
    };
    let world = World::with(&platform.base_url, script, Vec::new()).await;
    let mut said = Vec::new();
    for arguments in [
        &["--log", "trace", "check", "--online"][..],
        &["--log", "trace", "run", "monthly-full-report", "--wait", "0"],
        &["--log", "trace", "runs"],
        &[
            "--log",
            "trace",
            "preview",
            "monthly-full-report",
            "--out",
            "look",
        ],
    ] {
        let answer = world.ask(arguments);
        said.push((
            format!("{arguments:?}"),
            format!("{}{}", answer.out, answer.err).into_bytes(),
        ));
    }
    world.edit("env:HOOK_SECRET", "env:GEAI_API_KEY");
    let wrong = world.run(&[]);
    said.push((
        "a wrong signing secret".to_owned(),
        format!("{}{}", wrong.out, wrong.err).into_bytes(),
    ));
    let files = ["data", "drop", "look"]
        .into_iter()
        .flat_map(|folder| tree(&world.path(folder)));
    said.extend(files.map(|path| (path.display().to_string(), fs::read(&path).unwrap())));
    assert!(said.len() > 15, "{}", said.len());
    for (place, bytes) in said {
        for secret in [TOKEN, SIGNING_SECRET, SIGNING_SECRET.trim_start_matches("whsec_")] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "a secret is in {place}");
        }
    }
}
