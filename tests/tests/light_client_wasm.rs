//! The light client inside WebAssembly, as a browser would run it: a module without a single import takes
//! the genesis and a real receipt's proof, and says what the native one says.
//!
//! `SENIM_LIGHT_CLIENT_WASM` names the module; `scripts/light-client-wasm.sh` builds it and sets that.
//! `make contracts-check` runs that; everywhere else this is left out, and counted as such.

use senim_abi::REGISTRY;
use senim_abi::registry::record::organisation_key;
use senim_light_client::LightClient;
use senim_replica::{Read, ReadAnswer};
use senim_tests::world::{World, people};
use senim_types::{Code, OrgId, Tiyn, codec};
use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

/// Place and bytes of the genesis, place and bytes of the proof.
type Verify = TypedFunc<(u32, u32, u32, u32), u32>;

struct Sandbox {
    store: Store<()>,
    memory: Memory,
    allocate: TypedFunc<u32, u32>,
    free: TypedFunc<(u32, u32), ()>,
    verify_receipt: Verify,
    verify_state: Verify,
}

fn module() -> Vec<u8> {
    let path = std::env::var_os("SENIM_LIGHT_CLIENT_WASM");
    let path = path.expect("scripts/light-client-wasm.sh builds the module and runs this");
    std::fs::read(path).expect("the module that was named")
}

impl Sandbox {
    fn new(module: &[u8]) -> Sandbox {
        let engine = Engine::default();
        let module = Module::new(&engine, module).expect("a module");
        let imports: Vec<_> = module.imports().map(|import| import.name()).collect();
        assert!(imports.is_empty(), "it asks for {imports:?}");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("it needs nothing");
        let memory = instance.get_memory(&mut store, "memory");
        let verify = |name, store: &mut Store<()>| instance.get_typed_func(store, name);
        Sandbox {
            memory: memory.expect("its memory"),
            allocate: instance
                .get_typed_func(&mut store, "senim_allocate")
                .expect("an export"),
            free: instance
                .get_typed_func(&mut store, "senim_free")
                .expect("an export"),
            verify_receipt: verify("senim_verify_receipt", &mut store).expect("an export"),
            verify_state: verify("senim_verify_state", &mut store).expect("an export"),
            store,
        }
    }

    fn put(&mut self, bytes: &[u8]) -> (u32, u32) {
        let length = bytes.len() as u32;
        let place = self.allocate.call(&mut self.store, length).expect("runs");
        assert_ne!(place, 0, "there is room for {length} bytes");
        self.memory
            .write(&mut self.store, place as usize, bytes)
            .expect("the place is in its memory");
        (place, length)
    }

    fn verdict(&mut self, verify: &Verify, genesis: &[u8], proof: &[u8]) -> Result<(), Code> {
        let (genesis, proof) = (self.put(genesis), self.put(proof));
        let arguments = (genesis.0, genesis.1, proof.0, proof.1);
        let verdict = verify.call(&mut self.store, arguments).expect("no trap");
        for room in [genesis, proof] {
            self.free.call(&mut self.store, room).expect("no trap");
        }
        match verdict {
            0 => Ok(()),
            code => Err(Code(code.try_into().expect("a code has 16 bits"))),
        }
    }

    fn receipt(&mut self, genesis: &[u8], proof: &[u8]) -> Result<(), Code> {
        let verify = self.verify_receipt.clone();
        self.verdict(&verify, genesis, proof)
    }

    fn state(&mut self, genesis: &[u8], proof: &[u8]) -> Result<(), Code> {
        let verify = self.verify_state.clone();
        self.verdict(&verify, genesis, proof)
    }

    fn pages(&self) -> u64 {
        self.memory.size(&self.store)
    }
}

#[test]
#[ignore = "takes a module that scripts/light-client-wasm.sh builds"]
fn a_receipt_of_real_nodes_is_verified_inside_wasm() {
    let mut sandbox = Sandbox::new(&module());
    let mut world = World::of(4, 71);
    let receipt = world.apply("fund", people::allot("of the receipt", Tiyn(7)));
    let genesis = codec::encode(&world.network.genesis);
    let native = LightClient::from_genesis(&world.network.genesis);
    let proof = codec::encode(&world.proof(&receipt.transaction));

    assert_eq!(sandbox.receipt(&genesis, &proof), Ok(()));
    for at in 0..proof.len() {
        let mut flipped = proof.clone();
        flipped[at] ^= 1;
        let verdict = sandbox.receipt(&genesis, &flipped);
        assert!(verdict.is_err(), "byte {at} may flip");
        assert_eq!(verdict, native.receipt(&flipped).map(drop), "byte {at}");
    }
    let pages = sandbox.pages();
    for _ in 0..300 {
        assert_eq!(sandbox.receipt(&genesis, &proof), Ok(()), "still sound");
    }
    assert_eq!(sandbox.pages(), pages, "what is given back is used again");

    // Not of this chain, and no genesis at all.
    let mut renamed = world.network.genesis.clone();
    renamed.name.push('2');
    let of_another = sandbox.receipt(&codec::encode(&renamed), &proof);
    assert_eq!(of_another, Err(Code::HEADER_CHAIN));
    let none = sandbox.receipt(&genesis[1..], &proof);
    assert_eq!(none, Err(Code::GENESIS));
    assert_eq!(sandbox.receipt(&genesis, b"no proof"), Err(Code::MALFORMED));
}

#[test]
#[ignore = "takes a module that scripts/light-client-wasm.sh builds"]
fn a_value_of_real_nodes_is_verified_inside_wasm() {
    let mut sandbox = Sandbox::new(&module());
    let mut world = World::of(4, 72);
    world.apply("fund", people::allot("of the value", Tiyn(7)));
    let genesis = codec::encode(&world.network.genesis);
    for (org, is_there) in [(20, true), (999, false)] {
        let key = organisation_key(OrgId(org)).in_state_of(REGISTRY);
        let answer = world.nodes[world.any()].read(Read::State { key });
        let Ok(ReadAnswer::State(Some(bundle))) = answer else {
            panic!("no proof of a value");
        };
        assert_eq!(bundle.value.is_some(), is_there);
        let proof = codec::encode(&*bundle);
        assert_eq!(sandbox.state(&genesis, &proof), Ok(()));
        let mut other = bundle.clone();
        other.value = Some(b"another".to_vec());
        let verdict = sandbox.state(&genesis, &codec::encode(&*other));
        assert_eq!(verdict, Err(Code::STATE_PROOF));
        assert_eq!(
            sandbox.receipt(&genesis, &proof),
            Err(Code::MALFORMED),
            "another proof"
        );
    }
}
