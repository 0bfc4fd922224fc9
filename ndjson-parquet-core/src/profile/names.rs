//! The names that each reader refuses: clashes, characters, lengths, reserved words.

use std::collections::HashMap;

use super::ReaderProfile;
use super::ReaderProfile::*;
use super::finding::{Finding, Severity};

/// What is wrong with one name, whatever stands beside it.
pub(super) fn name_finding(
    profile: ReaderProfile,
    name: &str,
    path: &str,
    nested: bool,
) -> Option<Finding> {
    let finding = |severity, found: String, wanted: &str, fix: &str| {
        Some(Finding {
            severity,
            path: path.to_owned(),
            found,
            wanted: wanted.to_owned(),
            fix: fix.to_owned(),
        })
    };
    let refused = Severity::Refused;
    match profile {
        Athena | Redshift if name.is_empty() => {
            finding(refused, "an empty name".to_owned(), "a name", RENAME)
        }
        DuckDb if name.is_empty() && !nested => {
            let wanted = "a name, because it makes one up otherwise";
            finding(Severity::Note, "an empty name".to_owned(), wanted, RENAME)
        }
        Athena if name.len() > 255 => {
            finding(refused, bytes(name), "a name of at most 255 bytes", RENAME)
        }
        Redshift if name.len() > 127 => {
            finding(refused, bytes(name), "a name of at most 127 bytes", RENAME)
        }
        Athena => match name.chars().find(|c| !is_athena_character(*c, nested)) {
            Some(c) => {
                let wanted = "a name of letters, digits and underscores";
                finding(refused, format!("`{}`", c.escape_debug()), wanted, RENAME)
            }
            None if is_reserved_in_athena(name) => {
                let wanted = "a name that is no reserved word";
                let fix =
                    "quote it: by backticks in DDL, as `ddl` does, by double quotes in SELECT";
                finding(Severity::Note, "a reserved word".to_owned(), wanted, fix)
            }
            None => None,
        },
        Redshift => name.chars().find(|c| c.is_control()).and_then(|c| {
            let wanted = "a name of printable characters";
            finding(refused, format!("`{}`", c.escape_debug()), wanted, RENAME)
        }),
        Spark | DuckDb | Iceberg => None,
    }
}

/// Clashes among the names of one struct, or of the columns.
pub(super) fn clashes<'a>(
    profile: ReaderProfile,
    names: impl Iterator<Item = (&'a str, String)>,
) -> Vec<Finding> {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut findings = Vec::new();
    for (name, path) in names {
        let Some(first) = seen.get(&name.to_lowercase()).copied() else {
            seen.insert(name.to_lowercase(), name);
            continue;
        };
        let same = first == name;
        let (severity, wanted) = match profile {
            DuckDb => (Severity::Note, "names that differ in more than case, or it renames one"),
            // Exact copies are found by their dotted paths.
            Iceberg if same => continue,
            Iceberg => (
                Severity::Note,
                "names that differ in more than case, for engines that do not tell them apart",
            ),
            _ => (Severity::Refused, "names that differ in more than case"),
        };
        findings.push(Finding {
            severity,
            path,
            found: format!("`{name}` beside `{first}`"),
            wanted: wanted.to_owned(),
            fix: CLASH.to_owned(),
        });
    }
    findings
}

fn bytes(name: &str) -> String {
    format!("{} bytes", name.len())
}

fn is_athena_character(c: char, nested: bool) -> bool {
    c.is_alphanumeric() || c == '_' || (nested && c == '.')
}

/// Whether Athena's DDL takes `name` only in backticks.
pub(crate) fn is_reserved_in_athena(name: &str) -> bool {
    ATHENA_RESERVED.binary_search(&name.to_ascii_uppercase().as_str()).is_ok()
}

const RENAME: &str = "rename it in the input, or give a schema without it: `--unknown rescue` then \
                      keeps its values in _rescued_data";
const CLASH: &str = "rename one of them in the input, give a schema with only one, or keep the \
                     object around them as text: `--hint PATH=utf8`";

/// Sorted. From the list for DDL of
/// <https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html>.
const ATHENA_RESERVED: [&str; 138] = [
    "ALL",
    "ALTER",
    "AND",
    "ARRAY",
    "AS",
    "AUTHORIZATION",
    "BETWEEN",
    "BIGINT",
    "BINARY",
    "BOOLEAN",
    "BOTH",
    "BY",
    "CASE",
    "CASHE",
    "CAST",
    "CHAR",
    "COLUMN",
    "COMMIT",
    "CONF",
    "CONSTRAINT",
    "CREATE",
    "CROSS",
    "CUBE",
    "CURRENT",
    "CURRENT_DATE",
    "CURRENT_TIMESTAMP",
    "CURSOR",
    "DATABASE",
    "DATE",
    "DAYOFWEEK",
    "DECIMAL",
    "DELETE",
    "DESCRIBE",
    "DISTINCT",
    "DIV",
    "DOUBLE",
    "DROP",
    "ELSE",
    "END",
    "EXCHANGE",
    "EXISTS",
    "EXTENDED",
    "EXTERNAL",
    "EXTRACT",
    "FALSE",
    "FETCH",
    "FLOAT",
    "FLOOR",
    "FOLLOWING",
    "FOR",
    "FOREIGN",
    "FROM",
    "FULL",
    "FUNCTION",
    "GRANT",
    "GROUP",
    "GROUPING",
    "HAVING",
    "IF",
    "IMPORT",
    "IN",
    "INNER",
    "INSERT",
    "INT",
    "INTEGER",
    "INTERSECT",
    "INTERVAL",
    "INTO",
    "IS",
    "JOIN",
    "LATERAL",
    "LEFT",
    "LESS",
    "LIKE",
    "LOCAL",
    "MACRO",
    "MAP",
    "MORE",
    "NONE",
    "NOT",
    "NULL",
    "NUMERIC",
    "OF",
    "ON",
    "ONLY",
    "OR",
    "ORDER",
    "OUT",
    "OUTER",
    "OVER",
    "PARTIALSCAN",
    "PARTITION",
    "PERCENT",
    "PRECEDING",
    "PRECISION",
    "PRESERVE",
    "PRIMARY",
    "PROCEDURE",
    "RANGE",
    "READS",
    "REDUCE",
    "REFERENCES",
    "REGEXP",
    "REVOKE",
    "RIGHT",
    "RLIKE",
    "ROLLBACK",
    "ROLLUP",
    "ROW",
    "ROWS",
    "SELECT",
    "SET",
    "SMALLINT",
    "START",
    "TABLE",
    "TABLESAMPLE",
    "THEN",
    "TIME",
    "TIMESTAMP",
    "TO",
    "TRANSFORM",
    "TRIGGER",
    "TRUE",
    "TRUNCATE",
    "UNBOUNDED",
    "UNION",
    "UNIQUEJOIN",
    "UPDATE",
    "USER",
    "USING",
    "UTC_TIMESTAMP",
    "VALUES",
    "VARCHAR",
    "VIEWS",
    "WHEN",
    "WHERE",
    "WINDOW",
    "WITH",
];
