//! A recovery code: made, printed, mistyped, used, replaced, removed.

use crate::world::{World, tree};
use serde_json::json;
use std::fs;

const BY_CODE: [&str; 6] = ["restore", "out", "--repo", "repo", "--recovery-code-file", "code"];
const ADD: [&str; 5] = ["vault", "add", "recovery-code", "--repo", "repo"];

/// The code with other characters at these places among the forty.
fn mistyped(code: &str, places: &[usize]) -> String {
    let mut characters: Vec<char> = code.trim().replace(' ', "").chars().collect();
    for place in places {
        characters[*place] = if characters[*place] == 'X' { 'Y' } else { 'X' };
    }
    characters.into_iter().collect()
}

#[test]
fn a_code_opens_the_backup_after_the_password_was_guessed_away_and_sets_a_new_one() {
    let world = World::new(2);
    let first = world.back_up();
    assert!(first.err.contains("vault add recovery-code --repo"), "{}", first.err);
    let made = world.run(ADD).expect_code(0);
    let code = made.out.clone();
    assert_eq!(code.trim().split(' ').map(str::len).collect::<Vec<_>>(), [5; 8]);

    for guess in ["wrong 1", "wrong 2", "wrong 3"] {
        world.run_with_stdin("thief", &["restore", "out", "--repo", "repo", "--password-stdin"], guess);
    }
    let by_password = ["restore", "out", "--repo", "repo", "--password-file", "password"];
    let erased = world.run_on("second", by_password).expect_code(4);
    assert!(erased.err.contains("--recovery-code"), "{}", erased.err);

    // Two typing errors are mended; the owner learns of the guesses.
    world.write("code", &mistyped(&code, &[4, 31]));
    let restored = world.run_on("second", BY_CODE).expect_code(0);
    assert!(restored.err.contains("2 characters of the recovery code were wrong"), "{}", restored.err);
    assert!(
        restored.err.contains("2 wrong guesses were made (2 of them not on this device)"),
        "{}",
        restored.err
    );
    assert_eq!(tree(&world.path("source")), tree(&world.path("out")));

    world.write("new", "a new password");
    let change = ["vault", "change-password", "--repo", "repo", "--new-password-file", "new"];
    let by_code = ["--recovery-code-file", "code"];
    assert!(
        world
            .run_on("third", change.iter().chain(&by_code))
            .expect_code(0)
            .out
            .contains("2 guesses are left")
    );
    let by_new = ["restore", "again", "--repo", "repo", "--password-file", "new"];
    world.run_on("fourth", by_new).expect_code(0);

    // Nobody kept the code: no device, no host, no repository.
    fs::remove_file(world.path("code")).unwrap();
    let needles = [code.trim().to_owned(), code.trim().replace(' ', "")];
    for (path, contents) in tree(world.home.path()) {
        let contents = contents.unwrap_or_default();
        let holds =
            |needle: &String| contents.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!needles.iter().any(holds), "{} holds the recovery code", path.display());
    }
}

#[test]
fn a_wrong_code_costs_nothing_and_says_what_is_wrong() {
    let world = World::new(10);
    world.back_up();
    world.write("code", "ABC");
    let short = world.run_on("second", BY_CODE).expect_code(2);
    assert!(short.err.contains("3 characters in place of 40. No guess was spent."), "{}", short.err);
    let none = "CCDEF HJKLM NPQRS TUVWX YZ012 34567 89ACD E1R1Q";
    world.write("code", none);
    let missing = world.run_on("second", BY_CODE).expect_code(7);
    assert!(missing.err.contains("This vault has no recovery code"), "{}", missing.err);
    world.run(ADD).expect_code(0);
    let wrong = world.run_on("second", BY_CODE).expect_code(3);
    assert!(wrong.err.contains("No guess was spent") && !wrong.err.contains("HJKLM"), "{}", wrong.err);
    let status = world.run(["vault", "status", "--repo", "repo", "--json"]).expect_code(0).json();
    assert_eq!(status["slots"][0]["guesses_left"], 10);
    assert!(!world.path("out").exists());
}

#[test]
fn a_sheet_is_printed_replaced_and_the_code_removed() {
    let world = World::new(10);
    world.back_up();
    let with = |more: &[&str]| world.run(ADD.iter().chain(more).copied());
    with(&["--print", "code.txt"]).expect_code(2);
    with(&["--print", "code.svg"]).expect_code(0);
    let svg = fs::read_to_string(world.path("code.svg")).unwrap();
    let code: Vec<&str> = svg
        .split(['>', '<'])
        .map(str::trim)
        .filter(|text| text.chars().count() == 26 && text.split(" \u{a0}").all(|group| group.len() == 5))
        .collect();
    assert_eq!(code.len(), 2, "two lines of four groups");
    world.write("code", &code.join(" "));
    world.run_on("second", BY_CODE).expect_code(0);

    let again = with(&["--print", "second.pdf"]).expect_code(1);
    assert!(again.err.contains("--replace"), "{}", again.err);
    assert!(!world.path("second.pdf").exists());
    with(&["--print", "second.pdf", "--replace"]).expect_code(0);
    assert!(fs::read(world.path("second.pdf")).unwrap().starts_with(b"%PDF-"));
    let arguments = ["restore", "old", "--repo", "repo", "--recovery-code-file", "code"];
    world.run_on("third", arguments).expect_code(3);

    let list = ["vault", "list", "--repo", "repo", "--json"];
    let password = json!({ "slot": 1, "kind": "password", "is_erased": false });
    let slots = json!([password, { "slot": 2, "kind": "recovery-code", "is_erased": false }]);
    assert_eq!(world.run(list).expect_code(0).json(), slots);
    world.run(["vault", "remove", "recovery-code", "--repo", "repo"]).expect_code(0);
    assert_eq!(world.run(list).expect_code(0).json(), json!([password]));
    let last = world.run(["vault", "remove", "password", "--repo", "repo"]).expect_code(2);
    assert!(last.err.contains("the only slot"), "{}", last.err);
    world.run_on("fourth", arguments).expect_code(7);
}
