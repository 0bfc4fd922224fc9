//! The `ndjson-parquet` command as a library, so that other programs can offer the same command.
//!
//! [`run`] takes the arguments and does everything else: output, errors, progress, signals. One
//! module a subcommand; options that several of them share are in `args`, what is printed is in
//! `report`, `summary`, `table` and `caret`. All work is done by `ndjson-parquet-core`.

mod args;
mod byte_size;
mod caret;
mod cat;
mod check;
mod choice;
mod config;
mod convert;
mod ddl;
mod drift;
mod dry_run;
mod examples;
mod exit;
mod r#gen;
pub mod generate;
mod html_report;
mod infer;
mod inspect;
mod interrupt;
mod layout;
mod logging;
mod page;
mod progress;
mod quantity;
mod replay;
mod report;
mod schema_table;
mod shell;
mod staged_text;
mod summary;
mod table;
mod verify;
mod visible;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use report::{Failure, report};

/// Runs the command with `args`, the first of which is the name of the program.
///
/// Prints to standard output and standard error. `convert`, `replay`, `infer` and `verify` handle Ctrl-C from
/// then on in the whole process.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(exit_status(args))
}

/// Does what [`run`] does and gives the exit code as a number, for callers that end the process in
/// their own way.
pub fn exit_status(args: impl IntoIterator<Item = OsString>) -> u8 {
    let command = command();
    let args = match config::with_file(&command, args.into_iter().collect()) {
        Ok(args) => args,
        Err(failure) => return report(&failure, false),
    };
    let parsed = command.try_get_matches_from(args);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that nobody reads is no failure.
            let _ = error.print();
            return if error.use_stderr() { exit::USAGE } else { exit::OK };
        }
    };
    let json = cli.command.wants_json();
    match cli.command.run() {
        Ok(()) => exit::OK,
        Err(failure) => report(&failure, json),
    }
}

/// NDJSON to Parquet, very fast, with a balance sheet that accounts for every line.
#[derive(Parser)]
#[command(name = "ndjson-parquet", version)]
struct Cli {
    /// Take options from a TOML file
    ///
    /// A key is the long name of an option, at the top for all commands or in a table such as
    /// [convert] for one. The command line wins over environment variables such as
    /// NDJSON_PARQUET_MAX_DEPTH, which win over the file.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Convert(convert::ConvertArgs),
    Infer(infer::InferArgs),
    Replay(replay::ReplayArgs),
    Verify(verify::VerifyArgs),
    Inspect(inspect::InspectArgs),
    Head(cat::HeadArgs),
    Cat(cat::CatArgs),
    Check(check::CheckArgs),
    Ddl(ddl::DdlArgs),
    Report(html_report::ReportArgs),
    Gen(r#gen::GenArgs),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

impl Command {
    fn run(&self) -> Result<(), Failure> {
        match self {
            Self::Convert(args) => convert::run(args),
            Self::Infer(args) => infer::run(args),
            Self::Replay(args) => replay::run(args),
            Self::Verify(args) => verify::run(args),
            Self::Inspect(args) => inspect::run(args),
            Self::Head(args) => cat::run_head(args),
            Self::Cat(args) => cat::run(args),
            Self::Check(args) => check::run(args),
            Self::Ddl(args) => ddl::run(args),
            Self::Report(args) => html_report::run(args),
            Self::Gen(args) => r#gen::run(args),
            Self::Completions(args) => shell::run_completions(args, command()),
            Self::Man(args) => shell::run_man(args, command()),
        }
    }

    fn wants_json(&self) -> bool {
        match self {
            Self::Convert(args) => args.report.json,
            Self::Infer(args) => args.drift.json,
            Self::Replay(args) => args.report.json,
            Self::Verify(args) => args.report.json,
            Self::Inspect(args) => args.json,
            Self::Check(args) => args.json,
            _ => false,
        }
    }
}

/// The command with its variables, and with examples and exit codes below every help.
fn command() -> clap::Command {
    let codes = exit::help();
    let command = Cli::command().mut_subcommands(|command| {
        let help = format!("{}{codes}", examples::help(command.get_name()));
        command.after_help(help)
    });
    config::with_variables(command.after_help(codes.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_command_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn every_help_lists_the_exit_codes() {
        let mut command = command();
        assert!(command.render_help().to_string().contains("130  interrupted"));
        for command in command.get_subcommands_mut().filter(|command| command.get_name() != "help")
        {
            assert!(command.render_help().to_string().contains("130  interrupted"));
        }
    }
}
