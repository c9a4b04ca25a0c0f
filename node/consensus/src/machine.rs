//! The machine: one input in, its effects out.

use crate::buffer::Buffer;
use crate::checks::Checks;
use crate::context::{Address, BlockId, CoreHeight, CoreSet, Ctx};
use crate::convert;
use crate::effect::Effect;
use crate::error::Error;
use crate::input::Input;
use crate::output::Output;
use crate::params::Params;
use crate::replay::Replay;
use crate::signer::{Signer, SignerUnavailable};
use crate::timer::{Timer, TimerKind, Timers};
use crate::verifier::ChainVerifier;
use arc_malachitebft_core_consensus::{
    Error as CoreError, Input as CoreInput, LocallyProposedValue, Params as CoreParams,
    ProposedValue, State, ValuePayload, process,
};
use arc_malachitebft_core_types::{Timeout, TimeoutKind, Validity, ValueOrigin};
use senim_types::checkpoint::{Checkpoint, CosignatureLine};
use senim_types::{Hash, Height, PublicKey, Round, ValidatorSet};

/// Total power is multiplied by three when thresholds are judged.
const POWER_MAX: u64 = u64::MAX / 3;

/// Where a [`Consensus`] stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// New: told nothing yet.
    Idle,
    /// The next height is known and has not started.
    Awaiting,
    /// Deciding.
    Running,
    /// Decided; the owner commits.
    Decided,
    /// Stopped by an error of this node's.
    Halted,
}

/// Consensus of one validator: Malachite's core behind plain inputs and effects.
///
/// No I/O, no clock, no randomness: the same inputs give the same effects.
pub struct Consensus {
    pub(crate) params: Params,
    pub(crate) signer: Box<dyn Signer>,
    pub(crate) key: PublicKey,
    pub(crate) verifier: ChainVerifier,
    pub(crate) phase: Phase,
    /// The height that is awaited, running or decided.
    pub(crate) height: Height,
    /// That height's validators; `None` only while idle.
    pub(crate) validators: Option<ValidatorSet>,
    started: Option<Height>,
    pub(crate) core: Option<State<Ctx>>,
    pub(crate) buffer: Buffer,
    pub(crate) timers: Timers,
    /// The round for which a block is being built.
    pub(crate) building: Option<Round>,
    build_asked: bool,
    pub(crate) checks: Checks,
    pub(crate) replay: Option<Replay>,
    hinted: Option<Height>,
    wal_dirty: bool,
    pub(crate) out: Output,
}

impl Consensus {
    /// A machine that signs with `signer`. A node whose key is in no validator set follows along and
    /// signs nothing.
    pub fn new(params: Params, signer: Box<dyn Signer>) -> Consensus {
        Consensus {
            key: signer.public_key(),
            verifier: ChainVerifier(params.chain),
            buffer: Buffer::new(params.limits),
            params,
            signer,
            phase: Phase::Idle,
            height: Height::GENESIS,
            validators: None,
            started: None,
            core: None,
            timers: Timers::default(),
            building: None,
            build_asked: false,
            checks: Checks::default(),
            replay: None,
            hinted: None,
            wal_dirty: false,
            out: Output::default(),
        }
    }

    /// The height that is awaited, running or decided; 0 while idle.
    pub fn height(&self) -> Height {
        self.height
    }

    /// The round that is running.
    pub fn round(&self) -> Option<Round> {
        let running = self.phase == Phase::Running;
        let core = self.core.as_ref().filter(|_| running)?;
        convert::round(core.round())
    }

    /// Where this machine stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// This validator's address.
    pub fn public_key(&self) -> PublicKey {
        self.key
    }

    /// Cosigns a checkpoint of the header log as it is at `time_s`, Unix time in seconds.
    ///
    /// The owner answers for the checkpoint being that of its last durable block: then the log never
    /// shrinks, and two cosignatures never contradict each other. It is no vote, so the write-ahead
    /// log knows nothing of it.
    ///
    /// # Errors
    /// [`SignerUnavailable`] where the signer gives no signature, where this machine halted, and for
    /// a checkpoint of another chain: nothing is signed then.
    pub fn cosign(
        &self,
        checkpoint: &Checkpoint,
        time_s: u64,
    ) -> Result<CosignatureLine, SignerUnavailable> {
        if self.phase == Phase::Halted || checkpoint.chain != self.params.chain {
            return Err(SignerUnavailable);
        }
        Ok(CosignatureLine {
            validator: self.key,
            time_s,
            signature: self.signer.sign(&checkpoint.cosigned_bytes(time_s))?,
        })
    }

    /// Takes one input. The effects are to be performed in order; see [`Effect`] for the rule about
    /// [`Effect::WalFlush`].
    pub fn step(&mut self, input: Input) -> Vec<Effect> {
        if self.phase == Phase::Halted {
            return Vec::new();
        }
        match input {
            Input::AwaitHeight { height, validators } => self.on_await_height(height, validators),
            Input::StartHeight {
                height,
                validators,
                wal,
            } => self.on_start_height(height, validators, &wal),
            Input::Message { message } => self.on_message(message),
            Input::TimeoutElapsed { timer } => self.on_timeout(timer),
            Input::ProposalBuilt {
                height,
                round,
                block,
            } => self.on_proposal_built(height, round, block),
            Input::ProposalChecked {
                height,
                block,
                valid,
            } => self.on_proposal_checked(height, block, valid),
        }
        self.reconsider_refused();
        self.finish()
    }

    fn on_await_height(&mut self, height: Height, validators: ValidatorSet) {
        if self.enter(Phase::Awaiting, height, validators) && self.buffer.holds(height) {
            self.hint(height);
        }
    }

    fn on_start_height(&mut self, height: Height, validators: ValidatorSet, wal: &[Vec<u8>]) {
        let replay = match Replay::new(height, wal) {
            Ok(replay) => replay,
            Err(error) => return self.out.fail(error),
        };
        if !self.enter(Phase::Running, height, validators) {
            return;
        }
        self.started = Some(height);
        self.replay_and_start(replay);
        for message in self.buffer.take(height) {
            self.on_current(message);
        }
        // Buffered messages are nobody's any more: an error in one blames no peer.
        self.out.refused = None;
    }

    fn on_timeout(&mut self, timer: Timer) {
        if self.phase != Phase::Running || !self.timers.fired(timer) {
            return;
        }
        let kind = match timer.kind {
            TimerKind::Propose => TimeoutKind::Propose,
            TimerKind::Prevote => TimeoutKind::Prevote,
            TimerKind::Precommit => TimeoutKind::Precommit,
            TimerKind::Rebroadcast => TimeoutKind::Rebroadcast,
        };
        let timeout = Timeout::new(convert::core_round(timer.round), kind);
        self.drive(CoreInput::TimeoutElapsed(timeout));
    }

    fn on_proposal_built(&mut self, height: Height, round: Round, block: Hash) {
        let wanted = self.height == height && self.building == Some(round);
        if self.phase == Phase::Running && wanted {
            self.propose(round, block);
        }
    }

    /// Gives the core this validator's block for `round`.
    pub(crate) fn propose(&mut self, round: Round, block: Hash) {
        self.building = None;
        self.checks.own(block);
        self.drive(CoreInput::Propose(LocallyProposedValue::new(
            CoreHeight(self.height.0),
            convert::core_round(round),
            BlockId(block),
        )));
    }

    fn on_proposal_checked(&mut self, height: Height, block: Hash, valid: bool) {
        if self.phase != Phase::Running || self.height != height {
            return;
        }
        let Some((request, held)) = self.checks.judged(block, valid) else {
            return;
        };
        let value = ProposedValue {
            height: CoreHeight(height.0),
            round: convert::core_round(request.round),
            valid_round: convert::core_round_or_nil(request.valid_round),
            proposer: Address(request.proposer),
            value: BlockId(block),
            validity: Validity::from_bool(valid),
        };
        self.drive(CoreInput::ProposedValue(value, ValueOrigin::Consensus));
        for proposal in held {
            self.drive(CoreInput::Proposal(convert::core_proposal(&proposal)));
        }
    }

    fn reconsider_refused(&mut self) {
        if let Some(core) = &self.core {
            self.checks.reconsider(|round, block| {
                let polka = core.polka_certificate(convert::core_round(round), &BlockId(block));
                polka.is_some()
            });
        }
    }

    /// The core wants a block of this validator's for `round`.
    pub(crate) fn request_build(&mut self, round: Round) {
        self.building = Some(round);
        self.build_asked = true;
    }

    pub(crate) fn append(&mut self, entry: Vec<u8>) {
        self.wal_dirty = true;
        let height = self.height;
        self.out.appends.push(Effect::WalAppend { height, entry });
    }

    pub(crate) fn is_validator(&self, key: &PublicKey) -> bool {
        let validators = self.validators.as_ref();
        validators.is_some_and(|validators| validators.index_of(key).is_some())
    }

    /// Runs the core on one input; its effects go through [`Consensus::on_effect`].
    ///
    /// `process!` is not re-entrant: nothing called from `on_effect` may come back here, and nothing
    /// does, since every answer that the owner owes arrives as an input of its own.
    pub(crate) fn drive(&mut self, input: CoreInput<Ctx>) {
        if self.out.fatal.is_some() {
            return;
        }
        let Some(mut core) = self.core.take() else {
            return;
        };
        let result: Result<(), CoreError<Ctx>> = process!(
            input: input,
            state: &mut core,
            metrics: &(),
            with: effect => self.on_effect(effect)
        );
        self.core = Some(core);
        match result {
            Ok(()) => {}
            Err(CoreError::ReplayDivergence(..)) => self.out.fail(Error::WalContradicted),
            Err(error) => self.out.fail(Error::Core {
                what: error.to_string(),
            }),
        }
    }

    pub(crate) fn with_core(&mut self, change: impl FnOnce(&mut State<Ctx>)) {
        if let Some(core) = &mut self.core {
            change(core);
        }
    }

    /// Leaves what was and turns to `height`; false and an error where the owner may not.
    fn enter(&mut self, phase: Phase, height: Height, validators: ValidatorSet) -> bool {
        let in_order = height >= self.height
            && height > Height::GENESIS
            && self.started.is_none_or(|started| height > started);
        if !in_order {
            let last = self.height;
            self.out.fail(Error::HeightOutOfOrder {
                asked: height,
                last,
            });
            return false;
        }
        if validators.total_power() > POWER_MAX {
            self.out.fail(Error::PowerTooLarge);
            return false;
        }
        if self.core.is_none() && phase == Phase::Running {
            self.core = Some(self.new_core(height, &validators));
        }
        self.leave_height();
        self.phase = phase;
        self.height = height;
        self.validators = Some(validators);
        self.hinted = None;
        self.buffer.forget_below(height);
        true
    }

    fn new_core(&self, height: Height, validators: &ValidatorSet) -> State<Ctx> {
        let params = CoreParams {
            address: Address(self.key),
            // More than two thirds and more than one third.
            #[cfg(not(feature = "mutants"))]
            threshold_params: Default::default(),
            #[cfg(feature = "mutants")]
            threshold_params: crate::mutant::thresholds(),
            value_payload: ValuePayload::ProposalAndParts,
            enabled: true,
        };
        // Malachite's own queue stays unused: [`Buffer`] holds what comes early.
        let (heights, per_height) = (1, 0);
        State::new(
            Ctx,
            CoreHeight(height.0),
            CoreSet::from(validators),
            params,
            heights,
            per_height,
        )
    }

    /// Nothing of the height is wanted any more.
    fn leave_height(&mut self) {
        self.timers.cancel_all();
        self.building = None;
        self.build_asked = false;
        self.checks = Checks::default();
        // What was appended and not flushed was never spoken of.
        self.wal_dirty = false;
    }

    pub(crate) fn hint(&mut self, height: Height) {
        if self.hinted != Some(height) {
            self.hinted = Some(height);
            self.out.seen = Some(Effect::HeightSeen { height });
        }
    }

    fn finish(&mut self) -> Vec<Effect> {
        let out = std::mem::take(&mut self.out);
        if let Some(error) = out.fatal {
            self.phase = Phase::Halted;
            self.core = None;
            return vec![Effect::Halt { error }];
        }
        let mut effects = out.appends;
        if self.wal_dirty && !out.sends.is_empty() {
            effects.push(Effect::WalFlush);
            self.wal_dirty = false;
        }
        effects.extend(out.sends);
        if out.decided.is_some() {
            self.phase = Phase::Decided;
            self.leave_height();
        }
        effects.extend(self.take_requests());
        effects.extend(out.evidence);
        effects.extend(out.decided);
        effects.extend(out.seen);
        effects.extend(self.timers.take_effects());
        effects.extend(out.refused.map(|error| Effect::Refused { error }));
        effects
    }

    /// What the owner has to build or judge, if the step did not settle it by itself.
    fn take_requests(&mut self) -> Vec<Effect> {
        let mut requests = Vec::new();
        let height = self.height;
        if std::mem::take(&mut self.build_asked)
            && let Some(round) = self.building
        {
            let within_ms = self.params.timeouts.after_ms(TimerKind::Propose, round);
            requests.push(Effect::BuildProposal {
                height,
                round,
                within_ms,
            });
        }
        requests.extend(self.checks.take_effects(height));
        requests
    }
}
