//! Instructions that the processor called illegal although their bytes are one.

use super::code;
use super::modules::described;
use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::kernel::{Cpu, Processor};
use crate::output::Action;
use iced_x86::CpuidFeature;

/// STATUS_ILLEGAL_INSTRUCTION.
const ILLEGAL: u32 = 0xc000_001d;

/// `illegal`: which instruction, what it needs, and whether this processor has that.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let target = crash.scope.target();
    let Some(fault) = scene.fault.as_ref().filter(|fault| fault.status == Some(ILLEGAL)) else {
        return Vec::new();
    };
    let Some(instruction) = fault.instruction else { return Vec::new() };
    // ud2 and its like are there to be illegal.
    if matches!(
        instruction.mnemonic(),
        iced_x86::Mnemonic::Ud0 | iced_x86::Mnemonic::Ud1 | iced_x86::Mnemonic::Ud2
    ) {
        return Vec::new();
    }
    let cpu = target.dump().ok().and_then(|dump| dump.tagged().hardware().cpu);
    let identifier = cpu.as_ref().and_then(|cpu| cpu.identifier.clone());
    let kept = kept(crash);
    let model = identifier.as_deref().and_then(Model::of).or_else(|| kept.as_ref().map(|(model, _)| *model));
    let has: Vec<Option<bool>> =
        instruction.cpuid_features().iter().map(|feature| has(*feature, model.as_ref())).collect();
    let features: Vec<String> =
        instruction.cpuid_features().iter().map(|feature| format!("{feature:?}")).collect();
    let fact = Fact::new("illegal").with("address", Value::Address(fault.ip));
    let fact = described(fact, target, fault.ip)
        .with("instruction", code::text(&instruction))
        .with("feature", features.join(", "))
        .with(
            "cpu",
            cpu.and_then(|cpu| cpu.name).or(kept.map(|(_, name)| name)).unwrap_or_else(|| "?".to_owned()),
        );
    let lacks = match () {
        () if has.contains(&Some(false)) => Some(true),
        () if has.iter().all(|has| *has == Some(true)) => Some(false),
        () => None,
    };
    vec![fact.maybe("lacks", lacks).worded("evidence.illegal").link(Action::Code(fault.ip))]
}

/// The model of the processor that crashed, and its name, as the kernel keeps them.
fn kept(crash: &Crash<'_>) -> Option<(Model, String)> {
    let processor = Processor::numbered(crash.scope, crash.scope.target().crashed_processor()).ok()?;
    let cpu = Cpu::of(&processor);
    let vendor = cpu.vendor().ok()?;
    let (family, model) = (cpu.family().ok()?, cpu.model().ok()?);
    let intel = vendor == "GenuineIntel";
    let known = intel || vendor == "AuthenticAMD";
    let name = format!("{vendor} Family {family} Model {model}");
    let model = Model { intel, family: u32::try_from(family).ok()?, model: u32::try_from(model).ok()? };
    known.then_some((model, name))
}

/// A processor's model, as the registry's Identifier tells: `Intel64 Family 6 Model 23 Stepping 10`.
#[derive(Debug, Clone, Copy)]
struct Model {
    intel: bool,
    family: u32,
    model: u32,
}

impl Model {
    fn of(identifier: &str) -> Option<Model> {
        let after = |word: &str| identifier.split_once(word)?.1.split_whitespace().next()?.parse().ok();
        Some(Model {
            intel: identifier.starts_with("Intel"),
            family: after("Family ")?,
            model: after("Model ")?,
        })
    }
}

/// Whether the processor has a feature. `None` where the model does not decide: firmware, hypervisors and cheaper
/// variants switch features off.
///
/// Intel family 6: POPCNT and SSE4.2 came with Nehalem (model 0x1a), AVX with Sandy Bridge (0x2a), the models before have
/// none of them (Intel SDM volume 1, chapter 5; volume 4, table 2-1). AMD: POPCNT came with family 0x10, SSE4.2 and AVX
/// with 0x15 (AMD64 manual volume 3, appendix D and the revision guides of these families).
fn has(feature: CpuidFeature, model: Option<&Model>) -> Option<bool> {
    match feature {
        CpuidFeature::INTEL8086
        | CpuidFeature::INTEL186
        | CpuidFeature::INTEL286
        | CpuidFeature::INTEL386
        | CpuidFeature::INTEL486
        | CpuidFeature::X64
        | CpuidFeature::CMOV
        | CpuidFeature::FPU
        | CpuidFeature::MMX
        | CpuidFeature::SSE
        | CpuidFeature::SSE2
        | CpuidFeature::FXSR
        | CpuidFeature::CX8 => return Some(true),
        _ => {}
    }
    let Model { intel, family, model } = model?;
    // Models of family 6 before Nehalem that are x64: Merom to Dunnington, and the first Atoms.
    const BEFORE_NEHALEM: [u32; 8] = [0x0f, 0x16, 0x17, 0x1c, 0x1d, 0x26, 0x27, 0x35];
    const BEFORE_SANDY_BRIDGE: [u32; 8] = [0x1a, 0x1e, 0x1f, 0x25, 0x2c, 0x2e, 0x2f, 0x36];
    let before_nehalem = *intel && (*family == 15 || *family == 6 && BEFORE_NEHALEM.contains(model));
    let before_avx = before_nehalem || *intel && *family == 6 && BEFORE_SANDY_BRIDGE.contains(model);
    let lacks = match feature {
        CpuidFeature::POPCNT => before_nehalem || !*intel && *family < 0x10,
        CpuidFeature::SSE4_2 => before_nehalem || !*intel && *family < 0x15,
        CpuidFeature::AVX
        | CpuidFeature::AVX2
        | CpuidFeature::FMA
        | CpuidFeature::BMI1
        | CpuidFeature::BMI2
        | CpuidFeature::F16C
        | CpuidFeature::RDRAND
        | CpuidFeature::MOVBE => before_avx && feature != CpuidFeature::MOVBE || !*intel && *family < 0x15,
        _ => false,
    };
    lacks.then_some(false)
}
