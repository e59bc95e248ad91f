//! Cloudflare's command `plexi` against a running auditor.

use crate::{
    http::{Services, todays},
    world::*,
};
use std::process::Command;
use strongroom_auditor::service::clock;
use strongroom_trust::Service;

/// What plexi prints; nothing where there is none.
fn plexi(services: &Services, arguments: &[&str]) -> Option<String> {
    let program = std::env::var("STRONGROOM_PLEXI").unwrap_or_else(|_| "plexi".into());
    let output = Command::new(program)
        .args(arguments)
        .args(["--remote-url", &services.url])
        .env("NO_COLOR", "1")
        .env("NO_PROXY", "127.0.0.1")
        .output();
    match output {
        Ok(output) => {
            let (out, error) =
                (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            Some(format!("{out}{error}"))
        }
        Err(_) => {
            println!("skipped: plexi is not on this machine");
            None
        }
    }
}

#[test]
fn plexi_lists_and_audits_every_epoch_of_a_running_auditor() {
    let world = World::new();
    let services = Services::start(&world);
    let (bundle, root) = todays(&world);
    services.auditor.adopt(root.as_str().as_bytes(), clock()).unwrap();
    services.enforce(&world, &bundle);
    let second = after(&bundle, vec![serving("f2026a", Service::Active)]);
    services.enforce(&world, &second);
    let Some(list) = plexi(&services, &["ls", "--long"]) else { return };
    assert!(
        list.contains(NAMESPACE) && list.contains("Online") && list.contains("ed25519(protobuf)"),
        "{list}"
    );
    // It ends with 0 whatever the signature is: what it prints is read.
    let audit = |more: &[&str]| {
        plexi(&services, &[&["audit", "--namespace", NAMESPACE, "--long"], more].concat()).unwrap()
    };
    let verdict = |printed: &str| {
        let line = printed.lines().find(|line| line.contains("Signature verification")).unwrap_or(printed);
        line.rsplit(": ").next().unwrap_or_default().to_string()
    };
    for (epoch, contents) in [("1", &bundle), ("2", &second)] {
        let printed = audit(&["--epoch", epoch]);
        assert!(
            printed.contains(&strongroom_trust::text_digest(&contents.to_string()).to_hex()),
            "{printed}"
        );
        assert_eq!(verdict(&printed), "success", "{printed}");
    }
    assert_eq!(
        audit(&[]).replace(" (", "\n("),
        audit(&["--epoch", "2"]).replace(" (", "\n("),
        "the newest is audited"
    );
    let other = secret("stranger").public().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(verdict(&audit(&["--epoch", "1", "--verifying-key", &other])).contains("does not verify"));
}
