//! The register of packs: what it says, and what its members tell it.

use super::code::{complete, scan};
use super::{Introduce, Packs, Prune, Recall, Receive, Ship, Standing, Verify};
use crate::answer::Answer;
use crate::args::Global;
use crate::context::{applied, device, session, told};
use crate::describe::{verified, verified_lines};
use crate::failure::Result;
use senim_abi::MARKING;
use senim_abi::marking::Serial;
use senim_abi::marking::msg::{BatchMark, Execute, PackId, PackView, Query, Stage};
use senim_types::{Call, OrgId, codec};
use serde_json::json;

/// Says what the register says of a pack.
pub fn verify(args: &Verify, global: &Global) -> Result<Answer> {
    let session = session(global)?;
    let complete = complete(&session, &scan(&args.pack)?)?;
    let (pack, place) = (complete.code, OrgId(args.org));
    let view: PackView = session.query(MARKING, &Query::Verify { pack, place })?;
    let state = verified(&view, place);
    let json = json!({
        "pack": pack, "view": view, "units_left": state.units_left,
        "movement_reported": state.is_movement_reported, "from_register": complete.is_from_register,
    });
    Ok(Answer::new(json)
        .lines(verified_lines(&view, &pack, place, &session.names))
        .lines(complete.line()))
}

/// Tells the register something, as the device `key`.
pub fn submit(execute: &Execute, key: &str, global: &Global) -> Result<Answer> {
    let (session, key) = (session(global)?, device(global, key)?);
    let call = Call {
        contract: MARKING,
        input: codec::encode(execute),
    };
    let done = applied(&session, session.submit(&key, vec![call], Vec::new())?)?;
    Ok(told(&session, &done, json!({})))
}

impl Packs {
    fn ids(&self) -> Vec<PackId> {
        let id = |serial: &Serial| PackId {
            gtin: self.gtin,
            serial: *serial,
        };
        self.serials.iter().map(id).collect()
    }
}

impl Introduce {
    /// What the register is told.
    pub fn execute(&self) -> Execute {
        Execute::Introduce {
            gtin: self.gtin,
            lot: self.lot,
            expiry: self.expiry,
            serials: self.serials.clone(),
            at: OrgId(self.at),
            stage: match self.stage {
                Standing::Circulation => Stage::Circulation,
                Standing::OpeningStock => Stage::OpeningStock,
            },
        }
    }
}

impl Ship {
    /// What the register is told.
    pub fn execute(&self) -> Execute {
        Execute::Ship {
            packs: self.packs.ids(),
            to: OrgId(self.to),
        }
    }
}

impl Receive {
    /// What the register is told.
    pub fn execute(&self) -> Execute {
        Execute::Receive {
            packs: self.packs.ids(),
        }
    }
}

impl Prune {
    /// What the register is told.
    pub fn execute(&self) -> Execute {
        Execute::Prune {
            packs: self.packs.ids(),
        }
    }
}

impl Recall {
    /// What the register is told.
    pub fn execute(&self) -> Execute {
        Execute::MarkBatch {
            gtin: self.gtin,
            lot: self.lot,
            mark: if self.withdraw {
                BatchMark::Withdrawn
            } else {
                BatchMark::Recalled
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use crate::commands::pack;
    use clap::Parser;

    fn told(line: &str) -> Execute {
        let cli = Cli::try_parse_from(line.split(' ')).expect("it is understood");
        let Command::Pack(command) = cli.command else {
            panic!("a command about packs")
        };
        match command {
            pack::Command::Product(args) => args.execute(),
            pack::Command::Introduce(args) => args.execute(),
            pack::Command::Ship(args) => args.execute(),
            pack::Command::Receive(args) => args.execute(),
            pack::Command::Recall(args) => args.execute(),
            pack::Command::Prune(args) => args.execute(),
            _ => panic!("a command that tells the register something"),
        }
    }

    #[test]
    fn the_register_is_told_what_the_command_line_says() {
        let gtin = "04870001000011".parse().expect("a GTIN");
        let serial = |text: &str| text.parse::<Serial>().expect("a serial");
        let packs: Vec<PackId> = ["A1", "A2"]
            .map(|text| PackId {
                gtin,
                serial: serial(text),
            })
            .to_vec();
        let lot = "M2602".parse().expect("a lot");
        let moved = "--gtin 04870001000011 --serials A1,A2 --key regulator";
        assert_eq!(
            told(&format!("senim pack ship {moved} --to 20")),
            Execute::Ship {
                packs: packs.clone(),
                to: OrgId(20)
            }
        );
        assert_eq!(
            told(&format!("senim pack prune {moved}")),
            Execute::Prune {
                packs: packs.clone()
            }
        );
        assert_eq!(
            told(&format!("senim pack receive {moved}")),
            Execute::Receive { packs }
        );
        let batch = "senim pack recall --gtin 04870001000011 --lot M2602";
        for (line, mark) in [
            (batch.to_owned(), BatchMark::Recalled),
            (format!("{batch} --withdraw"), BatchMark::Withdrawn),
        ] {
            assert_eq!(told(&line), Execute::MarkBatch { gtin, lot, mark });
        }
        let line = "senim pack introduce --gtin 04870001000011 --lot M2602 --expiry 2031-05-31 --serials A1 --at 4";
        assert_eq!(
            told(line),
            Execute::Introduce {
                gtin,
                lot,
                expiry: "2031-05-31".parse().expect("a date"),
                serials: vec![serial("A1")],
                at: OrgId(4),
                stage: Stage::Circulation,
            }
        );

        let line = "senim pack product --gtin 04870001000011 --name Metformin --inn A10BA02 --strength 500mg --form prolonged_release --unit tablet --units-per-pack 30 --price-cap 900.50";
        let Execute::SetProduct { gtin: set, product } = told(line) else {
            panic!("a product")
        };
        assert_eq!(set, gtin);
        assert_eq!(product.price_cap, senim_types::Tiyn(90_050));
        assert_eq!(
            serde_json::json!(product),
            serde_json::json!({
                "name": "Metformin", "inn": "A10BA02", "strength": "500mg", "form": "prolonged_release",
                "unit": "tablet", "units_per_pack": 30, "price_cap": 90_050, "marketed": true,
            })
        );
    }
}
