//! The `strongroom` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    strongroom::run()
}
