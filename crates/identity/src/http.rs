//! A small HTTP client for the city's own peers (the OpenID provider, witnesses of the ledger): no redirects, a bounded
//! body, a time limit.

use crate::config::ConfigError;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::ClientConfig;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

/// A provider's metadata, key set and tokens are a few KiB.
const BODY_BYTES_MAX: usize = 512 * 1024;
/// A provider that takes longer is down, for somebody who waits at a log-in page.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks one peer at a time.
#[derive(Clone, Debug)]
pub struct HttpClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// Why a peer could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    #[error("the peer does not answer: {0}")]
    Unreachable(String),
    #[error("the peer takes too long")]
    TooSlow,
    #[error("the answer cannot be read: {0}")]
    Body(String),
}

impl HttpClient {
    /// For a peer whose certificate the authority in `ca_file` signed, or one that this machine trusts.
    pub fn open(ca_file: Option<&Path>) -> Result<HttpClient, ConfigError> {
        Ok(HttpClient::new(crate::tls::client(ca_file)?, true))
    }

    /// Sends a text; status and text of the answer.
    pub async fn post(&self, url: &str, body: String) -> Result<(u16, String), HttpFault> {
        let request = hyper::Request::post(url).body(body.into_bytes());
        let answer = self.fetch(request.map_err(|e| HttpFault::Unreachable(e.to_string()))?).await?;
        Ok((answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned()))
    }

    /// `plain` allows http:// too: a provider on this very machine, in tests.
    pub(crate) fn new(tls: ClientConfig, plain: bool) -> HttpClient {
        let builder = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls);
        let connector = match plain {
            true => builder.https_or_http().enable_http1().build(),
            false => builder.https_only().enable_http1().build(),
        };
        HttpClient(Client::builder(TokioExecutor::new()).build(connector))
    }

    async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        match tokio::time::timeout(PATIENCE, self.ask(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(HttpFault::TooSlow),
        }
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let answer = self.0.request(request).await.map_err(|e| HttpFault::Unreachable(format!("{e:?}")))?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
        let body = body.map_err(|e| HttpFault::Body(e.to_string()))?.to_bytes().to_vec();
        Ok(HttpResponse::from_parts(parts, body))
    }
}

/// The future owns its client, so that nothing borrowed crosses an await.
impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpFault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFault>> + Send>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let client = self.clone();
        Box::pin(async move { client.fetch(request).await })
    }
}
