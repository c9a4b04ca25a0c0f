//! Policies, run here: their code is read from the state with its proof, so that no node has to be believed.

use crate::failure::{Failure, Result};
use crate::session::Session;
use senim_abi::VOUCHER;
use senim_abi::ledger::{ContractRecord, keys};
use senim_abi::policy::{Decision, Description, Explanation, Query, Question, Step};
use senim_abi::treasury::ProgrammeId;
use senim_abi::voucher::Policy;
use senim_abi::voucher::record::{PolicyRecord, policy_key};
use senim_execution::{Engine, Stop, ask_policy};
use senim_types::{Code, ContractId, codec};

/// Fuel that a policy may use for one answer: far more than a transaction would give it.
const FUEL_MAX: u64 = 50_000_000;

/// The code of a policy, ready to be asked.
pub struct Runner {
    engine: Engine,
    code: Vec<u8>,
}

impl Runner {
    /// Of this code.
    pub fn new(code: Vec<u8>) -> Result<Runner> {
        let engine = Engine::new(None).map_err(|fault| {
            Failure::with(
                Code::NOT_READY,
                format!("the engine does not start: {fault}"),
            )
        })?;
        Ok(Runner { engine, code })
    }

    /// Of the policy contract of this number, whose code the state proves.
    pub fn of_contract(session: &Session, contract: ContractId) -> Result<Runner> {
        let (proven, _) = session.state(&keys::contract(contract))?;
        let value = proven
            .value
            .ok_or_else(|| Failure::new(Code::CONTRACT_UNKNOWN))?;
        let ContractRecord::V1(record) =
            borsh::from_slice(&value).map_err(|_| Failure::new(Code::CORRUPT_RECORD))?;
        let (proven, _) = session.state(&keys::code(&record.code))?;
        let code = proven
            .value
            .ok_or_else(|| Failure::new(Code::CODE_UNKNOWN))?;
        Runner::new(code)
    }

    /// The code itself, for whoever asks it elsewhere.
    pub fn into_code(self) -> Vec<u8> {
        self.code
    }

    /// May this be done, and on which terms?
    pub fn decide(&self, question: Question) -> Result<Decision> {
        self.ask(&Query::Decide(question))
    }

    /// The same, with every rule that was looked at.
    pub fn explain(&self, question: Question) -> Result<Explanation> {
        self.ask(&Query::Explain(question))
    }

    /// The policy's name and the texts of its rules.
    pub fn describe(&self) -> Result<Description> {
        self.ask(&Query::Describe)
    }

    /// Whether the policy can work with these parameters.
    pub fn check(&self, parameters: &[u8]) -> Result<()> {
        let query = codec::encode(&Query::Check(parameters.to_vec()));
        self.bytes(&query).map(|_| ())
    }

    fn ask<A: borsh::BorshDeserialize>(&self, query: &Query) -> Result<A> {
        let answer = self.bytes(&codec::encode(query))?;
        borsh::from_slice(&answer).map_err(|_| Failure::new(Code::ANSWER_UNUSABLE))
    }

    fn bytes(&self, query: &[u8]) -> Result<Vec<u8>> {
        ask_policy(&self.engine, &self.code, query, FUEL_MAX).map_err(|stop| match stop {
            Stop::Refused(refusal) => Failure::new(refusal.code),
            Stop::Trapped(code) => Failure::new(code),
            Stop::Fault(fault) => Failure::with(Code::NOT_READY, fault.to_string()),
        })
    }
}

/// A version of a programme's rules, proven.
pub fn pinned(session: &Session, programme: ProgrammeId, version: u32) -> Result<Policy> {
    let key = policy_key(programme, version);
    let proven = session.record::<PolicyRecord>(&key, VOUCHER)?;
    let record = proven
        .value
        .ok_or_else(|| Failure::new(Code::PROGRAMME_UNKNOWN))?;
    Ok(record.into_current())
}

/// A step in words.
pub fn step_line(description: &Description, step: &Step) -> String {
    let text = description
        .rules
        .iter()
        .find(|rule| rule.rule == step.rule)
        .map_or("(this rule has no text)", |rule| rule.text.as_str());
    let text = text
        .replace("{0}", &step.found.to_string())
        .replace("{1}", &step.bound.to_string());
    let sign = if step.kept { "✓" } else { "✗" };
    format!("  {sign} {:>3}  {text}", step.rule)
}
