//! Services of AWS that are asked by the Query protocol: a signed form, answered in XML ("Making API requests" in the references of EC2,
//! CloudWatch and STS).

use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::{Connector, tls};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use roxmltree::{Document, Node};

use super::{ATTEMPTS, AwsSettings, trouble};
use crate::error::{CloudError, Trouble};

/// A service of the Query protocol.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    Ec2,
    CloudWatch,
    Sts,
}

impl Service {
    /// In host names and signatures.
    const fn name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::CloudWatch => "monitoring",
            Self::Sts => "sts",
        }
    }

    /// In permissions.
    const fn permission(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::CloudWatch => "cloudwatch",
            Self::Sts => "sts",
        }
    }

    const fn version(self) -> &'static str {
        match self {
            Self::Ec2 => "2016-11-15",
            Self::CloudWatch => "2010-08-01",
            Self::Sts => "2011-06-15",
        }
    }
}

/// Asks such services.
#[derive(Debug)]
pub(super) struct Query {
    connector: Connector,
    credentials: Option<SharedCredentialsProvider>,
    region: String,
    endpoint: Option<String>,
}

/// Parameters of a request.
pub(super) type Form = Vec<(String, String)>;

impl Query {
    pub(super) fn new(config: &SdkConfig, settings: &AwsSettings) -> Self {
        let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
        Self {
            connector: Connector::builder().tls_provider(provider).build(),
            credentials: config.credentials_provider(),
            region: settings.region.clone(),
            endpoint: settings.endpoint_url.clone(),
        }
    }

    /// The region that is asked.
    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Asks, and again where the service is busy or does not answer. Calls must bear being made twice.
    pub(super) async fn ask(
        &self,
        service: Service,
        action: &str,
        object: &str,
        form: &Form,
    ) -> Result<String, CloudError> {
        let mut pause = Duration::from_millis(250);
        for attempt in 1.. {
            match self.ask_once(service, action, object, form).await {
                Err(error)
                    if attempt < ATTEMPTS
                        && matches!(error.trouble, Trouble::Throttled | Trouble::Unreachable) =>
                {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                other => return other,
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Asks once, for calls that would do a second time what the first did unheard.
    pub(super) async fn ask_once(
        &self,
        service: Service,
        action: &str,
        object: &str,
        form: &Form,
    ) -> Result<String, CloudError> {
        let call = format!("{}:{action}", service.permission());
        let failed = |trouble: Trouble, message: String| CloudError {
            call: call.clone(),
            object: object.to_owned(),
            message,
            trouble,
        };
        let body = encoded(service, action, form);
        let uri = match &self.endpoint {
            Some(url) => format!("{}/", url.trim_end_matches('/')),
            None if self.region.starts_with("cn-") => {
                format!("https://{}.{}.amazonaws.com.cn/", service.name(), self.region)
            }
            None => format!("https://{}.{}.amazonaws.com/", service.name(), self.region),
        };
        let Some(credentials) = &self.credentials else {
            return Err(failed(
                Trouble::Credentials,
                "no credentials are configured".to_owned(),
            ));
        };
        let identity = credentials
            .provide_credentials()
            .await
            .map_err(|error| failed(Trouble::Credentials, error.to_string()))?
            .into();
        let unsigned =
            |error: &dyn std::error::Error| failed(Trouble::Other, format!("failed to sign: {error}"));
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service.name())
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| unsigned(&error))?
            .into();
        let mut request = HttpRequest::new(SdkBody::from(body.as_str()));
        request.set_method("POST").map_err(|error| unsigned(&error))?;
        request.set_uri(uri.as_str()).map_err(|error| unsigned(&error))?;
        let kind = "application/x-www-form-urlencoded; charset=utf-8";
        request.headers_mut().insert("content-type", kind);
        let signable = SignableRequest::new(
            "POST",
            &uri,
            [("content-type", kind)].into_iter(),
            SignableBody::Bytes(body.as_bytes()),
        )
        .map_err(|error| unsigned(&error))?;
        let (instructions, _) = sign(signable, &parameters)
            .map_err(|error| unsigned(&error))?
            .into_parts();
        let (headers, _) = instructions.into_parts();
        for header in headers {
            request
                .headers_mut()
                .insert(header.name().to_owned(), header.value().to_owned());
        }
        let response = self
            .connector
            .call(request)
            .await
            .map_err(|error| failed(Trouble::Unreachable, error.to_string()))?;
        let good = response.status().is_success();
        let bytes = aws_smithy_types::byte_stream::ByteStream::new(response.into_body())
            .collect()
            .await
            .map_err(|error| failed(Trouble::Unreachable, error.to_string()))?;
        let text = String::from_utf8_lossy(&bytes.into_bytes()).into_owned();
        if good {
            return Ok(text);
        }
        let Ok(document) = Document::parse(&text) else {
            return Err(failed(Trouble::NoSuchCall, "the answer is no XML".to_owned()));
        };
        let word = |name: &str| first(document.root_element(), name).unwrap_or_default();
        Err(trouble::refused(&call, object, &word("Code"), &word("Message")))
    }
}

fn encoded(service: Service, action: &str, form: &Form) -> String {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.append_pair("Action", action)
        .append_pair("Version", service.version());
    for (name, value) in form {
        body.append_pair(name, value);
    }
    body.finish()
}

/// The text of the first element of that name within.
pub(super) fn first(node: Node<'_, '_>, name: &str) -> Option<String> {
    let mut all = node.descendants().filter(|node| node.has_tag_name_any(name));
    all.next().and_then(|node| node.text()).map(str::to_owned)
}

/// The text of an element directly within.
pub(super) fn own(node: Node<'_, '_>, name: &str) -> Option<String> {
    let mut found = within(node, name);
    found.next().and_then(|node| node.text()).map(str::to_owned)
}

/// Filters of a question of EC2, each by one value.
pub(super) fn filters(all: &[(&str, &str)]) -> Form {
    let mut form = Form::new();
    for (number, (name, value)) in (1..).zip(all) {
        form.push((format!("Filter.{number}.Name"), (*name).to_owned()));
        form.push((format!("Filter.{number}.Value.1"), (*value).to_owned()));
    }
    form
}

/// Elements of that name directly within.
pub(super) fn within<'a, 'd>(node: Node<'a, 'd>, name: &'a str) -> impl Iterator<Item = Node<'a, 'd>> + 'a {
    node.children().filter(move |node| node.has_tag_name_any(name))
}

/// The first element of that name anywhere within.
pub(super) fn element<'a, 'd>(node: Node<'a, 'd>, name: &str) -> Option<Node<'a, 'd>> {
    node.descendants().find(|node| node.has_tag_name_any(name))
}

/// Names without their namespaces, which differ by version.
trait AnyNamespace {
    fn has_tag_name_any(&self, name: &str) -> bool;
}

impl AnyNamespace for Node<'_, '_> {
    fn has_tag_name_any(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}
