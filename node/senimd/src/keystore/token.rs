//! Keys on a PKCS#11 token: a hardware module, or SoftHSM. The secret never leaves it.

use super::file::create_text;
use super::{KeyError, Passphrase};
use age::secrecy::ExposeSecret;
use cryptoki::context::{CInitializeArgs, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use senim_consensus::{Signer, SignerUnavailable};
use senim_types::{PublicKey, Signature};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Begins a URI of RFC 7512.
const SCHEME: &str = "pkcs11:";
/// The object identifier of Ed25519 (RFC 8410), in DER: what a token is told to make.
const ED25519: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];
/// How a DER octet string of 32 bytes begins.
const OCTETS_32: [u8; 2] = [0x04, 0x20];

/// Names a key: `pkcs11:token=LABEL;object=LABEL?module-path=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenUri {
    /// The token's label.
    pub token: String,
    /// The key's label.
    pub object: String,
    /// The library of the token's maker.
    pub module: PathBuf,
}

impl TokenUri {
    /// The URI in a key file's text; none where it is something else.
    pub(super) fn find(text: &str) -> Option<Result<TokenUri, String>> {
        let text = text.trim();
        text.starts_with(SCHEME).then(|| TokenUri::parse(text))
    }

    /// Parses a URI.
    ///
    /// # Errors
    /// What is wrong with it, for its author.
    pub fn parse(text: &str) -> Result<TokenUri, String> {
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| format!("a URI of a key on a token begins with {SCHEME}"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut found: BTreeMap<&str, String> = BTreeMap::new();
        let parts = path.split(';').chain(query.split('&'));
        for part in parts.filter(|part| !part.is_empty()) {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| format!("`{part}` has no value"))?;
            if !["token", "object", "type", "module-path"].contains(&name) {
                return Err(format!(
                    "`{name}` is not used: token, object and module-path name a key, and a PIN is given with --passphrase-file"
                ));
            }
            if found.insert(name, unescape(value)?).is_some() {
                return Err(format!("`{name}` is given twice"));
            }
        }
        let mut take = |name: &str| {
            found
                .remove(name)
                .ok_or_else(|| format!("`{name}` is missing"))
        };
        Ok(TokenUri {
            token: take("token")?,
            object: take("object")?,
            module: PathBuf::from(take("module-path")?),
        })
    }
}

impl fmt::Display for TokenUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (token, object) = (escape(&self.token), escape(&self.object));
        let module = escape(&self.module.to_string_lossy());
        write!(
            f,
            "{SCHEME}token={token};object={object};type=private?module-path={module}"
        )
    }
}

fn escape(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' => {
                out.push(char::from(byte))
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn unescape(text: &str) -> Result<String, String> {
    let wrong = || format!("`{text}` is not percent-encoded text");
    let (mut bytes, mut rest) = (Vec::new(), text.bytes());
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let (high, low) = (digit().ok_or_else(wrong)?, digit().ok_or_else(wrong)?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

/// A library is initialised once in a process, however many keys are on its tokens.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

fn module(path: &Path) -> Result<Pkcs11, Error> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = modules.get(path) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path)?;
    module.initialize(CInitializeArgs::OsThreads)?;
    modules.insert(path.to_owned(), module.clone());
    Ok(module)
}

/// An open key on a token.
pub struct TokenKey {
    /// Logged in until it is dropped.
    session: Session,
    private: ObjectHandle,
    public: PublicKey,
}

impl TokenKey {
    /// Opens the key that the file at `path` names.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(
        path: &Path,
        uri: &TokenUri,
        passphrase: &Passphrase,
    ) -> Result<TokenKey, KeyError> {
        let session = login(path, uri, passphrase, false)?;
        let failed = |reason: String| token(path, reason);
        let private = find(&session, uri, ObjectClass::PRIVATE_KEY).map_err(failed)?;
        let public = find(&session, uri, ObjectClass::PUBLIC_KEY).map_err(failed)?;
        let public = public_key(&session, public).map_err(failed)?;
        let key = TokenKey {
            session,
            private,
            public,
        };
        // Two objects of one name may be of two keys: a vote under the wrong one is nobody's.
        let probe = b"senim: whether this token signs with the key that it shows";
        let signature = key
            .sign(probe)
            .map_err(|_| failed("it does not sign with CKM_EDDSA".to_owned()))?;
        if !senim_types::crypto::verify(&key.public, probe, &signature) {
            return Err(failed(
                "its private and its public key are not a pair".to_owned(),
            ));
        }
        Ok(key)
    }

    /// Makes a key on the token that cannot leave it, and the file that names it.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn create(
        path: &Path,
        uri: &TokenUri,
        passphrase: &Passphrase,
    ) -> Result<TokenKey, KeyError> {
        let session = login(path, uri, passphrase, true)?;
        let failed = |reason: String| token(path, reason);
        if find(&session, uri, ObjectClass::PRIVATE_KEY).is_ok() {
            return Err(failed(format!("it has a key `{}` already", uri.object)));
        }
        let label = || Attribute::Label(uri.object.clone().into_bytes());
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::EcParams(ED25519.to_vec()),
            label(),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label(),
        ];
        session
            .generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
            .map_err(|error| failed(error.to_string()))?;
        drop(session);
        TokenKey::attach(path, uri, passphrase)
    }

    /// Makes the file that names a key which the token has already, once it has proven to sign.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn attach(
        path: &Path,
        uri: &TokenUri,
        passphrase: &Passphrase,
    ) -> Result<TokenKey, KeyError> {
        let key = TokenKey::open(path, uri, passphrase)?;
        create_text(path, &uri.to_string())?;
        Ok(key)
    }
}

impl Signer for TokenKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, bytes: &[u8]) -> Result<Signature, SignerUnavailable> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let signed = self.session.sign(&mechanism, self.private, bytes);
        let signed =
            signed.inspect_err(|error| tracing::error!(%error, "the token gave no signature"));
        let signature: Option<[u8; 64]> = signed.ok().and_then(|bytes| bytes.try_into().ok());
        signature.map(Signature).ok_or(SignerUnavailable)
    }
}

fn login(
    path: &Path,
    uri: &TokenUri,
    passphrase: &Passphrase,
    writes: bool,
) -> Result<Session, KeyError> {
    let failed = |error: Error| token(path, error.to_string());
    let library = module(&uri.module);
    let library =
        library.map_err(|error| token(path, format!("{}: {error}", uri.module.display())))?;
    let mut found = None;
    for slot in library.get_slots_with_initialized_token().map_err(failed)? {
        let info = library.get_token_info(slot).map_err(failed)?;
        if info.label().trim_end() == uri.token {
            found = Some(slot);
        }
    }
    let slot = found.ok_or_else(|| token(path, format!("none is called `{}`", uri.token)))?;
    let session = if writes {
        library.open_rw_session(slot)
    } else {
        library.open_ro_session(slot)
    };
    let session = session.map_err(failed)?;
    let pin = passphrase.get(path)?;
    let pin = AuthPin::new(pin.expose_secret().to_owned());
    match session.login(UserType::User, Some(&pin)) {
        // All sessions of a process share one login.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(Error::Pkcs11(RvError::PinIncorrect, _)) => Err(token(
            path,
            "the PIN is wrong; after some wrong ones it locks itself".to_owned(),
        )),
        Err(error) => Err(failed(error)),
    }
}

/// The only Ed25519 key object of this name and class.
fn find(session: &Session, uri: &TokenUri, class: ObjectClass) -> Result<ObjectHandle, String> {
    let template = [
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC_EDWARDS),
        Attribute::Label(uri.object.clone().into_bytes()),
    ];
    let found = session
        .find_objects(&template)
        .map_err(|error| error.to_string())?;
    match found[..] {
        [object] => Ok(object),
        [] => Err(format!("it has no Ed25519 {class} called `{}`", uri.object)),
        _ => Err(format!(
            "it has several objects {class} called `{}`",
            uri.object
        )),
    }
}

/// CKA_EC_POINT: the 32 bytes, in a DER octet string or, on some tokens, as they are.
fn public_key(session: &Session, object: ObjectHandle) -> Result<PublicKey, String> {
    let attributes = session
        .get_attributes(object, &[AttributeType::EcPoint])
        .map_err(|error| error.to_string())?;
    let Some(Attribute::EcPoint(point)) = attributes.first() else {
        return Err("it shows no public key".to_owned());
    };
    let raw = point.strip_prefix(&OCTETS_32[..]).unwrap_or(point);
    let raw: [u8; 32] = raw
        .try_into()
        .map_err(|_| "its public key is not one of Ed25519".to_owned())?;
    PublicKey::from_ed25519(raw).map_err(|error| format!("its public key: {error:?}"))
}

fn token(path: &Path, reason: String) -> KeyError {
    KeyError::Token {
        path: path.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::TokenUri;
    use std::path::PathBuf;

    #[test]
    fn a_uri_names_token_object_and_library_and_comes_back_the_same() {
        let text =
            "pkcs11:token=HSM%20one;object=validator-1;type=private?module-path=/usr/lib/x.so";
        let uri = TokenUri::parse(text).expect("a URI");
        assert_eq!(uri.token, "HSM one");
        assert_eq!(uri.object, "validator-1");
        assert_eq!(uri.module, PathBuf::from("/usr/lib/x.so"));
        assert_eq!(uri.to_string(), text);
    }

    #[test]
    fn what_is_missing_doubled_or_not_used_is_said() {
        for (text, said) in [
            ("pkcs11:object=a?module-path=b", "`token` is missing"),
            ("pkcs11:token=a?module-path=b", "`object` is missing"),
            ("pkcs11:token=a;object=b", "`module-path` is missing"),
            ("pkcs11:token=a;token=b;object=c?module-path=d", "twice"),
            (
                "pkcs11:token=a;object=b?module-path=c&pin-value=1",
                "--passphrase-file",
            ),
            ("pkcs11:token=%zz;object=b?module-path=c", "percent"),
            ("pkcs11:token", "no value"),
            ("http:token=a", "begins with"),
        ] {
            let error = TokenUri::parse(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
