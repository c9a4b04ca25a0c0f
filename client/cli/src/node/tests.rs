//! A node that misbehaves costs the client neither memory nor patience.

use super::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread::JoinHandle;

/// A server that gives one answer per connection, and returns the requests.
fn server(answers: Vec<String>) -> (Node, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
    let address = listener.local_addr().expect("it listens");
    let handle = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("the client comes");
            let mut buffer = [0; 4096];
            let length = stream.read(&mut buffer).expect("the client asks");
            requests.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            // A client that has read enough may have gone.
            let _ = stream.write_all(answer.as_bytes());
        }
        requests
    });
    (
        Node::new(&format!("http://{address}")).expect("a sound address"),
        handle,
    )
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

#[test]
fn bytes_come_back_as_they_are() {
    let (node, server) = server(vec![answer("200 OK", "", "abc")]);
    assert_eq!(node.bytes("/v1/x", 3).expect("an answer"), b"abc");
    let requests = server.join().expect("no panic");
    assert!(requests[0].starts_with("GET /v1/x HTTP/1.1\r\n"));
    assert!(
        requests[0]
            .to_lowercase()
            .contains("accept: application/octet-stream")
    );
}

#[test]
fn an_answer_above_its_limit_is_not_read() {
    let (node, _server) = server(vec![answer("200 OK", "", "abcd")]);
    let failure = node.bytes("/v1/x", 3).expect_err("four bytes are too many");
    assert_eq!(
        (failure.code, failure.exit),
        (Code::ANSWER_UNUSABLE, Exit::Node)
    );
}

#[test]
fn a_refusal_keeps_its_code_words_and_detail() {
    let body = r#"{"code":"WITH_ANOTHER_DISPENSER","message":"held","fault":"caller","detail":"00000015"}"#;
    let (node, _server) = server(vec![answer("422 Unprocessable Entity", "", body)]);
    let failure = node.bytes("/v1/x", 3).expect_err("it is refused");
    assert_eq!(
        (failure.code, failure.exit),
        (Code::WITH_ANOTHER_DISPENSER, Exit::Refused)
    );
    assert_eq!(failure.to_json()["detail"], "00000015");
}

#[test]
fn a_busy_node_is_asked_again_and_an_empty_refusal_is_no_answer() {
    let busy = answer("429 Too Many Requests", "Retry-After: 0\r\n", "{}");
    let (node, server) = server(vec![busy, answer("200 OK", "", "ok")]);
    assert_eq!(node.bytes("/v1/x", 9).expect("the second answer"), b"ok");
    assert_eq!(server.join().expect("no panic").len(), 2);
    let (node, _server) = self::server(vec![answer("500 Internal Server Error", "", "oops")]);
    assert_eq!(
        node.bytes("/", 9).expect_err("no answer").code,
        Code::ANSWER_UNUSABLE
    );
}

#[test]
fn where_nobody_listens_nobody_is_reached() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
    let address = listener.local_addr().expect("it listens");
    drop(listener);
    let node = Node::new(&format!("http://{address}")).expect("a sound address");
    let failure = node.bytes("/v1/status", 9).expect_err("nobody is there");
    assert_eq!(
        (failure.code, failure.exit),
        (Code::NODE_UNREACHABLE, Exit::Node)
    );
    assert_eq!(
        Node::new("https://x").expect_err("no TLS").exit,
        Exit::Usage
    );
}
