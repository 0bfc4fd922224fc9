//! Options from elsewhere than the command line: a TOML file, and environment variables.
//!
//! A key of the file is the long name of an option. At the top it counts for every command that has
//! the option, in a table such as `[convert]` for that command. The command line wins over the
//! environment, and the environment over the file.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::BoolishValueParser;
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use toml::{Table, Value};

use crate::report::Failure;

/// `command` with a variable `NDJSON_PARQUET_OPTION` for each option.
pub(crate) fn with_variables(command: Command) -> Command {
    command.mut_subcommands(|command| command.mut_args(with_variable))
}

fn with_variable(arg: Arg) -> Arg {
    let Some(name) = arg.get_long().map(variable) else { return arg };
    let is_flag = matches!(arg.get_action(), ArgAction::SetTrue);
    let arg = arg.env(name).hide_env(true);
    if is_flag { arg.value_parser(BoolishValueParser::new()) } else { arg }
}

fn variable(option: &str) -> String {
    format!("NDJSON_PARQUET_{}", option.replace('-', "_").to_ascii_uppercase())
}

/// `args` with the options of the configuration file that `args` or `NDJSON_PARQUET_CONFIG` names,
/// those apart that were given already.
pub(crate) fn with_file(command: &Command, args: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let named = args.iter().any(|arg| arg.as_encoded_bytes().starts_with(b"--config"));
    let from_variable = env::var_os(variable("config"));
    if !named && from_variable.is_none() {
        return Ok(args);
    }
    // Errors are told when the whole is parsed; help and version need no file.
    let lenient = command.clone().ignore_errors(true).try_get_matches_from(&args);
    let Ok(matches) = lenient else { return Ok(args) };
    let Some((name, given)) = matches.subcommand() else { return Ok(args) };
    let path = given.get_one::<PathBuf>("config").cloned().or(from_variable.map(PathBuf::from));
    let (Some(path), Some(subcommand)) = (path, command.find_subcommand(name)) else {
        return Ok(args);
    };
    let file = read(command, &path)?;
    let mut options = Vec::new();
    for (key, value) in merged(&file, command, subcommand) {
        let Some(option) = option(subcommand, key) else { continue };
        if !is_given(subcommand, option, given) {
            options.extend(to_args(option, key, value).map_err(|error| in_file(&path, &error))?);
        }
    }
    Ok(insert(args, name, options))
}

fn read(command: &Command, path: &Path) -> Result<Table, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| in_file(path, &format!("it cannot be read: {error}")))?;
    let file: Table = text.parse().map_err(|error| in_file(path, &format!("{error}")))?;
    for (key, value) in &file {
        match (value, command.find_subcommand(key)) {
            (Value::Table(table), Some(subcommand)) => {
                for key in table.keys() {
                    let known = || options(subcommand);
                    check(known, key).map_err(|error| in_file(path, &error))?;
                }
            }
            _ => {
                let known = || command.get_subcommands().flat_map(options);
                check(known, key).map_err(|error| in_file(path, &error))?;
            }
        }
    }
    Ok(file)
}

/// Fails unless `key` is one of the options `known`.
fn check<'a, I: Iterator<Item = &'a str>>(known: impl Fn() -> I, key: &str) -> Result<(), String> {
    if known().any(|option| option == key) {
        return Ok(());
    }
    let likeness = |option: &str| (strsim::jaro_winkler(option, key) * 1000.0) as u64;
    let nearest = known().max_by_key(|option| likeness(option)).unwrap_or_default();
    Err(format!("expected options, found `{}`; the nearest is `{nearest}`", key.escape_debug()))
}

/// The long names of the options of `command`.
fn options(command: &Command) -> impl Iterator<Item = &str> {
    let names = command.get_arguments().filter_map(Arg::get_long);
    names.filter(|name| !matches!(*name, "config" | "help" | "version"))
}

fn option<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    command.get_arguments().find(|arg| arg.get_long() == Some(key))
}

/// What the file says of `subcommand`: its own table over what is at the top.
fn merged<'a>(
    file: &'a Table,
    command: &Command,
    subcommand: &Command,
) -> Vec<(&'a str, &'a Value)> {
    let own = file.get(subcommand.get_name()).and_then(Value::as_table);
    let top = file.iter().filter(|(key, _)| {
        let is_own = own.is_some_and(|own| own.contains_key(key.as_str()));
        !is_own && command.find_subcommand(key).is_none()
    });
    let own = own.into_iter().flatten();
    top.chain(own).map(|(key, value)| (key.as_str(), value)).collect()
}

/// Whether the command line or the environment has `option`, or another that excludes it.
fn is_given(command: &Command, option: &Arg, given: &ArgMatches) -> bool {
    let excludes = |one: &Arg, other: &Arg| {
        command.get_arg_conflicts_with(one).iter().any(|arg| arg.get_id() == other.get_id())
    };
    command.get_arguments().any(|other| {
        let source = given.value_source(other.get_id().as_str());
        matches!(source, Some(ValueSource::CommandLine | ValueSource::EnvVariable))
            && (other.get_id() == option.get_id()
                || excludes(option, other)
                || excludes(other, option))
    })
}

/// `option` with `value` as it would stand on the command line.
fn to_args(option: &Arg, key: &str, value: &Value) -> Result<Vec<OsString>, String> {
    let takes_many = matches!(option.get_action(), ArgAction::Append);
    let takes_value = option.get_action().takes_values();
    match value {
        Value::Array(values) if takes_many => {
            let args = values.iter().map(|value| to_args(option, key, value));
            Ok(args.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Value::Boolean(wanted) if !takes_value => {
            Ok(wanted.then(|| format!("--{key}").into()).into_iter().collect())
        }
        Value::Integer(times @ 0..=3) if matches!(option.get_action(), ArgAction::Count) => {
            Ok((0..*times).map(|_| format!("--{key}").into()).collect())
        }
        Value::String(text) if takes_value => Ok(vec![format!("--{key}={text}").into()]),
        Value::Integer(number) if takes_value => Ok(vec![format!("--{key}={number}").into()]),
        Value::Float(number) if takes_value => Ok(vec![format!("--{key}={number}").into()]),
        other => {
            let expected = match (takes_many, takes_value) {
                (true, _) => "a text or a list of texts",
                (false, true) => "a text or a number",
                (false, false) => "true or false",
            };
            Err(format!("expected {expected} for `{key}`, found a {}", other.type_str()))
        }
    }
}

/// Puts `options` behind the name of the subcommand.
fn insert(mut args: Vec<OsString>, name: &str, options: Vec<OsString>) -> Vec<OsString> {
    let is_name = |index: &usize| {
        args[*index] == OsStr::new(name) && args[*index - 1] != OsStr::new("--config")
    };
    let place = (1..args.len()).find(is_name).unwrap_or(args.len().saturating_sub(1));
    args.splice(place + 1..place + 1, options);
    args
}

fn in_file(path: &Path, error: &str) -> Failure {
    Failure::Usage(format!("configuration file `{}`: {}", path.display(), error.trim_end()))
}
