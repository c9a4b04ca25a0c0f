//! Makes the depth of recursion a rule of the protocol.
//!
//! How deep a machine can recurse depends on its compiler and its stack, so the machine's limit must
//! never be reached. Each instance gets a budget of frame bytes in a hidden global; a function takes
//! its frame from it before each call that it makes and gives it back after. When the budget is
//! gone the call traps, on every machine at the same instruction. What a frame costs is reckoned
//! generously (`cost::FRAME_BYTES_*`), so that the native stack is never the limit.

use super::STACK_EXPORT;
use super::check::{CheckedModule, ModuleError};
use crate::cost::FRAME_BUDGET_BYTES;
use std::convert::Infallible;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection,
    GlobalType, Instruction, Module, SectionId, ValType,
};

/// The module of `code` with the frame budget added. `checked` is what the check of it gave.
pub fn instrument(code: &[u8], checked: &CheckedModule) -> Result<Vec<u8>, ModuleError> {
    let mut module = Module::new();
    let mut instrumenter = Instrumenter {
        checked,
        next_function: 0,
        budget_added: false,
    };
    instrumenter
        .parse_core_module(&mut module, wasmparser::Parser::new(0), code)
        .map_err(|_| ModuleError::Invalid)?;
    Ok(module.finish())
}

struct Instrumenter<'a> {
    checked: &'a CheckedModule,
    next_function: usize,
    budget_added: bool,
}

impl Instrumenter<'_> {
    /// The hidden global comes last, so that no other index moves.
    fn add_budget(&mut self, globals: &mut GlobalSection) {
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(ty, &ConstExpr::i32_const(FRAME_BUDGET_BYTES));
        self.budget_added = true;
    }

    fn take_frame(&self, function: &mut Function, bytes: i32) {
        let budget = self.checked.globals;
        for instruction in [
            Instruction::GlobalGet(budget),
            Instruction::I32Const(bytes),
            Instruction::I32Sub,
            Instruction::GlobalSet(budget),
            Instruction::GlobalGet(budget),
            Instruction::I32Const(0),
            Instruction::I32LtS,
            Instruction::If(BlockType::Empty),
            Instruction::Unreachable,
            Instruction::End,
        ] {
            function.instruction(&instruction);
        }
    }

    fn give_frame_back(&self, function: &mut Function, bytes: i32) {
        let budget = self.checked.globals;
        for instruction in [
            Instruction::GlobalGet(budget),
            Instruction::I32Const(bytes),
            Instruction::I32Add,
            Instruction::GlobalSet(budget),
        ] {
            function.instruction(&instruction);
        }
    }
}

impl Reencode for Instrumenter<'_> {
    type Error = Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_global_section(self, globals, section)?;
        self.add_budget(globals);
        Ok(())
    }

    /// A module without globals of its own gets its section ahead of the exports, which it has.
    fn intersperse_section_hook(
        &mut self,
        module: &mut Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Result<(), Error<Infallible>> {
        if before == Some(SectionId::Export) && !self.budget_added {
            let mut globals = GlobalSection::new();
            self.add_budget(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(STACK_EXPORT, ExportKind::Global, self.checked.globals);
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), Error<Infallible>> {
        let bytes = self.checked.frame_bytes[self.next_function];
        self.next_function += 1;
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = self.parse_instruction(&mut reader)?;
            let calls = matches!(
                instruction,
                Instruction::Call(_) | Instruction::CallIndirect { .. }
            );
            if calls {
                self.take_frame(&mut function, bytes);
            }
            function.instruction(&instruction);
            if calls {
                self.give_frame_back(&mut function, bytes);
            }
        }
        code.function(&function);
        Ok(())
    }

    /// Names and build notes have no part in execution.
    fn parse_custom_section(
        &mut self,
        _module: &mut Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error<Infallible>> {
        Ok(())
    }
}
