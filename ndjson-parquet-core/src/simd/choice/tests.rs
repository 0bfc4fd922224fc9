use std::ffi::OsStr;

use super::{KernelChoice, Selected, from_environment};
use crate::ErrorKind;

#[test]
fn a_kernel_that_was_asked_for_is_the_one_that_runs() {
    assert!(matches!(KernelChoice::Scalar.detect(), Ok(Selected::Scalar(_))));
    #[cfg(target_arch = "x86_64")]
    {
        let avx2 = KernelChoice::Avx2.detect();
        assert_eq!(avx2.is_ok(), is_x86_feature_detected!("avx2"));
        assert!(matches!(avx2, Ok(Selected::Avx2(_)) | Err(_)));
        let avx512 = KernelChoice::Avx512.detect();
        assert_eq!(avx512.is_ok(), is_x86_feature_detected!("avx512vbmi2"));
        assert!(matches!(avx512, Ok(Selected::Avx512(_)) | Err(_)));
    }
    #[cfg(target_arch = "aarch64")]
    assert!(matches!(KernelChoice::Neon.detect(), Ok(Selected::Neon(_))));
}

#[test]
fn a_kernel_that_this_cpu_lacks_is_an_error_that_says_so() {
    let (lacking, needs) = match cfg!(target_arch = "aarch64") {
        true => (KernelChoice::Avx512, "VBMI2"),
        false => (KernelChoice::Neon, "NEON"),
    };
    let error = lacking.detect().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.message().contains(needs), "{error}");
}

#[test]
fn a_name_is_read_back_and_a_wrong_one_is_told_the_choices() {
    for choice in KernelChoice::ALL {
        assert_eq!(choice.to_string().parse::<KernelChoice>().unwrap(), choice);
    }
    let error = "sse2".parse::<KernelChoice>().unwrap_err();
    for text in ["auto, scalar, avx2, avx512, neon", "`sse2`"] {
        assert!(error.message().contains(text), "{error}");
    }
}

#[test]
fn the_environment_chooses_where_the_caller_does_not() {
    assert_eq!(from_environment(None).unwrap(), KernelChoice::Auto);
    assert_eq!(from_environment(Some(OsStr::new("scalar"))).unwrap(), KernelChoice::Scalar);
    let error = from_environment(Some(OsStr::new("AVX2"))).unwrap_err();
    assert!(error.message().contains("NDJSON_PARQUET_KERNEL"), "{error}");
}
