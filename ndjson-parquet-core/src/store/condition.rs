//! What our requests carry beyond those of the `object_store` crate.

use std::fmt;

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
}

impl HttpConnector for Extras {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // Others in the process may have chosen a provider, which is then the one to use.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Service { inner, extras: self.clone() }))
    }
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
