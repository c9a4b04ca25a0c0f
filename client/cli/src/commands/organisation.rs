//! Organisations: who is a member, and as what. By the operator.

use crate::answer::Answer;
use crate::args::Global;
use crate::context::{registered, session};
use crate::failure::{Failure, Result};
use clap::{Args, Subcommand};
use senim_abi::registry::record::{OrganisationRecord, organisation_key};
use senim_abi::registry::{Execute, Standing};
use senim_abi::{REGISTRY, Roles};
use senim_types::{Code, Hash, OrgId};
use serde_json::json;

/// Organisations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Registers an organisation. Its devices are enrolled next.
    #[command(
        after_help = "Example:\n  senim organisation register 30 --name 'City polyclinic 6' --role clinic"
    )]
    Register(Register),
    /// Sets the roles of an organisation, all of them.
    #[command(after_help = "Example:\n  senim organisation roles 30 --role clinic --role pharmacy")]
    Roles(SetRoles),
    /// Suspends an organisation, and with it all its devices and nodes.
    #[command(after_help = "Example:\n  senim organisation suspend 30")]
    Suspend(Change),
    /// Resumes a suspended organisation.
    #[command(after_help = "Example:\n  senim organisation resume 30")]
    Resume(Change),
    /// Revokes an organisation for ever.
    #[command(after_help = "Example:\n  senim organisation revoke 30")]
    Revoke(Change),
    /// Shows what the registry says of an organisation, proven.
    #[command(after_help = "Example:\n  senim organisation show 20")]
    Show(Show),
}

/// Arguments of `organisation register`.
#[derive(Debug, Args)]
pub struct Register {
    /// Its number: never used before.
    pub org: u32,
    /// Its public name.
    #[arg(long)]
    pub name: String,
    /// What it is, such as clinic, pharmacy, school, provider, fund; several times for several.
    #[arg(long = "role", value_parser = role)]
    pub roles: Vec<Roles>,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `organisation roles`.
#[derive(Debug, Args)]
pub struct SetRoles {
    /// Which.
    pub org: u32,
    /// What it is from now on; several times for several.
    #[arg(long = "role", value_parser = role)]
    pub roles: Vec<Roles>,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `organisation suspend`, `resume` and `revoke`.
#[derive(Debug, Args)]
pub struct Change {
    /// Which.
    pub org: u32,
    /// The operator's device key, by name or file.
    #[arg(long, default_value = "operator")]
    pub key: String,
}

/// Arguments of `organisation show`.
#[derive(Debug, Args)]
pub struct Show {
    /// Which.
    pub org: u32,
}

fn role(text: &str) -> std::result::Result<Roles, String> {
    let names = || Roles::NAMED.map(|(_, name)| name).join(", ");
    Roles::by_name(text).ok_or_else(|| format!("`{text}` is no role: {}", names()))
}

fn together(roles: &[Roles]) -> Roles {
    roles.iter().fold(Roles::NONE, |all, role| all.union(*role))
}

/// Runs a command about organisations.
pub fn run(command: &Command, global: &Global) -> Result<Answer> {
    let standing = |args: &Change, standing| Execute::SetOrganisationStanding {
        org: OrgId(args.org),
        standing,
    };
    let (key, execute) = match command {
        Command::Show(args) => return show(OrgId(args.org), global),
        Command::Register(args) => (
            &args.key,
            Execute::RegisterOrganisation {
                org: OrgId(args.org),
                name: args.name.clone(),
                roles: together(&args.roles),
                details: Hash::of(args.name.as_bytes()),
            },
        ),
        Command::Roles(args) => (
            &args.key,
            Execute::SetOrganisationRoles {
                org: OrgId(args.org),
                roles: together(&args.roles),
            },
        ),
        Command::Suspend(args) => (&args.key, standing(args, Standing::Suspended)),
        Command::Resume(args) => (&args.key, standing(args, Standing::Active)),
        Command::Revoke(args) => (&args.key, standing(args, Standing::Revoked)),
    };
    registered(global, key, &execute)
}

fn show(org: OrgId, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let proven = session.record::<OrganisationRecord>(&organisation_key(org), REGISTRY)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::ORGANISATION_UNKNOWN))?
        .into_current();
    let height = proven.header.height;
    let roles: Vec<&str> = record.roles.names().collect();
    let lines = [
        format!("Organisation {org}: {}", record.name),
        format!("  {:?}, roles: {}", record.standing, roles.join(", ")),
        format!("  proof holds: after block {height}"),
    ];
    let json = json!({ "organisation": org, "record": record, "height": height });
    Ok(Answer::new(json).lines(lines))
}
