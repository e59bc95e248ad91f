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
        "strongroom bench --op sing",
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
