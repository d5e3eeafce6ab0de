//! What stands before moto: one HTTP server that looks at each request before it is passed on.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::lacking::{self, Endpoints};
use super::window::{self, Waiting};
use crate::SandboxError;

type Answer = Response<Full<Bytes>>;

/// How a call is refused.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// AWS's code, such as `Throttling`.
    pub code: String,
    /// Its message.
    pub message: String,
    /// The HTTP status.
    pub status: u16,
    /// How often; after that calls go through.
    pub times: usize,
}

/// A call that is held. Resolves when it has come, with its action.
#[derive(Debug)]
pub struct Held(oneshot::Receiver<String>);

impl Held {
    /// Waits until the call has come; none when the stand-in ended before.
    pub async fn come(self) -> Option<String> {
        self.0.await.ok()
    }
}

#[derive(Debug, Default)]
struct State {
    refusals: BTreeMap<String, Refusal>,
    withheld: BTreeSet<String>,
    changes: Vec<String>,
    /// After so many changes the next is held; whether it is done before; who is told.
    hold: Option<(usize, bool, oneshot::Sender<String>)>,
    endpoints: Endpoints,
    /// Instances whose cluster parameters wait for a restart, which moto never says.
    pending: BTreeSet<String>,
    /// The forms by which clusters were made from something.
    restores: Vec<BTreeMap<String, String>>,
    /// Clusters that follow an instance, and which.
    follows: BTreeMap<String, String>,
    /// Changes that wait for the maintenance window.
    waiting: Waiting,
    /// Whether a start leaves parameters waiting.
    stubborn: bool,
    /// Actions whose next call is answered and not done.
    swallowed: BTreeSet<String>,
}

/// The front. Clones are the same.
#[derive(Debug, Clone)]
pub(super) struct Front {
    moto: u16,
    state: Arc<Mutex<State>>,
}

impl Front {
    pub(super) fn new(moto: u16) -> Self {
        Self {
            moto,
            state: Arc::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn refuse(&self, action: &str, refusal: Refusal) {
        self.lock().refusals.insert(action.to_owned(), refusal);
    }

    pub(super) fn withhold(&self, what: &str) {
        self.lock().withheld.insert(what.to_owned());
    }

    pub(super) fn hold(&self, nth: usize, done: bool) -> Held {
        let (tell, told) = oneshot::channel();
        let mut state = self.lock();
        let after = state.changes.len() + nth;
        state.hold = Some((after, done, tell));
        Held(told)
    }

    pub(super) fn changes(&self) -> Vec<String> {
        self.lock().changes.clone()
    }

    pub(super) fn restores(&self) -> Vec<BTreeMap<String, String>> {
        self.lock().restores.clone()
    }

    pub(super) fn keep_waiting(&self, stubborn: bool) {
        self.lock().stubborn = stubborn;
    }

    pub(super) fn swallow(&self, action: &str) {
        self.lock().swallowed.insert(action.to_owned());
    }

    pub(super) fn let_parameters_wait(&self, instance: &str) {
        self.lock().pending.insert(instance.to_owned());
    }

    /// What moto says, and that parameters wait.
    fn told(&self, action: &str, form: &BTreeMap<String, String>, body: Bytes) -> Bytes {
        let mut state = self.lock();
        if action == "RebootDBInstance"
            && !state.stubborn
            && let Some(instance) = form.get("DBInstanceIdentifier")
        {
            state.pending.remove(instance);
        }
        let body = match state.waiting.is_empty() {
            true => body,
            false => {
                let text = String::from_utf8_lossy(&body).into_owned();
                Bytes::from(window::told(action, text, &state.waiting))
            }
        };
        if action != "DescribeDBClusters" {
            return body;
        }
        let mut text = lacking::at_home(&String::from_utf8_lossy(&body));
        for (cluster, instance) in &state.follows {
            let name = format!("<DBClusterIdentifier>{cluster}</DBClusterIdentifier>");
            let source = format!("<ReplicationSourceIdentifier>{instance}</ReplicationSourceIdentifier>");
            text = text.replace(&name, &format!("{name}{source}"));
        }
        let members = text.split_inclusive("</DBClusterMember>").map(|part| {
            let waits = state.pending.iter().any(|instance| {
                part.contains(&format!(
                    "<DBInstanceIdentifier>{instance}</DBInstanceIdentifier>"
                ))
            });
            match waits {
                true => part.replace("in-sync", "pending-reboot"),
                false => part.to_owned(),
            }
        });
        Bytes::from(members.collect::<String>())
    }

    /// Serves for ever.
    pub(super) async fn serve(self, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            let front = self.clone();
            tokio::spawn(async move {
                let answer = service_fn(move |request| {
                    let front = front.clone();
                    async move { Ok::<_, Infallible>(front.answer(request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = match body.collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return error(StatusCode::BAD_REQUEST, "IncompleteBody", "the body broke off"),
        };
        if let Some(action) = of_bucket(&head) {
            return match self.refusal(action) {
                Some(refusal) => {
                    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
                    bucket_error(status, &refusal.code, &refusal.message)
                }
                None => self.pass_on(Request::from_parts(head, Full::new(body))).await,
            };
        }
        let target = head
            .headers
            .get("x-amz-target")
            .and_then(|target| target.to_str().ok());
        let json = target.is_some();
        let form: BTreeMap<String, String> = match json {
            true => BTreeMap::new(),
            false => url::form_urlencoded::parse(&body).into_owned().collect(),
        };
        let action = match target {
            Some(target) => target.rsplit('.').next().unwrap_or_default().to_owned(),
            None => form.get("Action").cloned().unwrap_or_default(),
        };
        if let Some(refusal) = self.refusal(&action) {
            let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
            return match json {
                true => json_error(status, &refusal.code, &refusal.message),
                false => error(status, &refusal.code, &refusal.message),
            };
        }
        let held = self.count(&action);
        if let Some((false, tell)) = held {
            let _ = tell.send(action);
            return std::future::pending().await;
        }
        let own = {
            let mut state = self.lock();
            if action == "PromoteReadReplicaDBCluster" {
                state
                    .follows
                    .remove(form.get("DBClusterIdentifier").map_or("", String::as_str));
            }
            let State {
                endpoints,
                withheld,
                swallowed,
                ..
            } = &mut *state;
            match swallowed.remove(&action) {
                true => Some(lacking::done(&action)),
                false => lacking::answer(&action, &form, endpoints, withheld),
            }
        };
        let answer = match own {
            Some(lacking::Answer::Good(text)) => xml(StatusCode::OK, text),
            Some(lacking::Answer::Refused(code, message)) => error(StatusCode::BAD_REQUEST, code, &message),
            None if lacking::is_made_from(&action, &form) => self.restore(head, &form).await,
            None => {
                let (mut head, mut body) = (head, body);
                let changed = window::held_back(&action, &form, &mut self.lock().waiting);
                if let Some(changed) = changed {
                    head.headers
                        .insert(hyper::header::CONTENT_LENGTH, changed.len().into());
                    body = Bytes::from(changed);
                }
                let answer = self.pass_on(Request::from_parts(head, Full::new(body))).await;
                self.seen(&action, &form, answer).await
            }
        };
        if let Some((_, tell)) = held {
            let _ = tell.send(action);
            return std::future::pending().await;
        }
        answer
    }

    /// moto makes an empty cluster in its place.
    async fn restore(
        &self,
        mut head: hyper::http::request::Parts,
        form: &BTreeMap<String, String>,
    ) -> Answer {
        let body = Bytes::from(lacking::as_creation(form));
        head.headers
            .insert(hyper::header::CONTENT_LENGTH, body.len().into());
        let answer = self.pass_on(Request::from_parts(head, Full::new(body))).await;
        let good = answer.status().is_success();
        let (mut head, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        head.headers.remove(hyper::header::CONTENT_LENGTH);
        let action = form.get("Action").cloned().unwrap_or_default();
        if good {
            let mut state = self.lock();
            state.restores.push(form.clone());
            if let (Some(instance), Some(cluster)) = (
                form.get("ReplicationSourceIdentifier"),
                form.get("DBClusterIdentifier"),
            ) {
                state.follows.insert(cluster.clone(), instance.clone());
            }
        }
        let text = String::from_utf8_lossy(&body).replace("CreateDBCluster", &action);
        Response::from_parts(head, Full::new(Bytes::from(text)))
    }

    async fn seen(&self, action: &str, form: &BTreeMap<String, String>, answer: Answer) -> Answer {
        let (mut head, body) = answer.into_parts();
        let body = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let body = self.told(action, form, body);
        head.headers.remove(hyper::header::CONTENT_LENGTH);
        Response::from_parts(head, Full::new(body))
    }

    fn refusal(&self, action: &str) -> Option<Refusal> {
        let mut state = self.lock();
        let refusal = state.refusals.get_mut(action)?;
        refusal.times = refusal.times.checked_sub(1)?;
        Some(refusal.clone())
    }

    /// Counts a call that changes something; whether it is to be held, and who is told.
    fn count(&self, action: &str) -> Option<(bool, oneshot::Sender<String>)> {
        if ["Describe", "Get", "List"]
            .iter()
            .any(|word| action.starts_with(word))
        {
            return None;
        }
        let mut state = self.lock();
        state.changes.push(action.to_owned());
        let now = state.changes.len();
        let (_, done, tell) = state.hold.take_if(|(after, ..)| *after == now)?;
        Some((done, tell))
    }

    async fn pass_on(&self, request: Request<Full<Bytes>>) -> Answer {
        let failed =
            |why: &dyn std::fmt::Display| error(StatusCode::BAD_GATEWAY, "InternalFailure", &why.to_string());
        let stream = match TcpStream::connect(("127.0.0.1", self.moto)).await {
            Ok(stream) => stream,
            Err(why) => return failed(&why),
        };
        let (mut sender, connection) = match hyper::client::conn::http1::handshake(TokioIo::new(stream)).await
        {
            Ok(both) => both,
            Err(why) => return failed(&why),
        };
        tokio::spawn(connection);
        let (head, body) = match sender.send_request(request).await {
            Ok(answer) => answer.into_parts(),
            Err(why) => return failed(&why),
        };
        match body.collect().await {
            Ok(body) => Response::from_parts(head, Full::new(body.to_bytes())),
            Err(why) => failed(&why),
        }
    }

    pub(super) async fn make_bucket(&self, name: &str) -> Result<(), SandboxError> {
        let place = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>";
        self.put(name, Bytes::from_static(place.as_bytes())).await
    }

    /// Makes a bucket, or an object in one.
    pub(super) async fn put(&self, path: &str, body: Bytes) -> Result<(), SandboxError> {
        let request = Request::put(format!("/{path}"))
            .header(HOST, "s3.eu-central-1.amazonaws.com")
            .header(AUTHORIZATION, signature("s3"))
            .body(Full::new(body))
            .map_err(|why| SandboxError::NotPossible(why.to_string()))?;
        let answer = self.pass_on(request).await;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(SandboxError::Unavailable {
            what: path.to_owned(),
            why: answer.status().to_string(),
            hint: "look at the log of moto".to_owned(),
        })
    }

    /// The names of a bucket's objects.
    pub(super) async fn list(&self, bucket: &str) -> Result<Vec<String>, SandboxError> {
        let request = Request::get(format!("/{bucket}?list-type=2"))
            .header(HOST, "s3.eu-central-1.amazonaws.com")
            .header(AUTHORIZATION, signature("s3"))
            .body(Full::new(Bytes::new()))
            .map_err(|why| SandboxError::NotPossible(why.to_string()))?;
        let body = text(self.pass_on(request).await).await;
        let names = body.split("<Key>").skip(1);
        Ok(names
            .filter_map(|rest| rest.split_once("</Key>"))
            .map(|(name, _)| name.to_owned())
            .collect())
    }

    /// Asks Secrets Manager, which speaks JSON.
    pub(super) async fn ask_secrets(&self, action: &str, body: &str) -> Result<String, SandboxError> {
        let request = Request::post("/")
            .header(HOST, "secretsmanager.eu-central-1.amazonaws.com")
            .header(CONTENT_TYPE, "application/x-amz-json-1.1")
            .header("x-amz-target", format!("secretsmanager.{action}"))
            .header(AUTHORIZATION, signature("secretsmanager"))
            .body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
            .map_err(|why| SandboxError::NotPossible(why.to_string()))?;
        Ok(text(self.pass_on(request).await).await)
    }

    pub(super) async fn ask(&self, service: &str, form: &[(&str, &str)]) -> Result<String, SandboxError> {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let request = Request::post("/")
            .header(HOST, format!("{service}.eu-central-1.amazonaws.com"))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, signature(service))
            .body(Full::new(Bytes::from(body.finish())))
            .map_err(|why| SandboxError::NotPossible(why.to_string()))?;
        Ok(text(self.pass_on(request).await).await)
    }
}

/// What an answer says; nothing where it breaks off.
async fn text(answer: Response<Full<Bytes>>) -> String {
    let body = answer.into_body().collect().await;
    let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    String::from_utf8_lossy(&body).into_owned()
}

/// moto knows the service by the signature, which it does not look at.
fn signature(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-central-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

/// What a request to S3 is called in its permissions; none where it is to another service.
fn of_bucket(head: &hyper::http::request::Parts) -> Option<&'static str> {
    let signed = head.headers.get(AUTHORIZATION)?.to_str().ok()?;
    if !signed.contains("/s3/aws4_request") {
        return None;
    }
    let lists = head.uri.query().is_some_and(|query| query.contains("list-type"));
    Some(match head.method.as_str() {
        "GET" if lists => "ListBucket",
        "GET" | "HEAD" => "GetObject",
        "DELETE" => "DeleteObject",
        _ => "PutObject",
    })
}

fn bucket_error(status: StatusCode, code: &str, message: &str) -> Answer {
    xml(
        status,
        format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
    )
}

fn xml(status: StatusCode, text: String) -> Answer {
    answer(status, "text/xml", text)
}

fn error(status: StatusCode, code: &str, message: &str) -> Answer {
    // EC2 has its errors one level deeper and by another name; readers of either find the code.
    let text = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
    );
    xml(status, text)
}

fn json_error(status: StatusCode, code: &str, message: &str) -> Answer {
    let text = serde_json::json!({ "__type": code, "message": message }).to_string();
    answer(status, "application/x-amz-json-1.1", text)
}

fn answer(status: StatusCode, kind: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    answer
}
