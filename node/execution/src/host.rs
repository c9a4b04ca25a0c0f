//! The host functions, as [`senim_abi::host`] declares them: nothing here adds a rule to it.
//!
//! Each one takes its base fuel first, checks its arguments, takes the fuel of the bytes it is going to
//! move, and only then moves them.

use crate::engine::Data;
use crate::frame::{self, Invocation, charge};
use crate::session::{Session, StateKey};
use crate::stop::{HostFault, Stop};
use crate::system;
use senim_abi::host::{self as abi, HostFunction, IMPORT_MODULE};
use senim_abi::{Caller, Entry};
use senim_types::state_view::StateEntry;
use senim_types::{Code, ContractId, Domain, Event, PublicKey, TimeMs, codec};
use wasmtime::{AsContextMut, Caller as Guest, Linker, StoreContextMut};

const BAD_ARGUMENT: Stop = Stop::Trapped(Code::HOST_ARGUMENT);
const TOO_LARGE: Stop = Stop::Trapped(Code::OUTPUT_LIMIT);
/// Bytes of a borsh public key: scheme and point.
const KEY_BYTES: u32 = 33;

/// Defines every host function.
pub fn link(linker: &mut Linker<Data>) -> wasmtime::Result<()> {
    let module = IMPORT_MODULE;
    linker.func_wrap(
        module,
        abi::GET.name,
        |mut guest: Guest<'_, Data>, key, key_length, out, capacity| {
            get(
                &mut guest.as_context_mut(),
                (key, key_length),
                (out, capacity),
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::PUT.name,
        |mut guest: Guest<'_, Data>, key, key_length, value, value_length| {
            put(
                &mut guest.as_context_mut(),
                (key, key_length),
                (value, value_length),
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::DELETE.name,
        |mut guest: Guest<'_, Data>, key, key_length| {
            delete(&mut guest.as_context_mut(), (key, key_length)).map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::SCAN.name,
        |mut guest: Guest<'_, Data>, prefix, prefix_length, after, after_length, limit: u32| {
            scan(
                &mut guest.as_context_mut(),
                (prefix, prefix_length),
                (after, after_length),
                limit,
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::TAKE.name,
        |mut guest: Guest<'_, Data>, out, capacity| {
            take(&mut guest.as_context_mut(), (out, capacity)).map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::CALL.name,
        |mut guest: Guest<'_, Data>, contract, input, input_length| {
            call(
                &mut guest.as_context_mut(),
                &abi::CALL,
                contract,
                (input, input_length),
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::QUERY.name,
        |mut guest: Guest<'_, Data>, contract, input, input_length| {
            call(
                &mut guest.as_context_mut(),
                &abi::QUERY,
                contract,
                (input, input_length),
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::EMIT.name,
        |mut guest: Guest<'_, Data>, kind: u32, version: u32, body, body_length| {
            emit(
                &mut guest.as_context_mut(),
                kind,
                version,
                (body, body_length),
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::NOW.name,
        |mut guest: Guest<'_, Data>| -> wasmtime::Result<u64> {
            begin(&mut guest.as_context_mut(), &abi::NOW)?;
            Ok(guest.data().time.0)
        },
    )?;
    linker.func_wrap(
        module,
        abi::HEIGHT.name,
        |mut guest: Guest<'_, Data>| -> wasmtime::Result<u64> {
            begin(&mut guest.as_context_mut(), &abi::HEIGHT)?;
            Ok(guest.data().height.0)
        },
    )?;
    linker.func_wrap(
        module,
        abi::CONTEXT.name,
        |mut guest: Guest<'_, Data>, out, capacity| {
            context(&mut guest.as_context_mut(), (out, capacity)).map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::WITNESSED.name,
        |mut guest: Guest<'_, Data>, key, domain: u32, message, message_length| {
            witnessed(
                &mut guest.as_context_mut(),
                key,
                domain,
                (message, message_length),
            )
            .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::SCHEDULE.name,
        |mut guest: Guest<'_, Data>, at_ms: u64, input, input_length| {
            schedule(&mut guest.as_context_mut(), at_ms, (input, input_length))
                .map_err(wasmtime::Error::from)
        },
    )?;
    linker.func_wrap(
        module,
        abi::HASH.name,
        |mut guest: Guest<'_, Data>, data, data_length, out: u32| {
            hash(&mut guest.as_context_mut(), (data, data_length), out)
                .map_err(wasmtime::Error::from)
        },
    )?;
    Ok(())
}

type Guests<'a> = StoreContextMut<'a, Data>;
/// Pointer and length as a contract gives them.
type Slice = (u32, u32);

/// Base fuel, and the rule that a read-only call changes nothing.
fn begin(store: &mut Guests<'_>, function: &HostFunction) -> Result<(), Stop> {
    charge(store, function.fuel_base)?;
    if function.writes && store.data().frame().read_only {
        return Err(Stop::Trapped(Code::READ_ONLY));
    }
    Ok(())
}

fn charge_bytes(store: &mut Guests<'_>, function: &HostFunction, bytes: usize) -> Result<(), Stop> {
    charge(store, function.fuel_per_byte.saturating_mul(bytes as u64))
}

/// The guest's memory and the session beside it.
fn memory<'a>(store: &'a mut Guests<'_>) -> Result<(&'a mut [u8], &'a mut Data), Stop> {
    match store.data().frame().memory {
        Some(memory) => Ok(memory.data_and_store_mut(store)),
        None => Err(HostFault("a contract without memory called the host".into()).into()),
    }
}

fn range(memory: &mut [u8], (pointer, length): Slice) -> Result<&mut [u8], Stop> {
    frame::range(memory, pointer, length).ok_or(BAD_ARGUMENT)
}

/// The state key of a contract's key.
fn state_key(store: &mut Guests<'_>, key: Slice) -> Result<StateKey, Stop> {
    let (memory, session) = memory(store)?;
    let contract = session.frame().contract;
    StateKey::new(contract, range(memory, key)?).ok_or(TOO_LARGE)
}

/// Copies `bytes` to the guest if they fit; their length either way.
fn copy_if_fits(memory: &mut [u8], (out, capacity): Slice, bytes: &[u8]) -> Result<i32, Stop> {
    let length = u32::try_from(bytes.len()).expect("values and contexts are far below 4 GiB");
    if length <= capacity {
        range(memory, (out, length))?.copy_from_slice(bytes);
    }
    Ok(length as i32)
}

fn get(store: &mut Guests<'_>, key: Slice, out: Slice) -> Result<i32, Stop> {
    begin(store, &abi::GET)?;
    charge_bytes(store, &abi::GET, key.1 as usize)?;
    let key = state_key(store, key)?;
    let (memory, session) = memory(store)?;
    let length = session.read(key.as_slice(), |value| match value {
        Some(value) => copy_if_fits(memory, out, value),
        None => Ok(-1),
    })??;
    charge_bytes(store, &abi::GET, usize::try_from(length).unwrap_or(0))?;
    Ok(length)
}

fn put(store: &mut Guests<'_>, key: Slice, value: Slice) -> Result<(), Stop> {
    begin(store, &abi::PUT)?;
    charge_bytes(
        store,
        &abi::PUT,
        (key.1 as usize).saturating_add(value.1 as usize),
    )?;
    let key = state_key(store, key)?;
    let (memory, session) = memory(store)?;
    let value = range(memory, value)?;
    if value.len() > abi::VALUE_BYTES_MAX {
        return Err(TOO_LARGE);
    }
    session.write(key.as_slice(), Some(value));
    Ok(())
}

fn delete(store: &mut Guests<'_>, key: Slice) -> Result<(), Stop> {
    begin(store, &abi::DELETE)?;
    charge_bytes(store, &abi::DELETE, key.1 as usize)?;
    let key = state_key(store, key)?;
    let session = store.data_mut();
    // Deleting what is not there changes nothing, so it is not a change of the block either.
    if session.read(key.as_slice(), |value| value.is_some())? {
        session.write(key.as_slice(), None);
    }
    Ok(())
}

fn scan(store: &mut Guests<'_>, prefix: Slice, after: Slice, limit: u32) -> Result<i32, Stop> {
    begin(store, &abi::SCAN)?;
    charge_bytes(
        store,
        &abi::SCAN,
        (prefix.1 as usize).saturating_add(after.1 as usize),
    )?;
    let prefix = state_key(store, prefix)?;
    let after = if after.1 == 0 {
        None
    } else {
        Some(state_key(store, after)?)
    };
    let limit = (limit as usize).min(abi::SCAN_ENTRIES_MAX);
    let session = store.data_mut();
    let entries = session.scan(
        prefix.as_slice(),
        after.as_ref().map_or(&[], StateKey::as_slice),
        limit,
    )?;
    let page = scan_page(entries);
    let length = page.len();
    charge_bytes(store, &abi::SCAN, length)?;
    store.data_mut().frame_mut().kept = Some(page);
    Ok(i32::try_from(length).expect("a page is at most 32 KiB"))
}

/// The borsh page of `entries`, without the contract's id in their keys, up to the limit of bytes.
fn scan_page(entries: Vec<StateEntry>) -> Vec<u8> {
    let mut page = vec![0; 4];
    let mut count = 0u32;
    for (key, value) in entries {
        let key = &key[4..];
        if count > 0 && page.len() + 8 + key.len() + value.len() > abi::SCAN_BYTES_MAX {
            break;
        }
        for bytes in [key, value.as_slice()] {
            page.extend_from_slice(
                &u32::try_from(bytes.len())
                    .expect("keys and values are small")
                    .to_le_bytes(),
            );
            page.extend_from_slice(bytes);
        }
        count += 1;
    }
    page[..4].copy_from_slice(&count.to_le_bytes());
    page
}

fn take(store: &mut Guests<'_>, out: Slice) -> Result<i32, Stop> {
    begin(store, &abi::TAKE)?;
    let kept = store
        .data_mut()
        .frame_mut()
        .kept
        .take()
        .ok_or(BAD_ARGUMENT)?;
    charge_bytes(store, &abi::TAKE, kept.len())?;
    if kept.len() > out.1 as usize {
        return Err(BAD_ARGUMENT);
    }
    copy_if_fits(memory(store)?.0, out, &kept)
}

/// `call` and `query`. The input is copied: the callee runs while the caller's memory lies idle.
fn call(
    store: &mut Guests<'_>,
    function: &HostFunction,
    contract: u32,
    input: Slice,
) -> Result<i32, Stop> {
    // The base and the input's bytes are charged on entry, where calls from outside pay them too.
    if input.1 as usize > abi::INPUT_BYTES_MAX {
        return Err(BAD_ARGUMENT);
    }
    let frame = store.data().frame();
    let (caller, read_only) = (frame.contract, frame.read_only);
    if function.writes && read_only {
        return Err(Stop::Trapped(Code::READ_ONLY));
    }
    let (memory, _) = memory(store)?;
    let input = range(memory, input)?.to_vec();
    let invocation = Invocation {
        contract: ContractId(contract),
        entry: if function.writes {
            Entry::Execute
        } else {
            Entry::Query
        },
        caller: Caller::Contract(caller),
        input: &input,
        read_only: read_only || !function.writes,
    };
    let output = frame::enter(store, invocation)?;
    let length = i32::try_from(output.len()).expect("an output is at most 64 KiB");
    store.data_mut().frame_mut().kept = Some(output);
    Ok(length)
}

fn emit(store: &mut Guests<'_>, kind: u32, version: u32, body: Slice) -> Result<(), Stop> {
    begin(store, &abi::EMIT)?;
    charge_bytes(store, &abi::EMIT, body.1 as usize)?;
    let kind = u16::try_from(kind).map_err(|_| BAD_ARGUMENT)?;
    let version = u8::try_from(version).map_err(|_| BAD_ARGUMENT)?;
    let (memory, session) = memory(store)?;
    let body = range(memory, body)?;
    if body.len() > abi::EVENT_BYTES_MAX {
        return Err(TOO_LARGE);
    }
    let event = Event {
        contract: session.frame().contract,
        kind,
        version,
        body: body.to_vec(),
    };
    if session.emit(event) {
        Ok(())
    } else {
        Err(TOO_LARGE)
    }
}

fn context(store: &mut Guests<'_>, out: Slice) -> Result<i32, Stop> {
    begin(store, &abi::CONTEXT)?;
    let bytes = codec::encode(&store.data().context());
    charge_bytes(store, &abi::CONTEXT, bytes.len())?;
    copy_if_fits(memory(store)?.0, out, &bytes)
}

fn witnessed(store: &mut Guests<'_>, key: u32, domain: u32, message: Slice) -> Result<i32, Stop> {
    begin(store, &abi::WITNESSED)?;
    charge_bytes(store, &abi::WITNESSED, message.1 as usize)?;
    let domain = u8::try_from(domain).map_err(|_| BAD_ARGUMENT)?;
    let (memory, session) = memory(store)?;
    // A key that is not one has signed nothing.
    let key = borsh::from_slice::<PublicKey>(range(memory, (key, KEY_BYTES))?).ok();
    let (key, domain) = match (key, Domain::from_number(domain)) {
        (Some(key), Some(domain)) => (key, domain),
        _ => return Ok(0),
    };
    let message = range(memory, message)?;
    Ok(i32::from(session.witnessed(&key, domain, message)))
}

fn schedule(store: &mut Guests<'_>, at_ms: u64, input: Slice) -> Result<(), Stop> {
    begin(store, &abi::SCHEDULE)?;
    charge_bytes(store, &abi::SCHEDULE, input.1 as usize)?;
    let (memory, session) = memory(store)?;
    let input = range(memory, input)?;
    if input.len() > abi::DUE_INPUT_BYTES_MAX {
        return Err(TOO_LARGE);
    }
    let session: &mut Session = session;
    let (contract, ordinal) = (session.frame().contract, session.next_due());
    let key = system::due_key(TimeMs(at_ms), session.height, ordinal, contract);
    session.write(&key, Some(input));
    Ok(())
}

fn hash(store: &mut Guests<'_>, data: Slice, out: u32) -> Result<(), Stop> {
    begin(store, &abi::HASH)?;
    charge_bytes(store, &abi::HASH, data.1 as usize)?;
    if data.1 as usize > abi::HASH_BYTES_MAX {
        return Err(BAD_ARGUMENT);
    }
    let (memory, _) = memory(store)?;
    let digest = blake3::hash(range(memory, data)?);
    range(memory, (out, 32))?.copy_from_slice(digest.as_bytes());
    Ok(())
}
