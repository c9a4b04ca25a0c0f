//! Numbers of the contracts that come with the ledger. Contract 0 is the ledger itself ([`ContractId::LEDGER`]).

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
/// Benefit cards.
pub const CARD: ContractId = ContractId(7);

/// The engine contracts in the order in which a genesis sets them up, with the names of their artefacts.
pub const ENGINE_CONTRACTS: [(ContractId, &str); 7] = [
    (REGISTRY, "registry"),
    (TREASURY, "treasury"),
    (MARKING, "marking"),
    (PRESCRIPTION, "prescription"),
    (VOUCHER, "voucher"),
    (SETTLEMENT, "settlement"),
    (CARD, "card"),
];

/// The first number of a policy contract. Those below are engine contracts, which can be upgraded; from here on a
/// contract's code never changes, so that a token that is pinned to a number is pinned to code.
pub const FIRST_POLICY: u32 = 1_000;

/// Whether a contract of this number is a policy, whose code never changes.
pub const fn is_policy(contract: ContractId) -> bool {
    contract.0 >= FIRST_POLICY
}

/// The policy that comes with the ledger.
pub const MEASURE: ContractId = ContractId(FIRST_POLICY);

/// The policies that come with the ledger, with the names of their artefacts.
pub const POLICY_CONTRACTS: [(ContractId, &str); 1] = [(MEASURE, "measure")];

/// All contracts that a genesis sets up, in their order: engine contracts, then policies.
pub fn genesis_contracts() -> impl Iterator<Item = (ContractId, &'static str)> {
    ENGINE_CONTRACTS.into_iter().chain(POLICY_CONTRACTS)
}

/// The name of a contract that comes with the ledger, for people.
pub fn name_of(contract: ContractId) -> Option<&'static str> {
    if contract == ContractId::LEDGER {
        return Some("ledger");
    }
    genesis_contracts()
        .find(|(id, _)| *id == contract)
        .map(|(_, name)| name)
}

/// The contract of this name that comes with the ledger.
pub fn id_of(name: &str) -> Option<ContractId> {
    genesis_contracts()
        .find(|(_, known)| *known == name)
        .map(|(id, _)| id)
}
