//! From what a user typed to sources: a file, a directory, a glob or `-`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::url::{Urls, is_url};
use super::{GZIP_INDEX_ENDING, STDIN_NAME, Source};
use crate::error::{Error, ErrorKind, Result};

/// All sources that `inputs` name, input by input.
///
/// * `-` is standard input.
/// * A path that exists and is no directory is itself, even if its name has glob characters.
/// * A directory is all regular files below it, whatever their extension, except `*.parquet`,
///   `*.rejects.ndjson`, `*.rejects.ndjson.done`, `*.sketch.json`, `*.gzindex`, and names that start
///   with `.` or `_` (which hide whole directories too). No glob finds marks, sketches and indexes either.
/// * A URL names an object, all objects below a prefix, or those that a glob finds, by the same rules;
///   that needs the feature `object_store`.
/// * Else it is a glob with `*`, `?`, `[..]`, `{..}` and `**`: the regular files that it matches. As
///   in a shell `*` does not cross `/`, and names that start with `.` are found only by a pattern
///   that has a part starting with `.`. So `*.rejects.ndjson` are found only by a pattern that has
///   `.rejects` in it: quarantined lines, which often lie beside the data, are none of them.
///
/// Each input's files are sorted bytewise by path. Links are followed, but each directory is read
/// once, so that a loop of links ends. Finding nothing is an error.
///
/// ```
/// use ndjson_parquet_core::expand;
///
/// let directory = tempfile::tempdir()?;
/// std::fs::write(directory.path().join("a.ndjson"), "{}\n")?;
/// std::fs::write(directory.path().join("_hidden"), "")?;
/// let sources = expand([directory.path()])?;
/// assert_eq!(sources.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn expand<I>(inputs: I) -> Result<Vec<Source>>
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut sources = Vec::new();
    let mut urls = Urls::default();
    for input in inputs {
        sources.append(&mut expand_one(input.as_ref(), &mut urls)?);
    }
    Ok(sources)
}

pub(super) fn expand_one(pattern: &OsStr, urls: &mut Urls) -> Result<Vec<Source>> {
    if pattern == STDIN_NAME {
        return Ok(vec![Source::stdin()]);
    }
    if let Some(url) = pattern.to_str().filter(|_| is_url(pattern)) {
        return urls.expand(url);
    }
    let path = Path::new(pattern);
    let files = match fs::metadata(path) {
        Ok(found) if found.is_dir() => walk(path, &Selection::Directory)?,
        Ok(_) => return Ok(vec![Source::path(path)]),
        Err(error) => match GlobPattern::parse(pattern)? {
            // What a glob looks into need not exist: it finds nothing there.
            Some(glob) if !here_if_empty(&glob.root).is_dir() => Vec::new(),
            Some(glob) => walk(&glob.root.clone(), &Selection::Glob(glob))?,
            None => {
                let message =
                    format!("{}: expected a file, directory or glob, found none", path.display());
                return Err(Error::new(ErrorKind::Source, message).with_cause(error));
            }
        },
    };
    if files.is_empty() {
        let message = format!("{}: expected at least one input file, found none", path.display());
        return Err(Error::new(ErrorKind::Source, message));
    }
    Ok(files.into_iter().map(Source::path).collect())
}

/// How the names of quarantine files end.
const QUARANTINE_SUFFIX: &[u8] = b".rejects.ndjson";
/// How the names of sketches end, which may lie beside the data.
const SKETCH_SUFFIX: &[u8] = b".sketch.json";
/// How the names of the marks end that say that they were replayed.
const REPLAYED_SUFFIX: &[u8] = b".rejects.ndjson.done";

pub(crate) enum Selection {
    Directory,
    Glob(GlobPattern),
}

impl Selection {
    /// Whether to look at an entry called `name` at all.
    pub(crate) fn considers(&self, name: &OsStr) -> bool {
        let first = name.as_encoded_bytes().first();
        match self {
            Self::Directory => !matches!(first, Some(b'.' | b'_')),
            Self::Glob(glob) => glob.hidden || first != Some(&b'.'),
        }
    }

    pub(crate) fn takes_file(&self, relative: &Path) -> bool {
        let name = relative.as_os_str().as_encoded_bytes();
        let is_quarantine = name.ends_with(QUARANTINE_SUFFIX) || name.ends_with(REPLAYED_SUFFIX);
        if name.ends_with(SKETCH_SUFFIX) || name.ends_with(GZIP_INDEX_ENDING.as_bytes()) {
            return false;
        }
        match self {
            Self::Directory => {
                !is_quarantine
                    && !relative.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("parquet"))
            }
            Self::Glob(glob) => {
                glob.matcher.is_match(relative) && (glob.quarantines || !is_quarantine)
            }
        }
    }

    fn enters(&self, depth: usize) -> bool {
        match self {
            Self::Directory => true,
            Self::Glob(glob) => glob.depth.is_none_or(|most| depth < most),
        }
    }
}

/// A glob, split where its first special character comes.
pub(crate) struct GlobPattern {
    root: PathBuf,
    matcher: GlobMatcher,
    /// Number of parts behind the root; `None` if `**` or `{..}` make it unbounded.
    depth: Option<usize>,
    hidden: bool,
    /// Whether it finds quarantine files.
    quarantines: bool,
}

impl GlobPattern {
    /// The directory that it looks into.
    #[cfg(feature = "object_store")]
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `None` if the pattern has no special character, or is no Unicode and so cannot be a glob.
    pub(crate) fn parse(pattern: &OsStr) -> Result<Option<Self>> {
        let Some(text) = pattern.to_str() else {
            return Ok(None);
        };
        let Some(special) = text.find(['*', '?', '[', '{']) else {
            return Ok(None);
        };
        let split = text[..special].rfind('/').map_or(0, |slash| slash + 1);
        let (root, rest) = text.split_at(split);
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        let matcher = GlobBuilder::new(&parts.join("/"))
            .literal_separator(true)
            .build()
            .map_err(|error| {
                let message = format!("{text}: expected a file or a valid glob, found neither");
                Error::new(ErrorKind::Source, message).with_cause(error)
            })?
            .compile_matcher();
        let bounded = !rest.contains("**") && !rest.contains('{');
        Ok(Some(Self {
            root: PathBuf::from(root),
            matcher,
            depth: bounded.then_some(parts.len()),
            hidden: parts.iter().any(|part| part.starts_with('.')),
            quarantines: rest.contains(".rejects"),
        }))
    }
}

/// The selected files below `root`, sorted.
fn walk(root: &Path, selection: &Selection) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut seen = HashSet::new();
    let mut pending = vec![(PathBuf::new(), 0)];
    while let Some((relative, depth)) = pending.pop() {
        let directory = root.join(&relative);
        if !seen.insert(real_path(&directory)?) {
            continue;
        }
        let mut below = Vec::new();
        for name in list(&directory)? {
            if !selection.considers(&name) {
                continue;
            }
            let relative = relative.join(&name);
            let path = root.join(&relative);
            let found = match fs::metadata(&path) {
                Ok(found) => found,
                // A dangling link, or a file that has just been deleted.
                Err(_) if !selection.takes_file(&relative) => continue,
                Err(error) => return Err(unreadable(&path, error)),
            };
            if found.is_dir() {
                if selection.enters(depth + 1) {
                    below.push((relative, depth + 1));
                }
            } else if found.is_file() && selection.takes_file(&relative) {
                files.push(path);
            }
        }
        // The last one pushed is read first: in sorted order.
        below.reverse();
        pending.append(&mut below);
    }
    files.sort_unstable_by(|a, b| {
        a.as_os_str().as_encoded_bytes().cmp(b.as_os_str().as_encoded_bytes())
    });
    Ok(files)
}

/// The names in a directory, sorted, so that what is read first does not depend on the file system.
fn list(directory: &Path) -> Result<Vec<std::ffi::OsString>> {
    let fail = |error| unreadable(directory, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(here_if_empty(directory)).map_err(fail)? {
        names.push(entry.map_err(fail)?.file_name());
    }
    names.sort_unstable();
    Ok(names)
}

fn real_path(directory: &Path) -> Result<PathBuf> {
    fs::canonicalize(here_if_empty(directory)).map_err(|error| unreadable(directory, error))
}

/// A glob without a root is relative to the working directory, and its results bear no `./`.
fn here_if_empty(directory: &Path) -> &Path {
    if directory.as_os_str().is_empty() { Path::new(".") } else { directory }
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    let message =
        format!("{}: expected a readable file or directory, found an error", path.display());
    Error::new(ErrorKind::Source, message).with_cause(error)
}
