//! `!object`, `!handle`, `!locks`.

use super::stage::Stage;
use super::{decimal, hex, samples};
use crate::forge::number;

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn objects_without_a_name() {
    let Some(samples) = samples(&["object-1", "object-2", "object-3", "object-4"]) else { return };
    for sample in samples {
        let mut stage = Stage::wifi();
        let [first, header, counts] = [0, 1, 2].map(|at| words(&sample.lines[at]));
        let process = stage.process("explorer.exe");
        let object = match first[4].as_str() {
            "Process" => process,
            "Thread" => stage.threads(process)[0],
            other => panic!("{other}"),
        };
        let ours = stage.run(&format!("!object {object:x}"));
        stage.names.add(object, hex(&first[1]));
        stage
            .names
            .add(hex(words(&ours[0])[3].trim_matches(['(', ')'])), hex(first[3].trim_matches(['(', ')'])));
        stage.names.add(object - 0x30, hex(&header[1]));
        stage.put("nt!_OBJECT_HEADER", object - 0x30, "HandleCount", decimal(&counts[1]));
        stage.put("nt!_OBJECT_HEADER", object - 0x30, "PointerCount", decimal(&counts[3]));
        let lines = stage.run(&format!("!object {object:x}"));
        sample.all_same(&lines[..3], &sample.lines[..3]);
    }
}

/// The three resources of a published output, which the forge has, too.
#[test]
fn resources_that_are_held() {
    let Some(samples) = samples(&["locks-1"]) else { return };
    let sample = &samples[0];
    let blocks: Vec<Vec<String>> = sample
        .lines
        .split(|line| line.starts_with("KD: Scanning"))
        .skip(1)
        .map(|block| {
            let lines = block.iter().filter(|line| !line.is_empty() && !line.contains(" total locks"));
            lines.cloned().collect()
        })
        .collect();
    assert_eq!(blocks.len(), 3);
    for block in &blocks {
        let mut stage = Stage::wifi();
        let recorded = stage.truth["resources"].as_array().unwrap().clone();
        let exclusive = block[0].contains("Exclusively");
        // One with an owner and, where the sample has some, threads that wait.
        let resource = recorded
            .iter()
            .find(|resource| resource["exclusive"] == true && resource["owners"] != "[]")
            .unwrap();
        let at = number(&resource["address"]);
        let owner = number(&resource["owners"][0]);
        stage.names.add(at, hex(&words(&block[0])[2]));
        let value = |label: &str| {
            let line = block.iter().find(|line| line.trim_start().starts_with(label));
            line.map_or(0, |line| decimal(words(line).last().unwrap()))
        };
        stage.put("nt!_ERESOURCE", at, "ContentionCount", value("Contention Count"));
        let waiters = value("NumberOfExclusiveWaiters");
        stage.put("nt!_ERESOURCE", at, "NumberOfSharedWaiters", value("NumberOfSharedWaiters"));
        stage.put("nt!_ERESOURCE", at, "NumberOfExclusiveWaiters", waiters);
        stage.put("nt!_ERESOURCE", at, "SharedWaiters", 0);
        if waiters == 0 {
            stage.put("nt!_ERESOURCE", at, "ExclusiveWaiters", 0);
        }
        // Bit 7 of the flags: ResourceOwnedExclusive of the public headers.
        stage.put("nt!_ERESOURCE", at, "Flag", if exclusive { 0x80 } else { 0 });
        let threads = block.iter().find(|line| line.trim_start().starts_with("Threads:")).unwrap();
        stage.names.add(owner, hex(words(threads)[1].split_once('-').unwrap().0));
        if let Some(line) = block.iter().rev().find(|line| line.starts_with("              ")) {
            stage.names.add(number(&resource["exclusive_waiters"][0]), hex(words(line).last().unwrap()));
        }
        let shown = stage.run(&format!("!locks {at:x}"));
        let lines: Vec<String> =
            shown.into_iter().filter(|line| !line.is_empty() && !line.contains(" total locks")).collect();
        sample.all_same(&lines, block);
    }
}
