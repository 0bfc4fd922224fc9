//! The engine behind [`Converter`](crate::Converter).

use crate::converter::{Converter, Inference};
use crate::error::Result;
use crate::sink::Sink;
use crate::source::Source;
use crate::summary::Summary;

pub(crate) fn run(_converter: &Converter, _sources: Vec<Source>, _sink: Sink) -> Result<Summary> {
    unimplemented!()
}

pub(crate) fn infer(_converter: &Converter, _sources: Vec<Source>) -> Result<Inference> {
    unimplemented!()
}
