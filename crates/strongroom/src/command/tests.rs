use super::*;
use clap::CommandFactory as _;

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split_whitespace())
}

fn code(line: &str) -> i32 {
    parse(line).map_or_else(|error| error.exit_code(), |_| 0)
}

#[test]
fn the_definition_of_the_commands_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn every_documented_command_parses() {
    for line in [
        "strongroom demo",
        "strongroom demo DIR --nodes 5 --json",
        "strongroom demo DIR --ota --nodes 3",
        "strongroom demo --ota --impostor witnesses --json",
        "strongroom fleet create FLEET --nodes 5 --guesses 10 --base-port 7400",
        "strongroom fleet up FLEET",
        "strongroom fleet status --endpoint http://127.0.0.1:1 --endpoint http://127.0.0.1:2 --json",
        "strongroom fleet token FLEET --account me",
        "strongroom node run NODE",
        "strongroom backup DIR --repo REPO --password-file F",
        "strongroom backup DIR --repo REPO --password-stdin --fleet PIN --token-file T --state-dir S",
        "strongroom restore DIR --repo REPO --snapshot 3f --key-file F",
        "strongroom snapshots --repo REPO --json",
        "strongroom vault status --json --repo REPO",
        "strongroom vault change-password --repo REPO",
        "strongroom vault erase --repo REPO",
        "strongroom key --repo REPO --backup-key",
        "strongroom trust keys DIR --party operator --name operator.example --no-passphrase",
        "strongroom trust init ROOT --namespace a.b --threshold 2 --quorum 1 --keys F --key L --sign K --allow-simulation",
        "strongroom trust sign ROOT --key K --key L --trust FIRST --chain C",
        "strongroom trust rotate NEXT --trust ROOT --chain C --remove witness-1.example --passphrase-file F",
        "strongroom trust show ROOT --roots C --json",
        "strongroom bundle propose --trust R --key K --out O --fleet f1=DIR --successor new --drain f0 --evidence f1=F",
        "strongroom bundle propose --trust R --key K --out O --previous B --revoke f0=lost --drop f1 --days 397",
        "strongroom bundle countersign NOTE --trust R --key K --out O --proposal P",
        "strongroom bundle countersign NOTE --trust R --key K --out O --bundle B --previous S --revocation V",
        "strongroom bundle publish UNIT --trust R --fleet DIR --fleet NODE --roots C",
        "strongroom bundle revoke --fleet PIN --reason lost --trust R --key K --out O",
        "strongroom bundle show FILE --json",
        "strongroom verify bundle FILE --trust R --floor 7 --at 2026-11-28T12:00:00Z --json",
        "strongroom verify log URL --trust R --roots C --since CHECKPOINT --json",
        "strongroom verify gossip A B --trust R --out PROOF --json",
        "strongroom verify equivocation PROOF --trust R",
        "strongroom auditor init DIR --namespace a.b.v1 --origin auditor.example/log --no-passphrase",
        "strongroom auditor witness DIR witness-1/public/key https://witness-1.example",
        "strongroom auditor adopt DIR ROOT --passphrase-file F",
        "strongroom auditor run DIR --listen 127.0.0.1:0 --json",
        "strongroom auditor sign DIR BUNDLE --evidence FOLDER --json",
        "strongroom auditor accept DIR NOTE",
        "strongroom auditor revoke DIR FLEET --reason key-compromise",
        "strongroom auditor take-revocation DIR NOTE",
        "strongroom auditor show DIR --json",
        "strongroom witness init DIR --name witness-1.example",
        "strongroom witness watch DIR LOG_KEY",
        "strongroom witness run DIR --listen 127.0.0.1:0",
        "strongroom bench --nodes 5 --clients 64 --seconds 20 --op mixed --vaults 10 --json",
        "strongroom completions zsh",
    ] {
        assert_eq!(code(line), 0, "{line}");
    }
}

#[test]
fn what_is_wrong_is_a_usage_error() {
    for line in [
        "strongroom",
        "strongroom backup DIR",
        "strongroom backup DIR --repo R --password secret",
        "strongroom backup DIR --repo R --password-file F --password-stdin",
        "strongroom restore DIR --repo R --key-file F --password-stdin",
        "strongroom vault change-password --repo R --new-password-stdin --password-stdin",
        "strongroom fleet create F --nodes 4",
        "strongroom fleet create F --guesses 0",
        "strongroom fleet create F --guesses 31",
        "strongroom fleet status --endpoint ftp://x",
        "strongroom demo --nodes 2",
        "strongroom demo --impostor auditor",
        "strongroom demo --ota --impostor nobody",
        "strongroom auditor init DIR --namespace a.b.v1",
        "strongroom auditor run DIR --listen nowhere",
        "strongroom auditor revoke DIR FLEET",
        "strongroom auditor witness DIR KEY ftp://x",
        "strongroom witness init DIR --name a+b",
        "strongroom bench --op sing",
        "strongroom trust keys DIR --party nobody --name x",
        "strongroom trust keys DIR --party operator --name x --no-passphrase --passphrase-file F",
        "strongroom trust sign ROOT",
        "strongroom trust sign ROOT --key K --chain C",
        "strongroom bundle propose --trust R --key K --out O --fleet F1=DIR",
        "strongroom bundle propose --trust R --key K --out O --revoke f0",
        "strongroom bundle propose --trust R --key K --out O --days 398",
        "strongroom bundle publish UNIT --trust R",
        "strongroom verify bundle FILE --trust R --at 2026-11-28",
        "strongroom verify bundle FILE --trust R --floor 07",
        "strongroom verify gossip A --trust R",
        "strongroom completions tcsh",
    ] {
        assert_eq!(code(line), 2, "{line}");
    }
}

#[test]
fn no_option_takes_a_password() {
    fn check(command: &clap::Command) {
        for argument in command.get_arguments() {
            let name = argument.get_id().as_str();
            assert!(name != "password" && name != "pin", "{}: {name}", command.get_name());
        }
        command.get_subcommands().for_each(check);
    }
    check(&Arguments::command());
}

#[test]
fn times_are_shown_in_seconds() {
    assert_eq!(seconds(1_349), "1.3 s");
    assert_eq!(seconds(40), "0.0 s");
}
