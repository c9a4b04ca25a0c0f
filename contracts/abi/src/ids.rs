//! Numbers of the engine contracts. Contract 0 is the ledger itself ([`ContractId::LEDGER`]).

use senim_types::ContractId;

/// Organisations, devices, validators, and who may call what.
pub const REGISTRY: ContractId = ContractId(1);
/// Budget lines, claims of providers, transfers.
pub const TREASURY: ContractId = ContractId(2);
/// Packs and the product catalogue.
pub const MARKING: ContractId = ContractId(3);
/// Prescriptions.
pub const PRESCRIPTION: ContractId = ContractId(4);
/// Vouchers.
pub const VOUCHER: ContractId = ContractId(5);
/// Contracts with providers, acts of completed work and their payment.
pub const SETTLEMENT: ContractId = ContractId(6);

/// The engine contracts in the order in which a genesis sets them up, with the names of their artefacts.
pub const ENGINE_CONTRACTS: [(ContractId, &str); 6] = [
    (REGISTRY, "registry"),
    (TREASURY, "treasury"),
    (MARKING, "marking"),
    (PRESCRIPTION, "prescription"),
    (VOUCHER, "voucher"),
    (SETTLEMENT, "settlement"),
];

/// The name of an engine contract, for people.
pub fn name_of(contract: ContractId) -> Option<&'static str> {
    if contract == ContractId::LEDGER {
        return Some("ledger");
    }
    ENGINE_CONTRACTS
        .iter()
        .find(|(id, _)| *id == contract)
        .map(|(_, name)| *name)
}

/// The engine contract of this name.
pub fn id_of(name: &str) -> Option<ContractId> {
    ENGINE_CONTRACTS
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(id, _)| *id)
}
