//! `planted`: hunts the planted bugs.

use std::process::ExitCode;
use strongroom_sim::planted::{Arguments, hunt_all, print};

pub(crate) fn planted(arguments: &Arguments) -> ExitCode {
    match hunt_all(arguments) {
        Ok(rows) => {
            print(&rows, arguments.json);
            if rows.iter().all(strongroom_sim::planted::Row::is_caught) {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("strongroom-sim: {error}");
            ExitCode::from(2)
        }
    }
}
