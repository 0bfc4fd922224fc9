//! The reading thread: same bytes, no silent end, no hang.

use std::io::{self, Read};
use std::sync::mpsc;
use std::time::Duration;

use super::super::*;
use super::Trickle;
use crate::error::ErrorKind;

fn rows() -> Vec<u8> {
    (0..5000).flat_map(|row: u32| format!("{{\"row\":{row}}}\n").into_bytes()).collect()
}

fn start(reader: impl Read + Send + 'static, chunk_bytes: usize) -> BackgroundReader {
    BackgroundReader::with_chunk_bytes(Box::new(reader), chunk_bytes).unwrap()
}

#[test]
fn chunks_are_full_however_the_bytes_arrive() {
    for most in [1, 3, 1000, usize::MAX] {
        let mut reader = start(Trickle(io::Cursor::new(rows()), most), 1000);
        let mut bytes = Vec::new();
        while let Some(chunk) = reader.next_chunk().unwrap() {
            assert_eq!(chunk.len(), 1000.min(rows().len() - bytes.len()));
            bytes.extend_from_slice(&chunk);
            reader.recycle(chunk);
        }
        assert_eq!(bytes, rows());
        assert!(reader.next_chunk().unwrap().is_none());
    }
}

#[test]
fn it_reads_like_the_reader_below() {
    let mut bytes = Vec::new();
    Trickle(start(io::Cursor::new(rows()), 777), 10).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, rows());
}

struct Then<F>(usize, F);

impl<F: Fn() -> io::Result<usize>> Read for Then<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return (self.1)();
        }
        let taken = self.0.min(buffer.len());
        buffer[..taken].fill(b'x');
        self.0 -= taken;
        Ok(taken)
    }
}

#[test]
fn an_error_comes_after_the_bytes_before_it_and_stays() {
    let mut reader = start(Then(250, || Err(io::ErrorKind::ConnectionReset.into())), 100);
    for expected in [100, 100, 50] {
        assert_eq!(reader.next_chunk().unwrap().unwrap().len(), expected);
    }
    assert_eq!(reader.next_chunk().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    reader.next_chunk().unwrap_err();
}

#[test]
fn a_panic_is_an_error_and_no_end() {
    let mut reader = start(Then(250, || panic!("reader broke")), 100);
    let error = io::copy(&mut reader, &mut io::sink()).unwrap_err();
    let error = into_error("x", error);
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(error.message().ends_with("found a panic: reader broke"), "{error}");
    reader.next_chunk().unwrap_err();
}

/// Reports when it is dropped, which is when its thread has ended.
struct Endless(mpsc::Sender<()>);

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'\n');
        Ok(buffer.len().min(100))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[test]
fn the_thread_ends_when_the_reader_is_dropped() {
    for chunks in [0, 1, 10] {
        let (sender, dropped) = mpsc::channel();
        let mut reader = start(Endless(sender), 1000);
        for _ in 0..chunks {
            reader.next_chunk().unwrap().unwrap();
        }
        // Both a thread that is reading and one that waits for room in the channel.
        std::thread::sleep(Duration::from_millis(chunks));
        drop(reader);
        dropped.recv_timeout(Duration::from_secs(20)).expect("the thread should have ended");
    }
}

#[test]
fn dropping_does_not_wait_for_a_read_that_blocks() {
    struct Blocked(mpsc::Receiver<()>);
    impl Read for Blocked {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            Ok(0)
        }
    }
    let (_keep, receiver) = mpsc::channel();
    drop(start(Blocked(receiver), 1000));
}
