//! Inference with records over whole sources, one sketch a source, of which those that a directory has
//! are not learnt again.

use super::learn::LearnJob;
use super::schema::infer_options;
use super::{block_options, meter, pass};
use crate::converter::Converter;
use crate::error::{BadLine, Error, ErrorKind, Result};
use crate::options::OnError;
use crate::progress::Stage;
use crate::schema::infer::{InferOptions, Inferrer};
use crate::sketches::{Rules, SchemaSketch, SketchDirectory};
use crate::source::{Identity, Source};

/// See [`Converter::sketch`].
pub(super) fn sketch_sources(converter: &Converter, sources: &[Source]) -> Result<SchemaSketch> {
    if sources.is_empty() {
        return Err(Error::new(ErrorKind::Schema, "expected at least one source, found none"));
    }
    let rules = Rules::of(converter);
    let directory = converter.sketch_dir.as_deref();
    let directory = directory.map(|path| SketchDirectory::open(path, rules.clone())).transpose()?;
    let versions = match &directory {
        Some(_) => sources.iter().map(Source::identity).collect::<Result<Vec<_>>>()?,
        None => vec![None; sources.len()],
    };
    let options = InferOptions { record: true, ..infer_options(converter)? };
    let mut sketches = Sketches {
        converter,
        rules,
        sources,
        versions,
        directory,
        options: options.clone(),
        fresh: Vec::new(),
        next: 0,
        current: None,
        merged: SchemaSketch::empty(converter),
        first_bad_line: None,
    };
    for index in 0..sources.len() {
        converter.cancel.check()?;
        if sketches.known(index).is_none() {
            sketches.fresh.push(index);
        }
    }
    let fresh: Vec<Source> = sketches.fresh.iter().map(|index| sources[*index].clone()).collect();
    tracing::info!(read = fresh.len(), known = sources.len() - fresh.len(), "sources are sketched");
    let job = LearnJob {
        sources: &fresh,
        blocks: block_options(converter),
        options,
        meter: meter(converter, &fresh, Stage::Infer),
        cancel: &converter.cancel,
    };
    let (mut sketches, _) = pass(converter, &fresh, false).run(
        sketches,
        || Ok(()),
        |(), unit, order| job.work(unit, order, Sketches::enter),
    )?;
    sketches.finish_up_to(sources.len())?;
    match (converter.on_error, sketches.first_bad_line) {
        (OnError::Error, Some(line)) => Err(line.into()),
        _ => Ok(sketches.merged),
    }
}

/// What was learnt so far, in the order of the sources.
struct Sketches<'a> {
    converter: &'a Converter,
    rules: Rules,
    sources: &'a [Source],
    versions: Vec<Option<Identity>>,
    directory: Option<SketchDirectory>,
    options: InferOptions,
    /// Indices of the sources that are read.
    fresh: Vec<usize>,
    /// The first source that is not merged.
    next: usize,
    /// The source that is being learnt from.
    current: Option<(usize, Inferrer)>,
    merged: SchemaSketch,
    first_bad_line: Option<BadLine>,
}

impl Sketches<'_> {
    /// The sketch of a source that need not be read. One that has bad lines does not have their text,
    /// so it is not enough where they are an error.
    fn known(&self, index: usize) -> Option<SchemaSketch> {
        let (directory, version) = (self.directory.as_ref()?, self.versions[index].as_ref()?);
        let sketch = directory.read(self.sources[index].name(), version)?;
        let is_enough = sketch.rejected() == 0 || self.converter.on_error != OnError::Error;
        is_enough.then_some(sketch)
    }

    /// Takes what was learnt from the lines that follow those entered before.
    fn enter(&mut self, fresh: usize, part: Inferrer) -> Result<()> {
        let source = self.fresh[fresh];
        if let Some((current, inferrer)) = &mut self.current
            && *current == source
        {
            return inferrer.merge(part);
        }
        self.finish_up_to(source)?;
        self.current = Some((source, part));
        Ok(())
    }

    /// Merges the sketches of all sources before `end`, and keeps those that are new.
    fn finish_up_to(&mut self, end: usize) -> Result<()> {
        for index in self.next..end {
            let learnt = self.current.take_if(|(current, _)| *current == index);
            let sketch = match learnt {
                Some((_, inferrer)) => self.keep(index, inferrer)?,
                None if self.fresh.binary_search(&index).is_ok() => {
                    // A source without bytes was never entered.
                    self.keep(index, Inferrer::new(self.options.clone()))?
                }
                None => self.known(index).ok_or_else(|| {
                    let message = format!(
                        "{}: expected the sketch that was there a moment ago, found none",
                        self.sources[index].name()
                    );
                    Error::new(ErrorKind::Source, message)
                })?,
            };
            self.merged.merge_in_order(&sketch, self.converter.max_columns)?;
        }
        self.next = self.next.max(end);
        Ok(())
    }

    fn keep(&mut self, index: usize, inferrer: Inferrer) -> Result<SchemaSketch> {
        if self.first_bad_line.is_none() {
            self.first_bad_line = inferrer.first_bad_line().cloned();
        }
        let source = &self.sources[index];
        // What changed while it was read, or is gone, is of no version.
        let version = self.versions[index]
            .take()
            .filter(|version| source.identity().is_ok_and(|now| now.as_ref() == Some(version)));
        let is_version = version.is_some();
        let sketch = SchemaSketch::of_source(&self.rules, source.name(), version, inferrer);
        if let (Some(directory), true) = (&self.directory, is_version) {
            directory.write(source.name(), &sketch)?;
        }
        Ok(sketch)
    }
}
