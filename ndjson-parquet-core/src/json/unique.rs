//! The search for duplicate keys, for those who want them refused.

use std::collections::HashSet;

use super::blank::is_blank;
use super::fault::{Fault, FaultKind};
use super::skip::skip_value;
use super::string::{copy_string, skip_string};
use crate::simd::Scalar;

/// Checks that no object of the object at `at`, itself included, has a key twice.
///
/// Memory: the keys of the objects around one place. Time: linear in the text.
pub(crate) fn check_unique_keys(block: &[u8], at: usize, max_depth: usize) -> Result<(), Fault> {
    let end = skip_value(Scalar, block, at, 0, max_depth)?;
    let mut levels: Vec<Option<HashSet<Vec<u8>>>> = Vec::new();
    let mut expects_key = false;
    let mut at = at;
    while at < end {
        match block[at] {
            b'"' => {
                let after = skip_string(Scalar, block, at + 1)?.end + 1;
                if let (true, Some(Some(keys))) = (expects_key, levels.last_mut()) {
                    let mut key = Vec::new();
                    copy_string(Scalar, block, at + 1, &mut key)?;
                    if !keys.insert(key) {
                        return Err(Fault { kind: FaultKind::DuplicateKey, at });
                    }
                }
                expects_key = false;
                at = after;
                continue;
            }
            b'{' => {
                levels.push(Some(HashSet::new()));
                expects_key = true;
            }
            b'[' => levels.push(None),
            b'}' | b']' => drop(levels.pop()),
            b',' => expects_key = matches!(levels.last(), Some(Some(_))),
            byte => debug_assert!(is_blank(byte) || byte != b'\n'),
        }
        at += 1;
    }
    Ok(())
}
