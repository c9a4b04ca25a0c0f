//! What a contract's code must be before it is ever compiled: one pass over the bytes.

use super::STACK_EXPORT;
use crate::cost::{FRAME_BYTES_BASE, FRAME_BYTES_PER_SLOT};
use crate::interface;
use senim_abi::context::ABI_VERSION;
use senim_abi::host::{MEMORY_BYTES_MAX, exports};
use senim_types::{Code, limits};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, Export, ExternalKind, FuncToValidate, FuncType,
    FuncValidatorAllocations, FunctionBody, Import, MemoryType, Operator, Parser, Payload, TypeRef,
    ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

/// The language of contracts: the first version of WebAssembly with mutable globals (which is what
/// the target `wasm32v1-none` emits) and without floats, whose NaN bits differ between machines.
pub const FEATURES: WasmFeatures = WasmFeatures::MUTABLE_GLOBAL;

/// Bytes of a WebAssembly page.
pub const PAGE_BYTES: usize = 64 * 1024;
/// Pages that one instance may have.
const MEMORY_PAGES_MAX: u64 = (MEMORY_BYTES_MAX / PAGE_BYTES) as u64;
/// Functions of a module, imported ones included.
const FUNCTIONS_MAX: usize = 4096;
/// Globals of a module.
const GLOBALS_MAX: u32 = 64;
/// Elements of the function table.
pub const TABLE_ELEMENTS_MAX: u64 = 1024;
/// Exports of a module.
const EXPORTS_MAX: u32 = 64;
/// Bytes of frame that one function may need, by the reckoning of `FRAME_BYTES_*`.
const FRAME_BYTES_MAX: u64 = 16 * 1024;

/// Why code was refused. Always the fault of whoever deploys it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModuleError {
    /// More than [`limits::CODE_BYTES_MAX`].
    #[error("the code is larger than the limit")]
    TooLarge,
    /// Not a valid module of the language of contracts.
    #[error("not a valid module, or it uses a feature that contracts may not use")]
    Invalid,
    /// Valid but for floating point.
    #[error("floating point is not allowed")]
    Floats,
    /// Imports something that the host interface does not have, or with another type.
    #[error("an import is not in the host interface")]
    Import,
    /// A required export is missing or has another type, a reserved name is used, or `abi_version`
    /// is not the constant of this interface.
    #[error("a required export is missing, has another type, or is of another version")]
    Export,
    /// A start function, too many functions, globals or table elements, too much memory, segments
    /// outside of the initial memory or table, or a function with too large a frame.
    #[error("the module exceeds a limit of its shape")]
    Shape,
}

impl ModuleError {
    /// The stable code of this error.
    pub const fn code(self) -> Code {
        match self {
            ModuleError::TooLarge => Code::TOO_LARGE,
            ModuleError::Invalid => Code::BAD_MODULE,
            ModuleError::Floats => Code::FLOATS_NOT_ALLOWED,
            ModuleError::Import => Code::BAD_IMPORT,
            ModuleError::Export => Code::BAD_EXPORT,
            ModuleError::Shape => Code::MODULE_LIMIT,
        }
    }
}

impl From<wasmparser::Error> for ModuleError {
    fn from(_: wasmparser::Error) -> Self {
        ModuleError::Invalid
    }
}

/// What the check learnt and instrumentation needs.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckedModule {
    /// Bytes of frame of each function that the module defines, in order.
    pub frame_bytes: Vec<i32>,
    /// Globals that the module defines.
    pub globals: u32,
}

/// Checks `code` against every rule.
pub fn check(code: &[u8]) -> Result<CheckedModule, ModuleError> {
    if code.len() > limits::CODE_BYTES_MAX {
        return Err(ModuleError::TooLarge);
    }
    match Checker::new(FEATURES).run(code) {
        // Worth a second pass: "no floats" is what an author most often trips over.
        Err(ModuleError::Invalid)
            if Checker::new(FEATURES | WasmFeatures::FLOATS)
                .run(code)
                .is_ok() =>
        {
            Err(ModuleError::Floats)
        }
        outcome => outcome,
    }
}

struct Checker {
    validator: Validator,
    allocations: FuncValidatorAllocations,
    types: Vec<FuncType>,
    functions: Vec<u32>,
    frame_bytes: Vec<i32>,
    globals: u32,
    memory: Option<MemoryType>,
    table_elements: u64,
    exports: BTreeSet<&'static str>,
    abi_version: Option<u32>,
    constants: BTreeMap<u32, i32>,
}

impl Checker {
    fn new(features: WasmFeatures) -> Self {
        Checker {
            validator: Validator::new_with_features(features),
            allocations: FuncValidatorAllocations::default(),
            types: Vec::new(),
            functions: Vec::new(),
            frame_bytes: Vec::new(),
            globals: 0,
            memory: None,
            table_elements: 0,
            exports: BTreeSet::new(),
            abi_version: None,
            constants: BTreeMap::new(),
        }
    }

    fn run(mut self, code: &[u8]) -> Result<CheckedModule, ModuleError> {
        let mut parser = Parser::new(0);
        parser.set_features(*self.validator.features());
        for payload in parser.parse_all(code) {
            let payload = payload?;
            match self.validator.payload(&payload)? {
                ValidPayload::Func(function, body) => self.function(function, &body)?,
                ValidPayload::Parser(_) => return Err(ModuleError::Invalid),
                ValidPayload::Ok | ValidPayload::End(_) => {}
            }
            self.section(payload)?;
        }
        let complete = self.memory.is_some()
            && interface::EXPORTS
                .iter()
                .all(|export| self.exports.contains(export.name))
            && self.exports.contains(exports::MEMORY)
            && self
                .abi_version
                .and_then(|function| self.constants.get(&function))
                == Some(&(ABI_VERSION as i32));
        if !complete {
            return Err(ModuleError::Export);
        }
        Ok(CheckedModule {
            frame_bytes: self.frame_bytes,
            globals: self.globals,
        })
    }

    fn section(&mut self, payload: Payload<'_>) -> Result<(), ModuleError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(&import?)?;
                }
            }
            Payload::FunctionSection(section) => {
                for function in section {
                    self.functions.push(function?);
                }
                require(self.functions.len() <= FUNCTIONS_MAX)?;
            }
            Payload::TableSection(section) => {
                require(section.count() <= 1)?;
                for table in section {
                    let table = table?.ty;
                    require(table.initial <= TABLE_ELEMENTS_MAX)?;
                    self.table_elements = table.initial;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    let memory = memory?;
                    require(memory.initial <= MEMORY_PAGES_MAX)?;
                    self.memory = Some(memory);
                }
            }
            Payload::GlobalSection(section) => {
                self.globals = section.count();
                require(self.globals <= GLOBALS_MAX)?;
            }
            Payload::ExportSection(section) => {
                require(section.count() <= EXPORTS_MAX)?;
                for export in section {
                    self.export(&export?)?;
                }
            }
            Payload::StartSection { .. } => return Err(ModuleError::Shape),
            Payload::ElementSection(section) => {
                for element in section {
                    let element = element?;
                    let ElementKind::Active { offset_expr, .. } = &element.kind else {
                        return Err(ModuleError::Shape);
                    };
                    let count = match &element.items {
                        ElementItems::Functions(functions) => functions.count(),
                        ElementItems::Expressions(_, expressions) => expressions.count(),
                    };
                    let end = constant(offset_expr)?.checked_add(u64::from(count));
                    require(end.is_some_and(|end| end <= self.table_elements))?;
                }
            }
            Payload::DataSection(section) => {
                let bytes = self
                    .memory
                    .map_or(0, |memory| memory.initial * PAGE_BYTES as u64);
                for data in section {
                    let data = data?;
                    let DataKind::Active { offset_expr, .. } = &data.kind else {
                        return Err(ModuleError::Shape);
                    };
                    let end = constant(offset_expr)?.checked_add(data.data.len() as u64);
                    require(end.is_some_and(|end| end <= bytes))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: &Import<'_>) -> Result<(), ModuleError> {
        let TypeRef::Func(ty) = import.ty else {
            return Err(ModuleError::Import);
        };
        let function =
            interface::find_import(import.module, import.name).ok_or(ModuleError::Import)?;
        if !self
            .types
            .get(ty as usize)
            .is_some_and(|ty| interface::import_has_type(function, ty))
        {
            return Err(ModuleError::Import);
        }
        self.functions.push(ty);
        Ok(())
    }

    fn export(&mut self, export: &Export<'_>) -> Result<(), ModuleError> {
        if export.name == STACK_EXPORT {
            return Err(ModuleError::Export);
        }
        if export.name == exports::MEMORY {
            self.exports.insert(exports::MEMORY);
            return if export.kind == ExternalKind::Memory {
                Ok(())
            } else {
                Err(ModuleError::Export)
            };
        }
        let Some(wanted) = interface::EXPORTS
            .iter()
            .find(|wanted| wanted.name == export.name)
        else {
            return Ok(());
        };
        let ty = self
            .functions
            .get(export.index as usize)
            .and_then(|ty| self.types.get(*ty as usize));
        if export.kind != ExternalKind::Func || !ty.is_some_and(|ty| wanted.has_type(ty)) {
            return Err(ModuleError::Export);
        }
        if wanted.name == exports::ABI_VERSION {
            self.abi_version = Some(export.index);
        }
        self.exports.insert(wanted.name);
        Ok(())
    }

    /// Validates a body and reckons its frame: parameters, locals and the operand stack at its
    /// highest, each as one slot.
    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), ModuleError> {
        let index = function.index;
        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader)?;
        let mut operators = body.get_operators_reader()?;
        let (mut height, mut count) = (0, 0);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            validator.op(offset, &operator)?;
            height = height.max(validator.operand_stack_height());
            count += 1;
            match operator {
                Operator::I32Const { value } if count == 1 => {
                    self.constants.insert(index, value);
                }
                Operator::End if count == 2 => {}
                // Not a function that returns a constant.
                _ => {
                    self.constants.remove(&index);
                }
            }
        }
        operators.finish()?;
        let slots = u64::from(validator.len_locals()) + u64::from(height);
        let bytes = FRAME_BYTES_BASE + slots * FRAME_BYTES_PER_SLOT;
        require(bytes <= FRAME_BYTES_MAX)?;
        self.frame_bytes
            .push(i32::try_from(bytes).expect("the limit on a frame is far below 2 GiB"));
        self.allocations = validator.into_allocations();
        Ok(())
    }
}

fn require(holds: bool) -> Result<(), ModuleError> {
    if holds {
        Ok(())
    } else {
        Err(ModuleError::Shape)
    }
}

/// The value of an offset. Only a constant can occur: imported globals are not allowed, and nothing
/// else may be read there in this language.
fn constant(expression: &ConstExpr<'_>) -> Result<u64, ModuleError> {
    match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(u64::from(value as u32)),
        _ => Err(ModuleError::Shape),
    }
}
