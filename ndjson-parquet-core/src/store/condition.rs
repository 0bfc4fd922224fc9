//! What our requests carry beyond those of the `object_store` crate.

use std::fmt;
use std::sync::OnceLock;

use async_trait::async_trait;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpService,
    ReqwestConnector,
};
use object_store::{ClientOptions, HeaderValue};

/// Adds to requests what the `object_store` crate has no option for.
#[derive(Clone, Default)]
pub(super) struct Extras {
    /// Completes S3 uploads only where no object is. The crate completes them unconditionally,
    /// although it signs neither this header nor needs to.
    pub(super) create_only: bool,
    /// The query of the URL, such as the signature of a presigned one.
    pub(super) query: Option<String>,
    /// User and password of the URL, as a header.
    pub(super) authorization: Option<HeaderValue>,
    /// Uses the one client that all such stores share: each presigned URL is a store of its own.
    pub(super) shares_client: bool,
}

impl HttpConnector for Extras {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // Others in the process may have chosen a provider, which is then the one to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let connect = || ReqwestConnector::default().connect(options);
        let inner = if self.shares_client { shared_client(connect)? } else { connect()? };
        Ok(HttpClient::new(Service { inner, extras: self.clone() }))
    }
}

fn shared_client(
    connect: impl FnOnce() -> object_store::Result<HttpClient>,
) -> object_store::Result<HttpClient> {
    static CLIENT: OnceLock<HttpClient> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    let client = connect()?;
    Ok(CLIENT.get_or_init(|| client).clone())
}

#[derive(Debug)]
struct Service {
    inner: HttpClient,
    extras: Extras,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        if self.extras.create_only && completes_upload(&request) {
            request.headers_mut().insert("if-none-match", HeaderValue::from_static("*"));
        }
        if let Some(query) = &self.extras.query {
            let uri = format!("{}?{query}", request.uri());
            *request.uri_mut() =
                uri.parse().map_err(|_| HttpError::new(HttpErrorKind::Unknown, BadQuery))?;
        }
        if let Some(value) = &self.extras.authorization {
            request.headers_mut().insert("authorization", value.clone());
        }
        self.inner.execute(request).await
    }
}

/// Whether `request` is `CompleteMultipartUpload`.
fn completes_upload(request: &HttpRequest) -> bool {
    let query = request.uri().query().unwrap_or_default();
    request.method().as_str() == "POST"
        && query.split('&').any(|part| part.starts_with("uploadId="))
}

/// Says nothing of the query, which may be a secret.
#[derive(Debug)]
struct BadQuery;

impl fmt::Display for BadQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the query of the URL is not valid")
    }
}

impl std::error::Error for BadQuery {}

impl fmt::Debug for Extras {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extras").field("create_only", &self.create_only).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use object_store::client::HttpRequestBody;

    use super::*;

    /// Remembers the URL and the condition of each request, and fails it.
    #[derive(Clone, Debug, Default)]
    struct Recorder(Arc<Mutex<Vec<(String, bool)>>>);

    #[async_trait]
    impl HttpService for Recorder {
        async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
            let has_condition =
                request.headers().get("if-none-match").is_some_and(|value| value == "*");
            self.0.lock().unwrap().push((request.uri().to_string(), has_condition));
            Err(HttpError::new(HttpErrorKind::Unknown, BadQuery))
        }
    }

    fn requests(extras: Extras, sent: &[(&str, &str)]) -> Vec<(String, bool)> {
        let recorder = Recorder::default();
        let service = Service { inner: HttpClient::new(recorder.clone()), extras };
        for (method, uri) in sent {
            let mut request = HttpRequest::new(HttpRequestBody::from(Vec::new()));
            *request.method_mut() = method.parse().unwrap();
            *request.uri_mut() = uri.parse().unwrap();
            let call = service.call(request);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            assert!(runtime.block_on(call).is_err());
        }
        recorder.0.lock().unwrap().clone()
    }

    #[test]
    fn only_the_completion_of_an_upload_gets_the_condition() {
        let sent = [
            ("POST", "http://s3/b/k?uploadId=1"),
            ("POST", "http://s3/b/k?x=1&uploadId=1"),
            ("POST", "http://s3/b/k?uploads"),
            ("PUT", "http://s3/b/k?partNumber=1&uploadId=1"),
            ("DELETE", "http://s3/b/k?uploadId=1"),
            ("GET", "http://s3/b/uploadId=1"),
        ];
        let conditions = |create_only| -> Vec<bool> {
            let extras = Extras { create_only, ..Extras::default() };
            requests(extras, &sent).into_iter().map(|(_, has_condition)| has_condition).collect()
        };
        assert_eq!(conditions(true), [true, true, false, false, false, false]);
        assert_eq!(conditions(false), [false; 6]);
    }

    #[test]
    fn the_query_of_a_url_is_added_as_it_is_and_never_shown() {
        let query = Some("X-Sig=a%2Fb&c".to_owned());
        let extras = Extras { query, ..Extras::default() };
        assert!(!format!("{extras:?}").contains("Sig"));
        let seen = requests(extras, &[("GET", "http://host/a.json")]);
        assert_eq!(seen, [("http://host/a.json?X-Sig=a%2Fb&c".to_owned(), false)]);
    }
}
