//! Devices: who may send transactions. By the operator, or by the administrator of the organisation.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{registered, session};
use crate::failure::{Failure, Result};
use crate::words::time;
use clap::{Args, Subcommand};
use senim_abi::REGISTRY;
use senim_abi::registry::record::{DeviceRecord, device_key};
use senim_abi::registry::{Execute, Standing};
use senim_types::text::KeyKind;
use senim_types::{Code, OrgId, PublicKey};
use serde_json::json;

/// Devices.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Enrols a device for an organisation.
    #[command(
        after_help = "Example:\n  senim key new --kind device --out till-3.key\n  senim device enrol senimdev1… --org 20 --key operator"
    )]
    Enrol(Enrol),
    /// Suspends a device: nothing of it is taken until it is resumed.
    #[command(after_help = "Example:\n  senim device suspend senimdev1… --key operator")]
    Suspend(Change),
    /// Resumes a suspended device.
    #[command(after_help = "Example:\n  senim device resume senimdev1… --key operator")]
    Resume(Change),
    /// Revokes a device for ever.
    #[command(after_help = "Example:\n  senim device revoke senimdev1… --key operator")]
    Revoke(Change),
    /// Shows what the registry says of a device, proven.
    #[command(after_help = "Example:\n  senim device show senimdev1…")]
    Show(Show),
}

/// Arguments of `device enrol`.
#[derive(Debug, Args)]
pub struct Enrol {
    /// The device's public key, as `senim key new` prints it.
    #[arg(value_parser = public)]
    pub device: PublicKey,
    /// The organisation that it acts for.
    #[arg(long)]
    pub org: u32,
    /// It may manage the organisation's other devices.
    #[arg(long)]
    pub administrator: bool,
    /// Who enrols: a device key by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `device suspend`, `resume` and `revoke`.
#[derive(Debug, Args)]
pub struct Change {
    /// The device's public key.
    #[arg(value_parser = public)]
    pub device: PublicKey,
    /// Who does it: a device key by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `device show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The device's public key.
    #[arg(value_parser = public)]
    pub device: PublicKey,
}

fn public(text: &str) -> std::result::Result<PublicKey, String> {
    PublicKey::from_text(KeyKind::Device, text).map_err(|error| error.to_string())
}

/// Runs a command about devices.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    let (key, execute) = match command {
        Command::Show(args) => return show(&args.device, global),
        Command::Enrol(args) => {
            let (device, administrator) = (args.device, args.administrator);
            (
                &args.key,
                Execute::EnrolDevice {
                    org: OrgId(args.org),
                    device,
                    administrator,
                },
            )
        }
        Command::Suspend(args) => (&args.key, standing(args, Standing::Suspended)),
        Command::Resume(args) => (&args.key, standing(args, Standing::Active)),
        Command::Revoke(args) => (&args.key, standing(args, Standing::Revoked)),
    };
    registered(global, key, &execute)
}

fn standing(args: &Change, standing: Standing) -> Execute {
    Execute::SetDeviceStanding {
        device: args.device,
        standing,
    }
}

fn show(device: &PublicKey, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let proven = session.record::<DeviceRecord>(&device_key(device), REGISTRY)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::DEVICE_UNKNOWN))?
        .into_current();
    let text = device.to_text(KeyKind::Device);
    let json = json!({ "device": text, "record": record, "height": proven.header.height });
    Ok(Answer::new(json)
        .line(&text)
        .line(format!(
            "  of {}, {:?}",
            session.names.of_org(record.org),
            record.standing
        ))
        .line(format!("  enrolled {}", time(record.enrolled_at)))
        .line(format!(
            "  proof holds: after block {}",
            proven.header.height
        )))
}
