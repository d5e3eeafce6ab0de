//! The hash chain: no byte of a record can change unnoticed.

use daybreak_runbook::{FormatVersion, Hash, History, Record, Store, WrongFormat, verify_chain};

use crate::toy::{self, Table};

async fn records() -> Vec<Record> {
    let table = Table::new();
    table.run(toy::cutover(&table.world)).await.unwrap();
    table.store().read(0).await.unwrap()
}

/// Every way of changing one byte of a text by one bit that leaves a text.
fn one_bit_off(text: &str) -> Vec<String> {
    (0..text.len())
        .flat_map(|at| (0..7).map(move |bit| (at, bit)))
        .filter_map(|(at, bit)| {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            String::from_utf8(bytes).ok()
        })
        .collect()
}

fn every_tampering(record: &Record) -> Vec<Record> {
    let mut tampered = Vec::new();
    let mut push = |change: &dyn Fn(&mut Record)| {
        let mut copy = record.clone();
        change(&mut copy);
        assert_ne!(&copy, record);
        tampered.push(copy);
    };
    for bit in 0..64 {
        push(&|r| r.seq ^= 1 << bit);
        push(&|r| r.run.0 ^= 1 << bit);
    }
    for bit in 0..32 {
        push(&|r| r.version.0 ^= 1 << bit);
    }
    for byte in 0..32 {
        push(&|r| r.hash.0[byte] ^= 1);
        push(&|r| r.prev_hash.0[byte] ^= 0x80);
    }
    for text in one_bit_off(&record.at) {
        push(&|r| r.at.clone_from(&text));
    }
    for text in one_bit_off(&record.kind) {
        push(&|r| r.kind.clone_from(&text));
    }
    for text in one_bit_off(&record.actor) {
        push(&|r| r.actor.clone_from(&text));
    }
    for text in one_bit_off(&record.payload) {
        push(&|r| r.payload.clone_from(&text));
    }
    for text in record.step.iter().flat_map(|step| one_bit_off(step)) {
        push(&|r| r.step = Some(text.clone()));
    }
    push(&|r| {
        r.step = if r.step.is_some() {
            None
        } else {
            Some(String::new())
        }
    });
    // A byte moved over the border between two fields.
    push(&|r| {
        let last = r.actor.pop().unwrap();
        r.payload.insert(0, last);
    });
    tampered
}

#[tokio::test]
async fn every_changed_byte_of_a_record_is_found_and_named() {
    let records = records().await;
    verify_chain(&records).unwrap();
    for place in [0, records.len() / 2, records.len() - 1] {
        for tampered in every_tampering(&records[place]) {
            let mut journal = records.clone();
            journal[place] = tampered;
            assert_eq!(verify_chain(&journal).unwrap_err().seq, place as u64 + 1);
        }
    }
}

#[tokio::test]
async fn removed_doubled_and_swapped_records_are_found() {
    let records = records().await;
    let broken_at = |journal: &[Record]| verify_chain(journal).unwrap_err().seq;
    let mut removed = records.clone();
    removed.remove(3);
    assert_eq!(broken_at(&removed), 4);
    let mut doubled = records.clone();
    doubled.insert(3, records[3].clone());
    assert_eq!(broken_at(&doubled), 5);
    let mut swapped = records.clone();
    swapped.swap(3, 4);
    assert_eq!(broken_at(&swapped), 4);
    // A record made up whole, hash and all, breaks the one after it.
    let mut forged = records;
    forged[3].actor = "mallory".into();
    forged[3].hash = forged[3].compute_hash();
    assert_eq!(broken_at(&forged), 5);
}

#[tokio::test]
async fn an_exported_journal_can_be_checked_elsewhere() {
    let records = records().await;
    let lines = records.iter().map(Record::to_json_line).collect::<Vec<_>>();
    for line in &lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            value["payload"]["kind"].is_string(),
            "the payload is JSON of its own: {line}"
        );
    }
    let back = lines
        .iter()
        .map(|line| Record::from_json_line(line).unwrap())
        .collect::<Vec<_>>();
    assert_eq!(back, records);
    verify_chain(&back).unwrap();

    let tampered = lines[2].replacen("alice", "ALICE", 1);
    assert_ne!(tampered, lines[2]);
    let mut back = back;
    back[2] = Record::from_json_line(&tampered).unwrap();
    assert_eq!(verify_chain(&back).unwrap_err().seq, 3);
    assert!(Record::from_json_line(&lines[2].replace("\"seq\":3", "\"seq\":-3")).is_err());
    assert!(Record::from_json_line("{}").is_err());
}

#[tokio::test]
async fn a_record_of_a_newer_or_older_form_is_named_with_what_reads_it() {
    let mut records = records().await;
    records[1].version = FormatVersion(7);
    let newer = History::replay(&records).unwrap_err();
    assert_eq!(newer.to_string(), "record 2 cannot be read");
    assert_eq!(
        FormatVersion(7).check().unwrap_err().to_string(),
        "the journal has format 7, this program knows up to 1"
    );
    assert_eq!(
        FormatVersion(0).check(),
        Err(WrongFormat::TooOld {
            found: FormatVersion(0),
            readable_by: "no release (the file was not made by daybreak)"
        })
    );
    FormatVersion::CURRENT.check().unwrap();
}

#[test]
fn hashes_are_read_from_exactly_64_digits() {
    let hash = Hash([0xa5; 32]);
    assert_eq!(Hash::from_hex(&hash.to_string()), Some(hash));
    for bad in ["", "a5", &"A5".repeat(32), &"+1".repeat(32), &"é".repeat(32)] {
        assert_eq!(Hash::from_hex(bad), None);
    }
}
