//! `completions` and `man`: what a shell and a manual know of this command, from its definition.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use crate::report::{Failure, print};

/// Print the completions for a shell
#[derive(Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

/// Print the manual page of the command, or of one of its commands
#[derive(Args)]
pub(crate) struct ManArgs {
    /// The command [default: all of it]
    #[arg(value_name = "COMMAND", value_parser = commands())]
    command: Option<String>,
}

/// Runs `completions`; `command` is the definition of the whole.
pub(crate) fn run_completions(args: &CompletionsArgs, mut command: Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    generate(args.shell, &mut command, NAME, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Runs `man`; `command` is the definition of the whole.
pub(crate) fn run_man(args: &ManArgs, mut command: Command) -> Result<(), Failure> {
    command.build();
    let part = args.command.as_deref().and_then(|name| command.find_subcommand(name));
    let page = match part {
        Some(part) => {
            let name = format!("{NAME}-{}", part.get_name());
            Man::new(part.clone().display_name(name.clone())).title(name)
        }
        None => Man::new(command),
    };
    let mut text = Vec::new();
    page.render(&mut text).map_err(Failure::of_stdout)?;
    print(&String::from_utf8_lossy(&text))
}

/// The names of all commands, without the definition, which cannot ask for itself.
fn commands() -> PossibleValuesParser {
    PossibleValuesParser::new(crate::examples::COMMANDS.map(|(name, _)| name))
}

const NAME: &str = "ndjson-parquet";
