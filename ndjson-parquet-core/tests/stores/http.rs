//! Objects of a web server, which here is a few lines of our own.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use ndjson_parquet_core::{Converter, ErrorKind, Sink, Source};

use super::{error_of, lines};

/// A server of one text, and the heads of the requests that it got.
struct Server {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Serves `text`, and `refuses` with an answer that quotes secrets.
    fn start(text: String, refuses: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (text, seen) = (text.clone(), Arc::clone(&seen));
                thread::spawn(move || serve(stream.unwrap(), &text, refuses, &seen));
            }
        });
        Self { address, requests }
    }
}

fn serve(mut stream: TcpStream, text: &str, refuses: bool, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let range = head.to_lowercase().split("range: bytes=").nth(1).map(|rest| {
            let (start, rest) = rest.split_once('-').unwrap();
            let end = rest.split("\r\n").next().unwrap();
            (start.parse::<usize>().unwrap(), end.parse::<usize>().unwrap().min(text.len() - 1))
        });
        seen.lock().unwrap().push(head);
        let answer = match range {
            _ if refuses => {
                let body = "<Error><Code>AccessDenied</Code><StringToSign>t0psecret</StringToSign></Error>";
                format!("HTTP/1.1 403 Forbidden\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
            None => {
                format!("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {}\r\n\r\n", text.len())
            }
            Some((start, end)) => format!(
                "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nContent-Length: {}\r\n\
                 Content-Range: bytes {start}-{end}/{}\r\n\r\n{}",
                end + 1 - start,
                text.len(),
                &text[start..=end]
            ),
        };
        stream.write_all(answer.as_bytes()).unwrap();
    }
}

#[test]
fn a_presigned_url_is_read_by_get_requests_with_its_query_and_user() {
    let server = Server::start(lines(0, 5_000), false);
    let url = format!("http://anna:p%40ss@{}/a%20b.ndjson?signature=x%2Fy", server.address);
    let sink = Sink::writer("memory", std::io::sink());
    let summary = Converter::new().convert(vec![Source::url(&url).unwrap()], sink).unwrap();
    assert_eq!(summary.balance.rows, 5_000);
    let requests = server.requests.lock().unwrap();
    assert!(requests.len() >= 2);
    for request in &*requests {
        assert!(request.starts_with("GET /a%20b.ndjson?signature=x%2Fy HTTP/1.1"), "{request}");
        // base64 of `anna:p@ss`.
        assert!(request.contains("authorization: Basic YW5uYTpwQHNz"), "{request}");
    }
    // All after the first are pinned to the version that was found then.
    assert!(
        requests[1..].iter().all(|request| request.contains("if-match: \"1\"")),
        "{requests:?}"
    );
}

#[test]
fn what_a_server_answers_is_told_by_its_code_alone() {
    let server = Server::start("x".to_owned(), true);
    let url = format!("http://{}/a.ndjson", server.address);
    let error = error_of(Source::url(&url).unwrap().codec(), ErrorKind::Source);
    assert_eq!(
        error.to_string(),
        format!("{url}: the store denies access (HTTP status 403, AccessDenied)")
    );
}
