//! Which kernel runs: asked for by name, by the environment, or the fastest that the CPU has.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

#[cfg(target_arch = "x86_64")]
use super::avx2::Avx2;
#[cfg(target_arch = "x86_64")]
use super::avx512::Avx512;
#[cfg(target_arch = "aarch64")]
use super::neon::Neon;
use super::{Kernel, Scalar, Task};
use crate::{Error, ErrorKind, Result};

/// Which byte-classification kernel decodes; the result never depends on it, only the speed.
///
/// ```
/// use ndjson_parquet_core::{Converter, KernelChoice, Sink, Source};
///
/// let source = Source::bytes("inline", "{\"id\":1}\n");
/// let converter = Converter::new().with_kernel(KernelChoice::Scalar);
/// converter.convert(vec![source], Sink::writer("memory", std::io::sink()))?;
/// assert_eq!("avx512".parse::<KernelChoice>()?, KernelChoice::Avx512);
/// # Ok::<(), ndjson_parquet_core::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KernelChoice {
    /// The one that the environment variable `NDJSON_PARQUET_KERNEL` names, and without it the
    /// fastest that this CPU has.
    #[default]
    Auto,
    /// Plain 64-bit arithmetic, on every CPU.
    Scalar,
    /// AVX2 with BMI, LZCNT and POPCNT: x86-64 CPUs since about 2015.
    Avx2,
    /// AVX-512 with BW, VL, DQ, VBMI and VBMI2: Intel's since 2019, AMD's since 2022.
    Avx512,
    /// NEON: every 64-bit ARM CPU.
    Neon,
}

/// A kernel that this CPU has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Selected {
    Scalar(Scalar),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl KernelChoice {
    /// Every choice: [`Self::Auto`], then the kernels, the slower first.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Scalar, Self::Avx2, Self::Avx512, Self::Neon];

    /// Its name on the command line and in the environment.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// Whether this CPU has it.
    pub fn is_available(self) -> bool {
        self.find().is_some()
    }

    /// The kernel asked for, or the error that this CPU does not have it.
    pub(crate) fn detect(self) -> Result<Selected> {
        let choice = match self {
            Self::Auto => from_environment(env::var_os(VARIABLE).as_deref())?,
            named => named,
        };
        choice.find().ok_or_else(|| {
            Error::new(
                ErrorKind::Schema,
                format!(
                    "expected a CPU with {} for the kernel `{choice}`, found one without; `auto` \
                     takes the fastest kernel that there is",
                    choice.needs()
                ),
            )
        })
    }

    /// The kernel, if this CPU has it.
    fn find(self) -> Option<Selected> {
        match self {
            Self::Auto => Self::ALL[1..].iter().rev().find_map(|choice| choice.find()),
            Self::Scalar => Some(Selected::Scalar(Scalar)),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => Avx2::detect().map(Selected::Avx2),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Avx512::detect().map(Selected::Avx512),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Neon::detect().map(Selected::Neon),
            // Those of other architectures.
            _ => None,
        }
    }

    const fn needs(self) -> &'static str {
        match self {
            Self::Auto | Self::Scalar => "nothing",
            Self::Avx2 => "AVX2, BMI1, BMI2, LZCNT and POPCNT",
            Self::Avx512 => "AVX-512 F, BW, VL, DQ, VBMI and VBMI2, and all of `avx2`",
            Self::Neon => "NEON",
        }
    }
}

impl Selected {
    /// Runs `task`, compiled for the kernel's instruction set.
    #[inline]
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self {
            Self::Scalar(kernel) => kernel.enter(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(kernel) => kernel.enter(task),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(kernel) => kernel.enter(task),
            #[cfg(target_arch = "aarch64")]
            Self::Neon(kernel) => kernel.enter(task),
        }
    }
}

impl fmt::Display for KernelChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for KernelChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            let message = format!("expected one of the kernels {names}, found `{text}`");
            Error::new(ErrorKind::Schema, message)
        })
    }
}

/// What the environment asks for where the caller leaves the choice.
fn from_environment(value: Option<&OsStr>) -> Result<KernelChoice> {
    match value {
        None => Ok(KernelChoice::Auto),
        Some(value) => value.to_string_lossy().parse().map_err(|cause: Error| {
            let message = format!("expected the name of a kernel in {VARIABLE}");
            Error::new(ErrorKind::Schema, message).with_cause(cause)
        }),
    }
}

/// What `task` gives on each kernel of this CPU, which must be one and the same.
#[cfg(any(test, fuzzing))]
pub(crate) fn agreed<T>(task: T) -> T::Output
where
    T: Task + Copy,
    T::Output: PartialEq + fmt::Debug,
{
    let scalar = Scalar.enter(task);
    for choice in KernelChoice::ALL {
        if let Some(kernel) = choice.find() {
            assert_eq!(kernel.run(task), scalar, "{choice} differs from scalar");
        }
    }
    scalar
}

/// The environment variable that [`KernelChoice::Auto`] obeys.
const VARIABLE: &str = "NDJSON_PARQUET_KERNEL";

#[cfg(test)]
mod tests;
